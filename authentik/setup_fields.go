package authentik

import (
	"slices"
	"strings"

	api "goauthentik.io/api/v3"

	"github.com/romm-admin/romm-admin/model"
)

// providerField is something of a provider that set-up writes.
type providerField struct {
	name string // for sentences
	// differs says whether now is not as want says. What want leaves open, or the
	// server does not know, is no difference.
	differs func(now, want model.OAuthProvider) bool
	// set puts it into a request; selected are the UUIDs of the mappings.
	set func(to *api.PatchedOAuth2ProviderRequest, want model.OAuthProvider, selected []string)
}

// providerDiff are the fields in which two providers differ.
type providerDiff []providerField

func differing(now, want model.OAuthProvider) providerDiff {
	return slices.DeleteFunc(providerFields(), func(f providerField) bool { return !f.differs(now, want) })
}

func (d providerDiff) String() string {
	names := make([]string, len(d))
	for i, f := range d {
		names[i] = f.name
	}
	return strings.Join(names, ", ")
}

func providerFields() providerDiff {
	type (
		provider = model.OAuthProvider
		request  = api.PatchedOAuth2ProviderRequest
	)
	return providerDiff{
		{"name", func(a, b provider) bool { return a.Name != b.Name }, func(r *request, p provider, _ []string) { r.SetName(p.Name.Raw()) }},
		{"client id", func(a, b provider) bool { return a.ClientID != b.ClientID }, func(r *request, p provider, _ []string) { r.SetClientId(p.ClientID) }},
		{"client type", func(a, b provider) bool { return a.Public != b.Public }, func(r *request, p provider, _ []string) {
			r.SetClientType(api.CLIENTTYPEENUM_CONFIDENTIAL)
			if p.Public {
				r.SetClientType(api.CLIENTTYPEENUM_PUBLIC)
			}
		}},
		{"authorization flow", func(a, b provider) bool { return a.AuthorizationFlow.ID != b.AuthorizationFlow.ID }, func(r *request, p provider, _ []string) {
			r.SetAuthorizationFlow(p.AuthorizationFlow.ID)
		}},
		{"invalidation flow", func(a, b provider) bool { return a.InvalidationFlow.ID != b.InvalidationFlow.ID }, func(r *request, p provider, _ []string) {
			r.SetInvalidationFlow(p.InvalidationFlow.ID)
		}},
		{"signing key", func(a, b provider) bool { return a.SigningKey.ID != b.SigningKey.ID }, func(r *request, p provider, _ []string) {
			r.SigningKey.Set(optional(p.SigningKey.ID))
		}},
		{"encryption key", func(a, b provider) bool { return a.EncryptionKey.ID != b.EncryptionKey.ID }, func(r *request, p provider, _ []string) {
			r.EncryptionKey.Set(optional(p.EncryptionKey.ID))
		}},
		{"redirect URIs", func(a, b provider) bool { return !slices.Equal(a.RedirectURIs, b.RedirectURIs) }, func(r *request, p provider, _ []string) {
			r.SetRedirectUris(redirects(p.RedirectURIs))
		}},
		{"mappings", func(a, b provider) bool {
			return !sameSet(a.Mappings, b.Mappings, func(r model.Ref) string { return r.ID })
		}, func(r *request, _ provider, selected []string) {
			r.SetPropertyMappings(append([]string{}, selected...)) // a nil list is left out, and stays as it was
		}},
		{"claims in the ID token", func(a, b provider) bool { return a.NoClaimsInIDToken != b.NoClaimsInIDToken }, func(r *request, p provider, _ []string) {
			r.SetIncludeClaimsInIdToken(!p.NoClaimsInIDToken)
		}},
		{"grant types", func(a, b provider) bool {
			return a.GrantTypes != nil && b.GrantTypes != nil && !sameSet(a.GrantTypes, b.GrantTypes, func(s string) string { return s })
		}, func(r *request, p provider, _ []string) {
			r.GrantTypes = []api.GrantTypesEnum{}
			for _, g := range p.GrantTypes {
				r.GrantTypes = append(r.GrantTypes, api.GrantTypesEnum(g))
			}
		}},
		{"subject mode", func(a, b provider) bool { return b.SubMode != "" && a.SubMode != b.SubMode }, func(r *request, p provider, _ []string) {
			r.SetSubMode(api.SubModeEnum(p.SubMode))
		}},
		{"issuer mode", func(a, b provider) bool { return b.IssuerMode != "" && a.IssuerMode != b.IssuerMode }, func(r *request, p provider, _ []string) {
			r.SetIssuerMode(api.IssuerModeEnum(p.IssuerMode))
		}},
	}
}

// sameSet compares two lists by their keys, order and repeats aside.
func sameSet[T any](a, b []T, key func(T) string) bool {
	set := func(list []T) []string {
		keys := make([]string, len(list))
		for i, x := range list {
			keys[i] = key(x)
		}
		slices.Sort(keys)
		return slices.Compact(keys)
	}
	return slices.Equal(set(a), set(b))
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func redirects(list []model.RedirectURI) []api.RedirectURIRequest {
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
