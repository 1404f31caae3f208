package rommtest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// What 5.3 and 5.4 changed around a login (docs/romm.md 1 Crashes, 3 Client, row
// 2): a proof key goes to the provider, a callback without claims ends on the
// login page, and credentials that cannot be read are none.
func TestNewerReleases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version          string
		pkce, rejects    bool
		badCredentials   int
		heartbeatWithBad int
	}{
		{"5.2.0", false, false, 500, 500},
		{"5.3.1", true, false, 500, 500},
		{"5.4.0", true, true, 401, 200},
		{"5.5.0", true, true, 401, 200},
		{"development", false, false, 500, 500},
	} {
		t.Run(c.version, func(t *testing.T) {
			t.Parallel()
			p := newIDP(t)
			p.claims = map[string]any{"email": "bob@example.com", "preferred_username": "bob", "sub": "s"}
			seed := readLogins(t)[0].seed(p)
			seed.Version = c.version
			seed.Users = append(seed.Users, User{Username: "made", OIDCMade: true, Role: "user"})
			s := mustNew(t, seed)

			to, err := url.Parse(visit(s, "/api/login/openid", nil).Header().Get("Location"))
			if err != nil || (to.Query().Get("code_challenge_method") == "S256") != c.pkce {
				t.Errorf("%v, %v", to, err)
			}
			if w := logIn(s, p); w.Code != 307 || w.Header().Get("Location") != "/" {
				t.Errorf("%d %s %q", w.Code, w.Body, w.Header())
			}
			for _, quirk := range []string{"provider-error", "state-mismatch", "callback-without-cookie", "id-token-wrong-nonce", "token-endpoint-error"} {
				p.quirk = quirk
				w := logIn(s, p)
				if c.rejects && !(w.Code == 307 && w.Header().Get("Location") == "/login?bypass_autologin=true") || !c.rejects && w.Code != 500 {
					t.Errorf("%s: %d %s %q", quirk, w.Code, w.Body, w.Header().Get("Location"))
				}
			}

			expired := sign(s.key, jwtClaims{Subject: "bob", Issuer: issuer, Type: accessToken, Expires: p.now.Add(-time.Hour).Unix()})
			for _, bad := range []string{"Basic x", "Bearer " + expired, "Bearer x.y.z"} {
				want(t, ask(s, bad, http.MethodGet, "/api/users", ""), c.badCredentials, "")
				want(t, ask(s, bad, http.MethodGet, "/api/heartbeat", ""), c.heartbeatWithBad, "")
			}
			groups := asAdmin(mustNew(t, small(c.version, "")), http.MethodGet, "/api/permissions/groups", "").Body.String()
			if strings.Contains(groups, `"system_key":"viewer"`) != c.rejects || strings.Contains(groups, `"is_system":true`) == c.rejects {
				t.Error(groups)
			}

			status := map[bool]int{true: 401, false: 500}[strings.HasPrefix(c.version, "5.3") || c.rejects]
			want(t, ask(s, "", http.MethodPost, "/api/token", "username=made&password=x"), status, "")
		})
	}
}
