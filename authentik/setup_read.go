package authentik

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// describeSetup says what was read of the objects that set-up makes. p is
// RomM's provider, nil if there is none.
func (r *reading) describeSetup(ctx context.Context, p *wireOAuthProvider) model.Setup {
	out := model.Setup{Known: r.mappingsShort == "" && r.applicationKnown, Slug: r.c.cfg.Application, Newest: r.c.templates.numbers(), Engine: policyEngine(ParseRelease(r.version)), Root: r.c.root.String()}
	refs := refsOf(r.mappings)
	for _, m := range r.mappings {
		if ours(m.Managed) {
			described := r.c.templates.describe(m)
			out.Mappings = append(out.Mappings, described)
			if m.Managed == ManagedRoles && described.Unknown != "" {
				out.TextCompanion = companionIn(m.Expression)
			}
			continue
		}
		out.Others = append(out.Others, model.OtherMapping{Ref: refs.byID[strings.ToLower(m.ID)], Scope: m.Scope})
	}
	slices.SortFunc(out.Mappings, func(a, b model.ScopeMapping) int { return strings.Compare(a.Mark, b.Mark) })
	out.Classifier = classes{templates: r.c.templates, version: r.version, claim: r.c.cfg.ClaimRoles, known: refs.byRef}
	clients := map[int64]string{}
	if p != nil {
		described := p.describe(refs)
		out.Provider, clients[p.PK] = &described, p.ClientID
		out.SecretDiffers = r.c.cfg.ClientSecret != "" && p.Secret != "" && r.c.cfg.ClientSecret != p.Secret
	}
	if p == nil && out.Known {
		out.NoDiscovery = r.noDiscovery(ctx)
	}
	out.Definitions, out.NoDefinitions = r.definitions(ctx)
	app := r.heldBy(ctx, p)
	if p != nil && p.Slug != nil && *p.Slug != "" && (app == nil || app.Slug != *p.Slug) {
		out.Known = false
		r.warnProvider(fmt.Sprintf("the application %q of RomM's provider cannot be seen with this token (permission %s)",
			model.Clean(*p.Slug), permViewApplication))
	}
	if app != nil {
		described := app.describe(clients)
		out.Application = &described
		bindings, err := r.c.bindings(ctx, *app)
		out.BindingsKnown = err == nil
		if err != nil && ctx.Err() == nil {
			r.warnProvider(withHint("who may use RomM's application is not known: ", err))
		}
		for _, b := range bindings {
			out.Bindings = append(out.Bindings, b.describe(app.Slug))
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
	app, err := r.c.application(ctx, *p.Slug)
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

// readSelectors finds out who selects our mappings other than RomM's provider p,
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

// classes classifies providers as they would be, with the mappings of people
// and of Authentik as they were read.
type classes struct {
	templates      templates
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
		if next, err := c.templates.render("predict", own[at]); err == nil {
			next.ID, m = m.ID, next
		} else if !ok || !c.templates.describe(m).Same(own[at]) {
			m.Hidden = true
		}
		selected = append(selected, m)
	}
	out := c.templates.classify(c.version, c.claim, selected)
	out.NoClaimsInIDToken = p.NoClaimsInIDToken
	out.Fingerprint = fingerprint(c.version, p.NoClaimsInIDToken, selected)
	return out
}
