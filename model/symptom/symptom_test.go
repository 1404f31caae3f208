package symptom

import (
	"strings"
	"testing"
)

// samples are what systems say, by the cause that has to come first.
var samples = map[string][]string{
	"no-scheme":               {"httpx.UnsupportedProtocol: Request URL is missing an 'http://' or 'https://' protocol."},
	"name-not-resolved":       {"GET /api/oauth/openid 500\nhttpx.ConnectError: [Errno -2] Name does not resolve", "socket.gaierror: [Errno -3] Temporary failure in name resolution"},
	"discovery-timeout":       {"resp = await client.request(\"GET\", self._server_metadata_url)\nhttpx.ConnectTimeout"},
	"slow-token":              {"File \"authlib/integrations/starlette_client\"\nhttpx.ReadTimeout"},
	"refused":                 {"httpx.ConnectError: All connection attempts failed", "[Errno 111] Connection refused"},
	"no-route":                {"OSError: [Errno 113] No route to host", "[Errno 101] Network is unreachable"},
	"plain-on-tls":            {"[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1007)", "400 The plain HTTP request was sent to HTTPS port"},
	"ca-not-a-file":           {"IsADirectoryError: [Errno 21] Is a directory", "[X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate or crl found", "load_verify_locations(cafile)\nFileNotFoundError: [Errno 2] No such file or directory"},
	"certificate-expired":     {"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired"},
	"certificate-name":        {"certificate verify failed: Hostname mismatch, certificate is not valid for 'authentik-server'."},
	"certificate-self-signed": {"certificate verify failed: self-signed certificate in certificate chain", "self signed certificate"},
	"certificate-chain":       {"certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)"},
	"discovery-is-a-page":     {"GET /api/login/openid 500\nauthlib load_server_metadata: metadata = resp.json()\njson.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)"},
	"discovery-404":           {"httpx.HTTPStatusError: Client error '404 Not Found' for url 'https://a.example/application/o/x/.well-known/openid-configuration'"},
	"metadata-lacks":          {"RuntimeError: Missing \"authorize_url\" value", "Missing \"jwks_uri\" in metadata"},
	"oidc-off":                {`{"detail":"OAuth disabled"}`},
	"state-lost":              {"authlib.integrations.base_client.errors.MismatchingStateError: mismatching_state: CSRF Warning! State not equal in request and response."},
	"redirect-uri":            {"Redirect URI Error: The request fails due to a missing, invalid, or mismatching redirection URI (redirect_uri)."},
	"access-denied":           {"authlib OAuthError: access_denied: The resource owner or authorization server denied the request", "Permission denied\nRequest has been denied."},
	"client-unknown":          {"Client ID Error: The client identifier (client_id) is missing or invalid."},
	"client-secret":           {"OAuthError: invalid_client: Client authentication failed (e.g., unknown client, no client authentication included)"},
	"grant-types":             {"unauthorized_client: The client is not authorized to request an authorization code", "error=invalid_request&error_description=..."},
	"invalid-grant":           {"OAuthError: invalid_grant: The provided authorization grant or refresh token is invalid, expired, revoked"},
	"no-signing-key":          {"GET /api/oauth/openid 500\nValueError: Invalid key set format"},
	"key-unknown":             {"authlib.jose.errors.BadSignatureError: bad_signature:", "ValueError: Key not found"},
	"key-kind":                {"UnsupportedAlgorithmError: unsupported_algorithm: EdDSA"},
	"issuer":                  {"InvalidClaimError: invalid_claim: Invalid claim \"iss\""},
	"audience":                {"InvalidClaimError: invalid_claim: Invalid claim \"aud\""},
	"clock":                   {"ExpiredTokenError: expired_token: The token is expired", "InvalidTokenError: invalid_token: The token is not valid as it was issued in the future"},
	"encrypted":               {"DecodeError: Invalid input segments length"},
	"no-id-token":             {"Userinfo is missing from token."},
	"email-missing":           {"400 Email is missing from token."},
	"email-unverified":        {`{"detail":"Email is not verified."}`},
	"username-missing":        {"'preferred_username' attribute is missing from token."},
	"no-role":                 {"User has not been granted any roles for this application."},
	"registration-off":        {"User registration is disabled. Please contact an administrator to create an account."},
	"linked-elsewhere":        {"This account is linked to a different identity at the provider. Please contact an administrator."},
	"username-taken": {
		"Username 'bob' is already taken. Please contact an administrator.",
		"sqlalchemy.exc.IntegrityError: (1062, \"Duplicate entry 'bob' for key 'ix_users_username'\")",
		"psycopg.errors.UniqueViolation: duplicate key value violates unique constraint \"ix_users_username\"",
	},
	"disabled":          {"401 Disabled user"},
	"email-taken":       {"duplicate key value violates unique constraint \"ix_users_email\""},
	"too-long":          {"psycopg.errors.StringDataRightTruncation: value too long for type character varying(255)", "(1406, \"Data too long for column 'username' at row 1\")"},
	"roles-no-list":     {"TypeError: argument of type 'bool' is not iterable"},
	"csrf-stale":        {"RomM 4.8.1, sign-in with OIDC works; the first change signs the person out\nPUT /api/roms/12/props 403\nCSRF token verification failed"},
	"csrf":              {"403 CSRF token verification failed"},
	"app-password":      {"POST /api/token 500\nInternal Server Error", "passlib.exc.UnknownHashError: hash could not be identified"},
	"bad-token":         {"jose.exceptions.ExpiredSignatureError", "GET /api/heartbeat 500"},
	"login-loop":        {"This page isn't working: ERR_TOO_MANY_REDIRECTS"},
	"mapping-raises":    {"action: property_mapping_exception, message: Failed to execute property mapping"},
	"policy-raises":     {"event policy_exception"},
	"authentik-crashed": {"POST /application/o/token/ 405 Method Not Allowed"},
	"challenge":         {"<title>Just a moment...</title>"},
	"header-too-big":    {"upstream sent too big header while reading response header from upstream"},
	"gateway":           {"<h1>502 Bad Gateway</h1>"},
}

// Every cause is found first in the texts that it has, and every sample has one.
func TestCauses(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, step := range table {
		for _, e := range step {
			if known[e.ID] || e.What == "" || e.Fix == "" {
				t.Errorf("%s is there twice, or does not say all", e.ID)
			}
			known[e.ID] = true
			if len(samples[e.ID]) == 0 {
				t.Errorf("no sample shows %s", e.ID)
			}
		}
	}
	for id, texts := range samples {
		if !known[id] {
			t.Errorf("no cause is called %s", id)
		}
		for _, text := range texts {
			for _, text := range []string{text, strings.ToUpper(text), strings.Repeat("GET /assets/x.css 200\n", 1_000) + text} {
				if got := Causes(text); len(got) == 0 || got[0].ID != id {
					t.Errorf("%.80q: %v, want %s", text, ids(got), id)
				}
			}
		}
	}
}

func ids(causes []Cause) (out []string) {
	for _, c := range causes {
		out = append(out, c.ID)
	}
	return out
}

// What a log says while all is well has no cause.
func TestNothingIsWrong(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "\x00\xff", "INFO: 10.0.0.1 - \"GET /api/users/me HTTP/1.1\" 200 OK", "GET /api/login/openid 302\nGET /api/oauth/openid 307",
		"INFO [RomM] starting gunicorn", "event login, user akadmin", "Application startup complete.",
	} {
		if got := Causes(text); len(got) > 0 {
			t.Errorf("%q: %v", text, ids(got))
		}
	}
}

func FuzzCauses(f *testing.F) {
	for _, texts := range samples {
		f.Add(texts[0])
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range Causes(text) {
			if c.What == "" || c.Fix == "" {
				t.Errorf("%q: %+v", text, c)
			}
		}
	})
}
