package plan

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// published is a world with an admin and bob, whose Authentik answers from a
// table: of the admins alone, unless rows says otherwise.
func published(companion string, rows ...model.RoleTableRow) model.World {
	w := rooted()
	local(&w, "bob", "bob@x.org", model.RoleUser)
	identity(&w, "bob", "bob@x.org", gUsers)
	if rows == nil {
		rows = []model.RoleTableRow{{Group: gAdmins, Token: "admin"}}
	}
	table := model.RoleTable{Companion: companion, Rows: rows, Rank: []string{"admin", "viewer"}}
	w.Provider.Compiled, w.Provider.RolesMark = &table, model.MarkRoles
	if companion == "" {
		w.Provider.Table = &table
	}
	w.Setup = model.Setup{Known: true, Mappings: []model.ScopeMapping{{Mark: model.MarkRoles, Name: "RomM Roles", Scope: model.RolesClaim, Roles: &table}}}
	return w
}

func TestPublication(t *testing.T) {
	t.Parallel()
	whole := []model.RoleTableRow{{Group: gUsers, Token: "viewer"}, {Group: gAdmins, Token: "admin"}} // in another order
	for name, c := range map[string]struct {
		world model.World
		state PublishState
		diffs string // GROUP:FROM>TO
		says  string
		code  model.Code // of PlanPublish
	}{
		"behind":       {published("http://c"), PublishBehind, "romm-users:>viewer", "1 answer differs", ""},
		"decides":      {published(""), PublishDecides, "romm-users:>viewer", "publish it", ""},
		"current":      {published("", whole...), PublishCurrent, "", "is current", model.CodeNothing},
		"none":         {rooted(), PublishNone, "", "not installed", model.CodeNotFound},
		"gone row":     {published("", append(whole, model.RoleTableRow{Group: gChild, Token: "admin"})...), PublishDecides, "kids:admin>", "1 answer", ""},
		"default":      {tuned(published("", whole...), func(w *model.World) { w.Roles.Default = model.RoleUser }), PublishDecides, "everybody else:>viewer", "1 answer", ""},
		"another word": {tuned(published("", whole...), func(w *model.World) { w.Settings.RoleViewer = "people" }), PublishDecides, "romm-users:viewer>people", "1 answer", ""},
		"rank":         {tuned(published("", whole...), func(w *model.World) { w.Provider.Compiled.Rank = []string{"viewer", "admin"} }), PublishDecides, "", "the order of the roles", ""},
		"by hand":      {tuned(published(""), func(w *model.World) { w.Provider.RolesMark = "" }), PublishDecides, "romm-users:>viewer", "publish", model.CodeRefused},
		"unseen":       {tuned(published(""), func(w *model.World) { w.Setup = model.Setup{} }), PublishDecides, "romm-users:>viewer", "publish", model.CodeRefused},
	} {
		r := model.Judge(c.world)
		pub := Published(r)
		var diffs []string
		for _, d := range pub.Differences {
			diffs = append(diffs, d.Name.Raw()+":"+d.From+">"+d.To)
		}
		if pub.State != c.state || strings.Join(diffs, " ") != c.diffs || !strings.Contains(pub.String(), c.says) {
			t.Errorf("%s: %+v, %q", name, pub, pub.String())
		}
		if _, err := Publish(r); model.CodeOf(err) != c.code || err != nil && model.HintOf(err) == "" {
			t.Errorf("%s: plan: %v", name, err)
		}
	}
}

func tuned(w model.World, change func(*model.World)) model.World {
	change(&w)
	return w
}

// TestPublishMovesLogins: what is published is what the next logins go by, but
// only where no companion is asked; and it can be undone.
func TestPublishMovesLogins(t *testing.T) {
	t.Parallel()
	for companion, gain := range map[string]int{"": 1, "http://companion:8093": 0} {
		r := model.Judge(published(companion))
		p, err := Publish(r)
		after, impact, err := Simulate(t.Context(), r, plan(t, p, err))
		if err != nil || len(impact.CanSignIn) != gain || Published(after).State != PublishCurrent {
			t.Errorf("companion %q: %+v, %v, %v", companion, impact, Published(after), err)
		}
		if got := Published(after).Companion; got != companion {
			t.Errorf("publishing made the companion %q of %q", got, companion)
		}
		undo, err := Undo(after, journal("d", p.Changes...))
		back, impact, err := Simulate(t.Context(), after, plan(t, undo, err))
		if err != nil || len(impact.CannotSignIn) != gain || Published(back).State != Published(r).State {
			t.Errorf("undo, companion %q: %+v, %v", companion, impact, err)
		}
	}
}

// TestPublishIsGuarded proves S5 and S4 for a table that decides, and that an
// assertion stops it.
func TestPublishIsGuarded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		build func(*model.World)
		says  string
	}{
		"no admin left": {func(w *model.World) { w.Roles.Rows = w.Roles.Rows[1:] }, "no admin could sign in"}, // proves S5
		"raises a squatter": {func(w *model.World) { // proves S4
			local(w, "eve", "victim@x.org", model.RoleUser)
			local(w, "victim", "", model.RoleUser)
			identity(w, "victim", "victim@x.org", gChild)
			w.Roles.Rows = append(w.Roles.Rows, model.RoleRow{Group: gChild, Role: model.RoleAdmin})
		}, "another person's"},
		"breaks an assertion": {func(w *model.World) {
			a, err := model.ParseAssertion("group:romm-users at most viewer")
			if err != nil {
				t.Fatal(err)
			}
			w.Assertions = []model.Assertion{a}
			w.Roles.Rows[1].Role = model.RoleAdmin
		}, "would not hold"},
		"incomplete": {func(w *model.World) { w.Directory.Incomplete = "short" }, "incomplete"}, // proves S9
		"nothing is known, and an admin loses": {func(w *model.World) {
			w.Provider.Unknown, w.Roles.Rows = []model.Untrusted{"x"}, w.Roles.Rows[1:]
		}, "may keep an admin out"},
		"nothing is known, and everybody loses admin": {func(w *model.World) {
			w.Provider.Unknown, w.Provider.Compiled.Default = []model.Untrusted{"x"}, "admin"
		}, "may keep an admin out"},
	} {
		w := published("")
		c.build(&w)
		p, err := Publish(model.Judge(w))
		if _, _, err := Simulate(t.Context(), model.Judge(w), plan(t, p, err)); model.CodeOf(err) != model.CodeRefused || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPublishComparesWhatCounts proves S35: a mapping that moved on is a
// conflict, a group that is merely called something else is none (S8).
func TestPublishComparesWhatCounts(t *testing.T) {
	t.Parallel()
	w := published("")
	p, err := Publish(model.Judge(w))
	c := plan(t, p, err).Changes[0]
	renamed := published("")
	renamed.Directory.Groups[0].Name = "bosses"
	if _, err := After(renamed, c); err != nil {
		t.Errorf("a renamed group: %v", err)
	}
	for name, change := range map[string]func(*model.World){
		"another table": func(w *model.World) { w.Setup.Mappings[0].Roles = &model.RoleTable{} },
		"renamed":       func(w *model.World) { w.Setup.Mappings[0].Name = "x" },
		"gone":          func(w *model.World) { w.Setup.Mappings = nil },
		"not readable":  func(w *model.World) { w.Setup = model.Setup{} },
		"by hand": func(w *model.World) {
			w.Setup.Mappings[0].Roles, w.Setup.Mappings[0].Unknown = nil, model.UnknownText("return {}")
		},
	} {
		if _, err := After(tuned(published(""), change), c); model.CodeOf(err) != model.CodeConflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	made := c
	made.Before = ""
	if _, err := After(tuned(published(""), func(w *model.World) { w.Setup = model.Setup{} }), made); model.CodeOf(err) != model.CodeConflict {
		t.Errorf("made although it may be there, unseen: %v", err)
	}
	for _, broken := range []model.Untrusted{"x", `{"nmae":"x"}`, "[]"} {
		bad := c
		bad.After = broken
		if _, err := After(w, bad); model.CodeOf(err) != model.CodeInvalid {
			t.Errorf("%s: %v", broken, err)
		}
	}
}

// proves S35: a publication that was cut short before its write publishes the
// role map of then; it is finished only while that is the role map of now.
func TestAnOlderPublicationIsNotFinished(t *testing.T) {
	t.Parallel()
	p, err := Publish(model.Judge(published("")))
	c := plan(t, p, err).Changes[0]
	cut := Interruption{PlanID: "p1", Title: p.Title, Changes: p.Changes, Entries: []JournalEntry{{Change: c, Outcome: OutcomeOpen}}}
	for name, tc := range map[string]struct {
		change func(*model.World)
		code   model.Code
	}{
		"as it was":              {func(*model.World) {}, ""},
		"called otherwise":       {func(w *model.World) { w.Roles.Rows[1].Name = "others" }, ""},
		"a role was taken away":  {func(w *model.World) { w.Roles.Rows = w.Roles.Rows[:1] }, model.CodeConflict},
		"everybody gets a role":  {func(w *model.World) { w.Roles.Default = model.RoleUser }, model.CodeConflict},
		"a group got a role too": {func(w *model.World) { w.Roles = w.Roles.With(model.RoleRow{Group: "g3", Role: model.RoleUser}) }, model.CodeConflict},
	} {
		r := model.Judge(tuned(published(""), tc.change))
		if p, err := Resume(r, cut); model.CodeOf(err) != tc.code || err == nil && len(p.Changes) != 1 || err != nil && !strings.Contains(model.HintOf(err), "publish") {
			t.Errorf("%s: %v, %v", name, p, err)
		}
		if p, err := RollBack(r, cut); err != nil || len(p.Changes) != 0 {
			t.Errorf("%s, undone: %v, %v", name, p, err)
		}
	}
}

func TestChangeLines(t *testing.T) {
	t.Parallel()
	p, err := Publish(model.Judge(published("")))
	c := plan(t, p, err).Changes[0]
	removed, added := c.Lines()
	if got := strings.Join(removed, "|") + "+" + strings.Join(added, "|"); got != "+romm-users (..0000000b): viewer" {
		t.Errorf("publish: %q", got)
	}
	if got := c.Text(c.After); got != added[0] || c.Text("") != "" {
		t.Errorf("text %q", got)
	}
	for _, m := range []model.ScopeMapping{
		{Name: "m\x1b[31m", Scope: "email", Verified: model.VerifiedAlways},
		{Name: "m", Scope: "email", Verified: model.VerifiedAddress},
		{Name: "m", Scope: "email", Unknown: model.UnknownText("secret")},
	} {
		made := Change{Kind: ChangeScopeMapping, Object: model.MarkEmail, After: encodeMapping(m, nil)}
		removed, added := made.Lines()
		if len(removed) != 0 || len(added) != 3 || strings.Contains(made.Text(made.After), "\x1b") {
			t.Errorf("%+v: %q %q", m, removed, added)
		}
		if _, back, err := made.ScopeMappings(); err != nil || encodeMapping(*back, nil) != encodeMapping(m, nil) {
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
