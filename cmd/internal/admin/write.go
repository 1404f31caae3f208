package admin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
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

// check refuses flags that contradict each other.
func (w *writeFlags) check() error {
	if w.yes && w.dryRun {
		return cli.Usagef("leave one of them out", "--yes and --dry-run contradict each other")
	}
	return nil
}

func (w *writeFlags) run(cmd *cobra.Command, g *globals, plan func(*model.Review) (model.Plan, error)) error {
	if err := w.check(); err != nil {
		return err
	}
	return withReview(cmd.Context(), g, func(s *session, r *model.Review) error { return w.carryOut(cmd, s, r, plan) })
}

func (w *writeFlags) carryOut(cmd *cobra.Command, s *session, r *model.Review, plan func(*model.Review) (model.Plan, error)) error {
	p, err := plan(r)
	if model.CodeOf(err) == model.CodeNothing && w.json {
		return w.nothing(cmd, "", err)
	}
	if err != nil {
		return err
	}
	after, impact, err := r.Simulate(p)
	if err != nil {
		showPlan(cmd.ErrOrStderr(), p, impact)
		return err
	}
	out := appliedJSON{Schema: 1, Plan: p.Title, DryRun: w.dryRun, Warning: model.Clean(p.Warning), OtherProviders: p.Sharers, Changes: changesOf(p), Impact: impactOf(impact)}
	out.Accounts = madeAccounts(p, after, false)
	if !w.json || !w.yes {
		showPlan(cmd.ErrOrStderr(), p, impact)
	}
	if !w.dryRun {
		if !w.yes {
			if err := ask(cmd.Context(), s.streams); err != nil {
				return err
			}
		}
		if p, err = p.Drawn(newClientID()); err != nil {
			return err
		}
		out.Changes = changesOf(p)
		after, report := s.Apply(cmd.Context(), r, p)
		out.Accounts = madeAccounts(p, after, true)
		if out.Applied = report.Done(); report.Err() != nil {
			if w.json { // how far it came is what a script has to know most
				return errors.Join(writeJSON(cmd.OutOrStdout(), out), partly(report))
			}
			return partly(report)
		}
		note(cmd, "done: %s", model.Clean(p.Title))
	}
	if w.json {
		return writeJSON(cmd.OutOrStdout(), out)
	}
	return nil
}

// nothing says why there is nothing to do, and to a script that nothing was done.
func (w *writeFlags) nothing(cmd *cobra.Command, plan string, why error) error {
	note(cmd, "%s", model.Clean(why.Error()))
	if hint := model.HintOf(why); hint != "" {
		note(cmd, "  what to do: %s", model.Clean(hint))
	}
	if !w.json {
		return nil
	}
	return writeJSON(cmd.OutOrStdout(), appliedJSON{
		Schema: 1, Plan: plan, DryRun: w.dryRun, Changes: []changeJSON{}, Impact: impactOf(model.Impact{}),
	})
}

// partly says how far a plan came.
func partly(report model.Report) error {
	err := report.Err()
	if report.Done() == 0 {
		return err
	}
	made := fmt.Sprintf("%d of %d changes were made", report.Done(), len(report.Plan.Changes))
	if errors.Is(err, context.Canceled) {
		return &model.Error{
			Code: model.CodePartial, Msg: "stopped: " + made,
			Hint: "finish it or take it back: romm-admin history interrupted",
		}
	}
	return &model.Error{Code: model.CodePartial, Msg: made, Hint: model.HintOf(err), Err: err}
}

// showPlan prints the changes as before and after, and the blast radius.
func showPlan(w io.Writer, p model.Plan, impact model.Impact) {
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	line("%s", model.Clean(p.Title))
	for _, c := range p.Changes {
		line("  %s", c.Label)
		removed, added := c.Lines()
		for _, l := range orNothing(removed) {
			line("    - %s", l)
		}
		for _, l := range orNothing(added) {
			line("    + %s", l)
		}
	}
	if p.Warning != "" {
		line("  careful: %s", model.Clean(p.Warning))
	}
	people := func(what string, ds []model.Delta, more func(model.Delta) string) {
		if len(ds) == 0 {
			return
		}
		names := make([]string, 0, maxNames)
		for _, d := range ds[:min(len(ds), maxNames)] {
			names = append(names, d.Who.String()+more(d))
		}
		if rest := len(ds) - len(names); rest > 0 {
			names = append(names, fmt.Sprintf("and %d more", rest))
		}
		line("  %s: %s", what, strings.Join(names, ", "))
	}
	nothing := func(model.Delta) string { return "" }
	people("may end up in another's session", impact.Takeovers, func(d model.Delta) string { return " (" + d.Session.String() + ")" })
	people("cannot sign in any more", impact.CannotSignIn, nothing)
	people("another account", impact.Accounts, opens)
	people("can sign in afterwards", impact.CanSignIn, func(d model.Delta) string {
		if d.Opens == d.Who {
			return ""
		}
		return opens(d)
	})
	people("another role", impact.Roles, func(d model.Delta) string {
		return fmt.Sprintf(" (%s to %s)", orDash(string(d.Before.RoleAfter)), d.After.RoleAfter)
	})
	people("still cannot sign in", impact.StillOut, func(d model.Delta) string {
		if d.After.Status == 0 {
			return ""
		}
		return fmt.Sprintf(" (%d %s)", d.After.Status, model.Clean(strings.TrimSuffix(d.After.Detail, ".")))
	})
	switch {
	case impact.Unknown > 0:
		line("  people whose next login cannot be known: %d", impact.Unknown)
	case impact.Empty() && len(impact.StillOut) == 0:
		line("  nobody's next login changes")
	}
}

// orNothing stands for a side of a change that is empty.
func orNothing(lines []string) []string {
	if len(lines) == 0 {
		return []string{orDash("")}
	}
	return lines
}

// maxNames bounds a list of names that a person reads; JSON has all.
const maxNames = 10

// opens says which account a login opens.
func opens(d model.Delta) string {
	if d.Opens == "" {
		return " (a new account)"
	}
	return " (as " + d.Opens.String() + ")"
}

// ask wants a typed yes from a person; a script has to say --yes.
func ask(ctx context.Context, s Streams) error {
	if !s.isTerminal(s.In) {
		return cli.Usagef("add --yes to apply it, or --dry-run to look only", "nobody is here to confirm the plan")
	}
	_, _ = fmt.Fprint(s.Err, "apply? type yes: ")
	answer := make(chan string, 1)
	go func() { // a read cannot be cancelled; it ends with the stream, or the process
		line, _ := bufio.NewReader(s.In).ReadString('\n')
		answer <- strings.TrimSpace(line)
	}()
	select {
	case a := <-answer:
		if a == "yes" {
			return nil
		}
	case <-ctx.Done():
		_, _ = fmt.Fprintln(s.Err)
	}
	return &model.Error{Code: model.CodeInvalid, Msg: "not confirmed, nothing was written"}
}
