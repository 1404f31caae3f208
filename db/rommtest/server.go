package rommtest

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// maxBody bounds a request body. RomM's back end has no bound of its own.
const maxBody = 1 << 20

// csrfCookie and sessionCookie are the names of RomM's cookies.
const (
	csrfCookie    = "romm_csrftoken"
	sessionCookie = "romm_session"
)

// Server is a fake RomM. Make one with [New]; it is safe for concurrent use.
type Server struct {
	seed    Seed
	version model.Version
	store   *store
	key     []byte // signs the JWTs
	routes  []route
	// provider belongs to the running RomM, not to its database.
	provider *provider
	shown    int // accounts with scopes to look up, in the answer under way
}

func newServer(seed Seed, version model.Version, store *store) *Server {
	seed.Users, seed.Tokens = nil, nil
	s := &Server{seed: seed, version: version, store: store, key: []byte(rand.Text()), provider: &provider{}}
	s.routes = s.table()
	return s
}

// request is a request on its way to a handler.
type request struct {
	*http.Request
	raw    []byte
	caller caller
	scope  string   // what the route needs
	args   []string // what stands for the {} of the route's path, in order
}

// route binds a method and a path to a handler. A handler runs with the
// store's lock held.
type route struct {
	method, path string
	// scope is needed to call it; "" for everybody. Handlers ask need for it
	// after they have parsed their input, which is RomM's order.
	scope  string
	handle func(*request) *answer
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := s.answer(w, r)
	if a.work > 0 && s.seed.Work != nil {
		s.seed.Work(r.Context(), a.work)
	}
	// The CSRF layer hands out its cookie unless it said no itself or the
	// request crashed.
	if scheme, _ := authorization(r); scheme == "" && a.text == "" {
		if _, err := r.Cookie(csrfCookie); err != nil {
			http.SetCookie(w, &http.Cookie{Name: csrfCookie, Value: rand.Text(), Path: "/", SameSite: http.SameSiteLaxMode})
		}
	}
	// The session layer sends its cookie back, also when the session is over,
	// unless the request crashed.
	crashed := a.status == http.StatusInternalServerError && a.text != ""
	if id, given := sessionID(r); !crashed && (given || a.session != "") {
		http.SetCookie(w, &http.Cookie{
			Name: sessionCookie, Value: cmp.Or(a.session, id), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
	}
	if err := a.write(w, r.Method); err != nil {
		// Every body is made of this package's own types.
		panic(fmt.Sprintf("rommtest: encode the answer to %s %s: %v", r.Method, r.URL.Path, err))
	}
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request) *answer {
	in := r.Body
	if in == nil { // a client's request, handed over without a network
		in = http.NoBody
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, in, maxBody))
	if err != nil {
		return unimplemented("a body that is cut short or over 1 MiB on", r.URL.Path)
	}
	if scheme, _ := authorization(r); scheme == "" && !s.csrf(r) {
		return csrfFailed()
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	who, refused := s.authenticate(r)
	if refused != nil {
		return refused
	}
	s.shown = 0
	a := s.route(&request{Request: r, raw: raw, caller: who})
	a.work = time.Duration(s.shown) * ScopesCost
	return a
}

// csrf reports whether the request gets past the CSRF check, which is asked
// only without Bearer or Basic (docs/romm.md 1 CSRF).
func (s *Server) csrf(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	p := r.URL.Path
	switch {
	case strings.HasPrefix(p, "/api/token"), strings.HasPrefix(p, "/api/client-tokens/exchange"),
		strings.HasPrefix(p, "/api/auth/device/init"), strings.HasPrefix(p, "/api/auth/device/token"),
		strings.HasPrefix(p, "/ws"), strings.HasPrefix(p, "/netplay"):
		return true
	}
	c, err := r.Cookie(csrfCookie)
	return err == nil && c.Value != "" && c.Value == r.Header.Get("x-csrftoken")
}

// route finds the first route whose method and path fit. As in Starlette, a
// path that fits with another method gives 405, and a slash at the end does
// not matter.
func (s *Server) route(r *request) *answer {
	path := strings.Split(strings.TrimSuffix(r.URL.Path, "/"), "/")
	known := false
	for _, rt := range s.routes {
		args, fits := match(strings.Split(rt.path, "/"), path)
		if !fits {
			continue
		}
		known = true
		if rt.method != r.Method {
			continue
		}
		r.scope, r.args = rt.scope, args
		return rt.handle(r)
	}
	switch {
	case known:
		return detail(http.StatusMethodNotAllowed, "Method Not Allowed")
	case len(path) > 2 && path[1] == "api" && slices.Contains(otherParts, path[2]):
		return unimplemented(r.Method, r.URL.Path)
	}
	return detail(http.StatusNotFound, "Not Found")
}

// otherParts are the first path elements of RomM's API that this fake leaves
// out as a whole.
var otherParts = []string{
	"auth", "collections", "config", "devices", "export", "feeds", "firmware", "gamelist", "music", "netplay",
	"platforms", "playlists", "raw", "roms", "saves", "screenshots", "search", "setup", "states",
	"stats", "sync", "tasks",
}

func match(pattern, path []string) (args []string, fits bool) {
	if len(pattern) != len(path) {
		return nil, false
	}
	for i, p := range pattern {
		switch {
		case p == "{}":
			args = append(args, path[i])
		case p != path[i]:
			return nil, false
		}
	}
	return args, true
}

// table lists the routes in RomM's order: fixed paths before those with an id.
func (s *Server) table() []route {
	const me, meWrite, read, write = "me.read", "me.write", "users.read", "users.write"
	t := []route{
		{"GET", "/api/heartbeat", "", s.heartbeat},
		{"GET", "/openapi.json", "", s.openapi},
		{"POST", "/api/token", "", s.grant},
		{"GET", "/api/login/openid", "", s.startOpenID},
		{"GET", "/api/oauth/openid", "", s.callback},
		{"POST", "/api/login", "", s.login},
		{"POST", "/api/logout", "", s.logout},
		{"POST", "/api/users", write, s.createUser},
		{"GET", "/api/users", read, s.listUsers},
		{"POST", "/api/users/invite-link", write, s.createInvite},
		{"POST", "/api/users/register", "", s.register},
		{"GET", "/api/users/me", me, s.getMe},
		{"GET", "/api/users/{}", read, s.getUser},
		{"PUT", "/api/users/{}", meWrite, s.updateUser},
		{"DELETE", "/api/users/{}", write, s.deleteUser},
		{"POST", "/api/users/{}/ra/refresh", "", s.refuse},
		{"GET", "/api/users/{}/avatar", "", s.refuse},
		{"GET", "/api/heartbeat/metadata/{}", "", s.refuse},
	}
	if s.version.AtLeast(4, 7, 0) {
		at := slices.IndexFunc(t, func(r route) bool { return r.path == "/api/users/{}" })
		t = slices.Insert(t, at, route{"GET", "/api/users/identifiers", read, s.listIdentifiers})
	}
	if s.version.AtLeast(4, 8, 0) {
		t = append(t,
			route{"POST", "/api/client-tokens", meWrite, s.createToken},
			route{"GET", "/api/client-tokens", me, s.listTokens},
			route{"GET", "/api/client-tokens/all", read, s.listAllTokens},
			route{"POST", "/api/client-tokens/exchange", "", s.exchangeCode},
			route{"GET", "/api/client-tokens/pair/{}/status", "", s.pairStatus},
			route{"DELETE", "/api/client-tokens/{}", meWrite, s.deleteToken},
			route{"DELETE", "/api/client-tokens/{}/admin", write, s.deleteAnyToken},
			route{"PUT", "/api/client-tokens/{}/regenerate", meWrite, s.regenerateToken},
			route{"POST", "/api/client-tokens/{}/pair", meWrite, s.pairToken},
		)
	}
	if s.version.AtLeast(5, 0, 0) {
		t = append(t,
			route{"GET", "/api/permissions/groups", read, s.listGroups},
			route{"POST", "/api/permissions/groups", write, s.createGroup},
			route{"PUT", "/api/permissions/groups/{}", write, s.refuse},
			route{"DELETE", "/api/permissions/groups/{}", write, s.deleteGroup},
			route{"GET", "/api/permissions/users/{}", read, s.getPermissions},
			route{"PUT", "/api/permissions/users/{}", write, s.setPermissions},
			route{"GET", "/api/permissions/me", me, s.myPermissions},
			route{"GET", "/api/permissions/catalog", read, s.catalog},
			route{"POST", "/api/permissions/hidden", write, s.refuse},
			route{"DELETE", "/api/permissions/hidden", write, s.refuse},
		)
	}
	if since(s.version, 5, 4) {
		t = append(t, route{"GET", "/api/audit-events", me, s.listEvents})
	}
	return t
}

func (s *Server) refuse(r *request) *answer { return unimplemented(r.Method, r.URL.Path) }

// need answers for a caller that lacks the route's scope, nil for one that has
// it.
func (s *Server) need(r *request) *answer {
	switch {
	case slices.Contains(r.caller.scopes, r.scope):
		return nil
	case r.caller.account == nil && !r.caller.kiosk:
		return s.unauthenticated(r.caller)
	}
	return forbidden()
}

// unauthenticated tells "not signed in" as the release does: up to 5.1 it
// looked like "not allowed" (docs/romm.md 0).
func (s *Server) unauthenticated(c caller) *answer {
	if !s.version.AtLeast(5, 2, 0) && !c.bareBasic {
		return forbidden()
	}
	a := detail(http.StatusUnauthorized, "Not authenticated")
	a.www = "Bearer"
	if c.bareBasic {
		a.www = "Basic"
	}
	return a
}

// pathID reads an id from the path. least is the smallest that the route
// accepts.
func pathID(text, name string, least int64) (int64, *answer) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, invalid(notAnInteger(text, "path", name))
	}
	if id < least {
		return 0, invalid(fault{
			Type: "greater_than_equal", Loc: []any{"path", name}, Input: text,
			Msg: fmt.Sprintf("Input should be greater than or equal to %d", least), Ctx: map[string]any{"ge": least},
		})
	}
	return id, nil
}
