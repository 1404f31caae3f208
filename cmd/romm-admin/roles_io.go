package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
)

func newRolesExport(g *globals) *cobra.Command {
	return &cobra.Command{
		Use: "export", Short: "Print the role map, pins and assertions as one JSON file",
		Long: "Prints the role map, the pins and the assertions as one JSON object, for `roles import`, a review\n" +
			"or a repository. Equal contents give equal files. Needs the SQLite file only.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd.Context(), g, func(ctx context.Context, d *db.DB) error {
				e, err := d.Export(ctx)
				if err != nil {
					return err
				}
				return printExport(cmd.OutOrStdout(), e)
			})
		},
	}
}

func printExport(w io.Writer, e db.Export) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(e)
}

func newRolesImport(g *globals) *cobra.Command {
	w := writeFlags{}
	withoutPins := false
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Make the role map, pins and assertions what a file says",
		Long: "Makes the role map, the pins and the assertions exactly what the file of `roles export` says; what\n" +
			"is not in it goes. It is only ever a plan: shown first, guarded, recorded. FILE may be - for\n" +
			"standard input. Pins name RomM accounts by id and belong to one RomM: --without-pins leaves\n" +
			"them alone.",
		Args: exactArgs("a file, or - for standard input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := readSmall(args[0], db.MaxExport)
			if err != nil {
				return err
			}
			e, err := db.ParseExport(data)
			if err != nil {
				return err
			}
			return importRoles(cmd, g, &w, e, withoutPins)
		},
	}
	w.add(cmd)
	cmd.Flags().BoolVar(&withoutPins, "without-pins", false, "leave the pins as they are")
	return cmd
}

// importRoles plans and applies the rows and pins, then stores the assertions.
func importRoles(cmd *cobra.Command, g *globals, w *writeFlags, e db.Export, withoutPins bool) error {
	var before []string
	err := withStore(cmd.Context(), g, func(ctx context.Context, d *db.DB) (err error) {
		before, err = d.Assertions(ctx)
		return err
	})
	if err != nil && model.CodeOf(err) != model.CodeNotFound { // a new file is made when the plan is
		return err
	}
	planned, nothing := false, errors.New("the role map and the pins are as in the file")
	err = w.run(cmd, g, func(r *model.Review) (model.Plan, error) {
		goal := e.Store()
		if withoutPins {
			goal.Links = r.World.Links
		}
		p := r.PlanStore("import the role map", "", goal)
		if err := checkImport(r, p, e.Assertions); err != nil {
			return p, err
		}
		planned = true
		showAssertions(before, e.Assertions)
		if len(p.Changes) == 0 {
			return p, nothing
		}
		return p, nil
	})
	switch {
	case !planned, err != nil && !errors.Is(err, nothing):
		return err
	case err == nil && (w.dryRun || slices.Equal(before, e.Assertions)):
		return nil
	case err != nil: // only the assertions are left, if anything
		if err := importNothing(cmd, w, nothing, slices.Equal(before, e.Assertions)); err != nil || w.dryRun || slices.Equal(before, e.Assertions) {
			return err
		}
	}
	return storeAssertions(cmd, g, before, e.Assertions)
}

// importNothing reports that the map needs no change, and asks for the
// assertions if they do.
func importNothing(cmd *cobra.Command, w *writeFlags, nothing error, same bool) error {
	note("%v", nothing)
	if w.json {
		none := appliedJSON{Schema: 1, Plan: "import the role map", DryRun: w.dryRun, Changes: []changeJSON{}, Impact: impactOf(model.Impact{})}
		if err := writeJSON(cmd.OutOrStdout(), none); err != nil {
			return err
		}
	}
	if same || w.dryRun || w.yes {
		return nil
	}
	return ask(cmd.Context(), cmd.InOrStdin())
}

// checkImport refuses pins to accounts that are not there, and assertions that
// would not hold.
func checkImport(r *model.Review, p model.Plan, lines []string) error {
	for _, c := range p.Changes {
		if c.Kind != model.ChangePin || c.After == "" {
			continue
		}
		known := slices.ContainsFunc(r.World.Locals, func(u model.LocalUser) bool { return fmt.Sprint(u.ID) == c.After.Raw() })
		if !known {
			return &model.Error{
				Code: model.CodeNotFound, Msg: fmt.Sprintf("the file pins %s to the RomM account %s, which is not there", c.Label, c.After),
				Hint: "pins belong to one RomM; import with --without-pins",
			}
		}
	}
	after, _, err := r.Simulate(p)
	if err != nil {
		return nil // the run that follows says it, with the plan
	}
	for _, line := range lines {
		a, err := model.ParseAssertion(line)
		if err != nil {
			return err
		}
		if why := a.Broken(after); why != "" {
			return &model.Error{
				Code: model.CodeRefused, Msg: fmt.Sprintf("the assertion “%s” of the file would not hold: %s", a, why),
				Hint: "correct the file",
			}
		}
	}
	return nil
}

func showAssertions(before, after []string) {
	for _, line := range before {
		if !slices.Contains(after, line) {
			note("  - %s", model.Clean(line))
		}
	}
	for _, line := range after {
		if !slices.Contains(before, line) {
			note("  + %s", model.Clean(line))
		}
	}
}

// storeAssertions replaces the assertions, with an entry in the journal.
func storeAssertions(cmd *cobra.Command, g *globals, before, after []string) error {
	if g.readOnly {
		return &model.Error{Code: model.CodeRefused, Msg: "read-only mode: nothing is written", Hint: "start without --read-only"}
	}
	return withStore(cmd.Context(), g, func(ctx context.Context, d *db.DB) error {
		seq, err := d.OpenEntry(ctx, model.JournalEntry{
			Actor: model.Untrusted(actor()), Session: newID(), PlanID: newID(), Plan: "import the assertions",
			Change: model.Change{
				Kind: "assertions", Side: model.SideRoleMap, Label: "assertions", Reason: "from an imported file",
				Before: model.Untrusted(strings.Join(before, "; ")), After: model.Untrusted(strings.Join(after, "; ")),
			},
		})
		if err != nil {
			return err
		}
		err = d.SetAssertions(ctx, after, before, model.Untrusted(actor()))
		outcome, detail := model.OutcomeDone, ""
		if err != nil {
			outcome, detail = model.OutcomeFailed, err.Error()
		}
		return errors.Join(err, d.CloseEntry(context.WithoutCancel(ctx), seq, outcome, detail))
	})
}
