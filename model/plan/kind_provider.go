package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// ChangeProvider makes, alters or removes RomM's OAuth2 provider. Object is the
// client id.
const ChangeProvider ChangeKind = "oauth-provider"

type provider struct{ object[model.OAuthProvider] }

var providers = object[model.OAuthProvider]{parse: parseProvider, equal: model.OAuthProvider.Same}

// Providers decodes the two values of a ChangeProvider; nil is an absent object.
func (c Change) Providers() (before, after *model.OAuthProvider, err error) {
	return providers.beforeAfter(c)
}

type providerJSON struct {
	Name              model.Untrusted     `json:"name"`
	ClientID          model.Untrusted     `json:"client_id"`
	Public            bool                `json:"public,omitempty"`
	AuthorizationFlow model.Ref           `json:"authorization_flow"`
	InvalidationFlow  model.Ref           `json:"invalidation_flow"`
	SigningKey        model.Ref           `json:"signing_key"`
	EncryptionKey     model.Ref           `json:"encryption_key"`
	RedirectURIs      []model.RedirectURI `json:"redirect_uris"`
	Mappings          []model.Ref         `json:"mappings"`
	ClaimsInIDToken   bool                `json:"claims_in_id_token"`
	GrantTypes        []string            `json:"grant_types"`
	SubMode           string              `json:"sub_mode,omitempty"`
	IssuerMode        string              `json:"issuer_mode,omitempty"`
}

func encodeProvider(p model.OAuthProvider) model.Untrusted {
	return canonicalJSON(providerJSON{
		p.Name, model.Untrusted(p.ClientID), p.Public, p.AuthorizationFlow, p.InvalidationFlow, p.SigningKey, p.EncryptionKey,
		append([]model.RedirectURI{}, p.RedirectURIs...), model.ByID(p.Mappings), !p.NoClaimsInIDToken, p.GrantTypes, p.SubMode, p.IssuerMode,
	})
}

func parseProvider(_ string, text model.Untrusted) (model.OAuthProvider, error) {
	var in providerJSON
	err := strictJSON(text, &in)
	return model.OAuthProvider{
		Name: in.Name, ClientID: in.ClientID.Raw(), Public: in.Public, AuthorizationFlow: in.AuthorizationFlow,
		InvalidationFlow: in.InvalidationFlow, SigningKey: in.SigningKey, EncryptionKey: in.EncryptionKey,
		RedirectURIs: in.RedirectURIs, Mappings: in.Mappings, NoClaimsInIDToken: !in.ClaimsInIDToken,
		GrantTypes: in.GrantTypes, SubMode: in.SubMode, IssuerMode: in.IssuerMode,
	}, err
}

// lines names what the two ends call by one name by the id too, so that what
// is swapped can be seen.
func (k provider) lines(c Change, v model.Untrusted) []string {
	before, after, err := k.beforeAfter(c)
	p, perr := k.parse(c.Object, v)
	if err != nil || perr != nil {
		return []string{v.String()}
	}
	var all []model.OAuthProvider
	for _, end := range []*model.OAuthProvider{before, after, &p} {
		if end != nil {
			all = append(all, *end)
		}
	}
	return providerLines(named(p, all...), all...)
}

// sharesName reports whether a mapping of one of these providers is called as r
// is and is another one.
func sharesName(r model.Ref, among []model.OAuthProvider) bool {
	return slices.ContainsFunc(among, func(p model.OAuthProvider) bool {
		return slices.ContainsFunc(p.Mappings, func(o model.Ref) bool { return o.Name == r.Name && o.ID != r.ID })
	})
}

func providerLines(p model.OAuthProvider, among ...model.OAuthProvider) []string {
	out := []string{
		fmt.Sprintf("name %s", p.Name), "client id " + model.Clean(p.ClientID),
		fmt.Sprintf("authorization flow %s", p.AuthorizationFlow), fmt.Sprintf("invalidation flow %s", p.InvalidationFlow),
		fmt.Sprintf("signing key %s", p.SigningKey),
	}
	for _, u := range p.RedirectURIs {
		kind := "redirect URI"
		if u.Logout {
			kind = "redirect URI after signing out"
		}
		if u.Regex {
			kind += ", as a pattern,"
		}
		out = append(out, kind+" "+model.Clean(u.URL))
	}
	for _, m := range p.Mappings {
		line := fmt.Sprintf("scope mapping %s", m)
		if m.Name != "" && sharesName(m, among) {
			line += " (" + model.Clean(m.ID) + ")"
		}
		out = append(out, line)
	}
	for _, x := range []struct {
		said bool
		text string
	}{
		{p.Public, "public client, without a secret"},
		{p.EncryptionKey.ID != "", fmt.Sprintf("encryption key %s", p.EncryptionKey)},
		{p.NoClaimsInIDToken, "no claims in the ID token"},
		{p.GrantTypes != nil, "grant types " + model.Clean(strings.Join(p.GrantTypes, ", "))},
		{p.SubMode != "", "subject mode " + model.Clean(p.SubMode)},
		{p.IssuerMode != "", "issuer mode " + model.Clean(p.IssuerMode)},
	} {
		if x.said {
			out = append(out, x.text)
		}
	}
	return out
}

func (k provider) drift(c Change, left, now model.Untrusted) (gone, come []string) {
	c.Before, c.After = left, now
	x, y, err := k.beforeAfter(c)
	if err != nil {
		return diffLines([]string{left.String()}, []string{now.String()})
	}
	return diffLines(providerLines(named(x.Comparable(*y), *x, *y), *x, *y), providerLines(named(y.Comparable(*x), *x, *y), *x, *y))
}

// named gives the references of p the names that they have in one of others:
// what was read carries no name of a flow or a key, and what was planned does.
func named(p model.OAuthProvider, from ...model.OAuthProvider) model.OAuthProvider {
	names := map[string]model.Untrusted{}
	for _, o := range from {
		for _, r := range append([]model.Ref{o.AuthorizationFlow, o.InvalidationFlow, o.SigningKey, o.EncryptionKey}, o.Mappings...) {
			if r.Name != "" {
				names[r.ID] = r.Name
			}
		}
	}
	for _, r := range []*model.Ref{&p.AuthorizationFlow, &p.InvalidationFlow, &p.SigningKey, &p.EncryptionKey} {
		r.Name = names[r.ID]
	}
	for i := range p.Mappings {
		p.Mappings[i].Name = names[p.Mappings[i].ID]
	}
	return p
}

func (provider) now(e *editor, c Change) (model.Untrusted, bool) {
	s := e.w.Setup
	if s.Provider != nil && s.Provider.ClientID == c.Object {
		return encodeProvider(*s.Provider), true
	}
	return "", s.Known && s.Provider == nil // RomM's is all that was read
}

func (k provider) set(e *editor, c Change) error {
	_, after, err := k.beforeAfter(c)
	if err != nil {
		return err
	}
	s := e.w.Setup
	if after != nil && s.Provider != nil {
		after.PK = s.Provider.PK
	}
	s.Provider = after
	s.SecretDiffers = s.SecretDiffers && c.Before != "" && c.After != ""
	e.w = withSetup(e.w, s)
	return nil
}

func (provider) keepsAdmin(a *admins, c Change) bool {
	return c.Before != "" && a.editor.w.Provider.Found
}

// losses: the client secret is drawn by Authentik and is in no plan or
// journal (S32).
func (provider) losses(c Change) []string {
	switch {
	case c.Before == "":
		return []string{fmt.Sprintf("Authentik draws a new client secret for %s: RomM has to be started with it, see `romm-admin setup env`", c.Label)}
	case c.After == "":
		return []string{fmt.Sprintf("the client secret of %s goes with it: undoing this draws another one", c.Label)}
	}
	return nil
}

func (k provider) refuses(c Change) (why, hint string) {
	before, after, err := k.beforeAfter(c)
	if err != nil || after == nil {
		return "", ""
	}
	for _, u := range after.RedirectURIs {
		if u.Regex && (before == nil || !slices.Contains(before.RedirectURIs, u)) { // S12
			return fmt.Sprintf("the redirect URI %s is a pattern, which lets others in", model.Clean(u.URL)),
				"add it in Authentik itself, if it must be; undo the other changes one by one"
		}
	}
	return "", ""
}

func (k provider) withClientID(c Change, id string) (Change, error) {
	_, after, err := k.beforeAfter(c)
	if err == nil && c.Object == NewClientID && after != nil {
		after.ClientID = id
		c.Object, c.After = id, encodeProvider(*after)
	}
	return c, err
}

func (provider) words() Words {
	return Words{Sets: "provider", About: "provider", None: "none", TellApart: true, Whole: "the provider", Place: inAuthentik}
}

// OfProvider reports whether the change is of RomM's provider.
func (c Change) OfProvider() bool { return c.Kind == ChangeProvider }

// MakesProvider reports whether the change makes the provider anew.
func (c Change) MakesProvider() bool { return c.OfProvider() && c.Before == "" }

// selectsAnew are our mappings that RomM's provider selects after the plan and did
// not before.
func (p Plan) selectsAnew() []model.Ref {
	var out []model.Ref
	for _, c := range p.Changes {
		if c.Kind != ChangeProvider {
			continue
		}
		before, after, err := c.Providers()
		if err != nil || after == nil {
			continue
		}
		for _, ref := range after.Mappings {
			if (ref.ID == model.MarkEmail || ref.ID == model.MarkRoles) && (before == nil || !before.Selects(ref.ID)) {
				out = append(out, ref)
			}
		}
	}
	return out
}
