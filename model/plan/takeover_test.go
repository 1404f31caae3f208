package plan

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestNobodyIsWellInAnothersAccount proves S4 and S14 for the list: over random
// worlds and both databases, anyone who opens an account that is not the
// paired one has a grave finding.
func TestNobodyIsWellInAnothersAccount(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	seen := 0
	for range 20000 {
		w := randomWorld(rng)
		w.Settings.Database = []model.Database{model.DatabaseMariaDB, model.DatabasePostgreSQL, model.DatabaseUnknown}[rng.IntN(3)]
		w.Provider.Verified = []model.VerifiedRule{model.VerifiedAddress, model.VerifiedAlways}[rng.IntN(2)]
		for i := range w.Directory.Identities {
			switch rng.IntN(12) {
			case 0:
				w.Directory.Identities[i].Email += " " // MariaDB ignores it
			case 1:
				w.Directory.Identities[i].Email = "ánn@x.org"
			case 2:
				w.Pins = append(w.Pins, model.Pin{UID: w.Directory.Identities[i].UID, LocalID: int64(1 + rng.IntN(4))})
			}
		}
		for _, p := range model.Judge(w).Pairs {
			v := p.Verdict
			if v == nil || v.Outcome != model.SignsIn || p.Local != nil && p.Local.ID == v.UserID {
				continue
			}
			seen++
			switch p.Worst().Kind {
			case model.FindingSessionTakeover, model.FindingSessionSwap, model.FindingLinkedToAnothers, model.FindingFirstLinkTakesOver, model.FindingSquattedEmail, model.FindingPinMoved, model.FindingDuplicateIDPEmail, model.FindingIDPEmailMissing:
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
	local(&w, "alice", "y@x.org", model.RoleUser)
	alice := identity(&w, "alice", "alice@x.org", gUsers).UID
	identity(&w, "yann", "y@x.org", gUsers)
	w.Pins = []model.Pin{{UID: alice, LocalID: 2}}
	if got := findingsOf(t, model.Judge(w), "yann"); got[0] != model.FindingSquattedEmail {
		t.Errorf("yann opens the account pinned to alice: %v", got)
	}
	w = rooted()
	w.Settings.Database, w.Provider.Verified = model.DatabaseMariaDB, model.VerifiedAlways
	identity(&w, "mallory", "root@x.org ", gAdmins)
	r := model.Judge(w)
	if got := findingsOf(t, r, "mallory"); got[0] != model.FindingSquattedEmail || r.Stats.UsableAdmins != 1 {
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
	robert := local(&w, "robert", "bob@x.org", model.RoleUser).ID
	identity(&w, "bob", "bob@x.org", gUsers)
	r := model.Judge(w)
	p, err := LocalEmail(r, robert, "")
	_, impact, err := Simulate(t.Context(), r, plan(t, p, err))
	if err != nil || len(impact.Accounts) != 1 || impact.Accounts[0].Who != "bob" || impact.Accounts[0].Opens != "" || impact.Empty() {
		t.Errorf("bob gets a new account: %+v, %v", impact, err)
	}

	// A plan that creates a takeover is shown and refused.
	w = rooted()
	identity(&w, "ROOT", "stranger@x.org", gUsers)
	local(&w, "stranger", "stranger@x.org", model.RoleUser)
	r = model.Judge(w)
	p, err = LocalEmail(r, 2, "")
	_, impact, err = Simulate(t.Context(), r, plan(t, p, err))
	if model.CodeOf(err) != model.CodeRefused || len(impact.Takeovers) != 1 || impact.Takeovers[0].Session != "root" {
		t.Errorf("a session of root: %+v, %v", impact, err)
	}
}

// TestTwinOfADisabledAccount: who would end up in the session of an account that is
// disabled has no usable session; enabling it takes nothing over that was not so
// before.
func TestTwinOfADisabledAccount(t *testing.T) {
	w := rooted()
	local(&w, "bob", "bob@x.org", model.RoleUser)
	identity(&w, "bob", "bob@x.org", gUsers)
	identity(&w, "BOB", "stranger@x.org", gUsers)
	r := model.Judge(w)
	d, err := Enabled(t.Context(), r, false, 2)
	after, impact, err := Simulate(t.Context(), r, plan(t, d.Plan, err))
	if err != nil || len(impact.CannotSignIn) != 2 || impact.CannotSignIn[0].After.Outcome != model.NoSession {
		t.Fatalf("disabled: %+v, %v", impact, err)
	}
	d, err = Enabled(t.Context(), after, true, 2)
	if _, impact, err = Simulate(t.Context(), after, plan(t, d.Plan, err)); err != nil || len(impact.Takeovers) != 0 || len(impact.CanSignIn) != 2 {
		t.Errorf("enabled again: %+v, %v", impact, err)
	}
}

// TestGuardIsPerAccount proves S4: no plan raises the role of an account that
// may be another person's, in whatever row it is shown.
func TestGuardIsPerAccount(t *testing.T) {
	for name, build := range map[string]func(*model.World){
		"pinned elsewhere": func(w *model.World) {
			local(w, "niaj", "", model.RoleUser)
			local(w, "mallory", "niaj@x.org", model.RoleUser)
			uid := identity(w, "niaj", "niaj@x.org", gUsers).UID
			w.Pins = []model.Pin{{UID: uid, LocalID: 2}}
		},
		"shared address": func(w *model.World) {
			local(w, "sybil", "sybil@x.org", model.RoleUser)
			identity(w, "sybil", "sybil@x.org", gChild)
			identity(w, "sybil-work", "sybil@x.org", gUsers)
		},
		"session of another": func(w *model.World) {
			identity(w, "ROOT", "stranger@x.org", gUsers)
		},
		"disabled and squatted": func(w *model.World) {
			local(w, "mallory", "ann@x.org", model.RoleUser).Enabled = false
			local(w, "ann", "", model.RoleUser)
			identity(w, "ann", "ann@x.org", gUsers)
		},
	} {
		w := rooted()
		build(&w)
		r := model.Judge(w)
		p, err := RoleRow(r, gUsers, model.RoleAdmin)
		if _, _, err := Simulate(t.Context(), r, plan(t, p, err)); model.CodeOf(err) != model.CodeRefused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUsableAdminIsTheAdmin proves S5: who lands in an admin's account without
// being the admin does not count.
func TestUsableAdminIsTheAdmin(t *testing.T) {
	for name, build := range map[string]func(*model.World){
		"another in the account": func(w *model.World) {
			local(w, "root", "mallory@x.org", model.RoleAdmin)
			identity(w, "mallory", "mallory@x.org", gAdmins)
			identity(w, "root", "root@x.org", gUsers)
		},
		"empty addresses": func(w *model.World) {
			w.Provider.Verified = model.VerifiedAlways
			local(w, "rupert", "", model.RoleAdmin).EmptyEmail = true
			identity(w, "somebody", "", gAdmins)
		},
		"shared address": func(w *model.World) {
			local(w, "sybil", "sybil@x.org", model.RoleAdmin)
			identity(w, "sybil", "sybil@x.org", gAdmins).Active = false
			identity(w, "sybil-work", "sybil@x.org", gAdmins)
		},
		"hidden group": func(w *model.World) {
			local(w, "ann", "ann@x.org", model.RoleAdmin)
			identity(w, "ann", "ann@x.org", gAdmins, gHidden)
		},
	} {
		w := testWorld()
		build(&w)
		if n := model.Judge(w).Stats.UsableAdmins; n != 0 {
			t.Errorf("%s: %d usable admins", name, n)
		}
	}
	if w := rooted(); model.Judge(w).Stats.UsableAdmins != 1 {
		t.Error("the plain admin does not count")
	}
}

// TestGuardWithoutVerdicts: while nobody's login can be known, nothing is
// taken from admins, and the impact says that it does not know.
func TestGuardWithoutVerdicts(t *testing.T) {
	w := rooted()
	bob := local(&w, "bob", "", model.RoleUser).ID
	identity(&w, "bob", "bob@x.org", gUsers)
	w.Provider = model.Provider{}
	r := model.Judge(w)
	for name, build := range map[string]func() (Plan, error){
		"admin row":     func() (Plan, error) { return RoleRow(r, gAdmins, model.RoleNone) },
		"admin address": func() (Plan, error) { return LocalEmail(r, 1, "new@x.org") },
		"admin account": func() (Plan, error) { return planOf(Enabled(t.Context(), r, false, 1)) },
	} {
		p, err := build()
		if _, _, err := Simulate(t.Context(), r, plan(t, p, err)); model.CodeOf(err) != model.CodeRefused {
			t.Errorf("%s: %v", name, err)
		}
	}
	p, err := LocalEmail(r, bob, "bob@x.org")
	if _, impact, err := Simulate(t.Context(), r, plan(t, p, err)); err != nil || impact.Unknown != 2 {
		t.Errorf("bob's address: %+v, %v", impact, err)
	}
}

// TestPublishedTable: without a companion Authentik answers from its table, and
// that is what the verdicts follow; the difference is said.
func TestPublishedTable(t *testing.T) {
	w := rooted()
	local(&w, "bob", "bob@x.org", model.RoleUser)
	identity(&w, "bob", "bob@x.org", gUsers)
	w.Provider.Table = &model.RoleTable{
		Rows: []model.RoleTableRow{{Group: gAdmins, Token: "admin"}}, Rank: []string{"admin", "viewer"},
	}
	r := model.Judge(w)
	if got := findingsOf(t, r, "bob"); !slices.Equal(got, []model.FindingKind{model.FindingNoRole}) {
		t.Errorf("bob by the published table: %v", got)
	}
	if !slices.ContainsFunc(r.NoteTexts(), func(n string) bool { return strings.Contains(n, "published") && strings.Contains(n, "for 1 person") }) {
		t.Errorf("notes: %q", r.Notes)
	}
	p, err := RoleRow(r, gChild, model.RoleUser)
	if _, impact, err := Simulate(t.Context(), r, plan(t, p, err)); err != nil || !impact.Empty() || !strings.Contains(p.Changes[0].Reason, "published") {
		t.Errorf("an unpublished edit: %+v, %v, %q", impact, err, p.Changes[0].Reason)
	}
	w.Provider.Table.Rows = append(w.Provider.Table.Rows, model.RoleTableRow{Group: gUsers, Token: "viewer"})
	if r = model.Judge(w); findingsOf(t, r, "bob")[0] != model.FindingOK || len(r.Notes) != 0 {
		t.Errorf("published: %v, %q", findingsOf(t, r, "bob"), r.Notes)
	}
}

// TestWordsTellTheCause: what the detail pane says is what leads to it.
func TestWordsTellTheCause(t *testing.T) {
	for name, c := range map[string]struct {
		build func(*model.World)
		want  string
	}{
		"token not configured":   {func(w *model.World) { w.Settings.RoleViewer = "x"; w.Settings.RoleEditor = "" }, "signs in"},
		"username claim unknown": {func(w *model.World) { w.Settings.UsernameAttribute = "sub" }, "which only Authentik knows"},
		"empty map":              {func(w *model.World) { w.Roles.Rows = nil }, "The role map is empty"},
		"no group":               {func(w *model.World) { w.Directory.Identities[1].Groups = nil }, "This person is in no group"},
		"name from the address": {func(w *model.World) {
			w.Settings.UsernameAttribute = "email"
			w.Locals[1].Username, w.Locals[1].Email = "bob@x.org", ""
		}, "the username “bob@x.org” is taken"},
		"default role outranks": {func(w *model.World) { w.Roles.Default = model.RoleAdmin }, "no longer user (the default role)"},
	} {
		w := rooted()
		local(&w, "bob", "bob@x.org", model.RoleUser)
		identity(&w, "bob", "bob@x.org", gUsers)
		c.build(&w)
		r := model.Judge(w)
		i := slices.IndexFunc(r.Pairs, func(p model.Pair) bool { return p.Identity != nil && p.Identity.Username == "bob" })
		if got := r.Pairs[i].NextLogin; !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
