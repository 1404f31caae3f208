package rommtest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// providerTime bounds each request to the provider.
const providerTime = 10 * time.Second

// leeway is how far the clocks of provider and RomM may be apart.
const leeway = 2 * time.Minute

// provider is RomM's view of its OpenID provider: the discovery document is
// read once, until RomM restarts (docs/romm.md 3 Client). Its mutex is held
// while it is read.
type provider struct {
	mu  sync.Mutex
	doc *discovery
}

type discovery struct {
	Issuer          string   `json:"issuer"`
	Authorization   string   `json:"authorization_endpoint"`
	Token           string   `json:"token_endpoint"`
	Keys            string   `json:"jwks_uri"`
	UserInfo        string   `json:"userinfo_endpoint"`
	EndSession      string   `json:"end_session_endpoint"`
	ClaimsSupported []string `json:"claims_supported"`
}

var errProvider = errors.New("the provider's answer is of no use")

// fetch sends a request to the provider and decodes its JSON answer.
func (s *Server) fetch(req *http.Request, into any) error {
	client := s.seed.Login.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: status %d", errProvider, res.StatusCode)
	}
	return json.Unmarshal(data, into)
}

func (s *Server) get(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	return s.fetch(req, into)
}

func (s *Server) discover(ctx context.Context) (*discovery, error) {
	s.provider.mu.Lock()
	defer s.provider.mu.Unlock()
	if s.provider.doc != nil {
		return s.provider.doc, nil
	}
	var d discovery
	address := strings.TrimSuffix(s.seed.Login.ServerURL, "/") + "/.well-known/openid-configuration"
	if err := s.get(ctx, address, &d); err != nil {
		return nil, err
	}
	s.provider.doc = &d
	return &d, nil
}

// tokens are what a code is traded for.
type tokens struct {
	Error  string `json:"error"`
	ID     string `json:"id_token"` // "" if there is none
	Access string `json:"access_token"`
}

// exchange trades the code for tokens.
func (s *Server) exchange(ctx context.Context, d *discovery, code, verifier string) (t tokens, err error) {
	l := s.seed.Login
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {l.RedirectURI}}
	if verifier != "" {
		form.Set("code_verifier", verifier)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Token, strings.NewReader(form.Encode()))
	if err != nil {
		return t, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(l.ClientID, l.ClientSecret.Reveal())
	if err := s.fetch(req, &t); err != nil {
		return t, err
	}
	if t.Error != "" {
		return t, errProvider
	}
	return t, nil
}

// userInfo asks the provider's UserInfo endpoint, where RomM does; nil if there is
// none, or no answer (docs/romm.md 3 UserInfo).
func (s *Server) userInfo(ctx context.Context, d *discovery, access string, claims model.Claims) *model.UserInfo {
	if d.UserInfo == "" || access == "" || !model.WantsUserInfo(claims, s.settings(d)) {
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.UserInfo, nil)
	if err != nil {
		return nil
	}
	req.Header.Set("Authorization", "Bearer "+access)
	var body any
	info := &model.UserInfo{Status: http.StatusOK}
	if err := s.fetch(req, &body); err != nil {
		info.Status = http.StatusBadGateway // RomM tells none from another
	}
	if text, err := json.Marshal(body); err == nil { // with numbers as claims have them
		if obj, err := model.ParseAsRomM(text); err == nil {
			info.Claims = obj
		}
	}
	return info
}

// claims verifies an ID token as RomM does (docs/romm.md row 2): an asymmetric
// signature, issuer, audience, nonce and time.
func (s *Server) claims(ctx context.Context, d *discovery, idToken, nonce string) (model.Claims, error) {
	parts := strings.Split(idToken, ".")
	if len(parts) != 3 {
		return nil, errJWT
	}
	var raw [3][]byte
	for i, p := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.DecodeString(p); err != nil {
			return nil, errJWT
		}
	}
	var header struct{ Alg, Kid string }
	if err := json.Unmarshal(raw[0], &header); err != nil {
		return nil, errJWT
	}
	var set struct{ Keys []jwk }
	if err := s.get(ctx, d.Keys, &set); err != nil {
		return nil, err
	}
	signed := slices.ContainsFunc(set.Keys, func(k jwk) bool {
		return (header.Kid == "" || k.Kid == header.Kid) && k.signed(header.Alg, parts[0]+"."+parts[1], raw[2])
	})
	if !signed {
		return nil, errJWT
	}
	c, err := model.ParseAsRomM(raw[1])
	if err != nil {
		return nil, err
	}
	aud, isList := c["aud"].([]any)
	if !isList {
		aud = []any{c["aud"]}
	}
	_, hasSubject := c["sub"]
	exp, _ := c["exp"].(json.Number)
	ends, err := exp.Int64()
	if err != nil || !hasSubject || c["iss"] != d.Issuer || !slices.Contains(aud, any(s.seed.Login.ClientID)) || c["nonce"] != nonce ||
		!s.store.now().Before(time.Unix(ends, 0).Add(leeway)) {
		return nil, errJWT
	}
	return c, nil
}

// jwk is a public key of the provider.
type jwk struct {
	Kty, Crv, Kid string
	N, E, X, Y    string
}

// signed checks RS256 and ES256, which are what Authentik signs with.
func (k jwk) signed(alg, text string, sig []byte) bool {
	number := func(v string) *big.Int {
		b, _ := base64.RawURLEncoding.DecodeString(v)
		return new(big.Int).SetBytes(b)
	}
	sum := sha256.Sum256([]byte(text))
	switch {
	case alg == "RS256" && k.Kty == "RSA":
		e := number(k.E)
		if !e.IsInt64() || e.Int64() > 1<<31-1 {
			return false
		}
		return rsa.VerifyPKCS1v15(&rsa.PublicKey{N: number(k.N), E: int(e.Int64())}, crypto.SHA256, sum[:], sig) == nil
	case alg == "ES256" && k.Crv == "P-256" && len(sig) == 64:
		point := slices.Concat([]byte{4}, number(k.X).FillBytes(make([]byte, 32)), number(k.Y).FillBytes(make([]byte, 32)))
		pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), bytes.Clone(point))
		return err == nil && ecdsa.Verify(pub, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
	}
	return false
}
