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

// rules is the direction that docs/architecture.md draws. A package that is
// missing here fails the test: a new one needs a decision.
var rules = map[string]rule{
	"model": {own: []string{"model/collate"}, without: []string{"os", "net", "net/http", "database/sql", "log"}},
	// How the databases behind RomM compare text.
	"model/collate": {without: []string{"os", "net", "net/http", "database/sql", "log"}},
	// What is said once of how patiently both sides are called: authentik and
	// db/rommapi may not import each other, and model knows no waiting.
	"model/patience": {without: []string{"os", "net", "net/http", "database/sql", "log"}},
	"model/symptom":  {without: []string{"os", "net", "net/http", "database/sql", "log"}},
	// Everything that is done to a change; model knows of none.
	"model/plan":      {own: []string{"model"}, without: []string{"os", "net", "net/http", "database/sql", "log"}},
	"model/reconcile": {own: []string{"model", "model/plan"}, foreign: []string{"golang.org/x/sync/"}, without: []string{"os", "net/http", "database/sql"}},

	"authentik":                            {own: []string{"model", "model/patience"}, foreign: []string{"goauthentik.io/api/v3", "golang.org/x/sync/"}},
	"authentik/authentiktest":              {own: []string{"model", "authentik"}},
	"authentik/authentiktest/strict":       {own: []string{"authentik", "authentik/authentiktest", "authentik/authentiktest/internal/..."}, foreign: []string{"github.com/getkin/kin-openapi/"}},
	"authentik/authentiktest/internal/...": {own: []string{"authentik/authentiktest/internal/..."}, foreign: []string{"*"}},
	"db":                                   {own: []string{"model", "model/plan"}, foreign: []string{"modernc.org/", "github.com/pressly/goose/"}},
	"db/dbtest":                            {own: []string{"model", "model/plan", "model/reconcile"}},
	"db/rommapi":                           {own: []string{"model", "model/patience"}, foreign: []string{"golang.org/x/sync/"}},
	"db/rommsql":                           {own: []string{"model", "db"}, foreign: []string{"github.com/go-sql-driver/mysql", "github.com/jackc/pgx/v5"}},
	"db/sqltest":                           {foreign: []string{"github.com/go-sql-driver/mysql", "github.com/jackc/pgx/v5/"}},
	"db/rommtest":                          {own: []string{"model", "db/rommapi"}},
	"tui":                                  {own: []string{"model", "model/plan", "tui/..."}, foreign: charm, without: uiForbids},
	"tui/...":                              {own: []string{"model", "model/plan", "tui/...", "tui"}, foreign: charm, without: uiForbids},
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

func list(t *testing.T, patterns ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Standard,Imports"}, patterns...)...)
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

// forTests are the libraries that no program may carry: what checks the calls
// of tests and sources, and what drew help pages.
var forTests = []string{
	"github.com/getkin/kin-openapi/", "github.com/santhosh-tekuri/jsonschema/", "go.yaml.in/", "gopkg.in/yaml",
	"charm.land/fang/", "github.com/muesli/mango", "github.com/muesli/roff", "golang.org/x/tools/",
	module + "db/sqltest", module + "authentik/authentiktest/strict", module + "authentik/authentiktest/internal/",
}

// TestProgramsCarryNoTestLibraries holds what is linked into the programs, and
// that a package of which it is known is found to carry them.
func TestProgramsCarryNoTestLibraries(t *testing.T) {
	carried := func(pkg string) (out []string) {
		for _, p := range list(t, "-deps", pkg) {
			if slices.ContainsFunc(forTests, func(prefix string) bool { return strings.HasPrefix(p.ImportPath, prefix) }) {
				out = append(out, p.ImportPath)
			}
		}
		return out
	}
	for _, program := range []string{"./cmd/romm-admin", "./cmd/romm-companion"} {
		if found := carried(program); len(found) > 0 {
			t.Errorf("%s carries %v", program, found)
		}
	}
	for _, want := range []string{"github.com/getkin/kin-openapi/openapi3", "github.com/santhosh-tekuri/jsonschema/v6"} {
		if found := carried("./authentik/authentiktest/strict"); !slices.Contains(found, want) {
			t.Errorf("package strict does not carry %s, or it is not seen: %v", want, found)
		}
	}
}

// TestRulesCanFail shows the rules at work on imports that must not be.
func TestRulesCanFail(t *testing.T) {
	for name, imp := range map[string]string{
		"model": "github.com/google/uuid", "model/reconcile": module + "db", "authentik": module + "db",
		"db": module + "authentik", "tui": "net/http", "model/plan": module + "model/reconcile", "authentik/authentiktest": module + "model/plan", "tui/screen/users": module + "authentik",
		"db/rommapi": "goauthentik.io/api/v3",
	} {
		if r, ok := find(name); !ok || r.forbids(imp) == "" {
			t.Errorf("%s may import %s", name, imp)
		}
	}
}

// words says in which files alone a word may stand, by how their names begin.
var words = map[string][]string{
	"lipgloss.Color(": {"tui/theme/"},
	"os.Getenv(":      {"cmd/", "db/sqltest/"}, // which of a machine's servers tests use
	"os.LookupEnv":    {"cmd/"},
	"time.Sleep(":     {"tui/tuitest/wire.go"}, // on the clock of a bubble of testing/synctest
	"time.Now":        clock,                   // handing it over is as good as calling it
	"time.Since(":     clock,
	"time.Until(":     clock,
}

var clock = []string{
	"cmd/",
	"db/rommapi/client.go", // stands in where Config.Now is nil
	"db/rommtest/seed.go",  // stands in where Seed.Now is nil
}

// byHand is what writes a style past Lip Gloss. The console says none of it:
// styles are made in tui/theme and drawn by lipgloss.Style alone.
var byHand = []string{`\x1b[`, `\033[`, `\u001b[`, "\x1b[", "ansi.NewStyle(", "ansi.Style", "ansi.SGR", "ansi.ResetStyle"}

// misplaced returns the words in a file's source that must not stand there.
func misplaced(name string, src []byte) (out []string) {
	for word, only := range words {
		if bytes.Contains(src, []byte(word)) && !slices.ContainsFunc(only, func(p string) bool { return strings.HasPrefix(name, p) }) {
			out = append(out, word)
		}
	}
	for _, word := range byHand {
		if strings.HasPrefix(name, "tui/") && bytes.Contains(src, []byte(word)) {
			out = append(out, word)
		}
	}
	return out
}

// ofProcess are what only a main may use, so that a command line can be run
// with other streams than the process's own, several at a time. A file in
// mayUse has its reason there.
var ofProcess = []string{"os.Stdin", "os.Stdout", "os.Stderr", "os.Args", "os.Getenv", "os.LookupEnv", "os.Environ", "os.Exit", "user.Current"}

var mayUse = map[string][]string{
	// What is left out of Streams is filled in here, and nowhere else.
	"cmd/internal/admin/streams.go": {"os.Stdin", "os.Stdout", "os.Stderr", "os.Environ", "user.Current"},
	// A server that has its process for itself, with the environment that the
	// service manager gave it.
	"cmd/internal/companion/command.go": {"os.LookupEnv"},
}

// TestTestsAreStrict: tests make their Authentik with package strict, which
// holds every call against the documents.
func TestTestsAreStrict(t *testing.T) {
	// This test names what it looks for; the other one is about a server that checks nothing.
	lax := []string{"../cmd/arch_test.go", "../authentik/authentiktest/lax_test.go"}
	made := 0
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") || slices.Contains(lax, filepath.ToSlash(path)) {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		made += bytes.Count(src, []byte("strict.New"))
		if bytes.Contains(src, []byte("authentiktest.New(")) {
			t.Errorf("%s makes an Authentik that checks nothing: use strict.New", path)
		}
		if n := bytes.Count(src, []byte("demo.Options{")) - bytes.Count(src, []byte("Authentik: strict.New")); n > 0 {
			t.Errorf("%s starts a demo world that checks nothing: give it Authentik: strict.New", path)
		}
		return nil
	})
	if err != nil || made < 10 {
		t.Errorf("%d made, %v", made, err)
	}
}

// TestSources holds what no import shows: colours are made in tui/theme alone
// and drawn by Lip Gloss alone,
// only cmd reads the clock and the environment, and below cmd/internal nothing
// but what mayUse names touches what belongs to the process.
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
		for _, word := range misplaced(name, src) {
			t.Errorf("%s uses %s", name, word)
		}
		for _, word := range ofProcess {
			if strings.HasPrefix(name, "cmd/internal/") && bytes.Contains(src, []byte(word)) && !slices.Contains(mayUse[name], word) {
				t.Errorf("%s uses %s, which is for a main alone", name, word)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSourcesCanFail shows the words found where they must not stand.
func TestSourcesCanFail(t *testing.T) {
	for name, src := range map[string]string{
		"authentik/page.go": "t := time.Now()", "db/db.go": "opts.Now = time.Now", "db/rommapi/send.go": "time.Since(t)",
		"model/plan.go": "time.Until(t)", "tui/app.go": "lipgloss.Color(1)", "tui/view.go": `b.WriteString("\x1b[1m")`, "tui/widget/row.go": "ansi.NewStyle().Bold()", "db/place.go": "os.Getenv(x)",
	} {
		if len(misplaced(name, []byte(src))) != 1 {
			t.Errorf("%s may say %s", name, src)
		}
	}
	if found := misplaced("cmd/romm-admin/open.go", []byte("time.Now(), os.Getenv(x)")); len(found) != 0 {
		t.Errorf("cmd may not say %v", found)
	}
}
