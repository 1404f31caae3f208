package model

import (
	"strings"
	"testing"
	"time"
)

// door is what the bindings say to somebody in those groups, all of which are
// visible.
func door(s Setup, at time.Time, groups ...GroupID) admission {
	if s.Application == nil {
		s.Application = &Application{Name: "RomM", Slug: "romm"}
	}
	return s.admits(visitor{Identity{PK: 5}, groups, true}, func(g GroupID) Untrusted { return Untrusted(g) }, at)
}

// proves docs/authentik.md 3: what the policy engine mode “all” asks for depends
// on the release, and where that is not known both answers are given, the graver
// one first.
func TestPolicyEngineModeAll(t *testing.T) {
	t.Parallel()
	app := &Application{Name: "RomM", Slug: "romm", Mode: "all"}
	group := func(g GroupID) Binding { return Binding{Application: "romm", Group: g} }
	two := []Binding{group(gAdmins), group(gUsers)}
	not := group(gUsers)
	not.Negate = true
	off := group(gUsers)
	off.Disabled = true
	policy := Binding{Application: "romm", Policy: "p", PolicyName: "gate"}
	for name, c := range map[string]struct {
		bindings []Binding
		groups   []GroupID
		want     map[PolicyEngine]string // denied, maybe, or ""
	}{
		"in one of two":     {two, []GroupID{gAdmins}, map[PolicyEngine]string{EngineEach: "denied", EngineTogether: "", EngineUnknown: "denied"}},
		"in both":           {two, []GroupID{gAdmins, gUsers}, map[PolicyEngine]string{}},
		"in none":           {two, nil, map[PolicyEngine]string{EngineEach: "denied", EngineTogether: "denied", EngineUnknown: "denied"}},
		"not in the second": {[]Binding{group(gAdmins), not}, []GroupID{gAdmins}, map[PolicyEngine]string{}},
		"in the negated":    {[]Binding{group(gAdmins), not}, []GroupID{gAdmins, gUsers}, map[PolicyEngine]string{EngineEach: "denied", EngineTogether: "", EngineUnknown: "denied"}},
		"one is off":        {[]Binding{group(gAdmins), off}, []GroupID{gAdmins}, map[PolicyEngine]string{}},
		"and a policy":      {[]Binding{group(gAdmins), policy}, []GroupID{gAdmins}, map[PolicyEngine]string{EngineEach: "maybe", EngineTogether: "maybe", EngineUnknown: "maybe"}},
		"two and a policy":  {append([]Binding{policy}, two...), []GroupID{gAdmins}, map[PolicyEngine]string{EngineEach: "denied", EngineTogether: "maybe", EngineUnknown: "denied"}},
	} {
		for _, engine := range []PolicyEngine{EngineEach, EngineTogether, EngineUnknown} {
			got := door(Setup{Bindings: c.bindings, Application: app, Engine: engine}, time.Time{}, c.groups...)
			state := ""
			switch {
			case got.denied != "":
				state = "denied"
			case got.doubt != "":
				state = "maybe"
			}
			if state != c.want[engine] {
				t.Errorf("%s, engine %d: %q, want %q: %+v", name, engine, state, c.want[engine], got)
			}
			if state == "maybe" && !strings.Contains(got.doubt, "may be stopped by the policy “gate”") {
				t.Errorf("%s, engine %d: %s", name, engine, got.doubt)
			}
			if both := state == "denied" && engine == EngineUnknown && c.want[EngineTogether] != "denied"; strings.Contains(got.denied, "not known") != both {
				t.Errorf("%s, engine %d: %s", name, engine, got.denied)
			}
		}
	}
	got := door(Setup{Bindings: two, Application: app, Engine: EngineEach}, time.Time{}, gAdmins)
	for _, word := range []string{"all", "bindings", string(gUsers)} {
		if !strings.Contains(got.denied, word) {
			t.Errorf("%q is not in %s", word, got.denied)
		}
	}
	if !strings.Contains(got.fix, "any") {
		t.Errorf("to do: %s", got.fix)
	}
}

// A binding that expired grants nothing, and what will expire ends the access:
// on the day of the last one that lets the person in.
func TestBindingsThatExpire(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	until := func(g GroupID, days int) Binding {
		return Binding{Application: "romm", Group: g, Expires: now.AddDate(0, 0, days)}
	}
	for name, c := range map[string]struct {
		bindings []Binding
		denied   string
		ends     time.Time
	}{
		"ends":              {[]Binding{until(gUsers, 5)}, "", now.AddDate(0, 0, 5)},
		"the last one":      {[]Binding{until(gUsers, 5), until(gChild, 9)}, "", now.AddDate(0, 0, 9)},
		"another stays":     {[]Binding{until(gUsers, 5), {Group: gChild}}, "", time.Time{}},
		"expired":           {[]Binding{until(gUsers, -1), {Group: gAdmins}}, "a binding has expired: the group " + string(gUsers), time.Time{}},
		"only that":         {[]Binding{until(gUsers, -1)}, "is not known", time.Time{}},
		"at that very time": {[]Binding{until(gUsers, 0), {Group: gAdmins}}, "expired", time.Time{}},
		"of others":         {[]Binding{{Group: gUsers}, until(gAdmins, -1)}, "", time.Time{}},
	} {
		got := door(Setup{Bindings: c.bindings}, now, gUsers, gChild)
		if (got.denied != "") != (c.denied != "") || !strings.Contains(got.denied, c.denied) || !got.ends.Equal(c.ends) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// What Authentik answers about one person counts before the bindings, as long as
// it is about the same ones.
func TestAuthentikAnswersForAccess(t *testing.T) {
	t.Parallel()
	w := World{
		Directory: Directory{Identities: []Identity{{PK: 5, UID: "u", Username: "ann", Email: "ann@example.org", Active: true}}},
		Provider:  Provider{Found: true, Verified: VerifiedAlways, Profile: true},
		Setup: Setup{
			Known: true, Application: &Application{Name: "RomM", Slug: "romm"}, BindingsKnown: true,
			Bindings: []Binding{{Application: "romm", Policy: "p", PolicyName: "gate"}},
		},
		Settings: Settings{AllowRegistration: true},
	}
	answered := func(passes bool, of string) Pair {
		w := w.WithPreviews(map[int64]Preview{5: {
			Claims: Claims{"email": "ann@example.org", "email_verified": true, "preferred_username": "ann"}, At: time.Unix(9, 0),
			Access: &AccessAnswer{Passes: passes, Messages: []Untrusted{"not today"}, Of: of},
		}})
		return Judge(w).Pairs[0]
	}
	p := Judge(w).Pairs[0]
	if p.MayStop == "" || !strings.HasPrefix(p.NextLogin, "may be stopped by the policy “gate”") || !strings.Contains(p.Uncertain(), "gate") {
		t.Errorf("not asked: %+v", p)
	}
	if p := answered(true, w.AccessKey()); p.MayStop != "" || p.Barred != "" || p.Verdict == nil {
		t.Errorf("let in: %+v", p)
	}
	p = answered(false, w.AccessKey())
	if p.Verdict != nil || !strings.Contains(p.NextLogin, "stopped by Authentik") || !strings.Contains(p.NextLogin, "gate") || !strings.Contains(p.NextLogin, "not today") || p.Previewed.IsZero() {
		t.Errorf("kept out: %+v", p)
	}
	if p := answered(false, "other bindings"); p.Barred != "" || p.MayStop == "" {
		t.Errorf("an answer about other bindings: %+v", p)
	}
}
