package model

import (
	"strings"
	"testing"
)

// published is a world with an admin and bob, whose Authentik answers from a
// table: of the admins alone, unless rows says otherwise.
func published(companion string, rows ...RoleTableRow) World {
	w := rooted()
	w.local("bob", "bob@x.org", RoleUser)
	w.identity("bob", "bob@x.org", gUsers)
	if rows == nil {
		rows = []RoleTableRow{{Group: gAdmins, Token: "admin"}}
	}
	table := RoleTable{Companion: companion, Rows: rows, Rank: []string{"admin", "viewer"}}
	w.Provider.Compiled, w.Provider.RolesMark = &table, MarkRoles
	if companion == "" {
		w.Provider.Table = &table
	}
	w.Setup = Setup{Known: true, Mappings: []ScopeMapping{{Mark: MarkRoles, Name: "RomM Roles", Scope: RolesClaim, Roles: &table}}}
	return w
}

func TestPublication(t *testing.T) {
	t.Parallel()
	whole := []RoleTableRow{{gUsers, "viewer"}, {gAdmins, "admin"}} // in another order
	for name, c := range map[string]struct {
		world World
		state PublishState
		diffs string // GROUP:FROM>TO
		says  string
		code  Code // of PlanPublish
	}{
		"behind":       {published("http://c"), PublishBehind, "romm-users:>viewer", "1 answer differs", ""},
		"decides":      {published(""), PublishDecides, "romm-users:>viewer", "publish it", ""},
		"current":      {published("", whole...), PublishCurrent, "", "is current", CodeNothing},
		"none":         {rooted(), PublishNone, "", "not installed", CodeNotFound},
		"gone row":     {published("", append(whole, RoleTableRow{gChild, "admin"})...), PublishDecides, "kids:admin>", "1 answer", ""},
		"default":      {tuned(published("", whole...), func(w *World) { w.Roles.Default = RoleUser }), PublishDecides, "everybody else:>viewer", "1 answer", ""},
		"another word": {tuned(published("", whole...), func(w *World) { w.Settings.RoleViewer = "people" }), PublishDecides, "romm-users:viewer>people", "1 answer", ""},
		"rank":         {tuned(published("", whole...), func(w *World) { w.Provider.Compiled.Rank = []string{"viewer", "admin"} }), PublishDecides, "", "the order of the roles", ""},
		"by hand":      {tuned(published(""), func(w *World) { w.Provider.RolesMark = "" }), PublishDecides, "romm-users:>viewer", "publish", CodeRefused},
		"unseen":       {tuned(published(""), func(w *World) { w.Setup = Setup{} }), PublishDecides, "romm-users:>viewer", "publish", CodeRefused},
	} {
		r := Judge(c.world)
		pub := r.Publication()
		var diffs []string
		for _, d := range pub.Differences {
			diffs = append(diffs, d.Name.Raw()+":"+d.From+">"+d.To)
		}
		if pub.State != c.state || strings.Join(diffs, " ") != c.diffs || !strings.Contains(pub.String(), c.says) {
			t.Errorf("%s: %+v, %q", name, pub, pub.String())
		}
		if _, err := r.PlanPublish(); CodeOf(err) != c.code || err != nil && HintOf(err) == "" {
			t.Errorf("%s: plan: %v", name, err)
		}
	}
}

func tuned(w World, change func(*World)) World {
	change(&w)
	return w
}

// TestPublishMovesLogins: what is published is what the next logins go by, but
// only where no companion is asked; and it can be taken back.
func TestPublishMovesLogins(t *testing.T) {
	t.Parallel()
	for companion, gain := range map[string]int{"": 1, "http://companion:8093": 0} {
		r := Judge(published(companion))
		p, err := r.PlanPublish()
		after, impact, err := r.Simulate(plan(t, p, err))
		if err != nil || len(impact.CanSignIn) != gain || after.Publication().State != PublishCurrent {
			t.Errorf("companion %q: %+v, %v, %v", companion, impact, after.Publication(), err)
		}
		if got := after.Publication().Companion; got != companion {
			t.Errorf("publishing made the companion %q of %q", got, companion)
		}
		undo, err := after.PlanUndo(journal("d", p.Changes...))
		back, impact, err := after.Simulate(plan(t, undo, err))
		if err != nil || len(impact.CannotSignIn) != gain || back.Publication().State != r.Publication().State {
			t.Errorf("undo, companion %q: %+v, %v", companion, impact, err)
		}
	}
}

// TestPublishIsGuarded proves S5 and S4 for a table that decides, and that an
// assertion stops it.
func TestPublishIsGuarded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		build func(*World)
		says  string
	}{
		"no admin left": {func(w *World) { w.Roles.Rows = w.Roles.Rows[1:] }, "no admin could sign in"}, // proves S5
		"raises a squatter": {func(w *World) { // proves S4
			w.local("eve", "victim@x.org", RoleUser)
			w.local("victim", "", RoleUser)
			w.identity("victim", "victim@x.org", gChild)
			w.Roles.Rows = append(w.Roles.Rows, RoleRow{Group: gChild, Role: RoleAdmin})
		}, "another person's"},
		"breaks an assertion": {func(w *World) {
			a, err := ParseAssertion("group:romm-users at most viewer")
			if err != nil {
				t.Fatal(err)
			}
			w.Assertions = []Assertion{a}
			w.Roles.Rows[1].Role = RoleAdmin
		}, "would not hold"},
		"incomplete": {func(w *World) { w.Directory.Incomplete = "short" }, "incomplete"}, // proves S9
		"nothing is known, and an admin loses": {func(w *World) {
			w.Provider.Unknown, w.Roles.Rows = []Untrusted{"x"}, w.Roles.Rows[1:]
		}, "may keep an admin out"},
		"nothing is known, and everybody loses admin": {func(w *World) {
			w.Provider.Unknown, w.Provider.Compiled.Default = []Untrusted{"x"}, "admin"
		}, "may keep an admin out"},
	} {
		w := published("")
		c.build(&w)
		p, err := Judge(w).PlanPublish()
		if _, _, err := Judge(w).Simulate(plan(t, p, err)); CodeOf(err) != CodeRefused || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPublishComparesWhatCounts proves S35: a mapping that moved on is a
// conflict, a group that is merely called something else is none (S8).
func TestPublishComparesWhatCounts(t *testing.T) {
	t.Parallel()
	w := published("")
	p, err := Judge(w).PlanPublish()
	c := plan(t, p, err).Changes[0]
	renamed := published("")
	renamed.Directory.Groups[0].Name = "bosses"
	if _, err := renamed.With(c); err != nil {
		t.Errorf("a renamed group: %v", err)
	}
	for name, change := range map[string]func(*World){
		"another table": func(w *World) { w.Setup.Mappings[0].Roles = &RoleTable{} },
		"renamed":       func(w *World) { w.Setup.Mappings[0].Name = "x" },
		"gone":          func(w *World) { w.Setup.Mappings = nil },
		"not readable":  func(w *World) { w.Setup = Setup{} },
		"by hand":       func(w *World) { w.Setup.Mappings[0].Roles, w.Setup.Mappings[0].Unknown = nil, UnknownText("return {}") },
	} {
		if _, err := tuned(published(""), change).With(c); CodeOf(err) != CodeConflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	made := c
	made.Before = ""
	if _, err := tuned(published(""), func(w *World) { w.Setup = Setup{} }).With(made); CodeOf(err) != CodeConflict {
		t.Errorf("made although it may be there, unseen: %v", err)
	}
	for _, broken := range []Untrusted{"x", `{"nmae":"x"}`, "[]"} {
		bad := c
		bad.After = broken
		if _, err := w.With(bad); CodeOf(err) != CodeInvalid {
			t.Errorf("%s: %v", broken, err)
		}
	}
}

// proves S35: a publication that was cut short before its write publishes the
// role map of then; it is finished only while that is the role map of now.
func TestAnOlderPublicationIsNotFinished(t *testing.T) {
	t.Parallel()
	p, err := Judge(published("")).PlanPublish()
	c := plan(t, p, err).Changes[0]
	cut := Interruption{PlanID: "p1", Title: p.Title, Changes: p.Changes, Entries: []JournalEntry{{Change: c, Outcome: OutcomeOpen}}}
	for name, tc := range map[string]struct {
		change func(*World)
		code   Code
	}{
		"as it was":              {func(*World) {}, ""},
		"called otherwise":       {func(w *World) { w.Roles.Rows[1].Name = "others" }, ""},
		"a role was taken away":  {func(w *World) { w.Roles.Rows = w.Roles.Rows[:1] }, CodeConflict},
		"everybody gets a role":  {func(w *World) { w.Roles.Default = RoleUser }, CodeConflict},
		"a group got a role too": {func(w *World) { w.Roles = w.Roles.With(RoleRow{Group: "g3", Role: RoleUser}) }, CodeConflict},
	} {
		r := Judge(tuned(published(""), tc.change))
		if p, err := r.PlanResume(cut); CodeOf(err) != tc.code || err == nil && len(p.Changes) != 1 || err != nil && !strings.Contains(HintOf(err), "publish") {
			t.Errorf("%s: %v, %v", name, p, err)
		}
		if p, err := r.PlanRollback(cut); err != nil || len(p.Changes) != 0 {
			t.Errorf("%s, taken back: %v, %v", name, p, err)
		}
	}
}

func TestChangeLines(t *testing.T) {
	t.Parallel()
	p, err := Judge(published("")).PlanPublish()
	c := plan(t, p, err).Changes[0]
	removed, added := c.Lines()
	if got := strings.Join(removed, "|") + "+" + strings.Join(added, "|"); got != "+romm-users (..0000000b): viewer" {
		t.Errorf("publish: %q", got)
	}
	if got := c.Text(c.After); got != added[0] || c.Text("") != "" {
		t.Errorf("text %q", got)
	}
	for _, m := range []ScopeMapping{
		{Name: "m\x1b[31m", Scope: "email", Verified: VerifiedAlways},
		{Name: "m", Scope: "email", Verified: VerifiedAddress},
		{Name: "m", Scope: "email", Unknown: UnknownText("secret")},
	} {
		made := Change{Kind: ChangeScopeMapping, Object: MarkEmail, After: m.encode(nil)}
		removed, added := made.Lines()
		if len(removed) != 0 || len(added) != 3 || strings.Contains(made.Text(made.After), "\x1b") {
			t.Errorf("%+v: %q %q", m, removed, added)
		}
		if _, back, err := made.ScopeMappings(); err != nil || back.encode(nil) != m.encode(nil) {
			t.Errorf("%+v came back as %+v, %v", m, back, err)
		}
	}
	for want, c := range map[string]Change{ // words, where the journal keeps none
		"enabled>disabled":        {Kind: ChangeLocalEnabled, Before: "true", After: "false"},
		">RomM account with id 7": {Kind: ChangePin, After: "7"},
		"true>":                   {Kind: ChangeLocalEmail, Before: "true"},
	} {
		removed, added := c.Lines()
		if got := strings.Join(removed, "|") + ">" + strings.Join(added, "|"); got != want || c.Text(c.Before)+">"+c.Text(c.After) != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if removed, added := mail(1, "", "a\x00").Lines(); removed != nil || len(added) != 1 || strings.Contains(added[0], "\x00") {
		t.Errorf("%q %q", removed, added)
	}
}
