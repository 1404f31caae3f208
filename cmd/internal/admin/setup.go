package admin

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

func newSetup(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use: "setup", Short: "Set Authentik up for RomM, or find what drifted", Args: cli.NoArgs, RunE: cli.Group,
	}
	cmd.AddCommand(newSetupCheck(g), newSetupApply(g, false), newSetupApply(g, true), newSetupUndo(g), newSetupEnv(g))
	return cmd
}

// setupFlags say what Authentik should be, where there is a choice.
type setupFlags struct{ verify, companion string }

func (f *setupFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.verify, "verify", "", "how addresses are verified: address (an admin vouches for each); default: whatever verifies already, else address")
	cmd.Flags().StringVar(&f.companion, "companion", "", "where Authentik reaches the companion, like http://companion:8093, or none; default: as it is, else none")
}

func (f *setupFlags) check() error {
	if _, err := authentik.RenderRoles(model.RoleTable{Companion: f.address()}); err != nil {
		return cli.Usage(&model.Error{Code: model.CodeInvalid, Msg: "--companion is no address that Authentik could ask", Hint: "give one like http://companion:8093, or none", Err: err})
	}
	switch f.verify {
	case "", string(model.VerifiedAddress):
		return nil
	case string(model.VerifiedAlways):
		return cli.Usagef("use --verify address; a mapping that you made after RomM's guide is left as it is without --verify",
			"romm-admin does not install a mapping that calls every address verified: anyone who can change their own address could open anybody's account")
	}
	return cli.Usagef("use --verify address, or leave it out", "--verify %s is no way to verify addresses", model.Clean(f.verify))
}

// address is the companion's; "" for none.
func (f *setupFlags) address() string {
	if f.companion == "none" {
		return ""
	}
	return strings.TrimRight(f.companion, "/")
}

// goal is what Authentik should be. Only a new provider needs a client id: the
// one that RomM is configured with, or one that is drawn when it is made.
func (f *setupFlags) goal(ctx context.Context, s *session) (plan.SetupGoal, error) {
	goal := plan.SetupGoal{RedirectURI: s.Settings.Callback(), ClientID: cmp.Or(s.clientID, plan.NewClientID), Verified: model.VerifiedRule(f.verify)}
	var err error
	if goal.Needs, err = s.SetupNeeds(ctx); err != nil {
		return goal, err
	}
	if f.companion != "" {
		address := f.address()
		goal.Companion = &address
	}
	return goal, nil
}

// newClientID draws what a provider of ours is found again by (S36).
func newClientID() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func newSetupCheck(g *globals) *cobra.Command {
	var asJSON bool
	f := setupFlags{}
	cmd := &cobra.Command{
		Use: "check", Short: "Check that Authentik and RomM fit together", Args: cli.NoArgs,
		Long: "Checks everything that RomM's logins depend on: what is the case, and what to do. Exit code 3\n" +
			"if something is missing or has drifted; for cron and CI. Nothing is written.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return withReview(cmd.Context(), g, func(s *session, r *model.Review) error {
				goal, err := f.goal(cmd.Context(), s)
				if err != nil {
					return err
				}
				if r, err = s.TryPreview(cmd.Context(), r); err != nil {
					return err
				}
				return showChecks(cmd, s.checkSetup(cmd.Context(), r, goal), asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	f.add(cmd)
	return cmd
}

// checkSetup checks what RomM's logins depend on and, where it is configured,
// the way into RomM's own database.
func (s *session) checkSetup(ctx context.Context, r *model.Review, goal plan.SetupGoal) []plan.SetupCheck {
	out := plan.CheckSetup(r, goal)
	if s.Links == nil {
		return out
	}
	return append(out, plan.CheckDatabase(s.Links.CheckAccess(ctx)))
}

type checkJSON struct {
	ID       string          `json:"id"`
	State    plan.CheckState `json:"state"`
	Evidence string          `json:"evidence"`
	Repair   string          `json:"repair,omitempty"`
}

func showChecks(cmd *cobra.Command, checks []plan.SetupCheck, asJSON bool) error {
	failed, out := 0, []checkJSON{}
	table := [][]string{{"CHECK", "STATE", "WHAT IS THE CASE"}}
	for _, c := range checks {
		if c.Fails() {
			failed++
		}
		out = append(out, checkJSON(c))
		table = append(table, []string{c.ID, string(c.State), c.Evidence})
	}
	var err error
	if asJSON {
		err = writeJSON(cmd.OutOrStdout(), struct {
			Schema int         `json:"schema"`
			Failed int         `json:"failed"`
			Checks []checkJSON `json:"checks"`
		}{1, failed, out})
	} else {
		err = writeTable(cmd.OutOrStdout(), table)
		for _, c := range checks {
			if c.Repair != "" {
				note(cmd, "%s: %s", c.ID, c.Repair)
			}
		}
	}
	if err != nil || failed == 0 {
		return err
	}
	what := "1 check fails"
	if failed > 1 {
		what = fmt.Sprintf("%d checks fail", failed)
	}
	return cli.Findings(&model.Error{Code: model.CodeConflict, Msg: what, Hint: "see what each of them says to do"})
}

func newSetupApply(g *globals, apply bool) *cobra.Command {
	w, f := writeFlags{}, setupFlags{}
	cmd := &cobra.Command{
		Use: "plan", Short: "Show what set-up would change in Authentik", Args: cli.NoArgs,
		Long: "Shows what `setup apply` would make and change in Authentik, and whose next login that changes.\n" +
			"Nothing is written. The client id of a provider that has to be made is drawn when it is applied; the\n" +
			"plan cannot show it. Set OIDC_CLIENT_ID to choose one, and see `setup env` for the one that was drawn.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if err := w.check(); err != nil {
				return err
			}
			w.dryRun = w.dryRun || !apply
			return withReview(cmd.Context(), g, func(s *session, r *model.Review) error { return runSetup(cmd, s, r, &w, &f) })
		},
	}
	if apply {
		cmd.Use, cmd.Short = "apply", "Set Authentik up for RomM"
		cmd.Long = "Makes what is missing in Authentik, and changes what drifted: the scope mappings RomM Email\n" +
			"Verification and RomM Roles, the provider RomM OIDC Provider and the application RomM, as RomM's\n" +
			"guide has them. It is shown first, guarded, read back and recorded. Objects are found again by\n" +
			"their marks, never by name; what others made is left alone. A second run finds nothing to do; one\n" +
			"that was cut short is finished by the next, or undone by `setup undo`.\n" +
			"Then `setup env` prints what RomM has to be started with."
		w.add(cmd)
		w.addAlso(cmd)
	} else {
		cmd.Flags().BoolVar(&w.json, "json", false, "print JSON")
	}
	f.add(cmd)
	return cmd
}

func runSetup(cmd *cobra.Command, s *session, r *model.Review, w *writeFlags, f *setupFlags) error {
	goal, err := f.goal(cmd.Context(), s)
	if err != nil {
		return err
	}
	nothing := nothingLeft(r.World)
	err = w.carryOut(cmd, s, r, func(_ context.Context, r *model.Review) (plan.Draft, error) {
		p, err := s.PlanSetup(cmd.Context(), r, goal)
		if err == nil && len(p.Changes) == 0 {
			err = nothing
		}
		return plan.Whole(p, err)
	})
	if err != nil && !errors.Is(err, nothing) {
		return err
	}
	if !w.dryRun {
		if settleErr := s.SettleSetup(cmd.Context()); settleErr != nil {
			return settleErr
		}
	}
	if err == nil {
		if !w.dryRun {
			note(cmd, "next: romm-admin setup env, for what RomM has to be started with")
		}
		return nil
	}
	return w.nothing(cmd, plan.SetupTitle, nothing)
}

// nothingLeft is why set-up has no plan: Authentik is as it should be. Whether
// anybody can sign in depends on RomM's own variables as well.
func nothingLeft(w model.World) error {
	why, fix := w.BlockedBy()
	if why == "" {
		return errors.New("nothing is left to do: Authentik is set up for RomM")
	}
	return &model.Error{Code: model.CodeConflict, Msg: "nothing can be changed in Authentik for it, and nobody can sign in to RomM: " + why, Hint: fix}
}
