package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

func newHistoryUndo(g *globals) *cobra.Command {
	w := writeFlags{}
	var planID string
	cmd := &cobra.Command{
		Use: "undo NO | --plan ID", Short: "Undo one change, or a whole plan",
		Long: "Undoes one change by its number, or with --plan all changes of a plan, as a new plan: it is\n" +
			"shown first, guarded, read back and recorded like every other. A change whose object was changed\n" +
			"again since is refused. A plan that was cut short is undone as far as it was made.",
		Args: func(cmd *cobra.Command, args []string) error {
			if planID != "" {
				return cli.NoArgs(cmd, args)
			}
			return cli.ExactArgs("the number of an entry, or --plan ID")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if planID != "" {
				return undoPlan(cmd, g, &w, planID)
			}
			seq, err := entryNumber(args[0])
			if err != nil {
				return err
			}
			var e plan.JournalEntry
			err = withStore(cmd.Context(), g, func(ctx context.Context, d *db.DB) (err error) {
				e, err = d.Entry(ctx, seq)
				return err
			})
			if err != nil {
				return err
			}
			return w.run(cmd, g, func(_ context.Context, r *model.Review) (plan.Draft, error) {
				return plan.Whole(plan.Undo(r, []plan.JournalEntry{e}))
			})
		},
	}
	cmd.Flags().StringVar(&planID, "plan", "", "undo all changes of the plan with this `id`; history show prints it")
	w.add(cmd)
	return cmd
}

// undoPlan undoes a plan, whether it ended or was cut short.
func undoPlan(cmd *cobra.Command, g *globals, w *writeFlags, planID string) error {
	i, err := findInterrupted(cmd, g, planID)
	if err == nil {
		return w.end(cmd, g, i, plan.RollBack)
	}
	if model.CodeOf(err) != model.CodeNotFound {
		return err
	}
	var entries []plan.JournalEntry
	err = withStore(cmd.Context(), g, func(ctx context.Context, d *db.DB) (err error) {
		entries, err = d.PlanEntries(ctx, planID)
		return err
	})
	if err != nil {
		return err
	}
	return w.run(cmd, g, func(_ context.Context, r *model.Review) (plan.Draft, error) { return plan.Whole(plan.Undo(r, entries)) })
}

func newHistoryResume(g *globals) *cobra.Command {
	w := writeFlags{}
	cmd := &cobra.Command{
		Use: "resume PLAN", Short: "Finish a plan that was cut short",
		Long: "Finishes a plan that was cut short, named by its id as in `history interrupted`. What was made\n" +
			"already is read again and left alone; the rest is shown first, guarded and recorded like every\n" +
			"other plan. `history undo --plan` undoes it instead.",
		Args: cli.ExactArgs("the id of a plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			i, err := findInterrupted(cmd, g, args[0])
			if err != nil {
				return err
			}
			return w.end(cmd, g, i, plan.Resume)
		},
	}
	w.add(cmd)
	return cmd
}

// findInterrupted reads one interrupted plan that is not under way.
func findInterrupted(cmd *cobra.Command, g *globals, planID string) (found plan.Interruption, err error) {
	err = withStore(cmd.Context(), g, func(ctx context.Context, d *db.DB) error {
		all, err := d.Interrupted(ctx)
		if err != nil {
			return err
		}
		for _, i := range all {
			if i.PlanID == planID {
				found = i
				return i.Busy(time.Now())
			}
		}
		return &model.Error{
			Code: model.CodeNotFound, Msg: fmt.Sprintf("no plan %q was cut short", model.Clean(planID)),
			Hint: "see `romm-admin history interrupted`",
		}
	})
	return found, err
}

// end brings an interrupted plan to one of its two ends and closes what it
// left open. What the objects said before that is what its entries are closed
// with. If this is cut short too, the plan is still listed and can be ended
// again.
func (w *writeFlags) end(cmd *cobra.Command, g *globals, i plan.Interruption,
	build func(*model.Review, plan.Interruption) (plan.Plan, error),
) error {
	var settle []plan.Settlement
	planned, nothing := false, errors.New("nothing is left to do")
	err := w.run(cmd, g, func(_ context.Context, r *model.Review) (plan.Draft, error) {
		p, err := build(r, i)
		if err != nil {
			return plan.Draft{}, err
		}
		settle, planned = plan.Settle(r, i), true
		if len(p.Changes) == 0 {
			return plan.Draft{}, nothing
		}
		return plan.Draft{Plan: p}, nil
	})
	switch {
	case w.dryRun && errors.Is(err, nothing):
		note(cmd, "nothing is left to do; without --dry-run the plan's entries are closed")
		return nil
	case !planned, err != nil && !errors.Is(err, nothing):
		return err
	case w.dryRun:
		return nil
	}
	if errors.Is(err, nothing) {
		note(cmd, "nothing is left to do: %s", model.Clean(i.Title))
	}
	return withStore(cmd.Context(), g, func(ctx context.Context, d *db.DB) error { return d.Settle(ctx, i.PlanID, settle) })
}

// countCut counts the plans that are not, and cannot be, under way.
func countCut(all []plan.Interruption) (n int) {
	for _, i := range all {
		if !i.MayBeRunning(time.Now()) {
			n++
		}
	}
	return n
}

// plans is a number of plans as the subject of what became of them.
func plans(n int) string {
	if n == 1 {
		return "1 plan was"
	}
	return fmt.Sprintf("%d plans were", n)
}

type interruptionJSON struct {
	PlanID  string          `json:"plan_id"`
	Plan    string          `json:"plan"`
	Actor   model.Untrusted `json:"actor"`
	At      *time.Time      `json:"at"` // when its last change was begun
	Running bool            `json:"may_be_running"`
	Done    int             `json:"done"`
	Total   int             `json:"total"`
	Entries []entryJSON     `json:"entries"`
}

func newHistoryInterrupted(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "interrupted", Short: "List the plans that were cut short",
		Long: "Lists the plans that have not ended: those that were cut short, and those that another\n" +
			"program is making right now. Exit code 3 if any was cut short. Such a plan can be finished with\n" +
			"`history resume PLAN` or undone with `history undo --plan PLAN`; both look first on which side\n" +
			"of its last change the object is.",
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var all []plan.Interruption
			err := withStore(cmd.Context(), g, func(ctx context.Context, d *db.DB) (err error) {
				all, err = d.Interrupted(ctx)
				return err
			})
			if err != nil {
				return err
			}
			cut := countCut(all)
			if err := printInterrupted(cmd, all, asJSON); err != nil || cut == 0 {
				return err
			}
			return cli.Findings(&model.Error{
				Code: model.CodeConflict, Msg: plans(cut) + " cut short",
				Hint: "finish one: romm-admin history resume PLAN; or undo it: romm-admin history undo --plan PLAN",
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printInterrupted(cmd *cobra.Command, all []plan.Interruption, asJSON bool) error {
	if asJSON {
		out := struct {
			Schema int                `json:"schema"`
			Plans  []interruptionJSON `json:"plans"`
		}{1, []interruptionJSON{}}
		for _, i := range all {
			j := interruptionJSON{
				PlanID: model.Clean(i.PlanID), Plan: model.Clean(i.Title), Actor: i.Actor, At: timeOrNil(i.At),
				Running: i.MayBeRunning(time.Now()), Done: i.Done(), Total: i.Total(), Entries: []entryJSON{},
			}
			for _, e := range i.Entries {
				j.Entries = append(j.Entries, entryOf(e))
			}
			out.Plans = append(out.Plans, j)
		}
		return writeJSON(cmd.OutOrStdout(), out)
	}
	table := [][]string{{"PLAN", "WHEN", "WHO", "MADE", "WHAT"}}
	for _, i := range all {
		made := fmt.Sprintf("%d of %d", i.Done(), i.Total())
		if n := i.Unknown(); n > 0 && i.Held != plan.HoldingSomebody {
			made += fmt.Sprintf(", %d not known", n)
		}
		if i.MayBeRunning(time.Now()) {
			made += map[plan.Holding]string{plan.HoldingUnknown: ", may be under way", plan.HoldingSomebody: ", under way"}[i.Held]
		}
		table = append(table, []string{
			model.Clean(i.PlanID), i.At.Local().Format(time.DateTime), i.Actor.String(), made, model.Clean(i.Title),
		})
	}
	return writeTable(cmd.OutOrStdout(), table)
}
