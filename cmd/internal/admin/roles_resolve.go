package admin

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
)

// newRolesTest answers which role people in some groups get, and why.
func newRolesTest(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "test GROUP...", Short: "Which role do people in these groups get, and why", Args: cli.SomeArgs("a group"),
		Long: "Answers from the role map for somebody who is in exactly these groups, and through them in the\n" +
			"groups above them. GROUP is a name or a UUID.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withReview(cmd.Context(), g, func(_ *session, r *model.Review) error {
				var direct []model.GroupID
				for _, name := range args {
					id, err := findGroup(r, name)
					if err != nil {
						return err
					}
					direct = append(direct, id)
				}
				all, _ := model.NewMemberships(r.World.Directory.Groups).Of(direct)
				return showResolution(cmd, r.World.Roles.Resolve(all), asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

type resolutionJSON struct {
	Schema int            `json:"schema"`
	Role   model.Role     `json:"role"` // "" is refused
	Source *resolvedJSON  `json:"source"`
	Losers []resolvedJSON `json:"losers"`
}

type resolvedJSON struct {
	Group model.GroupID   `json:"group"`
	Name  model.Untrusted `json:"name"`
	Role  model.Role      `json:"role"`
}

func showResolution(cmd *cobra.Command, res model.Resolution, asJSON bool) error {
	out := resolutionJSON{Schema: 1, Role: res.Role, Losers: []resolvedJSON{}}
	if row := res.Source(); row != nil {
		out.Source = &resolvedJSON{row.Group, row.Name, row.Role}
	}
	for _, row := range res.Losers {
		out.Losers = append(out.Losers, resolvedJSON{row.Group, row.Name, row.Role})
	}
	if asJSON {
		return writeJSON(cmd.OutOrStdout(), out)
	}
	text := "refused: none of these groups has a role, and there is no default role"
	switch {
	case out.Source != nil:
		text = fmt.Sprintf("%s, by the group %s", res.Role, out.Source.Name)
	case res.Role != model.RoleNone:
		text = fmt.Sprintf("%s, the default role", res.Role)
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), text); err != nil {
		return err
	}
	for _, l := range out.Losers {
		if l.Role == res.Role {
			note(cmd, "the same by the group %s", l.Name)
		} else {
			note(cmd, "outranked: %s by the group %s", l.Role, l.Name)
		}
	}
	return nil
}
