package authentiktest_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// need makes what a request names outside of lists: the application of an
// OpenID Connect address, the provider of an application that is written, and
// the mapping that makes a whole endpoint crash.
func (s *state) need(w *recordedWorld, line int, x exchange) {
	closest := func(kind, key string) object {
		for _, near := range nearest(w.objects[kind], line) {
			if keyOf(kind, near.object) == key {
				return near.object
			}
		}
		return invent(kind, key)
	}
	provider := func(pk any) {
		key := plainText(pk)
		if pk == nil || s.objects["provider"][key] != nil {
			return
		}
		p := closest("provider", key)
		for k, other := range s.objects["provider"] {
			if other["client_id"] == p["client_id"] || other["name"] == p["name"] {
				delete(s.objects["provider"], k)
			}
		}
		s.objects["provider"][key] = p
		for _, id := range list(p, "property_mappings") {
			if m := closest("mapping", id); s.objects["mapping"][id] == nil || str(s.objects["mapping"][id], "scope_name") == "zzz" {
				for k, other := range s.objects["mapping"] {
					if m["managed"] != nil && other["managed"] == m["managed"] || other["name"] == m["name"] {
						delete(s.objects["mapping"], k)
					}
				}
				s.objects["mapping"][id] = m
			}
		}
	}
	if rest, is := strings.CutPrefix(x.Request.Path, "/application/o/"); is && x.Response.Status != 404 {
		slug, _, _ := strings.Cut(rest, "/")
		if !slices.Contains([]string{"authorize", "token", "userinfo"}, slug) {
			if s.objects["application"][slug] == nil || s.objects["application"][slug]["provider"] == nil {
				s.objects["application"][slug] = closest("application", slug)
			}
			provider(s.objects["application"][slug]["provider"])
		}
	}
	if body, is := x.Request.Body.(object); is && strings.HasPrefix(x.Request.Path, "/api/v3/core/applications/") {
		provider(body["provider"])
	}
	shown := map[string]bool{}
	walk(x.Response.Body, func(o object) {
		if kindOf(o) == "application" {
			shown[keyOf("application", o)] = true
		}
	})
	for _, k := range sortedKeys(s.objects["application"]) {
		if shown[k] || strings.Contains(x.Request.Path, "/core/applications/"+k+"/") {
			provider(s.objects["application"][k]["provider"])
		}
	}
	s.bind(w, line, x)
	if x.Response.Status == 500 {
		const id = "ffffffff-0000-4000-8000-ffffffffffff"
		s.objects["mapping"][id] = object{"pk": id, "name": "crash", "scope_name": "aaa", "expression": "raise SkipObject()"}
		for k, p := range s.objects["provider"] {
			p = maps.Clone(p)
			rows, _ := p["property_mappings"].([]any)
			p["property_mappings"] = append(slices.Clone(rows), id)
			s.objects["provider"][k] = p
		}
	}
}

// bind makes the applications that bindings and requests for them name, and
// leaves out bindings of others.
func (s *state) bind(w *recordedWorld, line int, x exchange) {
	if x.Response.Status >= 300 {
		clear(s.objects["binding"])
		return
	}
	var targets []string
	if u, err := url.Parse(x.Request.Path); err == nil && u.Query().Get("target") != "" {
		targets = append(targets, u.Query().Get("target"))
	}
	for _, body := range []any{x.Request.Body, x.Response.Body} {
		walk(body, func(o object) {
			if target := str(o, "target"); target != "" {
				targets = append(targets, target)
			}
		})
	}
	for _, pk := range targets {
		for _, near := range nearest(w.objects["application"], line) {
			slug := keyOf("application", near.object)
			for _, seen := range w.objects["application"][slug] {
				if str(seen.object, "pk") == pk {
					s.objects["application"][slug] = seen.object
				}
			}
		}
	}
	apps := slices.Collect(maps.Values(s.objects["application"]))
	for k, b := range s.objects["binding"] {
		if !slices.ContainsFunc(apps, func(a object) bool { return a["pk"] == b["target"] }) || b["policy"] != nil {
			delete(s.objects["binding"], k)
		}
	}
}
