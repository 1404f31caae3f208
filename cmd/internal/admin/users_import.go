package admin

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

func newUsersImport(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Add accounts to the embedded directory, from CSV or JSON",
		Long: "Adds accounts to the directory that is used when no RomM is configured, after showing whose next\n" +
			"login changes. FILE is CSV with the heading username,email,role,enabled or a JSON list of such\n" +
			"objects, or - for standard input. Accounts that are there already must be the same. Like every plan\n" +
			"it can be stopped, finished and undone: `romm-admin history undo --plan`.",
		Args: cli.ExactArgs("a file, or - for standard input"),
	}
	return addCommand(g, cmd, func(args []string) ([]model.LocalUser, error) {
		data, err := readSmall(args[0], cmd.InOrStdin(), db.MaxAccountsFile)
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
	return addCommand(g, cmd, func(args []string) ([]model.LocalUser, error) {
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

// addCommand makes a command that adds accounts to the embedded directory.
func addCommand(g *globals, cmd *cobra.Command, users func(args []string) ([]model.LocalUser, error)) *cobra.Command {
	w := &writeFlags{}
	w.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := w.check(); err != nil {
			return err
		}
		list, err := users(args)
		if err != nil {
			return err
		}
		return w.run(cmd, g, func(_ context.Context, r *model.Review) (plan.Draft, error) {
			p, err := plan.AddAccounts(r, list)
			if err == nil {
				note(cmd, "%d of %d accounts are new", len(p.Changes), len(list))
			}
			return plan.Whole(p, err)
		})
	}
	return cmd
}

// madeAccounts are the accounts that a plan makes, as they are afterwards; those
// that are not made yet have no id.
func madeAccounts(p plan.Plan, after *model.Review, made bool) []localJSON {
	names := map[model.Untrusted]bool{}
	for _, c := range p.Changes {
		if c.MakesAccount() {
			names[model.Untrusted(c.Object)] = true
		}
	}
	var out []localJSON
	for _, u := range after.World.Locals {
		if !names[u.Username] {
			continue
		}
		j := localJSON{ID: u.ID, Username: u.Username, Role: u.Role, Enabled: u.Enabled}
		if !made {
			j.ID = 0
		}
		if u.HasEmail() {
			j.Email = &u.Email
		}
		out = append(out, j)
	}
	return out
}
