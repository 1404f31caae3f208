package rommtest

import (
	"crypto/rand"
	"net/http"
	"time"
)

// pairingLife is how long a pairing code works.
const pairingLife = 60 * time.Second

// pairing is a code that somebody may exchange for a client token.
type pairing struct {
	token int64
	ends  time.Time
}

// pairToken is POST /api/client-tokens/{id}/pair.
func (s *Server) pairToken(r *request) *answer {
	t, refused := s.token(r, false)
	if refused != nil {
		return refused
	}
	code := rand.Text()[:8]
	s.store.pairings[code] = pairing{t.id, s.store.now().Add(pairingLife)}
	return ok(map[string]any{"code": code, "expires_in": int(pairingLife.Seconds())})
}

// pairing finds a code that still works.
func (s *store) pairing(code string) (*clientToken, bool) {
	p, known := s.pairings[code]
	if !known || !s.now().Before(p.ends) {
		return nil, false
	}
	t := s.tokens[p.token]
	return t, t != nil
}

// pairStatus tells the pairing device whether the code is pending. What it
// says after the exchange was not recorded, but for a code that is gone.
func (s *Server) pairStatus(r *request) *answer {
	if _, pending := s.store.pairing(r.args[0]); !pending {
		return detail(http.StatusNotFound, "Not Found")
	}
	return ok(nil)
}

// exchangeCode is POST /api/client-tokens/exchange, which needs no login: the
// token gets a new value.
func (s *Server) exchangeCode(r *request) *answer {
	fields, refused := r.fields("code")
	if refused != nil {
		return refused
	}
	t, pending := s.store.pairing(fields[0])
	if !pending {
		return detail(http.StatusNotFound, "Invalid or expired pairing code")
	}
	delete(s.store.pairings, fields[0])
	s.store.renew(t)
	return ok(newTokenSchema{s.showToken(t, false), t.value})
}
