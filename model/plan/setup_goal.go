package plan

import (
	"fmt"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// SetupGoal is what Authentik should be for RomM. What is not said here follows
// from RomM's guide (design: Setup).
type SetupGoal struct {
	Needs model.SetupNeeds
	// RedirectURI is RomM's address followed by /api/oauth/openid.
	RedirectURI string
	// ClientID is the one of a provider that has to be made, or NewClientID.
	ClientID string
	// Companion is the address that the roles mapping asks; nil leaves it as
	// it is, and asks none where there is no mapping yet.
	Companion *string
	// LastCompanion is what the roles mapping asked when it was written last, by
	// the journal; it counts where Authentik cannot tell any more.
	LastCompanion string
	// Verified is the way that addresses are verified: VerifiedAddress, or ""
	// to keep any that verifies.
	Verified model.VerifiedRule
}

// The names that RomM's guide gives, for objects that set-up makes.
const (
	SetupEmailName       model.Untrusted = "RomM Email Verification"
	SetupRolesName       model.Untrusted = "RomM Roles"
	SetupProviderName    model.Untrusted = "RomM OIDC Provider"
	SetupApplicationName model.Untrusted = "RomM"
)

// Marks of Authentik's own mappings (docs/authentik.md 1).
const (
	stockOpenID  = "goauthentik.io/providers/oauth2/scope-openid"
	stockProfile = "goauthentik.io/providers/oauth2/scope-profile"
	stockEmail   = "goauthentik.io/providers/oauth2/scope-email"
)

// setupDraft is Authentik as it should be.
type setupDraft struct {
	email, roles *model.ScopeMapping // nil: not needed
	provider     model.OAuthProvider
	application  *model.Application // nil: another one holds the provider
}

// draft works out what should be from what is, changing as little as possible.
func draftSetUp(r *model.Review, g SetupGoal) setupDraft {
	w := r.World
	d := setupDraft{provider: g.provider(w)}
	if d.provider.Selects(model.MarkEmail) {
		m := goalMapping(w, model.MarkEmail, SetupEmailName, "email")
		if m.Verified == model.VerifiedUnknown || g.Verified != "" {
			m.Verified, m.Unknown = model.VerifiedAddress, ""
		}
		m.Roles = nil
		m.Template = w.Setup.Newest.Of(m)
		d.email = &m
	}
	if d.provider.Selects(model.MarkRoles) {
		m := goalMapping(w, model.MarkRoles, SetupRolesName, model.RolesClaim)
		table := w.RoleTable()
		table.Companion = g.LastCompanion
		switch {
		case m.Roles != nil:
			table = *m.Roles
		case m.Unknown != "" && w.Setup.TextCompanion != nil:
			table.Companion = *w.Setup.TextCompanion
		}
		if g.Companion != nil {
			table.Companion = *g.Companion
		}
		m.Roles, m.Unknown, m.Verified = &table, "", ""
		m.Template = w.Setup.Newest.Of(m)
		d.roles = &m
	}
	d.provider.Mappings = slices.Clone(d.provider.Mappings)
	for i, ref := range d.provider.Mappings { // they may have got other names
		for _, m := range []*model.ScopeMapping{d.email, d.roles} {
			if m != nil && m.Mark == ref.ID {
				d.provider.Mappings[i].Name = m.Name
			}
		}
	}
	app := model.Application{Name: SetupApplicationName, Slug: w.Setup.Slug, Mode: model.DefaultPolicyMode}
	if have := w.Setup.Application; have != nil {
		app = *have
	}
	if app.Slug == w.Setup.Slug {
		app.Provider = d.provider.ClientID
		d.application = &app
	}
	return d
}

// goalMapping is the mapping with that mark as it is, or a new one under a name
// that no other mapping has.
func goalMapping(w model.World, mark string, name model.Untrusted, scope string) model.ScopeMapping {
	m, ok := w.Setup.Mapping(mark)
	if !ok {
		taken := func(n model.Untrusted) bool {
			return slices.ContainsFunc(w.Setup.Others, func(o model.OtherMapping) bool { return o.Name == n })
		}
		m = model.ScopeMapping{Mark: mark, Name: name}
		for n := 2; taken(m.Name); n++ {
			m.Name = model.Untrusted(fmt.Sprintf("%s (romm-admin %d)", name.Raw(), n))
		}
	}
	m.Scope = scope
	return m
}

// provider is RomM's provider as it should be.
func (g SetupGoal) provider(w model.World) model.OAuthProvider {
	p := model.OAuthProvider{
		Name: SetupProviderName, ClientID: g.ClientID, AuthorizationFlow: g.Needs.AuthorizationFlow,
		InvalidationFlow: g.Needs.InvalidationFlow, SigningKey: g.Needs.SigningKey,
		SubMode: model.DefaultSubMode, IssuerMode: model.DefaultIssuerMode,
	}
	if have := w.Setup.Provider; have != nil {
		p = *have
	}
	p.Public, p.NoClaimsInIDToken, p.EncryptionKey = false, false, model.Ref{}
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
func redirectsTo(address string, have []model.RedirectURI) []model.RedirectURI {
	out := slices.DeleteFunc(slices.Clone(have), func(u model.RedirectURI) bool { return u.Regex && !u.Logout })
	if address != "" && !slices.Contains(out, model.RedirectURI{URL: address}) {
		out = append(out, model.RedirectURI{URL: address})
	}
	return out
}

// mappings are those that the provider should select. Two mappings of one scope
// are merged in an undefined order (S10), so ours takes the place of what is
// there for its scope; what is there for other scopes stays.
func (g SetupGoal) mappings(w model.World, have []model.Ref) []model.Ref {
	s, out := w.Setup, slices.Clone(have)
	drop := func(scope string) {
		out = slices.DeleteFunc(out, func(r model.Ref) bool { return s.ScopeOf(r.ID) == scope })
	}
	has := func(scope string) bool {
		return slices.ContainsFunc(out, func(r model.Ref) bool { return s.ScopeOf(r.ID) == scope })
	}
	for scope, mark := range map[string]string{"openid": stockOpenID, "profile": stockProfile} {
		if !has(scope) {
			out = append(out, s.RefTo(mark))
		}
	}
	now := w.Provider.Verified
	verifies := w.Provider.Found && (now == model.VerifiedAddress || (now == model.VerifiedAlways || now == model.VerifiedAttribute) && g.Verified == "")
	if !verifies || now == model.VerifiedAddress && g.Verified != "" && !slices.ContainsFunc(out, func(r model.Ref) bool { return r.ID == model.MarkEmail }) {
		drop("email")
		out = append(out, model.Ref{ID: model.MarkEmail, Name: SetupEmailName})
	}
	if !w.Provider.RoleMap || w.Provider.RolesMark != model.MarkRoles {
		drop(model.RolesClaim)
		out = append(out, model.Ref{ID: model.MarkRoles, Name: SetupRolesName})
	}
	return model.ByID(out)
}

// SetUp builds the plan that brings Authentik to the goal, changing as
// little as possible. A plan without changes says that nothing is left to do.
func SetUp(r *model.Review, g SetupGoal) (Plan, error) {
	if err := canSetUp(r, g); err != nil {
		return Plan{}, err
	}
	s, d := r.World.Setup, draftSetUp(r, g)
	p := Plan{Title: SetupTitle, Purpose: PurposeSetUp, Command: "romm-admin setup apply", Changes: []Change{}}
	add := func(kind ChangeKind, object string, label, before, after model.Untrusted, reason string) {
		c := Change{Kind: kind, Side: SideAuthentik, Object: object, Label: label, Before: before, After: after, Reason: reason}
		if !c.same(before, after) {
			p.Changes = append(p.Changes, c)
		}
	}
	if g.startsToVouch(r.World, d) {
		p.Changes = append(p.Changes, vouchForMatches(r)...)
		if len(p.Changes) > 0 {
			p.Warning = r.World.WriteWarning
		}
	}
	for _, m := range []*model.ScopeMapping{d.email, d.roles} {
		if m == nil {
			continue
		}
		before := model.Untrusted("")
		if have, ok := s.Mapping(m.Mark); ok {
			before = encodeMapping(have, r.World.GroupName)
		}
		add(ChangeScopeMapping, m.Mark, m.Name, before, encodeMapping(*m, r.World.GroupName), setupReason(m.Mark))
	}
	before := model.Untrusted("")
	if s.Provider != nil {
		before = encodeProvider(*s.Provider)
	}
	add(ChangeProvider, d.provider.ClientID, d.provider.Name, before, encodeProvider(d.provider), "RomM signs people in through it")
	if d.application != nil {
		before := model.Untrusted("")
		if s.Application != nil {
			before = encodeApplication(*s.Application)
		}
		add(ChangeApplication, d.application.Slug, d.application.Name, before, encodeApplication(*d.application), "it ties RomM's address in Authentik to the provider")
	}
	if text := s.TextCompanion; d.roles != nil && text != nil && g.Companion == nil && g.LastCompanion != "" && *text != g.LastCompanion {
		p.Warning = joined(p.Warning, fmt.Sprintf("the text of %s asks %s, and romm-admin wrote %s: is that right?", d.roles.Name, model.OrNone(*text), model.Clean(g.LastCompanion)))
	}
	return withWarnings(r, p).WithTests(g.Needs), nil
}

// SetupTitle is the title of the plans that set up.
const SetupTitle = "set up Authentik for RomM"

func setupReason(mark string) string {
	if mark == model.MarkEmail {
		return "RomM lets in nobody whose address Authentik does not call verified"
	}
	return "it sends the roles of the role map"
}

// newRedirect reports whether RomM's provider does not allow this address yet.
func newRedirect(w model.World, address string) bool {
	p := w.Setup.Provider
	return p == nil || !slices.Contains(p.RedirectURIs, model.RedirectURI{URL: address})
}

// nameAddress is how RomM's address is given. Without a RomM to read, the base
// URL alone would ask for a token.
func nameAddress(w model.World) string {
	if w.RomM.Embedded {
		return "set OIDC_REDIRECT_URI, as RomM is started with it: its address followed by /api/oauth/openid; no token of RomM is needed"
	}
	return "set ROMM_BASE_URL, or OIDC_REDIRECT_URI"
}

// canSetUp says what is missing before a plan can be made.
func canSetUp(r *model.Review, g SetupGoal) error {
	w := r.World
	missing := func(what, permission string) error {
		return &model.Error{
			Code: model.CodeNotFound, Msg: "Authentik has no " + what + " that this token can see",
			Hint: "give the token's role the permission " + permission + ", or make it in Authentik",
		}
	}
	fresh := w.Setup.Provider == nil
	if !fresh && w.Setup.Known {
		for _, m := range w.Setup.Provider.Mappings {
			if w.Setup.ScopeOf(m.ID) == "" { // it may be of a scope that one of ours is for (S10)
				return &model.Error{
					Code: model.CodeUnavailable, Msg: fmt.Sprintf("RomM's provider selects the mapping %s, which this token cannot see", m),
					Hint: "give the token's role the permission authentik_providers_oauth2.view_scopemapping",
				}
			}
		}
	}
	unsigned := fresh || w.Setup.Provider.SigningKey.ID == ""
	switch {
	case !w.Setup.Known:
		return &model.Error{
			Code: model.CodeUnavailable, Msg: "what Authentik has for RomM is not known as a whole",
			Hint: "the notes say what is missing, and `romm-admin check` which permission; nothing is set up from half a list",
		}
	case fresh && g.Needs.ProvidersHidden:
		return &model.Error{
			Code: model.CodeUnavailable, Msg: "this token sees no provider in Authentik, and could not find the one again that is made",
			Hint: "give the token's role the permission authentik_providers_oauth2.view_oauth2provider",
		}
	case g.RedirectURI == "":
		return &model.Error{Code: model.CodeInvalid, Msg: "RomM's address is not known", Hint: nameAddress(w)}
	case newRedirect(w, g.RedirectURI) && model.CheckRedirectURI(g.RedirectURI) != "":
		return &model.Error{
			Code: model.CodeInvalid, Msg: model.CheckRedirectURI(g.RedirectURI) + ": " + model.Clean(g.RedirectURI),
			Hint: "reach RomM over https, and set ROMM_BASE_URL, or OIDC_REDIRECT_URI, to that address",
		}
	case fresh && g.ClientID == "":
		return &model.Error{Code: model.CodeInvalid, Msg: "a new provider needs a client id", Hint: "set OIDC_CLIENT_ID"}
	case fresh && g.Needs.AuthorizationFlow.ID == "":
		return missing("flow for signing in without a consent page", "authentik_flows.view_flow")
	case fresh && g.Needs.InvalidationFlow.ID == "":
		return missing("flow for signing out", "authentik_flows.view_flow")
	case unsigned && g.Needs.SigningKey.ID == "":
		return missing("certificate to sign with", "authentik_crypto.view_certificatekeypair")
	case w.Setup.Application != nil && fresh && w.Setup.Application.Provider != "":
		return &model.Error{
			Code: model.CodeConflict, Msg: fmt.Sprintf("the application %s holds a provider that is no OAuth2 provider", w.Setup.Application.Name),
			Hint: "take it from that application in Authentik, or choose another slug with OIDC_SERVER_APPLICATION_URL",
		}
	}
	return nil
}
