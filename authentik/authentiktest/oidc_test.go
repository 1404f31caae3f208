package authentiktest_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
)

const (
	authURL  = "https://auth.example.org/application/o/"
	redirect = "https://romm.example.org/api/oauth/openid"
	verifier = "a-verifier-that-is-long-enough-for-the-standard-0123456789"
)

// browser is a person's browser and RomM's back channel in one.
type browser struct {
	t    *testing.T
	http *http.Client
}

func open(t *testing.T, s *authentiktest.Server) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := s.Client()
	c.Jar = jar
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return browser{t, c}
}

func (b browser) do(method, target string, form url.Values, header ...string) (*http.Response, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp, string(body)
}

func (b browser) json(method, target string, form url.Values, header ...string) (int, map[string]any) {
	b.t.Helper()
	resp, body := b.do(method, target, form, header...)
	var out map[string]any
	_ = json.Unmarshal([]byte(body), &out)
	return resp.StatusCode, out
}

func question(change ...string) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {"client"}, "redirect_uri": {redirect}, "scope": {"openid profile email romm_roles unknown"},
		"state": {"st&ate"}, "nonce": {"n1"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	for i := 0; i+1 < len(change); i += 2 {
		q.Set(change[i], change[i+1])
	}
	return q
}

// login fills in the login page and returns the query of the redirect.
func (b browser) login(user string, q url.Values) (int, url.Values, string) {
	b.t.Helper()
	resp, body := b.do("POST", authURL+"authorize/?"+q.Encode(), url.Values{"uid_field": {user}})
	to, _ := url.Parse(resp.Header.Get("Location"))
	return resp.StatusCode, to.Query(), body
}

func redeem(code string, change ...string) url.Values {
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}, "client_id": {"client"}, "client_secret": {"secret"},
		"code_verifier": {verifier},
	}
	for i := 0; i+1 < len(change); i += 2 {
		form.Set(change[i], change[i+1])
	}
	return form
}

func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("token %q", token)
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// A whole login by what discovery says, as a relying party makes it.
func TestLogin(t *testing.T) {
	t.Parallel()
	f := start(t, family(t, ""))
	b := open(t, f.Server)
	_, doc := b.json("GET", authURL+"romm/.well-known/openid-configuration", nil)
	if doc["authorization_endpoint"] != authURL+"authorize/" {
		t.Fatalf("discovery %v", doc)
	}
	if resp, page := b.do("GET", authURL+"authorize/?"+question().Encode(), nil); resp.StatusCode != 200 || !strings.Contains(page, "uid_field") {
		t.Fatalf("login page: %d %s", resp.StatusCode, page)
	}
	status, back, _ := b.login("ZOE@example.org", question())
	if status != http.StatusFound || back.Get("state") != "st&ate" || back.Get("code") == "" {
		t.Fatalf("%d %v", status, back)
	}
	status, tokens := b.json("POST", doc["token_endpoint"].(string), redeem(back.Get("code")))
	if status != 200 || tokens["scope"] != "email openid profile romm_roles" || tokens["refresh_token"] != nil {
		t.Fatalf("%d %v", status, tokens)
	}
	id := claimsOf(t, tokens["id_token"].(string))
	uid, _ := f.UID("zoe")
	if id["iss"] != doc["issuer"] || id["aud"] != "client" || id["nonce"] != "n1" || id["sub"] != uid || id["email"] != "zoe@example.org" ||
		id["email_verified"] != false || id["preferred_username"] != "zoe" || id["romm_roles"] == nil {
		t.Errorf("id token %v", id)
	}
	checkSignature(t, b, doc["jwks_uri"].(string), tokens["id_token"].(string))
	status, info := b.json("GET", doc["userinfo_endpoint"].(string), nil, "Authorization", "Bearer "+tokens["access_token"].(string))
	if status != 200 || info["sub"] != uid || info["email"] != "zoe@example.org" {
		t.Errorf("userinfo %d %v", status, info)
	}
	// A second login needs no page, until the session ends.
	if resp, _ := b.do("GET", authURL+"authorize/?"+question().Encode(), nil); resp.StatusCode != http.StatusFound {
		t.Errorf("signed in: %d", resp.StatusCode)
	}
	b.do("GET", doc["end_session_endpoint"].(string), nil)
	if resp, _ := b.do("GET", authURL+"authorize/?"+question("prompt", "none").Encode(), nil); !strings.Contains(resp.Header.Get("Location"), "login_required") {
		t.Errorf("after the end: %d %s", resp.StatusCode, resp.Header.Get("Location"))
	}
	if events := f.Events(); !slices.ContainsFunc(events, func(e authentiktest.Event) bool { return e.Action == "authorize_application" && e.User == "zoe" }) {
		t.Errorf("events %+v", events)
	}
}

func checkSignature(t *testing.T, b browser, jwks, token string) {
	t.Helper()
	_, set := b.json("GET", jwks, nil)
	key := set["keys"].([]any)[0].(map[string]any)
	number := func(name string) *big.Int {
		data, err := base64.RawURLEncoding.DecodeString(key[name].(string))
		if err != nil {
			t.Fatal(err)
		}
		return new(big.Int).SetBytes(data)
	}
	at := strings.LastIndex(token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(token[at+1:])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(token[:at]))
	public := &rsa.PublicKey{N: number("n"), E: int(number("e").Int64())}
	if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature); err != nil {
		t.Errorf("signature: %v", err)
	}
}

// What a provider refuses, and in which way: a page, a redirect with an error,
// or an error of the token endpoint.
func TestLoginRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		user  string
		ask   []string
		code  int
		error string // in the redirect
		page  string
	}{
		"client":         {"zoe", []string{"client_id", "other"}, 400, "", "client_id"},
		"redirect":       {"zoe", []string{"redirect_uri", redirect + "/"}, 400, "", "redirect_uri"},
		"redirect case":  {"zoe", []string{"redirect_uri", strings.ToUpper(redirect)}, 400, "", "redirect_uri"},
		"response type":  {"zoe", []string{"response_type", "token"}, 302, "unsupported_response_type", ""},
		"challenge":      {"zoe", []string{"code_challenge_method", "S512"}, 302, "invalid_request", ""},
		"unknown person": {"nobody", nil, 200, "", "Failed to authenticate"},
		"inactive":       {"adam", nil, 200, "", "Failed to authenticate"},
		"nothing typed":  {"", nil, 200, "", "Failed to authenticate"},
	} {
		f := start(t, family(t, ""))
		code, back, page := open(t, f.Server).login(c.user, question(c.ask...))
		if code != c.code || back.Get("error") != c.error || back.Get("code") != "" || !strings.Contains(page, c.page) {
			t.Errorf("%s: %d %v %s", name, code, back, page)
		}
	}
	for name, c := range map[string]struct {
		change []string
		error  string
	}{
		"secret":         {[]string{"client_secret", "wrong"}, "invalid_client"},
		"redirect":       {[]string{"redirect_uri", redirect + "/"}, "invalid_grant"},
		"verifier":       {[]string{"code_verifier", "other"}, "invalid_grant"},
		"no verifier":    {[]string{"code_verifier", ""}, "invalid_grant"},
		"code":           {[]string{"code", "other"}, "invalid_grant"},
		"grant type":     {[]string{"grant_type", "password"}, "unsupported_grant_type"},
		"refresh, stale": {[]string{"grant_type", "refresh_token", "refresh_token", "x"}, "invalid_grant"},
	} {
		f := start(t, family(t, ""))
		b := open(t, f.Server)
		_, back, _ := b.login("zoe", question())
		if status, got := b.json("POST", authURL+"token/", redeem(back.Get("code"), c.change...)); status < 400 || got["error"] != c.error {
			t.Errorf("%s: %d %v", name, status, got)
		}
		if status, _ := b.json("GET", authURL+"userinfo/", nil, "Authorization", "Bearer x"); status != 401 {
			t.Errorf("%s: userinfo %d", name, status)
		}
	}
}

// A code works once; a verifier without a challenge is refused.
func TestCodesWorkOnce(t *testing.T) {
	t.Parallel()
	f := start(t, family(t, ""))
	b := open(t, f.Server)
	_, back, _ := b.login("zoe", question())
	for i, want := range []int{200, 400} {
		if status, got := b.json("POST", authURL+"token/", redeem(back.Get("code"))); status != want {
			t.Errorf("time %d: %d %v", i+1, status, got)
		}
	}
	_, back, _ = b.login("zoe", question("code_challenge", ""))
	if status, got := b.json("POST", authURL+"token/", redeem(back.Get("code"))); status != 400 {
		t.Errorf("verifier without challenge: %d %v", status, got)
	}
}

// Bindings limit who may open the application; a 2026.5 provider without grant
// types refuses everybody; offline_access gives a refresh token.
func TestLoginByProvider(t *testing.T) {
	t.Parallel()
	f := start(t, family(t, ""))
	b := open(t, f.Server)
	app := f.get("/core/applications/romm/")["pk"]
	f.wants("POST", "/api/v3/policies/bindings/", fmt.Sprintf(`{"target":%q,"group":%q,"order":0}`, app, authentiktest.GroupID("admins")), 201, "target")
	if code, _, _ := b.login("zoe", question()); code != 302 { // by inheritance
		t.Errorf("member: %d", code)
	}
	if code, _, page := b.login("eve", question()); code != 200 || !strings.Contains(page, "Permission denied") {
		t.Errorf("stranger: %d %s", code, page)
	}
	offline := ""
	for _, row := range f.get("/propertymappings/provider/scope/?page_size=100")["results"].([]any) {
		if m := row.(map[string]any); m["scope_name"] == "offline_access" {
			offline = m["pk"].(string)
		}
	}
	f.wants("PATCH", "/api/v3/providers/oauth2/1/", fmt.Sprintf(`{"property_mappings":[%q],"signing_key":null}`, offline), 200, "client")
	_, back, _ := b.login("zoe", question("scope", "offline_access"))
	_, tokens := b.json("POST", authURL+"token/", redeem(back.Get("code")))
	renew, _ := tokens["refresh_token"].(string)
	status, again := b.json("POST", authURL+"token/", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {renew}, "client_id": {"client"}, "client_secret": {"secret"},
	})
	if status != 200 || claimsOf(t, again["id_token"].(string))["nonce"] != nil {
		t.Errorf("refresh: %d %v", status, again)
	}
	if _, set := b.json("GET", authURL+"romm/jwks/", nil); len(set) != 0 {
		t.Errorf("a provider that signs with its secret publishes %v", set)
	}
	f.wants("PATCH", "/api/v3/providers/oauth2/1/", `{"grant_types":[]}`, 200, "client")
	if _, back, _ := b.login("zoe", question()); back.Get("error") != "invalid_request" {
		t.Errorf("without grant types: %v", back)
	}
}
