// Command lint is the linters of docs/CONTRIBUTING.md as one program for `go
// vet -vettool`: every package is type-checked once for all of them, and what
// was checked once is kept in the build cache.
package main

import (
	"strings"

	"codeberg.org/polyfloyd/go-errorlint/errorlint"
	"github.com/gordonklaus/ineffassign/pkg/ineffassign"
	"github.com/jingyugao/rowserrcheck/passes/rowserr"
	"github.com/kisielk/errcheck/errcheck"
	"github.com/nishanths/exhaustive/passes/exhaustive"
	sqlclosecheck "github.com/ryanrolds/sqlclosecheck/pkg/analyzer"
	"github.com/sonatard/noctx"
	"github.com/timakin/bodyclose/passes/bodyclose"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/unitchecker"
)

func main() {
	// A default case says that the others were thought of.
	if err := exhaustive.Analyzer.Flags.Set("d", "true"); err != nil {
		panic(err)
	}
	unitchecker.Main(
		errcheck.Analyzer, errorlint.NewAnalyzer(), exhaustive.Analyzer, ineffassign.Analyzer,
		rowserr.NewAnalyzer(), sqlclosecheck.NewAnalyzer(),
		notInTests(bodyclose.Analyzer), notInTests(noctx.Analyzer),
	)
}

// notInTests is for what a program must not keep as long as it runs. A test's
// requests end with its server, and its fakes make answers that nobody closes.
func notInTests(a *analysis.Analyzer) *analysis.Analyzer {
	run := a.Run
	a.Run = func(pass *analysis.Pass) (any, error) {
		report := pass.Report
		pass.Report = func(d analysis.Diagnostic) {
			if !strings.HasSuffix(pass.Fset.Position(d.Pos).Filename, "_test.go") {
				report(d)
			}
		}
		return run(pass)
	}
	return a
}
