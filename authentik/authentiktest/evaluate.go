package authentiktest

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
)

const anonymousName = "AnonymousUser"

// actionWarning is the event about an expression that uses an old name
// (docs/authentik.md 5).
const actionWarning = "configuration_warning"

// subject is whom a mapping runs for, read under the lock.
type subject struct {
	user   *userState // nil is the anonymous user
	groups []membership
}

// membership is a group that the subject is in.
type membership struct {
	Group
	numPK  int64
	direct bool
}

// run is one evaluation of all mappings of a provider.
type run struct {
	release  authentik.Release
	version  string
	who      subject
	path     string         // of the request under way
	provider *providerState // its claims are computed
	app      *Application   // its application, nil for none
	scopes   []string       // of the token, nil where there is none
	mappings []authentik.Mapping
	// lenient takes what a token cannot hold: the preview converts it, and the
	// discovery document shows names alone.
	lenient bool
	// bare is the mapping-test endpoint: provider and token are not there
	// (docs/authentik.md 4.3).
	bare bool
}

// outcome is what one mapping did.
type outcome struct {
	claims map[string]any // nil if it returned no dict
	raised string         // "" unless it raised
	events []Event        // of its own making
	// unencodable says why a token cannot hold the claims; "" if it can.
	unencodable string
	crashed     string // why the endpoint fails; "" if it does not
}

// prepare collects what an evaluation needs, so that it can go on without the
// lock: a companion may ask this server in turn.
func (s *Server) prepare(r *http.Request, p *providerState, u *userState) run {
	out := run{release: s.release, version: s.version, path: r.URL.Path, provider: p, who: subject{user: u}}
	if a, assigned := s.world.application(p); assigned {
		out.app = &a
	}
	for _, m := range s.world.mappings {
		if slices.Contains(p.mappings, m.ID) {
			out.mappings = append(out.mappings, m)
		}
	}
	if s.laterFirst {
		slices.Reverse(out.mappings)
	}
	// Ordered by scope name alone (docs/authentik.md 1).
	slices.SortStableFunc(out.mappings, func(a, b authentik.Mapping) int { return cmp.Compare(a.Scope, b.Scope) })
	if u == nil {
		return out
	}
	for _, g := range s.world.allGroups(u.groups) {
		out.who.groups = append(out.who.groups, membership{g.Group, g.numPK, slices.Contains(u.groups, g.ID)})
	}
	return out
}

// withScopes leaves the mappings of the granted scopes, for a token that has
// them.
func (r run) withScopes(scopes []string) run {
	r.scopes = append([]string{}, scopes...)
	r.mappings = slices.DeleteFunc(slices.Clone(r.mappings), func(m authentik.Mapping) bool { return !slices.Contains(scopes, m.Scope) })
	return r
}

// slug is that of the application, "" for none.
func (r run) slug() string {
	if r.app == nil {
		return ""
	}
	return r.app.Slug
}

// claims runs the mappings and merges their results. A mapping that raises
// loses its own claims and writes two events (docs/authentik.md 2). An error is
// one of the whole endpoint.
func (s *Server) claims(ctx context.Context, r run) (map[string]any, error) {
	out := map[string]any{}
	for _, m := range r.mappings {
		got, err := s.evaluate(ctx, m, r)
		if err != nil {
			return nil, err
		}
		s.log(m, r, got)
		if why := cmp.Or(got.crashed, got.unencodable); why != "" && (got.crashed != "" || !r.lenient) {
			return nil, crash{fmt.Sprintf("%s: %s", m.Name, why)}
		}
		merge(out, got.claims)
	}
	return out, nil
}

// crash is an endpoint that fails within Authentik for what a mapping did.
type crash struct{ why string }

func (c crash) Error() string { return "crashed: " + c.why }

// log writes the events of one evaluation.
func (s *Server) log(m authentik.Mapping, r run, got outcome) {
	who := anonymousName
	if r.who.user != nil {
		who = r.who.user.Username
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range got.events {
		// Of an old name it warns once in thirty days.
		if e.Action == actionWarning && slices.ContainsFunc(s.events, func(o Event) bool { return o.Action == actionWarning }) {
			continue
		}
		e.User = who
		s.events = append(s.events, e)
	}
	if got.raised == "" {
		return
	}
	s.events = append(s.events,
		Event{Action: "property_mapping_exception", Mapping: m.Name.Raw(), User: who, Context: map[string]any{
			"expression": m.Expression, "exception": got.raised,
		}},
		Event{Action: "configuration_error", Mapping: m.Name.Raw(), User: who})
}

// evaluate runs one mapping, or computes what it returns. An error means that
// there is no interpreter.
func (s *Server) evaluate(ctx context.Context, m authentik.Mapping, r run) (outcome, error) {
	if s.native != nil {
		return s.native.evaluate(m, r), nil
	}
	got, err := s.python.Run(ctx, r.request(m))
	if err != nil {
		return outcome{}, err
	}
	out := outcome{claims: got.Result, raised: got.Raised, unencodable: got.Unencodable, crashed: got.Crashed}
	for _, e := range got.Events {
		out.events = append(out.events, Event{Action: e.Action, Context: e.Context})
	}
	return out, nil
}

// request is the evaluation in the terms of the interpreter.
func (r run) request(m authentik.Mapping) Case {
	out := Case{Text: m.Expression, Version: r.version, Mapping: m.Name.Raw(), Path: r.path, User: r.who.attributes()}
	for _, g := range r.who.groups {
		out.Groups = append(out.Groups, CaseGroup{
			PK: g.ID, NumPK: g.numPK, Name: g.Name, Superuser: g.Superuser, Attributes: map[string]any{}, Direct: g.direct,
		})
	}
	if r.bare {
		return out
	}
	out.Provider = map[string]any{
		"pk": r.provider.PK, "name": r.provider.Name, "client_id": r.provider.ClientID, "client_secret": r.provider.ClientSecret.Reveal(),
	}
	if r.app != nil {
		out.Application = map[string]any{"pk": uuidOf("application", r.app.Slug), "name": r.app.Name, "slug": r.app.Slug}
	}
	if r.scopes != nil {
		out.Token = map[string]any{"scope": r.scopes, "auth_time": nil}
	}
	return out
}

// attributes are those of the user object; the anonymous user is one too.
func (w subject) attributes() map[string]any {
	u := w.user
	if u == nil {
		u = &userState{User: User{PK: anonymousPK, Username: anonymousName, Type: "internal", Path: "users"}}
	}
	attributes := u.Attributes
	if attributes == nil {
		attributes = map[string]any{}
	}
	superuser := u.Superuser || slices.ContainsFunc(w.groups, func(g membership) bool { return g.Superuser })
	var last any
	if !u.LastLogin.IsZero() {
		last = u.LastLogin.UTC().Format(time.RFC3339)
	}
	return map[string]any{
		"pk": u.PK, "uuid": u.uuid, "uid": u.uid, "username": u.Username, "name": u.Name, "email": u.Email,
		"is_active": !u.Inactive, "is_superuser": superuser, "type": u.Type, "path": u.Path, "attributes": attributes, "last_login": last,
	}
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
