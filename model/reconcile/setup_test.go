package reconcile

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// setUp is a directory whose Authentik answers from the roles mapping that it
// holds.
type setUp struct {
	idp
	mapping model.ScopeMapping
	needs   model.SetupNeeds
}

func (d *setUp) SetupNeeds(context.Context) (model.SetupNeeds, error) { return d.needs, nil }

func (d *setUp) ReadDirectory(ctx context.Context, o model.ReadOptions) (model.DirectoryReading, error) {
	got, err := d.ports.ReadDirectory(ctx, o)
	got.Setup = model.Setup{Known: true, Mappings: []model.ScopeMapping{d.mapping}}
	got.Provider.Compiled, got.Provider.Table, got.Provider.RolesMark = d.mapping.Roles, d.mapping.Roles, model.MarkRoles
	return got, err
}

func (d *setUp) SetMapping(_ context.Context, mark string, before, after *model.ScopeMapping) error {
	if err := d.call("SetMapping"); err != nil {
		return err
	}
	if mark != d.mapping.Mark || before == nil || !before.Same(d.mapping) {
		return &model.Error{Code: model.CodeConflict, Msg: "not as it was seen"}
	}
	d.mapping = *after
	return nil
}

func (d *setUp) SetProvider(context.Context, string, *model.OAuthProvider, *model.OAuthProvider) error {
	return d.call("SetProvider")
}

func (d *setUp) SetApplication(context.Context, string, *model.Application, *model.Application) error {
	return d.call("SetApplication")
}

func (d *setUp) SetBinding(context.Context, *model.Binding, *model.Binding) error {
	return d.call("SetBinding")
}

// publishing is a service whose Authentik has a table without bob's group.
func publishing(t *testing.T) (*setUp, *Service, *model.Review, plan.Plan) {
	t.Helper()
	p, s, _ := start(t)
	p.locals[1].Email = "bob@x.org"
	d := &setUp{idp: idp{p}, mapping: model.ScopeMapping{Mark: model.MarkRoles, Name: "RomM Roles", Scope: model.RolesClaim, Roles: &model.RoleTable{
		Rows: []model.RoleTableRow{{Group: admins, Token: "admin"}}, Rank: []string{"admin", "viewer"},
	}}}
	s.Directory, p.log = d, nil
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	draft, err := plan.Publish(r)
	if err != nil {
		t.Fatal(err)
	}
	return d, s, r, draft
}

// TestPublish proves S37: the record comes first; and what was written is what
// the next reading sees, so that the world after is no guess.
func TestPublish(t *testing.T) {
	d, s, r, p := publishing(t)
	after, report := s.Apply(t.Context(), r, p)
	if report.Err() != nil || strings.Join(d.log, " ") != "OpenEntry SetMapping CloseEntry" {
		t.Fatalf("%v, calls %q", report.Err(), d.log)
	}
	again, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil || !reflect.DeepEqual(again.World.Setup, after.World.Setup) || !reflect.DeepEqual(again.Stats, after.Stats) ||
		plan.Published(after).State != plan.PublishCurrent || after.Stats.CannotSignIn >= r.Stats.CannotSignIn {
		t.Errorf("%v: %+v, then %+v", err, after.World.Setup, again.World.Setup)
	}
	undo, err := plan.Undo(again, []plan.JournalEntry{d.journal[0]})
	if err != nil {
		t.Fatal(err)
	}
	if back, report := s.Apply(t.Context(), again, undo); report.Err() != nil || plan.Published(back).State != plan.PublishDecides {
		t.Errorf("undo: %v, %v", report.Err(), plan.Published(back))
	}
}

// TestPublishStale proves S35: a table that somebody else published meanwhile
// is not written over, whether it moved before the plan began or within it.
func TestPublishStale(t *testing.T) {
	theirs := &model.RoleTable{Rows: []model.RoleTableRow{{Group: users, Token: "admin"}}, Rank: []string{"admin"}}
	d, s, r, p := publishing(t)
	d.mapping.Roles = theirs
	if _, report := s.Apply(t.Context(), r, p); model.CodeOf(report.Err()) != model.CodeConflict || len(d.log) != 0 {
		t.Errorf("before: %v, calls %q", report.Err(), d.log)
	}
	d, s, r, p = publishing(t)
	d.before = func(call string) {
		if call == "OpenEntry" {
			d.mapping.Roles = theirs
		}
	}
	_, report := s.Apply(t.Context(), r, p)
	if model.CodeOf(report.Err()) != model.CodeConflict || d.mapping.Roles != theirs || d.journal[0].Outcome != plan.OutcomeFailed {
		t.Errorf("within: %v, %+v", report.Err(), d.journal)
	}
}

// TestPublishOfAnOlderRoleMap proves S35: a role that was taken away while the
// plan was looked at is not published again.
func TestPublishOfAnOlderRoleMap(t *testing.T) {
	for name, change := range map[string]func(*model.RoleMap){
		"a row":   func(m *model.RoleMap) { m.Rows = m.Rows[:1] },
		"a role":  func(m *model.RoleMap) { m.Rows = slices.Clone(m.Rows); m.Rows[1].Role = model.RoleAdmin },
		"a group": func(m *model.RoleMap) { m.Rows = slices.Clone(m.Rows); m.Rows[1].Group = "another" },
		"others":  func(m *model.RoleMap) { m.Default = model.RoleUser },
		"a name":  func(m *model.RoleMap) { m.Rows = slices.Clone(m.Rows); m.Rows[1].Name = "another" },
	} {
		d, s, r, p := publishing(t)
		change(&d.roles)
		_, report := s.Apply(t.Context(), r, p)
		if stale := model.CodeOf(report.Err()) == model.CodeConflict && len(d.log) == 0; stale != (name != "a name") {
			t.Errorf("%s: %v, calls %q", name, report.Err(), d.log)
		}
	}
}

func TestPublishFails(t *testing.T) {
	d, s, r, p := publishing(t)
	d.fail["SetMapping"] = errors.New("no permission")
	after, report := s.Apply(t.Context(), r, p)
	if report.Done() != 0 || plan.Published(after).State != plan.PublishDecides || d.journal[0].Outcome != plan.OutcomeFailed {
		t.Errorf("%+v, %v", report, plan.Published(after))
	}
}

// readable is a journal that can be read.
type readable struct {
	*ports
	entries []plan.JournalEntry // oldest first
	cut     []plan.Interruption
}

func (j readable) Entries(_ context.Context, limit int, before int64) ([]plan.JournalEntry, error) {
	var out []plan.JournalEntry
	for _, e := range slices.Backward(j.entries) {
		if (before == 0 || e.Seq < before) && len(out) < limit {
			out = append(out, e)
		}
	}
	return out, nil
}

func (j readable) Interrupted(context.Context) ([]plan.Interruption, error) { return j.cut, nil }

// proves S36: the provider that set-up made is found again by the journal, also
// when its making was cut short and behind many other entries.
func TestMadeClientID(t *testing.T) {
	provider := func(outcome, before, after string) plan.JournalEntry {
		return plan.JournalEntry{Outcome: outcome, Change: plan.Change{
			Kind: plan.ChangeProvider, Object: "id-" + before + after, Before: model.Untrusted(before), After: model.Untrusted(after),
		}}
	}
	other := plan.JournalEntry{Outcome: plan.OutcomeDone, Change: plan.Change{Kind: plan.ChangeRoleRow, After: "admin"}}
	for name, c := range map[string]struct {
		entries []plan.JournalEntry
		behind  int // entries of other kinds after them
		want    string
	}{
		"made":      {[]plan.JournalEntry{provider(plan.OutcomeDone, "", "a")}, 1, "id-a"},
		"long ago":  {[]plan.JournalEntry{provider(plan.OutcomeDone, "", "a")}, 3*journalPage + 1, "id-a"},
		"cut short": {[]plan.JournalEntry{provider(plan.OutcomeOpen, "", "a")}, 0, "id-a"},
		"failed":    {[]plan.JournalEntry{provider(plan.OutcomeFailed, "", "a")}, 0, "id-a"}, // it may be there
		"once more": {[]plan.JournalEntry{provider(plan.OutcomeDone, "", "a"), provider(plan.OutcomeFailed, "", "b")}, 0, "id-a"},
		"changed":   {[]plan.JournalEntry{provider(plan.OutcomeFailed, "a", "b")}, 0, ""},
		"cut":       {[]plan.JournalEntry{other}, -1, "id-cut"},
		"removed":   {[]plan.JournalEntry{provider(plan.OutcomeDone, "", "a"), provider(plan.OutcomeDone, "a", "")}, 0, ""},
		"the last":  {[]plan.JournalEntry{provider(plan.OutcomeDone, "", "a"), provider(plan.OutcomeDone, "", "b")}, 0, "id-b"},
		"nothing":   {nil, journalPage, ""},
	} {
		j := readable{entries: slices.Concat(c.entries, slices.Repeat([]plan.JournalEntry{other}, max(0, c.behind)))}
		if c.behind < 0 { // it died before it reached the provider
			j.cut = []plan.Interruption{{Title: "another", Changes: []plan.Change{provider("", "", "no").Change}}, {
				Purpose: plan.PurposeSetUp, Changes: []plan.Change{other.Change, {Kind: plan.ChangeProvider, Object: "id-cut", After: "x"}},
			}}
		}
		for i := range j.entries {
			j.entries[i].Seq = int64(i + 1)
		}
		if got, err := MadeClientID(t.Context(), j); got != c.want || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestUndoSetup undoes the last plan that set up, and not what came after.
func TestUndoSetup(t *testing.T) {
	d, s, r, publish := publishing(t)
	entry := func(seq int64, purpose plan.Purpose, c plan.Change) plan.JournalEntry {
		return plan.JournalEntry{Seq: seq, PlanID: "p-" + string(purpose), Purpose: purpose, Outcome: plan.OutcomeDone, Change: c}
	}
	s.Journal = readable{ports: d.ports}
	if _, _, err := s.UndoSetup(t.Context(), r); model.CodeOf(err) != model.CodeNotFound {
		t.Errorf("nothing to undo: %v", err)
	}
	set := publish.Changes[0]
	set.Before, set.After = set.After, set.Before // it led to what is the case
	running := plan.Interruption{PlanID: "p-" + string(plan.PurposeSetUp), Purpose: plan.PurposeSetUp, At: s.Now()}
	j := readable{ports: d.ports, entries: []plan.JournalEntry{
		entry(1, plan.PurposeSetUp, set), entry(3, plan.PurposeNone, plan.Change{Kind: plan.ChangeRoleRow, Object: "x"}),
	}, cut: []plan.Interruption{running}}
	s.Journal = j
	if _, _, err := s.UndoSetup(t.Context(), r); model.CodeOf(err) != model.CodeConflict {
		t.Errorf("one that may be under way: %v", err)
	}
	j.cut = nil
	s.Journal = j
	p, _, err := s.UndoSetup(t.Context(), r)
	if err != nil || len(p.Changes) != 1 || p.Changes[0].Object != model.MarkRoles || p.Changes[0].After != set.Before {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestSetupIsDispatched: each kind of object goes to its own write, after its
// record.
func TestSetupIsDispatched(t *testing.T) {
	d, s, r, publish := publishing(t)
	r.World.Setup.Slug, r.World.Setup.BindingsKnown = "romm", true
	for _, c := range []struct {
		change plan.Change
		call   string
	}{
		{publish.Changes[0], "SetMapping"},
		{plan.Change{Kind: plan.ChangeProvider, Object: "id", After: `{"name":"P","client_id":"id","redirect_uris":[],"mappings":[],"claims_in_id_token":true}`}, "SetProvider"},
		{plan.Change{Kind: plan.ChangeApplication, Object: "romm", After: `{"name":"RomM","provider":"id"}`}, "SetApplication"},
		{plan.Change{Kind: plan.ChangeBinding, Object: "romm/" + string(admins), After: `{"order":0,"enabled":true}`}, "SetBinding"},
	} {
		d.log = nil
		run := plan.Run{Plan: plan.Plan{Changes: []plan.Change{c.change}}, ID: "p", World: r.World}
		after := s.Step(t.Context(), run)
		w, err := after.World, after.Report().Err()
		if want := "OpenEntry " + c.call + " CloseEntry"; err != nil || strings.Join(d.log, " ") != want {
			t.Errorf("%s: %v, %q", c.call, err, d.log)
		}
		if now, ok := plan.Current(w, c.change); !ok || now == "" {
			t.Errorf("%s: the world after does not have it: %q, %v", c.call, now, ok)
		}
		d.fail[c.call] = errors.New("down")
		if same := s.Step(t.Context(), run); same.Report().Err() == nil || !reflect.DeepEqual(same.World.Setup, r.World.Setup) {
			t.Errorf("%s fails: %v", c.call, err)
		}
	}
	if _, err := s.ClientSecret(t.Context(), r); model.CodeOf(err) != model.CodeNotFound {
		t.Errorf("there is no provider: %v", err)
	}
}

// TestUndrawnPlanIsNotBegun: a plan whose client id is still to be drawn writes
// nothing, not even what comes before the provider.
func TestUndrawnPlanIsNotBegun(t *testing.T) {
	d, s, r, p := publishing(t)
	p.Changes = append(p.Changes, plan.Change{Kind: plan.ChangeProvider, Side: plan.SideAuthentik, Object: plan.NewClientID, After: "{}"})
	if _, report := s.Apply(t.Context(), r, p); model.CodeOf(report.Err()) != model.CodeInternal || len(d.log) > 0 {
		t.Errorf("%v, calls %q", report.Err(), d.log)
	}
}

// TestRepairAsksTheJournal: the companion that the roles mapping asked when it was
// written last is asked again, unless the mapping was removed since.
func TestRepairAsksTheJournal(t *testing.T) {
	wrote := func(outcome, after string) plan.JournalEntry {
		c := plan.Change{Kind: plan.ChangeScopeMapping, Object: model.MarkRoles}
		if after != "" {
			c.After = model.Untrusted(`{"name":"RomM Roles","scope":"romm_roles","roles":{"companion":"` + after + `","groups":[],"default":"","rank":[]}}`)
		}
		return plan.JournalEntry{Outcome: outcome, Change: c}
	}
	other := plan.JournalEntry{Outcome: plan.OutcomeDone, Change: plan.Change{Kind: plan.ChangeScopeMapping, Object: model.MarkEmail, After: "{}"}}
	for name, c := range map[string]struct {
		entries []plan.JournalEntry
		want    string
	}{
		"nothing":      {nil, ""},
		"the last":     {[]plan.JournalEntry{wrote(plan.OutcomeDone, "https://a"), wrote(plan.OutcomeDone, "https://b"), other}, "https://b"},
		"one failed":   {[]plan.JournalEntry{wrote(plan.OutcomeDone, "https://a"), wrote(plan.OutcomeFailed, "https://b")}, "https://a"},
		"removed":      {[]plan.JournalEntry{wrote(plan.OutcomeDone, "https://a"), wrote(plan.OutcomeDone, "")}, ""},
		"far back":     {slices.Concat([]plan.JournalEntry{wrote(plan.OutcomeDone, "https://a")}, slices.Repeat([]plan.JournalEntry{other}, journalPage+1)), "https://a"},
		"not readable": {[]plan.JournalEntry{{Outcome: plan.OutcomeDone, Change: plan.Change{Kind: plan.ChangeScopeMapping, Object: model.MarkRoles, After: "{"}}}, ""},
	} {
		for i := range c.entries {
			c.entries[i].Seq = int64(i + 1)
		}
		got, err := lastCompanion(t.Context(), readable{entries: c.entries})
		if got != c.want || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestWithTests: a plan that has RomM's provider select a mapping of ours says that
// it is not tested; any other asks Authentik nothing.
func TestWithTests(t *testing.T) {
	d, s, _, publish := publishing(t)
	d.needs.Untested = "the token needs more for it"
	if p, err := s.WithTests(t.Context(), publish); err != nil || p.Untested != nil || p.Warning != publish.Warning || len(d.log) != 0 {
		t.Errorf("it selects nothing: %+v, %v, calls %q", p, err, d.log)
	}
	selects := plan.Plan{Warning: "first", Changes: []plan.Change{{
		Kind: plan.ChangeProvider, Object: "id",
		Before: `{"name":"P","client_id":"id","redirect_uris":[],"mappings":[],"claims_in_id_token":true}`,
		After:  `{"name":"P","client_id":"id","redirect_uris":[],"mappings":[{"id":"romm-admin/roles","name":"RomM Roles"}],"claims_in_id_token":true}`,
	}}}
	p, err := s.WithTests(t.Context(), selects)
	if err != nil || !slices.Equal(p.Untested, []model.Untrusted{"RomM Roles"}) || p.Warning != "first; Authentik does not test RomM Roles before logins depend on it: the token needs more for it" {
		t.Errorf("%q, %q, %v", p.Untested, p.Warning, err)
	}
	if again, err := s.WithTests(t.Context(), p); err != nil || again.Warning != p.Warning {
		t.Errorf("once more: %q, %v", again.Warning, err)
	}
}
