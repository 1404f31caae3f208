package admin

import (
	"math"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
)

func newUsers(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "users", Short: "List people, fix their addresses, switch their accounts", Args: cli.NoArgs, RunE: cli.Group}
	cmd.AddCommand(newUsersList(g), newUsersAdd(g), newUsersImport(g), newUsersSetEmail(g), newUsersFix(g), newUsersVerify(g),
		newUsersEnable(g, true), newUsersEnable(g, false), newUsersApplyRole(g), newUsersPin(g), newUsersUnpin(g), newUsersLink(g), newUsersUnlink(g))
	return cmd
}

func newUsersList(g *globals) *cobra.Command {
	var asJSON bool
	var want wanted
	var read model.ReadOptions
	cmd := &cobra.Command{
		Use: "list", Short: "List everybody from both sides, gravest problem first", Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withReading(cmd.Context(), g, read, func(_ *session, r *model.Review) error {
				if asJSON {
					return writeJSON(cmd.OutOrStdout(), reviewJSON(r, want))
				}
				return listUsers(cmd, r, want)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&want.problems, "problems", false, "leave out people for whom all is well")
	cmd.Flags().BoolVar(&want.active, "active", false, "leave out people who are inactive in Authentik")
	cmd.Flags().BoolVar(&read.ServiceAccounts, "service-accounts", false, "take in Authentik's service accounts")
	return cmd
}

// wanted says who is listed.
type wanted struct{ problems, active bool }

func (w wanted) has(p model.Pair) bool {
	return (!w.problems || isProblem(p)) && (!w.active || !p.Inactive())
}

func reviewJSON(r *model.Review, want wanted) any {
	w := r.World
	out := struct {
		Schema    int          `json:"schema"`
		RomM      systemJSON   `json:"romm"`
		Authentik systemJSON   `json:"authentik"`
		Stats     statsJSON    `json:"stats"`
		Notes     []string     `json:"notes"`
		People    []personJSON `json:"people"`
	}{
		Schema: 1, RomM: systemJSON(w.RomM), Authentik: systemJSON(w.Authentik),
		Stats: statsJSON(r.Stats), Notes: append([]string{}, r.NoteTexts()...), People: []personJSON{},
	}
	m, suggestions := model.NewMemberships(w.Directory.Groups), r.Suggestions()
	for _, p := range r.Pairs {
		if !want.has(p) {
			continue
		}
		line := person(p, m)
		if p.Local != nil {
			for _, c := range suggestions[p.Local.ID] {
				line.Suggested = append(line.Suggested, candidateJSON{c.PK, math.Round(100*c.Score) / 100, c.Why})
			}
		}
		out.People = append(out.People, line)
	}
	return out
}

type statsJSON struct {
	People         int `json:"people"`
	CannotSignIn   int `json:"cannot_sign_in"`
	Admins         int `json:"admins"`
	UsableAdmins   int `json:"usable_admins"`
	RoleOnlyAdmins int `json:"role_only_admins"` // enabled, and no login through Authentik opens them as admin
	Problems       int `json:"problems"`
}

func isProblem(p model.Pair) bool { return p.Worst().Kind.Problem() }

func listUsers(cmd *cobra.Command, r *model.Review, want wanted) error {
	for _, n := range r.NoteTexts() {
		note(cmd, "note: %s", n)
	}
	rows := [][]string{{"ROMM", "E-MAIL", "ROLE", "FINDING", "AUTHENTIK", "E-MAIL", "VERIFIED", "NEXT LOGIN"}}
	for _, p := range r.Pairs {
		if !want.has(p) {
			continue
		}
		rows = append(rows, userRow(p))
	}
	if err := writeTable(cmd.OutOrStdout(), rows); err != nil {
		return err
	}
	note(cmd, "%d people, %d cannot sign in, %s", r.Stats.People, r.Stats.CannotSignIn, r.Stats.AdminsText())
	return nil
}

const none = "—"

func userRow(p model.Pair) []string {
	row := []string{none, none, none, string(p.Worst().Kind), none, none, none, "unknown"}
	if u := p.Local; u != nil {
		row[0], row[1], row[2] = u.Username.String(), orDash(u.Email.String()), string(u.Role)
		if !u.Enabled {
			row[2] += ", disabled"
		}
	}
	if i := p.Identity; i != nil {
		row[4], row[5], row[6] = i.Username.String(), orDash(i.Email.String()), "no"
		if p.Verified {
			row[6] = "yes"
		}
		if !i.Active {
			row[6] = "inactive"
		}
	}
	if v := p.Verdict; v != nil {
		row[7] = string(v.Outcome)
		if !v.OK() {
			status, _ := v.Reply()
			row[7] += " " + strconv.Itoa(status)
		}
	}
	switch {
	case p.Barred != "":
		row[7] = string(stopped)
	case p.MayStop != "":
		row[7] += ", " + p.MayStop
	case !p.AccessEnds.IsZero():
		row[7] += ", loses access on " + p.AccessEnds.UTC().Format(time.DateOnly)
	}
	return row
}

func orDash(s string) string {
	if s == "" {
		return none
	}
	return s
}
