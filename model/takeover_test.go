package model

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestNobodyIsWellInAnothersAccount proves S4 and S14 for the list: over random
// worlds and both databases, whoever opens an account that is not the paired
// one has a grave finding.
func TestNobodyIsWellInAnothersAccount(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	seen := 0
	for range 20000 {
		w := randomWorld(rng)
		w.Settings.Database = []Database{DatabaseMariaDB, DatabasePostgreSQL, DatabaseUnknown}[rng.IntN(3)]
		w.Provider.Verified = []VerifiedRule{VerifiedAddress, VerifiedAlways}[rng.IntN(2)]
		for i := range w.Directory.Identities {
			switch rng.IntN(12) {
			case 0:
				w.Directory.Identities[i].Email += " " // MariaDB ignores it
			case 1:
				w.Directory.Identities[i].Email = "ánn@x.org"
			case 2:
				w.Links = append(w.Links, Link{UID: w.Directory.Identities[i].UID, LocalID: int64(1 + rng.IntN(4))})
			}
		}
		for _, p := range Judge(w).Pairs {
			v := p.Verdict
			if v == nil || v.Outcome != SignsIn || p.Local != nil && p.Local.ID == v.UserID {
				continue
			}
			seen++
			switch p.Worst().Kind {
			case FindingSessionTakeover, FindingSquattedEmail, FindingPinMoved, FindingDuplicateIDPEmail, FindingIDPEmailMissing:
			default:
				t.Fatalf("%s opens account %d and is shown as %s", p.Identity.Username, v.UserID, p.Worst().Kind)
			}
		}
	}
	if seen < 500 {
		t.Errorf("only %d such logins: the test says little", seen)
	}
	t.Logf("%d logins into another's account, all marked", seen)
}

// TestAnothersAccount: pinned away, and by MariaDB's trailing blank.
func TestAnothersAccount(t *testing.T) {
	w := rooted()
	w.local("alice", "y@x.org", RoleUser)
	alice := w.identity("alice", "alice@x.org", gUsers).UID
	w.identity("yann", "y@x.org", gUsers)
	w.Links = []Link{{UID: alice, LocalID: 2}}
	if got := findingsOf(t, Judge(w), "yann"); got[0] != FindingSquattedEmail {
		t.Errorf("yann opens the account pinned to alice: %v", got)
	}
	w = rooted()
	w.Settings.Database, w.Provider.Verified = DatabaseMariaDB, VerifiedAlways
	w.identity("mallory", "root@x.org ", gAdmins)
	r := Judge(w)
	if got := findingsOf(t, r, "mallory"); got[0] != FindingSquattedEmail || r.Stats.UsableAdmins != 1 {
		t.Errorf("a trailing blank: %v, %d usable admins", got, r.Stats.UsableAdmins)
	}
}

func plan(t *testing.T, p Plan, err error) Plan {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestImpactSeesAccounts: a login that opens another account is an impact.
func TestImpactSeesAccounts(t *testing.T) {
	w := rooted()
	robert := w.local("robert", "bob@x.org", RoleUser).ID
	w.identity("bob", "bob@x.org", gUsers)
	r := Judge(w)
	p, err := r.PlanLocalEmail(robert, "")
	_, impact, err := r.Simulate(plan(t, p, err))
	if err != nil || len(impact.Accounts) != 1 || impact.Accounts[0].Who != "bob" || impact.Accounts[0].Opens != "" || impact.Empty() {
		t.Errorf("bob gets a new account: %+v, %v", impact, err)
	}

	// A plan that creates a takeover is shown and refused.
	w = rooted()
	w.identity("ROOT", "stranger@x.org", gUsers)
	w.local("stranger", "stranger@x.org", RoleUser)
	r = Judge(w)
	p, err = r.PlanLocalEmail(2, "")
	_, impact, err = r.Simulate(plan(t, p, err))
	if CodeOf(err) != CodeRefused || len(impact.Takeovers) != 1 || impact.Takeovers[0].Session != "root" {
		t.Errorf("a session of root: %+v, %v", impact, err)
	}
}

// TestGuardIsPerAccount proves S4: no plan raises the role of an account that
// may be another person's, whoever's row shows it.
func TestGuardIsPerAccount(t *testing.T) {
	for name, build := range map[string]func(*World){
		"pinned elsewhere": func(w *World) {
			w.local("niaj", "", RoleUser)
			w.local("mallory", "niaj@x.org", RoleUser)
			uid := w.identity("niaj", "niaj@x.org", gUsers).UID
			w.Links = []Link{{UID: uid, LocalID: 2}}
		},
		"shared address": func(w *World) {
			w.local("sybil", "sybil@x.org", RoleUser)
			w.identity("sybil", "sybil@x.org", gChild)
			w.identity("sybil-work", "sybil@x.org", gUsers)
		},
		"session of another": func(w *World) {
			w.identity("ROOT", "stranger@x.org", gUsers)
		},
		"disabled and squatted": func(w *World) {
			w.local("mallory", "ann@x.org", RoleUser).Enabled = false
			w.local("ann", "", RoleUser)
			w.identity("ann", "ann@x.org", gUsers)
		},
	} {
		w := rooted()
		build(&w)
		r := Judge(w)
		p, err := r.PlanRoleRow(gUsers, RoleAdmin)
		if _, _, err := r.Simulate(plan(t, p, err)); CodeOf(err) != CodeRefused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUsableAdminIsTheAdmin proves S5: who lands in an admin's account without
// being the admin does not count.
func TestUsableAdminIsTheAdmin(t *testing.T) {
	for name, build := range map[string]func(*World){
		"another in the account": func(w *World) {
			w.local("root", "mallory@x.org", RoleAdmin)
			w.identity("mallory", "mallory@x.org", gAdmins)
			w.identity("root", "root@x.org", gUsers)
		},
		"empty addresses": func(w *World) {
			w.Provider.Verified = VerifiedAlways
			w.local("rupert", "", RoleAdmin).EmptyEmail = true
			w.identity("somebody", "", gAdmins)
		},
		"shared address": func(w *World) {
			w.local("sybil", "sybil@x.org", RoleAdmin)
			w.identity("sybil", "sybil@x.org", gAdmins).Active = false
			w.identity("sybil-work", "sybil@x.org", gAdmins)
		},
		"hidden group": func(w *World) {
			w.local("ann", "ann@x.org", RoleAdmin)
			w.identity("ann", "ann@x.org", gAdmins, gHidden)
		},
	} {
		w := testWorld()
		build(&w)
		if n := Judge(w).Stats.UsableAdmins; n != 0 {
			t.Errorf("%s: %d usable admins", name, n)
		}
	}
	if w := rooted(); Judge(w).Stats.UsableAdmins != 1 {
		t.Error("the plain admin does not count")
	}
}

// TestGuardWithoutVerdicts: while nobody's login can be known, nothing is
// taken from admins, and the impact says that it does not know.
func TestGuardWithoutVerdicts(t *testing.T) {
	w := rooted()
	bob := w.local("bob", "", RoleUser).ID
	w.identity("bob", "bob@x.org", gUsers)
	w.Provider = Provider{}
	r := Judge(w)
	for name, build := range map[string]func() (Plan, error){
		"admin row":     func() (Plan, error) { return r.PlanRoleRow(gAdmins, RoleNone) },
		"admin address": func() (Plan, error) { return r.PlanLocalEmail(1, "new@x.org") },
		"admin account": func() (Plan, error) { return r.PlanEnabled(false, 1) },
	} {
		p, err := build()
		if _, _, err := r.Simulate(plan(t, p, err)); CodeOf(err) != CodeRefused {
			t.Errorf("%s: %v", name, err)
		}
	}
	p, err := r.PlanLocalEmail(bob, "bob@x.org")
	if _, impact, err := r.Simulate(plan(t, p, err)); err != nil || impact.Unknown != 2 {
		t.Errorf("bob's address: %+v, %v", impact, err)
	}
}

// TestPublishedTable: without a companion Authentik answers from its table, and
// that is what the verdicts follow; the difference is said.
func TestPublishedTable(t *testing.T) {
	w := rooted()
	w.local("bob", "bob@x.org", RoleUser)
	w.identity("bob", "bob@x.org", gUsers)
	w.Provider.Table = &RoleTable{
		Rows: []RoleTableRow{{Group: gAdmins, Token: "admin"}}, Rank: []string{"admin", "viewer"},
	}
	r := Judge(w)
	if got := findingsOf(t, r, "bob"); !slices.Equal(got, []FindingKind{FindingNoRole}) {
		t.Errorf("bob by the published table: %v", got)
	}
	if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "published") && strings.Contains(n, "for 1 person") }) {
		t.Errorf("notes: %q", r.Notes)
	}
	p, err := r.PlanRoleRow(gChild, RoleUser)
	if _, impact, err := r.Simulate(plan(t, p, err)); err != nil || !impact.Empty() || !strings.Contains(p.Changes[0].Reason, "published") {
		t.Errorf("an unpublished edit: %+v, %v, %q", impact, err, p.Changes[0].Reason)
	}
	w.Provider.Table.Rows = append(w.Provider.Table.Rows, RoleTableRow{Group: gUsers, Token: "viewer"})
	if r = Judge(w); findingsOf(t, r, "bob")[0] != FindingOK || len(r.Notes) != 0 {
		t.Errorf("published: %v, %q", findingsOf(t, r, "bob"), r.Notes)
	}
}

// TestWordsTellTheCause: what the detail pane says is what leads to it.
func TestWordsTellTheCause(t *testing.T) {
	for name, c := range map[string]struct {
		build func(*World)
		want  string
	}{
		"token not configured":   {func(w *World) { w.Settings.RoleViewer = "x"; w.Settings.RoleEditor = "" }, "signs in"},
		"username claim unknown": {func(w *World) { w.Settings.UsernameAttribute = "sub" }, "which only Authentik can tell"},
		"empty map":              {func(w *World) { w.Roles.Rows = nil }, "The role map is empty"},
		"no group":               {func(w *World) { w.Directory.Identities[1].Groups = nil }, "This person is in no group"},
		"name from the address": {func(w *World) {
			w.Settings.UsernameAttribute = "email"
			w.Locals[1].Username, w.Locals[1].Email = "bob@x.org", ""
		}, "the username “bob@x.org” is taken"},
		"default role outranks": {func(w *World) { w.Roles.Default = RoleAdmin }, "no longer user (the default role)"},
	} {
		w := rooted()
		w.local("bob", "bob@x.org", RoleUser)
		w.identity("bob", "bob@x.org", gUsers)
		c.build(&w)
		r := Judge(w)
		i := slices.IndexFunc(r.Pairs, func(p Pair) bool { return p.Identity != nil && p.Identity.Username == "bob" })
		if got := r.Pairs[i].NextLogin; !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
