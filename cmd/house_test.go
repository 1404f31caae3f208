package cmd_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// product calls visit for every Go file that is part of the programs or of a
// fake, tests apart.
func product(t *testing.T, visit func(name string, fset *token.FileSet, f *ast.File, lines int)) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(strings.TrimPrefix(path, "../")), fset, f, fset.File(f.Pos()).LineCount())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var (
	kindName = regexp.MustCompile(`^Change(Local|IDP|Trusted|Role|Default|Pending|Pin|Assertion|Scope|Provider|Application|Binding|Restore)`)
	kindFile = regexp.MustCompile(`^model/plan/kind_\w+\.go$`)
)

// TestHouse prints the figures of the house, with -v: files and lines of each
// package. It holds that a kind of change is told from another in its own file
// alone, and in the two tables: of kinds, and of their writers.
func TestHouse(t *testing.T) {
	files, lines, methods := map[string]int{}, map[string]int{}, 0
	total := 0
	product(t, func(name string, fset *token.FileSet, f *ast.File, n int) {
		dir := filepath.Dir(name)
		files[dir]++
		lines[dir] += n
		total += n
		ast.Inspect(f, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.FuncDecl:
				if dir == "model" && node.Recv != nil && node.Name.IsExported() && strings.Contains(text(node.Recv.List[0].Type), "Review") {
					methods++
				}
			case *ast.BinaryExpr:
				if node.Op != token.EQL && node.Op != token.NEQ {
					return true
				}
				for _, side := range []ast.Expr{node.X, node.Y} {
					kindsIn(t, name, fset, side)
				}
			case *ast.CaseClause:
				for _, e := range node.List {
					kindsIn(t, name, fset, e)
				}
			}
			return true
		})
	})
	for _, dir := range slices.Sorted(maps.Keys(files)) {
		t.Logf("%-40s %3d files %6d lines", dir, files[dir], lines[dir])
	}
	t.Logf("%d lines in all; Review has %d exported methods", total, methods)
	if methods > 25 {
		t.Errorf("Review has %d exported methods: what is done to a change belongs to model/plan", methods)
	}
}

// kindsIn fails where a kind of change is compared outside of its own file.
func kindsIn(t *testing.T, name string, fset *token.FileSet, e ast.Expr) {
	t.Helper()
	last := text(e)
	last = last[strings.LastIndex(last, ".")+1:]
	if kindName.MatchString(last) && !kindFile.MatchString(name) {
		t.Errorf("%s tells the kind %s from others: ask the change instead", fset.Position(e.Pos()), last)
	}
}

// text is a name with what it is qualified by; "" for anything else.
func text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return text(e.X) + "." + e.Sel.Name
	case *ast.StarExpr:
		return text(e.X)
	}
	return ""
}

// TestHouseCanFail: a switch on kinds elsewhere is found.
func TestHouseCanFail(t *testing.T) {
	fset := token.NewFileSet()
	e, err := parser.ParseExprFrom(fset, "x.go", bytes.NewBufferString("plan.ChangePin"), 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"tui/apply.go": true, "model/plan/kind_pin.go": false} {
		var inner testing.T
		kindsIn(&inner, name, fset, e)
		if inner.Failed() != want {
			t.Errorf("%s: found %v", name, inner.Failed())
		}
	}
}
