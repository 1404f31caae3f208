package model

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func previewOf(w World, c Claims) Prediction { return movedSince(w, c, 0) }

// movedSince is previewOf after the role map has moved that often since.
func movedSince(w World, c Claims, moves int) Prediction {
	w = w.WithPreviews(map[int64]Preview{1: {Claims: c, At: previewedAt}})
	w.Provider.RolesMoved += moves
	p := newPredictor(&w)
	return p.predict(w.Directory.Identities[0])
}

// What Authentik computed counts, and where it is not what was predicted, in
// what RomM reads, that is said.
func TestPreviewAgainstPrediction(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*World, Claims)
		differs string
	}{
		"the same":           {func(*World, Claims) {}, ""},
		"nothing RomM reads": {func(_ *World, c Claims) { c["groups"], c["name"] = []any{}, "A" }, ""},
		"another address":    {func(_ *World, c Claims) { c["email"] = "b@x.org" }, `email is "b@x.org" and not "alice@x.org"`},
		"unverified":         {func(_ *World, c Claims) { c["email_verified"] = false }, "email_verified is false and not true"},
		"verified as a text": {func(_ *World, c Claims) { c["email_verified"] = "true" }, `email_verified is "true" and not true`},
		"no address":         {func(_ *World, c Claims) { delete(c, "email") }, `email is absent and not "alice@x.org"`},
		"published table": {func(w *World, c Claims) {
			w.Provider.Table = &RoleTable{}
			c[RolesClaim] = []any{}
		}, ""},
		"other role":    {func(_ *World, c Claims) { c[RolesClaim] = []any{"user"} }, `romm_roles is ["user"] and not ["admin"]`},
		"roles a text":  {func(_ *World, c Claims) { c[RolesClaim] = "admin" }, `romm_roles is "admin" and not ["admin"]`},
		"no role claim": {func(_ *World, c Claims) { delete(c, RolesClaim) }, `romm_roles is absent and not ["admin"]`},
		"null for a list": {func(w *World, c Claims) {
			w.Roles = RoleMap{}
			c[RolesClaim] = nil
		}, "romm_roles is absent and not []"},
		"two things": {func(_ *World, c Claims) { c["email_verified"], c["preferred_username"] = false, "ALICE" }, `email_verified is false and not true; preferred_username is "ALICE" and not "alice"`},
		"username elsewhere": {func(w *World, c Claims) {
			w.Settings.UsernameAttribute = "email"
			c["preferred_username"], c["email"] = "x", "b@x.org"
		}, `email is "b@x.org" and not "alice@x.org"`},
		"groups claim, other order": {func(w *World, c Claims) {
			w.Settings.ClaimRoles = "groups"
			c["groups"] = []any{"kids", "admins"}
		}, ""},
		"groups claim": {func(w *World, c Claims) {
			w.Settings.ClaimRoles = "groups"
			c["groups"] = []any{"admins"}
		}, `groups is ["admins"] and not ["admins","kids"]`},
		// The escape of a hostile value does not reach the screen (S30).
		"hostile": {func(_ *World, c Claims) { c["email"] = "\x1b[2J\u202e" }, "*"},
	} {
		w, claims := foreseen(), computed()
		c.change(&w, claims)
		got := previewOf(w, maps.Clone(claims))
		if c.differs == "*" {
			if got.Differs == "" || strings.ContainsAny(got.Differs, "\x1b\u202e") {
				t.Errorf("%s: %q", name, got.Differs)
			}
			continue
		}
		if got.Differs != c.differs {
			t.Errorf("%s: differs %q, want %q", name, got.Differs, c.differs)
		}
		if got.Previewed != previewedAt || got.Unknown != "" || !maps.EqualFunc(got.Claims, claims, sameClaim) {
			t.Errorf("%s: %+v", name, got)
		}
		if got.Verified != (claims["email_verified"] == true) {
			t.Errorf("%s: verified %v", name, got.Verified)
		}
	}
}

// What cannot be predicted differs from nothing; the preview alone tells.
func TestPreviewOfTheUnpredictable(t *testing.T) {
	t.Parallel()
	w := foreseen()
	w.Provider.Verified, w.Provider.Unknown = VerifiedUnknown, []Untrusted{"custom"}
	if p := newPredictor(&w); !strings.Contains(p.predict(w.Directory.Identities[0]).Unknown, "(custom), and its preview is missing") {
		t.Error("known without a preview")
	}
	claims := computed()
	claims["email_verified"] = false
	if got := previewOf(w, claims); got.Unknown != "" || got.Differs != "" || got.Verified || got.Resolution == nil {
		t.Errorf("%+v", got)
	}
	// The claim that names new accounts may be one that only Authentik knows.
	w = foreseen()
	w.Settings.UsernameAttribute = "login"
	claims["login"] = "al"
	if got := previewOf(w, claims); got.Unknown != "" || got.Claims["login"] != "al" {
		t.Errorf("%+v", got)
	}
}

// A preview mixes in the claims of scopes that RomM never asks for, so with
// such a mapping it tells nothing: what is known stays as predicted.
func TestPreviewWithUnrequestedScopes(t *testing.T) {
	t.Parallel()
	w, claims := foreseen(), computed()
	w.Provider.Unrequested = []Untrusted{"extra"}
	claims["email_verified"] = false
	if got := previewOf(w, claims); !got.Verified || !got.Previewed.IsZero() || got.Differs != "" {
		t.Errorf("%+v", got)
	}
	w.Provider.Verified, w.Provider.Unknown = VerifiedUnknown, []Untrusted{"custom"}
	if got := previewOf(w, claims); got.Claims != nil || !strings.Contains(got.Unknown, "a preview mixes in what extra sends") {
		t.Errorf("%+v", got)
	}
}

// Once the role map has moved on, our own roles claim in a preview is of the
// past; the others still hold.
func TestPreviewAfterTheRoleMapMoved(t *testing.T) {
	t.Parallel()
	w, claims := foreseen(), computed()
	claims["email_verified"] = false
	w = w.WithPreviews(map[int64]Preview{1: {Claims: claims, At: previewedAt}})
	moved := w.WithRoles(w.Roles.With(RoleRow{Group: "a"}))
	p := newPredictor(&moved)
	got := p.predict(moved.Directory.Identities[0])
	if !sameClaim(got.Claims[RolesClaim], []any{"user"}) || got.Resolution == nil || got.Resolution.Role != RoleUser || got.Verified {
		t.Errorf("%+v", got)
	}
	if got.Differs != "email_verified is false and not true" {
		t.Errorf("differs %q", got.Differs)
	}
	if !sameClaim(claims[RolesClaim], []any{"admin"}) {
		t.Error("the preview itself was changed")
	}
	// A table that is answered from does not follow the map.
	w.Provider.Table = &RoleTable{Rows: []RoleTableRow{{Group: "a", Token: "admin"}}, Rank: []string{"admin"}}
	if got := movedSince(w, computed(), 1); !sameClaim(got.Claims[RolesClaim], []any{"admin"}) || got.Differs != "" {
		t.Errorf("%+v", got)
	}
	// Somebody else's role claim is not ours to correct.
	w = foreseen()
	w.Settings.ClaimRoles = "groups"
	if got := movedSince(w, computed(), 1); !slices.Equal(got.Claims["groups"].([]any), []any{"admins", "kids"}) {
		t.Errorf("%+v", got)
	}
}

// proves S9: what groups that we cannot see would give is not certain, until
// Authentik, which sees them, has computed it.
func TestPreviewSettlesHiddenGroups(t *testing.T) {
	t.Parallel()
	w := foreseen()
	w.Directory.Identities[0].Groups = []GroupID{"k", "hidden"}
	p := newPredictor(&w)
	if got := p.predict(w.Directory.Identities[0]); !got.Incomplete {
		t.Errorf("%+v", got)
	}
	for _, roles := range [][]any{{"user"}, {"admin"}} {
		claims := computed()
		claims[RolesClaim] = roles
		got := previewOf(w, claims)
		if got.Incomplete || got.Differs != "" || !sameClaim(got.Claims[RolesClaim], roles) || (got.Resolution != nil) != (roles[0] == "user") {
			t.Errorf("%v: %+v", roles, got)
		}
	}
	// Of a map that has moved on, nobody has computed anything yet.
	if got := movedSince(w, computed(), 1); !got.Incomplete {
		t.Errorf("%+v", got)
	}
	// What is computed after the move tells of the moved map.
	w.Provider.RolesMoved = 1
	if got := previewOf(w, computed()); got.Incomplete || !sameClaim(got.Claims[RolesClaim], []any{"admin"}) {
		t.Errorf("%+v", got)
	}
}
