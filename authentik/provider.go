package authentik

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/romm-admin/romm-admin/model"
)

// readProvider finds RomM's provider and reads what predicts its claims. What
// cannot be read leaves Provider.Found false and a warning; only a cancelled
// context is an error.
func (r *reading) readProvider(ctx context.Context) error {
	p, err := r.findProvider(ctx)
	if err == nil {
		err = r.readMappings(ctx)
	}
	var selectors model.Selectors
	var wg sync.WaitGroup
	if err == nil && slices.ContainsFunc(r.mappings, func(m Mapping) bool { return ours(m.Managed) }) {
		wg.Go(func() { selectors = r.readSelectors(ctx, p) })
	}
	if err == nil && p != nil {
		r.describeProvider(ctx, *p)
	}
	if err == nil && ctx.Err() == nil {
		r.setup = r.describeSetup(ctx, p)
	}
	wg.Wait()
	r.setup.Selectors = selectors
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		r.provider = model.Provider{}
		r.warnProvider(withHint("RomM's provider in Authentik could not be read: ", err))
	}
	return nil
}

func (r *reading) warnProvider(text string) {
	r.providerWarnings = append(r.providerWarnings, text)
}

func withHint(prefix string, err error) string {
	text := prefix + err.Error()
	if hint := model.HintOf(err); hint != "" {
		text += " (" + hint + ")"
	}
	return text
}

// findProvider looks the application up by its slug: the list of applications
// shows only those that the token's user may open (docs/authentik.md 4.2). It
// returns nil after a warning when there is none.
func (r *reading) findProvider(ctx context.Context) (*wireOAuthProvider, error) {
	slug := r.c.cfg.Application
	app, err := r.c.application(ctx, slug)
	if err == nil {
		r.application = &app
	}
	r.applicationKnown = err == nil || model.CodeOf(err) == model.CodeNotFound
	if err == nil && app.Provider != nil {
		return r.oauthProvider(ctx, *app.Provider)
	}
	if r.c.cfg.ClientID != "" && ctx.Err() == nil {
		return r.providerByClientID(ctx)
	}
	switch {
	case err == nil:
		r.warnProvider(fmt.Sprintf("the application %q in Authentik has no provider", slug))
		return nil, nil
	case model.CodeOf(err) == model.CodeNotFound:
		r.warnProvider(fmt.Sprintf("Authentik has no application with the slug %q that this token can see", slug))
		return nil, nil
	}
	return nil, err
}

func (r *reading) oauthProvider(ctx context.Context, pk int64) (*wireOAuthProvider, error) {
	p, err := r.c.provider(ctx, "read RomM's provider", pk)
	if model.CodeOf(err) == model.CodeNotFound {
		r.warnProvider(fmt.Sprintf("the provider of the application %q is not an OAuth2 provider, or the token cannot see it",
			r.c.cfg.Application))
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	// The slug that led here is the right one, also on versions that leave
	// the assigned slug out.
	p.Slug = &r.c.cfg.Application
	return &p, nil
}

func (r *reading) providerByClientID(ctx context.Context) (*wireOAuthProvider, error) {
	p, err := r.c.providerOf(ctx, "find RomM's provider by its client id", r.c.cfg.ClientID)
	if err != nil {
		return nil, err
	}
	if p.PK != 0 {
		return &p, nil
	}
	r.warnProvider(fmt.Sprintf("Authentik has neither an application with the slug %q nor a provider with RomM's client id",
		r.c.cfg.Application))
	return nil, nil
}

// describeProvider reads the selected mappings and the discovery document.
func (r *reading) describeProvider(ctx context.Context, p wireOAuthProvider) {
	selected := r.selectedMappings(p.Mappings)
	for _, text := range duplicateScopes(r.c.cfg.ClaimRoles, selected) {
		r.warnProvider(text)
	}
	out := r.c.templates.classify(r.version, r.c.cfg.ClaimRoles, selected)
	out.Found, out.PK, out.Name = true, p.PK, p.Name
	out.NoClaimsInIDToken, out.SubMode = p.InToken != nil && !*p.InToken, p.SubMode
	out.Fingerprint = fingerprint(r.version, out.NoClaimsInIDToken, selected)
	if p.Slug != nil {
		out.Application = *p.Slug
		r.discovery(ctx, *p.Slug, &out)
	} else {
		r.warnProvider(fmt.Sprintf("RomM's provider %q belongs to no application, so nobody can sign in with it", p.Name))
	}
	r.provider = out
}

// duplicateScopes warns of several mappings of a scope whose claims decide
// (S10): which of them counts is not defined, and a preview shows only how it
// is today.
func duplicateScopes(claimRoles string, selected []Mapping) (warnings []string) {
	for _, scope := range slices.Compact([]string{scopeEmail, claimRoles}) {
		var names []string
		for _, m := range selected {
			if m.Scope == scope && !m.Hidden {
				names = append(names, m.Name.String())
			}
		}
		if len(names) > 1 {
			warnings = append(warnings, fmt.Sprintf("RomM's provider selects %d mappings of the scope %s (%s): Authentik does not define which of them counts, "+
				"and a preview shows only today's order; leave one selected", len(names), model.Clean(scope), strings.Join(names, ", ")))
		}
	}
	return warnings
}

// fingerprint changes with everything that the provider's claims depend on,
// people and groups aside.
func fingerprint(version string, noClaims bool, selected []Mapping) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%q %v", version, noClaims)
	for _, m := range selected {
		_, _ = fmt.Fprintf(h, " %q %q %q", m.ID, m.Scope, m.Expression)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// readMappings reads all scope mappings.
func (r *reading) readMappings(ctx context.Context) error {
	l := mappingList()
	all, short, err := l.read(ctx, r.c)
	if err != nil {
		return err
	}
	if short != "" {
		r.warnProvider(short)
	}
	r.mappingsShort = short
	for _, m := range all {
		r.mappings = append(r.mappings, m.mapping())
	}
	return nil
}

// selectedMappings are the scope mappings that the provider selects, in the
// provider's order. One that the token cannot see is kept as unknown.
func (r *reading) selectedMappings(ids []string) []Mapping {
	byID := make(map[string]Mapping, len(r.mappings))
	for _, m := range r.mappings {
		byID[strings.ToLower(m.ID)] = m
	}
	out := make([]Mapping, 0, len(ids))
	for _, id := range ids {
		m, ok := byID[strings.ToLower(id)]
		if !ok {
			out = append(out, Mapping{ID: id, Name: model.Untrusted("mapping " + id), Hidden: true})
			r.warnProvider(fmt.Sprintf("the mapping %s of RomM's provider cannot be seen with this token (permission %s)",
				model.Clean(id), permViewMapping))
			continue
		}
		out = append(out, m)
	}
	return out
}

// noDiscovery reports whether RomM finds no discovery document under its slug. It
// is public, so that a 404 is no matter of what this token may see.
func (r *reading) noDiscovery(ctx context.Context) bool {
	_, err := r.c.get(ctx, call{
		op: "look for the discovery document", limit: documentLimit, public: true, within: mappingTimeout, path: discoveryPath(r.c.cfg.Application),
	})
	return model.CodeOf(err) == model.CodeNotFound
}

func discoveryPath(slug string) string {
	return "/application/o/" + url.PathEscape(slug) + "/.well-known/openid-configuration"
}

// discovery reads issuer and claims_supported of the public discovery document,
// without the token. Where it cannot be read it warns, and keeps why.
func (r *reading) discovery(ctx context.Context, slug string, out *model.Provider) {
	k := call{
		op: "read the discovery document", limit: documentLimit, public: true, within: mappingTimeout,
		path: discoveryPath(slug),
	}
	var doc struct {
		Issuer string   `json:"issuer"`
		Claims []string `json:"claims_supported"`
	}
	body, err := r.c.get(ctx, k)
	if err == nil {
		err = json.Unmarshal(body, &doc)
	}
	if err != nil {
		if ctx.Err() == nil {
			r.warnProvider(withHint("the claims that Authentik announces are not known: ", out.Blame(err)))
		}
		out.NoDiscovery = withHint("", out.Blame(err))
		return
	}
	out.Issuer, out.ClaimsSupported = doc.Issuer, doc.Claims
}
