package model

import (
	"strings"
	"testing"
)

// TestDecodeStrict proves S3 and S39 for what is decoded into types: a member
// counts for the field of exactly its name and for no other.
func TestDecodeStrict(t *testing.T) {
	type row struct {
		Name  Untrusted `json:"name"`
		Email *string   `json:"email"`
	}
	type doc struct {
		Version int              `json:"version"`
		Rows    []row            `json:"rows"`
		By      map[string]int64 `json:"by"`
		Plain   string
	}
	for in, says := range map[string]string{
		`null`: "null", `{}{}`: "text after", `{"version":1} x`: "text after", `{"version":1`: "unexpected EOF",
		`{"version":"1"}`: "cannot unmarshal", `[]`: "cannot unmarshal",
		`{"Version":1}`: `unknown field "Version"`, `{"version":1,"VERSION":2}`: "differ only in case",
		`{"rows":[{"name":"a"},{"NAME":"b"}]}`: `unknown field "NAME"`,
		`{"rows":[{"name":"a","name":"b"}]}`:   "duplicate member", `{"by":{"a":1,"A":2}}`: "differ only in case",
		`{"rows":[{"name":"\ud800"}]}`: "half of a surrogate pair", "{\"Plain\":\"\xff\"}": "UTF-8", `{"plain":""}`: "unknown field",
		strings.Repeat("[", 40): "nested deeper",
	} {
		if err := DecodeStrict([]byte(in), &doc{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", in, err, says)
		}
	}
	const newer = `{"version":1,"rows":[{"name":"a","email":null,"other":[{}]}],"by":{"x":3},"Plain":"p","more":{"A":1}}`
	if err := DecodeStrict([]byte(newer), &doc{}); err == nil || !strings.Contains(err.Error(), "unknown field") {
		t.Errorf("a strict reader takes members that it does not know: %v", err)
	}
	var d doc
	if err := DecodeKnown([]byte(newer), &d); err != nil || d.Version != 1 || d.Rows[0].Name != "a" || d.By["x"] != 3 || d.Plain != "p" {
		t.Errorf("%+v, %v", d, err)
	}
	for _, in := range []string{`{"VERSION":1}`, `{"rows":[{"Email":"x"}]}`, `{"more":{"a":1,"A":2}}`} {
		if err := DecodeKnown([]byte(in), &d); err == nil {
			t.Errorf("%s is taken for a known member", in)
		}
	}
}
