package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
)

func newUsersImport(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Add accounts to the embedded directory, from CSV or JSON",
		Long: "Adds accounts to the directory that is used when no RomM is configured, all or none, after showing\n" +
			"whose next login changes. FILE is CSV with the heading username,email,role,enabled or a JSON list\n" +
			"of such objects, or - for standard input. Accounts that are there already must be the same.",
		Args: cli.ExactArgs("a file, or - for standard input"),
	}
	return adding(g, cmd, func(args []string) ([]model.LocalUser, error) {
		data, err := readSmall(args[0], db.MaxAccountsFile)
		if err != nil {
			return nil, err
		}
		return db.ParseAccounts(data)
	})
}

func newUsersAdd(g *globals) *cobra.Command {
	var role string
	cmd := &cobra.Command{
		Use: "add USERNAME ADDRESS", Short: "Add one account to the embedded directory",
		Long: "Adds one account to the directory that is used when no RomM is configured. The address '' leaves\n" +
			"it without one.",
		Args: cli.ExactArgs("a username", "an address"),
	}
	cmd.Flags().StringVar(&role, "role", string(model.RoleUser), "admin or user")
	return adding(g, cmd, func(args []string) ([]model.LocalUser, error) {
		r, err := model.ParseRole(role)
		if err != nil {
			return nil, cli.Usage(err)
		}
		address := args[1]
		if address != "" {
			if address, err = model.CheckAddress(address); err != nil {
				return nil, err
			}
		}
		return []model.LocalUser{{Username: model.Untrusted(args[0]), Email: model.Untrusted(address), Role: r, Enabled: true}}, nil
	})
}

// adding makes a command that adds accounts to the embedded directory.
func adding(g *globals, cmd *cobra.Command, users func(args []string) ([]model.LocalUser, error)) *cobra.Command {
	w := writeFlags{}
	w.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if err := w.check(); err != nil {
			return err
		}
		list, err := users(args)
		if err != nil {
			return err
		}
		s, err := open(cmd.Context(), g)
		if err != nil {
			return err
		}
		defer closing(s, &err)
		return importUsers(cmd, s, &w, list)
	}
	return cmd
}

type importedJSON struct {
	Schema   int         `json:"schema"`
	DryRun   bool        `json:"dry_run"`
	Applied  int         `json:"applied"`
	Accounts []localJSON `json:"accounts"` // the new ones; without --dry-run with their ids
}

func importUsers(cmd *cobra.Command, s *session, w *writeFlags, users []model.LocalUser) error {
	ctx := cmd.Context()
	review, err := s.Load(ctx, model.ReadOptions{})
	if err != nil {
		return err
	}
	if !review.World.RomM.Embedded {
		return &model.Error{
			Code: model.CodeInvalid, Msg: "accounts are kept in RomM, not here", Hint: "make them in RomM, or let people sign in once",
		}
	}
	accounts := s.store.Accounts()
	added, err := accounts.Import(ctx, users, model.JournalEntry{}, true)
	if err != nil {
		return err
	}
	if err := checkAccounts(review, added); err != nil {
		return err
	}
	for _, u := range added {
		note("  + %s, %s, %s", u.Username, orDash(u.Email.String()), u.Role)
	}
	note("%d of %d accounts are new", len(added), len(users))
	out := importedJSON{Schema: 1, DryRun: w.dryRun, Accounts: []localJSON{}}
	if !w.dryRun && len(added) > 0 {
		if s.ReadOnly {
			return &model.Error{Code: model.CodeRefused, Msg: "read-only mode: nothing is written", Hint: "start without --read-only"}
		}
		if !w.yes {
			if err := ask(ctx, cmd.InOrStdin()); err != nil {
				return err
			}
		}
		added, err = accounts.Import(ctx, users, model.JournalEntry{
			At: s.Now(), Actor: model.Untrusted(s.Actor), Session: s.Session, PlanID: s.NewID(), Plan: "import accounts",
			Change: model.Change{
				Kind: "import", Side: model.SideRomM, Label: model.Untrusted(fmt.Sprintf("%d accounts", len(added))),
				Reason: "accounts for the embedded directory",
			},
		}, false)
		if err != nil {
			return err
		}
		out.Applied = len(added)
		note("done: %d accounts added", len(added))
	}
	if !w.json {
		return nil
	}
	for _, u := range added {
		j := localJSON{ID: u.ID, Username: u.Username, Role: u.Role, Enabled: u.Enabled}
		if u.HasEmail() {
			j.Email = &u.Email
		}
		out.Accounts = append(out.Accounts, j)
	}
	return writeJSON(cmd.OutOrStdout(), out)
}

// checkAccounts judges the world with the new accounts in it and refuses one
// that would carry the address of another person (S4).
func checkAccounts(before *model.Review, added []model.LocalUser) error {
	w := before.World
	w.Locals = append([]model.LocalUser{}, w.Locals...)
	next := int64(1)
	for _, u := range w.Locals {
		next = max(next, u.ID+1)
	}
	for i, u := range added {
		u.ID = next + int64(i)
		w.Locals = append(w.Locals, u)
	}
	after := model.Judge(w)
	for _, p := range after.Pairs {
		if p.Local == nil || p.Local.ID < next || !p.Has(model.FindingSquattedEmail) {
			continue
		}
		return &model.Error{
			Code: model.CodeRefused, Msg: fmt.Sprintf("the new account %s would carry the address of another person", p.Local.Username),
			Hint: "correct the file",
		}
	}
	if gone := before.Stats.CannotSignIn - after.Stats.CannotSignIn; gone != 0 {
		_, _ = fmt.Fprintf(os.Stderr, "  %d people cannot sign in now, %d afterwards\n", before.Stats.CannotSignIn, after.Stats.CannotSignIn)
	}
	return nil
}
