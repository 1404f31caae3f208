package reconcile

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// directory is a ports whose accounts are made here.
type directory struct{ *ports }

func (d directory) ReadAccounts(ctx context.Context) (model.AccountsReading, error) {
	got, err := d.ports.ReadAccounts(ctx)
	got.System.Embedded = true
	return got, err
}

func (d directory) AddAccount(_ context.Context, u model.LocalUser) (model.LocalUser, error) {
	if err := d.call("AddAccount"); err != nil {
		return model.LocalUser{}, err
	}
	u.ID = 70 // not the one that was guessed
	d.locals = append(d.locals, u)
	return u, nil
}

func (d directory) RemoveAccount(_ context.Context, before model.LocalUser) error {
	if err := d.call("RemoveAccount"); err != nil {
		return err
	}
	n := len(d.locals)
	d.locals = slices.DeleteFunc(d.locals, func(u model.LocalUser) bool { before.ID = u.ID; return u == before })
	if len(d.locals) != n-1 {
		return &model.Error{Code: model.CodeConflict, Msg: "not as before"}
	}
	return nil
}

// TestAccountsArePlanned proves S37 and R15: an account is made and removed as
// the journal says, read back with the id that it got, and RomM's are not.
func TestAccountsArePlanned(t *testing.T) {
	p, s, _ := start(t)
	s.Accounts, p.log = directory{p}, nil
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(p.locals)
	draft, err := plan.AddAccounts(r, []model.LocalUser{{Username: "zoe", Role: model.RoleUser, Enabled: true}})
	if err != nil {
		t.Fatal(err)
	}
	after, report := s.Apply(t.Context(), r, draft)
	if report.Err() != nil || strings.Join(p.log, " ") != "OpenEntry AddAccount CloseEntry" ||
		!slices.ContainsFunc(after.World.Locals, func(u model.LocalUser) bool { return u.Username == "zoe" && u.ID == 70 }) {
		t.Fatalf("%v, %q, %+v", report.Err(), p.log, after.World.Locals)
	}
	undo, err := plan.Undo(after, p.journal)
	if err != nil {
		t.Fatal(err)
	}
	back, report := s.Apply(t.Context(), after, undo)
	if report.Err() != nil || !slices.Equal(p.locals, before) || len(back.World.Locals) != len(before) {
		t.Errorf("undo: %v, %+v", report.Err(), p.locals)
	}
	p.fail["AddAccount"] = errors.New("disk full")
	if w, report := s.Apply(t.Context(), back, draft); report.Err() == nil || len(w.World.Locals) != len(before) {
		t.Errorf("it failed: %v", report.Err())
	}
	s.Accounts = p
	if run := s.Step(t.Context(), plan.Run{Plan: draft, ID: "x", World: r.World}); model.CodeOf(run.Report().Err()) != model.CodeForbidden {
		t.Errorf("in RomM: %v", run.Report().Err())
	}
}
