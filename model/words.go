package model

import (
	"fmt"
	"strings"
)

// nextLogin puts the verdict of a pair into words: RomM's answer first, then
// what leads to it.
func (j *judge) nextLogin(p Pair) string {
	v := p.Verdict
	switch {
	case p.Barred != "" && j.blocked != "":
		return "nobody gets in: " + p.Barred + "."
	case p.Barred != "":
		return "stopped by Authentik: " + p.Barred + "."
	case v == nil && p.MayStop != "":
		return p.MayStop + "; else unknown: " + p.Unknown + "."
	case v == nil:
		return "unknown: " + p.Unknown + "."
	}
	answer := v.answer()
	if p.MayStop != "" {
		answer = p.MayStop + "; else: " + answer
	}
	why := j.verdictReason(p, *v)
	if v.OtherID != 0 {
		why += fmt.Sprintf(" RomM may open %s instead.", j.account(v.OtherID))
	}
	if u := p.depends(); u != "" {
		why += " Uncertain: " + Clean(u) + "."
	}
	if !p.AccessEnds.IsZero() {
		why += fmt.Sprintf(" Loses access on %s: a binding of the application expires.", p.AccessEnds.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if p.Cause != "" {
		why += " The cause: " + Clean(p.Cause) + "."
	}
	if p.SignIn != "" {
		why += " " + p.SignIn
	}
	return answer + " " + why
}

// keptOut says who stops somebody who is barred.
func (j *judge) keptOut() string {
	if j.blocked != "" {
		return "Nobody gets in"
	}
	return "Authentik keeps this person out"
}

// nobodysLogin says of an account that pairs with nobody whose login opens it all
// the same, and else why there is none.
func (j *judge) nobodysLogin(u *LocalUser) string {
	if i, opened := j.opener[u.ID]; opened {
		return fmt.Sprintf("%s's, whose address in Authentik opens it.", j.w.Directory.Identities[i].Username)
	}
	k, _ := UsernameKey(u.Username)
	if ids := j.idsByName[k]; len(ids) > 0 {
		id, other := j.w.Directory.Identities[ids[0]], "no account"
		if at := j.pairs.localOf[ids[0]]; at >= 0 {
			other = "the account " + j.w.Locals[at].Username.String()
		}
		return fmt.Sprintf("none through Authentik: %s there has this username, but not this address, and belongs to %s.", id.Username, other)
	}
	if j.w.Directory.Incomplete != "" {
		return "none through Authentik that is known: its lists are not whole."
	}
	return "none through Authentik: no user there has this address or username."
}

// answer is RomM's reply as a browser shows it.
func (v Verdict) answer() string {
	switch {
	case v.Outcome == Registers:
		return "a new account."
	case v.Outcome == SignsIn:
		return "signs in."
	case v.Outcome == NoSession:
		return fmt.Sprintf("accepted, but with a session that is not usable: %d at every request.", v.SessionStatus)
	case v.Detail == detailServerError:
		return "500 Internal Server Error."
	}
	return fmt.Sprintf("%d %s, “%s”.", v.Status, statusText(v.Status), Clean(strings.TrimSuffix(v.Detail, ".")))
}

// statusText names the statuses that RomM refuses with; the HTTP package is
// not for this one.
func statusText(status int) string {
	switch status {
	case 400:
		return "Bad Request"
	case 401:
		return "Unauthorized"
	case 403:
		return "Forbidden"
	case 409:
		return "Conflict"
	}
	return "Internal Server Error"
}

// verdictReason says what leads to the verdict.
func (j *judge) verdictReason(p Pair, v Verdict) string {
	id, name := p.Identity, j.newName(p)
	sends := fmt.Sprintf("Authentik sends %s", id.Email)
	if id.Email == "" {
		sends = "Authentik sends an empty address"
	}
	switch v.Rule {
	case "1":
		return "RomM's OIDC login is switched off."
	case "2":
		return "RomM fails on the token: " + j.unreadable + "."
	case "4", "4c", "4d":
		return "The token carries no usable e-mail claim."
	case "5", "6":
		return fmt.Sprintf("%s without email_verified: true.", sends)
	case "8":
		return fmt.Sprintf("The token has no claim %s.", Clean(j.settings.usernameAttribute()))
	case "12", "12-4.3", "13":
		return j.noRole(p, v)
	case "14":
		return fmt.Sprintf("%s, no RomM account has it, and RomM registers nobody.", sends)
	case "15b":
		return fmt.Sprintf("%s, no RomM account has it, and the username “%s” is taken, so RomM cannot register a second one.", sends, name)
	case "15":
		return j.registers(p, v, sends)
	case RuleLinkedElsewhere:
		return fmt.Sprintf("%s, which is the address of %s, and RomM has linked that account to %s.", sends, j.account(v.UserID), j.linkedTo(v.UserID))
	case "19":
		return "RomM's database refuses the address or the username that Authentik sends, or its unique index does."
	case "20":
		if v.UserID == 0 {
			return j.registers(p, v, sends)
		}
	case "17":
		return fmt.Sprintf("%s, which opens %s, and that account is disabled.", sends, j.account(v.UserID))
	}
	return j.signsIn(p, v, sends)
}

func (j *judge) signsIn(p Pair, v Verdict, sends string) string {
	s := fmt.Sprintf("%s, which opens %s as %s", sends, j.account(v.UserID), v.RoleAfter)
	if v.Rule == RuleByLink {
		s = fmt.Sprintf("RomM has linked this person to %s, which opens as %s", j.account(v.UserID), v.RoleAfter)
	}
	switch {
	case v.RoleBefore == v.RoleAfter:
		s += "."
	case v.RoleBefore == RoleAdmin:
		s += fmt.Sprintf(": an admin loses that role%s.", j.roleSource(p))
	default:
		s += fmt.Sprintf(", no longer %s%s.", v.RoleBefore, j.roleSource(p))
	}
	if u, ok := j.acc.User(v.UserID); ok && v.EmailAfter != u.email() {
		s += fmt.Sprintf(" The address in RomM becomes %s.", OrNone(v.EmailAfter.Text.Raw()))
	}
	return s + j.session(v)
}

func (j *judge) registers(p Pair, v Verdict, sends string) string {
	s := fmt.Sprintf("%s, no RomM account has it, and RomM makes “%s” with the role %s.", sends, j.newName(p), v.RoleAfter)
	if p.Identity.Email == "" {
		s += " Every other login without an address will open that account."
	}
	return s + j.session(v)
}

func (j *judge) session(v Verdict) string {
	switch {
	case v.Outcome == NoSession && v.SessionID != 0:
		return fmt.Sprintf(" The session is then looked up by username without letter case, and finds %s, which is disabled.", j.account(v.SessionID))
	case v.Outcome == NoSession && v.SessionStatus == 500:
		return " That username is not sent as text, and RomM fails on the session."
	case v.Outcome == NoSession:
		return " RomM then finds no account by the username of the session."
	case v.SessionID == 0:
		return ""
	}
	return fmt.Sprintf(" The session is then looked up by username without letter case: this login may end up as %s.", j.account(v.SessionID))
}

// roleSource names the group that leads to the role.
func (j *judge) roleSource(p Pair) string {
	switch {
	case p.Resolution == nil:
		return ""
	case p.Resolution.Source() != nil:
		return fmt.Sprintf(" (group %s)", p.Resolution.Source().Name)
	}
	return " (the default role)"
}

func (j *judge) noRole(p Pair, v Verdict) string {
	claim := Clean(j.settings.ClaimRoles)
	switch {
	case v.Rule == "13", v.Rule == "12-4.3":
		return fmt.Sprintf("The claim %s is no list of roles, and RomM fails on it.", claim)
	case p.Resolution == nil:
		return fmt.Sprintf("The claim %s holds none of RomM's roles.", claim)
	case p.Resolution.Role != RoleNone:
		return fmt.Sprintf("The claim %s holds “%s”, which none of RomM's OIDC_ROLE_* variables names.", claim, Clean(j.settings.Token(p.Resolution.Role)))
	case len(j.w.Roles.Rows) == 0:
		return "The role map is empty, and there is no default role."
	case len(p.Identity.Groups) == 0:
		return "This person is in no group, and there is no default role."
	}
	return "None of their groups has a role, and there is no default role."
}

// newName is the username that RomM gives a new account.
func (j *judge) newName(p Pair) Untrusted {
	if p.Verdict != nil && p.Verdict.Username != "" {
		return p.Verdict.Username
	}
	switch j.settings.usernameAttribute() {
	case "name", "given_name":
		return p.Identity.Name
	case "email":
		return p.Identity.Email
	}
	return p.Identity.Username
}

// differing says for how many people Authentik computes something else than
// its mappings promise, and names one.
func differing(pairs []Pair) string {
	var first *Pair
	n := 0
	for i := range pairs {
		if pairs[i].Differs == "" {
			continue
		}
		if n++; first == nil {
			first = &pairs[i]
		}
	}
	if first == nil {
		return ""
	}
	return fmt.Sprintf("For %s Authentik computes other claims than its mappings promise; what it computes counts. %s: %s.",
		people(n), first.Identity.Username, first.Differs)
}

// AdminsText counts RomM's enabled admins, and how many of them only have the role:
// no login through Authentik opens those as admin.
func (s Stats) AdminsText() string {
	text := Counted(s.Admins, "admin", "admins")
	if s.RoleOnlyAdmins > 0 {
		text += fmt.Sprintf(", %d by role only", s.RoleOnlyAdmins)
	}
	return text
}
