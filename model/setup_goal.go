package model

import (
	"fmt"
	"slices"
)

// SetupNeeds are the objects of Authentik that set-up builds on. An empty ID is
// one that the token does not see.
type SetupNeeds struct {
	AuthorizationFlow Ref // implicit consent: no page between login and RomM
	InvalidationFlow  Ref
	SigningKey        Ref
}

// SetupGoal is what Authentik should be for RomM. What is not said here follows
// from RomM's guide (design: Setup).
type SetupGoal struct {
	Needs SetupNeeds
	// RedirectURI is RomM's address followed by /api/oauth/openid.
	RedirectURI string
	// ClientID is the one of a provider that has to be made, or NewClientID.
	ClientID string
	// Companion is the address that the roles mapping asks; nil leaves it as
	// it is, and asks none where there is no mapping yet.
	Companion *string
	// Verified is the way that addresses are verified: VerifiedAddress, or ""
	// to keep any that verifies.
	Verified VerifiedRule
}

// The names that RomM's guide gives, for objects that set-up makes.
const (
	SetupEmailName       Untrusted = "RomM Email Verification"
	SetupRolesName       Untrusted = "RomM Roles"
	SetupProviderName    Untrusted = "RomM OIDC Provider"
	SetupApplicationName Untrusted = "RomM"
)

// Marks of Authentik's own mappings (reference/authentik.md 1).
const (
	stockOpenID  = "goauthentik.io/providers/oauth2/scope-openid"
	stockProfile = "goauthentik.io/providers/oauth2/scope-profile"
	stockEmail   = "goauthentik.io/providers/oauth2/scope-email"
)

// setupDraft is Authentik as it should be.
type setupDraft struct {
	email, roles *ScopeMapping // nil: not needed
	provider     OAuthProvider
	application  *Application // nil: another one holds the provider
}

// draft works out what should be from what is, changing as little as possible.
func (r *Review) draft(g SetupGoal) setupDraft {
	w := r.World
	d := setupDraft{provider: g.provider(w)}
	if d.provider.Selects(MarkEmail) {
		m := w.wanted(MarkEmail, SetupEmailName, "email")
		if m.Verified == VerifiedUnknown || g.Verified != "" {
			m.Verified, m.Unknown = VerifiedAddress, ""
		}
		m.Roles = nil
		m.Template = w.Setup.Newest.of(m)
		d.email = &m
	}
	if d.provider.Selects(MarkRoles) {
		m := w.wanted(MarkRoles, SetupRolesName, RolesClaim)
		table := w.table()
		table.Companion = ""
		if m.Roles != nil {
			table = *m.Roles
		}
		if g.Companion != nil {
			table.Companion = *g.Companion
		}
		m.Roles, m.Unknown, m.Verified = &table, "", ""
		m.Template = w.Setup.Newest.of(m)
		d.roles = &m
	}
	app := Application{Name: SetupApplicationName, Slug: w.Setup.Slug, Mode: defaultPolicyMode}
	if have := w.Setup.Application; have != nil {
		app = *have
	}
	if app.Slug == w.Setup.Slug {
		app.Provider = d.provider.ClientID
		d.application = &app
	}
	return d
}

// wanted is the mapping with that mark as it is, or a new one under a name that
// no other mapping has.
func (w World) wanted(mark string, name Untrusted, scope string) ScopeMapping {
	m, ok := w.Setup.Mapping(mark)
	if !ok {
		taken := func(n Untrusted) bool {
			return slices.ContainsFunc(w.Setup.Others, func(o OtherMapping) bool { return o.Name == n })
		}
		m = ScopeMapping{Mark: mark, Name: name}
		for n := 2; taken(m.Name); n++ {
			m.Name = Untrusted(fmt.Sprintf("%s (romm-admin %d)", name.Raw(), n))
		}
	}
	m.Scope = scope
	return m
}

// provider is RomM's provider as it should be.
func (g SetupGoal) provider(w World) OAuthProvider {
	p := OAuthProvider{
		Name: SetupProviderName, ClientID: g.ClientID, AuthorizationFlow: g.Needs.AuthorizationFlow,
		InvalidationFlow: g.Needs.InvalidationFlow, SigningKey: g.Needs.SigningKey,
		SubMode: defaultSubMode, IssuerMode: defaultIssuerMode,
	}
	if have := w.Setup.Provider; have != nil {
		p = *have
	}
	p.Public, p.NoClaimsInIDToken, p.EncryptionKey = false, false, Ref{}
	if p.SigningKey.ID == "" {
		p.SigningKey = g.Needs.SigningKey
	}
	if p.GrantTypes != nil || w.Setup.Provider == nil {
		for _, needed := range []string{"authorization_code", "refresh_token"} {
			if !slices.Contains(p.GrantTypes, needed) {
				p.GrantTypes = append(slices.Clone(p.GrantTypes), needed)
			}
		}
	}
	p.RedirectURIs = redirectsTo(g.RedirectURI, p.RedirectURIs)
	p.Mappings = g.mappings(w, p.Mappings)
	return p
}

// redirectsTo has the address exactly, and no pattern that lets others in
// (S12); other exact ones stay.
func redirectsTo(address string, have []RedirectURI) []RedirectURI {
	out := slices.DeleteFunc(slices.Clone(have), func(u RedirectURI) bool { return u.Regex && !u.Logout })
	if address != "" && !slices.Contains(out, RedirectURI{URL: address}) {
		out = append(out, RedirectURI{URL: address})
	}
	return out
}

// mappings are those that the provider should select. Two mappings of one scope
// are merged in an undefined order (S10), so ours takes the place of what is
// there for its scope; what is there for other scopes stays.
func (g SetupGoal) mappings(w World, have []Ref) []Ref {
	s, out := w.Setup, slices.Clone(have)
	drop := func(scope string) {
		out = slices.DeleteFunc(out, func(r Ref) bool { return s.scope(r.ID) == scope })
	}
	has := func(scope string) bool {
		return slices.ContainsFunc(out, func(r Ref) bool { return s.scope(r.ID) == scope })
	}
	for scope, mark := range map[string]string{"openid": stockOpenID, "profile": stockProfile} {
		if !has(scope) {
			out = append(out, s.ref(mark))
		}
	}
	now := w.Provider.Verified
	verifies := w.Provider.Found && (now == VerifiedAddress || (now == VerifiedAlways || now == VerifiedAttribute) && g.Verified == "")
	if !verifies || now == VerifiedAddress && g.Verified != "" && !slices.ContainsFunc(out, func(r Ref) bool { return r.ID == MarkEmail }) {
		drop("email")
		out = append(out, Ref{MarkEmail, SetupEmailName})
	}
	if !w.Provider.RoleMap || w.Provider.RolesMark != MarkRoles {
		drop(RolesClaim)
		out = append(out, Ref{MarkRoles, SetupRolesName})
	}
	return byID(out)
}

// OtherMapping is a scope mapping that romm-admin did not make.
type OtherMapping struct {
	Ref
	Scope string
}

// scope is that of a mapping by its reference; "" if it is not known.
func (s Setup) scope(id string) string {
	switch id {
	case MarkEmail:
		return "email"
	case MarkRoles:
		return RolesClaim
	}
	for _, o := range s.Others {
		if o.ID == id {
			return o.Scope
		}
	}
	return ""
}

func (s Setup) ref(id string) Ref {
	for _, o := range s.Others {
		if o.ID == id {
			return o.Ref
		}
	}
	return Ref{ID: id}
}

// PlanSetup builds the plan that brings Authentik to the goal, changing as
// little as possible. A plan without changes says that nothing is left to do.
func (r *Review) PlanSetup(g SetupGoal) (Plan, error) {
	if err := r.canSetUp(g); err != nil {
		return Plan{}, err
	}
	s, d := r.World.Setup, r.draft(g)
	p := Plan{Title: SetupTitle, Command: "romm-admin setup apply", Changes: []Change{}}
	add := func(kind ChangeKind, object string, label, before, after Untrusted, reason string) {
		c := Change{Kind: kind, Side: SideAuthentik, Object: object, Label: label, Before: before, After: after, Reason: reason}
		if !c.same(before, after) {
			p.Changes = append(p.Changes, c)
		}
	}
	for _, m := range []*ScopeMapping{d.email, d.roles} {
		if m == nil {
			continue
		}
		before := Untrusted("")
		if have, ok := s.Mapping(m.Mark); ok {
			before = have.encode(r.World.groupName)
		}
		add(ChangeScopeMapping, m.Mark, m.Name, before, m.encode(r.World.groupName), setupReason(m.Mark))
	}
	before := Untrusted("")
	if s.Provider != nil {
		before = s.Provider.encode()
	}
	add(ChangeProvider, d.provider.ClientID, d.provider.Name, before, d.provider.encode(), "RomM signs people in through it")
	if d.application != nil {
		before := Untrusted("")
		if s.Application != nil {
			before = s.Application.encode()
		}
		add(ChangeApplication, d.application.Slug, d.application.Name, before, d.application.encode(), "it ties RomM's address in Authentik to the provider")
	}
	return r.warned(p), nil
}

// SetupTitle is the title of the plans that set up.
const SetupTitle = "set up Authentik for RomM"

func setupReason(mark string) string {
	if mark == MarkEmail {
		return "RomM lets in nobody whose address Authentik does not call verified"
	}
	return "it sends the roles of the role map"
}

// newRedirect reports whether RomM's provider does not allow this address yet.
func (w World) newRedirect(address string) bool {
	p := w.Setup.Provider
	return p == nil || !slices.Contains(p.RedirectURIs, RedirectURI{URL: address})
}

// canSetUp says what is missing before a plan can be made.
func (r *Review) canSetUp(g SetupGoal) error {
	w := r.World
	missing := func(what, permission string) error {
		return &Error{
			Code: CodeNotFound, Msg: "Authentik has no " + what + " that this token can see",
			Hint: "give the token's role the permission " + permission + ", or make it in Authentik",
		}
	}
	fresh := w.Setup.Provider == nil
	if !fresh && w.Setup.Known {
		for _, m := range w.Setup.Provider.Mappings {
			if w.Setup.scope(m.ID) == "" { // it may be of a scope that one of ours is for (S10)
				return &Error{
					Code: CodeUnavailable, Msg: fmt.Sprintf("RomM's provider selects the mapping %s, which this token cannot see", m),
					Hint: "give the token's role the permission authentik_providers_oauth2.view_scopemapping",
				}
			}
		}
	}
	unsigned := fresh || w.Setup.Provider.SigningKey.ID == ""
	switch {
	case !w.Setup.Known:
		return &Error{
			Code: CodeUnavailable, Msg: "what Authentik has for RomM is not known as a whole",
			Hint: "the notes say what is missing; nothing is set up from half a list",
		}
	case g.RedirectURI == "":
		return &Error{Code: CodeInvalid, Msg: "RomM's address is not known", Hint: "set ROMM_BASE_URL"}
	case w.newRedirect(g.RedirectURI) && CheckRedirectURI(g.RedirectURI) != "":
		return &Error{
			Code: CodeInvalid, Msg: CheckRedirectURI(g.RedirectURI) + ": " + Clean(g.RedirectURI),
			Hint: "reach RomM over https, and set ROMM_BASE_URL, or OIDC_REDIRECT_URI, to that address",
		}
	case fresh && g.ClientID == "":
		return &Error{Code: CodeInvalid, Msg: "a new provider needs a client id", Hint: "set OIDC_CLIENT_ID"}
	case fresh && g.Needs.AuthorizationFlow.ID == "":
		return missing("flow for signing in without a consent page", "authentik_flows.view_flow")
	case fresh && g.Needs.InvalidationFlow.ID == "":
		return missing("flow for signing out", "authentik_flows.view_flow")
	case unsigned && g.Needs.SigningKey.ID == "":
		return missing("certificate to sign with", "authentik_crypto.view_certificatekeypair")
	case w.Setup.Application != nil && fresh && w.Setup.Application.Provider != "":
		return &Error{
			Code: CodeConflict, Msg: fmt.Sprintf("the application %s holds a provider that is no OAuth2 provider", w.Setup.Application.Name),
			Hint: "take it from that application in Authentik, or choose another slug with OIDC_SERVER_APPLICATION_URL",
		}
	}
	return nil
}
