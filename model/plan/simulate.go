package plan

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

// Simulate applies the plan to a copy of the world and judges everybody
// again. err has CodeRefused when the guard forbids the plan; after and impact
// are valid even then, so that a person sees why.
func Simulate(r *model.Review, p Plan) (after *model.Review, impact Impact, err error) {
	e := newEditor(r.World)
	for _, c := range p.Changes {
		if err := e.apply(c); err != nil {
			return nil, Impact{}, err
		}
	}
	after = model.Judge(e.w)
	impact = compare(r, after, p.subjects())
	return after, impact, guard(r, after, p, impact)
}

// meant reports of a person whether a change of the plan is about them in
// particular, other than to keep them out.
func (p Plan) subjects() func(model.Pair) bool {
	locals, ids, uids, names := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[model.Untrusted]bool{}
	for _, c := range p.Changes {
		switch c.Kind {
		case ChangeLocalEmail, ChangeLocalRole:
			locals[c.Object] = true
		case ChangeLocalEnabled:
			locals[c.Object] = c.After == "true"
		case ChangeLocalAccount:
			names[model.Untrusted(c.Object)] = c.After != ""
		case ChangeIDPEmail, ChangeTrustedEmail:
			ids[c.Object] = true
		case ChangePin:
			uids[c.Object] = true
		}
	}
	return func(p model.Pair) bool {
		return p.Local != nil && (locals[strconv.FormatInt(p.Local.ID, 10)] || names[p.Local.Username]) ||
			p.Identity != nil && (ids[strconv.FormatInt(p.Identity.PK, 10)] || uids[p.Identity.UID])
	}
}

// compare lists whose next login differs: gets in or not, into which account,
// with which role, and whose session it may be.
func compare(before, after *model.Review, meant func(model.Pair) bool) Impact {
	verdicts := make(map[int64]model.Verdict, len(before.Pairs))
	for _, p := range before.Pairs {
		v, ok := outcome(p)
		if !ok && !before.World.Provider.Found && p.Identity != nil && p.Identity.Active {
			v, ok = model.Verdict{Outcome: model.Refused}, true // there is nothing yet to sign in with
		}
		if ok {
			verdicts[p.Identity.PK] = v
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
		out.add(d)
		if !was.OK() && !is.OK() && (was.Status != is.Status || was.Detail != is.Detail || meant(p)) {
			out.StillOut = append(out.StillOut, d)
		}
	}
	return out
}

// outcome is what the next login comes to, on whichever side it ends.
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
	case is.OK() && is.SessionID != 0 && (!was.OK() || was.SessionID != is.SessionID):
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

// guard refuses plans that lose the last admin, that hand an account to
// somebody else, or that were made from half the truth.
func guard(before, after *model.Review, p Plan, impact Impact) error {
	if why := before.World.Directory.Incomplete; why != "" { // S9
		return &model.Error{
			Code: model.CodeRefused, Msg: "the lists from Authentik are incomplete: " + why,
			Hint: "reload until they are whole; nothing is written from half a list",
		}
	}
	for _, c := range p.Changes {
		if why, hint := c.unwritable(); why != "" {
			return &model.Error{Code: model.CodeRefused, Msg: why, Hint: hint}
		}
	}
	if why, hint := bindingsGo(before.World, p); why != "" {
		return &model.Error{Code: model.CodeRefused, Msg: why, Hint: hint}
	}
	if why, hint := neededElsewhere(before.World, p); why != "" {
		return &model.Error{Code: model.CodeRefused, Msg: why, Hint: hint}
	}
	if err := guardAdmins(before, after, p, impact); err != nil {
		return err
	}
	if err := guardFallback(before, after, p); err != nil {
		return err
	}
	for _, a := range after.World.Assertions {
		why := a.Broken(after)
		if why == "" || slices.Contains(before.World.Assertions, a) && a.Broken(before) != "" {
			continue // one that is broken already stops nothing else
		}
		return &model.Error{
			Code: model.CodeRefused, Msg: fmt.Sprintf("the assertion “%s” would not hold: %s", a, why),
			Hint: "change the plan, or the assertion",
		}
	}
	if err := guardPeople(before, after, impact); err != nil {
		return err
	}
	if err := guardMade(before, after, p); err != nil {
		return err
	}
	return guardShut(before, after, p)
}

// guardPeople refuses plans that let somebody into what is another person's.
func guardPeople(before, after *model.Review, impact Impact) error {
	if len(impact.Takeovers) > 0 {
		d := impact.Takeovers[0]
		return &model.Error{
			Code: model.CodeRefused, Msg: fmt.Sprintf("a login of %s might end up in the session of %s", d.Who, d.Session),
			Hint: "rename one of the two first",
		}
	}
	return guardAccounts(before, after)
}

// guardAdmins refuses to lose the last admin who can sign in (S5), and, while
// the logins cannot be known, to touch what makes an admin.
func guardAdmins(before, after *model.Review, p Plan, impact Impact) error {
	if before.Stats.UsableAdmins > 0 && after.Stats.UsableAdmins == 0 {
		if after.World.Provider.Found && unsure(after) && !unsure(before) {
			return &model.Error{
				Code: model.CodeRefused, Msg: "afterwards it would not be known whether any admin can sign in to RomM",
				Hint: "see `romm-admin setup check`: a mapping that was changed by hand has to be mended first",
			}
		}
		return &model.Error{
			Code: model.CodeRefused, Msg: "afterwards no admin could sign in to RomM",
			Hint: "keep at least one group with the role admin that has a member who can sign in",
		}
	}
	if before.Stats.UsableAdmins > 0 || after.Stats.UsableAdmins > 0 {
		return nil
	}
	if p := demotes(after, before); p != nil {
		return &model.Error{
			Code: model.CodeRefused, Msg: fmt.Sprintf("the next login of %s would take the role admin from the RomM account %s, and no admin would be left", p.Identity.Username, accountName(after, p.Verdict.UserID)),
			Hint: "give a group of theirs the role admin first: romm-admin roles set GROUP admin",
		}
	}
	if impact.Unknown == 0 && !unsure(before) {
		return nil
	}
	for _, c := range p.Changes {
		if makesAdmin(before, c) {
			return &model.Error{
				Code: model.CodeRefused, Msg: fmt.Sprintf("it is not known who can sign in, and this may keep an admin out (%s)", c.Label),
				Hint: "let the token see RomM's provider in Authentik first; the notes say what is missing",
			}
		}
	}
	return nil
}

// unsure reports whether the next login of an active person is not known.
func unsure(r *model.Review) bool {
	return slices.ContainsFunc(r.Pairs, func(p model.Pair) bool {
		_, known := outcome(p)
		return !known && p.Identity != nil && p.Identity.Active
	})
}

// makesAdmin reports whether the change takes away what an admin signs in by.
func makesAdmin(r *model.Review, c Change) bool {
	switch c.Kind {
	case ChangeRoleRow, ChangeDefaultRole, ChangeLocalRole:
		return model.Role(c.Before) == model.RoleAdmin
	case ChangeLocalEmail, ChangeLocalEnabled:
		e := newEditor(r.World)
		i, ok := e.local(c.Object)
		return ok && r.World.Locals[i].Role == model.RoleAdmin && c.Before != "" && c.Before != "false"
	case ChangeLocalAccount:
		before, _, err := c.LocalAccounts()
		return err == nil && before != nil && before.Role == model.RoleAdmin
	case ChangeIDPEmail, ChangeTrustedEmail:
		e := newEditor(r.World)
		i, ok := e.identity(c.Object)
		return ok && admits(r, e.w.Directory.Identities[i], c.Before)
	case ChangeScopeMapping:
		if s := r.World.Setup; s.Known && s.Provider == nil && !r.World.Provider.Found {
			return false // nobody signs in by it
		}
		return c.takesAdmin(r.World.Settings.Token(model.RoleAdmin)) || c.movesVerified()
	case ChangeProvider, ChangeApplication:
		return c.Before != "" && r.World.Provider.Found
	case ChangeBinding:
		return r.World.Provider.Found
	case ChangePin:
	}
	return false
}

// admits reports whether that address leads the user into an admin's account.
func admits(r *model.Review, id model.Identity, address model.Untrusted) bool {
	return model.SameAddress(id.Email, address) && slices.ContainsFunc(r.World.Locals, func(u model.LocalUser) bool {
		return u.Role == model.RoleAdmin && u.Enabled && model.SameAddress(u.Email, address)
	})
}

// movesVerified reports whether the change alters or removes a mapping that
// says which addresses are verified.
func (c Change) movesVerified() bool {
	before, after, err := c.ScopeMappings()
	return err == nil && before != nil && before.Roles == nil && (after == nil || !before.Same(*after))
}

// guardAccounts refuses a plan that lets somebody open an account which may be
// another person's, or that raises the role of one that somebody else opens
// already (S4). RomM writes the role of disabled accounts too.
func guardAccounts(before, after *model.Review) error {
	was := make(map[int64]model.Pair, len(before.Pairs))
	for _, p := range before.Pairs {
		if p.Identity != nil {
			was[p.Identity.PK] = p
		}
	}
	for _, p := range after.Pairs {
		if why := mayOpenOthers(p, was); why != "" {
			return &model.Error{Code: model.CodeRefused, Msg: why, Hint: "use this person's own address, or let the token preview logins; the notes say what is missing"}
		}
		if p.Verdict == nil || !p.Disputed() {
			continue
		}
		old := was[p.Identity.PK]
		if opensAnother(old, p) {
			return &model.Error{
				Code: model.CodeRefused, Msg: fmt.Sprintf("the next login of %s would open the RomM account %s, which is another person's", p.Identity.Username, accountName(after, p.Verdict.UserID)),
				Hint: "use this person's own address, or pin the two together if they are one person",
			}
		}
		if v := p.Verdict; v.RoleAfter.Outranks(v.RoleBefore) && (old.Verdict == nil || v.RoleAfter.Outranks(old.Verdict.RoleAfter)) {
			if v.SessionID != 0 {
				return &model.Error{
					Code: model.CodeRefused, Msg: fmt.Sprintf("the next login of %s may end up in the session of %s, with the role %s", p.Identity.Username, accountName(after, v.SessionID), v.RoleAfter),
					Hint: "rename one of the two first",
				}
			}
			return &model.Error{
				Code: model.CodeRefused, Msg: fmt.Sprintf("the next login of %s would make %s %s, and it is not certain whose account that is", p.Identity.Username, accountName(after, v.UserID), v.RoleAfter),
				Hint: "settle the finding of that person first: " + string(p.Worst().Kind),
			}
		}
	}
	return nil
}

// strays says why a login that cannot be known may open another person's
// account by the addresses alone, and did not before; "" if it does not.
func mayOpenOthers(p model.Pair, was map[int64]model.Pair) string {
	if p.Identity == nil || p.Verdict != nil || p.Barred != "" || !p.Identity.Active {
		return ""
	}
	for _, k := range []model.FindingKind{model.FindingSquattedEmail, model.FindingDuplicateIDPEmail, model.FindingPinMoved, model.FindingIDPEmailMissing, model.FindingEmailNotASCII} {
		if old := was[p.Identity.PK]; p.Has(k) && !old.Has(k) {
			return fmt.Sprintf("it is not known what the next login of %s comes to, and the address may be another person's", p.Identity.Username)
		}
	}
	return ""
}

// opensAnother reports whether the person gets into another person's account
// and did not before. Two Authentik users of one address count as one person
// here, as RomM takes them, as long as no role rises.
func opensAnother(old, p model.Pair) bool {
	v := p.Verdict
	if v.Outcome != model.SignsIn || p.Has(model.FindingDuplicateIDPEmail) && !p.Has(model.FindingSquattedEmail) {
		return false
	}
	if p.Local != nil && p.Local.ID == v.UserID && !p.Has(model.FindingSquattedEmail) {
		return false
	}
	return old.Verdict == nil || old.Verdict.Outcome != model.SignsIn || old.Verdict.UserID != v.UserID
}

// accountName is the username of an account, for messages.
func accountName(r *model.Review, id int64) string {
	if u, ok := r.Account(id); ok {
		return u.Username.String()
	}
	return "a new account"
}
