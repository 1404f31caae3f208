package authentiktest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/model"
)

// body decodes a request, which a validator has checked already if there is
// one; what is no object is an empty one.
func body(r *http.Request) map[string]any {
	var out map[string]any
	_ = json.NewDecoder(r.Body).Decode(&out)
	return out
}

func fieldError(field, text string) reply {
	return answered(http.StatusBadRequest, map[string]any{field: []any{text}})
}

// text reads a text field; missing and null are "".
func text(fields map[string]any, name string) string {
	s, _ := fields[name].(string)
	return s
}

func (s *Server) createMapping(r *http.Request) reply {
	return s.putMapping(r.Context(), authentik.Mapping{}, body(r), http.StatusCreated)
}

func (s *Server) patchMapping(r *http.Request) reply {
	at := s.mappingAt(r)
	if at < 0 {
		return s.notFound(modelMapping)
	}
	return s.putMapping(r.Context(), s.world.mappings[at], body(r), http.StatusOK)
}

func (s *Server) mappingAt(r *http.Request) int {
	return slices.IndexFunc(s.world.mappings, func(m authentik.Mapping) bool { return m.ID == r.PathValue("pm_uuid") && !m.Hidden })
}

func (s *Server) putMapping(ctx context.Context, m authentik.Mapping, fields map[string]any, status int) reply {
	for name, dst := range map[string]*string{"scope_name": &m.Scope, "managed": &m.Managed, "expression": &m.Expression} {
		if _, given := fields[name]; given {
			*dst = text(fields, name)
		}
	}
	if _, given := fields["name"]; given {
		m.Name = model.Untrusted(text(fields, "name"))
	}
	m.Expression = strings.TrimSpace(m.Expression) // as Django's fields do
	if strings.Contains(m.Scope, " ") {
		return fieldError("scope_name", "Value must not contain spaces.")
	}
	if _, given := fields["expression"]; given && s.native == nil {
		program, err := s.python.Parse(ctx, m.Expression)
		if err != nil {
			return problem(http.StatusInternalServerError, "authentiktest: "+err.Error())
		}
		if program.Syntax != "" {
			return fieldError("expression", "Expression Syntax Error: "+program.Syntax)
		}
	}
	for _, other := range s.world.mappings {
		if other.ID == m.ID {
			continue
		}
		if other.Name == m.Name {
			return fieldError("name", "Property Mapping with this name already exists.")
		}
		if m.Managed != "" && other.Managed == m.Managed {
			return fieldError("managed", "Property Mapping with this Managed by authentik already exists.")
		}
	}
	if m.ID == "" {
		s.world.made++
		m.ID = uuidOf("made mapping", strconv.Itoa(s.world.made))
		s.world.mappings = append(slices.Clone(s.world.mappings), m)
		s.made(permAddMapping, m.ID)
	} else {
		s.world.mappings = slices.Clone(s.world.mappings)
		at := slices.IndexFunc(s.world.mappings, func(o authentik.Mapping) bool { return o.ID == m.ID })
		s.world.mappings[at] = m
	}
	return answered(status, mappingJSON(m))
}

func (s *Server) deleteMapping(r *http.Request) reply {
	at := s.mappingAt(r)
	if at < 0 {
		return s.notFound(modelMapping)
	}
	id := s.world.mappings[at].ID
	s.world.mappings = slices.Delete(slices.Clone(s.world.mappings), at, at+1)
	for _, p := range s.world.providers {
		p.mappings = slices.DeleteFunc(slices.Clone(p.mappings), func(m string) bool { return m == id })
	}
	return reply{status: http.StatusNoContent}
}

// testMapping runs one mapping, without a provider (docs/authentik.md 4.3);
// what it raises is a result here and no event.
func (s *Server) testMapping(r *http.Request) reply {
	s.mu.Lock()
	at := s.mappingAt(r)
	pk, given := body(r)["user"].(float64)
	u := s.world.users[int64(pk)]
	if at < 0 {
		s.mu.Unlock()
		return s.notFound("PropertyMapping")
	}
	if given && u == nil {
		s.mu.Unlock()
		return fieldError("user", fmt.Sprintf("Invalid pk \"%d\" - object does not exist.", int64(pk)))
	}
	if given && !s.mayOn(permViewUser, strconv.FormatInt(u.PK, 10)) {
		s.mu.Unlock()
		return notAllowed()
	}
	m := s.world.mappings[at]
	prepared := s.prepare(r, &providerState{}, u)
	prepared.bare = true
	s.mu.Unlock()
	got, err := s.evaluate(r.Context(), m, prepared)
	if err != nil {
		return notRun(r, err)
	}
	if got.raised != "" {
		return ok(map[string]any{"successful": false, "result": "Traceback (most recent call last):\n" + got.raised})
	}
	if got.unencodable != "" || got.crashed != "" {
		return crashed()
	}
	return ok(map[string]any{"successful": true, "result": dumps(got.claims, r.URL.Query().Get("format_result") == "true")})
}

// dumps is json.dumps, with an indent of four if asked for.
func dumps(v any, indent bool) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if indent {
		e.SetIndent("", "    ")
	}
	_ = e.Encode(v) // it was JSON
	var ascii strings.Builder
	for _, c := range strings.TrimSuffix(out.String(), "\n") {
		switch {
		case c < 0x80:
			ascii.WriteRune(c)
		case c < 0x10000:
			fmt.Fprintf(&ascii, "\\u%04x", c)
		default:
			high, low := utf16.EncodeRune(c)
			fmt.Fprintf(&ascii, "\\u%04x\\u%04x", high, low)
		}
	}
	return ascii.String()
}

func (s *Server) createProvider(r *http.Request) reply {
	s.world.made++
	p := &providerState{Provider: Provider{
		ClientID:     "client-" + uuidOf("client", strconv.Itoa(s.world.made)),
		ClientSecret: model.Secret("secret-" + uuidOf("secret", strconv.Itoa(s.world.made))),
	}, fields: map[string]any{"grant_types": []any{}, "signing_key": nil}}
	return s.putProvider(p, body(r), http.StatusCreated)
}

func (s *Server) patchProvider(r *http.Request) reply {
	p := s.provider(r)
	if p == nil {
		return s.notFound(modelProvider)
	}
	next := *p
	return s.putProvider(&next, body(r), http.StatusOK)
}

func (s *Server) putProvider(p *providerState, fields map[string]any, status int) reply {
	p.fields = maps.Clone(p.fields)
	if p.fields == nil {
		p.fields = map[string]any{}
	}
	was := p.Name
	for name, value := range fields {
		switch name {
		case "name":
			p.Name = text(fields, name)
		case "client_id":
			p.ClientID = text(fields, name)
		case "client_secret":
			p.ClientSecret = model.Secret(text(fields, name))
		case "include_claims_in_id_token":
			p.NoClaimsInIDToken = value == false
		case "property_mappings":
			p.mappings = nil
			list, _ := value.([]any)
			for _, v := range list {
				id, _ := v.(string)
				p.mappings = append(p.mappings, id)
			}
		case "redirect_uris":
			p.RedirectURIs, p.uris = nil, nil
			list, _ := value.([]any)
			for _, v := range list {
				u, _ := v.(map[string]any)
				p.addURI(u)
			}
		default:
			p.fields[name] = value
		}
	}
	if out, bad := s.checkProvider(p); bad {
		return out
	}
	for i := range s.world.apps {
		if s.world.apps[i].Provider == was && was != "" {
			s.world.apps[i].Provider = p.Name
		}
	}
	if p.PK == 0 {
		p.PK = 1
		for _, o := range s.world.providers {
			p.PK = max(p.PK, o.PK+1)
		}
		s.world.providers = append(slices.Clone(s.world.providers), p)
		s.made(permAddProvider, strconv.FormatInt(p.PK, 10))
	} else {
		at := slices.IndexFunc(s.world.providers, func(o *providerState) bool { return o.PK == p.PK })
		s.world.providers = slices.Clone(s.world.providers)
		s.world.providers[at] = p
	}
	return answered(status, s.providerJSON(p))
}

func (p *providerState) addURI(u map[string]any) {
	mode, kind := text(u, "matching_mode"), text(u, "redirect_uri_type")
	if kind == "" {
		kind = "authorization"
	}
	p.uris = append(p.uris, redirectURI{text(u, "url"), mode, kind})
	if kind == "authorization" {
		p.RedirectURIs = append(p.RedirectURIs, text(u, "url"))
	}
}

func (s *Server) checkProvider(p *providerState) (reply, bool) {
	for _, o := range s.world.providers {
		if o.PK == p.PK {
			continue
		}
		if o.Name == p.Name {
			return fieldError("name", "provider with this name already exists."), true
		}
		if o.ClientID == p.ClientID {
			return fieldError("client_id", "OAuth2/OpenID Provider with this Client ID already exists."), true
		}
	}
	for _, id := range p.mappings {
		if !slices.ContainsFunc(s.world.mappings, func(m authentik.Mapping) bool { return m.ID == id }) {
			return fieldError("property_mappings", fmt.Sprintf("Invalid pk %q - object does not exist.", id)), true
		}
	}
	for _, name := range []string{"authorization_flow", "invalidation_flow"} {
		id := text(p.fields, name)
		if id != "" && !slices.ContainsFunc(flowSlugs(), func(slug string) bool { return uuidOf("flow", slug) == id }) {
			return fieldError(name, fmt.Sprintf("Invalid pk %q - object does not exist.", id)), true
		}
	}
	if id := text(p.fields, "signing_key"); id != "" && id != signingKeyID() {
		return fieldError("signing_key", fmt.Sprintf("Invalid pk %q - object does not exist.", id)), true
	}
	return reply{}, false
}

func (s *Server) deleteProvider(r *http.Request) reply {
	p := s.provider(r)
	if p == nil {
		return s.notFound(modelProvider)
	}
	for i := range s.world.apps {
		if s.world.apps[i].Provider == p.Name {
			s.world.apps[i].Provider = ""
		}
	}
	s.world.providers = slices.DeleteFunc(slices.Clone(s.world.providers), func(o *providerState) bool { return o.PK == p.PK })
	return reply{status: http.StatusNoContent}
}

func (s *Server) applicationAt(slug string) int {
	return slices.IndexFunc(s.world.apps, func(a Application) bool { return a.Slug == slug })
}

func (s *Server) createApplication(r *http.Request) reply {
	return s.putApplication(-1, body(r), http.StatusCreated)
}

func (s *Server) patchApplication(r *http.Request) reply {
	at := s.applicationAt(r.PathValue("slug"))
	if at < 0 {
		return s.notFound(modelApplication)
	}
	return s.putApplication(at, body(r), http.StatusOK)
}

func (s *Server) putApplication(at int, fields map[string]any, status int) reply {
	a := Application{}
	if at >= 0 {
		a = s.world.apps[at]
	}
	for name, value := range fields {
		switch name {
		case "name":
			a.Name = text(fields, name)
		case "slug":
			a.Slug = text(fields, name)
		case "policy_engine_mode":
			a.Mode = text(fields, name)
		case "provider":
			a.Provider = ""
			if pk, is := value.(float64); is {
				i := slices.IndexFunc(s.world.providers, func(p *providerState) bool { return p.PK == int64(pk) })
				if i < 0 {
					return fieldError("provider", fmt.Sprintf("Invalid pk \"%d\" - object does not exist.", int64(pk)))
				}
				a.Provider = s.world.providers[i].Name
			}
		default:
			return notPatched(name)
		}
	}
	if s.release.AtLeast(2025, 8) && slices.Contains([]string{"authorize", "token", "device", "userinfo", "introspect", "revoke"}, a.Slug) {
		return fieldError("slug", "The slug '"+a.Slug+"' is reserved and cannot be used for applications.")
	}
	for i, o := range s.world.apps {
		if i != at && o.Slug == a.Slug {
			return fieldError("slug", "Application with this slug already exists.")
		}
		if i != at && a.Provider != "" && o.Provider == a.Provider {
			return fieldError("provider", "Application with this provider already exists.")
		}
	}
	s.world.apps = slices.Clone(s.world.apps)
	if at < 0 {
		s.world.apps = append(s.world.apps, a)
		s.made(permAddApplication, a.Slug)
	} else {
		s.world.apps[at] = a
	}
	return answered(status, s.applicationJSON(a))
}

func (s *Server) deleteApplication(r *http.Request) reply {
	at := s.applicationAt(r.PathValue("slug"))
	if at < 0 {
		return s.notFound(modelApplication)
	}
	id := uuidOf("application", r.PathValue("slug"))
	s.world.apps = slices.Delete(slices.Clone(s.world.apps), at, at+1)
	s.world.bindings = slices.DeleteFunc(s.world.bindings, func(b binding) bool { return b.target == id })
	return reply{status: http.StatusNoContent}
}
