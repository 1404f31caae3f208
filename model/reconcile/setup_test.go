package reconcile

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// setUp is a directory whose Authentik answers from the roles mapping that it
// holds.
type setUp struct {
	*ports
	mapping model.ScopeMapping
}

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
func publishing(t *testing.T) (*setUp, *Service, *model.Review, model.Plan) {
	t.Helper()
	p, s, _ := start(t)
	p.locals[1].Email = "bob@x.org"
	d := &setUp{ports: p, mapping: model.ScopeMapping{Mark: model.MarkRoles, Name: "RomM Roles", Scope: model.RolesClaim, Roles: &model.RoleTable{
		Rows: []model.RoleTableRow{{Group: admins, Token: "admin"}}, Rank: []string{"admin", "viewer"},
	}}}
	s.Directory, p.log = d, nil
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := r.PlanPublish()
	if err != nil {
		t.Fatal(err)
	}
	return d, s, r, plan
}

// TestPublish proves S37: the record comes first; and what was written is what
// the next reading sees, so that the world after is no guess.
func TestPublish(t *testing.T) {
	d, s, r, plan := publishing(t)
	after, report := s.Apply(t.Context(), r, plan)
	if report.Err() != nil || strings.Join(d.log, " ") != "OpenEntry SetMapping CloseEntry" {
		t.Fatalf("%v, calls %q", report.Err(), d.log)
	}
	again, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil || !reflect.DeepEqual(again.World.Setup, after.World.Setup) || !reflect.DeepEqual(again.Stats, after.Stats) ||
		after.Publication().State != model.PublishCurrent || after.Stats.CannotSignIn >= r.Stats.CannotSignIn {
		t.Errorf("%v: %+v, then %+v", err, after.World.Setup, again.World.Setup)
	}
	undo, err := again.PlanUndo([]model.JournalEntry{d.journal[0]})
	if err != nil {
		t.Fatal(err)
	}
	if back, report := s.Apply(t.Context(), again, undo); report.Err() != nil || back.Publication().State != model.PublishDecides {
		t.Errorf("undo: %v, %v", report.Err(), back.Publication())
	}
}

// TestPublishStale proves S35: a table that somebody else published meanwhile
// is not written over, whether it moved before the plan began or within it.
func TestPublishStale(t *testing.T) {
	theirs := &model.RoleTable{Rows: []model.RoleTableRow{{Group: users, Token: "admin"}}, Rank: []string{"admin"}}
	d, s, r, plan := publishing(t)
	d.mapping.Roles = theirs
	if _, report := s.Apply(t.Context(), r, plan); model.CodeOf(report.Err()) != model.CodeConflict || len(d.log) != 0 {
		t.Errorf("before: %v, calls %q", report.Err(), d.log)
	}
	d, s, r, plan = publishing(t)
	d.before = func(call string) {
		if call == "OpenEntry" {
			d.mapping.Roles = theirs
		}
	}
	_, report := s.Apply(t.Context(), r, plan)
	if model.CodeOf(report.Err()) != model.CodeConflict || d.mapping.Roles != theirs || d.journal[0].Outcome != model.OutcomeFailed {
		t.Errorf("within: %v, %+v", report.Err(), d.journal)
	}
}

func TestPublishFails(t *testing.T) {
	d, s, r, plan := publishing(t)
	d.fail["SetMapping"] = errors.New("no permission")
	after, report := s.Apply(t.Context(), r, plan)
	if report.Done() != 0 || after.Publication().State != model.PublishDecides || d.journal[0].Outcome != model.OutcomeFailed {
		t.Errorf("%+v, %v", report, after.Publication())
	}
	s.Directory = d.ports // which sets nothing up
	if _, err := s.write(t.Context(), r.World, plan.Changes[0]); model.CodeOf(err) != model.CodeForbidden {
		t.Errorf("a directory without set-up: %v", err)
	}
}
