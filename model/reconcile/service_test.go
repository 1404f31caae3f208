package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

const (
	admins model.GroupID = "00000000-0000-0000-0000-00000000000a"
	users  model.GroupID = "00000000-0000-0000-0000-00000000000b"
)

// ports is a small world in memory that satisfies every port. fail names the
// calls that fail; log lists what was called, in order.
type ports struct {
	locals  []model.LocalUser
	ids     []model.Identity
	roles   model.RoleMap
	links   []model.Pin
	kept    []model.Assertion
	journal []plan.JournalEntry
	busy    int // how many times another program applies a plan
	fail    map[string]error
	log     []string
	// services says of each reading of the directory whether it took in the
	// service accounts.
	services []bool
	before   func(call string) // runs before a call
}

func (p *ports) call(name string) error {
	p.log = append(p.log, name)
	if p.before != nil {
		p.before(name)
	}
	return p.fail[name]
}

func (p *ports) ReadDirectory(_ context.Context, o model.ReadOptions) (model.DirectoryReading, error) {
	p.services = append(p.services, o.ServiceAccounts)
	return model.DirectoryReading{
		System: model.System{Name: "auth"},
		Directory: model.Directory{
			Identities: slices.Clone(p.ids),
			Groups:     []model.Group{{ID: admins, Name: "admins"}, {ID: users, Name: "users"}},
		},
		Provider: model.Provider{Found: true, Verified: model.VerifiedAlways, Profile: true, RoleMap: true},
	}, p.fail["ReadDirectory"]
}

func (p *ports) ReadAccounts(context.Context) (model.AccountsReading, error) {
	return model.AccountsReading{System: model.System{Name: "romm"}, Version: model.Version{Major: 5, Minor: 2}, Users: slices.Clone(p.locals)}, p.fail["ReadAccounts"]
}

func (p *ports) SetEmail(_ context.Context, id int64, before, after string) (model.LocalUser, error) {
	if err := p.call("SetEmail"); err != nil {
		return model.LocalUser{}, err
	}
	for i := range p.locals {
		if u := &p.locals[i]; u.ID == id && u.Email.Raw() == before {
			u.Email = model.Untrusted(after)
			return *u, nil
		}
	}
	return model.LocalUser{}, &model.Error{Code: model.CodeConflict, Msg: "changed"}
}

func (p *ports) RoleMap(context.Context) (model.RoleMap, error) {
	return p.roles, p.fail["RoleMap"]
}

func (p *ports) RoleMapDoubt(context.Context) (doubt, forgotten error) {
	return p.fail["RoleMapDoubt"], p.fail["remember"]
}

func (p *ports) SetRoleRow(_ context.Context, row model.RoleRow, _ model.Role) error {
	if err := p.call("SetRoleRow"); err != nil {
		return err
	}
	p.roles = p.roles.With(row)
	if err := p.fail["RoleMap after"]; err != nil {
		p.fail["RoleMap"] = err
	}
	return nil
}

func (p *ports) SetDefaultRole(_ context.Context, role, _ model.Role) error {
	if err := p.call("SetDefaultRole"); err != nil {
		return err
	}
	p.roles.Default = role
	return nil
}

func (p *ports) Pins(context.Context) ([]model.Pin, error) { return p.links, nil }

func (p *ports) Pin(_ context.Context, l model.Pin) error {
	p.links = append(p.links, l)
	return p.call("Pin")
}
func (p *ports) Unpin(context.Context, string) error { p.links = nil; return p.call("Unpin") }

func (p *ports) PendingRoles(context.Context) ([]model.PendingRole, error) { return nil, nil }

func (p *ports) SetPendingRole(context.Context, model.PendingRole, model.Role) error {
	return p.call("SetPendingRole")
}

func (p *ports) Assertions(context.Context) ([]model.Assertion, error) {
	return p.kept, p.fail["Assertions"]
}

func (p *ports) SetAssertions(_ context.Context, after, _ []model.Assertion, _ model.Untrusted) error {
	p.kept = after
	return p.call("SetAssertions")
}

func (p *ports) OpenEntry(_ context.Context, e plan.JournalEntry) (int64, error) {
	if err := p.call("OpenEntry"); err != nil {
		return 0, err
	}
	p.journal = append(p.journal, e)
	return int64(len(p.journal)), nil
}

func (p *ports) CloseEntry(ctx context.Context, seq int64, outcome, detail string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := p.call("CloseEntry"); err != nil {
		return err
	}
	p.journal[seq-1].Outcome, p.journal[seq-1].Detail = outcome, detail
	return nil
}

func (p *ports) OpenPlan(context.Context, plan.Interruption, string) error { return nil }

func (p *ports) HoldPlan(string) error {
	if p.busy > 0 {
		p.busy--
		return &model.Error{Code: model.CodeBusy}
	}
	return nil
}

func (p *ports) EndPlan(string) {}

func (p *ports) Settle(context.Context, string, []plan.Settlement) error { return nil }

func (p *ports) Entries(context.Context, int, int64) ([]plan.JournalEntry, error) { return nil, nil }

func (p *ports) Interrupted(context.Context) ([]plan.Interruption, error) { return nil, nil }

// idp is the identity provider of ports, of which no test that has it asks for
// more than a reading.
type idp struct{ *ports }

var errNotAsked = errors.New("not asked for")

func (idp) Preview(context.Context, int64, int64) (model.Claims, error) { return nil, errNotAsked }

func (idp) CheckAccess(context.Context) (model.Access, error) { return model.Access{}, errNotAsked }

func (idp) AnswersForOthers(context.Context) (bool, error) { return false, errNotAsked }

func (idp) MayOpen(context.Context, string, int64) (model.AccessAnswer, error) {
	return model.AccessAnswer{}, errNotAsked
}

func (idp) SetupNeeds(context.Context) (model.SetupNeeds, error) {
	return model.SetupNeeds{}, errNotAsked
}

func (idp) ClientSecret(context.Context, string) (model.Secret, error) { return "", errNotAsked }

func (idp) SetEmail(context.Context, int64, string, string) (model.Identity, error) {
	return model.Identity{}, errNotAsked
}

func (idp) SetTrustedEmail(context.Context, int64, string, string) (model.Identity, error) {
	return model.Identity{}, errNotAsked
}

func (idp) SetMapping(context.Context, string, *model.ScopeMapping, *model.ScopeMapping) error {
	return errNotAsked
}

func (idp) SetProvider(context.Context, string, *model.OAuthProvider, *model.OAuthProvider) error {
	return errNotAsked
}

func (idp) SetApplication(context.Context, string, *model.Application, *model.Application) error {
	return errNotAsked
}

func (idp) SetBinding(context.Context, *model.Binding, *model.Binding) error { return errNotAsked }

// start is a service over a world with an admin and two people whose addresses
// differ.
func start(t *testing.T) (*ports, *Service, *model.Review) {
	t.Helper()
	p := &ports{fail: map[string]error{}}
	add := func(name, local, idp string, g model.GroupID, role model.Role) {
		p.locals = append(p.locals, model.LocalUser{ID: int64(len(p.locals) + 1), Username: model.Untrusted(name), Email: model.Untrusted(local), Role: role, Enabled: true})
		n := int64(len(p.ids) + 1)
		p.ids = append(p.ids, model.Identity{PK: n, UID: fmt.Sprint("uid", n), Username: model.Untrusted(name), Email: model.Untrusted(idp), Active: true, Groups: []model.GroupID{g}})
	}
	add("root", "root@x.org", "root@x.org", admins, model.RoleAdmin)
	add("bob", "bob@old.org", "bob@x.org", users, model.RoleUser)
	add("cid", "cid@old.org", "cid@x.org", users, model.RoleUser)
	p.roles.Rows = []model.RoleRow{{Group: admins, Name: "admins", Role: model.RoleAdmin}, {Group: users, Name: "users", Role: model.RoleUser}}
	n := 0
	s := &Service{
		Directory: idp{p}, Accounts: p, Roles: p, Journal: p, Actor: "tester", Session: "s",
		Settings: model.Settings{ClaimRoles: model.RolesClaim, AllowRegistration: true, Database: model.DatabasePostgreSQL, RoleAdmin: "admin", RoleViewer: "viewer"},
		Now:      func() time.Time { return time.Unix(0, 0).UTC() }, NewID: func() string { n++; return fmt.Sprint("plan", n) },
	}
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p, s, r
}

func fixes(t *testing.T, r *model.Review) plan.Plan {
	t.Helper()
	d, err := plan.SafeFixes(t.Context(), r)
	p := d.Plan
	if err != nil || len(p.Changes) != 2 {
		t.Fatalf("%+v, %v", p, err)
	}
	return p
}

func TestApplyRecordsAndReadsBack(t *testing.T) {
	p, s, r := start(t)
	after, report := s.Apply(t.Context(), r, fixes(t, r))
	if report.Err() != nil || report.Done() != 2 {
		t.Fatal(report.Err())
	}
	if after.Stats.CannotSignIn != 0 || p.locals[1].Email != "bob@x.org" {
		t.Errorf("%+v", after.Stats)
	}
	want := "OpenEntry SetEmail CloseEntry OpenEntry SetEmail CloseEntry"
	if got := strings.Join(p.log, " "); got != want {
		t.Errorf("order: %s", got)
	}
	for _, e := range p.journal {
		if e.Outcome != plan.OutcomeDone || e.Actor != "tester" || e.PlanID != "plan1" || e.Change.Before == "" {
			t.Errorf("%+v", e)
		}
	}
}

// TestNoRecordNoChange proves S37: a change whose record cannot be written
// does not happen.
func TestNoRecordNoChange(t *testing.T) {
	p, s, r := start(t)
	p.fail["OpenEntry"] = errors.New("disk full")
	_, report := s.Apply(t.Context(), r, fixes(t, r))
	if report.Done() != 0 || !strings.Contains(report.Err().Error(), "disk full") || slices.Contains(p.log, "SetEmail") {
		t.Errorf("%v, calls %v", report.Err(), p.log)
	}
}

func TestApplyStopsAtTheFirstFailure(t *testing.T) {
	p, s, r := start(t)
	n := 0
	p.before = func(call string) {
		if call == "SetEmail" {
			if n++; n == 2 {
				p.fail["SetEmail"] = errors.New("gone")
			}
		}
	}
	after, report := s.Apply(t.Context(), r, fixes(t, r))
	if report.Done() != 1 || len(report.Results) != 2 || report.Err() == nil {
		t.Fatalf("%+v", report)
	}
	if p.journal[0].Outcome != plan.OutcomeDone || p.journal[1].Outcome != plan.OutcomeFailed || !strings.Contains(p.journal[1].Detail, "gone") {
		t.Errorf("%+v", p.journal)
	}
	if after.Stats.CannotSignIn != 1 {
		t.Errorf("the review does not show what was done: %+v", after.Stats)
	}
}

// TestRecordIsClosedAfterCancel: the caller goes away between write and record.
func TestRecordIsClosedAfterCancel(t *testing.T) {
	p, s, r := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	p.before = func(call string) {
		if call == "SetEmail" {
			cancel()
		}
	}
	s.Apply(ctx, r, fixes(t, r))
	if p.journal[0].Outcome != plan.OutcomeDone {
		t.Errorf("%+v", p.journal[0])
	}
}

// ending is a context that ends when it is told to, and why.
type ending struct {
	context.Context
	why error
}

func (e *ending) Err() error { return e.why }

// TestStopIsNoFailure: what was stopped can be finished later, what failed or
// took too long was told.
func TestStopIsNoFailure(t *testing.T) {
	for why, want := range map[error]bool{context.Canceled: true, context.DeadlineExceeded: false, nil: false} {
		p, s, r := start(t)
		ctx := &ending{Context: t.Context()}
		p.before = func(call string) {
			if call == "SetEmail" {
				ctx.why, p.fail["SetEmail"] = why, errors.New("gone")
			}
		}
		s.Apply(ctx, r, fixes(t, r))
		if e := p.journal[0]; e.Outcome != map[bool]string{true: plan.OutcomeStopped, false: plan.OutcomeFailed}[want] || !strings.Contains(e.Detail, "gone") {
			t.Errorf("%v: %+v, want stopped %v", why, e, want)
		}
	}
}

// TestCloseFails: the change was made and counts, the error is told.
func TestCloseFails(t *testing.T) {
	p, s, r := start(t)
	p.fail["CloseEntry"] = errors.New("disk full")
	after, report := s.Apply(t.Context(), r, fixes(t, r))
	if report.Err() == nil || after.Stats.CannotSignIn != 1 || p.journal[0].Outcome != plan.OutcomeOpen {
		t.Errorf("%v, %+v", report.Err(), after.Stats)
	}
}

// TestMadeButNotReadBack: the journal says that it was made.
func TestMadeButNotReadBack(t *testing.T) {
	p, s, r := start(t)
	p.fail["RoleMap after"] = errors.New("disk gone")
	draft, err := plan.RoleRow(r, users, model.RoleAdmin)
	if err != nil {
		t.Fatal(err)
	}
	after, report := s.Apply(t.Context(), r, draft)
	if model.CodeOf(report.Err()) != model.CodePartial || p.journal[0].Outcome != plan.OutcomeDone || p.journal[0].Detail == "" {
		t.Errorf("%v, %+v", report.Err(), p.journal)
	}
	if row, _ := after.World.Roles.Row(users); row.Role != model.RoleAdmin {
		t.Error("the review shows the role from before")
	}
}

// TestPanicInAReading: it is an error like any other, and ends nothing else.
func TestPanicInAReading(t *testing.T) {
	err := together(t.Context(), func(context.Context) error { panic("oh") }, func(context.Context) error { return nil })
	if model.CodeOf(err) != model.CodeInternal || !strings.Contains(err.Error(), "oh") {
		t.Error(err)
	}
}

// TestCancelledReadingIsNoResult: also when each part makes do with what it got.
func TestCancelledReadingIsNoResult(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := together(ctx, func(context.Context) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestGuardSeesThePresent proves S5 and S35 for two consoles: each plan is
// harmless in the world it was made from, both together lose the last admin.
func TestGuardSeesThePresent(t *testing.T) {
	p, s, _ := start(t)
	p.roles = p.roles.With(model.RoleRow{Group: users, Name: "users", Role: model.RoleAdmin})
	p.locals[1].Email = "bob@x.org"
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	first, err := plan.RoleRow(r, admins, model.RoleNone)
	if err != nil {
		t.Fatal(err)
	}
	second, err := plan.RoleRow(r, users, model.RoleNone)
	if err != nil {
		t.Fatal(err)
	}
	if _, report := s.Apply(t.Context(), r, first); report.Err() != nil {
		t.Fatal(report.Err())
	}
	if _, report := s.Apply(t.Context(), r, second); model.CodeOf(report.Err()) != model.CodeRefused {
		t.Errorf("the second plan: %v", report.Err())
	}
	if got := len(p.roles.Rows); got != 1 {
		t.Errorf("%d rows are left", got)
	}
}

// The reading before a write takes in what the plan was made from: a service
// account that a change is about must not be missing from it.
func TestTheReadingBeforeAWriteTakesInTheSame(t *testing.T) {
	p, s, _ := start(t)
	for _, services := range []bool{false, true} {
		r, err := s.Load(t.Context(), model.ReadOptions{ServiceAccounts: services})
		if err != nil || r.World.ServiceAccounts != services {
			t.Fatalf("the review says %v, want %v; %v", r.World.ServiceAccounts, services, err)
		}
		p.services = nil
		draft, err := plan.LocalEmail(r, 2, fmt.Sprintf("bob-%v@x.org", services))
		if err != nil {
			t.Fatal(err)
		}
		if _, report := s.Apply(t.Context(), r, draft); report.Err() != nil {
			t.Fatal(report.Err())
		}
		if !slices.Equal(p.services, []bool{services}) {
			t.Errorf("the readings before the write took in %v, want %v", p.services, services)
		}
	}
}

func TestApplyRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*ports, *Service)
		plan func(*model.Review) plan.Plan
		code model.Code
	}{
		"read-only": {func(_ *ports, s *Service) { s.ReadOnly = true }, nil, model.CodeRefused},
		"empty":     {nil, func(*model.Review) plan.Plan { return plan.Plan{} }, model.CodeInvalid},
		"stale":     {func(p *ports, _ *Service) { p.locals[1].Email = "bob@new.org" }, nil, model.CodeConflict},
		"unread":    {func(p *ports, _ *Service) { p.fail["ReadAccounts"] = &model.Error{Code: model.CodeUnavailable} }, nil, model.CodeUnavailable},
		"no switch": {nil, func(r *model.Review) plan.Plan { d, _ := plan.Enabled(t.Context(), r, false, 2); return d.Plan }, model.CodeForbidden},
	} {
		p, s, r := start(t)
		draft := fixes(t, r)
		if c.plan != nil {
			draft = c.plan(r)
		}
		if c.edit != nil {
			c.edit(p, s)
		}
		_, report := s.Apply(t.Context(), r, draft)
		if model.CodeOf(report.Err()) != c.code || report.Done() != 0 || slices.Contains(p.log, "SetEmail") {
			t.Errorf("%s: %v (%s)", name, report.Err(), model.CodeOf(report.Err()))
		}
	}
}

func TestPins(t *testing.T) {
	p, s, r := start(t)
	draft, err := plan.Pin(r, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	after, report := s.Apply(t.Context(), r, draft)
	if report.Err() != nil || len(p.links) != 1 || p.links[0].LocalID != 3 || p.links[0].Email != "cid@old.org" || len(after.World.Pins) != 1 {
		t.Errorf("%v, %+v", report.Err(), p.links)
	}
	if _, report := s.Apply(t.Context(), r, draft); model.CodeOf(report.Err()) != model.CodeConflict {
		t.Errorf("pinned twice: %v", report.Err())
	}
}

func TestAssertionsAreKeptAndGuard(t *testing.T) {
	p, s, r := start(t)
	draft, err := plan.Assert(r, "user:root is admin", true)
	if err != nil {
		t.Fatal(err)
	}
	after, report := s.Apply(t.Context(), r, draft)
	if report.Err() != nil || !slices.Equal(p.kept, []model.Assertion{{Name: "root", Role: model.RoleAdmin}}) || len(after.World.Assertions) != 1 {
		t.Fatalf("%v, %q", report.Err(), p.kept)
	}
	p.ids[1].Groups, p.locals[1].Email = []model.GroupID{admins}, "bob@x.org" // a second admin: S5 says nothing
	if r, err = s.Load(t.Context(), model.ReadOptions{}); err != nil {
		t.Fatal(err)
	}
	if draft, err = plan.RoleRow(r, admins, model.RoleUser); err != nil {
		t.Fatal(err)
	}
	if _, report := s.Apply(t.Context(), r, draft); model.CodeOf(report.Err()) != model.CodeRefused {
		t.Errorf("%v", report.Err())
	}
	if draft, err = plan.Assert(r, "user:root is admin", false); err != nil {
		t.Fatal(err)
	}
	if _, report := s.Apply(t.Context(), r, draft); report.Err() != nil || len(p.kept) != 0 {
		t.Errorf("%v, %q", report.Err(), p.kept)
	}
}

// TestLoadFails: the failure of one side is the error, and the other is
// cancelled rather than waited for.
func TestLoadFails(t *testing.T) {
	p, s, _ := start(t)
	p.fail["ReadDirectory"] = &model.Error{Code: model.CodeUnauthorized, Msg: "bad token"}
	if _, err := s.Load(t.Context(), model.ReadOptions{}); model.CodeOf(err) != model.CodeUnauthorized {
		t.Errorf("%v", err)
	}
}

// cutShort is a journal in which a plan was cut short an hour ago.
type cutShort struct{ *ports }

func (cutShort) Interrupted(context.Context) ([]plan.Interruption, error) {
	return []plan.Interruption{{PlanID: "p", Title: "half done", At: time.Unix(0, 0).Add(-time.Hour)}}, nil
}

// TestInterruptedPlanIsToldAtTheStart proves R15 for users who open a screen
// or list people: what was cut short is among the notes.
func TestInterruptedPlanIsToldAtTheStart(t *testing.T) {
	p, s, _ := start(t)
	s.Journal = cutShort{p}
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(r.NoteTexts(), func(n string) bool { return strings.Contains(n, "half done") && strings.Contains(n, "cut short") }) {
		t.Errorf("%q", r.NoteTexts())
	}
}

// TestApplyRefusesWhatNobodyWasShown proves S35: a plan that now keeps somebody
// out whom the preview did not name is shown again first; one that
// concerns fewer people than that goes on.
func TestApplyRefusesWhatNobodyWasShown(t *testing.T) {
	for name, c := range map[string]struct {
		before, after func(*ports) // between the reading and the writing
		refused       bool
	}{
		"nothing": {func(*ports) {}, func(*ports) {}, false},
		"cid joins the group": {func(p *ports) { p.ids[2].Groups = []model.GroupID{admins} }, func(p *ports) {
			p.ids[2].Groups = []model.GroupID{users}
		}, true},
		"cid leaves the group": {func(*ports) {}, func(p *ports) { p.ids[2].Groups = []model.GroupID{admins} }, false},
	} {
		p, s, _ := start(t)
		for i := range p.locals {
			p.locals[i].Email = p.ids[i].Email
		}
		c.before(p)
		r, err := s.Load(t.Context(), model.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		draft, err := plan.RoleRow(r, users, model.RoleNone)
		if err != nil {
			t.Fatal(err)
		}
		_, impact, err := plan.Simulate(t.Context(), r, draft)
		if err != nil || len(impact.CannotSignIn) == 0 {
			t.Fatalf("%s: %+v, %v", name, impact, err)
		}
		c.after(p)
		p.log = nil
		_, report := s.Apply(t.Context(), r, draft)
		err = report.Err()
		if (model.CodeOf(err) == model.CodeConflict) != c.refused || c.refused && (len(p.log) != 0 || !strings.Contains(err.Error(), "cid")) || !c.refused && err != nil {
			t.Errorf("%s: %v, calls %q", name, err, p.log)
		}
	}
}
