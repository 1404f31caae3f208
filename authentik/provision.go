package authentik

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// describeMapping says what a mapping does; a text that is not one of our
// templates is only known by its sum.
func describeMapping(m Mapping) model.ScopeMapping {
	out := model.ScopeMapping{Mark: m.Managed, Name: m.Name, Scope: m.Scope}
	known, _ := Recognise(m.Expression)
	switch known.Kind {
	case KindEmailAlways:
		out.Verified = model.VerifiedAlways
	case KindEmailAddress:
		out.Verified = model.VerifiedAddress
	case KindRoles:
		table := known.Roles.Compiled()
		out.Roles = &table
	default:
		out.Unknown = model.UnknownText(strings.TrimSpace(m.Expression))
	}
	return out
}

// renderMapping is the mapping that does what m says.
func renderMapping(op string, m model.ScopeMapping) (Mapping, error) {
	out := Mapping{Name: m.Name, Scope: m.Scope, Managed: m.Mark}
	switch {
	case m.Roles != nil:
		t := *m.Roles
		text, err := RenderRoles(RolesParams{CompanionURL: t.Companion, Table: t.Rows, Rank: t.Rank, Default: t.Default})
		out.Expression = text
		return out, err
	case m.Verified == model.VerifiedAddress:
		out.Expression = EmailAddress
	case m.Verified == model.VerifiedAlways:
		out.Expression = EmailAlways
	default:
		return out, &model.Error{
			Code: model.CodeRefused, Op: op, Msg: fmt.Sprintf("the text that the mapping %q had was not made by romm-admin, and is not kept", m.Name),
			Hint: "restore it in Authentik, from wherever it came",
		}
	}
	return out, nil
}

// SetMapping makes, changes or removes the scope mapping with that mark, which
// must be one of ours; nil is none. It refuses with CodeConflict what is not
// as before any more (S35), writes, and reads back.
func (c *Client) SetMapping(ctx context.Context, mark string, before, after *model.ScopeMapping) error {
	const op = "write a scope mapping"
	if before == nil && after == nil || before != nil && before.Mark != mark || after != nil && after.Mark != mark {
		return notOne(op)
	}
	var want Mapping
	if after != nil {
		var err error
		if want, err = renderMapping(op, *after); err != nil {
			return err
		}
	}
	if before == nil {
		_, err := c.CreateMapping(ctx, want)
		return err
	}
	now, err := c.FindMapping(ctx, mark)
	switch {
	case err != nil:
		return err
	case now.ID == "":
		return conflict(op, fmt.Sprintf("Authentik has no mapping %q of romm-admin any more", before.Name))
	case !describeMapping(now).Same(*before):
		return conflict(op, fmt.Sprintf("the mapping %q is not as it was seen", now.Name))
	case after == nil:
		return c.DeleteMapping(ctx, now)
	}
	want.ID = now.ID
	_, err = c.UpdateMapping(ctx, now, want)
	return err
}

// SetProvider makes, changes or removes the OAuth2 provider with that client
// id, with the rules of SetMapping. A client secret is drawn when it is made
// and never changed. What it selects anew of our mappings is tested first (S11).
func (c *Client) SetProvider(ctx context.Context, clientID string, before, after *model.OAuthProvider) error {
	const op = "write a provider"
	if before == nil && after == nil || before != nil && before.ClientID != clientID || after != nil && after.ClientID != clientID {
		return notOne(op)
	}
	all, err := c.Mappings(ctx)
	if err != nil {
		return err
	}
	known := refsOf(all)
	now, err := c.FindProvider(ctx, clientID)
	if err != nil {
		return err
	}
	if before == nil {
		want, err := renderProvider(op, *after, OAuthProvider{}, known)
		if err == nil && now.PK == 0 {
			err = c.prove(ctx, op, want.Mappings, known)
		}
		if err == nil {
			_, err = c.CreateProvider(ctx, want)
		}
		return err
	}
	switch {
	case now.PK == 0:
		return conflict(op, fmt.Sprintf("Authentik has no provider %q with that client id any more", before.Name))
	case !describeOAuthProvider(now, known).Same(*before):
		return conflict(op, fmt.Sprintf("the provider %q is not as it was seen", now.Name))
	case after == nil:
		return c.DeleteProvider(ctx, now)
	}
	want, err := renderProvider(op, *after, now, known)
	if err == nil {
		added := slices.DeleteFunc(slices.Clone(want.Mappings), func(id string) bool { return slices.Contains(now.Mappings, id) })
		err = c.prove(ctx, op, added, known)
	}
	if err == nil {
		_, err = c.UpdateProvider(ctx, now, want)
	}
	return err
}

func notOne(op string) error {
	return &model.Error{Code: model.CodeInvalid, Op: op, Msg: "before and after are not the same object", Hint: "reload and try again"}
}

// renderProvider is now with everything that p says.
func renderProvider(op string, p model.OAuthProvider, now OAuthProvider, known refs) (OAuthProvider, error) {
	out := now
	out.Name, out.ClientID, out.Confidential = p.Name, p.ClientID, !p.Public
	out.AuthorizationFlow, out.InvalidationFlow = p.AuthorizationFlow.ID, p.InvalidationFlow.ID
	out.SigningKey, out.EncryptionKey = p.SigningKey.ID, p.EncryptionKey.ID
	out.ClaimsInIDToken = !p.NoClaimsInIDToken
	if p.GrantTypes != nil {
		out.GrantTypes = p.GrantTypes
	}
	if p.SubMode != "" {
		out.SubMode = p.SubMode
	}
	if p.IssuerMode != "" {
		out.IssuerMode = p.IssuerMode
	}
	out.RedirectURIs, out.Mappings = nil, nil
	for _, u := range p.RedirectURIs {
		out.RedirectURIs = append(out.RedirectURIs, RedirectURI(u))
	}
	for _, ref := range p.Mappings {
		m, ok := known.byRef[ref.ID]
		if !ok {
			return out, conflict(op, fmt.Sprintf("Authentik has no scope mapping %s that this token can see", model.Clean(ref.ID)))
		}
		out.Mappings = append(out.Mappings, m.ID)
	}
	return out, nil
}

// SetApplication makes, changes or removes the application with that slug,
// with the rules of SetMapping.
func (c *Client) SetApplication(ctx context.Context, slug string, before, after *model.Application) error {
	const op = "write an application"
	if before == nil && after == nil || before != nil && before.Slug != slug || after != nil && after.Slug != slug {
		return notOne(op)
	}
	var want Application
	if after != nil {
		want = Application{Name: after.Name, Slug: slug, Mode: after.Mode}
	}
	if after != nil && after.Provider != "" {
		p, err := c.FindProvider(ctx, after.Provider)
		if err != nil {
			return err
		}
		if want.Provider = p.PK; p.PK == 0 {
			return conflict(op, "Authentik has no OAuth2 provider with the client id "+show(after.Provider, "(none)"))
		}
	}
	if before == nil {
		_, err := c.CreateApplication(ctx, want)
		return err
	}
	now, err := c.findApplication(ctx, slug)
	if err != nil {
		return err
	}
	if now.ID == "" {
		return conflict(op, fmt.Sprintf("Authentik has no application %q any more", slug))
	}
	same, err := c.applicationIs(ctx, now, *before)
	switch {
	case err != nil:
		return err
	case !same:
		return conflict(op, fmt.Sprintf("the application %q is not as it was seen", now.Name))
	case after == nil:
		return c.DeleteApplication(ctx, now)
	}
	want.ID = now.ID
	_, err = c.UpdateApplication(ctx, now, want)
	return err
}

// applicationIs compares an application with what was seen of it.
func (c *Client) applicationIs(ctx context.Context, now Application, seen model.Application) (bool, error) {
	var p *model.OAuthProvider
	if seen.Provider != "" && !strings.HasPrefix(seen.Provider, "#") {
		found, err := c.FindProvider(ctx, seen.Provider)
		if err != nil {
			return false, err
		}
		if found.PK == 0 {
			return false, nil // it held a provider that is gone
		}
		p = &model.OAuthProvider{PK: found.PK, ClientID: seen.Provider}
	}
	return describeApplication(now, p).Same(seen), nil
}

// SetBinding makes or removes the binding of one group or user, with the rules
// of SetMapping. A binding that is there is not changed: it is removed and
// made anew.
func (c *Client) SetBinding(ctx context.Context, before, after *model.Binding) error {
	const op = "write a binding"
	one := before
	if one == nil {
		one = after
	}
	switch {
	case one == nil || before != nil && after != nil && before.Object() != after.Object():
		return notOne(op)
	case one.Policy != "" || before != nil && after != nil:
		return refused(op, "a binding of a group or a user is made or removed, nothing else")
	}
	app, err := c.ReadApplication(ctx, one.Application)
	if err != nil {
		return err
	}
	if before == nil {
		_, err := c.CreateBinding(ctx, Binding{
			Target: app.ID, Group: after.Group, User: after.User, Order: after.Order, Enabled: !after.Disabled, Negate: after.Negate,
		})
		return err
	}
	all, err := c.Bindings(ctx, app.ID)
	if err != nil {
		return err
	}
	for _, b := range all {
		if describeBinding(app.Slug, b) == *before {
			return c.DeleteBinding(ctx, b)
		}
	}
	return conflict(op, "the binding is not as it was seen")
}
