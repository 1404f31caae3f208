package rommtest

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// tokenPrefix starts every client API token.
const tokenPrefix = "rmm_"

// caller is who a request comes from.
type caller struct {
	account *account // nil for nobody and for the kiosk user
	scopes  []string
	kiosk   bool
	// bareBasic marks the word Basic without a value, which another layer of
	// RomM answers.
	bareBasic bool
	session   *session // nil unless a session cookie says who it is
}

// authorization returns the scheme of the Authorization header in lower case
// and its value; both "" for schemes that RomM does not know.
func authorization(r *http.Request) (scheme, value string) {
	scheme, value, _ = strings.Cut(r.Header.Get("Authorization"), " ")
	scheme = strings.ToLower(scheme)
	if scheme != "basic" && scheme != "bearer" {
		return "", ""
	}
	return scheme, strings.TrimSpace(value)
}

// authenticate believes a session before it looks at the Authorization header,
// and reads that otherwise. Its answer is not nil for values at which RomM
// crashes, on every path (docs/romm.md 1). Wrong credentials make nobody of the
// caller, also in kiosk mode.
func (s *Server) authenticate(r *http.Request) (caller, *answer) {
	if c, inSession := s.bySession(r); inSession {
		return c, nil
	}
	if id, _ := sessionID(r); s.store.sessions[id] != nil && s.store.sessions[id].broken == http.StatusInternalServerError {
		return caller{}, crash()
	}
	scheme, value := authorization(r)
	switch {
	case scheme == "" && s.seed.Kiosk:
		return caller{kiosk: true, scopes: kioskScopes}, nil
	case scheme == "":
		return caller{}, nil
	case value == "":
		return caller{bareBasic: scheme == "basic"}, nil
	case scheme == "basic":
		return s.basic(value)
	case strings.HasPrefix(value, tokenPrefix) && s.version.AtLeast(4, 8, 0):
		return s.clientToken(value), nil
	}
	return s.accessToken(value)
}

func (s *Server) basic(value string) (caller, *answer) {
	text, err := base64.StdEncoding.DecodeString(value)
	name, password, found := strings.Cut(string(text), ":")
	if err != nil || !found {
		return caller{}, s.malformed()
	}
	a := s.store.byUsername(name)
	switch {
	case a == nil:
		return caller{}, nil
	case s.chokes(a):
		return caller{}, crash()
	case a.Disabled, !a.opens(password):
		return caller{}, nil
	}
	return s.signedIn(a, nil), nil
}

// chokes reports whether RomM crashes at the password of the account: from 5.3 on
// it just finds it wrong (docs/romm.md 0).
func (s *Server) chokes(a *account) bool { return a.OIDCMade && !s.since53() }

// since53 reports whether this is RomM 5.3 or later, as a release.
func (s *Server) since53() bool { return !s.version.Dev && s.version.AtLeast(5, 3, 0) }

// opens reports whether that is the account's password.
func (a *account) opens(password string) bool {
	return password != "" && password == a.Password.Reveal()
}

func (s *Server) clientToken(value string) caller {
	t := s.store.tokens[s.store.byToken[value]]
	if t == nil || !t.expires.IsZero() && !s.store.now().Before(t.expires) {
		return caller{}
	}
	a := s.store.users[t.owner]
	if a == nil || a.Disabled {
		return caller{}
	}
	t.used = s.store.now().UTC()
	return s.signedIn(a, t.scopes)
}

func (s *Server) accessToken(value string) (caller, *answer) {
	c, err := s.parse(value)
	if err != nil {
		return caller{}, s.malformed()
	}
	if c.Issuer != issuer || c.Type != accessToken {
		return caller{}, nil
	}
	a := s.store.byUsername(c.Subject)
	if a == nil || a.Disabled {
		return caller{}, s.malformed()
	}
	return s.signedIn(a, strings.Fields(c.Scopes)), nil
}

// malformed is the answer to credentials that cannot be read, or whose owner is
// gone: a crash, and since 5.4 none, which leaves the caller nobody
// (docs/romm.md 1 Crashes).
func (s *Server) malformed() *answer {
	if since(s.version, 5, 4) {
		return nil
	}
	return crash()
}

// since reports whether the posed release is that one or newer; a development
// build poses as 5.2.
func since(v model.Version, major, minor int) bool {
	return !v.Dev && v.AtLeast(major, minor, 0)
}

// signedIn notes the activity, which moves updated_at as well, and narrows the
// account's scopes to the token's; nil scopes do not narrow.
func (s *Server) signedIn(a *account, scopes []string) caller {
	now := s.store.now().UTC()
	a.LastActive, a.updated = now, now
	own := s.store.scopesOf(a)
	if scopes != nil {
		own = intersect(scopes, own)
	}
	return caller{account: a, scopes: own}
}
