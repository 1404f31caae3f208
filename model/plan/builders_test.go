package plan

import (
	"errors"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// changesOf writes a plan's changes on one line each.
func changesOf(p Plan) string {
	var out []string
	for _, c := range p.Changes {
		out = append(out, string(c.Kind)+" "+c.Object+" "+c.Label.Raw()+": "+c.Before.Raw()+" > "+c.After.Raw())
	}
	return strings.Join(out, "\n")
}

// TestRestoreCompares proves S5 for a backup: what changes is shown account by
// account, and one that leaves no enabled admin is refused with what it changes.
func TestRestoreCompares(t *testing.T) {
	t.Parallel()
	w := rooted()
	w.RomM.Embedded = true
	local(&w, "bob", "bob@x.org", model.RoleUser)
	local(&w, "gone", "gone@x.org", model.RoleUser)
	r := model.Judge(w)
	store := Store{Roles: w.Roles, Pins: []model.Pin{}, Assertions: []model.Assertion{}, Pending: []model.PendingRole{}}
	then := []model.LocalUser{
		w.Locals[0],
		{ID: 2, Username: "bob", Email: "robert@x.org", Role: model.RoleAdmin, Enabled: false},
		{ID: 9, Username: "back", Role: model.RoleUser, Enabled: true},
	}
	x, err := Restore(t.Context(), r, "restore it", store, then)
	if err != nil {
		t.Fatal(err)
	}
	if got := changesOf(x.Plan); got != "local-email 2 bob: bob@x.org > robert@x.org\nlocal-role 2 bob: user > admin\nlocal-enabled 2 bob: true > false" {
		t.Errorf("it changes\n%s", got)
	}
	if len(x.Gone) != 1 || x.Gone[0].Username != "gone" || len(x.Back) != 1 || x.Back[0].Username != "back" {
		t.Errorf("gone %+v, back %+v", x.Gone, x.Back)
	}
	disabled := then[0]
	disabled.Enabled = false
	x, err = Restore(t.Context(), r, "restore it", store, []model.LocalUser{disabled})
	if model.RuleOf(err) == "" || len(x.Plan.Changes) != 1 {
		t.Errorf("%v, %s", err, changesOf(x.Plan))
	}
	if _, err = Restore(t.Context(), r, "restore it", store, nil); model.RuleOf(err) != string(RuleLastEmbeddedAdmin) {
		t.Errorf("an empty directory: %v", err)
	}
}

// TestPins: pins are set and removed one by one or together, and who cannot be
// pinned is left out with the reason.
func TestPins(t *testing.T) {
	t.Parallel()
	w := rooted()
	local(&w, "bob", "bob@x.org", model.RoleUser)
	identity(&w, "bob", "bob@x.org", gUsers)
	identity(&w, "alone", "alone@x.org", gUsers)
	r := model.Judge(w)
	one, err := PinPairs(t.Context(), r, 2)
	if err != nil || one.Plan.Title != "pin Authentik's bob to the RomM account bob" || changesOf(one.Plan) != "pin uid-2 bob:  > 2" {
		t.Errorf("%v, %s: %s", err, one.Plan.Title, changesOf(one.Plan))
	}
	both, err := PinPairs(t.Context(), r, 1, 2, 3)
	if err != nil || both.Plan.Title != "pin 2 people to the RomM accounts that they pair with" || len(both.Left) != 1 || both.Left[0].Who != "alone" {
		t.Fatalf("%v, %s, left %+v", err, both.Plan.Title, both.Left)
	}
	pinned, _, err := Simulate(t.Context(), r, one.Plan)
	if err != nil {
		t.Fatal(err)
	}
	toggled, err := TogglePins(t.Context(), pinned, 1, 2)
	if err != nil || changesOf(toggled.Plan) != "pin uid-1 root:  > 1\npin uid-2 bob: 2 > " {
		t.Errorf("%v, %s", err, changesOf(toggled.Plan))
	}
	if p, err := Pin(pinned, 2, 0); err != nil || p.Title != "unpin bob" || p.Command != "romm-admin users unpin bob" {
		t.Errorf("%v, %+v", err, p)
	}
	for pk, to := range map[int64]int64{9: 1, 3: 99} {
		if _, err := Pin(r, pk, to); err == nil {
			t.Errorf("%d is pinned to %d", pk, to)
		}
	}
}

// TestMatchIdentities: Authentik's users get the addresses of their accounts.
func TestMatchIdentities(t *testing.T) {
	t.Parallel()
	w := rooted()
	local(&w, "bob", "bob@new.org", model.RoleUser)
	local(&w, "carol", "carol@new.org", model.RoleUser)
	local(&w, "dave", "", model.RoleUser)
	for _, name := range []string{"bob", "carol", "dave"} {
		identity(&w, name, name+"@old.org", gUsers)
	}
	r := model.Judge(w)
	one, err := MatchIdentities(t.Context(), r, 2)
	if err != nil || !strings.Contains(changesOf(one.Plan), "idp-email 2 bob: bob@old.org > bob@new.org") {
		t.Errorf("%v, %s", err, changesOf(one.Plan))
	}
	all, err := MatchIdentities(t.Context(), r, 2, 3, 4)
	if err != nil || all.Plan.Title != "set the Authentik e-mail of 2 people to RomM's" || len(all.Left) != 1 || all.Left[0].Who != "dave" {
		t.Errorf("%v, %s, %+v", err, all.Plan.Title, all.Left)
	}
}

// TestDefaultRole: the role of everybody else is one that this RomM has.
func TestDefaultRole(t *testing.T) {
	t.Parallel()
	r := model.Judge(rooted())
	p, err := DefaultRole(r, model.RoleUser)
	if err != nil || changesOf(p) != "default-role  everybody else:  > user" || p.Command != "romm-admin roles default user" {
		t.Errorf("%v, %s", err, changesOf(p))
	}
	if _, err := DefaultRole(r, model.RoleNone); model.CodeOf(err) != model.CodeNothing {
		t.Errorf("as it is: %v", err)
	}
	if _, err := DefaultRole(r, model.RoleViewer); model.CodeOf(err) != model.CodeInvalid || !strings.Contains(model.HintOf(err), "admin and user") {
		t.Errorf("a role of older RomMs: %v, %s", err, model.HintOf(err))
	}
	set, _, err := Simulate(t.Context(), r, p)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := DefaultRole(set, model.RoleNone); err != nil || p.Title != "refuse people in none of the groups" {
		t.Errorf("%v, %s", err, p.Title)
	}
}

// TestReport: a report counts what was made and what is not known, and says of
// failures the first, after the worst.
func TestReport(t *testing.T) {
	t.Parallel()
	p := Plan{Changes: []Change{mail(1, "a", "b"), mail(2, "a", "b"), mail(3, "a", "b")}}
	lost := errors.New("lost")
	run := Run{Plan: p, ID: "p1"}
	run = run.Tried(model.World{}, OutcomeDone, nil)
	if c, more := run.Next(); !more || c.Object != "2" || run.Report().Count() != "1 of 3 changes made" {
		t.Errorf("%v %v, %s", c, more, run.Report().Count())
	}
	run = run.Tried(model.World{}, OutcomeUnknown, lost)
	report := run.Report()
	if _, more := run.Next(); more || report.Count() != "1 of 3 changes made, 1 not known" || !errors.Is(report.Err(), lost) {
		t.Errorf("%v, %s, %v", more, report.Count(), report.Err())
	}
	report.NoAdmin = true
	if err := report.Err(); model.CodeOf(err) != model.CodePartial || !errors.Is(err, lost) || !strings.HasSuffix(model.HintOf(err), "--plan p1") {
		t.Errorf("%v, %s", err, model.HintOf(err))
	}
}
