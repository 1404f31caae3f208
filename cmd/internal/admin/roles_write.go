package admin

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

func newRolesBind(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use: "bind NAME GROUP", Short: "Give a role that was kept for a name to a group",
		Long: "Gives the role that `roles set NAME ROLE --pending` kept to the group that now exists. GROUP is its\n" +
			"name or UUID. This never happens by itself: anyone who makes a group of that name would get the role.",
		Args: cli.ExactArgs("a name", "a group"),
	}
	return roleCommand(g, cmd, func(_ context.Context, r *model.Review, args []string) (plan.Draft, error) {
		id, err := findGroup(r, args[1])
		if err != nil {
			return plan.Draft{}, err
		}
		return plan.Whole(plan.Bind(r, model.Untrusted(args[0]), id))
	})
}

func newRolesDefault(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use: "default ROLE|none", Short: "The role of people in none of the groups",
		Long: "Sets the role of people in none of the groups that have one. With none, RomM refuses them.",
		Args: cli.ExactArgs("a role, or none"),
	}
	return roleCommand(g, cmd, func(_ context.Context, r *model.Review, args []string) (plan.Draft, error) {
		if args[0] == "none" {
			return plan.Whole(plan.DefaultRole(r, model.RoleNone))
		}
		role, err := model.ParseRole(args[0])
		if err != nil {
			return plan.Draft{}, cli.Usage(err)
		}
		return plan.Whole(plan.DefaultRole(r, role))
	})
}

func newRolesAssert(g *globals, keep bool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "assert SENTENCE", Short: "Keep a sentence that no change may break",
		Long: "Keeps a sentence with the role map, such as `user:alice is admin` or\n" +
			"`group:kids at most viewer`. A change after which it would not hold is refused.",
		Args: cli.ExactArgs("a sentence"),
	}
	if !keep {
		cmd.Use, cmd.Short, cmd.Long = "unassert SENTENCE", "Drop such a sentence", ""
	}
	return writeCommand(g, cmd, func(_ context.Context, r *model.Review, args []string) (plan.Draft, error) {
		return plan.Whole(plan.Assert(r, args[0], keep))
	})
}
