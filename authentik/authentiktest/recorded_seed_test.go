package authentiktest_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// seed is the state without what only calls can make.
func (s *state) seed(x exchange) authentiktest.Seed {
	seed := authentiktest.Seed{
		Version: x.Version, Token: strings.TrimPrefix(x.Request.Authorization, "Bearer "), Owner: s.owner,
		LaterFirst: s.laterFirst,
	}
	if expression, is := x.Request.Body.(object); !is || str(expression, "expression") != "return {" { // only Python knows its syntax
		seed.Native = &authentiktest.Native{}
	}
	if name, few := strings.CutPrefix(s.owner, "lp-"); few {
		seed.Permissions = append([]string{}, recordedTokens()[name]...)
	}
	if strings.HasPrefix(x.Request.Path, "/application/") || seed.Token == "" || saysBadToken(x.Response.Body) {
		seed.Token = "<admin-token>"
	}
	if code := permissionOf(x); code != "" && seed.Permissions != nil {
		seed.Permissions = slices.DeleteFunc(slices.Clone(seed.Permissions), func(p string) bool { return p == code && x.Response.Status == 403 })
		if x.Response.Status < 300 {
			seed.Permissions = append(seed.Permissions, code)
			if strings.HasSuffix(code, ".view_propertymapping") {
				seed.Permissions = append(seed.Permissions, "authentik_core.add_propertymapping")
			}
		}
	}
	s.token, s.permissions = seed.Token, seed.Permissions
	groups := s.objects["group"]
	lists, _ := target(x.Request.Path)
	for _, k := range sortedKeys(s.objects["user"]) {
		for _, id := range list(s.objects["user"][k], "groups") {
			if groups[id] == nil && lists != "group" {
				groups[id] = object{"pk": id, "name": "zzz " + id}
			}
		}
	}
	members := map[string][]string{}
	for _, k := range sortedKeys(groups) {
		g := groups[k]
		parents := list(g, "parents")
		if p := str(g, "parent"); p != "" {
			parents = append(parents, p)
		}
		parents = slices.DeleteFunc(parents, func(id string) bool { return groups[id] == nil })
		attributes, _ := g["attributes"].(object)
		seed.Groups = append(seed.Groups, authentiktest.Group{
			ID: k, Name: str(g, "name"), Parents: parents, Superuser: g["is_superuser"] == true, Attributes: attributes, Roles: roles(g),
		})
		for _, pk := range list(g, "users") {
			if s.shown[k] {
				members[pk] = append(members[pk], k)
			}
		}
	}
	for _, pk := range sortedKeys(members) {
		if s.objects["user"][pk] == nil {
			s.objects["user"][pk] = invent("user", pk)
			maps.Copy(s.objects["user"][pk], s.objects["member"][pk])
		}
	}
	for _, k := range sortedKeys(s.objects["user"]) {
		u := seedUser(s.objects["user"][k])
		u.Groups = slices.DeleteFunc(u.Groups, func(id string) bool { return s.shown[id] || groups[id] == nil })
		u.Groups = append(u.Groups, members[k]...)
		seed.Users = append(seed.Users, u)
	}
	s.addClients(&seed)
	return seed
}

// permissionOf is what a request needs. Whether a token had it at the time is
// told by the answer: they were given and taken while the recording went on.
func permissionOf(x exchange) string {
	verb := map[string]string{"GET": "view", "POST": "add", "PATCH": "change", "DELETE": "delete"}[x.Request.Method]
	path := strings.TrimPrefix(x.Request.Path, "/api/v3")
	for prefix, code := range map[string]string{
		"/core/users/": "authentik_core.%s_user", "/core/groups/": "authentik_core.%s_group", "/core/applications/": "authentik_core.%s_application",
		"/providers/oauth2/": "authentik_providers_oauth2.%s_oauth2provider", "/policies/bindings/": "authentik_policies.%s_policybinding",
		"/propertymappings/provider/scope/": "authentik_providers_oauth2.%s_scopemapping", "/flows/instances/": "authentik_flows.%s_flow",
		"/crypto/certificatekeypairs/": "authentik_crypto.%s_certificatekeypair", "/events/events/": "authentik_events.%s_event",
		"/propertymappings/all/": "authentik_core.view_propertymapping",
	} {
		if strings.HasPrefix(path, prefix) && !strings.HasPrefix(path, "/core/users/me/") {
			return strings.ReplaceAll(code, "%s", verb)
		}
	}
	return ""
}

func saysBadToken(body any) bool {
	o, _ := body.(object)
	return str(o, "detail") == "Token invalid/expired"
}

func seedUser(o object) authentiktest.User {
	pk, _ := o["pk"].(float64)
	attributes, _ := o["attributes"].(object)
	last, _ := time.Parse(time.RFC3339Nano, str(o, "last_login"))
	return authentiktest.User{
		PK: int64(pk), Username: str(o, "username"), Name: str(o, "name"), Email: str(o, "email"), Type: str(o, "type"), Path: str(o, "path"),
		Inactive: o["is_active"] == false, Superuser: o["is_superuser"] == true, Groups: list(o, "groups"), Attributes: attributes, LastLogin: last, Roles: roles(o),
	}
}

func roles(o object) (out []authentiktest.Role) {
	rows, _ := o["roles_obj"].([]any)
	for _, row := range rows {
		out = append(out, authentiktest.Role{ID: str(row.(object), "pk"), Name: str(row.(object), "name")})
	}
	return out
}

// addClients adds mappings, providers and applications.
func (s *state) addClients(seed *authentiktest.Seed) {
	for _, k := range sortedKeys(s.objects["mapping"]) {
		m := s.objects["mapping"][k]
		seed.Mappings = append(seed.Mappings, authentik.Mapping{
			ID: k, Name: model.Untrusted(str(m, "name")), Managed: str(m, "managed"), Scope: str(m, "scope_name"), Expression: str(m, "expression"),
		})
	}
	names := map[string]string{}
	for _, k := range sortedKeys(s.objects["provider"]) {
		p := s.objects["provider"][k]
		pk, _ := p["pk"].(float64)
		names[k] = str(p, "name")
		seed.Providers = append(seed.Providers, authentiktest.Provider{
			PK: int64(pk), Name: str(p, "name"), ClientID: str(p, "client_id"), ClientSecret: model.Secret(str(p, "client_secret")),
			Mappings: slices.DeleteFunc(list(p, "property_mappings"), func(id string) bool { return s.objects["mapping"][id] == nil }), NoClaimsInIDToken: p["include_claims_in_id_token"] == false,
		})
	}
	for _, k := range sortedKeys(s.objects["application"]) {
		a := s.objects["application"][k]
		seed.Applications = append(seed.Applications, authentiktest.Application{
			Name: str(a, "name"), Slug: k, Provider: names[plainText(a["provider"])], Mode: str(a, "policy_engine_mode"),
		})
	}
}

// finish makes what only calls can make, and returns the names by which the
// fake knows what the recording names.
func (s *state) finish(t *testing.T, f *authentiktest.Server) *strings.Replacer {
	t.Helper()
	var pairs []string
	for _, k := range sortedKeys(s.objects["flow"]) {
		pairs = append(pairs, k, authentiktest.UUIDOf("flow", str(s.objects["flow"][k], "slug")))
	}
	for _, k := range sortedKeys(s.objects["key"]) {
		pairs = append(pairs, k, authentiktest.UUIDOf("key", str(s.objects["key"][k], "name")))
	}
	for _, slug := range sortedKeys(s.objects["application"]) {
		if pk := str(s.objects["application"][slug], "pk"); pk != slug {
			pairs = append(pairs, pk, authentiktest.UUIDOf("application", slug))
		}
	}
	names := strings.NewReplacer(pairs...)
	f.AddEvents(s.events...)
	f.Permit(nil)
	defer f.Permit(s.permissions)
	for _, k := range sortedKeys(s.objects["provider"]) {
		rest := object{}
		for name, v := range s.objects["provider"][k] {
			if slices.Contains([]string{"redirect_uris", "signing_key", "encryption_key", "sub_mode", "issuer_mode", "grant_types"}, name) {
				rest[name] = v
			}
		}
		if len(rest) == 0 {
			continue
		}
		data, _ := json.Marshal(rest)
		if got := ask(f, "PATCH", "/api/v3/providers/oauth2/"+k+"/", "Bearer "+s.token, "application/json", names.Replace(string(data)), ""); got.status != 200 {
			t.Fatalf("provider %s: %+v", k, got)
		}
	}
	for _, k := range sortedKeys(s.objects["binding"]) {
		b := s.objects["binding"][k]
		body := object{}
		for _, name := range []string{"target", "group", "user", "order", "enabled", "negate"} {
			if b[name] != nil {
				body[name] = b[name]
			}
		}
		data, _ := json.Marshal(body)
		if got := ask(f, "POST", "/api/v3/policies/bindings/", "Bearer "+s.token, "application/json", names.Replace(string(data)), ""); got.status != 201 {
			t.Fatalf("binding %s: %+v", k, got)
		}
	}
	return names
}
