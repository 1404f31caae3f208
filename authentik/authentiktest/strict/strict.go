// Package strict is the fake Authentik of the tests: one that holds every call
// against the official OpenAPI documents. No program links it.
package strict

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/internal/spec"
)

// New unfolds a seed into a server that checks every request and every answer.
func New(seed authentiktest.Seed) (*authentiktest.Server, error) {
	docs, err := validators()
	if err != nil {
		return nil, err
	}
	seed.Validator = docs
	return authentiktest.New(seed)
}

// validator checks requests and responses by one document.
type validator struct {
	doc     *openapi3.T
	release authentik.Release
	options []openapi3.SchemaValidationOption
}

// validators are made once for all servers of a process, because reading the
// documents costs more than most tests; nothing changes them afterwards.
//
// One document describes one release. Older releases ignore what only newer
// ones know, so a request must be valid by the document of the client's release
// whatever is posed; by the oldest as well while a release is posed that came
// before the great changes of 2025.12, and by the newest while one is that it
// describes.
var validators = sync.OnceValues(newValidators)

// documents are the validators of the client's release and of both ends of the
// supported range.
type documents struct{ client, oldest, newest *validator }

// Operation implements [authentiktest.Validator].
func (d documents) Operation(method, path string, posed authentik.Release) (authentiktest.Checks, error) {
	var c checks
	for _, v := range []*validator{d.client, d.oldest, d.newest} {
		op, err := v.operation(method, path)
		if err != nil {
			if v == d.newest {
				return nil, err // it has all of them
			}
			continue
		}
		if v == d.client || v == d.oldest && !posed.AtLeast(2025, 12) || v == d.newest && posed.AtLeast(v.release.Year, v.release.Month) {
			c.asked = append(c.asked, op)
		}
		if v.describes(posed) {
			c.answered = append(c.answered, op)
		}
	}
	return c, nil
}

// checks hold requests against some documents, and answers against that of the
// posed release, if there is one.
type checks struct{ asked, answered []*operation }

// Request implements [authentiktest.Checks].
func (c checks) Request(r *http.Request) (wrong []authentiktest.Violation, _ error) {
	for _, op := range c.asked {
		if err := op.checkRequest(r); err != nil {
			return append(wrong, op.violation(r, "request", err.Error())), err
		}
		if names := op.undocumented(r); len(names) > 0 {
			wrong = append(wrong, op.violation(r, "request", "undocumented query parameters: "+strings.Join(names, ", ")))
		}
	}
	return wrong, nil
}

// Response implements [authentiktest.Checks].
func (c checks) Response(r *http.Request, status int, body any) (wrong []authentiktest.Violation) {
	for _, op := range c.answered {
		if err := op.checkResponse(status, body); err != nil {
			wrong = append(wrong, op.violation(r, "response", err.Error()))
		}
	}
	return wrong
}

// Documents implements [authentiktest.Checks].
func (c checks) Documents(parameter string) bool { return slices.Contains(c.asked[0].query, parameter) }

func (op *operation) violation(r *http.Request, side, reason string) authentiktest.Violation {
	return authentiktest.Violation{Method: r.Method, Path: r.URL.Path, Side: side, Document: op.v.doc.Info.Version, Reason: reason}
}

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func newValidators() (out documents, err error) {
	if out.client, err = newValidator(spec.Document()); err != nil {
		return out, err
	}
	if out.oldest, err = newValidator(spec.OldestDocument()); err != nil {
		return out, err
	}
	if out.newest, err = newValidator(spec.NewestDocument()); err != nil {
		return out, err
	}
	for _, v := range []*validator{out.client, out.oldest, out.newest} {
		v.correct()
	}
	return out, nil
}

func newValidator(document []byte) (*validator, error) {
	// The loader would read it as YAML, which takes ten times as long.
	doc := &openapi3.T{}
	if err := json.Unmarshal(document, doc); err != nil {
		return nil, fmt.Errorf("load the OpenAPI document: %w", err)
	}
	if err := openapi3.NewLoader().ResolveRefsIn(doc, nil); err != nil {
		return nil, fmt.Errorf("load the OpenAPI document: %w", err)
	}
	// Own events are called custom_ and anything (docs/authentik.md 4.6), which
	// the list of names does not say.
	doc.Components.Schemas["EventActions"].Value.Enum = nil
	return &validator{doc: doc, release: authentik.ParseRelease(doc.Info.Version), options: []openapi3.SchemaValidationOption{
		openapi3.WithStringFormatValidator("uuid", openapi3.NewCallbackValidator(func(s string) error {
			if !uuidPattern.MatchString(s) {
				return fmt.Errorf("%q is not a UUID", s)
			}
			return nil
		})),
	}}, nil
}

// correct allows what the documents forbid and servers do (docs/authentik.md
// 4.2, 5): null where nothing is assigned or bound, and no field at all in the
// answers of a setup without application.
func (v *validator) correct() {
	schemas := v.doc.Components.Schemas
	for _, schema := range schemas { // there are names with blanks, and answers have them
		if username := schema.Value.Properties["username"]; username != nil {
			username.Value.Pattern = ""
		}
	}
	for name, nullable := range map[string][]string{
		"OAuth2Provider": unassigned(), "Provider": unassigned(),
		"Application":             {"provider_obj", "meta_icon"},
		"PolicyBinding":           {"policy_obj", "group_obj", "user_obj"},
		"OAuth2ProviderSetupURLs": {"issuer", "provider_info", "logout"},
	} {
		schema := schemas[name].Value
		schema.Required = slices.DeleteFunc(slices.Clone(schema.Required), func(p string) bool {
			return strings.HasPrefix(p, "assigned_") || p == "jwks"
		})
		for _, property := range nullable {
			if p := schema.Properties[property]; p != nil {
				p.Value.Nullable = true
			}
		}
	}
}

// unassigned are null, or left out, of providers without application.
func unassigned() []string {
	return []string{
		"assigned_application_name", "assigned_application_slug", "assigned_backchannel_application_name", "assigned_backchannel_application_slug",
	}
}

// describes reports whether the document is that of the posed release.
func (v *validator) describes(r authentik.Release) bool {
	return v.release.Year == r.Year && v.release.Month == r.Month
}

// operation is one checked operation.
type operation struct {
	v     *validator
	route routers.Route
	names []string // path parameters
	query []string // documented query parameters
}

func (v *validator) operation(method, path string) (*operation, error) {
	item := v.doc.Paths.Value(path)
	if item == nil || item.GetOperation(method) == nil {
		return nil, fmt.Errorf("the OpenAPI document has no %s %s", method, path)
	}
	op := &operation{v: v, route: routers.Route{
		Spec: v.doc, Server: v.doc.Servers[0], Path: path, PathItem: item, Method: method,
		Operation: item.GetOperation(method),
	}}
	for _, p := range op.route.Operation.Parameters {
		switch p.Value.In {
		case openapi3.ParameterInPath:
			op.names = append(op.names, p.Value.Name)
		case openapi3.ParameterInQuery:
			op.query = append(op.query, p.Value.Name)
		}
	}
	return op, nil
}

func (op *operation) checkRequest(r *http.Request) error {
	params := map[string]string{}
	for _, name := range op.names {
		params[name] = r.PathValue(name)
	}
	return openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: &op.route,
		Options: &openapi3filter.Options{
			SkipSettingDefaults: true, RejectWhenRequestBodyNotSpecified: true,
			SchemaValidationOptions: op.v.options,
		},
	})
}

// undocumented returns the query parameters that the document does not know.
func (op *operation) undocumented(r *http.Request) []string {
	var out []string
	for name := range r.URL.Query() {
		if !slices.Contains(op.query, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// checkResponse checks a body against the schema of its status. A 404 is
// documented nowhere, so it is checked as the general error.
func (op *operation) checkResponse(status int, body any) error {
	if _, list := body.([]any); list && status == http.StatusBadRequest {
		return nil // seen, and in no document (docs/authentik.md 4.1)
	}
	schema := op.v.doc.Components.Schemas["GenericError"]
	if r := op.route.Operation.Responses.Value(strconv.Itoa(status)); r != nil {
		media := r.Value.Content.Get("application/json")
		if media == nil {
			return nil // documented without a body
		}
		schema = media.Schema
	} else if status != http.StatusNotFound {
		return fmt.Errorf("the status %d is not documented", status)
	}
	return schema.Value.VisitJSON(body, append([]openapi3.SchemaValidationOption{openapi3.VisitAsResponse()}, op.v.options...)...)
}
