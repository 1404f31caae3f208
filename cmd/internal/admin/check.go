package admin

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// expiresSoon is how long before the end of a token check begins to fail.
const expiresSoon = 14 * 24 * time.Hour

func newCheck(g *globals) *cobra.Command {
	var asJSON, strict bool
	cmd := &cobra.Command{
		Use: "check", Short: "Check that both sides can be read and everybody can sign in: for cron and CI",
		Long: "Reads both sides, finds out what the Authentik token may do, and judges everybody's next login.\n" +
			"Nothing is written.\n\n" +
			"Exit codes: 0 all is well, 3 there are problems: somebody cannot sign in, or gets in and not as they\n" +
			"should (into another's account, without the role admin that they have), a list is not whole, the\n" +
			"token ends within two weeks, what Authentik has for RomM has drifted (see `setup check`). Warnings are\n" +
			"what is worth knowing and no problem by itself, such as a superuser's token, or permissions without\n" +
			"which something stays off; with --strict they count as well. 1 means that a side was not read.",
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withReview(cmd.Context(), g, func(s *session, r *model.Review) error {
				access, accessErr := s.CheckAccess(cmd.Context())
				r, previewErr := s.TryPreview(cmd.Context(), r)
				goal, err := (&setupFlags{}).goal(cmd.Context(), s)
				err = cmp.Or(err, previewErr)
				if cmd.Context().Err() != nil {
					return cmd.Context().Err()
				}
				c := checkup(r)
				c.token(access, accessErr, s.Now())
				var checks []plan.SetupCheck
				if err == nil {
					checks = s.checkSetup(cmd.Context(), r, goal)
				}
				c.setup(checks, err)
				if asJSON {
					err = writeJSON(cmd.OutOrStdout(), c)
				} else {
					err = c.print(cmd.OutOrStdout(), r)
				}
				if err != nil {
					return err
				}
				return c.result(strict)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&strict, "strict", false, "warnings count as problems")
	return cmd
}

// checkupJSON is what a check found.
type checkupJSON struct {
	Schema    int         `json:"schema"`
	RomM      systemJSON  `json:"romm"`
	Authentik systemJSON  `json:"authentik"`
	Stats     statsJSON   `json:"stats"`
	Token     *tokenJSON  `json:"token"` // null: not known
	Problems  []string    `json:"problems"`
	Warnings  []string    `json:"warnings"`
	Stuck     []stuckJSON `json:"cannot_sign_in"`
	Badly     []stuckJSON `json:"sign_in_badly"`
}

type tokenJSON struct {
	Owner     model.Untrusted `json:"owner"`
	Superuser bool            `json:"superuser"`
	Expires   *time.Time      `json:"expires"` // null: never, or it is not known
	Missing   []abilityJSON   `json:"missing"`
	Unknown   []abilityJSON   `json:"unknown"`
}

type abilityJSON struct {
	Permission string `json:"permission"`
	Needs      string `json:"needs"` // what it is needed for
}

// stuckJSON is one who cannot sign in, or of whom it is not known, or who gets
// in and not as they should.
type stuckJSON struct {
	Username  model.Untrusted   `json:"username"`
	Finding   model.FindingKind `json:"finding"`
	NextLogin string            `json:"next_login"`
	Fix       string            `json:"fix,omitempty"`
}

// checkup judges what was read. Each problem is one sentence.
func checkup(r *model.Review) *checkupJSON {
	w := r.World
	out := &checkupJSON{
		Schema: 1, RomM: systemJSON(w.RomM), Authentik: systemJSON(w.Authentik), Stats: statsJSON(r.Stats),
		Problems: []string{}, Warnings: []string{}, Stuck: []stuckJSON{}, Badly: []stuckJSON{},
	}
	for _, p := range r.Pairs {
		if p.SignsInBadly() {
			out.Badly = append(out.Badly, stuckJSON{p.Identity.Username, p.Worst().Kind, p.NextLogin, p.Fix()})
		}
		if p.Identity != nil && p.Identity.Active && !p.CanSignIn() {
			out.Stuck = append(out.Stuck, stuckJSON{p.Username(), p.Worst().Kind, p.NextLogin, p.Fix()})
		}
	}
	if n := len(out.Stuck); n > 0 {
		out.problem("%d of %d people cannot sign in, or it is not known", n, r.Stats.People)
	}
	if n := len(out.Badly); n > 0 {
		out.problem("%d of %d people sign in badly: into what may be another's, without the role admin that they have, or not by their own name", n, r.Stats.People)
	}
	if w.Directory.Incomplete != "" {
		out.problem("the Authentik lists are incomplete")
	}
	if w.Provider.Found && r.Stats.UsableAdmins == 0 {
		out.problem("no admin can sign in through Authentik")
	}
	for _, n := range r.Notes {
		if n.Kind == model.NoteRolesDoubted {
			out.problem("%s", n.Text)
		} else {
			out.warn(n.Text)
		}
	}
	var keepers []string
	for _, p := range r.Pairs {
		if p.Has(model.FindingKeepsAdmin) {
			keepers = append(keepers, p.Username().String())
		}
	}
	if len(keepers) > 0 {
		out.warn(fmt.Sprintf("cannot sign in through Authentik, but %s: %s", model.KeepsAdmin, model.Listed(keepers)))
	}
	return out
}

// setup judges what Authentik has for RomM, as `setup check` does.
func (c *checkupJSON) setup(checks []plan.SetupCheck, err error) {
	if err != nil {
		c.problem("set-up was not checked: %v", err)
		return
	}
	for _, x := range checks {
		switch {
		case x.Fails():
			c.problem("set-up, %s: %s", x.ID, x.Evidence)
		case x.State != plan.CheckOK:
			c.warn(fmt.Sprintf("set-up, %s: %s", x.ID, x.Evidence))
		}
	}
}

// token judges what the token may do (S34).
func (c *checkupJSON) token(a model.Access, err error, now time.Time) {
	if err != nil {
		c.problem("what the token may do is not known: %v", err)
		return
	}
	list := func(state model.AbilityState) []abilityJSON {
		out := []abilityJSON{}
		for _, x := range a.Abilities {
			if x.State == state {
				out = append(out, abilityJSON{x.Permission, x.Needs})
			}
		}
		return out
	}
	c.Token = &tokenJSON{a.Owner, a.Superuser, timeOrNil(a.Expires), list(model.AbilityNo), list(model.AbilityUnknown)}
	if !a.Expires.IsZero() && a.Expires.Before(now.Add(expiresSoon)) {
		c.problem("an API token of %s ends on %s", a.Owner, a.Expires.UTC().Format(time.DateOnly))
	}
	for _, x := range c.Token.Unknown {
		c.warn(fmt.Sprintf("it is not known whether the token has %s, which is needed for %s", x.Permission, x.Needs))
	}
	for _, text := range a.Warnings {
		c.warn(text)
	}
}

func (c *checkupJSON) problem(format string, args ...any) {
	c.Problems = append(c.Problems, model.Clean(fmt.Sprintf(format, args...)))
}

// warn adds what is not said yet.
func (c *checkupJSON) warn(text string) {
	text = model.Clean(text)
	if !slices.Contains(c.Problems, text) && !slices.Contains(c.Warnings, text) {
		c.Warnings = append(c.Warnings, text)
	}
}

func (c *checkupJSON) print(w io.Writer, r *model.Review) error {
	say := func(format string, args ...any) error {
		_, err := fmt.Fprintf(w, format+"\n", args...)
		return err
	}
	side := func(s systemJSON) string { return strings.TrimSpace(model.Clean(s.Name + " " + s.Version)) }
	err := say("RomM %s: %d accounts, enabled: %s", side(c.RomM), len(r.World.Locals), r.Stats.AdminsText())
	if err == nil {
		err = say("Authentik %s: %d users, %d groups", side(c.Authentik), len(r.World.Directory.Identities), len(r.World.Directory.Groups))
	}
	for _, p := range c.Problems {
		if err == nil {
			err = say("problem: %s", p)
		}
	}
	for _, p := range c.Warnings {
		if err == nil {
			err = say("warning: %s", p)
		}
	}
	for _, list := range []struct {
		title  string
		people []stuckJSON
	}{{"CANNOT SIGN IN", c.Stuck}, {"SIGNS IN BADLY", c.Badly}} {
		if err != nil || len(list.people) == 0 {
			continue
		}
		rows := [][]string{{list.title, "FINDING", "NEXT LOGIN"}}
		for _, p := range list.people {
			rows = append(rows, []string{p.Username.String(), string(p.Finding), p.NextLogin})
		}
		err = writeTable(w, rows)
	}
	return err
}

// result is the outcome of the command.
func (c *checkupJSON) result(strict bool) error {
	problems, warnings := len(c.Problems), len(c.Warnings)
	if problems == 0 && (!strict || warnings == 0) {
		return nil
	}
	return cli.Findings(&model.Error{
		Code: model.CodeConflict, Msg: fmt.Sprintf("problems: %d, warnings: %d", problems, warnings),
		Hint: "see `romm-admin users list --problems`, `romm-admin simulate USER`, and the console",
	})
}
