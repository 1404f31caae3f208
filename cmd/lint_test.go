package cmd_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	lintRecipe = regexp.MustCompile(`(?m)^lint:.*\n((?:\t.*\n)+)`)
	lintRun    = regexp.MustCompile(`\$\(GO\) (?:tool )?(vet -vettool|vet|mod \w+|[\w-]+)\b`)
	lintRow    = regexp.MustCompile("(?m)^\\| (`[^|]+`) \\|")
)

// linters returns what a Makefile's target lint runs; vettool stands for the
// analyzers of our own program.
func linters(makefile string, vettool []string) (out []string) {
	m := lintRecipe.FindStringSubmatch(makefile)
	if m == nil {
		return nil
	}
	for _, run := range lintRun.FindAllStringSubmatch(m[1], -1) {
		switch {
		case strings.HasSuffix(run[0], "tool -n"): // where vettool is
		case run[1] == "vet -vettool":
			out = append(out, vettool...)
		default:
			out = append(out, run[1])
		}
	}
	slices.Sort(out)
	return out
}

// listedLinters returns the first column of the table in docs/CONTRIBUTING.md.
func listedLinters(text string) (out []string) {
	_, section, _ := strings.Cut(text, "\n## Linters\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, row := range lintRow.FindAllStringSubmatch(section, -1) {
		for name := range strings.SplitSeq(row[1], ", ") {
			out = append(out, strings.Trim(name, "`"))
		}
	}
	slices.Sort(out)
	return out
}

// analyzers asks our own program which linters it is made of.
func analyzers(t *testing.T) (out []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "tool", "lint", "-flags")
	cmd.Dir = ".."
	flags, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []struct{ Name, Usage string }
	if err := json.Unmarshal(flags, &all); err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.Usage == `enable "`+f.Name+`" analysis` {
			out = append(out, f.Name)
		}
	}
	return out
}

// TestLintersAreListed: what docs/CONTRIBUTING.md names is what `make lint`
// runs, and no comment speaks to a linter that does not listen.
func TestLintersAreListed(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../docs/CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	run, named := linters(string(makefile), analyzers(t)), listedLinters(string(text))
	if len(run) < 10 || !slices.Equal(run, named) {
		t.Errorf("make lint runs\n%q, docs/CONTRIBUTING.md names\n%q", run, named)
	}
	sources(t, func(name string, text []byte) {
		if filepath.Ext(name) == ".go" && strings.Contains(string(text), "//no"+"lint") {
			t.Errorf("%s has a no"+"lint comment, which nothing reads", name)
		}
	})
}

// TestLintersCanFail shows both lists read, so that neither is empty by accident.
func TestLintersCanFail(t *testing.T) {
	makefile := "fmt:\n\t$(GO) tool gofumpt -w\n\nlint: ## x\n\t@out=$$($(GO) tool deadcode -test ./...)\n\t$(GO) vet ./...\n" +
		"\t$(GO) vet -vettool=$$($(GO) tool -n lint) ./...\n\t$(GO) mod tidy -diff\n\nvuln:\n\t$(GO) tool govulncheck\n"
	if got := linters(makefile, []string{"a", "b"}); !slices.Equal(got, []string{"a", "b", "deadcode", "mod tidy", "vet"}) {
		t.Errorf("the Makefile runs %q", got)
	}
	if got := listedLinters("# X\n| `a` | y |\n## Linters\n| Linter | x |\n| `b`, `c d` | `z` |\n\n## Y\n| `e` | z |\n"); !slices.Equal(got, []string{"b", "c d"}) {
		t.Errorf("the page names %q", got)
	}
}

// TestVulnerabilities: `make vuln` fails with what govulncheck finds, and where
// that could not read its database does not let it pass for a good result.
func TestVulnerabilities(t *testing.T) {
	make, err := exec.LookPath("make")
	if err != nil {
		t.Skip("make is not installed")
	}
	for name, c := range map[string]struct {
		says, code string
		fails      bool
		unchecked  bool
	}{
		"none":        {"No vulnerabilities found.", "0", false, false},
		"one":         {"Vulnerability #1: GO-2026-1", "3", true, false},
		"unreachable": {"govulncheck: fetching vulnerabilities: dial tcp: no such host", "1", false, true},
		"broken":      {"govulncheck: loading packages: no", "1", true, false},
		"odd":         {"govulncheck: fetching vulnerabilities: and yet", "3", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			fake := filepath.Join(t.TempDir(), "go")
			if err := os.WriteFile(fake, []byte("#!/bin/sh\necho '"+c.says+"' >&2\nexit "+c.code+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), make, "-s", "vuln", "GO="+fake)
			cmd.Dir = ".."
			out, err := cmd.CombinedOutput()
			if (err != nil) != c.fails {
				t.Errorf("make says %v", err)
			}
			if !strings.Contains(string(out), c.says) {
				t.Errorf("what it said is lost: %s", out)
			}
			if strings.Contains(string(out), "NOT CHECKED") != c.unchecked {
				t.Errorf("%s", out)
			}
		})
	}
}
