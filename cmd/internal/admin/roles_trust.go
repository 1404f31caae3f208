package admin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

func newRolesTrust(g *globals) *cobra.Command {
	w := writeFlags{}
	cmd := &cobra.Command{
		Use: "trust", Short: "Confirm a role map that is older than one that was in force",
		Long: "The newest role map that was in force is remembered beside the SQLite file, in FILE.seen. If an older\n" +
			"one is there later, as after a copy of the file was put back, the companion gives nobody the role\n" +
			"admin and no role is changed. This confirms the map that is there now, after showing it. To go on\n" +
			"with the newest map instead, restore a backup of it: romm-admin backup restore.",
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := w.check(); err != nil {
				return err
			}
			s, err := open(cmd.Context(), g)
			if err != nil {
				return err
			}
			defer closeSession(s, &err)
			return trustRoles(cmd, s, w)
		},
	}
	w.add(cmd)
	return cmd
}

type trustedJSON struct {
	Schema  int             `json:"schema"`
	DryRun  bool            `json:"dry_run"`
	Trusted bool            `json:"trusted"`
	Doubt   string          `json:"doubt"` // why the map was not believed; "" if it was
	Default model.Role      `json:"default_role"`
	Roles   []trustedByJSON `json:"roles"`
}

type trustedByJSON struct {
	Group model.GroupID   `json:"group"`
	Name  model.Untrusted `json:"name"`
	Role  model.Role      `json:"role"`
}

// trustRoles shows the map and what speaks against it, asks, and confirms it.
func trustRoles(cmd *cobra.Command, s *session, w writeFlags) error {
	ctx, title := cmd.Context(), "confirm the role map as it is"
	doubt, _ := s.store.RoleMapDoubt(ctx)
	if doubt == nil {
		why := &model.Error{Code: model.CodeNothing, Msg: "the role map is the newest that was in force", Hint: "nothing has to be confirmed"}
		if w.json {
			return w.nothing(cmd, title, why)
		}
		return why
	}
	m, err := s.store.RoleMap(ctx)
	if err != nil {
		return err
	}
	out := trustedJSON{Schema: 1, DryRun: w.dryRun, Doubt: model.Clean(doubt.Error()), Default: m.Default, Roles: []trustedByJSON{}}
	show := func(format string, args ...any) { note(cmd, "%s", model.Clean(fmt.Sprintf(format, args...))) }
	show("%s", title)
	show("  careful: %s", doubt)
	for _, row := range m.Rows {
		out.Roles = append(out.Roles, trustedByJSON{row.Group, row.Name, row.Role})
		show("  %s (%s): %s", row.Name, model.ShortID(string(row.Group)), row.Role)
	}
	show("  everybody else: %s", orDash(string(m.Default)))
	if s.ReadOnly {
		return errReadOnly
	}
	apply, err := w.confirmed(ctx, s.streams)
	if err == nil && apply {
		e := plan.Trusted(m, doubt.Error())
		e.Plan = title
		err = s.WriteWhole(ctx, e, func(ctx context.Context, e plan.JournalEntry) error {
			return s.store.TrustRoleMap(ctx, m, e)
		})
	}
	if err != nil {
		return err
	}
	if out.Trusted = apply; apply {
		note(cmd, "done: %s", title)
	}
	if !w.json {
		return nil
	}
	return writeJSON(cmd.OutOrStdout(), out)
}
