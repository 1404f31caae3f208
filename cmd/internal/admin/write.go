package admin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// writeFlags are the flags and the way of every command that writes: plan,
// show, ask, apply, report.
type writeFlags struct {
	json, yes, dryRun bool
	also              string
	// confirm asks for more than a yes; it says false where a yes is enough.
	confirm func(s Streams, before, after *model.Review) (confirmed bool, err error)
}

func (w *writeFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&w.json, "json", false, "print JSON")
	cmd.Flags().BoolVar(&w.yes, "yes", false, "apply without asking")
	cmd.Flags().BoolVar(&w.dryRun, "dry-run", false, "show what would change, write nothing")
}

// addAlso adds the flag of the commands that may take somebody's last role.
func (w *writeFlags) addAlso(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.also, "also", "", "what to do with those who stay admin in RomM although they cannot sign in any more:\napply-role writes a lower role, disable disables the account")
}

// check refuses flags that contradict each other.
func (w *writeFlags) check() error {
	if w.yes && w.dryRun {
		return cli.Usagef("leave one of them out", "--yes and --dry-run contradict each other")
	}
	if !slices.Contains([]plan.Also{plan.AlsoNothing, plan.AlsoRole, plan.AlsoDisable}, plan.Also(w.also)) {
		return cli.Usagef("give apply-role or disable", "--also %s is not known", model.Clean(w.also))
	}
	return nil
}

func (w *writeFlags) run(cmd *cobra.Command, g *globals, build builder) error {
	if err := w.check(); err != nil {
		return err
	}
	return withReview(cmd.Context(), g, func(s *session, r *model.Review) error {
		return w.carryOut(cmd, s, r, func(ctx context.Context, r *model.Review) (plan.Draft, error) {
			d, err := build(ctx, r)
			if err != nil {
				return d, err
			}
			d.Plan, err = s.WithTests(ctx, d.Plan)
			return d, err
		})
	})
}

func (w *writeFlags) carryOut(cmd *cobra.Command, s *session, r *model.Review, build builder) error {
	draft, err := build(cmd.Context(), r)
	if err == nil {
		draft, err = plan.WithAlso(cmd.Context(), r, draft, plan.Also(w.also))
	}
	p := draft.Plan
	if model.CodeOf(err) == model.CodeNothing && w.json {
		return w.nothing(cmd, "", err)
	}
	left := leftOut(draft)
	if err != nil {
		showLeftOut(cmd.ErrOrStderr(), left)
		return err
	}
	after, impact, err := plan.Simulate(cmd.Context(), r, p)
	if err != nil && !(w.json && model.RuleOf(err) != "") {
		showPlan(cmd.ErrOrStderr(), p, impact)
		return err
	}
	out := appliedJSON{Schema: 1, Plan: p.Title, DryRun: w.dryRun, Warning: model.Clean(p.Warning), OtherProviders: p.Sharers, Untested: p.Untested, Changes: changesOf(p), Impact: impactOf(impact), LeftOut: left}
	if err != nil { // a script has to know which guard it was
		showPlan(cmd.ErrOrStderr(), p, impact)
		out.Refused = refusalOf(err)
		return errors.Join(writeJSON(cmd.OutOrStdout(), out), err)
	}
	out.Accounts = madeAccounts(p, after, false)
	if !w.json || !w.yes {
		showPlan(cmd.ErrOrStderr(), p, impact)
		if cmd.Flags().Lookup("also") != nil && len(impact.Keepers()) > 0 {
			note(cmd, "  in the same plan: --also apply-role writes a lower role, --also disable disables the account")
		}
		showLeftOut(cmd.ErrOrStderr(), left)
	}
	if !w.dryRun {
		if err := w.consent(cmd.Context(), s.streams, r, after); err != nil {
			return err
		}
		if p, err = p.WithClientID(newClientID()); err != nil {
			return err
		}
		out.Changes = changesOf(p)
		after, report := s.Apply(cmd.Context(), r, p)
		out.Accounts = madeAccounts(p, after, true)
		out.Unknown, out.NoAdmin = report.Unknown(), report.NoAdmin
		if out.Applied = report.Done(); report.Err() != nil {
			if w.json { // how far it came is what a script has to know most
				return errors.Join(writeJSON(cmd.OutOrStdout(), out), partialError(report))
			}
			return partialError(report)
		}
		note(cmd, "done: %s", model.Clean(p.Title))
	}
	err = nil
	if len(left) > 0 && !draft.Everybody {
		err = &model.Error{
			Code: model.CodePartial, Msg: model.Counted(len(left), "of those named was left out", "of those named were left out"),
			Hint: "the reasons are above",
		}
	}
	if w.json {
		return errors.Join(writeJSON(cmd.OutOrStdout(), out), err)
	}
	return err
}

// errReadOnly refuses what --read-only does not write, before anybody is asked.
var errReadOnly = &model.Error{Code: model.CodeRefused, Msg: "read-only mode: nothing is written", Hint: "start without --read-only"}

// confirmed asks for a yes, unless a flag has answered; false means a dry run.
func (w *writeFlags) confirmed(ctx context.Context, s Streams) (apply bool, err error) {
	switch {
	case w.dryRun:
		return false, nil
	case w.yes:
		return true, nil
	}
	return true, ask(ctx, s)
}

// consent waits for what a person has to say before a plan is applied.
func (w *writeFlags) consent(ctx context.Context, s Streams, before, after *model.Review) error {
	if w.confirm != nil {
		if confirmed, err := w.confirm(s, before, after); confirmed || err != nil {
			return err
		}
	}
	_, err := w.confirmed(ctx, s)
	return err
}

// builder makes what a command proposes.
type builder = func(context.Context, *model.Review) (plan.Draft, error)

// leftOut are the people who are not in a plan for another reason than that
// nothing has to be done for them.
func leftOut(d plan.Draft) []leftOutJSON {
	var out []leftOutJSON
	for _, l := range d.Left {
		if model.CodeOf(l.Why) != model.CodeNothing {
			out = append(out, leftOutJSON{l.Who, l.Reason()})
		}
	}
	return out
}

func showLeftOut(w io.Writer, left []leftOutJSON) {
	for _, l := range left {
		_, _ = fmt.Fprintf(w, "  left out: %s: %s\n", model.Named(l.Who.Raw()), l.Why)
	}
}

// nothing says why there is nothing to do, and to a script that nothing was done.
func (w *writeFlags) nothing(cmd *cobra.Command, p string, why error) error {
	note(cmd, "%s", model.Clean(why.Error()))
	if hint := model.HintOf(why); hint != "" {
		note(cmd, "  what to do: %s", model.Clean(hint))
	}
	if !w.json {
		return nil
	}
	return writeJSON(cmd.OutOrStdout(), appliedJSON{
		Schema: 1, Plan: p, DryRun: w.dryRun, Changes: []changeJSON{}, Impact: impactOf(plan.Impact{}),
	})
}

// partialError says how far a plan came.
func partialError(report plan.Report) error {
	err := report.Err()
	if report.Done() == 0 {
		return err
	}
	if errors.Is(err, context.Canceled) {
		return &model.Error{
			Code: model.CodePartial, Msg: "stopped: " + report.Count(),
			Hint: "finish it or undo it: romm-admin history interrupted",
		}
	}
	return &model.Error{Code: model.CodePartial, Msg: report.Count(), Hint: model.HintOf(err), Err: err}
}

// showPlan prints the changes as before and after, and the blast radius.
func showPlan(w io.Writer, p plan.Plan, impact plan.Impact) {
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	line("%s", model.Named(p.Title))
	for _, c := range p.Changes {
		line("  %s", model.Named(c.Label.Raw()))
		removed, added := c.Lines()
		if c.Words().Whole == "" { // a value that is absent is a value too
			removed, added = orNothing(removed), orNothing(added)
		}
		for _, l := range removed {
			line("    - %s", l)
		}
		for _, l := range added {
			line("    + %s", l)
		}
	}
	if p.Warning != "" {
		line("  careful: %s", model.Clean(p.Warning))
	}
	people := func(what string, ds []plan.Delta, more func(plan.Delta) string) {
		if len(ds) == 0 {
			return
		}
		names := make([]string, 0, maxNames)
		for _, d := range ds[:min(len(ds), maxNames)] {
			names = append(names, model.Named(d.Who.Raw())+more(d))
		}
		if rest := len(ds) - len(names); rest > 0 {
			names = append(names, fmt.Sprintf("and %d more", rest))
		}
		line("  %s: %s", what, strings.Join(names, ", "))
	}
	nothing := func(plan.Delta) string { return "" }
	people("may end up in another's session", impact.Takeovers, func(d plan.Delta) string { return " (" + model.Named(d.Session.Raw()) + ")" })
	people("cannot sign in any more", impact.CannotSignIn, nothing)
	people("another account", impact.Accounts, opens)
	people("can sign in afterwards", impact.CanSignIn, func(d plan.Delta) string {
		if d.Opens == d.Who {
			return ""
		}
		return opens(d)
	})
	people("another role", impact.Roles, func(d plan.Delta) string {
		return fmt.Sprintf(" (%s to %s)", orDash(string(d.Before.RoleAfter)), d.After.RoleAfter)
	})
	people("still cannot sign in", impact.StillOut, func(d plan.Delta) string {
		var why []string
		if d.After.Status != 0 {
			why = append(why, fmt.Sprintf("%d %s", d.After.Status, model.Clean(strings.TrimSuffix(d.After.Detail, "."))))
		}
		if later := d.Later(); later != "" {
			why = append(why, later)
		}
		if len(why) == 0 {
			return ""
		}
		return " (" + strings.Join(why, "; ") + ")"
	})
	people(model.KeepsAdmin, impact.Keepers(), nothing)
	switch {
	case impact.Unknown > 0:
		line("  people whose next login cannot be known: %d", impact.Unknown)
	case impact.Empty() && len(impact.StillOut) == 0:
		line("  nobody's next login changes")
	}
}

// orNothing replaces an empty side of a change by a dash.
func orNothing(lines []string) []string {
	if len(lines) == 0 {
		return []string{orDash("")}
	}
	return lines
}

// maxNames bounds a list of names that a person reads; JSON has all.
const maxNames = 10

// opens says which account a login opens.
func opens(d plan.Delta) string {
	if d.Opens == "" {
		return " (a new account)"
	}
	return " (as " + model.Named(d.Opens.Raw()) + ")"
}

// ask waits for a typed yes on a terminal; a script has to give --yes.
func ask(ctx context.Context, s Streams) error {
	if !s.isTerminal(s.In) {
		return cli.Usagef("add --yes to apply it, or --dry-run to look only", "nobody is here to confirm the plan")
	}
	return askFor(ctx, s, "apply? type yes: ", "yes")
}

// askFor wants one of these answers from the person at the terminal.
func askFor(ctx context.Context, s Streams, question string, answers ...string) error {
	_, _ = fmt.Fprint(s.Err, question)
	answer := make(chan string, 1)
	go func() { // a read cannot be cancelled; it ends with the stream, or the process
		line, _ := bufio.NewReader(s.In).ReadString('\n')
		answer <- strings.TrimSpace(line)
	}()
	select {
	case a := <-answer:
		if slices.Contains(answers, a) {
			return nil
		}
	case <-ctx.Done():
		_, _ = fmt.Fprintln(s.Err)
	}
	return &model.Error{Code: model.CodeInvalid, Msg: "not confirmed, nothing was written"}
}
