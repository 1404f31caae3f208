package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/model"
)

// writeFlags are the flags and the way of every command that writes: plan,
// show, ask, apply, report.
type writeFlags struct{ json, yes, dryRun bool }

func (w *writeFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&w.json, "json", false, "print JSON")
	cmd.Flags().BoolVar(&w.yes, "yes", false, "apply without asking")
	cmd.Flags().BoolVar(&w.dryRun, "dry-run", false, "show what would change, write nothing")
}

func (w *writeFlags) run(cmd *cobra.Command, g *globals, plan func(*model.Review) (model.Plan, error)) (err error) {
	if w.yes && w.dryRun {
		return usagef("leave one of them out", "--yes and --dry-run contradict each other")
	}
	s, err := open(cmd.Context(), g)
	if err != nil {
		return err
	}
	defer closing(s, &err)
	r, err := s.Load(cmd.Context())
	if err != nil {
		return err
	}
	p, err := plan(r)
	if err != nil {
		return err
	}
	_, impact, err := r.Simulate(p)
	if err != nil {
		showPlan(os.Stderr, p, impact)
		return err
	}
	out := appliedJSON{Schema: 1, Plan: p.Title, DryRun: w.dryRun, Impact: impactOf(impact)}
	for _, c := range p.Changes {
		out.Changes = append(out.Changes, changeJSON{c.Kind, c.Object, c.Label, c.Before, c.After})
	}
	if !w.json || !w.yes {
		showPlan(os.Stderr, p, impact)
	}
	if !w.dryRun {
		if !w.yes {
			if err := ask(cmd.InOrStdin()); err != nil {
				return err
			}
		}
		_, report := s.Apply(cmd.Context(), r, p)
		if out.Applied = report.Done(); report.Err() != nil {
			return partly(report)
		}
		note("done: %s", model.Clean(p.Title))
	}
	if w.json {
		return writeJSON(cmd.OutOrStdout(), out)
	}
	return nil
}

// partly says how far a plan came.
func partly(report model.Report) error {
	err := report.Err()
	if report.Done() == 0 {
		return err
	}
	return &model.Error{
		Code: model.CodePartial, Msg: fmt.Sprintf("%d of %d changes were made", report.Done(), len(report.Plan.Changes)),
		Hint: model.HintOf(err), Err: err,
	}
}

// showPlan prints the changes as before and after, and the blast radius.
func showPlan(w io.Writer, p model.Plan, impact model.Impact) {
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	line("%s", model.Clean(p.Title))
	for _, c := range p.Changes {
		line("  %s", c.Label)
		line("    - %s", orDash(c.Before.String()))
		line("    + %s", orDash(c.After.String()))
	}
	people := func(what string, ds []model.Delta, roles bool) {
		if len(ds) == 0 {
			return
		}
		names := make([]string, 0, len(ds))
		for _, d := range ds {
			s := d.Who.String()
			if roles {
				s += fmt.Sprintf(" (%s to %s)", orDash(string(d.Before.RoleAfter)), d.After.RoleAfter)
			}
			names = append(names, s)
		}
		line("  %s: %s", what, strings.Join(names, ", "))
	}
	people("can sign in afterwards", impact.CanSignIn, false)
	people("cannot sign in any more", impact.CannotSignIn, false)
	people("another role", impact.Roles, true)
	if len(impact.CanSignIn)+len(impact.CannotSignIn)+len(impact.Roles) == 0 {
		line("  nobody's next login changes")
	}
}

// ask wants a typed yes from a person; a script has to say --yes.
func ask(in io.Reader) error {
	f, ok := in.(*os.File)
	if !ok || !term.IsTerminal(f.Fd()) {
		return usagef("add --yes to apply it, or --dry-run to look only", "nobody is here to confirm the plan")
	}
	_, _ = fmt.Fprint(os.Stderr, "apply? type yes: ")
	answer, _ := bufio.NewReader(in).ReadString('\n')
	if strings.TrimSpace(answer) != "yes" {
		return &model.Error{Code: model.CodeRefused, Msg: "not confirmed, nothing was written"}
	}
	return nil
}
