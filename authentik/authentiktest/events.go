package authentiktest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Event is an entry of the log. Mapping is set on those that a mapping caused.
type Event struct {
	Action  string
	Mapping string
	User    string // "" is nobody's
	// Context is sent as it is, next to what Mapping says.
	Context  map[string]any
	ClientIP string
	Created  time.Time // zero: the server's clock
}

var eventQuery = []string{
	"action", "actions", "client_ip", "context_authorized_app", "ordering", "page", "page_size", "search", "username",
}

// Authorization returns the event of a login to the application of that slug.
func (s *Server) Authorization(user, slug string, at time.Time) Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.authorization(user, slug, at)
}

func (s *Server) authorization(user, slug string, at time.Time) Event {
	name := slug
	if i := s.applicationAt(slug); i >= 0 {
		name = s.world.apps[i].Name
	}
	return Event{Action: "authorize_application", User: user, Created: at, ClientIP: "192.0.2.1", Context: map[string]any{
		"authorized_application": map[string]any{
			"app": "authentik_core", "model_name": "application", "name": name,
			"pk": strings.ReplaceAll(uuidOf("application", slug), "-", ""),
		},
		"scopes": "openid profile email romm_roles",
	}}
}

// AddEvents appends to the log.
func (s *Server) AddEvents(events ...Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, events...)
}

type eventRow struct {
	Event
	pk string
}

func (s *Server) listEvents(r *http.Request) reply {
	q := r.URL.Query()
	rows := make([]eventRow, len(s.events))
	for i, e := range s.events {
		if e.Created.IsZero() {
			e.Created = s.now
		}
		rows[i] = eventRow{e, uuidOf("event", strconv.Itoa(i))}
	}
	f := s.eventFilters(q)
	// Newest first is the default order.
	names := q.Get("ordering")
	if names == "" {
		q.Set("ordering", "-created")
	}
	rows = order(q, keep(rows, f), []string{"created"}, map[string]func(eventRow) string{
		"created": func(e eventRow) string { return e.Created.UTC().Format("2006-01-02T15:04:05.000000000Z") },
	})
	return paginate(s, q, rows, func(e eventRow) any { return s.eventJSON(e) })
}

func (s *Server) eventFilters(q url.Values) []func(eventRow) bool {
	f := exact(q, "client_ip", func(e eventRow) string { return e.ClientIP }, nil)
	if part := strings.ToLower(q.Get("action")); part != "" {
		f = append(f, func(e eventRow) bool { return strings.Contains(strings.ToLower(e.Action), part) })
	}
	if exactly := q["actions"]; len(exactly) > 0 && s.release.AtLeast(2025, 8) {
		f = append(f, func(e eventRow) bool { return slices.Contains(exactly, e.Action) })
	}
	if name := q.Get("username"); name != "" {
		f = append(f, func(e eventRow) bool { return e.User == name || text(e.Context, "username") == name })
	}
	if app := q.Get("context_authorized_app"); app != "" {
		f = append(f, func(e eventRow) bool {
			a, _ := e.Context["authorized_application"].(map[string]any)
			return text(a, "pk") == app
		})
	}
	return search(q, func(e eventRow) []string { return []string{e.Action, e.User, e.ClientIP} }, f)
}

func (s *Server) eventJSON(e eventRow) map[string]any {
	context := map[string]any{}
	for name, value := range e.Context {
		context[name] = value
	}
	if e.Mapping != "" {
		switch e.Action {
		case "property_mapping_exception":
			context["message"] = "Failed to execute property mapping"
		case "configuration_error":
			context["message"] = "Failed to evaluate property-mapping: '" + e.Mapping + "'"
			context["mapping"] = map[string]any{"app": "authentik_providers_oauth2", "model_name": "scopemapping", "name": e.Mapping}
		}
	}
	user := map[string]any{}
	if e.User != "" {
		user["username"], user["email"], user["pk"] = e.User, "", 1.0
		for _, u := range s.world.users {
			if u.Username == e.User {
				user["pk"], user["email"] = float64(u.PK), u.Email
			}
		}
		if e.User == anonymousName {
			user["is_anonymous"] = true
		}
	}
	out := map[string]any{
		"pk": e.pk, "action": e.Action, "app": "authentik.events", "user": user, "context": context, "client_ip": nil,
		"created": e.Created.UTC().Format(time.RFC3339Nano), "expires": e.Created.UTC().AddDate(1, 0, 0).Format(time.RFC3339Nano),
		"brand": map[string]any{},
	}
	if e.ClientIP != "" {
		out["client_ip"] = e.ClientIP
	}
	return out
}

var tokenQuery = []string{"identifier", "intent", "ordering", "page", "page_size", "user__username"}

// listTokens shows the one token that this server accepts.
func (s *Server) listTokens(r *http.Request) reply {
	q := r.URL.Query()
	type row struct{ intent, user string }
	owner := s.world.users[s.world.owner]
	f := exact(q, "intent", func(t row) string { return t.intent }, nil)
	f = exact(q, "user__username", func(t row) string { return t.user }, f)
	f = exact(q, "identifier", func(row) string { return tokenIdentifier }, f)
	return paginate(s, q, keep([]row{{"api", owner.Username}}, f), func(row) any {
		out := map[string]any{
			"pk": uuidOf("token", tokenIdentifier), "managed": nil, "identifier": tokenIdentifier, "intent": "api",
			"user": float64(owner.PK), "user_obj": s.userJSON(owner, true, true), "description": "",
			"expires": timeOrNull(s.tokenExpires), "expiring": !s.tokenExpires.IsZero(),
		}
		if s.tokenExpires.IsZero() { // there is a time even where it does not count
			out["expires"] = timeOrNull(s.now.Add(30 * time.Minute))
		}
		return out
	})
}

const tokenIdentifier = "romm-admin"
