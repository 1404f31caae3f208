package rommtest

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxTokens is how many client tokens one user may have.
const maxTokens = 25

type tokenSchema struct {
	ID         int64    `json:"id"`
	Name       string   `json:"name"`
	Scopes     []string `json:"scopes"`
	ExpiresAt  *string  `json:"expires_at"`
	LastUsedAt *string  `json:"last_used_at"`
	CreatedAt  string   `json:"created_at"`
	UserID     int64    `json:"user_id"`
	DeviceID   *string  `json:"device_id"`
}

// newTokenSchema is what creates or regenerates one: the only replies with the
// value.
type newTokenSchema struct {
	tokenSchema
	RawToken string `json:"raw_token"`
}

type ownedTokenSchema struct {
	tokenSchema
	Username  string `json:"username"`
	Avatar    string `json:"user_avatar_path"`
	UpdatedAt string `json:"user_updated_at"`
}

func (s *Server) showToken(t *clientToken, fresh bool) tokenSchema {
	stamp := func(at time.Time) *string {
		if at.IsZero() {
			return nil
		}
		text := s.stamp(at, fresh)
		return &text
	}
	return tokenSchema{
		ID: t.id, Name: t.name, Scopes: t.scopes, ExpiresAt: stamp(t.expires), LastUsedAt: stamp(t.used),
		CreatedAt: *stamp(t.created), UserID: t.owner,
	}
}

// createToken is POST /api/client-tokens. The scopes may be any of the owner's,
// not only those of the token that asks.
func (s *Server) createToken(r *request) *answer {
	want, refused := r.tokenWish()
	if refused == nil {
		refused = s.need(r)
	}
	if refused != nil {
		return refused
	}
	lives := map[string]int{"30d": 30, "90d": 90, "1y": 365, "never": 0}
	days, known := lives[want.expiresIn]
	if !known {
		return detail(http.StatusUnprocessableEntity,
			fmt.Sprintf("Invalid expires_in value: %s. Valid values: 30d, 90d, 1y, never", want.expiresIn))
	}
	owner := r.caller.account
	own := s.store.scopesOf(owner)
	excess := slices.DeleteFunc(slices.Clone(want.scopes), func(one string) bool { return slices.Contains(own, one) })
	if len(excess) > 0 {
		slices.Sort(excess)
		return detail(http.StatusForbidden, "Requested scopes exceed your permissions: "+strings.Join(slices.Compact(excess), ", "))
	}
	if len(s.tokensOf(owner.ID)) >= maxTokens {
		return detail(http.StatusBadRequest, fmt.Sprintf("Maximum of %d tokens per user reached", maxTokens))
	}
	if len([]rune(want.name)) > maxColumn {
		return crash()
	}
	t := &clientToken{owner: owner.ID, name: want.name, scopes: want.scopes, value: newToken()}
	if days > 0 {
		t.expires = s.store.now().UTC().AddDate(0, 0, days)
	}
	s.store.addToken(t)
	return &answer{status: http.StatusCreated, body: newTokenSchema{s.showToken(t, true), t.value}}
}

func newToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return tokenPrefix + hex.EncodeToString(b[:])
}

// tokenWish is the body of a request for a token.
type tokenWish struct {
	name      string
	scopes    []string
	expiresIn string
}

// tokenWish parses and validates that body.
func (r *request) tokenWish() (tokenWish, *answer) {
	want := tokenWish{expiresIn: "never"}
	obj, refused := r.object()
	if refused != nil {
		return want, refused
	}
	var faults []fault
	switch v, given := obj["name"]; name := v.(type) {
	case string:
		want.name = name
	default:
		if !given {
			faults = append(faults, missing(obj, "body", "name"))
		} else {
			faults = append(faults, notAString(v, "body", "name"))
		}
	}
	var wrong []fault
	want.scopes, wrong = scopeList(obj)
	faults = append(faults, wrong...)
	switch v := obj["expires_in"].(type) {
	case nil:
	case string:
		want.expiresIn = v
	default:
		faults = append(faults, notAString(v, "body", "expires_in"))
	}
	if faults != nil {
		return want, invalid(faults...)
	}
	return want, nil
}

func scopeList(obj map[string]any) (scopes []string, faults []fault) {
	v, given := obj["scopes"]
	if !given {
		return nil, []fault{missing(obj, "body", "scopes")}
	}
	list, isList := v.([]any)
	if !isList {
		return nil, []fault{{Type: "list_type", Loc: []any{"body", "scopes"}, Msg: "Input should be a valid list", Input: v}}
	}
	if len(list) == 0 {
		return nil, []fault{{
			Type: "too_short", Loc: []any{"body", "scopes"}, Input: list,
			Msg: "List should have at least 1 item after validation, not 0",
			Ctx: map[string]any{"field_type": "List", "min_length": 1, "actual_length": 0},
		}}
	}
	for i, one := range list {
		text, isString := one.(string)
		if !isString {
			faults = append(faults, notAString(one, "body", "scopes", i))
			continue
		}
		scopes = append(scopes, text)
	}
	return scopes, faults
}

// tokensOf lists a user's tokens, everybody's for 0: the newest second first,
// within one by id, which is the order seen in the recordings.
func (s *Server) tokensOf(owner int64) []*clientToken {
	var out []*clientToken
	for _, t := range s.store.tokens {
		if owner == 0 || t.owner == owner {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *clientToken) int {
		return cmp.Or(cmp.Compare(b.created.Unix(), a.created.Unix()), cmp.Compare(a.id, b.id))
	})
	return out
}

func (s *Server) listTokens(r *request) *answer {
	if refused := s.need(r); refused != nil {
		return refused
	}
	out := []tokenSchema{}
	if r.caller.account != nil {
		for _, t := range s.tokensOf(r.caller.account.ID) {
			out = append(out, s.showToken(t, false))
		}
	}
	return ok(out)
}

func (s *Server) listAllTokens(r *request) *answer {
	if refused := s.need(r); refused != nil {
		return refused
	}
	out := []ownedTokenSchema{}
	for _, t := range s.tokensOf(0) {
		a := s.store.users[t.owner]
		out = append(out, ownedTokenSchema{s.showToken(t, false), a.Username, "", s.stamp(a.updated, false)})
	}
	return ok(out)
}

// token finds the token that the path names, any user's or only the caller's.
func (s *Server) token(r *request, anybody bool) (*clientToken, *answer) {
	id, refused := pathID(r.args[0], "token_id", anyID)
	if refused == nil {
		refused = s.need(r)
	}
	if refused != nil {
		return nil, refused
	}
	t := s.store.tokens[id]
	if t == nil || !anybody && t.owner != r.caller.account.ID {
		return nil, detail(http.StatusNotFound, "Token not found")
	}
	return t, nil
}

func (s *Server) deleteToken(r *request) *answer { return s.dropToken(r, false) }

func (s *Server) deleteAnyToken(r *request) *answer { return s.dropToken(r, true) }

func (s *Server) dropToken(r *request, anybody bool) *answer {
	t, refused := s.token(r, anybody)
	if refused != nil {
		return refused
	}
	delete(s.store.tokens, t.id)
	delete(s.store.byToken, t.value)
	return ok(nil)
}

func (s *Server) regenerateToken(r *request) *answer {
	t, refused := s.token(r, false)
	if refused != nil {
		return refused
	}
	s.store.renew(t)
	return ok(newTokenSchema{s.showToken(t, false), t.value})
}
