package model

import "fmt"

// Prediction is what Authentik will put into somebody's next ID token, as far
// as RomM reads it.
type Prediction struct {
	Claims     Claims
	Verified   bool
	Resolution *Resolution // nil when the role claim is not from the role map
	// Incomplete is true when a group of the person is not visible to us, so
	// that the role claim may be another one (S9).
	Incomplete bool
	// Unknown says why the claims cannot be known; Claims is nil then.
	Unknown string
}

// predictor computes claims for many people from one reading.
type predictor struct {
	provider Provider
	settings Settings
	roles    RoleMap
	members  Memberships
}

// predict returns the claims of one person. Where Authentik computed them
// (preview_user) its answer counts, except for our own roles claim, which
// follows the role map as it is now.
func (p predictor) predict(id Identity) Prediction {
	all, whole := p.members.Of(id.Groups)
	out := Prediction{}
	switch preview, seen := p.provider.Previews[id.PK]; {
	case !p.provider.Found:
		out.Unknown = "Authentik has no provider for RomM that this token can see"
		return out
	case p.provider.Predictable():
		out.Claims, out.Incomplete = p.known(id, whole)
	case seen:
		out.Claims = make(Claims, len(preview)+1)
		for k, v := range preview {
			out.Claims[k] = v
		}
	default:
		out.Unknown = fmt.Sprintf("the provider uses a mapping that only Authentik can evaluate (%s), and its preview is missing",
			p.unknownNames())
		return out
	}
	if p.provider.RoleMap && p.settings.ClaimRoles == RolesClaim && !p.provider.NoClaimsInIDToken {
		out.Incomplete = !whole
		if t := p.provider.Table; t != nil {
			out.Claims[RolesClaim] = list(t.Resolve(all))
		} else {
			res := p.roles.Resolve(all)
			out.Resolution = &res
			out.Claims[RolesClaim] = list(p.tokens(res))
		}
	}
	if attr := p.settings.usernameAttribute(); p.provider.Predictable() && !predicted(attr) {
		out.Claims, out.Unknown = nil, fmt.Sprintf("RomM takes usernames from the claim %s, which only Authentik can tell", Clean(attr))
	}
	out.Verified = out.Claims["email_verified"] == true
	return out
}

// known computes the claims of mappings that we know. Only the scopes that
// RomM requests count: openid, profile, email and the one named like its
// role claim.
func (p predictor) known(id Identity, whole bool) (Claims, bool) {
	c := Claims{}
	if p.provider.NoClaimsInIDToken {
		return c, false
	}
	if p.provider.Verified != VerifiedAbsent {
		c["email"] = id.Email.Raw()
		c["email_verified"] = p.provider.Verified == VerifiedAlways ||
			p.provider.Verified == VerifiedAddress && trusted(id)
	}
	if !p.provider.Profile {
		return c, false
	}
	name := id.Username.Raw()
	c["name"], c["given_name"] = id.Name.Raw(), id.Name.Raw()
	c["preferred_username"], c["nickname"] = name, name
	groups := make([]any, 0, len(id.Groups))
	for _, g := range id.Groups { // names of direct groups only
		groups = append(groups, p.members.Name(g).Raw())
	}
	c["groups"] = groups
	// An invisible group has a name that we do not know.
	return c, p.settings.ClaimRoles == "groups" && !whole
}

// trusted is the address rule: the address that an admin vouched for is still
// the address, and it is ASCII (S1, S2).
func trusted(id Identity) bool {
	return id.Email != "" && id.Email.ASCII() && id.TrustedEmail == id.Email
}

// predicted reports whether known fills the claim, or leaves it out because no
// stock mapping sends it. Claims that Authentik itself adds, such as sub, and
// those of other mappings are not.
func predicted(claim string) bool {
	switch claim {
	case "preferred_username", "nickname", "name", "given_name", "email":
		return true
	}
	return false
}

// tokens is what the companion answers for a resolution.
func (p predictor) tokens(r Resolution) []string {
	if r.Role == RoleNone {
		return nil
	}
	return []string{p.settings.Token(r.Role)}
}

// list makes a claim of it; nobody's list is empty, never null.
func list(tokens []string) []any {
	out := make([]any, len(tokens))
	for i, t := range tokens {
		out[i] = t
	}
	return out
}

func (p predictor) unknownNames() string {
	if len(p.provider.Unknown) == 0 {
		return "two mappings of one scope"
	}
	s := ""
	for i, n := range p.provider.Unknown {
		if i > 0 {
			s += ", "
		}
		s += n.String()
	}
	return s
}
