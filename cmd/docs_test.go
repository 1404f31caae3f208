package cmd_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs is what the code may cite: the rules, and the facts about both systems
// by section, topic and row.
type docs struct {
	rules map[string]bool
	pages map[string]page // romm, authentik
}

// page holds the topics of each section, and the rows of the decision table.
type page struct {
	sections map[string][]string
	rows     map[string]bool
}

var (
	ruleHeading = regexp.MustCompile(`(?m)^### ([SR]\d+)\. `)
	heading     = regexp.MustCompile(`^#{2,4} (?:(\d+(?:\.\d+)?)\.? )?(.+)$`)
	tableRow    = regexp.MustCompile(`^\| (\d+[a-z]?(?:-[\d.]+)?) \|`)
	testName    = regexp.MustCompile("`((?:[\\w-]+/)*[\\w-]+)\\.((?:Test|Fuzz|Benchmark)\\w+)`")

	ruleCited = regexp.MustCompile(`\b[SR]\d{1,2}\b`)
	pageCited = regexp.MustCompile(`docs/(romm|authentik)\.md `)
	rowCited  = regexp.MustCompile(`^rows? (\d+[a-z]?(?:-\d[\d.]*\d)?)`)
	partCited = regexp.MustCompile(`^\d+(?:\.\d+)?`)
	another   = regexp.MustCompile(`^(?:,? and |, | to |-)((?:rows? )?\d)`)

	// What may not be cited, because it is not in the repository. The brackets
	// keep this line from being found.
	gone = regexp.MustCompile(`reference[/]|\b(?:security|style|performance)[.]md|design[ ]section|[.][.]/shared`)
)

// parsePage reads the numbers of a page of facts.
func parsePage(text string) page {
	p := page{sections: map[string][]string{}, rows: map[string]bool{}}
	section, topic := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if m := heading.FindStringSubmatch(line); m != nil {
			if m[1] != "" {
				section, topic = m[1], ""
				p.sections[section] = []string{}
			} else if topic = m[2]; section != "" {
				p.sections[section] = append(p.sections[section], topic)
			}
		}
		if m := tableRow.FindStringSubmatch(line); m != nil && topic == "Decision table" {
			p.rows[m[1]] = true
		}
	}
	return p
}

func parseRules(text string) map[string]bool {
	rules := map[string]bool{}
	for _, m := range ruleHeading.FindAllStringSubmatch(text, -1) {
		rules[m[1]] = true
	}
	return rules
}

// faults tells what a comment cites that is not there. Of prose rules are not
// asked for, as it may talk of any.
func (d docs) faults(comment string, prose bool) (out []string) {
	text := strings.Join(strings.Fields(comment), " ")
	if m := gone.FindString(text); m != "" {
		out = append(out, m+" is not in the repository")
	}
	if !prose {
		for _, r := range ruleCited.FindAllString(text, -1) {
			if !d.rules[r] {
				out = append(out, "docs/rules.md has no rule "+r)
			}
		}
	}
	for _, at := range pageCited.FindAllStringSubmatchIndex(text, -1) {
		name := text[at[2]:at[3]]
		for _, missing := range d.pages[name].missing(text[at[1]:]) {
			out = append(out, "docs/"+name+".md has no "+missing)
		}
	}
	return out
}

// missing reads the numbers at the beginning of rest, as in "2 Uniqueness, row
// 15b and 4.2", and tells which of them the page does not have. After "rows"
// all numbers are rows.
func (p page) missing(rest string) (out []string) {
	rows := strings.HasPrefix(rest, "rows ")
	for {
		if m := rowCited.FindStringSubmatch(rest); m != nil {
			if !p.rows[m[1]] {
				out = append(out, "row "+m[1])
			}
			rest = rest[len(m[0]):]
		} else if section := partCited.FindString(rest); section != "" {
			topics, ok := p.sections[section]
			rest = rest[len(section):]
			if !ok {
				out = append(out, "section "+section)
			} else if named := strings.TrimPrefix(rest, " "); named != rest && named != "" && named[0] >= 'A' && named[0] <= 'Z' {
				i := slices.IndexFunc(topics, func(t string) bool { return strings.HasPrefix(named, t) })
				if i < 0 {
					return append(out, "topic in section "+section+" that begins "+named)
				}
				rest = named[len(topics[i]):]
			}
		}
		next := another.FindStringSubmatchIndex(rest)
		if next == nil {
			return out
		}
		if rest = rest[next[2]:]; rows && !strings.HasPrefix(rest, "row") {
			rest = "row " + rest
		}
	}
}

// readDocs reads the three pages, which are beside this folder.
func readDocs(t *testing.T) (d docs, rules string) {
	t.Helper()
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join("..", "docs", name+".md"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	rules = read("rules")
	d = docs{rules: parseRules(rules), pages: map[string]page{"romm": parsePage(read("romm")), "authentik": parsePage(read("authentik"))}}
	return d, rules
}

// sources calls visit with every text of the repository that people write.
func sources(t *testing.T, visit func(name string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		name := filepath.ToSlash(strings.TrimPrefix(path, "../"))
		switch {
		case err != nil:
			return err
		case e.IsDir() && (e.Name() == ".git" || name == "bin"):
			return fs.SkipDir
		case e.IsDir():
			return nil
		case !slices.Contains([]string{".go", ".md", ".py", ".sql", ".bash", ".txtar", ".toml", ".yml"}, filepath.Ext(name)) &&
			!slices.Contains([]string{"Makefile", "run"}, e.Name()):
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			visit(name, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCitations holds every number that is cited to the documents, and the
// documents to the tests that they name.
func TestCitations(t *testing.T) {
	d, rules := readDocs(t)
	if len(d.rules) < 30 || len(d.pages["romm"].rows) < 20 || len(d.pages["authentik"].sections) < 10 {
		t.Fatalf("the documents are not read: %d rules, %d rows, %d sections",
			len(d.rules), len(d.pages["romm"].rows), len(d.pages["authentik"].sections))
	}
	tests := map[string]bool{} // by folder and name
	cited := 0
	sources(t, func(name string, text []byte) {
		if m := gone.Find(text); m != nil {
			t.Errorf("%s cites %s, which is not in the repository", name, m)
		}
		if filepath.Ext(name) != ".go" {
			for _, f := range d.faults(string(text), true) {
				t.Errorf("%s: %s", name, f)
			}
			return
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, text, parser.ParseComments)
		if err != nil {
			t.Error(err)
			return
		}
		for _, c := range file.Comments {
			cited += len(ruleCited.FindAllString(c.Text(), -1))
			for _, f := range d.faults(c.Text(), false) {
				t.Errorf("%s: %s", set.Position(c.Pos()), f)
			}
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasSuffix(name, "_test.go") {
				tests[filepath.ToSlash(filepath.Dir(name))+"."+f.Name.Name] = true
			}
		}
	})
	if cited < 300 {
		t.Errorf("only %d citations of rules found: are comments read?", cited)
	}
	for _, f := range unproven(rules, tests) {
		t.Error(f)
	}
}

// unproven tells which rules name no test, and which tests are not there.
func unproven(rules string, tests map[string]bool) (out []string) {
	at := ruleHeading.FindAllStringSubmatchIndex(rules, -1)
	for i, m := range at {
		end := len(rules)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		rule, named := rules[m[2]:m[3]], testName.FindAllStringSubmatch(rules[m[0]:end], -1)
		if len(named) == 0 {
			out = append(out, "docs/rules.md: "+rule+" names no test")
		}
		for _, n := range named {
			if key := n[1] + "." + n[2]; !tests[key] {
				out = append(out, "docs/rules.md: "+rule+" names "+key+", which does not exist")
			}
		}
	}
	return out
}

// TestCitationsCanFail shows the check at work on what is wrong, and leaves
// alone what is right.
func TestCitationsCanFail(t *testing.T) {
	d := docs{
		rules: parseRules("### S5. Admin\n### R9. Ends\n- **S20**: not built\n"),
		pages: map[string]page{"romm": parsePage("## 2. Users\n\n### PUT\n\n| 7 | no row |\n\n## 3. Login\n\n### Decision table\n\n" +
			"| Row | Then |\n|---|---|\n| 1 | off |\n| 15b | taken |\n| 12-4.3 | null |\n"), "authentik": parsePage("### 4.2 Endpoints\n#### PATCH\n")},
	}
	for _, good := range []string{
		"Guards it (S5, R9).", "docs/romm.md 2", "(docs/romm.md 2 PUT).", "docs/romm.md row 15b, 3", "docs/romm.md rows 1 and 15b",
		"docs/romm.md\n\t\trow 12-4.3.", "docs/romm.md 2, 3. Then", "docs/authentik.md 4.2 PATCH. Then", "see docs/romm.md for more", "S500, XS5, SS9",
	} {
		if got := d.faults(good, false); len(got) != 0 {
			t.Errorf("%q: %q", good, got)
		}
	}
	for _, bad := range []string{
		"S6", "proves S5 and R10", "S20", "docs/romm.md 4", "docs/romm.md 2 Uniqueness", "docs/romm.md row 7", "docs/romm.md row 15c", "docs/romm.md 2 and 9",
		"docs/romm.md row 1 and row 2", "docs/authentik.md 4.3", "docs/authentik.md\n4", "docs/authentik.md 4.2 PUT", "refer" + "ence/romm.md 3",
		"(secu" + "rity.md)", "design\nsec" + "tion 3", "sty" + "le.md 3", "../sha" + "red",
	} {
		if len(d.faults(bad, false)) == 0 {
			t.Errorf("%q passes", bad)
		}
	}
	rules := "### S5. Admin\nTests: `model.TestGuard`, `db/x.FuzzGone`\n### R9. Ends\nTests: none\n"
	if got := unproven(rules, map[string]bool{"model.TestGuard": true}); len(got) != 2 {
		t.Errorf("unproven rules: %q", got)
	}
}

var ruleConstant = regexp.MustCompile(`(?m)^\tRule\w+ +Rule = "([a-z-]+)"`)

// TestRefusalsAreListed: anyone who reads the name of a guard in an error finds
// it in docs/rules.md, and the page names no other.
func TestRefusalsAreListed(t *testing.T) {
	source, err := os.ReadFile("../model/plan/guard.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "## Refusals by name")
	section, _, _ = strings.Cut(section, "\n## ")
	var want, got []string
	for _, m := range ruleConstant.FindAllStringSubmatch(string(source), -1) {
		want = append(want, m[1])
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(section, -1) {
		got = append(got, m[1])
	}
	if !found || len(want) < 10 || !slices.Equal(want, got) {
		t.Errorf("docs/rules.md lists %q, model/plan/guard.go has %q", got, want)
	}
}
