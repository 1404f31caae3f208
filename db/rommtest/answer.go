package rommtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// answer is what a handler gives back.
type answer struct {
	status int
	body   any    // encoded as JSON
	text   string // sent as text/plain instead, when not ""
	www    string // WWW-Authenticate
	// location makes it a redirect without a body.
	location string
	// session is the id of a session that it opens.
	session string
	work    time.Duration // see Seed.Work
}

func ok(body any) *answer { return &answer{status: http.StatusOK, body: body} }

// detail is FastAPI's error body.
func detail(status int, v any) *answer {
	return &answer{status: status, body: map[string]any{"detail": v}}
}

// invalid is FastAPI's answer to input that does not fit, one entry a fault.
func invalid(faults ...fault) *answer { return detail(http.StatusUnprocessableEntity, faults) }

// crash is what an exception in RomM looks like from outside.
func crash() *answer {
	return &answer{status: http.StatusInternalServerError, text: "Internal Server Error"}
}

func csrfFailed() *answer {
	return &answer{status: http.StatusForbidden, text: "CSRF token verification failed"}
}

func forbidden() *answer { return detail(http.StatusForbidden, "Forbidden") }

// unimplemented refuses what the fake would have to invent.
func unimplemented(method, path string) *answer {
	return detail(http.StatusNotImplemented, fmt.Sprintf("rommtest does not implement %s %s", method, path))
}

// fault is one entry of a 422.
type fault struct {
	Type  string         `json:"type"`
	Loc   []any          `json:"loc"`
	Msg   string         `json:"msg"`
	Input any            `json:"input"`
	Ctx   map[string]any `json:"ctx,omitempty"`
}

func missing(input any, loc ...any) fault {
	return fault{Type: "missing", Loc: loc, Msg: "Field required", Input: input}
}

func notAString(input any, loc ...any) fault {
	return fault{Type: "string_type", Loc: loc, Msg: "Input should be a valid string", Input: input}
}

func notAnInteger(input string, loc ...any) fault {
	return fault{
		Type: "int_parsing", Loc: loc, Input: input,
		Msg: "Input should be a valid integer, unable to parse string as an integer",
	}
}

func notABool(input string, loc ...any) fault {
	return fault{
		Type: "bool_parsing", Loc: loc, Input: input,
		Msg: "Input should be a valid boolean, unable to interpret input",
	}
}

// write sends the answer; a HEAD request gets the headers alone. It returns an
// error only if the body cannot be encoded: a client that went away is no
// fault.
func (a *answer) write(w http.ResponseWriter, method string) error {
	h := w.Header()
	var body []byte
	switch {
	case a.location != "":
		h.Set("Location", a.location)
	case a.text != "":
		h.Set("Content-Type", "text/plain; charset=utf-8")
		body = []byte(a.text)
	default:
		h.Set("Content-Type", "application/json")
		var err error
		if body, err = encode(a.body); err != nil {
			return err
		}
	}
	if a.www != "" {
		h.Set("WWW-Authenticate", a.www)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.status)
	if method == http.MethodHead {
		return nil
	}
	_, _ = w.Write(body)
	return nil
}

// encode writes JSON as Starlette does: compact, nothing escaped for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
