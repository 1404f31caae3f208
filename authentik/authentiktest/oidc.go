package authentiktest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Names of the OIDC calls in faults and counts.
const (
	CallAuthorize  = "authorize"
	CallToken      = "token"
	CallUserinfo   = "userinfo"
	CallJWKS       = "jwks"
	CallEndSession = "end-session"
)

// grant is what a code or a token stands for.
type grant struct {
	provider  int64
	user      int64
	redirect  string
	nonce     string
	scopes    []string
	challenge string // PKCE, "" for none
	method    string
	sid       string
	refresh   bool
}

// oidcState is what the provider remembers; it lives under the server's lock.
type oidcState struct {
	sessions map[string]int64 // cookie -> user
	codes    map[string]grant
	access   map[string]grant
	renew    map[string]grant
	serial   int
}

const sessionCookie = "authentik_session"

func (s *Server) oidcRoutes() {
	for pattern, c := range map[string]struct {
		name   string
		handle http.HandlerFunc
	}{
		"GET /application/o/authorize/{$}":          {CallAuthorize, s.authorize},
		"POST /application/o/authorize/{$}":         {CallAuthorize, s.signIn},
		"POST /application/o/token/{$}":             {CallToken, s.exchange},
		"GET /application/o/userinfo/{$}":           {CallUserinfo, s.userinfo},
		"POST /application/o/userinfo/{$}":          {CallUserinfo, s.userinfo},
		"GET /application/o/{slug}/jwks/{$}":        {CallJWKS, s.jwks},
		"GET /application/o/{slug}/end-session/{$}": {CallEndSession, s.endSession},
	} {
		s.mux.HandleFunc(pattern, s.faulty(c.name, c.handle))
	}
}

// next draws a value nobody else has. It is no secret: the fake keeps none.
func (o *oidcState) next(kind string) string {
	o.serial++
	sum := sha256.Sum256([]byte(kind + strconv.Itoa(o.serial)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

var pages = template.Must(template.New("").Parse(`{{define "login"}}<!doctype html><title>authentik</title>
<form method="post" action="?{{.Query}}">{{with .Message}}<p role="alert">{{.}}</p>{{end}}
<label>Email or Username <input name="uid_field" autofocus></label> <button>Log in</button></form>{{end}}
{{define "error"}}<!doctype html><title>authentik</title><h1>{{.Title}}</h1><p>{{.Message}}</p>{{end}}`))

func htmlPage(w http.ResponseWriter, status int, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = pages.ExecuteTemplate(w, name, data) // a client that has gone needs no page
}

type notice struct{ Title, Message string }

type loginForm struct {
	Query   template.URL
	Message string
}

// authorize answers with the login page, or at once with a code for somebody
// who is signed in.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, redirect, valid := s.client(w, r.URL.Query())
	if !valid {
		return
	}
	cookie, err := r.Cookie(sessionCookie)
	if err == nil && r.URL.Query().Get("prompt") != "login" {
		if u := s.world.users[s.oidc.sessions[cookie.Value]]; u != nil && !u.Inactive {
			s.grantCode(w, r, p, u, redirect)
			return
		}
	}
	if r.URL.Query().Get("prompt") == "none" {
		bounce(w, r, redirect, url.Values{"error": {"login_required"}})
		return
	}
	htmlPage(w, http.StatusOK, "login", loginForm{Query: template.URL(r.URL.RawQuery)})
}

// signIn takes the login page: everybody who is active signs in by username or
// address, letter case aside, the first match counts, and there are no
// passwords (docs/authentik.md 6).
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, redirect, valid := s.client(w, r.URL.Query())
	if !valid {
		return
	}
	name := r.PostFormValue("uid_field")
	var found *userState
	for _, pk := range s.world.userOrder {
		u := s.world.users[pk]
		if found == nil && name != "" && (strings.EqualFold(u.Email, name) || strings.EqualFold(u.Username, name)) {
			found = u
		}
	}
	if found == nil || found.Inactive {
		s.events = append(s.events, Event{Action: "login_failed", User: "AnonymousUser", Context: map[string]any{"username": name}})
		htmlPage(w, http.StatusOK, "login", loginForm{template.URL(r.URL.RawQuery), "Failed to authenticate."})
		return
	}
	s.events = append(s.events, Event{Action: "login", User: found.Username})
	id := s.oidc.next("session")
	s.oidc.sessions[id] = found.PK
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
	s.grantCode(w, r, p, found, redirect)
}

// client checks who asks. A wrong client or redirect URI is answered with a
// page and never with a redirect (docs/authentik.md 7).
func (s *Server) client(w http.ResponseWriter, q url.Values) (*providerState, string, bool) {
	at := slices.IndexFunc(s.world.providers, func(p *providerState) bool { return p.ClientID == q.Get("client_id") && p.ClientID != "" })
	if at < 0 {
		htmlPage(w, http.StatusBadRequest, "error", notice{"Bad Request", "The client identifier (client_id) is missing or invalid."})
		return nil, "", false
	}
	p, redirect := s.world.providers[at], q.Get("redirect_uri")
	if !p.allows(redirect) {
		htmlPage(w, http.StatusBadRequest, "error", notice{"Redirect URI Error", "The request fails due to a missing, invalid, or mismatching redirection URI (redirect_uri)."})
		return nil, "", false
	}
	return p, redirect, true
}

func (p *providerState) allows(redirect string) bool {
	return redirect != "" && slices.ContainsFunc(p.uris, func(u redirectURI) bool {
		if u.kind != "authorization" {
			return false
		}
		if u.mode == "regex" {
			re, err := regexp.Compile("^(?:" + u.url + ")$")
			return err == nil && re.MatchString(redirect)
		}
		return u.url == redirect
	})
}

// grantCode sends the browser back with a code, or says why not.
func (s *Server) grantCode(w http.ResponseWriter, r *http.Request, p *providerState, u *userState, redirect string) {
	q := r.URL.Query()
	method := q.Get("code_challenge_method")
	if method == "" {
		method = "plain"
	}
	a, assigned := s.world.application(p)
	switch {
	case q.Get("response_type") != "code":
		bounce(w, r, redirect, url.Values{"error": {"unsupported_response_type"}})
		return
	case !s.grantsCodes(p):
		bounce(w, r, redirect, url.Values{"error": {"invalid_request"}})
		return
	case q.Get("code_challenge") != "" && method != "plain" && method != "S256":
		bounce(w, r, redirect, url.Values{"error": {"invalid_request"}})
		return
	case !assigned:
		denied(w)
		return
	}
	if passing, _ := s.access(a, u); !passing {
		denied(w)
		return
	}
	g := grant{
		provider: p.PK, user: u.PK, redirect: redirect, nonce: q.Get("nonce"), scopes: s.granted(p, q.Get("scope")),
		challenge: q.Get("code_challenge"), method: method, sid: s.oidc.next("sid"),
	}
	code := s.oidc.next("code")
	s.oidc.codes[code] = g
	s.events = append(s.events, s.authorization(u.Username, a.Slug, s.now))
	bounce(w, r, redirect, url.Values{"code": {code}})
}

// denied is Authentik's own page, with status 200: the browser is not sent back
// (docs/authentik.md 3).
func denied(w http.ResponseWriter) {
	htmlPage(w, http.StatusOK, "error", notice{"Permission denied", "Request has been denied."})
}

// bounce redirects with the state that came.
func bounce(w http.ResponseWriter, r *http.Request, redirect string, values url.Values) {
	target, err := url.Parse(redirect)
	if err != nil {
		htmlPage(w, http.StatusBadRequest, "error", notice{"Redirect URI Error", "The redirection URI is no address."})
		return
	}
	q := target.Query()
	for name := range values {
		q.Set(name, values.Get(name))
	}
	if state := r.URL.Query().Get("state"); state != "" {
		q.Set("state", state)
	}
	target.RawQuery = q.Encode()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Location", target.String())
	w.WriteHeader(http.StatusFound)
}

// grantsCodes holds from 2026.5 on (docs/authentik.md 4.2).
func (s *Server) grantsCodes(p *providerState) bool {
	types, set := p.fields["grant_types"].([]any)
	return !s.since(2026, 5) || !set || slices.Contains(types, any("authorization_code"))
}

// granted drops scopes that no selected mapping has; none asked for means all.
func (s *Server) granted(p *providerState, asked string) (out []string) {
	for _, m := range s.world.mappings {
		if slices.Contains(p.mappings, m.ID) && !slices.Contains(out, m.Scope) && (asked == "" || slices.Contains(strings.Fields(asked), m.Scope)) {
			out = append(out, m.Scope)
		}
	}
	slices.Sort(out)
	return out
}

// pkce compares the verifier; one without a challenge is refused too.
func (g grant) pkce(verifier string) bool {
	if g.challenge == "" {
		return verifier == ""
	}
	have := verifier
	if g.method == "S256" {
		sum := sha256.Sum256([]byte(verifier))
		have = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return subtle.ConstantTimeCompare([]byte(have), []byte(g.challenge)) == 1
}

// endSession ends the session in the browser. A redirect afterwards is not
// followed, as in 2025.10 (docs/authentik.md 7).
func (s *Server) endSession(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		delete(s.oidc.sessions, cookie.Value)
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1})
	htmlPage(w, http.StatusOK, "error", notice{"Signed out", "You have been signed out of the application."})
}
