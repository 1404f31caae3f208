package cmd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/romm-admin/romm-admin/"

// listed is what the test needs of `go list -json`.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

// rule says what a package may import beside the standard library. Own
// packages are written without the module path; the others are prefixes.
type rule struct {
	own     []string
	foreign []string // nil: none; "*": any
	without []string // standard packages that are forbidden
}

var charm = []string{"charm.land/", "github.com/charmbracelet/"}

// rules is the direction of design section 3. A package that is missing here
// fails the test: a new one needs a decision.
var rules = map[string]rule{
	"model": {without: []string{"os", "net", "net/http", "database/sql", "log"}},
	// What is said once of how patiently both sides are called: authentik and
	// db/rommapi may not import each other, and model knows no waiting.
	"model/patience":  {without: []string{"os", "net", "net/http", "database/sql", "log"}},
	"model/reconcile": {own: []string{"model"}, without: []string{"os", "net/http", "database/sql"}},

	"authentik":                            {own: []string{"model", "model/patience"}, foreign: []string{"goauthentik.io/api/v3", "golang.org/x/sync/errgroup"}},
	"authentik/authentiktest":              {own: []string{"model", "authentik", "authentik/authentiktest/internal/..."}, foreign: []string{"github.com/getkin/kin-openapi/"}},
	"authentik/authentiktest/internal/...": {own: []string{"authentik/authentiktest/internal/..."}, foreign: []string{"*"}},
	"db":                                   {own: []string{"model"}, foreign: []string{"modernc.org/", "github.com/pressly/goose/"}},
	"db/dbtest":                            {own: []string{"model", "model/reconcile"}},
	"db/rommapi":                           {own: []string{"model", "model/patience"}},
	"db/rommtest":                          {own: []string{"model", "db/rommapi"}},
	"tui":                                  {own: []string{"model", "tui/..."}, foreign: charm, without: uiForbids},
	"tui/...":                              {own: []string{"model", "tui/...", "tui"}, foreign: charm, without: uiForbids},
	"cmd/romm-admin":                       {own: []string{"..."}, foreign: []string{"*"}},
	"cmd/romm-companion":                   {own: []string{"..."}, foreign: []string{"*"}},
	"cmd/internal/...":                     {own: []string{"..."}, foreign: []string{"*"}},
	"cmd":                                  {},
}

var uiForbids = []string{"net/http", "database/sql", "os"}

// TestPackageDirections holds every package to its rule.
func TestPackageDirections(t *testing.T) {
	for _, p := range list(t, "./...") {
		name := strings.TrimPrefix(p.ImportPath, module)
		r, ok := find(name)
		if !ok {
			t.Errorf("package %s has no rule here: decide what it may import", name)
			continue
		}
		for _, imp := range p.Imports {
			if why := r.forbids(imp); why != "" {
				t.Errorf("%s imports %s: %s", name, imp, why)
			}
		}
	}
}

func list(t *testing.T, pattern string) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Standard,Imports", pattern)
	cmd.Dir = ".."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func find(name string) (rule, bool) {
	if r, ok := rules[name]; ok {
		return r, true
	}
	for pattern, r := range rules {
		if strings.HasSuffix(pattern, "/...") && matches(pattern, name) {
			return r, true
		}
	}
	return rule{}, false
}

func matches(pattern, name string) bool {
	if pattern == "..." {
		return true
	}
	dir, all := strings.CutSuffix(pattern, "/...")
	return name == pattern || all && (name == dir || strings.HasPrefix(name, dir+"/"))
}

func (r rule) forbids(imp string) string {
	if own, ok := strings.CutPrefix(imp, module); ok {
		if slices.ContainsFunc(r.own, func(p string) bool { return matches(p, own) }) {
			return ""
		}
		return "the direction is cmd -> tui, authentik, db -> model"
	}
	if first, _, _ := strings.Cut(imp, "/"); !strings.Contains(first, ".") {
		if slices.Contains(r.without, imp) {
			return "this package does no such I/O"
		}
		return ""
	}
	if slices.ContainsFunc(r.foreign, func(p string) bool { return p == "*" || strings.HasPrefix(imp, p) }) {
		return ""
	}
	return "not among the libraries of this package"
}

// TestRulesCanFail shows the rules at work on imports that must not be.
func TestRulesCanFail(t *testing.T) {
	for name, imp := range map[string]string{
		"model": "github.com/google/uuid", "model/reconcile": module + "db", "authentik": module + "db",
		"db": module + "authentik", "tui": "net/http", "tui/screen/users": module + "authentik",
		"db/rommapi": "goauthentik.io/api/v3",
	} {
		if r, ok := find(name); !ok || r.forbids(imp) == "" {
			t.Errorf("%s may import %s", name, imp)
		}
	}
}

// TestSources holds what no import shows: colours are made in tui/theme alone,
// and only cmd reads the clock and the environment.
func TestSources(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, "../"))
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for word, only := range map[string][]string{
			"lipgloss.Color(": {"tui/theme/"},
			"os.Getenv(":      {"cmd/"},
			"os.LookupEnv":    {"cmd/"},
			"time.Sleep(":     {"tui/tuitest/wire.go"}, // on the clock of a bubble of testing/synctest
		} {
			if bytes.Contains(src, []byte(word)) && !slices.ContainsFunc(only, func(p string) bool { return strings.HasPrefix(name, p) }) {
				t.Errorf("%s uses %s", name, word)
			}
		}
		for _, dir := range []string{"model/", "tui/"} {
			if strings.HasPrefix(name, dir) && bytes.Contains(src, []byte("time.Now()")) {
				t.Errorf("%s reads the clock", name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
