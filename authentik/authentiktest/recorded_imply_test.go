package authentiktest_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// variant is what claims do not tell of a state: which of the texts that a
// mapping had was in force, and whether ours was selected for the address.
type variant struct {
	roles string // text of the roles mapping; "" leaves it
	email bool   // ours
}

// variants are those of a line. What shows no claims has one.
func variants(w *recordedWorld, x exchange) []variant {
	out := []variant{{}}
	if shownClaims(x) == nil {
		return out
	}
	texts := map[string]bool{"": true}
	for _, seen := range w.objects["mapping"] {
		for _, m := range seen {
			if str(m.object, "scope_name") == model.RolesClaim {
				texts[str(m.object, "expression")] = true
			}
		}
	}
	out = nil
	for _, roles := range sortedKeys(texts) {
		out = append(out, variant{roles: roles}, variant{roles: roles, email: true})
	}
	return out
}

// shownClaims are the claims of a person that a line shows.
func shownClaims(x exchange) object {
	if x.Response.IDToken != nil {
		return x.Response.IDToken
	}
	body, _ := x.Response.Body.(object)
	if preview, is := body["preview"].(object); is {
		return preview
	}
	if strings.HasPrefix(x.Request.Path, "/application/o/userinfo/") && x.Response.Status == 200 {
		return body
	}
	return nil
}

// implyApplication gives the provider of a login, or of a preview, the
// application that the issuer names.
func (s *state) implyApplication(x exchange) {
	path, _, _ := strings.Cut(x.Request.Path, "?")
	login := path == "/application/o/authorize/" || path == "/application/o/token/" || path == "/application/o/userinfo/"
	key, preview := strings.CutSuffix(strings.TrimPrefix(path, "/api/v3/providers/oauth2/"), "/preview_user/")
	body, _ := x.Response.Body.(object)
	if urls, is := strings.CutSuffix(key, "/setup_urls/"); is {
		key, preview = urls, true
	}
	if !login && !preview || x.Response.Status >= 300 && x.Response.Status != 302 && path != "/application/o/token/" {
		return
	}
	slug := "romm"
	if body["user_info"] != nil {
		at := strings.Split(strings.TrimSuffix(str(body, "issuer"), "/"), "/")
		slug = at[len(at)-1]
	} else if claims := shownClaims(x); claims != nil && path != "/application/o/userinfo/" {
		at := strings.Split(strings.TrimSuffix(str(claims, "iss"), "/"), "/")
		slug = at[len(at)-1]
	}
	for _, k := range sortedKeys(s.objects["provider"]) {
		if p := s.objects["provider"][k]; login && p["client_id"] == "<client-id>" {
			key = k
		}
	}
	if login && s.objects["provider"][key] == nil {
		key = "70000"
		p := invent("provider", key)
		p["client_id"], p["client_secret"] = "<client-id>", "<client-secret>"
		p["redirect_uris"] = []any{object{"matching_mode": "strict", "url": "http://127.0.0.1:5000/api/oauth/openid"}}
		s.objects["provider"][key] = p
	}
	for k, a := range s.objects["application"] {
		if k != slug && plainText(a["provider"]) == key {
			delete(s.objects["application"], k)
		}
	}
	p := s.objects["provider"][key]
	if slug == "" || p == nil { // of no application
		return
	}
	a := maps.Clone(s.objects["application"][slug])
	if a == nil {
		a = invent("application", slug)
	}
	a["provider"] = p["pk"]
	s.objects["application"][slug] = a
}

// imply changes the state to what the answer of a line says about it.
func (s *state) imply(x exchange, v variant) {
	s.implyEvents(x)
	s.implyOwner(x)
	s.implyTaken(x)
	s.implyApplication(x)
	s.implyTested(x)
	if body, _ := x.Response.Body.(object); body["access_token"] != nil {
		claims := object{}
		for scope, claim := range map[string]string{"email": "email", "profile": "nickname", model.RolesClaim: model.RolesClaim} {
			if slices.Contains(strings.Fields(str(body, "scope")), scope) {
				claims[claim] = true
			}
		}
		s.require(claims, v)
	}
	if claims := shownClaims(x); claims != nil {
		s.implyPerson(x, claims)
		s.implySelection(x, func(m object) bool {
			return m["scope_name"] == "email" && claims["email"] == nil || m["scope_name"] == model.RolesClaim && claims[model.RolesClaim] == nil ||
				m["scope_name"] == "profile" && claims["nickname"] == nil
		})
		s.require(claims, v)
	}
	if body, _ := x.Response.Body.(object); body["scopes_supported"] != nil {
		scopes := list(body, "scopes_supported")
		s.implySelection(x, func(m object) bool { return !slices.Contains(scopes, str(m, "scope_name")) })
		claims := object{}
		for _, name := range list(body, "claims_supported") {
			claims[name] = true
		}
		s.require(claims, v)
	}
}

// implyPerson makes the person of claims, with the trusted address that they
// show.
func (s *state) implyPerson(x exchange, claims object) {
	name := str(claims, "preferred_username")
	if name == "" {
		name = strings.TrimPrefix(strings.TrimPrefix(x.Name, "token-"), "userinfo-")
	}
	key := ""
	for _, k := range sortedKeys(s.objects["user"]) {
		if str(s.objects["user"][k], "username") == name {
			key = k
		}
	}
	if u, err := url.Parse(x.Request.Path); err == nil && u.Query().Has("for_user") {
		key = u.Query().Get("for_user")
	}
	if key == "" {
		key = "80000"
	}
	u := maps.Clone(s.objects["user"][key])
	if u == nil {
		u = invent("user", key)
		u["username"] = name
	}
	if claims["nickname"] != nil {
		u["name"], u["username"] = claims["name"], claims["preferred_username"]
		u["groups"] = s.groupsNamed(list(claims, "groups"))
	}
	if claims["email"] != nil {
		u["email"] = claims["email"]
	}
	u["is_active"] = true
	attributes, _ := u["attributes"].(object)
	attributes = maps.Clone(attributes)
	if attributes == nil {
		attributes = object{}
	}
	delete(attributes, model.AttrTrustedEmail)
	if claims["email_verified"] == true {
		attributes[model.AttrTrustedEmail] = claims["email"]
	}
	u["attributes"] = attributes
	s.objects["user"][key] = u
}

func (s *state) groupsNamed(names []string) (ids []any) {
	for _, name := range names {
		found := ""
		for _, k := range sortedKeys(s.objects["group"]) {
			if str(s.objects["group"][k], "name") == name {
				found = k
			}
		}
		if found == "" {
			found = authentiktest.UUIDOf("group", name)
			s.objects["group"][found] = object{"pk": found, "name": name}
		}
		ids = append(ids, found)
	}
	return ids
}

// implySelection deselects mappings at every provider.
func (s *state) implySelection(_ exchange, gone func(object) bool) {
	for k, p := range s.objects["provider"] {
		p = maps.Clone(p)
		rows, _ := p["property_mappings"].([]any)
		p["property_mappings"] = slices.DeleteFunc(slices.Clone(rows), func(id any) bool {
			m := s.objects["mapping"][plainText(id)]
			return m != nil && (gone(m) || str(m, "scope_name") == "zzz")
		})
		s.objects["provider"][k] = p
	}
}

// require selects mappings for claims that have none.
func (s *state) require(claims object, v variant) {
	byManaged := func(managed string) string {
		for _, k := range sortedKeys(s.objects["mapping"]) {
			if s.objects["mapping"][k]["managed"] == managed {
				return k
			}
		}
		return ""
	}
	own := byManaged(authentik.ManagedEmail)
	if own == "" {
		own = "eeeeeeee-0000-4000-8000-000000000001"
		s.objects["mapping"][own] = object{
			"pk": own, "name": "RomM Email Verification (own)", "scope_name": "email", "managed": authentik.ManagedEmail, "expression": authentik.EmailAddress(),
		}
	}
	roles := byManaged(authentik.ManagedRoles)
	if roles == "" && claims[model.RolesClaim] != nil {
		roles = "eeeeeeee-0000-4000-8000-000000000002"
		s.objects["mapping"][roles] = object{
			"pk": roles, "name": "RomM Roles (own)", "scope_name": model.RolesClaim, "managed": authentik.ManagedRoles, "expression": "return {}",
		}
	}
	if v.roles != "" && roles != "" {
		m := maps.Clone(s.objects["mapping"][roles])
		m["expression"] = v.roles
		s.objects["mapping"][roles] = m
	}
	for k, p := range s.objects["provider"] {
		p = maps.Clone(p)
		rows, _ := p["property_mappings"].([]any)
		rows = slices.Clone(rows)
		has := func(scope string) bool {
			return slices.ContainsFunc(rows, func(id any) bool { return str(s.objects["mapping"][plainText(id)], "scope_name") == scope })
		}
		if v.email || claims["email"] != nil && !has("email") {
			rows = slices.DeleteFunc(rows, func(id any) bool { return str(s.objects["mapping"][plainText(id)], "scope_name") == "email" })
			rows = append(rows, own)
		}
		if claims[model.RolesClaim] != nil && !has(model.RolesClaim) {
			rows = append(rows, roles)
		}
		if profile := byManaged(authentik.ManagedStockProfile); profile != "" && claims["nickname"] != nil && !has("profile") {
			rows = append(rows, profile)
		}
		if openid := byManaged(authentik.ManagedStockOpenID); openid != "" && !has("openid") {
			rows = append(rows, openid)
		}
		p["property_mappings"] = rows
		s.objects["provider"][k] = p
	}
}

// implyOwner makes who `/users/me/` says to be.
func (s *state) implyOwner(x exchange) {
	body, _ := x.Response.Body.(object)
	me, is := body["user"].(object)
	if !is {
		return
	}
	for k, u := range s.objects["user"] {
		if u["username"] == s.owner {
			delete(s.objects["user"], k)
		}
	}
	u := maps.Clone(me)
	u["path"] = "users"
	ids := []any{}
	rows, _ := me["groups"].([]any)
	for _, row := range rows {
		g := row.(object)
		ids = append(ids, g["pk"])
		if s.objects["group"][str(g, "pk")] == nil {
			s.objects["group"][str(g, "pk")] = g
		}
	}
	u["groups"], u["roles_obj"] = ids, me["roles"]
	s.objects["user"][plainText(me["pk"])] = u
}

// implyTaken makes what stands in the way of a new object.
func (s *state) implyTaken(x exchange) {
	kind, key := target(x.Request.Path)
	asked, _ := x.Request.Body.(object)
	said, _ := x.Response.Body.(object)
	for _, field := range sortedKeys(said) {
		if x.Response.Status != 400 || key != "" || !strings.Contains(plainText(said[field]), "already exists") {
			continue
		}
		taken := slices.ContainsFunc(slices.Collect(maps.Values(s.objects[kind])), func(o object) bool { return o[field] == asked[field] })
		if !taken {
			o := invent(kind, "dddddddd-0000-4000-8000-000000000001")
			o[field] = asked[field]
			s.objects[kind][keyOf(kind, o)] = o
		}
	}
}

// implyTested makes the person for whom a mapping was tested.
func (s *state) implyTested(x exchange) {
	body, _ := x.Response.Body.(object)
	asked, _ := x.Request.Body.(object)
	var claims object
	if json.Unmarshal([]byte(str(body, "result")), &claims) != nil || claims["email"] == nil {
		return
	}
	key := plainText(asked["user"])
	u := maps.Clone(s.objects["user"][key])
	if u == nil {
		u = invent("user", key)
	}
	u["email"], u["attributes"] = claims["email"], object{}
	if claims["email_verified"] == true {
		u["attributes"] = object{model.AttrTrustedEmail: claims["email"]}
	}
	s.objects["user"][key] = u
}

// implyEvents makes the log that a list shows, and older ones up to its count.
func (s *state) implyEvents(x exchange) {
	body, _ := x.Response.Body.(object)
	rows, _ := body["results"].([]any)
	if !strings.HasPrefix(x.Request.Path, "/api/v3/events/events/") || x.Response.Status != 200 {
		return
	}
	page, _ := body["pagination"].(object)
	count, _ := page["count"].(float64)
	for _, row := range rows {
		o := row.(object)
		who, _ := o["user"].(object)
		context, _ := o["context"].(object)
		at, _ := time.Parse(time.RFC3339Nano, str(o, "created"))
		if k := plainText(who["pk"]); who["is_anonymous"] == nil && s.objects["user"][k] == nil {
			u := invent("user", k)
			maps.Copy(u, who)
			s.objects["user"][k] = u
		}
		s.events = append(s.events, authentiktest.Event{
			Action: str(o, "action"), User: str(who, "username"), Context: context, ClientIP: str(o, "client_ip"), Created: at,
		})
	}
	for n := len(rows); n < int(count) && n > 0; n++ {
		old := s.events[0]
		old.Created = old.Created.AddDate(-1, 0, -n)
		s.events = append(s.events, old)
	}
}
