package model

import (
	"fmt"
	"slices"
	"strings"
)

// Cause says what led to a verdict, and what to do about it, where claims and
// settings tell more than the row of the decision table does: a role that RomM's
// settings name in other letter case, or in quotes, or an account that seems to
// be somebody else's. Both are "" where they do not.
func (v Verdict) Cause(c Claims, acc *Accounts, s Settings) (why, fix string) {
	switch {
	case v.Rule == "12":
		return s.missedRole(c[s.ClaimRoles], s.roleVariables())
	case v.Outcome != SignsIn:
		return "", ""
	case v.RoleBefore == RoleAdmin && v.RoleAfter != RoleAdmin && s.ClaimRoles != "":
		if why, fix = s.missedRole(c[s.ClaimRoles], s.roleVariables()[:1]); why == "" {
			why = fmt.Sprintf("the claim %s does not hold %s, which OIDC_ROLE_ADMIN names", Clean(s.ClaimRoles), OrNone(s.RoleAdmin))
			fix = "give this person the role admin in Authentik before the next login, if they should stay admin"
		}
		return why, fix
	}
	return s.anothers(v, c, acc)
}

// anothers is about an account that is opened by the address alone, while the
// name in the token is another one's.
func (s Settings) anothers(v Verdict, c Claims, acc *Accounts) (why, fix string) {
	u, ok := acc.User(v.UserID)
	name, isText := c[s.usernameAttribute()].(string)
	key, _ := UsernameKey(Untrusted(name))
	if own, _ := UsernameKey(u.Username); !ok || !isText || own == key {
		return "", ""
	}
	if email, _ := c["email"].(string); email == "" {
		return fmt.Sprintf("everybody without an address opens the account %s", u.Username), "give each of them an address of their own in Authentik"
	}
	return fmt.Sprintf("the address opens the account %s, and the token is of %s", u.Username, Clean(name)),
		fmt.Sprintf("if they are two people, give the account %s another address first", u.Username)
}

// roleVariable is one of RomM's variables that name a role.
type roleVariable struct{ name, value string }

func (s Settings) roleVariables() []roleVariable {
	return []roleVariable{{"OIDC_ROLE_ADMIN", s.RoleAdmin}, {"OIDC_ROLE_EDITOR", s.RoleEditor}, {"OIDC_ROLE_VIEWER", s.RoleViewer}}
}

// missedRole finds a role that the claim nearly holds.
func (s Settings) missedRole(claim any, variables []roleVariable) (why, fix string) {
	sent := claimWords(claim)
	for _, v := range variables {
		for _, word := range sent {
			if v.value == "" || word == v.value {
				continue
			}
			if why, fix = v.nearly(word, s.ClaimRoles); why != "" {
				return why, fix
			}
		}
	}
	for _, v := range variables {
		if Unquoted(v.value) != v.value {
			return v.quoted()
		}
	}
	return "", ""
}

// nearly compares a word of the claim with the variable, which RomM does letter
// by letter.
func (v roleVariable) nearly(word, claim string) (why, fix string) {
	has := fmt.Sprintf("the claim %s has “%s”, and %s is “%s”", Clean(claim), Clean(word), v.name, Clean(v.value))
	switch {
	case strings.EqualFold(word, v.value):
		return has + ": letter case counts", fmt.Sprintf("set %s=%s for RomM, as Authentik writes it", v.name, Clean(word))
	case strings.EqualFold(word, Unquoted(v.value)):
		return v.quoted()
	case slices.Contains(strings.FieldsFunc(v.value, func(r rune) bool { return r == ',' || r == ';' }), word):
		return has + ": RomM takes the value as one name", fmt.Sprintf("set %s to one name", v.name)
	}
	return "", ""
}

func (v roleVariable) quoted() (why, fix string) {
	return fmt.Sprintf("%s is %s, and the quotes are part of it", v.name, Clean(v.value)),
		fmt.Sprintf("take the quotes out of %s: in a compose list, quote the whole entry or nothing", v.name)
}

// Unquoted is a value without the quotes around it, which RomM takes for a part
// of it.
func Unquoted(value string) string {
	t := strings.TrimSpace(value)
	if n := len(t); n >= 2 && (t[0] == '"' || t[0] == '\'') && t[n-1] == t[0] {
		return t[1 : n-1]
	}
	return value
}

// claimWords are the texts of a role claim.
func claimWords(claim any) (out []string) {
	switch c := claim.(type) {
	case string:
		return []string{c}
	case []any:
		for _, v := range c {
			if text, ok := v.(string); ok {
				out = append(out, text)
			}
		}
	}
	return out
}

// cause adds to [Verdict.Cause] what the groups and the mappings tell.
func (j *judge) cause(p *Pair, claims Claims) (why, fix string) {
	v := p.Verdict
	if v.Rule == "4" {
		return j.noAddress(claims)
	}
	if v.Rule == "12" || v.RoleBefore == RoleAdmin && v.RoleAfter != RoleAdmin {
		if why, fix = j.inheritedOnly(p.Identity, claims); why != "" {
			return why, fix
		}
	}
	if v.Rule != "12" && (v.RoleBefore != RoleAdmin || v.RoleAfter == RoleAdmin) {
		return "", "" // whose account it is, the findings say in better words
	}
	if j.ownRoles() && v.Rule != "12" {
		return "", "" // the role map says it
	}
	return v.Cause(claims, j.acc, j.settings)
}

// inheritedOnly finds a group that RomM takes for a role and that the person is
// in only through another one: the stock profile mapping sends direct groups
// (docs/authentik.md 1).
func (j *judge) inheritedOnly(id *Identity, claims Claims) (why, fix string) {
	if j.settings.ClaimRoles != "groups" {
		return "", ""
	}
	sent := claimWords(claims["groups"])
	all, _ := j.members.Of(id.Groups)
	for _, v := range j.settings.roleVariables() {
		for _, g := range all {
			name, path := j.members.Name(g), j.members.Path(id.Groups, g)
			if name.Raw() != v.value || len(path) < 2 || slices.Contains(sent, v.value) {
				continue
			}
			return fmt.Sprintf("%s is in %s only through %s, and the claim groups lists direct groups only", id.Username, name, j.members.Name(path[len(path)-2])),
				fmt.Sprintf("put the person into %s itself, or have a mapping send all_groups()", name)
		}
	}
	return "", ""
}

// noAddress names the mapping that should send the address.
func (j *judge) noAddress(claims Claims) (why, fix string) {
	for _, o := range j.setup.Others {
		if slices.Contains(j.provider.Unrequested, o.Name) && o.Scope != "email" {
			return fmt.Sprintf("the mapping “%s” has the scope name %s, which RomM never asks for", o.Name, Clean(o.Scope)),
				fmt.Sprintf("if “%s” is to send the address, give it the scope name email", o.Name)
		}
	}
	var failing []Untrusted
	for _, o := range j.setup.Others {
		if slices.Contains(j.provider.Unknown, o.Name) && o.Scope == "email" {
			failing = append(failing, o.Name)
		}
	}
	if len(failing) == 0 || claims["email"] != nil {
		return "", ""
	}
	return fmt.Sprintf("the mapping %s, which should send the address, fails for this person, or sends none", Names(failing)),
		fmt.Sprintf("test %s in Authentik for this person; its event property_mapping_exception says why it fails", Names(failing))
}
