package authentiktest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
)

// Names of models in the answers to what is not there.
const (
	modelUser        = "User"
	modelApplication = "Application"
	modelProvider    = "OAuth2Provider"
	modelMapping     = "ScopeMapping"
)

// notFound says what was not found, which servers of 2024.12 do not.
func (s *Server) notFound(model string) reply {
	if !s.release.AtLeast(2025, 4) {
		return problem(http.StatusNotFound, "Not found.")
	}
	return problem(http.StatusNotFound, "No "+model+" matches the given query.")
}

var slugPattern = regexp.MustCompile(`^[-a-zA-Z0-9_]+$`)

func notAChoice(value string) string {
	return "Select a valid choice. " + value + " is not one of the available choices."
}

// refusal is how a server words what the document does not allow; the rest of
// it is worded by the validator.
func (s *Server) refusal(e endpoint, r *http.Request) (reply, bool) {
	switch callName(e) {
	case "GET /core/users/":
		for _, kind := range r.URL.Query()["type"] {
			if !slices.Contains([]string{"internal", "external", "service_account", "internal_service_account"}, kind) {
				return fieldError("type", notAChoice(kind)), true
			}
		}
	case "PATCH /core/users/{id}/":
		if v, given := peek(r)["attributes"]; given {
			if _, object := v.(map[string]any); !object {
				return fieldError("attributes", "Value must be a dictionary, and not have any duplicate keys."), true
			}
		}
	case "POST /providers/oauth2/":
		return refuseProvider(peek(r), "name", "authorization_flow", "invalidation_flow", "redirect_uris")
	case "PATCH /providers/oauth2/{id}/":
		return refuseProvider(peek(r))
	case "POST /core/applications/":
		fields := peek(r)
		if slug := text(fields, "slug"); slug != "" && !slugPattern.MatchString(slug) {
			return fieldError("slug", `Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.`), true
		}
		return missing(fields, "name", "slug")
	case "POST /propertymappings/provider/scope/":
		return missing(peek(r), "name", "expression", "scope_name")
	case "POST /policies/bindings/":
		return missing(peek(r), "target", "order")
	}
	return reply{}, false
}

// peek reads a body and leaves it to be read again.
func peek(r *http.Request) map[string]any {
	data, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(data))
	var out map[string]any
	_ = json.Unmarshal(data, &out) // what is no object has no fields
	return out
}

// missing refuses fields that are left out, and texts that are blank.
func missing(fields map[string]any, required ...string) (reply, bool) {
	wrong := map[string]any{}
	for _, name := range required {
		switch v, given := fields[name]; {
		case !given:
			wrong[name] = []any{"This field is required."}
		case v == nil:
			wrong[name] = []any{"This field may not be null."}
		case v == "":
			wrong[name] = []any{"This field may not be blank."}
		}
	}
	return answered(http.StatusBadRequest, wrong), len(wrong) > 0
}

// refuseProvider also holds the redirect URIs against their fields.
func refuseProvider(fields map[string]any, required ...string) (reply, bool) {
	if out, refused := missing(fields, required...); refused {
		return out, true
	}
	list, _ := fields["redirect_uris"].([]any)
	wrong, refused := make([]any, len(list)), false
	for i, v := range list {
		uri, _ := v.(map[string]any)
		bad, _ := missing(uri, "matching_mode", "url")
		of := bad.body.(map[string]any)
		if mode := text(uri, "matching_mode"); mode != "" && mode != "strict" && mode != "regex" {
			of["matching_mode"] = []any{fmt.Sprintf("%q is not a valid choice.", mode)}
		}
		wrong[i], refused = of, refused || len(of) > 0
	}
	return answered(http.StatusBadRequest, map[string]any{"redirect_uris": wrong}), refused
}
