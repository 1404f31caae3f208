package authentiktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
)

// Server is the fake. Make it with [New] and end it with Close; it is safe for
// concurrent use.
type Server struct {
	release authentik.Release
	version string
	// candidate poses as the first candidate of a release, see since.
	candidate bool
	now       time.Time
	// tokenExpires is zero for a token that does not.
	tokenExpires time.Time
	token        string
	permissions  []string // held globally; nil: superuser
	grants       []Grant  // on single objects
	validator    Validator
	laterFirst   bool
	eachIn2026   bool
	definitions  []Definition
	mux          *http.ServeMux
	python       *Python
	native       *native // nil: the expressions are run

	mu         sync.Mutex
	world      world
	events     []Event
	violations []Violation
	faults     []*fault
	calls      map[string]int
	effects    map[string]int
	oidc       oidcState
}

// New unfolds a seed. It refuses seeds that no Authentik could hold.
func New(seed Seed) (*Server, error) {
	if seed.Version == "" {
		seed.Version = DefaultVersion
	}
	if seed.Token == "" {
		seed.Token = DefaultToken
	}
	if seed.Now.IsZero() {
		seed.Now = time.Date(2026, time.June, 1, 12, 0, 0, 0, time.UTC)
	}
	release := authentik.ParseRelease(seed.Version)
	if !release.Known() {
		return nil, fmt.Errorf("seed: %q is not a version", seed.Version)
	}
	s := &Server{
		release: release, version: seed.Version, candidate: strings.Contains(seed.Version, "-rc"), now: seed.Now.UTC(), tokenExpires: seed.TokenExpires, token: seed.Token,
		permissions: slices.Clone(seed.Permissions), grants: slices.Clone(seed.Grants), validator: seed.Validator, laterFirst: seed.LaterFirst, eachIn2026: seed.EachIn2026, definitions: seed.Definitions,
		world:  world{users: map[int64]*userState{}, groups: map[string]*groupState{}},
		python: &Python{}, calls: map[string]int{}, effects: map[string]int{},
		oidc: oidcState{sessions: map[string]int64{}, codes: map[string]grant{}, access: map[string]grant{}, renew: map[string]grant{}},
	}
	if s.validator == nil {
		s.validator = lax{}
	}
	if seed.Native != nil {
		s.native = &native{roles: seed.Native.Roles, known: map[string]knownExpression{}}
	}
	if seed.Permissions != nil && s.permissions == nil {
		s.permissions = []string{}
	}
	if err := errors.Join(s.world.addGroups(seed, release), s.world.addUsers(seed), s.world.addProviders(seed, release)); err != nil {
		return nil, err
	}
	if err := s.world.addBindings(seed); err != nil {
		return nil, err
	}
	return s, s.routes()
}

// Handler returns the server as an http.Handler; it serves /api/v3/ and
// /application/o/.
func (s *Server) Handler() http.Handler { return s.mux }

// Close ends the interpreter that runs the expressions, if one was started.
func (s *Server) Close() error { return s.python.Close() }

// Events returns what mappings caused so far.
func (s *Server) Events() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

// Violations returns what the validator did not allow so far.
func (s *Server) Violations() []Violation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// since reports whether the server has what came with that release. What is
// labelled as its first candidate is an earlier state of the source
// (docs/authentik.md 5): it lacks the fields that were added last.
func (s *Server) since(year, month int) bool {
	first := s.candidate && s.release.Year == year && s.release.Month == month
	return s.release.AtLeast(year, month) && !first
}

// reply is a status and a body of what JSON decodes into, or a page.
type reply struct {
	status int
	body   any
	page   bool
}

func ok(body any) reply { return answered(http.StatusOK, body) }

func answered(status int, body any) reply { return reply{status: status, body: body} }

func problem(status int, text string) reply {
	return answered(status, map[string]any{"detail": text})
}

// endpoint is one implemented operation. Query lists the documented parameters
// that it honours; the others are answered with 501. The handler runs with the
// lock held, unless it is unlocked.
type endpoint struct {
	Method, Path string

	permission string
	query      []string
	handle     func(*http.Request) reply
	unlocked   bool
}

func (s *Server) endpoints() []endpoint {
	op := func(method, path, permission string, query []string, h func(*http.Request) reply) endpoint {
		return endpoint{Method: method, Path: path, permission: permission, query: query, handle: h}
	}
	preview := op("GET", "/providers/oauth2/{id}/preview_user/", permViewProvider, []string{"for_user"}, s.previewUser)
	preview.unlocked = true
	test := op("POST", "/propertymappings/all/{pm_uuid}/test/", permTestMapping, []string{"format_result"}, s.testMapping)
	test.unlocked = true
	var later []endpoint
	if s.release.AtLeast(2026, 8) {
		later = append(later, op("GET", "/core/object_attributes/", permViewDefinition, definitionQuery, s.listDefinitions))
	}
	return append(later, []endpoint{
		op("GET", "/admin/version/", "", nil, s.getVersion),
		op("GET", "/core/users/", permViewUser, userQuery, s.listUsers),
		op("GET", "/core/users/me/", "", nil, s.getMe),
		op("GET", "/core/users/{id}/", permViewUser, nil, s.getUser),
		op("PATCH", "/core/users/{id}/", permChangeUser, nil, s.patchUser),
		op("GET", "/core/groups/", permViewGroup, groupQuery, s.listGroups),
		op("GET", "/core/applications/", "", applicationQuery, s.listApplications),
		op("GET", "/core/applications/{slug}/", permViewApplication, nil, s.getApplication),
		op("GET", "/core/applications/{slug}/check_access/", "", []string{"for_user"}, s.checkAccess),
		op("GET", "/providers/oauth2/", permViewProvider, providerQuery, s.listProviders),
		op("GET", "/providers/oauth2/{id}/", permViewProvider, nil, s.getProvider),
		preview,
		op("GET", "/providers/oauth2/{id}/setup_urls/", "", nil, s.setupURLs),
		op("GET", "/propertymappings/all/", permTestMapping, anyMappingQuery, s.listAnyMappings),
		op("GET", "/propertymappings/provider/scope/", permViewMapping, mappingQuery, s.listMappings),
		op("GET", "/propertymappings/provider/scope/{pm_uuid}/", permViewMapping, nil, s.getMapping),
		op("POST", "/propertymappings/provider/scope/", permAddMapping, nil, s.createMapping),
		op("PATCH", "/propertymappings/provider/scope/{pm_uuid}/", permChangeMapping, nil, s.patchMapping),
		op("DELETE", "/propertymappings/provider/scope/{pm_uuid}/", permDeleteMapping, nil, s.deleteMapping),
		test,
		op("POST", "/providers/oauth2/", permAddProvider, nil, s.createProvider),
		op("PATCH", "/providers/oauth2/{id}/", permChangeProvider, nil, s.patchProvider),
		op("DELETE", "/providers/oauth2/{id}/", permDeleteProvider, nil, s.deleteProvider),
		op("POST", "/core/applications/", permAddApplication, nil, s.createApplication),
		op("PATCH", "/core/applications/{slug}/", permChangeApplication, nil, s.patchApplication),
		op("DELETE", "/core/applications/{slug}/", permDeleteApplication, nil, s.deleteApplication),
		op("GET", "/policies/bindings/", permViewBinding, bindingQuery, s.listBindings),
		op("POST", "/policies/bindings/", permAddBinding, nil, s.createBinding),
		op("DELETE", "/policies/bindings/{policy_binding_uuid}/", permDeleteBinding, nil, s.deleteBinding),
		op("GET", "/flows/instances/", permViewFlow, flowQuery, s.listFlows),
		op("GET", "/flows/instances/{slug}/", permViewFlow, nil, s.getFlow),
		op("GET", "/crypto/certificatekeypairs/", permViewKey, keyQuery, s.listKeys),
		op("GET", "/events/events/", permViewEvent, eventQuery, s.listEvents),
		op("GET", "/core/tokens/", "", tokenQuery, s.listTokens),
	}...)
}

func (s *Server) routes() error {
	s.mux = http.NewServeMux()
	for _, e := range s.endpoints() {
		checks, err := s.validator.Operation(e.Method, e.Path, s.release)
		if err != nil {
			return err
		}
		s.mux.HandleFunc(e.Method+" /api/v3"+e.Path+"{$}", s.faulty(callName(e), func(w http.ResponseWriter, r *http.Request) {
			out := s.answer(e, checks, r)
			s.count(e, out)
			if out.status < http.StatusInternalServerError && !out.page { // no document has these
				if wrong := checks.Response(r, out.status, out.body); len(wrong) > 0 {
					s.violated(wrong)
					out = problem(http.StatusInternalServerError, "authentiktest made an invalid answer: "+wrong[0].Reason)
				}
			}
			write(w, out)
		}))
	}
	s.mux.HandleFunc("GET /application/o/{slug}/.well-known/openid-configuration", s.faulty(CallDiscovery, s.discovery))
	s.oidcRoutes()
	if !s.release.AtLeast(2026, 8) { // there is no such address
		s.mux.HandleFunc("/api/v3/core/object_attributes/{$}", func(w http.ResponseWriter, _ *http.Request) {
			write(w, reply{status: http.StatusNotFound, page: true})
		})
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		write(w, problem(http.StatusNotImplemented, "authentiktest does not implement "+r.Method+" "+r.URL.Path))
	})
	return nil
}

// CallDiscovery names the discovery document in faults and counts.
const CallDiscovery = "discovery"

// count notes a write that was made. Running a mapping for a test changes
// nothing.
func (s *Server) count(e endpoint, out reply) {
	if e.Method != http.MethodGet && out.status < 300 && !strings.HasSuffix(e.Path, "/test/") {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.effects[callName(e)]++
	}
}

// answer does what stands before every handler: token, document, permission.
func (s *Server) answer(e endpoint, checks Checks, r *http.Request) reply {
	if out, refused := s.authenticate(r); refused {
		return out
	}
	s.mu.Lock()
	out, may := s.allowed(e, r)
	s.mu.Unlock()
	if !may {
		return out
	}
	wrong, err := checks.Request(r)
	s.violated(wrong)
	if out, refused := s.refusal(e, r); refused {
		return out
	}
	if err != nil {
		return answered(http.StatusBadRequest, map[string]any{"non_field_errors": []any{err.Error()}})
	}
	for name := range r.URL.Query() {
		if checks.Documents(name) && !slices.Contains(e.query, name) {
			return problem(http.StatusNotImplemented, "authentiktest does not implement the parameter "+name+" of "+e.Path)
		}
	}
	if !e.unlocked {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	return e.handle(r)
}

// authenticate answers 403 and not 401, as Authentik does
// (docs/authentik.md 4.1).
func (s *Server) authenticate(r *http.Request) (reply, bool) {
	header := r.Header.Get("Authorization")
	key, bearer := strings.CutPrefix(header, "Bearer ")
	switch {
	case header == "":
		return problem(http.StatusForbidden, "Authentication credentials were not provided."), true
	case !bearer || key != s.token:
		return problem(http.StatusForbidden, "Token invalid/expired"), true
	}
	return reply{}, false
}

func (s *Server) violated(wrong []Violation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violations = append(s.violations, wrong...)
}

func write(w http.ResponseWriter, out reply) {
	if out.page {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(out.status)
		if out.status != http.StatusMethodNotAllowed {
			_, _ = w.Write([]byte("<!DOCTYPE html><title>authentik</title>"))
		}
		return
	}
	if out.status == http.StatusNoContent {
		w.WriteHeader(out.status)
		return
	}
	body, err := json.Marshal(out.body)
	if err != nil {
		http.Error(w, "authentiktest cannot encode its answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(out.status)
	_, _ = w.Write(body) // a client that has gone needs no answer
}
