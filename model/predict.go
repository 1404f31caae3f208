package model

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Prediction is what Authentik will put into somebody's next ID token, as far
// as RomM reads it.
type Prediction struct {
	Claims     Claims
	Verified   bool
	Resolution *Resolution // nil when the role claim is not from the role map
	// Incomplete is true when a group of the person is not visible to us, so
	// that the role claim may be another one (S9).
	Incomplete bool
	// Previewed is when Authentik computed the claims; zero when they are
	// predicted.
	Previewed time.Time
	// Differs says where Authentik computed something else than the known
	// mappings predict; Claims is what Authentik computed.
	Differs string
	// Unknown says why the claims cannot be known; Claims is nil then.
	Unknown string
	// Barred says why Authentik itself keeps the person out, so that RomM gets
	// no claims at all; it stands in Unknown too. BarredFix is what to do about it.
	Barred, BarredFix string
	// MayStop and AccessEnds are as in Pair.
	MayStop    string
	AccessEnds time.Time
}

// predictor computes claims for many people from one reading.
type predictor struct {
	provider Provider
	settings Settings
	roles    RoleMap
	members  Memberships
	setup    Setup
	// blocked is why nobody at all gets past Authentik, and blockedFix what to do.
	blocked, blockedFix string
	at                  time.Time
	// unreadable is why RomM fails on every token.
	unreadable string
	// notSetUp is that Authentik has no provider for RomM, and not that it may be
	// hidden.
	notSetUp bool
}

// predict returns the claims of one person: those that the known mappings
// send, or, where Authentik was asked (preview_user), what it computed.
func (p predictor) predict(id Identity) Prediction {
	door := p.admission(id)
	if door.denied != "" {
		out := Prediction{Unknown: door.denied, Barred: door.denied, BarredFix: door.fix}
		if door.checked {
			out.Previewed = p.provider.Previews[id.PK].At
		}
		return out
	}
	if !p.provider.Found && p.notSetUp {
		return Prediction{Unknown: "Authentik is not set up for RomM: see `romm-admin setup`"}
	}
	if !p.provider.Found {
		return Prediction{Unknown: "Authentik has no provider for RomM that this token can see"}
	}
	out := p.expect(id)
	if preview, seen := p.provider.Previews[id.PK]; seen && len(p.provider.Unrequested) == 0 {
		out = p.previewed(id, out, preview)
	}
	out.Verified = out.Claims["email_verified"] == true
	out.MayStop, out.AccessEnds = door.doubt, door.ends
	return out
}

// expect predicts without asking Authentik.
func (p predictor) expect(id Identity) Prediction {
	if !p.provider.Predictable() {
		why := "its preview is missing"
		if len(p.provider.Unrequested) > 0 {
			why = fmt.Sprintf("a preview mixes in what %s sends, which RomM never asks for", Names(p.provider.Unrequested))
		}
		return Prediction{Unknown: fmt.Sprintf("the provider uses a mapping that only Authentik can evaluate (%s), and %s", p.unknownNames(), why)}
	}
	all, whole := p.members.Of(id.Groups)
	out := Prediction{}
	out.Claims, out.Incomplete = p.known(id, whole)
	if p.ownRoles() {
		out = p.withRoles(out, all, whole)
	}
	if attr := p.settings.usernameAttribute(); !predictsClaim(attr) {
		out.Claims, out.Unknown = nil, fmt.Sprintf("RomM takes usernames from the claim %s, which only Authentik knows", Clean(attr))
	}
	return out
}

// ownRoles reports whether RomM's role claim is the one that our mapping sends.
func (p predictor) ownRoles() bool {
	return p.provider.RoleMap && p.settings.ClaimRoles == RolesClaim && !p.provider.NoClaimsInIDToken
}

// rolesByHand reports whether RomM's role claim comes from our mapping under a
// text that somebody changed: it may depend on the role map, or not.
func (p predictor) rolesByHand() bool {
	m, ok := p.setup.Mapping(MarkRoles)
	return ok && m.Roles == nil && p.settings.ClaimRoles == RolesClaim && p.setup.Provider != nil && p.setup.Provider.Selects(MarkRoles)
}

// withRoles adds what our mapping sends by the role map as it is now.
func (p predictor) withRoles(out Prediction, all []GroupID, whole bool) Prediction {
	out.Incomplete = !whole
	if t := p.provider.Deciding(); t != nil {
		out.Claims[RolesClaim] = list(t.Resolve(all))
		return out
	}
	res := p.roles.Resolve(all)
	out.Resolution = &res
	out.Claims[RolesClaim] = list(p.tokens(res))
	return out
}

// previewed takes what Authentik computed in place of what was expected, and
// says where the two differ. Once the role map has moved on, our own roles
// claim follows it as it is now.
func (p predictor) previewed(id Identity, expected Prediction, preview Preview) Prediction {
	out := Prediction{Claims: maps.Clone(preview.Claims), Previewed: preview.At}
	if iss, isText := out.Claims["iss"].(string); isText && p.provider.Issuer != "" && issuerOf("", iss) == issuerOf("", p.provider.Issuer) {
		out.Claims["iss"] = p.provider.Issuer // which RomM sees; the preview has the address that we use
	}
	if p.rolesByHand() && preview.RolesMoved != p.provider.RolesMoved {
		return Prediction{Unknown: "the text of the roles mapping was changed by hand, and the role map since Authentik was asked"}
	}
	if p.ownRoles() {
		all, whole := p.members.Of(id.Groups)
		now := p.withRoles(Prediction{Claims: Claims{}}, all, whole)
		switch {
		case preview.RolesMoved != p.provider.RolesMoved:
			out.Claims[RolesClaim] = now.Claims[RolesClaim]
			out.Resolution, out.Incomplete = now.Resolution, now.Incomplete
		case sameClaim(out.Claims[RolesClaim], now.Claims[RolesClaim]):
			out.Resolution = now.Resolution
		}
	}
	if expected.Unknown == "" {
		out.Differs = p.differs(expected, out.Claims)
	}
	return out
}

// differs names the claims that RomM reads and that are not as expected. A
// role claim that depends on groups which we cannot see was never expected to be
// right.
func (p predictor) differs(expected Prediction, claims Claims) string {
	var out []string
	read := []string{"email", "email_verified", p.settings.usernameAttribute()}
	if c := p.settings.ClaimRoles; c != "" && !expected.Incomplete {
		read = append(read, c)
	}
	for _, name := range []string{"iss", "sub"} { // by which RomM since 5.4 knows the person again
		if _, said := expected.Claims[name]; said {
			read = append(read, name)
		}
	}
	for i, name := range read {
		if want, got := expected.Claims[name], claims[name]; !slices.Contains(read[:i], name) && !sameClaim(want, got) {
			out = append(out, fmt.Sprintf("%s is %s and not %s", Clean(name), claimText(got), claimText(want)))
		}
	}
	return strings.Join(out, "; ")
}

// sameClaim compares two values of a claim; of lists the order says nothing,
// RomM looks for one of their elements.
func sameClaim(a, b any) bool {
	x, isList := a.([]any)
	y, both := b.([]any)
	if !isList || !both {
		return reflect.DeepEqual(a, b)
	}
	byText := func(l []any) []any {
		l = slices.Clone(l)
		slices.SortFunc(l, func(a, b any) int { return cmp.Compare(claimText(a), claimText(b)) })
		return l
	}
	return reflect.DeepEqual(byText(x), byText(y))
}

// claimText is a claim's value as JSON, for people.
func claimText(v any) string {
	if v == nil {
		return "absent"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return Clean(fmt.Sprint(v))
	}
	return Clean(string(text))
}

// known computes the claims of mappings that we know. Only the scopes that
// RomM requests count: openid, profile, email and the one named like its
// role claim.
func (p predictor) known(id Identity, whole bool) (Claims, bool) {
	c := Claims{}
	// Only where RomM looks at them: a map of more than eight costs twice as much,
	// and there is one for everybody.
	if sub, ok := id.Subject(p.provider.SubMode); ok && p.provider.Issuer != "" && p.settings.Version.Links() {
		c["iss"], c["sub"] = p.provider.Issuer, sub
	}
	if p.provider.NoClaimsInIDToken {
		return c, false
	}
	if p.provider.Verified != VerifiedAbsent {
		c["email"] = id.Email.Raw()
		c["email_verified"] = p.provider.Verified == VerifiedAlways ||
			p.provider.Verified == VerifiedAddress && id.AddressTrusted()
		if p.provider.Verified == VerifiedAttribute {
			c["email_verified"] = id.EmailVerified
		}
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

// AddressTrusted is the address rule: the address that an admin vouched for is still
// the address, and it is ASCII (S1, S2).
func (id Identity) AddressTrusted() bool {
	return id.Email != "" && id.Email.ASCII() && id.TrustedEmail == id.Email
}

// predictsClaim reports whether known fills the claim, or leaves it out because
// no stock mapping sends it. Claims that Authentik itself adds, such as sub, and
// those of other mappings are not.
func predictsClaim(claim string) bool {
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
	return Names(p.provider.Unknown)
}

func Names(list []Untrusted) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = n.String()
	}
	return strings.Join(texts, ", ")
}
