package plan

import (
	"slices"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// Delta is how one person's next login differs between two reviews.
type Delta struct {
	Who           model.Untrusted // Authentik's username
	Before, After model.Verdict
	// Opens is the username of the account that the login opens after, "" for
	// a new one; Session is that of the account whose session it may get.
	Opens, Session model.Untrusted
	// Keeps is the username of the account in which somebody who cannot sign in
	// stays admin in RomM all the same, with the sessions that are open; "" for
	// none. See [Also].
	Keeps model.Untrusted
}

// Impact is the blast radius of a plan: whose next login changes, and how.
// Nobody is in two lists; the most serious one counts.
type Impact struct {
	Takeovers    []Delta // may end up in somebody else's session, and did not before
	CannotSignIn []Delta // could, cannot any more
	Accounts     []Delta // gets in either way, but into another account
	CanSignIn    []Delta // could not, can now
	Roles        []Delta // the same account, with another role
	// StillOut are people who cannot sign in either way, and whom the plan is
	// about, who would be refused for another reason, or who get another role
	// once they can: that one is RoleAfter then.
	StillOut []Delta
	// Unknown counts the active people whose next login cannot be known.
	Unknown int
}

// WorseThan are the people who are worse off, or elsewhere, than the impact shown
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

// Keepers are those who cannot sign in afterwards and stay admin in RomM.
func (i Impact) Keepers() []Delta {
	return slices.DeleteFunc(slices.Concat(i.CannotSignIn, i.StillOut), func(d Delta) bool { return d.Keeps == "" })
}

// Empty reports whether no login that is known changes.
func (i Impact) Empty() bool {
	return len(i.Takeovers)+len(i.CannotSignIn)+len(i.Accounts)+len(i.CanSignIn)+len(i.Roles) == 0
}

// Later says in words which role somebody who still cannot sign in gets once
// that is possible; "" if the plan changes none.
func (d Delta) Later() string {
	switch before, after := d.Before.RoleAfter, d.After.RoleAfter; {
	case d.After.OK() || before == after || d.Before.Status != d.After.Status:
		return "" // or something else keeps them out now, and the two roles say nothing of each other
	case after == model.RoleNone:
		return "has no role then, instead of " + string(before)
	default:
		return "gets the role " + model.Clean(string(after)) + " once that is possible"
	}
}

// subject is the person whom a change is about: one of these is set.
type subject struct {
	account  string // id of the RomM account, in decimal
	username model.Untrusted
	identity string // pk of the Authentik user, in decimal
	uid      string
}

// subjects are the people whom the plan is about in particular, other than to
// keep them out.
type subjects map[subject]bool

func (p Plan) subjects() subjects {
	out := make(subjects, len(p.Changes))
	for _, c := range p.Changes {
		if who, wanted := c.kind().subject(c); who != (subject{}) {
			out[who] = wanted
		}
	}
	return out
}

func (s subjects) has(p model.Pair) bool {
	return p.Local != nil && (s[subject{account: decimal(p.Local.ID).Raw()}] || s[subject{username: p.Local.Username}]) ||
		p.Identity != nil && (s[subject{identity: decimal(p.Identity.PK).Raw()}] || s[subject{uid: p.Identity.UID}])
}

// compare lists whose next login differs: gets in or not, into which account,
// with which role, and whose session it may be.
func compare(before, after *model.Review, about subjects) Impact {
	verdicts := make(map[int64]model.Verdict, len(before.Pairs))
	roles := make(map[int64]*model.Resolution, len(before.Pairs)) // what the role map says
	for _, p := range before.Pairs {
		v, ok := outcome(p)
		if !ok && !before.World.Provider.Found && p.Identity != nil && p.Identity.Active {
			v, ok = model.Verdict{Outcome: model.Refused}, true // there is nothing yet to sign in with
		}
		if ok {
			verdicts[p.Identity.PK], roles[p.Identity.PK] = v, p.Resolution
		}
	}
	names := make(map[int64]model.Untrusted, len(after.World.Locals))
	for _, u := range after.World.Locals {
		names[u.ID] = u.Username
	}
	gone := before.World.Provider.Found && !after.World.Provider.Found
	var out Impact
	for _, p := range after.Pairs {
		is, ok := outcome(p)
		if !ok && gone && p.Identity != nil && p.Identity.Active {
			is, ok = model.Verdict{Outcome: model.Refused}, true // there is nothing left to sign in with
		}
		if !ok {
			if p.Identity != nil && p.Identity.Active {
				out.Unknown++
			}
			continue
		}
		was, ok := verdicts[p.Identity.PK]
		if !ok {
			continue
		}
		d := Delta{
			Who: p.Identity.Username, Before: was, After: is,
			Opens: names[is.UserID], Session: names[is.SessionID],
		}
		if !is.OK() && p.Has(model.FindingKeepsAdmin) {
			d.Keeps = p.Local.Username
		}
		out.add(d)
		now, then := roles[p.Identity.PK], p.Resolution
		later := !was.OK() && !is.OK() && now != nil && then != nil && now.Role != then.Role
		if later {
			d.Before.RoleAfter, d.After.RoleAfter = now.Role, then.Role
		}
		if !was.OK() && !is.OK() && (later || was.Status != is.Status || was.Detail != is.Detail || about.has(p)) {
			out.StillOut = append(out.StillOut, d)
		}
	}
	return out
}

// outcome is what the next login leads to, on either side.
func outcome(p model.Pair) (model.Verdict, bool) {
	switch {
	case p.Barred != "":
		return model.Verdict{Outcome: model.Refused}, true
	case p.Verdict != nil:
		return *p.Verdict, true
	}
	return model.Verdict{}, false
}

func (i *Impact) add(d Delta) {
	was, is := d.Before, d.After
	switch {
	case is.OK() && is.SessionID != 0 && was.SessionID != is.SessionID: // a session that is not usable has one, too
		i.Takeovers = append(i.Takeovers, d)
	case !was.OK() && is.OK():
		i.CanSignIn = append(i.CanSignIn, d)
	case was.OK() && !is.OK():
		i.CannotSignIn = append(i.CannotSignIn, d)
	case is.OK() && (was.UserID != is.UserID || was.Outcome != is.Outcome):
		i.Accounts = append(i.Accounts, d)
	case is.OK() && was.RoleAfter != is.RoleAfter:
		i.Roles = append(i.Roles, d)
	}
}

// StalePreviews returns the keys of the people whose claims, as Authentik computed
// them before that time, a plan with this impact and its guards depend on: those
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
