package model

import (
	"strings"
	"testing"
	"time"
)

// chainOf spells the chain of one person, a line a fact.
func chainOf(t *testing.T, w World, name string) string {
	t.Helper()
	r := Judge(w)
	for _, p := range r.Pairs {
		if p.Identity == nil || p.Identity.Username != Untrusted(name) {
			continue
		}
		var b strings.Builder
		for _, s := range r.Chains().Of(p) {
			if len(s.Facts) == 0 {
				t.Errorf("%s: the step %s has no fact", name, s.Name)
			}
			for _, f := range s.Facts {
				b.WriteString(string(s.Name) + ": " + f + "\n")
			}
		}
		return b.String()
	}
	t.Fatalf("nobody is called %s", name)
	return ""
}

// The chain tells every link from the claims to RomM's answer, with the row of
// the decision table that ended the login.
func TestChain(t *testing.T) {
	t.Parallel()
	w := testWorld()
	w.local("ann", "ann@example.org", RoleAdmin)
	w.local("bob", "bob@old.example", RoleUser)
	w.local("kim", "kim@example.org", RoleUser)
	off := w.local("off", "off@example.org", RoleUser)
	off.Enabled = false
	w.identity("ann", "ann@example.org", gAdmins, gChild)
	w.identity("bob", "bob@example.org", gUsers)
	w.identity("kim", "kim@example.org", gAdmins, gHidden)
	w.identity("off", "off@example.org", gUsers)
	w.identity("new", "new@example.org", gUsers)
	w.identity("erin", "erin@example.org", gUsers).TrustedEmail = ""
	w.identity("none", "none@example.org")
	w.identity("gone", "gone@example.org").Active = false
	for name, want := range map[string][]string{
		"ann": {
			`claims: email "ann@example.org"`, "claims: email_verified true", `claims: preferred_username "ann"`, `claims: romm_roles ["admin"]`,
			"account: ann (id 1), ann@example.org, admin, enabled", "groups: romm-admins, kids, romm-users (through kids)",
			"rows: romm-admins gives admin", "rows: romm-users gives user, outranked",
			"role: admin, decided by group romm-admins; the account stays admin", "answer: 307 signs in (rule 18)",
		},
		"bob":  {"account: no RomM account has bob@example.org; the username is that of bob (id 2), bob@old.example, user, enabled", "answer: 500 “Internal Server Error” (rule 15b)"},
		"kim":  {"and some that this token cannot see", "the account turns from user into admin", "answer: uncertain: a group of this person"},
		"off":  {"account: off (id 4), off@example.org, user, disabled", "answer: 401 “Disabled user” (rule 17)"},
		"new":  {"account: no RomM account has new@example.org; RomM makes one", "role: user, decided by group romm-users\n", "answer: 307 registers (rule 15)"},
		"erin": {"claims: email_verified false", "account: not looked up", "answer: 400 “Email is not verified.” (rule 5)"},
		"none": {"claims: romm_roles []", "groups: none", "rows: none is about a group", "role: none: no group", "answer: 403 “User has not been granted any roles"},
		"gone": {"account: not known", "answer: not known: Authentik lets nobody sign in as an inactive user"},
	} {
		got := chainOf(t, w, name)
		for _, text := range want {
			if !strings.Contains(got, text) {
				t.Errorf("%s: the chain lacks %q:\n%s", name, text, got)
			}
		}
	}
	w.Provider.RoleMap = false
	if got := chainOf(t, w, "bob"); !strings.Contains(got, "claims: romm_roles absent") || !strings.Contains(got, "rows: the role claim does not come from the role map") {
		t.Errorf("without the roles mapping:\n%s", got)
	}
	w.Provider.RoleMap = true
	w.Roles.Default = RoleAdmin
	if got := chainOf(t, w, "bob"); !strings.Contains(got, "rows: romm-users gives user, outranked by the default role") || !strings.Contains(got, "role: admin, the default role") {
		t.Errorf("the default role is not told:\n%s", got)
	}
	w.Provider.Found = false
	if got := chainOf(t, w, "bob"); !strings.Contains(got, "claims: not known: Authentik has no provider") || !strings.Contains(got, "answer: not known: ") {
		t.Errorf("without a provider:\n%s", got)
	}
}

// A preview's own claims are told, hostile ones harmlessly (S30), and its age.
func TestChainOfAPreview(t *testing.T) {
	t.Parallel()
	w := testWorld()
	w.local("ann", "ann@example.org", RoleAdmin)
	w.identity("ann", "ann@example.org", gAdmins)
	at := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	w = w.WithPreviews(map[int64]Preview{1: {At: at, Claims: Claims{
		"email": "evil\x1b[2J@example.org", "email_verified": true, "preferred_username": nil, RolesClaim: []any{"admin"},
	}}})
	got := chainOf(t, w, "ann")
	if strings.Contains(got, "\x1b") || !strings.Contains(got, "preferred_username null") || !strings.Contains(got, "account: not looked up") {
		t.Errorf("the chain of a preview is\n%q", got)
	}
	p := Judge(w).Pairs[0]
	if got := p.Source(at.Add(3 * time.Minute)); got != "computed by Authentik, asked 3 min ago" {
		t.Errorf("the source is %q", got)
	}
	if got := (Pair{}).Source(at); got != "predicted from the provider's mappings" {
		t.Errorf("the source of a prediction is %q", got)
	}
	for d, want := range map[time.Duration]string{0: "just now", 61 * time.Second: "1 min ago", 3 * time.Hour: "3 hours ago", 49 * time.Hour: "2 days ago"} {
		if got := Ago(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}
