package rommtest

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// The provider of the recordings.
const providerURL = "http://127.0.0.1:9100/application/o/plain"

// idp is a small provider in place of the network: it answers discovery, keys
// and code, and can misbehave as it did in the recordings.
type idp struct {
	rsa       *rsa.PrivateKey
	ec        *ecdsa.PrivateKey
	supported []string
	claims    map[string]any
	nonce     string
	challenge string  // of PKCE, "" for none
	quirk     string  // the name of a recorded login
	issuer    *string // nil is the provider's own
	userinfo  *userinfo
	noAccess  bool // the token answer has an empty access token
	bringsAll bool // the browser brings every cookie back, not the session alone
	now       time.Time
	asked     []string
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (p *idp) RoundTrip(r *http.Request) (*http.Response, error) {
	p.asked = append(p.asked, r.Method+" "+r.URL.Path)
	status, body := http.StatusOK, map[string]any{}
	switch strings.TrimPrefix(r.URL.String(), providerURL) {
	case "/.well-known/openid-configuration":
		body = map[string]any{
			"issuer": providerURL + "/", "authorization_endpoint": providerURL + "/authorize", "token_endpoint": providerURL + "/token",
			"jwks_uri": providerURL + "/jwks", "end_session_endpoint": providerURL + "/end-session/",
		}
		if p.supported != nil {
			body["claims_supported"] = p.supported
		}
		if p.issuer != nil {
			body["issuer"] = *p.issuer
		}
		if p.userinfo != nil {
			body["userinfo_endpoint"] = providerURL + "/userinfo"
		}
	case "/userinfo":
		data, err := json.Marshal(p.userinfo.Claims)
		if p.userinfo.Body != nil {
			data = []byte(*p.userinfo.Body)
		}
		if r.Header.Get("Authorization") != "Bearer x" {
			return nil, fmt.Errorf("UserInfo is asked with %q", r.Header.Get("Authorization"))
		}
		return &http.Response{StatusCode: p.userinfo.Status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(data))}, err
	case "/jwks":
		point, err := p.ec.PublicKey.Bytes()
		if err != nil {
			return nil, err
		}
		body["keys"] = []any{
			map[string]any{"kty": "EC", "crv": "P-256", "kid": "ec", "x": b64(point[1:33]), "y": b64(point[33:])},
			map[string]any{"kty": "RSA", "kid": "rsa", "n": b64(p.rsa.N.Bytes()), "e": b64(big.NewInt(int64(p.rsa.E)).Bytes())},
		}
	case "/token":
		status, body = p.token(r)
	default:
		return nil, fmt.Errorf("the provider has no %s", r.URL)
	}
	data, err := json.Marshal(body)
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(data))}, err
}

func (p *idp) token(r *http.Request) (int, map[string]any) {
	user, secret, _ := r.BasicAuth()
	if p.quirk == "token-endpoint-error" || user != "cid" || secret != "canary" || r.FormValue("code") != "good" {
		return http.StatusUnauthorized, map[string]any{"error": "invalid_client"}
	}
	verifier := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if r.PostForm.Has("code_verifier") != (p.challenge != "") || p.challenge != "" && b64(verifier[:]) != p.challenge {
		return http.StatusUnauthorized, map[string]any{"error": "invalid_grant"}
	}
	if p.quirk == "no-id-token" {
		return 200, map[string]any{"access_token": "x"}
	}
	if p.noAccess {
		return 200, map[string]any{"access_token": "", "id_token": p.idToken()}
	}
	return 200, map[string]any{"access_token": "x", "id_token": p.idToken()}
}

func (p *idp) idToken() string {
	c := map[string]any{"iss": providerURL + "/", "aud": "cid", "sub": "1", "iat": p.now.Unix(), "exp": p.now.Add(time.Hour).Unix(), "nonce": p.nonce}
	maps.Copy(c, p.claims)
	alg, kid := "RS256", "rsa"
	switch p.quirk {
	case "id-token-wrong-audience":
		c["aud"] = "other"
	case "id-token-wrong-issuer":
		c["iss"] = "http://elsewhere/"
	case "id-token-expired":
		c["exp"] = p.now.Add(-10 * time.Minute).Unix()
	case "id-token-wrong-nonce":
		c["nonce"] = "other"
	case "id-token-hs256":
		alg = "HS256"
	case "es256":
		alg, kid, c["aud"] = "ES256", "ec", []string{"another", "cid"}
	case "foreign key":
		kid = "ec"
	}
	head, _ := json.Marshal(map[string]any{"alg": alg, "kid": kid})
	body, _ := json.Marshal(c)
	text := b64(head) + "." + b64(body)
	sum := sha256.Sum256([]byte(text))
	var sig []byte
	switch alg {
	case "RS256":
		sig, _ = rsa.SignPKCS1v15(nil, p.rsa, crypto.SHA256, sum[:])
	case "ES256":
		x, y, _ := ecdsa.Sign(rand.Reader, p.ec, sum[:])
		sig = slices.Concat(x.FillBytes(make([]byte, 32)), y.FillBytes(make([]byte, 32)))
	case "HS256":
		sig = mac([]byte("canary"), text)
	}
	return text + "." + b64(sig)
}

// recordedLogin is a line of the recordings, which lie where the decision
// engine's tests have them.
type recordedLogin struct {
	Name, Database  string
	Env             map[string]string
	ClaimsSupported []string `json:"claims_supported"`
	Existing, After []map[string]any
	Claims          map[string]any
	Response        struct {
		Status  int
		Headers struct {
			Location string
			Cookies  []string `json:"set-cookie"`
		}
		Body any
	}
	LoggedInAs map[string]any `json:"logged_in_as"`
}

func readLogins(t *testing.T) []recordedLogin {
	t.Helper()
	data, err := os.ReadFile("../../model/testdata/romm-5.2.0-oidc.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []recordedLogin
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data))
	for lines.Scan() {
		var x recordedLogin
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	return out
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &idp{rsa: r, ec: e, now: time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)}
}

// seed is the state before a recorded login.
func (x recordedLogin) seed(p *idp) Seed {
	env := func(name string) string { return strings.TrimSpace(x.Env[name]) }
	s := Seed{
		OIDCEnabled: x.Env["OIDC_ENABLED"] != "false", Now: func() time.Time { return p.now }, RPLogout: true,
		Login: Login{
			ServerURL: providerURL + "/", ClientID: "cid", ClientSecret: "canary", RedirectURI: "http://127.0.0.1:5000/api/oauth/openid",
			ClaimRoles: env("OIDC_CLAIM_ROLES"), RoleAdmin: env("OIDC_ROLE_ADMIN"), RoleEditor: env("OIDC_ROLE_EDITOR"),
			RoleViewer: env("OIDC_ROLE_VIEWER"), NoRegistration: closed(x.Env["OIDC_ALLOW_REGISTRATION"]),
			UsernameAttribute: x.Env["OIDC_USERNAME_ATTRIBUTE"], HTTP: &http.Client{Transport: p},
		},
	}
	if strings.HasPrefix(strings.ToLower(x.Database), "postgre") {
		s.Database = model.DatabasePostgreSQL
	}
	for _, u := range x.Existing {
		one := User{
			ID: int64(u["id"].(float64)), Username: u["username"].(string), Role: model.Role(u["role"].(string)), Disabled: !u["enabled"].(bool),
		}
		if email, has := u["email"].(string); has {
			one.Email = &email
		}
		one.Link = model.OIDCLink{Issuer: columnIn(u, "oidc_issuer"), Subject: columnIn(u, "oidc_sub")}
		s.Users = append(s.Users, one)
	}
	return s
}

func visit(s *Server, path string, cookies []*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// logIn walks through a login: to the provider and back.
func logIn(s *Server, p *idp) *httptest.ResponseRecorder {
	w := visit(s, "/api/login/openid", nil)
	if w.Code != http.StatusFound {
		return w
	}
	to, _ := url.Parse(w.Header().Get("Location"))
	p.nonce, p.challenge = to.Query().Get("nonce"), to.Query().Get("code_challenge")
	back := "/api/oauth/openid?code=good&state=" + to.Query().Get("state")
	cookies := w.Result().Cookies()
	if !p.bringsAll { // as recorded
		cookies = slices.DeleteFunc(cookies, func(c *http.Cookie) bool { return c.Name == csrfCookie })
	}
	switch p.quirk {
	case "provider-error":
		back = "/api/oauth/openid?error=access_denied&code=good&state=" + to.Query().Get("state")
	case "state-mismatch":
		back = "/api/oauth/openid?code=a&state=b"
	case "callback-without-cookie":
		cookies = nil
	}
	return visit(s, back, cookies)
}

// TestOIDCReplay logs in as recorded and compares answer, session and all
// users after it.
func TestOIDCReplay(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	logins := readLogins(t)
	for _, x := range logins {
		t.Run(x.Name, func(t *testing.T) {
			p.supported, p.claims, p.quirk = x.ClaimsSupported, x.Claims, x.Name
			seed := x.seed(p)
			if x.Name == "pg-username-collision-other-case-again" {
				// BOB comes from a login, which the recorded state does not tell.
				seed.Users[2].LastLogin = p.now
			}
			s := mustNew(t, seed)
			w := logIn(s, p)
			x.check(t, s, w)
		})
	}
	t.Logf("%d logins replayed", len(logins))
}

func (x recordedLogin) check(t *testing.T, s *Server, w *httptest.ResponseRecorder) {
	if w.Code != x.Response.Status || w.Header().Get("Location") != x.Response.Headers.Location {
		t.Fatalf("%d to %q: %s, recorded %d", w.Code, w.Header().Get("Location"), w.Body, x.Response.Status)
	}
	var body any = w.Body.String()
	_ = json.Unmarshal(w.Body.Bytes(), &body) // plain text stays
	if !reflect.DeepEqual(body, x.Response.Body) {
		t.Errorf("body %v, recorded %v", body, x.Response.Body)
	}
	var cookies []string
	for _, c := range w.Result().Cookies() {
		cookies = append(cookies, c.Name)
	}
	if slices.Sort(cookies); !slices.Equal(cookies, x.Response.Headers.Cookies) {
		t.Errorf("cookies %q, recorded %q", cookies, x.Response.Headers.Cookies)
	}
	if x.LoggedInAs != nil {
		me := visit(s, "/api/users/me", w.Result().Cookies())
		var got map[string]any
		_ = json.Unmarshal(me.Body.Bytes(), &got)
		if me.Code != http.StatusOK {
			got = map[string]any{"body": got}
		}
		got["status"] = float64(me.Code)
		for k, want := range x.LoggedInAs {
			if !reflect.DeepEqual(got[k], want) {
				t.Errorf("logged in: %s is %v, recorded %v", k, got[k], want)
			}
		}
	}
	var after []map[string]any
	for _, u := range s.Users() {
		one := map[string]any{
			"id": float64(u.ID), "username": u.Username, "email": nil, "role": string(u.Role), "enabled": !u.Disabled,
			"permission_group_id": nil, "last_login_set": !u.LastLogin.IsZero(),
		}
		if u.Email != nil {
			one["email"] = *u.Email
		}
		if s.version.Links() {
			one["oidc_issuer"], one["oidc_sub"] = cell(u.Link.Issuer), cell(u.Link.Subject)
		}
		after = append(after, one)
	}
	if !reflect.DeepEqual(after, x.After) {
		t.Errorf("users after\n got %v\nwant %v", after, x.After)
	}
}

// What the recordings do not have: other releases, an elliptic key, a provider
// that is gone.
func TestOIDCCorners(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	base := readLogins(t)[0]
	try := func(quirk string, claims map[string]any, change func(*Seed)) (*Server, *httptest.ResponseRecorder) {
		p.quirk, p.claims, p.asked = quirk, claims, nil
		seed := base.seed(p)
		if change != nil {
			change(&seed)
		}
		s := mustNew(t, seed)
		return s, logIn(s, p)
	}
	bob := map[string]any{"email": "bob@example.com", "preferred_username": "bob"}
	s, w := try("es256", bob, nil)
	want(t, w, 307, "")
	if logIn(s, p); strings.Count(strings.Join(p.asked, " "), "openid-configuration") != 1 {
		t.Errorf("discovery is read at every login: %q", p.asked)
	}
	// A refused code does not come back, and a state counts once.
	w = visit(s, "/api/login/openid", nil)
	to, _ := url.Parse(w.Header().Get("Location"))
	back := "/api/oauth/openid?code=good&state=" + to.Query().Get("state")
	p.quirk, p.nonce = "id-token-wrong-nonce", to.Query().Get("nonce")
	want(t, visit(s, back, w.Result().Cookies()), 500, "Internal")
	p.quirk = ""
	want(t, visit(s, back, w.Result().Cookies()), 500, "Internal")

	_, w = try("foreign key", bob, nil)
	want(t, w, 500, "Internal")
	_, w = try("", bob, func(s *Seed) { s.Login.ServerURL = "http://127.0.0.1:9100/gone" })
	want(t, w, 500, "Internal")
	_, w = try("", bob, func(s *Seed) { s.Login.ServerURL = "" })
	want(t, w, 501, "without a provider")
	_, w = try("", bob, func(s *Seed) { s.Login.ClientSecret = "wrong" })
	want(t, w, 500, "Internal")

	// The scope of the role claim is asked for, and its roles are written.
	s, w = try("", map[string]any{"email": "bob@example.com", "preferred_username": "bob", "romm_roles": []any{"chief"}}, func(s *Seed) {
		s.Login.ClaimRoles, s.Login.RoleAdmin = "romm_roles", "chief"
	})
	want(t, w, 307, "")
	if got := s.Users()[1].Role; got != model.RoleAdmin {
		t.Errorf("role %q", got)
	}
	to, _ = url.Parse(visit(s, "/api/login/openid", nil).Header().Get("Location"))
	if got := to.Query().Get("scope"); got != "openid profile email romm_roles" {
		t.Errorf("asks for the scopes %q", got)
	}

	// From 5.3 on RomM finds collisions itself, and changes usernames.
	next := func(s *Seed) { s.Version = "5.3.0" }
	_, w = try("", map[string]any{"email": "new@example.com", "preferred_username": "bob"}, next)
	want(t, w, 409, "Username 'bob' is already taken.")
	s, w = try("", map[string]any{"email": "new@example.com", "preferred_username": "New User.x"}, next)
	want(t, w, 307, "")
	if got := s.Users()[2].Username; got != "New-User-x" {
		t.Errorf("username %q", got)
	}
	s, w = try("", map[string]any{"email": "new@example.com", "preferred_username": "fresh"}, func(s *Seed) {
		s.Version, s.Users[1].Role = "4.9.0", model.RoleViewer
	})
	want(t, w, 307, "")
	if got := s.Users()[2]; got.Username != "fresh" || got.Role != model.RoleViewer || !got.OIDCMade {
		t.Errorf("%+v", got)
	}
}
