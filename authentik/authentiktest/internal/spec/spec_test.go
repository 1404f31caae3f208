package spec_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/romm-admin/romm-admin/authentik/authentiktest/internal/spec"
)

// The embedded part must be what the module in go.mod gives.
func TestDocumentIsNotStale(t *testing.T) {
	t.Parallel()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", spec.Module).Output()
	if err != nil {
		t.Skipf("the module cache is not at hand: %v", err)
	}
	full, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), filepath.FromSlash(spec.Path)))
	if err != nil {
		t.Skipf("the module cache is not at hand: %v", err)
	}
	want, err := spec.Reduce(full, spec.Operations())
	if err != nil {
		t.Fatal(err)
	}
	if got := spec.Document(); !bytes.Equal(got, want) {
		t.Errorf("openapi.json is stale (%d bytes, want %d): run go generate ./authentik/...", len(got), len(want))
	}
}

func TestDocumentIsWholeAndSmall(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(spec.Document())
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Errorf("the document is not valid: %v", err)
	}
	for _, op := range spec.Operations() {
		if item := doc.Paths.Value(op.Path); item == nil || item.GetOperation(op.Method) == nil {
			t.Errorf("%s %s is missing", op.Method, op.Path)
		}
	}
	// A property called description is not prose.
	if doc.Components.Schemas["ScopeMapping"].Value.Properties["description"] == nil {
		t.Error("the property description of ScopeMapping is missing")
	}
	if n := len(spec.Document()); n > 400<<10 {
		t.Errorf("the document has %d bytes", n)
	}
}

func TestReduceRefuses(t *testing.T) {
	t.Parallel()
	for name, full := range map[string]string{
		"no document":       "{",
		"missing operation": `{"openapi":"3.0.3","info":{"title":"x","version":"1"},"paths":{}}`,
	} {
		if _, err := spec.Reduce([]byte(full), []spec.Operation{{"GET", "/x/"}}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
