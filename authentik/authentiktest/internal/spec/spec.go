// Package spec holds the part of Authentik's OpenAPI document that the fake
// implements, and the reduction that makes it from the whole one. A built
// binary has no module cache, so the part is embedded.
package spec

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Module is the Go module that ships the whole document, and Path is where.
const (
	Module = "goauthentik.io/api/v3"
	Path   = "api/openapi.yaml"
)

// Oldest and Newest are the versions of the module whose documents describe the
// ends of what is supported, 2024.12 and 2026.8. They are no dependencies: only
// the generator asks for them. The one in go.mod, which requests are made with,
// is between them: a client made for 2026.8 reads no older server.
const (
	Oldest = "v3.2024123.4"
	Newest = "v3.2026080.0"
)

//go:generate go run ../specgen openapi.json openapi-2024.12.json openapi-2026.8.json

var (
	//go:embed openapi.json
	client []byte
	//go:embed openapi-2024.12.json
	oldest []byte
	//go:embed openapi-2026.8.json
	newest []byte
)

// Document returns the embedded part of the document of the client's release,
// as JSON.
func Document() []byte { return slices.Clone(client) }

// OldestDocument returns that of 2024.12.
func OldestDocument() []byte { return slices.Clone(oldest) }

// NewestDocument returns that of 2026.8.
func NewestDocument() []byte { return slices.Clone(newest) }

// Operation is a method on a path of the document.
type Operation struct{ Method, Path string }

// Operations lists what the fake implements.
func Operations() []Operation {
	return []Operation{
		{"GET", "/admin/version/"},
		{"GET", "/core/applications/"},
		{"GET", "/core/applications/{slug}/"},
		{"POST", "/core/applications/"},
		{"PATCH", "/core/applications/{slug}/"},
		{"DELETE", "/core/applications/{slug}/"},
		{"GET", "/core/applications/{slug}/check_access/"},
		{"GET", "/core/groups/"},
		{"GET", "/core/tokens/"},
		{"GET", "/core/users/"},
		{"GET", "/core/users/me/"},
		{"GET", "/core/users/{id}/"},
		{"PATCH", "/core/users/{id}/"},
		{"GET", "/crypto/certificatekeypairs/"},
		{"GET", "/events/events/"},
		{"GET", "/flows/instances/"},
		{"GET", "/flows/instances/{slug}/"},
		{"GET", "/policies/bindings/"},
		{"POST", "/policies/bindings/"},
		{"DELETE", "/policies/bindings/{policy_binding_uuid}/"},
		{"GET", "/propertymappings/all/"},
		{"POST", "/propertymappings/all/{pm_uuid}/test/"},
		{"GET", "/propertymappings/provider/scope/"},
		{"POST", "/propertymappings/provider/scope/"},
		{"GET", "/propertymappings/provider/scope/{pm_uuid}/"},
		{"PATCH", "/propertymappings/provider/scope/{pm_uuid}/"},
		{"DELETE", "/propertymappings/provider/scope/{pm_uuid}/"},
		{"GET", "/providers/oauth2/"},
		{"POST", "/providers/oauth2/"},
		{"GET", "/providers/oauth2/{id}/"},
		{"PATCH", "/providers/oauth2/{id}/"},
		{"DELETE", "/providers/oauth2/{id}/"},
		{"GET", "/providers/oauth2/{id}/preview_user/"},
		{"GET", "/providers/oauth2/{id}/setup_urls/"},
	}
}

// NewestOperations adds those that only 2026.8 and later have.
func NewestOperations() []Operation {
	return append(Operations(), Operation{"GET", "/core/object_attributes/"})
}

// Reduce keeps of an OpenAPI document the operations and what they refer to,
// without prose, examples and security (which the fake checks itself). The
// result is compact JSON and depends on its arguments alone.
func Reduce(full []byte, keep []Operation) ([]byte, error) {
	doc, err := openapi3.NewLoader().LoadFromData(full)
	if err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	plain, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	var in struct {
		OpenAPI    string                               `json:"openapi"`
		Info       struct{ Title, Version string }      `json:"info"`
		Paths      map[string]map[string]map[string]any `json:"paths"`
		Components map[string]map[string]any            `json:"components"`
	}
	if err := json.Unmarshal(plain, &in); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	paths := map[string]map[string]any{}
	for _, op := range keep {
		found, ok := in.Paths[op.Path][strings.ToLower(op.Method)]
		if !ok {
			return nil, fmt.Errorf("the document has no %s %s", op.Method, op.Path)
		}
		if paths[op.Path] == nil {
			paths[op.Path] = map[string]any{}
		}
		paths[op.Path][strings.ToLower(op.Method)] = describe(strip(found, false).(map[string]any))
	}
	components := map[string]map[string]any{}
	for todo := slices.Sorted(maps.Keys(references(paths))); len(todo) > 0; todo = todo[1:] {
		kind, name, err := split(todo[0])
		if err != nil {
			return nil, err
		}
		if _, done := components[kind][name]; done {
			continue
		}
		found, ok := in.Components[kind][name]
		if !ok {
			return nil, fmt.Errorf("the document has no %s", todo[0])
		}
		if components[kind] == nil {
			components[kind] = map[string]any{}
		}
		components[kind][name] = strip(found, false)
		todo = append(todo, slices.Sorted(maps.Keys(references(components[kind][name])))...)
	}
	return json.Marshal(map[string]any{
		"openapi":    in.OpenAPI,
		"info":       map[string]string{"title": in.Info.Title, "version": in.Info.Version},
		"servers":    []map[string]string{{"url": "/api/v3"}},
		"paths":      paths,
		"components": components,
	})
}

// strip drops what validates nothing. Below `properties` the keys are names
// of properties, of which one may be called description.
func strip(v any, names bool) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, child := range v {
			if !names && slices.Contains([]string{"description", "example", "examples", "externalDocs", "operationId", "security", "tags", "title"}, key) {
				continue
			}
			if free, ok := child.(map[string]any); ok && !names && key == "additionalProperties" && len(free) == 0 {
				// Anything goes, null too: the validator would take the empty
				// schema for "anything but null".
				out[key] = true
				continue
			}
			out[key] = strip(child, !names && key == "properties")
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, child := range v {
			out[i] = strip(child, false)
		}
		return out
	}
	return v
}

// describe restores the one text that OpenAPI requires.
func describe(operation map[string]any) map[string]any {
	responses, _ := operation["responses"].(map[string]any)
	for _, r := range responses {
		if r, ok := r.(map[string]any); ok {
			r["description"] = ""
		}
	}
	return operation
}

func references(v any) map[string]bool {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var back any
	if json.Unmarshal(plain, &back) != nil {
		return nil
	}
	out := map[string]bool{}
	collect(back, out)
	return out
}

func collect(v any, out map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			out[ref] = true
		}
		for _, child := range v {
			collect(child, out)
		}
	case []any:
		for _, child := range v {
			collect(child, out)
		}
	}
}

func split(ref string) (kind, name string, err error) {
	kind, name, ok := strings.Cut(strings.TrimPrefix(ref, "#/components/"), "/")
	if !ok || !strings.HasPrefix(ref, "#/components/") {
		return "", "", errors.New("a reference leaves the document: " + ref)
	}
	return kind, name, nil
}
