package authentiktest_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// state is what a server held when a line was recorded, as far as the lines
// tell: what the line itself shows, and of everything else what the nearest
// line shows.
type state struct {
	objects map[string]map[string]object
	release authentik.Release
	token   string
	owner   string // of the token
	// permissions of the token; nil is a superuser's.
	permissions []string
	events      []authentiktest.Event
	shown       map[string]bool // groups whose members the line shows
	// laterFirst is the order of mappings of the same scope.
	laterFirst bool
}

// listed are the kinds that lists show, by path.
var listed = map[string]string{
	"/core/users/": "user", "/core/groups/": "group", "/propertymappings/provider/scope/": "mapping", "/providers/oauth2/": "provider",
	"/core/applications/": "application", "/policies/bindings/": "binding",
}

// target is the kind and the key that a path names; the key is "" for a list.
func target(path string) (kind, key string) {
	path, _, _ = strings.Cut(path, "?")
	path = strings.TrimPrefix(path, "/api/v3")
	for prefix, kind := range listed {
		rest, is := strings.CutPrefix(path, prefix)
		if is && strings.HasSuffix("/"+rest, "/me/") {
			return "", ""
		}
		if is {
			key, _, _ = strings.Cut(rest, "/")
			return kind, key
		}
	}
	if rest, is := strings.CutPrefix(path, "/propertymappings/all/"); is {
		key, _, _ = strings.Cut(rest, "/")
		return "mapping", key
	}
	return "", ""
}

func (w *recordedWorld) state(line int, x exchange) *state {
	s := &state{objects: map[string]map[string]object{}, release: authentik.ParseRelease(x.Version)}
	own := map[string]map[string]object{}
	walk(x.Response.Body, func(o object) {
		if kind := kindOf(o); kind != "" {
			if own[kind] == nil {
				own[kind] = map[string]object{}
			}
			own[kind][keyOf(kind, o)] = o
		}
	})
	s.shown = map[string]bool{}
	for k := range own["group"] {
		s.shown[k] = true
	}
	lists, key := target(x.Request.Path)
	for kind := range kindFields {
		s.objects[kind] = map[string]object{}
		made := kind == lists && x.Request.Method == "POST" && key == "" && x.Response.Status == 201
		if !made {
			for k, o := range own[kind] {
				s.objects[kind][k] = o
			}
		}
		if kind == "mapping" {
			for _, near := range nearest(w.objects[kind], line) {
				if slices.Contains(requested(x), near.str("pk")) && s.objects[kind][near.str("pk")] == nil && !made {
					s.objects[kind][near.str("pk")] = near.object
				}
			}
		}
		for _, near := range nearest(w.objects[kind], line) {
			k := keyOf(kind, near.object)
			gone := kind == lists && (k == key && x.Response.Status == 404 || made && own[kind][k] != nil || key == "" && hides(kind, x, near.object))
			if !gone && !s.conflicts(kind, k, near.object, own, made) {
				s.objects[kind][k] = near.object
			}
		}
	}
	for _, k := range sortedKeys(own["member"]) {
		if u := s.objects["user"][k]; u != nil {
			u = maps.Clone(u)
			maps.Copy(u, own["member"][k])
			s.objects["user"][k] = u
		}
	}
	if lists != "binding" {
		clear(s.objects["binding"])
	}
	if strings.Contains(x.Request.Path, "/check_access/") {
		s.bound(w, line)
	}
	s.fit(lists, key, x)
	s.assign(own["provider"])
	s.need(w, line, x)
	return s
}

// bound makes the bindings, and the mode, that the few lines before one show: a
// binding is soon deleted again.
func (s *state) bound(w *recordedWorld, line int) {
	last := func(seen []sighting) object {
		for _, at := range slices.Backward(seen) {
			if at.line < line && line-at.line < 10 {
				return at.object
			}
		}
		return nil
	}
	for _, kind := range []string{"application", "binding"} {
		for k, seen := range w.objects[kind] {
			if o := last(seen); o != nil {
				s.objects[kind][k] = o
			}
		}
	}
	for _, b := range s.objects["binding"] {
		if g, is := b["group_obj"].(object); is {
			s.objects["group"][str(g, "pk")], s.shown[str(g, "pk")] = g, true
		}
	}
}

func (s sighting) str(field string) string { return str(s.object, field) }

// requested are the mappings that a request or its answer selects.
func requested(x exchange) (out []string) {
	for _, body := range []any{x.Request.Body, x.Response.Body} {
		walk(body, func(o object) { out = append(out, list(o, "property_mappings")...) })
	}
	return out
}

// nearest is one sighting of each object, the nearest line first.
func nearest(seen map[string][]sighting, line int) (out []sighting) {
	distance := func(a sighting) int {
		if a.line > line {
			return 2*(a.line-line) + 1
		}
		return 2 * (line - a.line)
	}
	for _, key := range sortedKeys(seen) {
		out = append(out, slices.MinFunc(seen[key], func(a, b sighting) int { return cmp.Compare(distance(a), distance(b)) }))
	}
	slices.SortStableFunc(out, func(a, b sighting) int { return cmp.Compare(distance(a), distance(b)) })
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// hides reports whether a list would have shown an object that it does not
// show.
func hides(kind string, x exchange, o object) bool {
	body, _ := x.Response.Body.(object)
	page, _ := body["pagination"].(object)
	if x.Request.Method != "GET" || page == nil || page["total_pages"] != 1.0 {
		return false
	}
	u, _ := url.Parse(x.Request.Path)
	if types := u.Query()["type"]; kind == "user" && len(types) > 0 {
		return slices.Contains(types, o["type"].(string))
	}
	return true
}

// conflicts reports whether an object cannot stand beside those that are there.
func (s *state) conflicts(kind, key string, o object, own map[string]map[string]object, made bool) bool {
	same := func(a, b object, field string) bool { return a[field] != nil && a[field] != "" && a[field] == b[field] }
	others := []map[string]object{s.objects[kind]}
	if made {
		others = append(others, own[kind])
	}
	for _, there := range others {
		for k, other := range there {
			switch {
			case k == key:
				return true
			case kind == "user" && same(o, other, "username"),
				kind == "mapping" && (same(o, other, "name") || same(o, other, "managed")),
				kind == "provider" && (same(o, other, "name") || same(o, other, "client_id")),
				kind == "application" && same(o, other, "provider"),
				kind == "flow" && same(o, other, "slug"), kind == "key" && same(o, other, "name"):
				return true
			}
		}
	}
	return false
}

// fit adds what the line needs and no other line shows.
func (s *state) fit(kind, key string, x exchange) {
	if kind != "" && key != "" && x.Response.Status != 404 && s.objects[kind][key] == nil {
		o := invent(kind, key)
		if body, is := x.Response.Body.(object); is && strings.Contains(str(body, "result"), "email_verified") {
			o["expression"] = authentik.EmailAddress()
		}
		if body, is := x.Response.Body.(object); is && strings.Contains(str(body, "result"), model.RolesClaim) {
			o["expression"], _ = authentik.RenderRoles(model.RoleTable{Rank: []string{"admin"}})
		}
		s.objects[kind][key] = o
	}
	if name, is := strings.CutPrefix(x.Request.Authorization, "Bearer <lp-"); is {
		s.owner = "lp-" + strings.TrimSuffix(name, "-token>")
	} else {
		s.owner = "akadmin"
	}
	owner := func(o object) bool { return str(o, "username") == s.owner }
	if users := s.objects["user"]; !slices.ContainsFunc(slices.Collect(maps.Values(users)), owner) {
		users["90000"] = invent("user", "90000")
		users["90000"]["username"], users["90000"]["is_superuser"] = s.owner, s.owner == "akadmin"
	}
	if kind != "mapping" {
		ids := requested(x)
		for _, p := range s.objects["provider"] {
			ids = append(ids, list(p, "property_mappings")...)
		}
		for _, id := range ids {
			if s.objects["mapping"][id] == nil {
				s.objects["mapping"][id] = invent("mapping", id)
			}
		}
	}
	body, _ := x.Response.Body.(object)
	page, _ := body["pagination"].(object)
	if count, is := page["count"].(float64); is && listed[strings.TrimPrefix(strings.Split(x.Request.Path, "?")[0], "/api/v3")] != "" && page["total_pages"] != 1.0 {
		for n := 0; len(s.objects[kind]) < int(count); n++ {
			o := invent(kind, fmt.Sprintf("ffffffff-0000-4000-8000-%012d", n))
			s.objects[kind][keyOf(kind, o)] = o
		}
		own := map[string]bool{}
		for k, o := range s.objects["user"] {
			own[k] = kind == "user" && owner(o)
		}
		list, _ := body["results"].([]any)
		for _, row := range list {
			own[keyOf(kind, row.(object))] = true
		}
		for _, k := range sortedKeys(s.objects[kind]) {
			if len(s.objects[kind]) > int(count) && !own[k] {
				delete(s.objects[kind], k)
			}
		}
	}
}

// assign makes the applications that the line's providers name.
func (s *state) assign(providers map[string]object) {
	for _, k := range sortedKeys(providers) {
		slug, shown := providers[k]["assigned_application_slug"]
		if !shown {
			continue
		}
		for _, other := range sortedKeys(s.objects["application"]) {
			if a := s.objects["application"][other]; other != slug && plainText(a["provider"]) == k {
				delete(s.objects["application"], other)
			}
		}
		if slug, is := slug.(string); is {
			a := maps.Clone(s.objects["application"][slug])
			if a == nil {
				a = invent("application", slug)
			}
			a["provider"], a["name"] = providers[k]["pk"], providers[k]["assigned_application_name"]
			s.objects["application"][slug] = a
		}
	}
}

// invent makes an object that nothing is known of.
func invent(kind, key string) object {
	var pk any = key
	var number float64
	if json.Unmarshal([]byte(key), &number) == nil {
		pk = number
	}
	o := object{"pk": pk, "name": "zzz " + key}
	switch kind {
	case "user":
		o["username"], o["email"], o["type"], o["path"], o["is_active"] = "zzz-"+key, "", "service_account", "users", true
	case "mapping":
		o["scope_name"], o["expression"] = "zzz", "return {}"
	case "provider":
		o["client_id"] = "zzz"
	case "application":
		o["slug"] = key
	}
	return o
}

func str(o object, field string) string { s, _ := o[field].(string); return s }

func list(o object, field string) (out []string) {
	rows, _ := o[field].([]any)
	for _, row := range rows {
		out = append(out, plainText(row))
	}
	return out
}
