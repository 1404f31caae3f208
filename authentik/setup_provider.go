package authentik

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	api "goauthentik.io/api/v3"

	"github.com/romm-admin/romm-admin/model"
)

const (
	permAddProvider    = "authentik_providers_oauth2.add_oauth2provider"
	permChangeProvider = "authentik_providers_oauth2.change_oauth2provider"
	permDeleteProvider = "authentik_providers_oauth2.delete_oauth2provider"
)

type wireOAuthProvider struct {
	wireProvider
	Secret            model.Secret `json:"client_secret"`
	ClientType        string       `json:"client_type"`
	AuthorizationFlow string       `json:"authorization_flow"`
	InvalidationFlow  string       `json:"invalidation_flow"`
	SigningKey        string       `json:"signing_key"`
	EncryptionKey     string       `json:"encryption_key"`
	GrantTypes        []string     `json:"grant_types"`
	SubMode           string       `json:"sub_mode"`
	IssuerMode        string       `json:"issuer_mode"`
	RedirectURIs      []struct {
		Mode string `json:"matching_mode"`
		URL  string `json:"url"`
		Type string `json:"redirect_uri_type"` // 2026.5+
	} `json:"redirect_uris"`
}

// describe is the provider as plans know it, its mappings by what they call
// them.
func (w wireOAuthProvider) describe(known refs) model.OAuthProvider {
	out := model.OAuthProvider{
		PK: w.PK, Name: w.Name, ClientID: w.ClientID, Public: w.ClientType != string(api.CLIENTTYPEENUM_CONFIDENTIAL),
		AuthorizationFlow: model.Ref{ID: w.AuthorizationFlow}, InvalidationFlow: model.Ref{ID: w.InvalidationFlow},
		SigningKey: model.Ref{ID: w.SigningKey}, EncryptionKey: model.Ref{ID: w.EncryptionKey},
		NoClaimsInIDToken: w.InToken != nil && !*w.InToken, GrantTypes: w.GrantTypes, SubMode: w.SubMode, IssuerMode: w.IssuerMode,
	}
	for _, u := range w.RedirectURIs {
		out.RedirectURIs = append(out.RedirectURIs, model.RedirectURI{
			URL: u.URL, Regex: u.Mode != string(api.MATCHINGMODEENUM_STRICT), Logout: u.Type == string(api.REDIRECTURITYPEENUM_LOGOUT),
		})
	}
	for _, id := range w.Mappings {
		ref, ok := known.byID[strings.ToLower(id)]
		if !ok {
			ref = model.Ref{ID: strings.ToLower(id)}
		}
		out.Mappings = append(out.Mappings, ref)
	}
	return out
}

// provider reads one OAuth2 provider: CodeNotFound if there is none of that key
// that the token can see.
func (c *Client) provider(ctx context.Context, op string, pk int64) (wireOAuthProvider, error) {
	k := call{op: op, path: providerPath(pk), permission: permViewProvider, limit: documentLimit}
	var w wireOAuthProvider
	body, err := c.get(ctx, k)
	if err == nil {
		err = decode(k, body, &w)
	}
	if err == nil && w.PK != pk {
		err = notAPI(k, fmt.Errorf("asked for provider %d and got %d", pk, w.PK))
	}
	return w, err
}

func providerPath(pk int64) string { return "/providers/oauth2/" + strconv.FormatInt(pk, 10) + "/" }

// providerOf finds the provider with that client id, or the zero one. Client
// ids are unique, and set-up draws a random one, so it marks the provider that
// set-up made (S36); names mark nothing.
func (c *Client) providerOf(ctx context.Context, op, clientID string) (wireOAuthProvider, error) {
	found, err := c.providers(ctx, call{op: op, query: url.Values{"client_id": {clientID}}})
	for _, p := range found {
		// A server that ignores the filter must not hand us another one.
		if p.ClientID == clientID {
			return p, nil
		}
	}
	return wireOAuthProvider{}, err
}

const opFindProvider = "find a provider by its client id"

// providers lists those that a query finds.
func (c *Client) providers(ctx context.Context, k call) ([]wireOAuthProvider, error) {
	k.path, k.permission = "/providers/oauth2/", permViewProvider
	return list[wireOAuthProvider]{
		what: "providers", call: k,
		key: func(p wireOAuthProvider) (string, bool) { return strconv.FormatInt(p.PK, 10), p.PK > 0 },
	}.whole(ctx, c)
}

// SetProvider makes, changes or removes the OAuth2 provider with that client
// id, with the rules of SetMapping. A client secret is drawn when it is made
// and never changed. What it selects anew of our mappings is tested first (S11);
// only what differs is sent, redirect URIs and mappings as a whole, as Authentik
// replaces them. A redirect URI that is new must be exact (S12).
func (c *Client) SetProvider(ctx context.Context, clientID string, before, after *model.OAuthProvider) error {
	const op = "write a provider"
	if err := oneObject(op, before, after, func(p model.OAuthProvider) bool { return p.ClientID == clientID }); err != nil {
		return err
	}
	all, err := c.mappings(ctx)
	if err != nil {
		return err
	}
	w := providerWrite{c: c, known: refsOf(all), before: before, after: after}
	if err := w.check(op); err != nil {
		return err
	}
	if before != nil && after != nil { // ahead of the reading that the write is held to
		if err := w.prove(ctx, op); err != nil {
			return err
		}
	}
	now, err := w.read(ctx)
	switch {
	case err != nil:
		return err
	case before == nil && now.PK == 0:
		if err := w.prove(ctx, op); err != nil {
			return err
		}
		return w.create(ctx)
	case before == nil && len(differing(now, *after)) == 0:
		return nil
	case before == nil:
		return conflict(op, fmt.Sprintf("the provider %q has that client id already and differs in %s", now.Name, differing(now, *after)))
	case now.PK == 0:
		return conflict(op, fmt.Sprintf("Authentik has no provider %q with that client id any more", before.Name))
	case !now.Same(*before):
		return conflict(op, fmt.Sprintf("the provider %q is not as it was seen", now.Name))
	case after == nil:
		return w.remove(ctx, now)
	}
	return w.update(ctx, now)
}

// providerWrite is the state of one SetProvider.
type providerWrite struct {
	c             *Client
	known         refs
	before, after *model.OAuthProvider
	selected      []string // UUIDs of after's mappings
}

func (w *providerWrite) read(ctx context.Context) (model.OAuthProvider, error) {
	one := w.after
	if one == nil {
		one = w.before
	}
	now, err := w.c.providerOf(ctx, opFindProvider, one.ClientID)
	return now.describe(w.known), err
}

// check refuses what must not be written.
func (w *providerWrite) check(op string) error {
	p := w.after
	switch {
	case p == nil:
		return nil
	case p.Name == "" || p.ClientID == "" || p.AuthorizationFlow.ID == "" || p.InvalidationFlow.ID == "":
		return invalidWrite(op, "name, client id or a flow is missing", "give all of them")
	case len(p.RedirectURIs) == 0:
		return invalidWrite(op, "there is no redirect URI, and Authentik would store the first one that is used", "give RomM's redirect URI")
	}
	for _, u := range p.RedirectURIs {
		problem := model.CheckRedirectURI(u.URL)
		if u.Regex {
			problem = "a redirect URI that is a pattern lets others in"
		}
		if problem != "" && (w.before == nil || !slices.Contains(w.before.RedirectURIs, u)) {
			return invalidWrite(op, problem, "RomM's redirect URI is its address followed by /api/oauth/openid")
		}
	}
	for _, ref := range p.Mappings {
		m, ok := w.known.byRef[ref.ID]
		if !ok {
			return conflict(op, fmt.Sprintf("Authentik has no scope mapping %s that this token can see", model.Clean(ref.ID)))
		}
		w.selected = append(w.selected, m.ID)
	}
	return nil
}

// prove tests what the provider selects anew.
func (w *providerWrite) prove(ctx context.Context, op string) error {
	var added []Mapping
	for _, mark := range []string{ManagedEmail, ManagedRoles} {
		if w.after.Selects(mark) && (w.before == nil || !w.before.Selects(mark)) {
			added = append(added, w.known.byRef[mark])
		}
	}
	return w.c.prove(ctx, op, added)
}

// create makes a provider. From 2026.5 on one without grant types refuses every
// login; older servers ignore them.
func (w *providerWrite) create(ctx context.Context) error {
	want := *w.after
	if want.GrantTypes == nil {
		want.GrantTypes = []string{string(api.GRANTTYPESENUM_AUTHORIZATION_CODE), string(api.GRANTTYPESENUM_REFRESH_TOKEN)}
	}
	nothing := model.OAuthProvider{Public: !want.Public, NoClaimsInIDToken: !want.NoClaimsInIDToken, GrantTypes: []string{}}
	_, err := change[model.OAuthProvider]{
		call:   call{op: "create a provider", method: http.MethodPost, path: "/providers/oauth2/", permission: permAddProvider},
		object: fmt.Sprintf("the provider %q", want.Name),
		read:   w.read,
		judge: func(now model.OAuthProvider) (standing, string) {
			return created(now.PK != 0, len(differing(now, want)) == 0)
		},
	}.send(ctx, w.c, w.request(nothing, want))
	return nameTaken(err)
}

func (w *providerWrite) update(ctx context.Context, now model.OAuthProvider) error {
	_, err := change[model.OAuthProvider]{
		call:   call{op: "change a provider", method: http.MethodPatch, path: providerPath(now.PK), permission: permChangeProvider},
		object: fmt.Sprintf("the provider %q", now.Name),
		read:   w.read,
		judge: func(is model.OAuthProvider) (standing, string) {
			left := differing(is, *w.after)
			switch {
			case len(left) == 0:
				return standsAfter, ""
			case len(differing(is, now)) == 0:
				return standsBefore, ""
			}
			return standsOther, left.String() + " is not as wanted"
		},
	}.send(ctx, w.c, w.request(now, *w.after))
	return nameTaken(err)
}

// remove removes the provider; Authentik leaves its application without one.
func (w *providerWrite) remove(ctx context.Context, now model.OAuthProvider) error {
	return w.c.remove(ctx, call{op: "delete a provider", path: providerPath(now.PK), permission: permDeleteProvider},
		fmt.Sprintf("the provider %q", now.Name), func(ctx context.Context) (bool, error) {
			left, err := w.read(ctx)
			return left.PK == now.PK, err
		})
}

// request has what differs. The generated model of a patch serves for both
// writes: it is the one of a new provider with every field optional.
func (w *providerWrite) request(now, want model.OAuthProvider) api.PatchedOAuth2ProviderRequest {
	out := api.PatchedOAuth2ProviderRequest{}
	for _, f := range differing(now, want) {
		f.set(&out, want, w.selected)
	}
	return out
}
