package authentiktest

import (
	"net/http"

	"github.com/romm-admin/romm-admin/authentik"
)

// Validator says what the API allows. It comes from outside, so that a program
// that only shows the fake does not carry the documents and what reads them;
// package strict has the one of the tests.
type Validator interface {
	// Operation returns the checks of one operation of a server that poses as
	// that release, or an error if no document has the operation.
	Operation(method, path string, posed authentik.Release) (Checks, error)
}

// Checks are those of one operation. Response values are checked before they
// are encoded: they consist of what JSON decodes into, so that nothing has to
// be parsed again.
type Checks interface {
	// Request returns what is wrong with a request, and an error if Authentik
	// would refuse it for that.
	Request(r *http.Request) ([]Violation, error)
	// Response returns what is wrong with an answer below 500.
	Response(r *http.Request, status int, body any) []Violation
	// Documents reports whether there is a query parameter of that name;
	// Authentik ignores the others.
	Documents(parameter string) bool
}

// Violation is a request or a response that a document does not allow.
type Violation struct {
	Method, Path string
	Side         string // "request" or "response"
	Document     string // the release that it describes
	Reason       string
}

// lax is no validator. It takes every query parameter for a documented one, so
// that one that is not implemented is never ignored in silence.
type lax struct{}

func (lax) Operation(string, string, authentik.Release) (Checks, error) { return lax{}, nil }
func (lax) Request(*http.Request) ([]Violation, error)                  { return nil, nil }
func (lax) Response(*http.Request, int, any) []Violation                { return nil }
func (lax) Documents(string) bool                                       { return true }
