package rommtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// Login is how people sign in by OpenID Connect: RomM's environment variables
// of the same names with OIDC_ before them. Without ServerURL the fake answers
// 501 to the login.
type Login struct {
	ServerURL    string // OIDC_SERVER_APPLICATION_URL
	ClientID     string
	ClientSecret model.Secret
	RedirectURI  string

	ClaimRoles, RoleAdmin, RoleEditor, RoleViewer string

	NoRegistration    bool // OIDC_ALLOW_REGISTRATION=false
	UsernameAttribute string

	// HTTP carries the requests to the provider; nil is the default client.
	HTTP *http.Client
}

// settings are the same for the decision engine.
func (s *Server) settings(d *discovery) model.Settings {
	l := s.seed.Login
	return model.Settings{
		Version: s.version, Database: s.store.database, Disabled: !s.seed.OIDCEnabled,
		ClaimRoles: l.ClaimRoles, RoleAdmin: l.RoleAdmin, RoleEditor: l.RoleEditor, RoleViewer: l.RoleViewer,
		AllowRegistration: !l.NoRegistration, UsernameAttribute: l.UsernameAttribute, ClaimsSupported: d.ClaimsSupported,
	}
}

// away runs something slow without the store's lock, which handlers hold.
func (s *Server) away(r *request, slow func(ctx context.Context) error) error {
	s.store.mu.Unlock()
	defer s.store.mu.Lock()
	ctx, cancel := context.WithTimeout(r.Context(), providerTime)
	defer cancel()
	return slow(ctx)
}

// noOpenID answers where there is no OIDC login; nil if there is.
func (s *Server) noOpenID(r *request) *answer {
	switch {
	case !s.seed.OIDCEnabled:
		return detail(http.StatusInternalServerError, "OAuth disabled")
	case s.seed.Login.ServerURL == "":
		return unimplemented("a login without a provider on", r.URL.Path)
	}
	return nil
}

// startOpenID is GET /api/login/openid: off to the provider. State and nonce
// wait in the session.
func (s *Server) startOpenID(r *request) *answer {
	if refused := s.noOpenID(r); refused != nil {
		return refused
	}
	var d *discovery
	err := s.away(r, func(ctx context.Context) (err error) {
		d, err = s.discover(ctx)
		return err
	})
	if err != nil {
		return crash()
	}
	id, _ := sessionID(r.Request)
	in := s.store.sessions[id]
	if in == nil {
		id, in = rand.Text(), &session{}
		s.store.sessions[id] = in
	}
	state, wait := rand.Text(), pendingLogin{nonce: rand.Text()}
	if in.pending == nil {
		in.pending = map[string]pendingLogin{}
	}
	scopes := "openid profile email"
	if name := s.seed.Login.ClaimRoles; name != "" {
		scopes += " " + name
	}
	// In RomM's order, which url.Values would not keep.
	query := "response_type=code&client_id=" + url.QueryEscape(s.seed.Login.ClientID) +
		"&redirect_uri=" + url.QueryEscape(s.seed.Login.RedirectURI) + "&scope=" + url.QueryEscape(scopes) +
		"&state=" + state + "&nonce=" + wait.nonce
	if since(s.version, 5, 3) {
		wait.verifier = rand.Text() + rand.Text() // 52 letters; the standard asks for 43
		sum := sha256.Sum256([]byte(wait.verifier))
		query += "&code_challenge=" + base64.RawURLEncoding.EncodeToString(sum[:]) + "&code_challenge_method=S256"
	}
	in.pending[state] = wait
	return &answer{status: http.StatusFound, location: d.Authorization + "?" + query, session: id}
}

// callback is GET /api/oauth/openid: back from the provider. What goes wrong
// before there are claims is rejected (docs/romm.md row 2).
func (s *Server) callback(r *request) *answer {
	if refused := s.noOpenID(r); refused != nil {
		return refused
	}
	q := r.URL.Query()
	id, _ := sessionID(r.Request)
	in := s.store.sessions[id]
	if in == nil || q.Has("error") {
		return s.rejected()
	}
	wait, known := in.pending[q.Get("state")]
	if !known {
		return s.rejected()
	}
	delete(in.pending, q.Get("state"))
	var (
		d      *discovery
		claims model.Claims
		info   *model.UserInfo
		got    tokens
	)
	err := s.away(r, func(ctx context.Context) (err error) {
		if d, err = s.discover(ctx); err != nil {
			return err
		}
		if got, err = s.exchange(ctx, d, q.Get("code"), wait.verifier); err != nil || got.ID == "" {
			return err
		}
		if claims, err = s.claims(ctx, d, got.ID, wait.nonce); err == nil {
			info = s.userInfo(ctx, d, got.Access, claims)
		}
		return err
	})
	if err != nil {
		return s.rejected()
	}
	return s.signIn(got.ID, claims, info, d)
}

// rejected is the answer to a callback without usable claims: a crash, and
// since 5.4 the way back to the login page (docs/romm.md row 2).
func (s *Server) rejected() *answer {
	if since(s.version, 5, 4) {
		return &answer{status: http.StatusTemporaryRedirect, location: "/login?bypass_autologin=true"}
	}
	return crash()
}

// signIn does what the decision engine says, to the account and the session.
func (s *Server) signIn(idToken string, claims model.Claims, info *model.UserInfo, d *discovery) *answer {
	var users []model.LocalUser
	for _, a := range s.store.sorted() {
		users = append(users, a.local())
	}
	v := model.DecideWithUserInfo(claims, info, model.NewAccounts(users), s.settings(d))
	a := s.store.users[v.UserID]
	switch {
	case v.Status == http.StatusTemporaryRedirect && v.UserID == 0:
		now := s.store.now().UTC()
		a = &account{
			User: User{
				ID: s.store.lastUser + 1, Username: v.Username.Raw(), Email: columnOf(v.EmailAfter), Role: v.RoleAfter,
				Link: v.LinkAfter, OIDCMade: true,
			},
			uiSettings: map[string]any{}, created: now, updated: now,
		}
		if s.store.save(a) != nil {
			return crash()
		}
	case a != nil && (a.Role != v.RoleAfter || a.local().Link != v.LinkAfter || emailOf(a) != v.EmailAfter):
		changed := *a
		changed.Role, changed.Link, changed.Email = v.RoleAfter, v.LinkAfter, columnOf(v.EmailAfter)
		if s.store.save(&changed) != nil {
			return crash()
		}
		a = &changed
	}
	switch {
	case v.Status == http.StatusInternalServerError && v.Detail == "Internal Server Error":
		return crash()
	case v.Status != http.StatusTemporaryRedirect:
		return detail(v.Status, v.Detail)
	}
	if v.Outcome == model.Registers {
		s.store.record(a, "user.register", map[string]any{"role": string(a.Role), "via": "oidc"})
	}
	s.store.record(a, "auth.login", map[string]any{"method": "oidc"})
	out := &answer{status: v.Status, location: "/", session: s.store.open(a, idToken)}
	// Which of two rows a session finds is PostgreSQL's choice; the engine
	// names the one that it was seen to find.
	s.store.sessions[out.session].holder = v.SessionID
	s.store.sessions[out.session].broken = v.SessionStatus
	return out
}

// local is the account as the decision engine sees it.
func (a *account) local() model.LocalUser {
	u := model.LocalUser{ID: a.ID, Username: model.Untrusted(a.Username), Role: a.Role, Enabled: !a.Disabled, Link: a.Link}
	if a.Email != nil {
		u.Email, u.EmptyEmail = model.Untrusted(*a.Email), *a.Email == ""
	}
	return u
}

func emailOf(a *account) model.NullText {
	if a.Email == nil {
		return model.NullText{}
	}
	return model.NullText{Text: model.Untrusted(*a.Email), Valid: true}
}

// columnOf is a column's value, nil for NULL.
func columnOf(t model.NullText) *string {
	if !t.Valid {
		return nil
	}
	text := t.Text.Raw()
	return &text
}

// endSession is where RP-initiated logout goes: as configured, else as
// discovered; "" if neither names it.
func (s *Server) endSession() string {
	if s.seed.EndSession != "" {
		return s.seed.EndSession
	}
	s.provider.mu.Lock()
	defer s.provider.mu.Unlock()
	if s.provider.doc == nil {
		return ""
	}
	return strings.TrimSpace(s.provider.doc.EndSession)
}
