package admin

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
)

// TestCheckJudgesTheToken proves S34 on the command line: what ends soon, or is
// not known at all, is a problem; what stays off, or is too powerful, is told
// and counts with --strict.
func TestCheckJudgesTheToken(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	empty := model.Judge(model.World{})
	lacks := []model.Ability{
		{Permission: "view_event", Needs: "logins", State: model.AbilityNo},
		{Permission: "view_flow", Needs: "set-up", State: model.AbilityUnknown},
		{Permission: "view_user", Needs: "people", State: model.AbilityYes},
	}
	for name, tc := range map[string]struct {
		access             model.Access
		err                error
		problem, warning   string
		code, strictCode   int
		missing, unsettled int
	}{
		"all is well": {model.Access{Owner: "a"}, nil, "", "", cli.ExitOK, cli.ExitOK, 0, 0},
		"superuser": {
			model.Access{Superuser: true, Warnings: []string{"the token is a superuser's"}},
			nil,
			"", "the token is a superuser's", cli.ExitOK, cli.ExitFindings, 0, 0,
		},
		"missing":  {model.Access{Abilities: lacks, Warnings: []string{"the token lacks view_event: logins"}}, nil, "", "view_event", cli.ExitOK, cli.ExitFindings, 1, 1},
		"untold":   {model.Access{Abilities: lacks}, nil, "", "it is not known whether the token has view_flow, which is needed for set-up", cli.ExitOK, cli.ExitFindings, 1, 1},
		"ends":     {model.Access{Owner: "a", Expires: now.Add(13 * 24 * time.Hour)}, nil, "an API token of a ends on 2026-05-14", "", cli.ExitFindings, cli.ExitFindings, 0, 0},
		"ends far": {model.Access{Owner: "a", Expires: now.Add(15 * 24 * time.Hour)}, nil, "", "", cli.ExitOK, cli.ExitOK, 0, 0},
		"unknown":  {model.Access{}, errors.New("no \x1b[2J"), "what the token may do is not known: no ", "", cli.ExitFindings, cli.ExitFindings, 0, 0},
	} {
		c := checkup(empty)
		c.token(tc.access, tc.err, now)
		c.Warnings = slices.DeleteFunc(c.Warnings, func(w string) bool { return slices.Contains(empty.NoteTexts(), w) })
		all, warned := strings.Join(c.Problems, "\n"), strings.Join(c.Warnings, "\n")
		if (tc.problem == "") != (all == "") || !strings.Contains(all, tc.problem) || (tc.warning == "") != (warned == "") || !strings.Contains(warned, tc.warning) || strings.Contains(all, "\x1b") {
			t.Errorf("%s: problems %q, warnings %q", name, c.Problems, c.Warnings)
		}
		if got, strict := cli.ExitCode(c.result(false)), cli.ExitCode(c.result(true)); got != tc.code || strict != tc.strictCode {
			t.Errorf("%s: exit codes %d and %d, want %d and %d", name, got, strict, tc.code, tc.strictCode)
		}
		if tc.err == nil && (len(c.Token.Missing) != tc.missing || len(c.Token.Unknown) != tc.unsettled) {
			t.Errorf("%s: %+v", name, c.Token)
		}
	}
}

// TestProgress: a terminal has one line that changes, a log a few lines.
func TestProgress(t *testing.T) {
	t.Parallel()
	for live, want := range map[bool]int{false: 10, true: 1} {
		var b strings.Builder
		bar := progress{w: &b, live: live}
		for i := range 1000 {
			bar.report(i+1, 1000)
		}
		bar.end()
		if n := strings.Count(b.String(), "\n"); n != want || !strings.HasSuffix(b.String(), "asked Authentik about 1000 of 1000\n") {
			t.Errorf("live %v: %d lines, %q", live, n, b.String()[max(0, b.Len()-60):])
		}
	}
}
