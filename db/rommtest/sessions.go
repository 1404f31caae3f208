package rommtest

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// session is what stands behind a session cookie. It names the user by
// username, so that it ends when somebody renames him (docs/romm.md 2).
type session struct {
	username string
	device   string
	// idToken is the provider's, in a session that OIDC made.
	idToken string
	// pending are the OIDC logins on their way, by state.
	pending map[string]pendingLogin
	// holder is the account that the username finds, where two rows differ
	// in letter case alone; 0 leaves that to the look-up.
	holder int64
	// broken is what every request with the session is answered with, 401 or
	// 500; 0 for a session that is usable (docs/romm.md row 20).
	broken int
}

// pendingLogin is a login that is on its way through the provider.
type pendingLogin struct {
	nonce    string
	verifier string // of PKCE, since 5.3
}

// sessionID is the value of the session cookie; given says that there is one,
// which the answer then sets again.
func sessionID(r *http.Request) (id string, given bool) {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return "", false
	}
	return c.Value, true
}

// bySession finds who a session cookie belongs to. A session whose owner was
// renamed or disabled ends for good.
func (s *Server) bySession(r *http.Request) (caller, bool) {
	id, _ := sessionID(r)
	in := s.store.sessions[id]
	if in == nil || in.username == "" || in.broken != 0 { // nobody, or a login on its way
		return caller{}, false
	}
	a := s.store.byUsername(in.username)
	if other := s.store.users[in.holder]; other != nil {
		a = other
	}
	if a == nil || a.Disabled {
		delete(s.store.sessions, id)
		return caller{}, false
	}
	c := s.signedIn(a, nil)
	c.session = in
	return c, true
}

// open starts a session of the account; the caller sends its id as the cookie.
func (s *store) open(a *account, idToken string) (id string) {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	id = rand.Text()
	s.sessions[id] = &session{
		username: a.Username, idToken: idToken,
		device: fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]),
	}
	now := s.now().UTC()
	a.LastLogin, a.LastActive, a.updated = now, now, now
	return id
}

// login is POST /api/login: HTTP Basic opens a session. Without Basic it was
// not recorded.
func (s *Server) login(r *request) *answer {
	scheme, value := authorization(r.Request)
	text, err := base64.StdEncoding.DecodeString(value)
	name, password, found := strings.Cut(string(text), ":")
	if scheme != "basic" || err != nil || !found {
		return unimplemented("a login without Basic on", r.URL.Path)
	}
	a := s.store.byUsername(name)
	switch {
	case a == nil || !a.opens(password):
		return detail(http.StatusUnauthorized, "Incorrect username or password")
	case a.Disabled:
		return detail(http.StatusUnauthorized, "Disabled user")
	}
	out := ok(nil)
	out.session = s.store.open(a, "")
	s.store.record(a, "auth.login", map[string]any{"method": "password"})
	return out
}

// logout ends the caller's session. With RP-initiated logout on, a session
// that OIDC made is answered with the way to the provider.
func (s *Server) logout(r *request) *answer {
	in := r.caller.session
	if in == nil {
		return unimplemented("no session on", r.URL.Path)
	}
	id, _ := sessionID(r.Request)
	delete(s.store.sessions, id)
	switch {
	case in.idToken == "" || !s.seed.RPLogout:
		return ok(nil)
	}
	end := s.endSession()
	if end == "" {
		return unimplemented("no end of session on", r.URL.Path)
	}
	return ok(map[string]any{"oidc_logout_url": end + "?id_token_hint=" + url.QueryEscape(in.idToken)})
}
