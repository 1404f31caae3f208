package admin

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// writeJSON prints one documented object, like every other text without the
// user part of addresses: an indented document has a blank after each value, so
// that nothing but text inside one is replaced.
func writeJSON(w io.Writer, v any) error {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, model.HideUser(b.String()))
	return err
}

// writeTable prints rows in columns, measured in terminal cells, so that wide
// letters stay aligned. The first row is the heading.
func writeTable(w io.Writer, rows [][]string) error {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], ansi.StringWidth(cell))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-ansi.StringWidth(cell)+2))
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// The JSON shapes. Names are part of the interface: scripts read them.

type systemJSON struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Embedded bool   `json:"embedded,omitempty"`
}

type personJSON struct {
	Username  model.Untrusted `json:"username"`
	Basis     model.Basis     `json:"basis"` // why the two sides belong together
	Findings  []findingJSON   `json:"findings"`
	RomM      *localJSON      `json:"romm"`      // null: no account
	Authentik *identityJSON   `json:"authentik"` // null: no user
	NextLogin nextLoginJSON   `json:"next_login"`
	// Suggested are Authentik users who may be this person, for accounts that
	// pair with nobody, likeliest first.
	Suggested []candidateJSON `json:"suggested,omitempty"`
}

type candidateJSON struct {
	PK    int64   `json:"pk"`
	Score float64 `json:"score"`
	Why   string  `json:"why"`
}

type findingJSON struct {
	Kind model.FindingKind `json:"kind"`
	Why  string            `json:"why"`
	Fix  string            `json:"fix,omitempty"`
	From model.Role        `json:"from,omitempty"`
	To   model.Role        `json:"to,omitempty"`
}

type localJSON struct {
	ID        int64            `json:"id"`
	Username  model.Untrusted  `json:"username"`
	Email     *model.Untrusted `json:"email"` // null: none
	Role      model.Role       `json:"role"`
	Enabled   bool             `json:"enabled"`
	LastLogin *time.Time       `json:"last_login"`
	// Link is whom RomM since 5.4 takes for the owner; absent where that is not
	// known.
	Link *linkJSON `json:"link,omitempty"`
}

type identityJSON struct {
	PK        int64             `json:"pk"`
	UID       string            `json:"uid"`
	Username  model.Untrusted   `json:"username"`
	Name      model.Untrusted   `json:"name"`
	Email     model.Untrusted   `json:"email"`
	Type      model.Untrusted   `json:"type"` // internal, external, service_account, internal_service_account
	Verified  bool              `json:"email_verified"`
	Active    bool              `json:"active"`
	Groups    []model.Untrusted `json:"groups"` // direct ones
	LastLogin *time.Time        `json:"last_login"`
}

type nextLoginJSON struct {
	Text      string        `json:"text"`
	Outcome   model.Outcome `json:"outcome"` // "unknown" when it cannot be known
	Status    int           `json:"status,omitempty"`
	Detail    string        `json:"detail,omitempty"`
	Rule      string        `json:"rule,omitempty"`
	UserID    int64         `json:"user_id,omitempty"`
	OtherID   int64         `json:"other_id,omitempty"` // may be opened instead
	SessionID int64         `json:"session_id,omitempty"`
	// SessionStatus is what every request with a session that is not usable gets.
	SessionStatus int        `json:"session_status,omitempty"`
	RoleBefore    model.Role `json:"role_before,omitempty"`
	RoleAfter     model.Role `json:"role_after,omitempty"`
	Remedy        string     `json:"remedy,omitempty"`
	Depends       string     `json:"depends,omitempty"`
	// Stopped says why Authentik keeps the person out before RomM hears of it, and
	// MayBeStopped what may; the rest is for the case that it does not.
	Stopped      string `json:"stopped,omitempty"`
	MayBeStopped string `json:"may_be_stopped,omitempty"`
	// AccessEnds is when bindings that expire let the person in no longer.
	AccessEnds *time.Time `json:"loses_access_on,omitempty"`
}

func person(p model.Pair, m model.Memberships) personJSON {
	out := personJSON{Username: p.Username(), Basis: p.Basis, NextLogin: nextLoginJSON{Text: p.NextLogin, Outcome: "unknown"}}
	for _, f := range p.Findings {
		out.Findings = append(out.Findings, findingJSON{f.Kind, f.Why, f.Fix, f.From, f.To})
	}
	if u := p.Local; u != nil {
		out.RomM = &localJSON{ID: u.ID, Username: u.Username, Role: u.Role, Enabled: u.Enabled, LastLogin: timeOrNil(u.LastLogin)}
		if u.HasEmail() || u.EmptyEmail {
			out.RomM.Email = &u.Email
		}
		out.RomM.Link = linkOrNil(u.Link)
	}
	if i := p.Identity; i != nil {
		out.Authentik = &identityJSON{
			PK: i.PK, UID: i.UID, Username: i.Username, Name: i.Name, Email: i.Email, Type: model.Untrusted(i.Type),
			Verified: p.Verified, Active: i.Active, LastLogin: timeOrNil(i.LastLogin), Groups: []model.Untrusted{},
		}
		for _, g := range i.Groups {
			out.Authentik.Groups = append(out.Authentik.Groups, m.Name(g))
		}
	}
	if v := p.Verdict; v != nil {
		out.NextLogin = nextLoginJSON{
			Text: p.NextLogin, Outcome: v.Outcome, Status: v.Status, Detail: model.Clean(v.Detail), Rule: v.Rule, UserID: v.UserID,
			OtherID: v.OtherID, SessionID: v.SessionID, SessionStatus: v.SessionStatus, RoleBefore: v.RoleBefore, RoleAfter: v.RoleAfter, Remedy: v.Remedy, Depends: p.Uncertain(),
		}
	}
	if p.Barred != "" {
		out.NextLogin.Outcome = stopped
	}
	out.NextLogin.Stopped, out.NextLogin.MayBeStopped, out.NextLogin.AccessEnds = p.Barred, p.MayStop, timeOrNil(p.AccessEnds)
	return out
}

// stopped is the outcome of a login that does not reach RomM.
const stopped model.Outcome = "stopped"

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// appliedJSON is the answer of every command that writes.
type appliedJSON struct {
	Schema  int    `json:"schema"`
	Plan    string `json:"plan"`
	DryRun  bool   `json:"dry_run"`
	Applied int    `json:"applied"`
	// Unknown counts the changes of which it is not known whether they were
	// made: see `romm-admin history interrupted`.
	Unknown int    `json:"unknown,omitempty"`
	NoAdmin bool   `json:"no_admin,omitempty"` // afterwards no admin can sign in
	Warning string `json:"warning,omitempty"`  // what else it loses or changes
	// OtherProviders are those in Authentik that send something else afterwards:
	// they select a mapping that the plan changes.
	OtherProviders []model.Untrusted `json:"other_providers,omitempty"`
	// Untested are our mappings that logins depend on without that Authentik
	// tested them, because the token may not have them tested.
	Untested []model.Untrusted `json:"untested,omitempty"`

	Changes []changeJSON `json:"changes"`
	// Accounts are those that the plan makes in the embedded directory; only
	// what was made has an id.
	Accounts []localJSON `json:"accounts,omitempty"`
	Impact   impactJSON  `json:"impact"`
	// LeftOut are those named for whom nothing could be planned.
	LeftOut []leftOutJSON `json:"left_out,omitempty"`
	// Refused is set when a guard forbids the plan; nothing is applied then.
	Refused *refusalJSON `json:"refused,omitempty"`
}

type leftOutJSON struct {
	Who model.Untrusted `json:"who"`
	Why string          `json:"why"`
}

// refusalJSON names the guard, see docs/rules.md.
type refusalJSON struct {
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
	Hint   string `json:"hint,omitempty"`
	// Change is the one in the way; without it the plan was not refused for
	// this reason.
	Change *culpritJSON `json:"change,omitempty"`
}

type culpritJSON struct {
	Kind   plan.ChangeKind `json:"kind"`
	Object string          `json:"object"`
	Label  model.Untrusted `json:"label"`
}

func refusalOf(err error) *refusalJSON {
	out := &refusalJSON{Rule: model.RuleOf(err), Reason: model.Clean(err.Error()), Hint: model.HintOf(err)}
	if c, ok := plan.InTheWay(err); ok {
		out.Change = &culpritJSON{c.Kind, c.Object, c.Label}
	}
	return out
}

type changeJSON struct {
	Kind   plan.ChangeKind `json:"kind"`
	Object string          `json:"object"`
	Label  model.Untrusted `json:"label"`
	Before model.Untrusted `json:"before"`
	After  model.Untrusted `json:"after"`
}

func changesOf(p plan.Plan) []changeJSON {
	out := make([]changeJSON, 0, len(p.Changes))
	for _, c := range p.Changes {
		out = append(out, changeJSON{c.Kind, c.Object, c.Label, c.Before, c.After})
	}
	return out
}

type impactJSON struct {
	Takeovers    []deltaJSON `json:"takeovers"`
	CannotSignIn []deltaJSON `json:"cannot_sign_in"`
	Accounts     []deltaJSON `json:"accounts"`
	CanSignIn    []deltaJSON `json:"can_sign_in"`
	Roles        []deltaJSON `json:"roles"`
	StillOut     []deltaJSON `json:"still_out"`
	Unknown      int         `json:"unknown"`
}

type deltaJSON struct {
	Username model.Untrusted `json:"username"` // Authentik's
	From     model.Role      `json:"from"`
	To       model.Role      `json:"to"`
	Opens    model.Untrusted `json:"opens"` // RomM's username; "" is a new account
	Session  model.Untrusted `json:"session,omitempty"`
	// Keeps is the account that stays admin in RomM although its person cannot
	// sign in.
	Keeps model.Untrusted `json:"keeps_admin,omitempty"`
}

func impactOf(i plan.Impact) impactJSON {
	list := func(ds []plan.Delta) []deltaJSON {
		out := make([]deltaJSON, 0, len(ds))
		for _, d := range ds {
			out = append(out, deltaJSON{d.Who, d.Before.RoleAfter, d.After.RoleAfter, d.Opens, d.Session, d.Keeps})
		}
		return out
	}
	return impactJSON{list(i.Takeovers), list(i.CannotSignIn), list(i.Accounts), list(i.CanSignIn), list(i.Roles), list(i.StillOut), i.Unknown}
}
