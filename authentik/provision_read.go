package authentik

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// describeSetup says what was read of the objects that set-up makes. p is
// RomM's provider, nil if there is none.
func (r *reading) describeSetup(ctx context.Context, p *wireOAuthProvider) model.Setup {
	out := model.Setup{Known: r.mappingsShort == "" && r.applicationKnown, Slug: r.c.cfg.Application}
	refs := refsOf(r.mappings)
	for _, m := range r.mappings {
		if ours(m.Managed) {
			out.Mappings = append(out.Mappings, describeMapping(m))
			continue
		}
		out.Others = append(out.Others, model.OtherMapping{Ref: refs.byID[strings.ToLower(m.ID)], Scope: m.Scope})
	}
	slices.SortFunc(out.Mappings, func(a, b model.ScopeMapping) int { return strings.Compare(a.Mark, b.Mark) })
	out.Classifier = classes{version: r.version, claim: r.c.cfg.ClaimRoles, known: refs.byRef}
	if p != nil {
		described := describeOAuthProvider(p.provider(), refs)
		out.Provider = &described
		out.SecretDiffers = r.c.cfg.ClientSecret != "" && p.Secret != "" && r.c.cfg.ClientSecret != p.Secret
	}
	app := r.heldBy(ctx, p)
	if p != nil && p.Slug != nil && *p.Slug != "" && (app == nil || app.Slug != *p.Slug) {
		out.Known = false
		r.warnProvider(fmt.Sprintf("the application %q of RomM's provider cannot be seen with this token (permission %s)",
			model.Clean(*p.Slug), permViewApplication))
	}
	if app != nil {
		described := describeApplication(app.application(), out.Provider)
		out.Application = &described
		bindings, err := r.c.Bindings(ctx, app.PK)
		out.BindingsKnown = err == nil
		if err != nil && ctx.Err() == nil {
			r.warnProvider(withHint("who may use RomM's application is not known: ", err))
		}
		for _, b := range bindings {
			out.Bindings = append(out.Bindings, describeBinding(app.Slug, b))
		}
	}
	return out
}

// heldBy is the application of the provider: the one with RomM's slug, unless
// another one holds it.
func (r *reading) heldBy(ctx context.Context, p *wireOAuthProvider) *wireApplication {
	if p == nil || p.Slug == nil || r.application != nil && r.application.Slug == *p.Slug {
		return r.application
	}
	k := call{
		op: "read the application " + model.Clean(*p.Slug), path: applicationPath(*p.Slug),
		permission: permViewApplication, limit: documentLimit,
	}
	var app wireApplication
	body, err := r.c.get(ctx, k)
	if err == nil {
		err = decode(k, body, &app)
	}
	if err != nil {
		return r.application
	}
	return &app
}

// refs translates between the UUIDs of mappings and what plans call them by.
type refs struct {
	byID  map[string]model.Ref
	byRef map[string]Mapping
}

func refsOf(all []Mapping) refs {
	out := refs{make(map[string]model.Ref, len(all)), make(map[string]Mapping, len(all))}
	for _, m := range all {
		ref := model.Ref{ID: m.Managed, Name: m.Name}
		if m.Managed == "" {
			ref.ID = strings.ToLower(m.ID)
		}
		out.byID[strings.ToLower(m.ID)], out.byRef[ref.ID] = ref, m
	}
	return out
}

// readSelectors finds out who selects our mappings besides RomM's provider p,
// which may be nil.
func (r *reading) readSelectors(ctx context.Context, p *wireOAuthProvider) model.Selectors {
	out := model.Selectors{Names: map[string][]model.Untrusted{}}
	var all []wireOAuthProvider
	err := model.CatchPanic(func() (err error) {
		all, err = r.c.providers(ctx, call{op: "list the providers", query: url.Values{"ordering": {"pk"}}})
		return err
	})
	if err != nil {
		return model.Selectors{Unknown: model.Clean(err.Error())}
	}
	for _, m := range r.mappings {
		if !ours(m.Managed) {
			continue
		}
		for _, other := range all {
			if (p == nil || other.PK != p.PK) && other.selects(m.ID) {
				out.Names[m.Managed] = append(out.Names[m.Managed], other.Name)
			}
		}
		slices.Sort(out.Names[m.Managed])
	}
	return out
}

func describeOAuthProvider(p OAuthProvider, known refs) model.OAuthProvider {
	out := model.OAuthProvider{
		PK: p.PK, Name: p.Name, ClientID: p.ClientID, Public: !p.Confidential,
		AuthorizationFlow: model.Ref{ID: p.AuthorizationFlow}, InvalidationFlow: model.Ref{ID: p.InvalidationFlow},
		SigningKey: model.Ref{ID: p.SigningKey}, EncryptionKey: model.Ref{ID: p.EncryptionKey},
		NoClaimsInIDToken: !p.ClaimsInIDToken, GrantTypes: p.GrantTypes, SubMode: p.SubMode, IssuerMode: p.IssuerMode,
	}
	for _, u := range p.RedirectURIs {
		out.RedirectURIs = append(out.RedirectURIs, model.RedirectURI(u))
	}
	for _, id := range p.Mappings {
		ref, ok := known.byID[strings.ToLower(id)]
		if !ok {
			ref = model.Ref{ID: strings.ToLower(id)}
		}
		out.Mappings = append(out.Mappings, ref)
	}
	return out
}

func describeApplication(a Application, p *model.OAuthProvider) model.Application {
	out := model.Application{Name: a.Name, Slug: a.Slug, Mode: a.Mode}
	switch {
	case p != nil && a.Provider == p.PK:
		out.Provider = p.ClientID
	case a.Provider != 0:
		out.Provider = "#" + strconv.FormatInt(a.Provider, 10)
	}
	return out
}

func describeBinding(slug string, b Binding) model.Binding {
	return model.Binding{
		Application: slug, Group: b.Group, User: b.User, Policy: b.Policy, Order: b.Order, Disabled: !b.Enabled, Negate: b.Negate,
	}
}

// classes classifies providers as they would be, with the mappings of people
// and of Authentik as they were read.
type classes struct {
	version, claim string
	known          map[string]Mapping // by Ref.ID
}

// Classify implements model.Classifier.
func (c classes) Classify(p model.OAuthProvider, own []model.ScopeMapping) model.Provider {
	var selected []Mapping
	for _, ref := range p.Mappings {
		m, ok := c.known[ref.ID]
		if !ours(ref.ID) {
			if !ok {
				m = Mapping{ID: ref.ID, Name: "mapping " + model.Untrusted(ref.ID), Hidden: true}
			}
			selected = append(selected, m)
			continue
		}
		at := slices.IndexFunc(own, func(o model.ScopeMapping) bool { return o.Mark == ref.ID })
		if at < 0 {
			continue // it goes from the provider with its removal
		}
		if next, err := renderMapping("predict", own[at]); err == nil {
			next.ID, m = m.ID, next
		} else if !ok || !describeMapping(m).Same(own[at]) {
			m.Hidden = true
		}
		selected = append(selected, m)
	}
	out := Classify(c.version, c.claim, selected)
	out.NoClaimsInIDToken = p.NoClaimsInIDToken
	out.Fingerprint = fingerprint(c.version, p.NoClaimsInIDToken, selected)
	return out
}

// SetupNeeds looks up what set-up builds on: flows and a key to sign with. One
// that is not there, or that the token may not see, is left empty.
func (c *Client) SetupNeeds(ctx context.Context) (model.SetupNeeds, error) {
	var out model.SetupNeeds
	for slug, ref := range map[string]*model.Ref{FlowImplicitConsent: &out.AuthorizationFlow, FlowInvalidation: &out.InvalidationFlow} {
		id, err := c.FlowID(ctx, slug)
		if err != nil && !absent(err) {
			return out, err
		}
		if err == nil {
			*ref = model.Ref{ID: id, Name: model.Untrusted(slug)}
		}
	}
	keys, err := c.SigningKeys(ctx)
	if err != nil && !absent(err) {
		return out, err
	}
	// The pair that Authentik made at its first start, or else the only one
	// that there is: which of several to take is not ours to say.
	for _, k := range keys {
		if k.Name == SigningKeyName || len(keys) == 1 {
			out.SigningKey = model.Ref{ID: k.ID, Name: k.Name}
		}
	}
	return out, nil
}

// absent says that the token does not see something, for whichever reason.
func absent(err error) bool {
	code := model.CodeOf(err)
	return code == model.CodeNotFound || code == model.CodeForbidden
}

// ClientSecret reads the secret of RomM's provider.
func (c *Client) ClientSecret(ctx context.Context, clientID string) (model.Secret, error) {
	p, err := c.FindProvider(ctx, clientID)
	if err == nil && (p.PK == 0 || p.ClientSecret == "") {
		err = &model.Error{
			Code: model.CodeNotFound, Op: "read the client secret", Msg: "Authentik has no provider with that client id that this token can see",
			Hint: "see `romm-admin setup check`",
		}
	}
	return p.ClientSecret, err
}
