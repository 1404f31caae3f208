package admin

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// writeCommand makes a command that plans, shows, asks, applies.
func writeCommand(g *globals, cmd *cobra.Command, build func(context.Context, *model.Review, []string) (plan.Draft, error)) *cobra.Command {
	w := &writeFlags{}
	w.add(cmd)
	return w.running(g, cmd, build)
}

// roleCommand is a writeCommand of the role map, which may take an admin's last
// role.
func roleCommand(g *globals, cmd *cobra.Command, build func(context.Context, *model.Review, []string) (plan.Draft, error)) *cobra.Command {
	w := &writeFlags{}
	w.add(cmd)
	w.addAlso(cmd)
	return w.running(g, cmd, build)
}

func (w *writeFlags) running(g *globals, cmd *cobra.Command, build func(context.Context, *model.Review, []string) (plan.Draft, error)) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return w.run(cmd, g, func(ctx context.Context, r *model.Review) (plan.Draft, error) { return build(ctx, r, args) })
	}
	return cmd
}

func newUsersSetEmail(g *globals) *cobra.Command {
	var side string
	cmd := &cobra.Command{
		Use: "set-email USER ADDRESS", Short: "Set the address of a RomM account, or of an Authentik user",
		Long: "Sets one address, after showing what changes and for whom, and reads it back. USER is a\n" +
			"username or an id. In RomM the address '' clears it. With --side authentik an address that was\n" +
			"vouched for stays so.",
		Args: cli.ExactArgs("a user", "an address"),
	}
	cmd.Flags().StringVar(&side, "side", "romm", "romm or authentik")
	return writeCommand(g, cmd, func(ctx context.Context, r *model.Review, args []string) (plan.Draft, error) {
		switch side {
		case "romm":
			u, err := findLocal(r.World.Locals, args[0])
			if err != nil {
				return plan.Draft{}, err
			}
			return plan.Whole(plan.LocalEmail(r, u.ID, args[1]))
		case "authentik":
			id, err := findIdentity(r, args[0])
			if err != nil {
				return plan.Draft{}, err
			}
			return plan.Whole(plan.IDPEmail(r, id.PK, args[1]))
		}
		return plan.Draft{}, cli.Usagef("give --side romm or --side authentik", "--side %q is no side", model.Clean(side))
	})
}

func newUsersFix(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use: "fix [USER...]", Short: "Give RomM accounts the addresses that Authentik sends",
		Long: "Without names: every fix that is safe without asking, that is people whose two sides surely\n" +
			"belong together and whose address in Authentik is verified and theirs alone. With the names of\n" +
			"RomM accounts: those, because you chose them. Accounts may swap addresses.",
	}
	return writeCommand(g, cmd, func(ctx context.Context, r *model.Review, args []string) (plan.Draft, error) {
		if len(args) == 0 {
			return plan.SafeFixes(ctx, r)
		}
		ids, err := localIDs(r, args)
		if err != nil {
			return plan.Draft{}, err
		}
		return plan.MatchEmails(ctx, r, ids...)
	})
}

func newUsersVerify(g *globals) *cobra.Command {
	var matched bool
	cmd := &cobra.Command{
		Use: "verify USER... | --matched", Short: "Vouch for the present addresses of Authentik users",
		Long: "Writes each user's present address into the attribute " + model.AttrTrustedEmail + ", which makes\n" +
			"Authentik send email_verified: true for exactly this address. Changing the address withdraws it.\n" +
			"--matched takes everybody whose address a RomM account has already.",
	}
	cmd.Flags().BoolVar(&matched, "matched", false, "everybody whose address is unverified and equal on both sides")
	return writeCommand(g, cmd, func(ctx context.Context, r *model.Review, args []string) (plan.Draft, error) {
		if matched == (len(args) > 0) {
			return plan.Draft{}, cli.Usagef("see `romm-admin users verify --help`", "give either names or --matched")
		}
		var pks []int64
		for _, name := range args {
			id, err := findIdentity(r, name)
			if err != nil {
				return plan.Draft{}, err
			}
			pks = append(pks, id.PK)
		}
		for _, p := range r.Pairs {
			if matched && p.Basis == model.BasisEmail && p.Worst().Kind == model.FindingEmailUnverified {
				pks = append(pks, p.Identity.PK)
			}
		}
		if len(pks) == 0 {
			return plan.Draft{}, &model.Error{
				Code: model.CodeNothing, Msg: "nobody has an unverified address that RomM has too",
				Hint: "see `romm-admin users list --problems`",
			}
		}
		return plan.Trust(ctx, r, pks...)
	})
}

func newUsersEnable(g *globals, enable bool) *cobra.Command {
	verb, short := "disable", "Disable accounts in RomM"
	if enable {
		verb, short = "enable", "Enable accounts in RomM"
	}
	cmd := &cobra.Command{Use: verb + " USER...", Short: short, Args: cli.SomeArgs("a user")}
	return writeCommand(g, cmd, func(ctx context.Context, r *model.Review, args []string) (plan.Draft, error) {
		ids, err := localIDs(r, args)
		if err != nil {
			return plan.Draft{}, err
		}
		return plan.Enabled(ctx, r, enable, ids...)
	})
}

func newUsersApplyRole(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use: "apply-role USER...", Short: "Write now the roles that the next logins would write",
		Args: cli.SomeArgs("a user"),
	}
	return writeCommand(g, cmd, func(ctx context.Context, r *model.Review, args []string) (plan.Draft, error) {
		ids, err := localIDs(r, args)
		if err != nil {
			return plan.Draft{}, err
		}
		return plan.RoleNow(ctx, r, ids...)
	})
}

func newUsersPin(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use: "pin AUTHENTIK-USER ROMM-USER", Short: "Say that the two are one person",
		Args: cli.ExactArgs("an Authentik user", "a RomM user"),
	}
	return writeCommand(g, cmd, func(ctx context.Context, r *model.Review, args []string) (plan.Draft, error) {
		id, err := findIdentity(r, args[0])
		if err != nil {
			return plan.Draft{}, err
		}
		u, err := findLocal(r.World.Locals, args[1])
		if err != nil {
			return plan.Draft{}, err
		}
		return plan.Whole(plan.Pin(r, id.PK, u.ID))
	})
}

func newUsersUnpin(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "unpin AUTHENTIK-USER", Short: "Forget a pin", Args: cli.ExactArgs("an Authentik user")}
	return writeCommand(g, cmd, func(ctx context.Context, r *model.Review, args []string) (plan.Draft, error) {
		id, err := findIdentity(r, args[0])
		if err != nil {
			return plan.Draft{}, err
		}
		return plan.Whole(plan.Pin(r, id.PK, 0))
	})
}

// localIDs finds accounts, each once.
func localIDs(r *model.Review, names []string) ([]int64, error) {
	var ids []int64
	for _, name := range names {
		u, err := findLocal(r.World.Locals, name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ids, u.ID) {
			ids = append(ids, u.ID)
		}
	}
	return ids, nil
}

// findLocal finds an account by username, exactly or else without letter
// case, or by id.
func findLocal(users []model.LocalUser, who string) (model.LocalUser, error) {
	i, err := find("RomM", who, len(users), func(i int) (string, int64) { return users[i].Username.Raw(), users[i].ID })
	if err != nil {
		return model.LocalUser{}, err
	}
	return users[i], nil
}

// findIdentity finds an Authentik user in the same way; the id is its key.
func findIdentity(r *model.Review, who string) (model.Identity, error) {
	ids := r.World.Directory.Identities
	i, err := find("Authentik", who, len(ids), func(i int) (string, int64) { return ids[i].Username.Raw(), ids[i].PK })
	if err != nil {
		return model.Identity{}, err
	}
	return ids[i], nil
}

func find(side, who string, n int, at func(int) (name string, id int64)) (int, error) {
	var alike []int
	for i := range n {
		name, id := at(i)
		if name == who {
			return i, nil
		}
		if strings.EqualFold(name, who) || strconv.FormatInt(id, 10) == who {
			alike = append(alike, i)
		}
	}
	switch len(alike) {
	case 1:
		return alike[0], nil
	case 0:
		return 0, &model.Error{
			Code: model.CodeNotFound, Msg: fmt.Sprintf("%s has no account called %q", side, model.Clean(who)),
			Hint: "see `romm-admin users list`",
		}
	}
	return 0, &model.Error{
		Code: model.CodeConflict, Msg: fmt.Sprintf("%d accounts of %s are called %q but for letter case", len(alike), side, model.Clean(who)),
		Hint: "write the name exactly, or give the id",
	}
}
