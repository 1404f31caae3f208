package authentiktest

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/model"
)

// subject is whom a mapping runs for, read under the lock.
type subject struct {
	user   *userState // nil is the anonymous user
	direct []string   // names of direct groups
	all    []string   // ids of all groups
}

// run is one evaluation of all mappings of a provider.
type run struct {
	who      subject
	provider *providerState
	app      string // slug, "" for none
	mappings []authentik.Mapping
	roles    RolesFunc
}

type knownExpression struct {
	authentik.Known
	ok bool
}

// errException stands for a mapping that raised.
var errException = errors.New("the mapping raised")

// prepare collects what an evaluation needs, so that it can go on without the
// lock: a stand-in for the companion may ask this server in turn.
func (s *Server) prepare(p *providerState, u *userState) run {
	out := run{provider: p, roles: s.roles, who: subject{user: u}}
	if a, assigned := s.world.application(p); assigned {
		out.app = a.Slug
	}
	for _, m := range s.world.mappings {
		if slices.Contains(p.mappings, m.ID) {
			out.mappings = append(out.mappings, m)
		}
	}
	if s.laterFirst {
		slices.Reverse(out.mappings)
	}
	// Ordered by scope name alone (reference/authentik.md 1).
	slices.SortStableFunc(out.mappings, func(a, b authentik.Mapping) int { return cmp.Compare(a.Scope, b.Scope) })
	if u == nil {
		return out
	}
	for _, id := range u.groups {
		out.who.direct = append(out.who.direct, s.world.groups[id].Name)
	}
	for _, g := range s.world.allGroups(u.groups) {
		out.who.all = append(out.who.all, g.ID)
	}
	return out
}

// claims runs the mappings and merges their results. A mapping that raises
// loses its own claims and writes two events (reference/authentik.md 2).
func (s *Server) claims(r run) map[string]any {
	out := map[string]any{}
	for _, m := range r.mappings {
		result, err := s.evaluate(m, r)
		if err != nil {
			who := "AnonymousUser"
			if r.who.user != nil {
				who = r.who.user.Username
			}
			s.mu.Lock()
			for _, action := range []string{"property_mapping_exception", "configuration_error"} {
				s.events = append(s.events, Event{Action: action, Mapping: m.Name.Raw(), User: who})
			}
			s.mu.Unlock()
			continue
		}
		merge(out, result)
	}
	return out
}

// merge is deepmerge.always_merger for what mappings return: lists are
// concatenated, anything else is overridden.
func merge(into, from map[string]any) {
	for key, value := range from {
		switch v := value.(type) {
		case map[string]any:
			if old, is := into[key].(map[string]any); is {
				merge(old, v)
				continue
			}
		case []any:
			if old, is := into[key].([]any); is {
				into[key] = append(slices.Clone(old), v...)
				continue
			}
		}
		into[key] = value
	}
}

// evaluate computes what a known expression returns; any other raises.
func (s *Server) evaluate(m authentik.Mapping, r run) (map[string]any, error) {
	known := s.recognise(m.Expression)
	if !known.ok {
		return nil, errException
	}
	user := User{Username: "AnonymousUser"}
	if r.who.user != nil {
		user = r.who.user.User
	}
	switch known.Kind {
	case authentik.KindNothing:
		return map[string]any{}, nil
	case authentik.KindEmailAlways, authentik.KindEmailNever:
		return map[string]any{"email": user.Email, "email_verified": known.Kind == authentik.KindEmailAlways}, nil
	case authentik.KindEmailAddress:
		trusted, is := user.Attributes[model.AttrTrustedEmail].(string)
		verified := is && user.Email != "" && ascii(user.Email) && trusted == user.Email
		return map[string]any{"email": user.Email, "email_verified": verified}, nil
	case authentik.KindProfile, authentik.KindProfileGroups:
		groups := texts(r.who.direct)
		if known.Kind == authentik.KindProfileGroups && !s.release.AtLeast(2026, 2) {
			groups = []any{} // an unused relation there
		}
		return map[string]any{
			"name": user.Name, "given_name": user.Name, "preferred_username": user.Username, "nickname": user.Username,
			"groups": groups,
		}, nil
	case authentik.KindEntitlements:
		if r.app == "" {
			return nil, errException
		}
		return map[string]any{"entitlements": []any{}, "roles": []any{}}, nil
	case authentik.KindRoles:
		return map[string]any{model.RolesClaim: r.rolesOf(known.Roles)}, nil
	}
	return nil, errException
}

func (r run) rolesOf(params authentik.RolesParams) []any {
	if r.who.user == nil {
		return []any{}
	}
	if params.CompanionURL != "" && r.roles != nil {
		if roles, err := r.roles(r.who.user.uid, slices.Clone(r.who.all)); err == nil {
			return texts(roles)
		}
	}
	ids := make([]model.GroupID, len(r.who.all))
	for i, id := range r.who.all {
		ids[i] = model.GroupID(id)
	}
	return texts(params.Resolve(ids))
}

// recognise remembers what it has seen: a preview of everybody asks for the
// same few texts again and again.
func (s *Server) recognise(expression string) knownExpression {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, seen := s.known[expression]
	if !seen {
		k.Known, k.ok = authentik.Recognise(expression)
		s.known[expression] = k
	}
	return k
}

func ascii(text string) bool {
	return !slices.ContainsFunc([]byte(text), func(b byte) bool { return b >= 0x80 })
}

// previewUser answers what the ID token would hold, all selected mappings
// included (reference/authentik.md 4.3).
func (s *Server) previewUser(r *http.Request) reply {
	s.mu.Lock()
	p := s.provider(r)
	u := s.world.users[tokenOwnerPK]
	if text := r.URL.Query().Get("for_user"); text != "" {
		pk, _ := strconv.ParseInt(text, 10, 64) // the document says integer
		u = s.world.users[pk]
		if !s.may(permPreviewUser) {
			u = nil
		}
	}
	if p == nil || u == nil {
		s.mu.Unlock()
		if p == nil {
			return problem(http.StatusNotFound, notFoundProvider)
		}
		return reply{http.StatusBadRequest, map[string]any{"for_user": "User not found"}}
	}
	prepared := s.prepare(p, u)
	s.mu.Unlock()

	now := float64(s.now.Unix())
	out := map[string]any{
		"sub": u.uid, "aud": p.ClientID, "iat": now, "exp": now + 3600, "auth_time": now,
		"acr": "goauthentik.io/providers/oauth2/default",
	}
	if prepared.app != "" {
		out["iss"] = baseURL(r) + "/application/o/" + prepared.app + "/"
	}
	if !p.NoClaimsInIDToken {
		merge(out, s.claims(prepared))
	}
	return ok(map[string]any{"preview": out})
}

// discovery is public. Its claims are those that every mapping returns for the
// anonymous user (reference/authentik.md 7).
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
		http.NotFound(w, r)
		return
	}
	prepared := s.prepare(p, nil)
	s.mu.Unlock()

	supported := []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce"}
	scopes := []string{}
	for _, m := range prepared.mappings {
		scopes = append(scopes, m.Scope)
		alone := prepared
		alone.mappings = []authentik.Mapping{m}
		keys := []string{}
		for key := range s.claims(alone) {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		supported = append(supported, keys...)
	}
	base := baseURL(r) + "/application/o/"
	own := base + prepared.app + "/"
	algorithm := "RS256"
	if p.symmetric() {
		algorithm = "HS256"
	}
	write(w, ok(map[string]any{
		"issuer": own, "authorization_endpoint": base + "authorize/", "token_endpoint": base + "token/",
		"userinfo_endpoint": base + "userinfo/", "end_session_endpoint": own + "end-session/",
		"introspection_endpoint": base + "introspect/", "revocation_endpoint": base + "revoke/",
		"device_authorization_endpoint": base + "device/", "jwks_uri": own + "jwks/",
		"response_types_supported":              []string{"code", "id_token", "id_token token", "code token", "code id_token", "code id_token token"},
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"grant_types_supported":                 []string{"authorization_code", "refresh_token"},
		"id_token_signing_alg_values_supported": []string{algorithm},
		"subject_types_supported":               []string{"public"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic"},
		"acr_values_supported":                  []string{"goauthentik.io/providers/oauth2/default"},
		"scopes_supported":                      scopes,
		"request_parameter_supported":           false,
		"claims_supported":                      supported,
		"claims_parameter_supported":            false,
		"code_challenge_methods_supported":      []string{"plain", "S256"},
	}))
}
