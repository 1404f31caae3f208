package plan

import (
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// Side says where a change is written.
type Side string

// The sides of a change.
const (
	SideRomM      Side = "romm"
	SideAuthentik Side = "authentik"
	SideRoleMap   Side = "role-map"
)

// ChangeKind says what a change sets.
type ChangeKind string

// The kinds of change. Object names the thing: the RomM user id for local-*,
// but the username for local-account, the Authentik user's pk for idp-* (both decimal), the group's UUID for
// role-row, the Authentik user's uid for pin, the sentence for assertion,
// the group's name for pending-role, nothing for default-role, the mark for
// scope-mapping, the client id for oauth-provider, the slug for application,
// and the slug and the group's UUID for binding. Before and After are
// addresses, roles, "true" or "false" for local-enabled, RomM user ids for
// pin, the sentence for assertion, and JSON of one line for local-account and
// the objects of set-up (see ScopeMappings and the like); "" means absent. Change.Lines says
// them to people.
const (
	ChangeLocalEmail   ChangeKind = "local-email"
	ChangeLocalEnabled ChangeKind = "local-enabled"
	ChangeLocalRole    ChangeKind = "local-role"
	ChangeLocalAccount ChangeKind = "local-account"
	ChangeIDPEmail     ChangeKind = "idp-email"
	ChangeTrustedEmail ChangeKind = "idp-trusted-email"
	ChangeRoleRow      ChangeKind = "role-row"
	ChangeDefaultRole  ChangeKind = "default-role"
	ChangePin          ChangeKind = "pin"
	ChangeAssertion    ChangeKind = "assertion"
	ChangePendingRole  ChangeKind = "pending-role"
	ChangeScopeMapping ChangeKind = "scope-mapping"
	ChangeProvider     ChangeKind = "oauth-provider"
	ChangeApplication  ChangeKind = "application"
	ChangeBinding      ChangeKind = "binding"
	// ChangeRestore stands in the journal alone: see Restored.
	ChangeRestore ChangeKind = "restore"
)

// Change is one write: what, on which side, before, after. It is applied only
// while Before still holds (S35).
type Change struct {
	Kind   ChangeKind
	Side   Side
	Object string
	Label  model.Untrusted // the username or group name, for people
	Before model.Untrusted
	After  model.Untrusted
	Reason string // why it is in the plan, one sentence
}

// Plan is a list of changes that somebody saw before they were made. Every
// write is one.
type Plan struct {
	Title   string
	Changes []Change
	// Command is the same plan as a command line, for the help line.
	Command string
	// Warning says what the writes lose or change besides; "" if nothing.
	Warning string
	// Sharers are Authentik's providers, besides RomM's, that send something
	// else afterwards: they select a mapping that the plan changes. Warning
	// names them too.
	Sharers []model.Untrusted
}

// Inverse returns the plan that takes p back: the changes in reverse order
// with before and after swapped.
func (p Plan) Inverse() Plan {
	out := Plan{Title: "undo: " + p.Title, Changes: make([]Change, 0, len(p.Changes))}
	for i := len(p.Changes) - 1; i >= 0; i-- {
		c := p.Changes[i]
		c.Before, c.After = c.After, c.Before
		c.Reason = "undo"
		out.Changes = append(out.Changes, c)
	}
	return out
}

// Delta is how one person's next login differs between two reviews.
type Delta struct {
	Who           model.Untrusted // Authentik's username
	Before, After model.Verdict
	// Opens is the username of the account that the login opens after, "" for
	// a new one; Session is that of the account whose session it may get.
	Opens, Session model.Untrusted
}

// Impact is the blast radius of a plan: whose next login changes, and how.
// Nobody stands in two lists; the gravest counts.
type Impact struct {
	Takeovers    []Delta // may end up in somebody else's session, and did not before
	CannotSignIn []Delta // could, cannot any more
	Accounts     []Delta // gets in either way, but into another account
	CanSignIn    []Delta // could not, can now
	Roles        []Delta // the same account, with another role
	// StillOut are people who cannot sign in either way, and whom the plan is
	// about or who would be refused for another reason.
	StillOut []Delta
	// Unknown counts the active people whose next login cannot be known.
	Unknown int
}

// Unseen are the people who are worse off, or elsewhere, than the impact shown
// said.
func (i Impact) WorseThan(shown Impact) []Delta {
	var out []Delta
	for _, lists := range [][2][]Delta{
		{i.Takeovers, shown.Takeovers},
		{i.CannotSignIn, shown.CannotSignIn},
		{i.Accounts, shown.Accounts},
		{i.Roles, shown.Roles},
	} {
		type end struct {
			who              model.Untrusted
			role             model.Role
			account, session int64
		}
		said := make(map[end]bool, len(lists[1]))
		of := func(d Delta) end { return end{d.Who, d.After.RoleAfter, d.After.UserID, d.After.SessionID} }
		for _, d := range lists[1] {
			said[of(d)] = true
		}
		for _, d := range lists[0] {
			if !said[of(d)] {
				out = append(out, d)
			}
		}
	}
	return out
}

// LeansOn returns the keys of the people whose claims, as Authentik computed
// them before that time, a plan with this impact and its guard lean on: those
// whose login it is about, and the admins who can sign in (S5). What a claim is
// computed from cannot be seen as a whole, so an answer may be out of date while
// everything that can be seen is as it was.
func StalePreviews(r *model.Review, impact Impact, before time.Time) []int64 {
	about := make(map[model.Untrusted]bool)
	for _, list := range [][]Delta{impact.Takeovers, impact.CannotSignIn, impact.Accounts, impact.CanSignIn, impact.Roles, impact.StillOut} {
		for _, d := range list {
			about[d.Who] = true
		}
	}
	var out []int64
	for _, p := range r.Pairs {
		if p.Identity == nil || p.Previewed.IsZero() || !p.Previewed.Before(before) {
			continue
		}
		if about[p.Identity.Username] || p.UsableAdmin() {
			out = append(out, p.Identity.PK)
		}
	}
	return out
}

// Empty reports whether no login that is known changes.
func (i Impact) Empty() bool {
	return len(i.Takeovers)+len(i.CannotSignIn)+len(i.Accounts)+len(i.CanSignIn)+len(i.Roles) == 0
}

// ChangeResult is what became of one change.
type ChangeResult struct {
	Change Change
	// Err is nil when the change was made and read back.
	Err error
}

// Report is what became of a plan: the results so far, in order; the changes
// after the first failure were not tried.
type Report struct {
	Plan    Plan
	Results []ChangeResult
}

// Done counts the changes that were made.
func (r Report) Done() int {
	n := 0
	for _, x := range r.Results {
		if x.Err == nil {
			n++
		}
	}
	return n
}

// Err returns the first failure, nil if every change was made.
func (r Report) Err() error {
	for _, x := range r.Results {
		if x.Err != nil {
			return x.Err
		}
	}
	return nil
}
