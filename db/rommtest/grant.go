package rommtest

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"
)

// grant is POST /api/token (docs/romm.md 1 Password grant).
func (s *Server) grant(r *request) *answer {
	f, refused := r.form()
	if refused != nil {
		return refused
	}
	kind, _ := f.last("grant_type")
	switch kind {
	case "", "password":
		return s.passwordGrant(f)
	case "refresh_token":
		return s.refreshGrant(f)
	case "client_credentials":
		return detail(http.StatusBadRequest, "Client credentials are not yet supported")
	}
	return detail(http.StatusBadRequest, "Invalid or unsupported grant type")
}

func (s *Server) passwordGrant(f form) *answer {
	name, _ := f.last("username")
	password, _ := f.last("password")
	scope, _ := f.last("scope")
	if name == "" || password == "" {
		return detail(http.StatusBadRequest, "Missing username or password")
	}
	a := s.store.byUsername(name)
	switch {
	case a != nil && s.chokes(a):
		return crash()
	case a == nil || !a.opens(password):
		return detail(http.StatusUnauthorized, "Invalid username or password")
	case a.Disabled:
		return detail(http.StatusForbidden, "User account is disabled")
	}
	own := s.store.scopesOf(a)
	for _, one := range strings.Fields(scope) {
		if !slices.Contains(own, one) {
			return detail(http.StatusForbidden, "Insufficient scope")
		}
	}
	s.store.record(a, "auth.login", map[string]any{"method": "token"})
	return s.issue(a.Username, scope)
}

func (s *Server) refreshGrant(f form) *answer {
	value, _ := f.last("refresh_token")
	if value == "" {
		return detail(http.StatusBadRequest, "Missing refresh token")
	}
	rejected := detail(http.StatusUnauthorized, "Could not validate credentials")
	rejected.www = "Bearer"
	c, err := s.parse(value)
	if err != nil || c.Issuer != issuer || c.Type != refreshToken || !s.store.refreshes[c.ID] {
		return rejected
	}
	a := s.store.byUsername(c.Subject)
	switch {
	case a == nil:
		return rejected
	case a.Disabled:
		return detail(http.StatusUnauthorized, "Disabled user")
	}
	if s.version.AtLeast(4, 8, 0) { // reusable before
		delete(s.store.refreshes, c.ID)
	}
	return s.issue(a.Username, c.Scopes)
}

// issue makes a pair of tokens.
func (s *Server) issue(subject, scopes string) *answer {
	now, id := s.store.now(), rand.Text()
	s.store.refreshes[id] = true
	token := func(kind, id string, life time.Duration) string {
		return sign(s.key, jwtClaims{
			Subject: subject, Issuer: issuer, Scopes: scopes, Type: kind,
			Expires: now.Add(life).Unix(), ID: id,
		})
	}
	reply := map[string]any{
		"access_token":  token(accessToken, rand.Text(), s.seed.AccessExpiry),
		"token_type":    "bearer",
		"expires":       int64(s.seed.AccessExpiry.Seconds()),
		"refresh_token": token(refreshToken, id, s.seed.RefreshExpiry),
	}
	if s.version.AtLeast(4, 8, 0) {
		reply["refresh_expires"] = int64(s.seed.RefreshExpiry.Seconds())
	}
	return ok(reply)
}
