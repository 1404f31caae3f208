package rommtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// issuer stands in RomM's own JWTs.
const issuer = "romm:oauth"

// The values of the claim type.
const (
	accessToken  = "access"
	refreshToken = "refresh"
)

// jwtClaims are the claims of RomM's JWTs. They name the user by username.
type jwtClaims struct {
	Subject string `json:"sub"`
	Issuer  string `json:"iss"`
	Scopes  string `json:"scopes"`
	Type    string `json:"type"`
	Expires int64  `json:"exp"`
	ID      string `json:"jti,omitempty"`
}

var errJWT = errors.New("not a valid JWT")

// sign makes a JWT (HS256) of the claims.
func sign(key []byte, c jwtClaims) string {
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))
	body, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and a number always encode
	}
	text := header + "." + base64.RawURLEncoding.EncodeToString(body)
	return text + "." + base64.RawURLEncoding.EncodeToString(mac(key, text))
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// ended reports whether the time of a JWT is over.
func (s *Server) ended(c jwtClaims) bool { return !s.store.now().Before(time.Unix(c.Expires, 0)) }

// parse returns the claims of a JWT of this server that has not expired.
func (s *Server) parse(value string) (jwtClaims, error) {
	c, err := s.verify(value)
	if err == nil && s.ended(c) {
		err = errJWT
	}
	return c, err
}

// verify is parse for JWTs of any time.
func (s *Server) verify(value string) (jwtClaims, error) {
	var c jwtClaims
	parts := strings.Split(value, ".")
	if len(parts) != 3 {
		return c, errJWT
	}
	sum, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(sum, mac(s.key, parts[0]+"."+parts[1])) {
		return c, errJWT
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return c, errJWT
	}
	if err := json.Unmarshal(body, &c); err != nil {
		return c, errJWT
	}
	return c, nil
}
