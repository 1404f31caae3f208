package authentiktest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
)

const keyBits = 2048

// signingKey is made when it is first needed, once for all servers of a
// process: it takes longer than most tests.
var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, keyBits) })

// certificate is the self-signed one of the key.
func certificate(now time.Time) ([]byte, error) {
	key, err := signingKey()
	if err != nil {
		return nil, err
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: authentik.SigningKeyName}, NotAfter: now.AddDate(1, 0, 0)}
	return x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
}

// keyID names the signing key in tokens and in the key set.
func keyID() string { return strings.ReplaceAll(signingKeyID(), "-", "") }

// symmetric reports whether tokens are signed with the client secret, as
// Authentik does without a signing key.
func (p *providerState) symmetric() bool {
	v, set := p.fields["signing_key"]
	return set && v == nil
}

// sign makes a JWT.
func (s *Server) sign(p *providerState, claims map[string]any) (string, error) {
	header := map[string]any{"alg": "RS256", "kid": keyID(), "typ": "JWT"}
	if p.symmetric() {
		header = map[string]any{"alg": "HS256", "typ": "JWT"}
	}
	var parts [2]string
	for i, v := range []any{header, claims} {
		data, err := json.Marshal(v)
		if err != nil {
			return "", err
		}
		parts[i] = base64.RawURLEncoding.EncodeToString(data)
	}
	text := parts[0] + "." + parts[1]
	if p.symmetric() {
		mac := hmac.New(sha256.New, []byte(p.ClientSecret.Reveal()))
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
	}
	key, err := signingKey()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// jwks publishes the key of the application's provider; one that signs with
// its secret has none.
func (s *Server) jwks(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.applicationAt(r.PathValue("slug"))
	if at < 0 || s.world.providerNamed(s.world.apps[at].Provider) == nil {
		http.NotFound(w, r)
		return
	}
	if s.world.providerNamed(s.world.apps[at].Provider).symmetric() {
		write(w, ok(map[string]any{}))
		return
	}
	key, err := signingKey()
	if err != nil {
		write(w, problem(http.StatusInternalServerError, err.Error()))
		return
	}
	certificate, err := certificate(s.now)
	if err != nil {
		write(w, problem(http.StatusInternalServerError, err.Error()))
		return
	}
	short, long := sha1.Sum(certificate), sha256.Sum256(certificate)
	text := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }
	write(w, ok(map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": keyID(), "n": text(key.N), "e": text(big.NewInt(int64(key.E))),
		"x5c": []any{base64.StdEncoding.EncodeToString(certificate)}, "x5t": base64.RawURLEncoding.EncodeToString(short[:]),
		"x5t#S256": base64.RawURLEncoding.EncodeToString(long[:]),
	}}}))
}

// oauthError names the request too from 2025.10 on.
func (s *Server) oauthError(w http.ResponseWriter, status int, code, text string) {
	w.Header().Set("Cache-Control", "no-store")
	out := map[string]any{"error": code, "error_description": text}
	if s.release.AtLeast(2025, 8) {
		out["request_id"] = strings.ReplaceAll(uuidOf("request", code), "-", "")
	}
	write(w, answered(status, out))
}

// exchange takes a code or a refresh token, each of which works once.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	s.mu.Lock()
	at := slices.IndexFunc(s.world.providers, func(p *providerState) bool { return p.ClientID == id && id != "" })
	if at < 0 || !hmac.Equal([]byte(s.world.providers[at].ClientSecret.Reveal()), []byte(secret)) {
		s.mu.Unlock()
		s.oauthError(w, http.StatusBadRequest, "invalid_client", "Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method)")
		return
	}
	p := s.world.providers[at]
	var (
		g  grant
		ok bool
	)
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		code := r.PostFormValue("code")
		g, ok = s.oidc.codes[code]
		delete(s.oidc.codes, code)
		ok = ok && g.provider == p.PK && g.redirect == r.PostFormValue("redirect_uri") && g.pkce(r.PostFormValue("code_verifier")) && s.grantsCodes(p)
	case "refresh_token":
		renew := r.PostFormValue("refresh_token")
		g, ok = s.oidc.renew[renew]
		delete(s.oidc.renew, renew)
		ok, g.refresh = ok && g.provider == p.PK, true
	default:
		s.mu.Unlock()
		s.oauthError(w, http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server.")
		return
	}
	u := s.world.users[g.user]
	if !ok || u == nil || u.Inactive {
		s.mu.Unlock()
		s.oauthError(w, http.StatusBadRequest, "invalid_grant", "The provided authorization grant or refresh token is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client")
		return
	}
	prepared := s.prepare(r, p, u).withScopes(g.scopes)
	s.mu.Unlock()
	s.issue(w, r, p, g, prepared)
}

// issue runs the mappings without the lock, because a companion may ask this
// server in turn, and answers with the tokens.
func (s *Server) issue(w http.ResponseWriter, r *http.Request, p *providerState, g grant, prepared run) {
	now := s.now.Unix()
	base := map[string]any{
		"iss": p.issuer(baseURL(r), prepared.slug()), "sub": p.subject(prepared.who.user), "aud": p.ClientID,
		"iat": now, "exp": now + 3600, "auth_time": now, "acr": "goauthentik.io/providers/oauth2/default", "amr": []any{"pwd"}, "sid": g.sid,
	}
	idToken := map[string]any{}
	merge(idToken, base)
	if s.release.AtLeast(2026, 5) {
		idToken["jti"] = uuidOf("id token", g.sid)
	}
	if g.nonce != "" && !g.refresh {
		idToken["nonce"] = g.nonce
	}
	if !p.NoClaimsInIDToken {
		claims, err := s.claims(r.Context(), prepared)
		if err != nil {
			write(w, notRun(r, err))
			return
		}
		merge(idToken, claims) // last, so they may replace anything
	}
	accessToken := map[string]any{}
	merge(accessToken, base)
	accessToken["azp"], accessToken["uid"], accessToken["scope"] = p.ClientID, g.sid, strings.Join(g.scopes, " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	accessToken["jti"] = s.oidc.next("jti")
	id, err := s.sign(p, idToken)
	access, err2 := s.sign(p, accessToken)
	if err != nil || err2 != nil {
		s.oauthError(w, http.StatusInternalServerError, "server_error", "the token cannot be signed")
		return
	}
	s.oidc.access[access] = g
	out := map[string]any{
		"access_token": access, "id_token": id, "token_type": "Bearer", "expires_in": 3600, "scope": strings.Join(g.scopes, " "),
	}
	if slices.Contains(g.scopes, "offline_access") {
		renew := s.oidc.next("refresh")
		s.oidc.renew[renew] = g
		out["refresh_token"] = renew
	}
	w.Header().Set("Cache-Control", "no-store")
	write(w, ok(out))
}

// userinfo evaluates the claims anew.
func (s *Server) userinfo(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	g, found := s.oidc.access[token]
	at := slices.IndexFunc(s.world.providers, func(p *providerState) bool { return p.PK == g.provider })
	u := s.world.users[g.user]
	if !found || at < 0 || u == nil || u.Inactive {
		s.mu.Unlock()
		w.Header().Set("WWW-Authenticate", `error="invalid_token", error_description="The access token provided is expired, revoked, malformed, or invalid for other reasons"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	prepared := s.prepare(r, s.world.providers[at], u).withScopes(g.scopes)
	s.mu.Unlock()
	out := map[string]any{"sub": prepared.provider.subject(u)}
	if g.nonce != "" {
		out["nonce"] = g.nonce
	}
	claims, err := s.claims(r.Context(), prepared)
	if err != nil {
		write(w, notRun(r, err))
		return
	}
	merge(out, claims)
	write(w, ok(out))
}
