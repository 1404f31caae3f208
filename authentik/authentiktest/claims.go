package authentiktest

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/romm-admin/romm-admin/authentik"
)

// previewUser answers what the ID token would hold, all selected mappings
// included (docs/authentik.md 4.3).
func (s *Server) previewUser(r *http.Request) reply {
	s.mu.Lock()
	p := s.provider(r)
	u := s.world.users[s.world.owner]
	if text := r.URL.Query().Get("for_user"); text != "" {
		pk, _ := strconv.ParseInt(text, 10, 64) // the document says integer
		u = s.world.users[pk]
		if !s.mayOn(permPreviewUser, text) {
			u = nil
		}
	}
	if p == nil || u == nil {
		s.mu.Unlock()
		if p == nil {
			return s.notFound(modelProvider)
		}
		return answered(http.StatusBadRequest, map[string]any{"for_user": "User not found"})
	}
	prepared := s.prepare(r, p, u)
	prepared.lenient = true
	s.mu.Unlock()

	prepared.scopes = []string{} // the token is not saved, but it is there
	for _, m := range prepared.mappings {
		prepared.scopes = append(prepared.scopes, m.Scope)
	}
	now := float64(s.now.Unix())
	out := map[string]any{
		"sub": p.subject(u), "aud": p.ClientID, "iat": now, "exp": now + 3600, "auth_time": now,
		"acr": "goauthentik.io/providers/oauth2/default",
	}
	if s.release.AtLeast(2026, 5) {
		out["jti"] = uuidOf("preview", u.uid)
	}
	if prepared.app != nil {
		out["iss"] = p.issuer(baseURL(r), prepared.slug())
	}
	if !p.NoClaimsInIDToken {
		claims, err := s.claims(r.Context(), prepared)
		if err != nil {
			return notRun(r, err)
		}
		merge(out, claims)
	}
	return ok(map[string]any{"preview": out})
}

// notRun is the answer of an endpoint whose mappings gave no claims at all:
// what crashes within Authentik is a page (docs/authentik.md 4.1).
func notRun(r *http.Request, err error) reply {
	if errors.As(err, new(crash)) {
		if r.Method == http.MethodPost {
			return crashed()
		}
		return reply{status: http.StatusInternalServerError, page: true}
	}
	return problem(http.StatusInternalServerError, "authentiktest: "+err.Error())
}

// discovery is public. Its claims are those that every mapping returns for the
// anonymous user (docs/authentik.md 7).
func (s *Server) discovery(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	var p *providerState
	for _, a := range s.world.apps {
		if a.Slug == r.PathValue("slug") {
			p = s.world.providerNamed(a.Provider)
		}
	}
	if p == nil {
		s.mu.Unlock()
		htmlPage(w, http.StatusNotFound, "error", notice{"Not Found", "There is no such application."})
		return
	}
	prepared := s.prepare(r, p, nil)
	prepared.lenient = true
	s.mu.Unlock()

	supported := []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce"}
	scopes := []string{}
	for _, m := range prepared.mappings {
		scopes = append(scopes, m.Scope)
		alone := prepared
		alone.mappings = []authentik.Mapping{m}
		keys := []string{}
		claims, err := s.claims(r.Context(), alone)
		if err != nil {
			write(w, notRun(r, err))
			return
		}
		for key := range claims {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		supported = append(supported, keys...)
	}
	base := baseURL(r) + "/application/o/"
	own := base + prepared.slug() + "/"
	algorithm := "RS256"
	if p.symmetric() {
		algorithm = "HS256"
	}
	out := map[string]any{
		"issuer": prepared.provider.issuer(baseURL(r), prepared.slug()), "authorization_endpoint": base + "authorize/", "token_endpoint": base + "token/",
		"userinfo_endpoint": base + "userinfo/", "end_session_endpoint": own + "end-session/",
		"introspection_endpoint": base + "introspect/", "revocation_endpoint": base + "revoke/",
		"device_authorization_endpoint": base + "device/", "jwks_uri": own + "jwks/",
		"response_types_supported": []string{"code", "id_token", "id_token token", "code token", "code id_token", "code id_token token"},
		"response_modes_supported": []string{"query", "fragment", "form_post"},
		"grant_types_supported": []string{
			"authorization_code", "refresh_token", "implicit", "client_credentials", "password", "urn:ietf:params:oauth:grant-type:device_code",
		},
		"id_token_signing_alg_values_supported": []string{algorithm},
		"subject_types_supported":               []string{"public"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic"},
		"acr_values_supported":                  []string{"goauthentik.io/providers/oauth2/default"},
		"scopes_supported":                      scopes,
		"request_parameter_supported":           false,
		"claims_supported":                      supported,
		"claims_parameter_supported":            false,
		"code_challenge_methods_supported":      []string{"plain", "S256"},
	}
	if s.release.AtLeast(2025, 10) {
		out["backchannel_logout_supported"], out["backchannel_logout_session_supported"] = true, true
	}
	write(w, ok(out))
}
