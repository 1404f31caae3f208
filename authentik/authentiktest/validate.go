package authentiktest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/romm-admin/romm-admin/authentik/authentiktest/internal/spec"
)

// Violation is a request or a response that the OpenAPI document does not
// allow.
type Violation struct {
	Method, Path string
	Side         string // "request" or "response"
	Reason       string
}

// validator checks requests and responses of the implemented operations.
// Response values are checked before they are encoded: they consist of what
// JSON decodes into, so that nothing has to be parsed again.
type validator struct {
	doc     *openapi3.T
	options []openapi3.SchemaValidationOption
}

func newValidator() (*validator, error) {
	doc, err := openapi3.NewLoader().LoadFromData(spec.Document())
	if err != nil {
		return nil, fmt.Errorf("load the OpenAPI document: %w", err)
	}
	return &validator{doc: doc, options: []openapi3.SchemaValidationOption{
		openapi3.WithStringFormatValidator("uuid", openapi3.NewCallbackValidator(func(s string) error {
			if !uuidPattern.MatchString(s) {
				return fmt.Errorf("%q is not a UUID", s)
			}
			return nil
		})),
	}}, nil
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
