package authentik

import (
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// Mapping is a scope mapping as far as claims depend on it.
type Mapping struct {
	ID         string
	Name       model.Untrusted
	Scope      string // scope_name
	Managed    string // stable marker; "" for mappings that people made
	Expression string
	// Hidden is true for a mapping that is selected but cannot be read.
	Hidden bool
}

// Values of `managed` that mark the mappings which romm-admin makes. Mappings
// are found again by it, never by name (S36).
const (
	ManagedEmail = model.MarkEmail
	ManagedRoles = model.MarkRoles
)

// Values of `managed` of Authentik's own mappings (docs/authentik.md 1).
const (
	managedStock        = "goauthentik.io/providers/oauth2/scope-"
	ManagedStockOpenID  = managedStock + "openid"
	ManagedStockEmail   = managedStock + "email"
	ManagedStockProfile = managedStock + "profile"
)

// Scopes that RomM requests in addition to the name of its role claim
// (docs/romm.md 3).
const (
	scopeOpenID  = "openid"
	scopeEmail   = "email"
	scopeProfile = "profile"
)

// classify says what the selected mappings of a provider put into the ID token
// that RomM gets: it fills Verified, Profile, RoleMap, Table, Compiled,
// RolesMark, Unknown and Unrequested and nothing else. Version is Authentik's;
// claimRoles is the name of RomM's role claim.
//
// What a mapping does is read from its expression, and only expressions that
// are known to the letter count (see [Recognise]); a marker alone proves
// nothing, because an expression can be changed under it. Mappings of scopes
// that RomM never requests do not run at its logins and are left out: neither
// do they make the provider unpredictable. Two mappings of one scope are
// merged in an undefined order, so unless they agree they are unknown (S10).
func (x templates) classify(version, claimRoles string, selected []Mapping) model.Provider {
	c := classifier{templates: x, release: ParseRelease(version), claim: claimRoles, sent: map[string]int{}}
	for _, m := range selected {
		c.add(m)
	}
	p := model.Provider{Verified: model.VerifiedAbsent, Profile: c.profile, RoleMap: len(c.roleMaps) == 1}
	if p.RoleMap {
		table := c.roles
		p.RolesMark = c.rolesMark
		p.Compiled = &table
		if c.roles.Companion == "" {
			p.Table = &table
		}
	}
	p.Unrequested = c.unrequested
	if len(c.roleMaps) > 1 && claimRoles == model.RolesClaim {
		// Lists of one name are concatenated, so both take effect.
		c.unknown = append(c.unknown, c.roleMaps...)
	}
	for i, e := range c.emails {
		switch {
		case i == 0:
			p.Verified, p.VerifiedSource = e.rule, e.source
		case e.rule != p.Verified:
			p.Verified, p.VerifiedSource = model.VerifiedUnknown, ""
		}
	}
	if c.emailUnknown {
		p.Verified = model.VerifiedUnknown
	}
	if p.Verified == model.VerifiedUnknown {
		for _, e := range c.emails {
			c.unknown = append(c.unknown, e.name)
		}
	}
	p.Unknown, p.CallsOut = c.unknown, c.callsOut
	p.Flips = c.flips(p.Verified)
	return p
}

type classifier struct {
	templates templates
	release   Release
	claim     string

	emails       []emailMapping
	emailUnknown bool
	profile      bool
	roleMaps     []model.Untrusted
	roles        model.RoleTable // of the last of roleMaps
	rolesMark    string          // its `managed`
	unknown      []model.Untrusted
	unrequested  []model.Untrusted
	callsOut     []model.Untrusted
	sent         map[string]int // mappings that send something, by their scope
}

type emailMapping struct {
	name   model.Untrusted
	rule   model.VerifiedRule
	source string // Known.Source, for mappings that people made
}

func (c *classifier) add(m Mapping) {
	requested := []string{scopeOpenID, scopeEmail, scopeProfile, c.claim}
	known, ok := c.templates.recognise(m.Expression)
	if !ok && callsOut(m.Expression) {
		c.callsOut = append(c.callsOut, m.Name)
	}
	if !m.Hidden && (!ok || known.Kind != KindNothing) {
		c.sent[m.Scope]++
	}
	if ok && known.Kind == KindRoles && m.Scope == model.RolesClaim {
		// Ours, which sends that one claim and no other, also while RomM does
		// not read it yet.
		c.roleMaps, c.roles, c.rolesMark = append(c.roleMaps, m.Name), known.Roles, m.Managed
		return
	}
	if !m.Hidden && !slices.Contains(requested, m.Scope) {
		// Entitlements are of no interest to RomM, unless it reads roles there.
		if !ok || known.Kind != KindNothing && (known.Kind != KindEntitlements || c.claim == "entitlements" || c.claim == "roles") {
			c.unrequested = append(c.unrequested, m.Name)
		}
		return
	}
	if m.Managed == ManagedStockEmail && strings.TrimSpace(m.Expression) == "" {
		// Without the text, the release tells (docs/authentik.md 1).
		known, ok = stockEmail(c.release), true
	}
	switch {
	case m.Hidden || !ok:
	case known.Kind == KindNothing:
		return
	case m.Scope == scopeEmail && known.rule() != model.VerifiedUnknown:
		e := emailMapping{m.Name, known.rule(), known.Source}
		if m.Managed != "" {
			e.source = ""
		}
		c.emails = append(c.emails, e)
		return
	case m.Scope == scopeProfile && known.profileOn(c.release):
		c.profile = true
		return
	}
	c.unknown = append(c.unknown, m.Name)
	if m.Hidden { // its scope may be one that RomM never requests
		c.unrequested = append(c.unrequested, m.Name)
	}
	if m.Hidden || m.Scope == scopeEmail {
		c.emailUnknown = true
	}
}

// flips are the scopes whose outcome is undefined (docs/authentik.md 1): several
// mappings that do not all do the same. Two of our roles mappings are merged into
// one list, whatever their order.
func (c *classifier) flips(verified model.VerifiedRule) (scopes []string) {
	if c.sent[scopeEmail] > 1 && verified == model.VerifiedUnknown {
		scopes = append(scopes, scopeEmail)
	}
	if n := c.sent[c.claim]; c.claim != scopeEmail && n > 1 && n != len(c.roleMaps) {
		scopes = append(scopes, c.claim)
	}
	return scopes
}

func stockEmail(r Release) Known {
	if r.Known() && !r.AtLeast(2025, 10) {
		return Known{Kind: KindEmailAlways}
	}
	return Known{Kind: KindEmailNever}
}
