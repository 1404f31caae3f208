package authentiktest

import (
	"errors"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/model"
)

// EmailMode says which mapping of the scope email RomM's provider selects.
type EmailMode int

// The modes. EmailAddress is ours, EmailAlways the one of RomM's guide, and
// EmailStock what Authentik selects by itself.
const (
	EmailAddress EmailMode = iota
	EmailAlways
	EmailStock
)

// RomM says how an Authentik is set up for RomM.
type RomM struct {
	Slug         string // "" is romm
	ClientID     string // "" is romm
	ClientSecret model.Secret
	RedirectURI  string
	Email        EmailMode
	// Roles are the constants of our roles mapping; nil selects none.
	Roles *model.RoleTable
}

// Names of the objects that set-up makes.
const (
	ProviderName     = "RomM OIDC Provider"
	ApplicationName  = "RomM"
	EmailMappingName = "RomM Email Verification"
	RolesMappingName = "RomM Roles"
)

// AddRomM adds application, provider and mappings, as set-up makes them.
func (s *Seed) AddRomM(r RomM) error {
	if r.Slug == "" {
		r.Slug = "romm"
	}
	if r.ClientID == "" {
		r.ClientID = "romm"
	}
	if r.ClientSecret == "" {
		r.ClientSecret = "romm-client-secret"
	}
	if r.RedirectURI == "" {
		r.RedirectURI = "https://romm.example.org/api/oauth/openid"
	}
	selected := []string{authentik.ManagedStockOpenID, authentik.ManagedStockProfile}
	own := authentik.Mapping{Name: EmailMappingName, Scope: "email", Managed: authentik.ManagedEmail}
	switch r.Email {
	case EmailStock:
		selected = append(selected, authentik.ManagedStockEmail)
	case EmailAddress:
		own.Expression = authentik.EmailAddress()
	case EmailAlways:
		own.Expression = authentik.EmailAlways()
	default:
		return errors.New("seed: there is no such e-mail mode")
	}
	if own.Expression != "" {
		s.Mappings = append(s.Mappings, own)
		selected = append(selected, own.Managed)
	}
	if r.Roles != nil {
		text, err := authentik.RenderRoles(*r.Roles)
		if err != nil {
			return err
		}
		s.Mappings = append(s.Mappings, authentik.Mapping{
			Name: RolesMappingName, Scope: model.RolesClaim, Managed: authentik.ManagedRoles, Expression: text,
		})
		selected = append(selected, authentik.ManagedRoles)
	}
	s.Providers = append(s.Providers, Provider{
		Name: ProviderName, ClientID: r.ClientID, ClientSecret: r.ClientSecret,
		RedirectURIs: []string{r.RedirectURI}, Mappings: selected,
	})
	s.Applications = append(s.Applications, Application{Name: ApplicationName, Slug: r.Slug, Provider: ProviderName})
	return nil
}

// stockMappings are the ones that a release ships (docs/authentik.md 1).
func stockMappings(release authentik.Release) []authentik.Mapping {
	verified := "True"
	if release.AtLeast(2025, 10) {
		verified = "False"
	}
	groups := "ak_groups"
	if release.AtLeast(2026, 2) {
		groups = "groups"
	}
	const prefix = "goauthentik.io/providers/oauth2/scope-"
	mapping := func(name, managed, scope, expression string) authentik.Mapping {
		return authentik.Mapping{
			Name: model.Untrusted("authentik default OAuth Mapping: " + name), Managed: prefix + managed,
			Scope: scope, Expression: expression,
		}
	}
	return []authentik.Mapping{
		mapping("OpenID 'openid'", "openid", "openid", "# The scope alone tells nothing.\nreturn {}"),
		mapping("OpenID 'email'", "email", "email",
			"return {\n    \"email\": request.user.email,\n    \"email_verified\": "+verified+"\n}"),
		mapping("OpenID 'profile'", "profile", "profile", `return {
    # There is one name only, so it stands for the given name too.
    "name": request.user.name,
    "given_name": request.user.name,
    "preferred_username": request.user.username,
    "nickname": request.user.username,
    "groups": [group.name for group in request.user.`+groups+`.all()],
}`),
		mapping("Application Entitlements", "entitlements", "entitlements", `entitlements = [entitlement.name for entitlement in request.user.app_entitlements(provider.application)]
return {
    "entitlements": entitlements,
    "roles": entitlements,
}`),
		mapping("OpenID 'offline_access'", "offline_access", "offline_access", "# Grants a refresh token.\nreturn {}"),
		mapping("authentik API access", "authentik_api", "goauthentik.io/api", "# Grants access to the API.\nreturn {}"),
	}
}
