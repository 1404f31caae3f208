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

// The embedded parts must be what the modules give: the one in go.mod, and the
// others where they have been downloaded.
func TestDocumentsAreNotStale(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		part    []byte
		keep    []spec.Operation
		version string // "" is that of go.mod
	}{
		"openapi.json":         {spec.Document(), spec.Operations(), ""},
		"openapi-2024.12.json": {spec.OldestDocument(), spec.Operations(), spec.Oldest},
		"openapi-2026.8.json":  {spec.NewestDocument(), spec.NewestOperations(), spec.Newest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ask := []string{"list", "-m", "-f", "{{.Dir}}", spec.Module}
			if c.version != "" {
				ask = []string{"env", "GOMODCACHE"}
			}
			out, err := exec.Command("go", ask...).Output()
			if err != nil {
				t.Skipf("the module cache is not at hand: %v", err)
			}
			dir := strings.TrimSpace(string(out))
			if c.version != "" {
				dir = filepath.Join(dir, filepath.FromSlash(spec.Module)+"@"+c.version)
			}
			full, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(spec.Path)))
			if err != nil {
				t.Skipf("the module is not in the cache: %v", err)
			}
			want, err := spec.Reduce(full, c.keep)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(c.part, want) {
				t.Errorf("stale (%d bytes, want %d): run go generate ./authentik/...", len(c.part), len(want))
			}
		})
	}
}

func TestDocumentsAreWholeAndSmall(t *testing.T) {
	t.Parallel()
	for version, part := range map[string][]byte{"2026.5": spec.Document(), "2024.12": spec.OldestDocument(), "2026.8": spec.NewestDocument()} {
		doc, err := openapi3.NewLoader().LoadFromData(part)
		if err != nil {
			t.Fatal(err)
		}
		if err := doc.Validate(context.Background()); err != nil {
			t.Errorf("%s: the document is not valid: %v", version, err)
		}
		if !strings.HasPrefix(doc.Info.Version, version) {
			t.Errorf("%s: the document is of %s", version, doc.Info.Version)
		}
		for _, op := range spec.Operations() {
			if item := doc.Paths.Value(op.Path); item == nil || item.GetOperation(op.Method) == nil {
				t.Errorf("%s: %s %s is missing", version, op.Method, op.Path)
			}
		}
		// A property called description is not prose.
		if doc.Components.Schemas["ScopeMapping"].Value.Properties["description"] == nil {
			t.Errorf("%s: the property description of ScopeMapping is missing", version)
		}
		if n := len(part); n > 400<<10 {
			t.Errorf("%s: the document has %d bytes", version, n)
		}
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
