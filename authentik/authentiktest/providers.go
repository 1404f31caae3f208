package authentiktest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/romm-admin/romm-admin/authentik"
)

var (
	applicationQuery = []string{"name", "ordering", "page", "page_size", "search", "slug", "superuser_full_list"}
	providerQuery    = []string{"application", "client_id", "name", "ordering", "page", "page_size", "search"}
	anyMappingQuery  = []string{"page", "page_size"}
	mappingQuery     = []string{"managed", "managed__isnull", "name", "ordering", "page", "page_size", "scope_name", "search"}
)

func (s *Server) listApplications(r *http.Request) reply {
	q := r.URL.Query()
	var f []func(Application) bool
	f = exact(q, "name", func(a Application) string { return a.Name }, f)
	f = exact(q, "slug", func(a Application) string { return a.Slug }, f)
	f = search(q, func(a Application) []string { return []string{a.Name, a.Slug} }, f)
	rows := order(q, keep(s.world.apps, f), []string{"name", "slug"}, map[string]func(Application) string{
		"name": func(a Application) string { return a.Name },
		"slug": func(a Application) string { return a.Slug },
	})
	return paginate(s, q, rows, func(a Application) any { return s.applicationJSON(a) })
}

func (s *Server) getApplication(r *http.Request) reply {
	for _, a := range s.world.apps {
		if a.Slug == r.PathValue("slug") {
			return ok(s.applicationJSON(a))
		}
	}
	return s.notFound(modelApplication)
}

func (s *Server) applicationJSON(a Application) map[string]any {
	out := map[string]any{
		"pk": uuidOf("application", a.Slug), "name": a.Name, "slug": a.Slug, "provider": nil, "provider_obj": nil,
		"backchannel_providers": []any{}, "backchannel_providers_obj": []any{}, "launch_url": nil, "open_in_new_tab": false,
		"meta_launch_url": "", "meta_icon": nil, "meta_description": "", "meta_publisher": "",
		"policy_engine_mode": "any", "group": "",
	}
	if a.Mode != "" {
		out["policy_engine_mode"] = a.Mode
	}
	if p := s.world.providerNamed(a.Provider); p != nil {
		out["provider"], out["provider_obj"] = float64(p.PK), s.baseProvider(p)
		if len(p.RedirectURIs) > 0 {
			out["launch_url"] = origin(p.RedirectURIs[0])
		}
	}
	if s.release.AtLeast(2025, 12) {
		out["meta_icon"], out["meta_icon_url"], out["meta_icon_themed_urls"] = "", nil, nil
	}
	if s.since(2026, 5) {
		out["meta_hide"] = false
	}
	if s.release.AtLeast(2026, 8) {
		out["pbm_uuid"] = out["pk"]
	}
	return out
}

// origin guesses a launch URL as Authentik does: scheme and host.
func origin(raw string) any {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return nil
	}
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

func (s *Server) listProviders(r *http.Request) reply {
	q := r.URL.Query()
	var f []func(*providerState) bool
	f = exact(q, "name", func(p *providerState) string { return p.Name }, f)
	f = exact(q, "client_id", func(p *providerState) string { return p.ClientID }, f)
	f = exact(q, "application", func(p *providerState) string {
		a, _ := s.world.application(p)
		return uuidOf("application", a.Slug)
	}, f)
	f = search(q, func(p *providerState) []string { return []string{p.Name} }, f)
	mine := seen(s, permViewProvider, s.world.providers, func(p *providerState) string { return strconv.FormatInt(p.PK, 10) })
	rows := order(q, keep(mine, f), []string{"name", "pk"}, map[string]func(*providerState) string{
		"name": func(p *providerState) string { return p.Name },
		"pk":   func(p *providerState) string { return fmt.Sprintf("%020d", p.PK) },
	})
	return paginate(s, q, rows, func(p *providerState) any { return s.providerJSON(p) })
}

func (s *Server) provider(r *http.Request) *providerState {
	for _, p := range s.world.providers {
		if strconv.FormatInt(p.PK, 10) == r.PathValue("id") {
			return p
		}
	}
	return nil
}

func (s *Server) getProvider(r *http.Request) reply {
	p := s.provider(r)
	if p == nil {
		return s.notFound(modelProvider)
	}
	return ok(s.providerJSON(p))
}

// baseProvider is what every kind of provider has.
func (s *Server) baseProvider(p *providerState) map[string]any {
	out := map[string]any{
		"pk": float64(p.PK), "name": p.Name, "authentication_flow": nil,
		"authorization_flow": uuidOf("flow", authentik.FlowImplicitConsent),
		"invalidation_flow":  uuidOf("flow", authentik.FlowInvalidation),
		"property_mappings":  texts(p.mappings), "component": "ak-provider-oauth2-form",
		"verbose_name": "OAuth2/OpenID Provider", "verbose_name_plural": "OAuth2/OpenID Providers",
		"meta_model_name": "authentik_providers_oauth2.oauth2provider",
	}
	a, assigned := s.world.application(p)
	switch {
	case assigned:
		out["assigned_application_slug"], out["assigned_application_name"] = a.Slug, a.Name
		if s.since(2025, 10) {
			out["assigned_backchannel_application_slug"], out["assigned_backchannel_application_name"] = nil, nil
		}
	default:
		for _, key := range []string{"slug", "name"} {
			out["assigned_application_"+key] = nil
			if s.since(2025, 10) {
				out["assigned_backchannel_application_"+key] = nil
			}
		}
	}
	return out
}

func (s *Server) providerJSON(p *providerState) map[string]any {
	out := s.baseProvider(p)
	uris := make([]any, len(p.uris))
	for i, u := range p.uris {
		uri := map[string]any{"matching_mode": u.mode, "url": u.url}
		if s.since(2026, 5) {
			uri["redirect_uri_type"] = u.kind
		}
		uris[i] = uri
	}
	for key, value := range map[string]any{
		"client_type": "confidential", "client_id": p.ClientID, "client_secret": p.ClientSecret.Reveal(),
		"access_code_validity": "minutes=1", "access_token_validity": "hours=1", "refresh_token_validity": "days=30",
		"include_claims_in_id_token": !p.NoClaimsInIDToken, "signing_key": signingKeyID(),
		"encryption_key": nil, "redirect_uris": uris, "sub_mode": "hashed_user_id", "issuer_mode": "per_provider",
		"jwt_federation_sources": []any{}, "jwt_federation_providers": []any{},
	} {
		out[key] = value
	}
	switch {
	case s.since(2025, 10):
		out["refresh_token_threshold"], out["logout_uri"], out["logout_method"] = "seconds=0", "", "backchannel"
	case s.release.AtLeast(2025, 8):
		out["backchannel_logout_uri"] = ""
	}
	if s.since(2026, 5) {
		out["grant_types"] = []any{"authorization_code", "refresh_token"}
	}
	for name, value := range p.fields {
		if _, known := out[name]; known { // the others are ignored, as Authentik does
			out[name] = value
		}
	}
	return out
}

func (s *Server) setupURLs(r *http.Request) reply {
	p := s.provider(r)
	if p == nil {
		return s.notFound(modelProvider)
	}
	base := baseURL(r) + "/application/o/"
	out := map[string]any{
		"issuer": nil, "authorize": base + "authorize/", "token": base + "token/", "user_info": base + "userinfo/",
		"provider_info": nil, "logout": nil,
	}
	if s.release.AtLeast(2026, 8) {
		out["dcr_registration"] = nil
	}
	if a, assigned := s.world.application(p); assigned {
		own := base + a.Slug + "/"
		out["issuer"], out["provider_info"] = p.issuer(baseURL(r), a.Slug), own+".well-known/openid-configuration"
		out["logout"], out["jwks"] = own+"end-session/", own+"jwks/"
	}
	return ok(out)
}

// baseURL is taken from each request, as Authentik does (docs/authentik.md 7).
func baseURL(r *http.Request) string {
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// listAnyMappings lists property mappings of all kinds; here are only those of
// scopes.
func (s *Server) listAnyMappings(r *http.Request) reply {
	q := r.URL.Query()
	rows := seen(s, permTestMapping, s.world.mappings, func(m authentik.Mapping) string { return m.ID })
	return paginate(s, q, rows, func(m authentik.Mapping) any {
		out := mappingJSON(m)
		delete(out, "scope_name")
		delete(out, "description")
		return out
	})
}

func (s *Server) listMappings(r *http.Request) reply {
	q := r.URL.Query()
	f := []func(authentik.Mapping) bool{func(m authentik.Mapping) bool { return !m.Hidden }}
	f = exact(q, "name", func(m authentik.Mapping) string { return m.Name.Raw() }, f)
	f = exact(q, "scope_name", func(m authentik.Mapping) string { return m.Scope }, f)
	if managed := q["managed"]; len(managed) > 0 {
		for _, value := range managed {
			if !slices.ContainsFunc(s.world.mappings, func(m authentik.Mapping) bool { return m.Managed == value }) {
				return fieldError("managed", notAChoice(value))
			}
		}
		f = append(f, func(m authentik.Mapping) bool { return slices.Contains(managed, m.Managed) })
	}
	f = flag(q, "managed__isnull", func(m authentik.Mapping) bool { return m.Managed == "" }, f)
	f = search(q, func(m authentik.Mapping) []string { return []string{m.Name.Raw(), m.Scope} }, f)
	mine := seen(s, permViewMapping, s.world.mappings, func(m authentik.Mapping) string { return m.ID })
	rows := order(q, keep(mine, f), []string{"scope_name", "name", "pk"}, map[string]func(authentik.Mapping) string{
		"name":       func(m authentik.Mapping) string { return m.Name.Raw() },
		"pk":         func(m authentik.Mapping) string { return m.ID },
		"scope_name": func(m authentik.Mapping) string { return m.Scope + "\x00" + m.Name.Raw() },
	})
	return paginate(s, q, rows, func(m authentik.Mapping) any { return mappingJSON(m) })
}

func (s *Server) getMapping(r *http.Request) reply {
	for _, m := range s.world.mappings {
		if m.ID == r.PathValue("pm_uuid") && !m.Hidden {
			return ok(mappingJSON(m))
		}
	}
	return s.notFound(modelMapping)
}

func mappingJSON(m authentik.Mapping) map[string]any {
	out := map[string]any{
		"pk": m.ID, "managed": nil, "name": m.Name.Raw(), "expression": m.Expression, "scope_name": m.Scope, "description": "",
		"component": "ak-property-mapping-provider-scope-form", "verbose_name": "Scope Mapping",
		"verbose_name_plural": "Scope Mappings", "meta_model_name": "authentik_providers_oauth2.scopemapping",
	}
	if m.Managed != "" {
		out["managed"] = m.Managed
	}
	return out
}
