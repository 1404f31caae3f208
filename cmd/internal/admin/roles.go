package admin

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

func newRoles(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "roles", Short: "Which group gets which role", Args: cli.NoArgs, RunE: cli.Group}
	cmd.AddCommand(newRolesList(g), newRolesSet(g), newRolesUnset(g), newRolesExport(g), newRolesImport(g), newRolesTest(g), newRolesBind(g), newRolesDefault(g), newRolesAssert(g, true), newRolesAssert(g, false), newRolesPublish(g), newRolesTrust(g))
	return cmd
}

type roleJSON struct {
	Group     model.GroupID   `json:"group"`
	Name      model.Untrusted `json:"name"`
	Role      model.Role      `json:"role"`
	Members   int             `json:"members"`
	Vanished  bool            `json:"vanished,omitempty"` // grants nothing
	Pending   bool            `json:"pending,omitempty"`  // grants nothing, and has no group yet
	Bindable  []model.GroupID `json:"bindable,omitempty"` // groups that now have the pending name
	Note      model.Untrusted `json:"note,omitempty"`
	ChangedBy model.Untrusted `json:"changed_by"`
	ChangedAt *time.Time      `json:"changed_at"`
}

func newRolesList(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the groups that have a role", Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withReview(cmd.Context(), g, func(_ *session, r *model.Review) error {
				rows := roleRows(r)
				if asJSON {
					return writeJSON(cmd.OutOrStdout(), struct {
						Schema  int        `json:"schema"`
						Default model.Role `json:"default_role"` // "" refuses everybody else
						Rows    []roleJSON `json:"roles"`
						Asserts []string   `json:"assertions"`

						Publication publicationJSON `json:"publication"`
						Doubt       string          `json:"doubt,omitempty"` // why it is not believed
					}{1, r.World.Roles.Default, rows, sentences(r), publicationOf(plan.Published(r)), doubtOf(r.World)})
				}
				for _, a := range sentences(r) {
					note(cmd, "asserted: %s", a)
				}
				if err := listRoles(cmd, rows, r.World.Roles.Default); err != nil {
					return err
				}
				if why := doubtOf(r.World); why != "" {
					note(cmd, "not believed: %s", why)
				}
				printPublication(cmd, plan.Published(r))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// doubtOf is why the role map is not believed; "" if it is.
func doubtOf(w model.World) string { return model.Clean(cmp.Or(w.RolesDoubt, w.RolesBehind())) }

func sentences(r *model.Review) []string {
	out := make([]string, 0, len(r.World.Assertions))
	for _, a := range r.World.Assertions {
		out = append(out, a.String())
	}
	return out
}

func roleRows(r *model.Review) []roleJSON {
	rows := []roleJSON{}
	dir := r.World.Directory
	people := model.NewMemberships(dir.Groups).Count(dir.Identities)
	for _, row := range r.World.Roles.Rows {
		group, visible := dir.Group(row.Group)
		if visible {
			row.Name = group.Name
		}
		rows = append(rows, roleJSON{
			Group: row.Group, Name: row.Name, Role: row.Role, Members: people[row.Group], Vanished: !visible,
			Note: row.Note, ChangedBy: row.ChangedBy, ChangedAt: timeOrNil(row.ChangedAt),
		})
	}
	for _, p := range r.World.Pending {
		row := roleJSON{Name: p.Name, Role: p.Role, Pending: true, ChangedBy: p.ChangedBy, ChangedAt: timeOrNil(p.ChangedAt)}
		for _, g := range r.Bindable(p) {
			row.Bindable = append(row.Bindable, g.ID)
		}
		rows = append(rows, row)
	}
	return rows
}

func listRoles(cmd *cobra.Command, rows []roleJSON, fallback model.Role) error {
	table := [][]string{{"GROUP", "ROLE", "MEMBERS", "ID", "CHANGED BY"}}
	for _, row := range rows {
		members := strconv.Itoa(row.Members)
		switch {
		case row.Vanished:
			members = "vanished"
		case len(row.Bindable) > 0:
			members = "exists now, bind it"
		case row.Pending:
			members = "pending"
		}
		table = append(table, []string{row.Name.String(), string(row.Role), members, string(row.Group), row.ChangedBy.String()})
	}
	if err := writeTable(cmd.OutOrStdout(), table); err != nil {
		return err
	}
	if fallback == model.RoleNone {
		note(cmd, "people in none of these groups are refused")
	} else {
		note(cmd, "people in none of these groups get the role %s", fallback)
	}
	return nil
}

func newRolesSet(g *globals) *cobra.Command {
	var pending bool
	cmd := &cobra.Command{
		Use: "set GROUP ROLE", Short: "Give an Authentik group a role",
		Long: "Gives an Authentik group a role, after showing whose role changes. GROUP is the group's name\n" +
			"or UUID; ROLE is admin or user (RomM 5), or admin, editor or viewer (RomM 4).",
		Args: cli.ExactArgs("a group", "a role"),
	}
	cmd.Flags().BoolVar(&pending, "pending", false, "keep the role for a group that does not exist yet; see roles bind")
	return roleCommand(g, cmd, func(_ context.Context, r *model.Review, args []string) (plan.Draft, error) {
		role, err := model.ParseRole(args[1])
		if err != nil {
			return plan.Draft{}, cli.Usage(err)
		}
		if pending {
			return plan.Whole(plan.PendingRole(r, model.Untrusted(args[0]), role))
		}
		id, err := findGroup(r, args[0])
		if err != nil {
			return plan.Draft{}, err
		}
		return plan.Whole(plan.RoleRow(r, id, role))
	})
}

func newRolesUnset(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "unset GROUP", Short: "Take a group's role away", Args: cli.ExactArgs("a group")}
	return roleCommand(g, cmd, func(_ context.Context, r *model.Review, args []string) (plan.Draft, error) {
		for _, p := range r.World.Pending {
			if p.Name.Raw() == args[0] {
				return plan.Whole(plan.PendingRole(r, p.Name, model.RoleNone))
			}
		}
		id, err := findGroup(r, args[0])
		if err != nil {
			return plan.Draft{}, err
		}
		return plan.Whole(plan.RoleRow(r, id, model.RoleNone))
	})
}

// findGroup finds a group of Authentik, or of the map, by UUID or by its exact
// name. Two groups of one name are distinguished by their UUIDs only (S8).
func findGroup(r *model.Review, name string) (model.GroupID, error) {
	found := map[model.GroupID]bool{}
	for _, g := range r.World.Directory.Groups {
		if strings.EqualFold(string(g.ID), name) {
			return g.ID, nil
		}
		if g.Name.Raw() == name {
			found[g.ID] = true
		}
	}
	for _, row := range r.World.Roles.Rows {
		if strings.EqualFold(string(row.Group), name) {
			return row.Group, nil
		}
		if _, visible := r.World.Directory.Group(row.Group); !visible && row.Name.Raw() == name {
			found[row.Group] = true
		}
	}
	ids := make([]string, 0, len(found))
	for id := range found {
		if len(found) == 1 {
			return id, nil
		}
		ids = append(ids, string(id))
	}
	if len(ids) == 0 {
		return "", &model.Error{
			Code: model.CodeNotFound, Msg: fmt.Sprintf("Authentik has no group called %q that this token can see", model.Clean(name)),
			Hint: "names are compared exactly; see `romm-admin roles list` and Directory > Groups in Authentik",
		}
	}
	return "", &model.Error{
		Code: model.CodeConflict, Msg: fmt.Sprintf("%d groups are called %q", len(ids), model.Clean(name)),
		Hint: "give the UUID: " + strings.Join(ids, ", "),
	}
}
