package authentik

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
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

// OAuthProvider is an OAuth2 provider as far as set-up writes it
// (reference/authentik.md 4.2). Ids are UUIDs, "" is none.
type OAuthProvider struct {
	PK           int64
	Name         model.Untrusted
	ClientID     string
	ClientSecret model.Secret
	// Confidential clients prove themselves with the secret.
	Confidential      bool
	AuthorizationFlow string
	InvalidationFlow  string
	SigningKey        string // "" signs with the client secret
	EncryptionKey     string // must stay "": RomM cannot decrypt
	RedirectURIs      []RedirectURI
	Mappings          []string
	ClaimsInIDToken   bool
	// GrantTypes is nil on servers before 2026.5, which know none.
	GrantTypes []string
	SubMode    string
	IssuerMode string
	// Application is the slug it is assigned to, "" for none. It is read only.
	Application string
}

// RedirectURI is one allowed redirect URI.
type RedirectURI struct {
	URL   string
	Regex bool // a pattern and not the exact address (S12)
	// Logout is a redirect URI for signing out, from 2026.5 on.
	Logout bool
}

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

func (w wireOAuthProvider) provider() OAuthProvider {
	p := OAuthProvider{
		PK: w.PK, Name: w.Name, ClientID: w.ClientID, ClientSecret: w.Secret,
		Confidential:      w.ClientType == string(api.CLIENTTYPEENUM_CONFIDENTIAL),
		AuthorizationFlow: w.AuthorizationFlow, InvalidationFlow: w.InvalidationFlow,
		SigningKey: w.SigningKey, EncryptionKey: w.EncryptionKey, Mappings: w.Mappings,
		ClaimsInIDToken: w.InToken == nil || *w.InToken, GrantTypes: w.GrantTypes, SubMode: w.SubMode, IssuerMode: w.IssuerMode,
	}
	if w.Slug != nil {
		p.Application = *w.Slug
	}
	for _, u := range w.RedirectURIs {
		p.RedirectURIs = append(p.RedirectURIs, RedirectURI{
			URL: u.URL, Regex: u.Mode != string(api.MATCHINGMODEENUM_STRICT), Logout: u.Type == string(api.REDIRECTURITYPEENUM_LOGOUT),
		})
	}
	return p
}

// GrantTypes are those that RomM's provider needs: from 2026.5 on one without
// them refuses every login, older servers ignore them.
func GrantTypes() []string {
	return []string{string(api.GRANTTYPESENUM_AUTHORIZATION_CODE), string(api.GRANTTYPESENUM_REFRESH_TOKEN)}
}

// ReadProvider reads one OAuth2 provider: CodeNotFound if there is none of
// that key that the token can see.
func (c *Client) ReadProvider(ctx context.Context, pk int64) (OAuthProvider, error) {
	k := call{op: "read a provider", path: providerPath(pk), permission: permViewProvider, limit: documentLimit}
	body, err := c.get(ctx, k)
	if err != nil {
		return OAuthProvider{}, err
	}
	var w wireOAuthProvider
	if err := decode(k, body, &w); err != nil {
		return OAuthProvider{}, err
	}
	if w.PK != pk {
		return OAuthProvider{}, notAPI(k, fmt.Errorf("asked for provider %d and got %d", pk, w.PK))
	}
	return w.provider(), nil
}

func providerPath(pk int64) string { return "/providers/oauth2/" + strconv.FormatInt(pk, 10) + "/" }

// FindProvider finds the provider with that client id, or the zero
// OAuthProvider. Client ids are unique, and set-up draws a random one, so it
// marks the provider that set-up made (S36); names mark nothing.
func (c *Client) FindProvider(ctx context.Context, clientID string) (OAuthProvider, error) {
	found, err := c.providers(ctx, call{op: "find a provider by its client id", query: url.Values{"client_id": {clientID}}})
	if err != nil {
		return OAuthProvider{}, err
	}
	for _, p := range found {
		if p.ClientID == clientID {
			return p.provider(), nil
		}
	}
	return OAuthProvider{}, nil
}

// providers lists those that a query finds. A list that may not be whole is
// CodeUnavailable.
func (c *Client) providers(ctx context.Context, k call) ([]wireOAuthProvider, error) {
	k.path, k.permission = "/providers/oauth2/", permViewProvider
	l := list[wireOAuthProvider]{
		what: "providers", call: k,
		key:      func(p wireOAuthProvider) (string, bool) { return strconv.FormatInt(p.PK, 10), p.PK > 0 },
		announce: func(int) {},
		arrived:  func(int) {},
	}
	found, short, err := l.read(ctx, c)
	if err == nil && short != "" {
		err = notWhole(k.op, short)
	}
	return found, err
}

// CreateProvider makes a provider: confidential, with exact redirect URIs only
// (S12), claims in the ID token and [GrantTypes]. ClientID must be given, as
// the mark by which it is found again; ClientSecret "" lets Authentik draw
// one, and SubMode and IssuerMode "" leave it to its defaults. PK and
// Application of want are not used. A provider with that client id is returned
// if it is as wanted, and is a CodeConflict otherwise.
func (c *Client) CreateProvider(ctx context.Context, want OAuthProvider) (OAuthProvider, error) {
	const op = "create a provider"
	want.GrantTypes, want.Confidential, want.ClaimsInIDToken = GrantTypes(), true, true
	if err := checkProvider(op, want, nil); err != nil {
		return OAuthProvider{}, err
	}
	now, err := c.FindProvider(ctx, want.ClientID)
	switch {
	case err != nil:
		return OAuthProvider{}, err
	case now.PK != 0 && providerDiff(now, want) == "":
		return now, nil
	case now.PK != 0:
		return OAuthProvider{}, conflict(op, fmt.Sprintf("the provider %q has that client id already and differs in %s", now.Name, providerDiff(now, want)))
	}
	req := api.NewOAuth2ProviderRequest(want.Name.Raw(), want.AuthorizationFlow, want.InvalidationFlow, redirects(want.RedirectURIs))
	req.SetClientId(want.ClientID)
	if want.ClientSecret != "" {
		req.SetClientSecret(want.ClientSecret.Reveal())
	}
	req.SetClientType(api.CLIENTTYPEENUM_CONFIDENTIAL)
	req.SetPropertyMappings(full(want.Mappings))
	req.SetIncludeClaimsInIdToken(true)
	req.SetGrantTypes(grants(want.GrantTypes))
	if want.SigningKey != "" {
		req.SetSigningKey(want.SigningKey)
	}
	if want.SubMode != "" {
		req.SetSubMode(api.SubModeEnum(want.SubMode))
	}
	if want.IssuerMode != "" {
		req.SetIssuerMode(api.IssuerModeEnum(want.IssuerMode))
	}
	body, err := payload(op, req)
	if err != nil {
		return OAuthProvider{}, err
	}
	made, err := change[OAuthProvider]{
		call:   call{op: op, method: http.MethodPost, path: "/providers/oauth2/", body: body, permission: permAddProvider, limit: documentLimit},
		object: fmt.Sprintf("the provider %q", want.Name),
		read:   func(ctx context.Context) (OAuthProvider, error) { return c.FindProvider(ctx, want.ClientID) },
		judge:  func(now OAuthProvider) (standing, string) { return created(now.PK != 0, providerDiff(now, want) == "") },
	}.make(ctx, c)
	return made, nameTaken(err)
}

// UpdateProvider brings the provider before, found by its PK, to what after
// says; only what differs is sent. It refuses with CodeConflict what is not as
// before any more (S35). Redirect URIs and mappings are replaced as a whole,
// as Authentik does. A redirect URI that is new must be exact (S12).
func (c *Client) UpdateProvider(ctx context.Context, before, after OAuthProvider) (OAuthProvider, error) {
	const op = "change a provider"
	if before.PK != after.PK || before.PK < 1 {
		return OAuthProvider{}, &model.Error{Code: model.CodeInvalid, Op: op, Msg: "before and after are not the same provider", Hint: "reload and try again"}
	}
	if err := checkProvider(op, after, before.RedirectURIs); err != nil {
		return OAuthProvider{}, err
	}
	now, err := c.ReadProvider(ctx, before.PK)
	if err != nil {
		return OAuthProvider{}, err
	}
	if d := providerDiff(now, before); d != "" {
		return OAuthProvider{}, conflict(op, fmt.Sprintf("the provider %q differs in %s from what was seen", now.Name, d))
	}
	body, err := payload(op, providerPatch(before, after))
	if err != nil {
		return OAuthProvider{}, err
	}
	got, err := change[OAuthProvider]{
		call: call{
			op: op, method: http.MethodPatch, path: providerPath(before.PK), body: body,
			permission: permChangeProvider, limit: documentLimit,
		},
		object: fmt.Sprintf("the provider %q", before.Name),
		read:   func(ctx context.Context) (OAuthProvider, error) { return c.ReadProvider(ctx, before.PK) },
		judge: func(now OAuthProvider) (standing, string) {
			d := providerDiff(now, after)
			switch {
			case d == "":
				return standsAfter, ""
			case providerDiff(now, before) == "":
				return standsBefore, ""
			}
			return standsOther, d + " is not as wanted"
		},
	}.make(ctx, c)
	return got, nameTaken(err)
}

func providerPatch(before, after OAuthProvider) api.PatchedOAuth2ProviderRequest {
	patch := api.PatchedOAuth2ProviderRequest{}
	for field, set := range map[string]func(){
		"name":                   func() { patch.SetName(after.Name.Raw()) },
		"client id":              func() { patch.SetClientId(after.ClientID) },
		"client secret":          func() { patch.SetClientSecret(after.ClientSecret.Reveal()) },
		"authorization flow":     func() { patch.SetAuthorizationFlow(after.AuthorizationFlow) },
		"invalidation flow":      func() { patch.SetInvalidationFlow(after.InvalidationFlow) },
		"mappings":               func() { patch.SetPropertyMappings(full(after.Mappings)) },
		"redirect URIs":          func() { patch.SetRedirectUris(redirects(after.RedirectURIs)) },
		"claims in the ID token": func() { patch.SetIncludeClaimsInIdToken(after.ClaimsInIDToken) },
		"grant types":            func() { patch.SetGrantTypes(grants(after.GrantTypes)) },
		"subject mode":           func() { patch.SetSubMode(api.SubModeEnum(after.SubMode)) },
		"issuer mode":            func() { patch.SetIssuerMode(api.IssuerModeEnum(after.IssuerMode)) },
		"signing key":            func() { patch.SigningKey.Set(optional(after.SigningKey)) },
		"encryption key":         func() { patch.EncryptionKey.Set(optional(after.EncryptionKey)) },
		"client type":            func() { patch.SetClientType(clientType(after.Confidential)) },
	} {
		if slices.Contains(strings.Split(providerDiff(before, after), ", "), field) {
			set()
		}
	}
	return patch
}

// full makes a nil list an empty one: the generated models leave nil out, and
// what is left out stays as it was.
func full(list []string) []string { return append([]string{}, list...) }

func clientType(confidential bool) api.ClientTypeEnum {
	if confidential {
		return api.CLIENTTYPEENUM_CONFIDENTIAL
	}
	return api.CLIENTTYPEENUM_PUBLIC
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// providerDiff names the fields in which now differs from want, "" for none.
// What a server does not know (grant types before 2026.5) or want leaves open
// (secret, modes) is no difference; neither is the order of mappings.
func providerDiff(now, want OAuthProvider) string {
	var out []string
	note := func(field string, differs bool) {
		if differs {
			out = append(out, field)
		}
	}
	note("name", now.Name != want.Name)
	note("client id", now.ClientID != want.ClientID)
	note("client secret", want.ClientSecret != "" && now.ClientSecret != want.ClientSecret)
	note("client type", now.Confidential != want.Confidential)
	note("authorization flow", now.AuthorizationFlow != want.AuthorizationFlow)
	note("invalidation flow", now.InvalidationFlow != want.InvalidationFlow)
	note("signing key", now.SigningKey != want.SigningKey)
	note("encryption key", now.EncryptionKey != want.EncryptionKey)
	note("redirect URIs", !slices.Equal(now.RedirectURIs, want.RedirectURIs))
	note("mappings", !sameSet(now.Mappings, want.Mappings))
	note("claims in the ID token", now.ClaimsInIDToken != want.ClaimsInIDToken)
	note("grant types", now.GrantTypes != nil && want.GrantTypes != nil && !sameSet(now.GrantTypes, want.GrantTypes))
	note("subject mode", want.SubMode != "" && now.SubMode != want.SubMode)
	note("issuer mode", want.IssuerMode != "" && now.IssuerMode != want.IssuerMode)
	return strings.Join(out, ", ")
}

func sameSet(a, b []string) bool {
	return reflect.DeepEqual(slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b))))
}

func checkProvider(op string, p OAuthProvider, known []RedirectURI) error {
	bad := func(msg, hint string) error {
		return &model.Error{Code: model.CodeInvalid, Op: op, Msg: msg, Hint: hint}
	}
	switch {
	case p.Name == "" || p.ClientID == "" || p.AuthorizationFlow == "" || p.InvalidationFlow == "":
		return bad("name, client id or a flow is missing", "give all of them")
	case len(p.RedirectURIs) == 0:
		return bad("there is no redirect URI, and Authentik would store the first one that is used", "give RomM's redirect URI")
	}
	for _, u := range p.RedirectURIs {
		if problem := checkRedirectURI(u); problem != "" && !slices.Contains(known, u) {
			return bad(problem, "RomM's redirect URI is its address followed by /api/oauth/openid")
		}
	}
	return nil
}

// checkRedirectURI accepts exact addresses that are RomM's way (S12).
func checkRedirectURI(u RedirectURI) string {
	if u.Regex {
		return "a redirect URI that is a pattern lets others in"
	}
	return model.CheckRedirectURI(u.URL)
}

func redirects(list []RedirectURI) []api.RedirectURIRequest {
	out := make([]api.RedirectURIRequest, len(list))
	for i, u := range list {
		mode := api.MATCHINGMODEENUM_STRICT
		if u.Regex {
			mode = api.MATCHINGMODEENUM_REGEX
		}
		out[i] = *api.NewRedirectURIRequest(mode, u.URL)
		if u.Logout {
			out[i].SetRedirectUriType(api.REDIRECTURITYPEENUM_LOGOUT)
		}
	}
	return out
}

func grants(list []string) []api.GrantTypesEnum {
	out := make([]api.GrantTypesEnum, len(list))
	for i, g := range list {
		out[i] = api.GrantTypesEnum(g)
	}
	return out
}

// DeleteProvider removes a provider that is still as before; Authentik leaves
// its application without one.
func (c *Client) DeleteProvider(ctx context.Context, before OAuthProvider) error {
	const op = "delete a provider"
	now, err := c.ReadProvider(ctx, before.PK)
	if err != nil {
		return err
	}
	if d := providerDiff(now, before); d != "" {
		return conflict(op, fmt.Sprintf("the provider %q differs in %s from what was seen", now.Name, d))
	}
	return c.remove(ctx, call{op: op, path: providerPath(before.PK), permission: permDeleteProvider},
		fmt.Sprintf("the provider %q", before.Name), func(ctx context.Context) error {
			_, err := c.ReadProvider(ctx, before.PK)
			return err
		})
}
