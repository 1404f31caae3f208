package rommtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// document is RomM 5.2.0's own OpenAPI document, reduced.
type document struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct{ Schema schema }
		}
	}
	Components struct{ Schemas map[string]schema }
}

// schema is the part of JSON schema that the document uses.
type schema struct {
	Ref        string `json:"$ref"`
	Type       string
	AnyOf      []schema `json:"anyOf"`
	Enum       []string
	Items      *schema
	Properties map[string]schema
	Required   []string
}

func readDocument(t *testing.T) document {
	t.Helper()
	data, err := os.ReadFile("testdata/romm-5.2.0-openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc document
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// sparse are the objects whose members come and go; all others have each
// member that the document names.
var sparse = []string{"ValidationError", "RAProgression"}

// fits says where a value does not fit its schema, "" if it does. Objects must
// have the members that the document names and no others.
func (d document) fits(s schema, v any, at string) string {
	if name, isRef := strings.CutPrefix(s.Ref, "#/components/schemas/"); isRef {
		target, known := d.Components.Schemas[name]
		if !known {
			return at + ": no schema " + name
		}
		if !slices.Contains(sparse, name) {
			target.Required = slices.Collect(maps.Keys(target.Properties))
		}
		return d.fits(target, v, at)
	}
	if s.AnyOf != nil {
		var all []string
		for _, one := range s.AnyOf {
			fault := d.fits(one, v, at)
			if fault == "" {
				return ""
			}
			all = append(all, fault)
		}
		return strings.Join(all, ", or ")
	}
	fits := true
	switch s.Type {
	case "":
	case "null":
		fits = v == nil
	case "string":
		_, fits = v.(string)
	case "boolean":
		_, fits = v.(bool)
	case "integer":
		n, isNumber := v.(float64)
		fits = isNumber && n == math.Trunc(n)
	case "array":
		return d.list(s, v, at)
	case "object":
		return d.object(s, v, at)
	default:
		return fmt.Sprintf("%s: the type %s is not looked at", at, s.Type)
	}
	if text, isText := v.(string); s.Enum != nil && (!isText || !slices.Contains(s.Enum, text)) {
		fits = false
	}
	if !fits {
		return fmt.Sprintf("%s: %v is no %s %v", at, v, s.Type, s.Enum)
	}
	return ""
}

func (d document) list(s schema, v any, at string) string {
	list, isList := v.([]any)
	if !isList {
		return fmt.Sprintf("%s: %v is no list", at, v)
	}
	for i, one := range list {
		if s.Items == nil {
			break
		}
		if fault := d.fits(*s.Items, one, fmt.Sprintf("%s[%d]", at, i)); fault != "" {
			return fault
		}
	}
	return ""
}

func (d document) object(s schema, v any, at string) string {
	obj, isObject := v.(map[string]any)
	if !isObject {
		return fmt.Sprintf("%s: %v is no object", at, v)
	}
	for _, name := range s.Required {
		if _, has := obj[name]; !has {
			return at + "." + name + " is missing"
		}
	}
	for name, member := range obj {
		property, known := s.Properties[name]
		if !known && s.Properties != nil {
			return at + "." + name + " is not in the document"
		}
		if fault := d.fits(property, member, at+"."+name); fault != "" {
			return fault
		}
	}
	return ""
}

// find is the template in the document that fits the path.
func (d document) find(path string) string {
	path, _, _ = strings.Cut(strings.TrimSuffix(path, "/"), "?")
	best := ""
	for _, template := range slices.Sorted(maps.Keys(d.Paths)) {
		pattern := regexp.MustCompile("^" + regexp.MustCompile(`\{[a-z_]+\}`).ReplaceAllString(template, "[^/]+") + "$")
		if pattern.MatchString(path) && (best == "" || !strings.Contains(template, "{")) {
			best = template
		}
	}
	return best
}

// TestSchemas sends all recorded requests and holds each answer against RomM's
// own document: exactly its members, of its types.
func TestSchemas(t *testing.T) {
	t.Parallel()
	doc := readDocument(t)
	plain := schema{Type: "object", Properties: map[string]schema{"detail": {Type: "string"}}, Required: []string{"detail"}}
	p := newPlayer(t)
	standIns := p.standIns()
	documented, errors := 0, 0
	for _, x := range readExchanges(t) {
		if stand := standIns[x.Name]; stand != nil {
			stand()
		}
		p.tick(x)
		got := p.send(p.instance(x.Given), x)
		if !strings.HasPrefix(got.Header().Get("Content-Type"), "application/json") || got.Body.Len() == 0 || x.Name == "openapi-unauthenticated" {
			continue
		}
		var body any
		p.must(json.Unmarshal(got.Body.Bytes(), &body))
		p.compare(t, x.Name, x.Response.Body, body) // remembers the placeholders
		op, known := doc.Paths[doc.find(x.Request.Path)][strings.ToLower(x.Request.Method)]
		answer, listed := op.Responses[fmt.Sprint(got.Code)]
		want := answer.Content["application/json"].Schema
		obj, _ := body.(map[string]any)
		_, isText := obj["detail"].(string)
		switch {
		case got.Code < 400 && !known:
			t.Errorf("%s: %s %s is not in the document", x.Name, x.Request.Method, x.Request.Path)
		case got.Code < 400 && !listed:
			t.Errorf("%s: status %d is not in the document", x.Name, got.Code)
		case got.Code == http.StatusUnprocessableEntity && !isText:
			want = schema{Ref: "#/components/schemas/HTTPValidationError"}
			errors++
		case got.Code >= 400:
			want = plain
			errors++
		default:
			documented++
		}
		if fault := doc.fits(want, body, x.Name); fault != "" {
			t.Error(fault)
		}
	}
	t.Logf("%d answers of endpoints and %d errors held against the document", documented, errors)
	if documented < 150 || errors < 150 {
		t.Error("too few to prove anything")
	}
}

// The fake lists the endpoints of the document, no more and no fewer.
func TestPaths(t *testing.T) {
	t.Parallel()
	doc := readDocument(t)
	var own document
	if err := json.Unmarshal(ask(mustNew(t, Seed{}), "", "GET", "/openapi.json", "").Body.Bytes(), &own); err != nil {
		t.Fatal(err)
	}
	list := func(d document) []string {
		var out []string
		for path, methods := range d.Paths {
			for method := range methods {
				out = append(out, method+" "+path)
			}
		}
		slices.Sort(out)
		return out
	}
	if got, want := list(own), list(doc); !slices.Equal(got, want) {
		t.Errorf("endpoints\n got %q\nwant %q", got, want)
	}
}
