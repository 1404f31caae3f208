package reconcile

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// promising is a service whose Authentik verifies addresses that somebody
// vouched for only.
type promising struct{ idp }

func (p promising) ReadDirectory(ctx context.Context, o model.ReadOptions) (model.DirectoryReading, error) {
	r, err := p.idp.ReadDirectory(ctx, o)
	r.Provider.Verified = model.VerifiedAddress
	return r, err
}

// TestApplyRefusesWhatItNoLongerDoes proves S35: a plan that would not do any
// more for somebody what was shown of it is not begun, and says for whom and why.
func TestApplyRefusesWhatItNoLongerDoes(t *testing.T) {
	for name, c := range map[string]struct {
		between func(*ports) // between the reading and the writing
		said    string       // "" applies
	}{
		"nothing": {func(*ports) {}, ""},
		"another's address": {func(p *ports) {
			p.ids[0].Email, p.ids[0].TrustedEmail = "root@y.org", "root@y.org"
			p.locals[0].Email = "root@y.org"
		}, ""},
		"the address":        {func(p *ports) { p.ids[1].Email, p.ids[1].TrustedEmail = "bob@y.org", "bob@y.org" }, "the address of bob in Authentik became bob@y.org"},
		"no address":         {func(p *ports) { p.ids[1].Email, p.ids[1].TrustedEmail = "", "" }, "the address of bob in Authentik became empty"},
		"is_active":          {func(p *ports) { p.ids[1].Active = false }, "bob became inactive in Authentik"},
		"the verification":   {func(p *ports) { p.ids[1].TrustedEmail = "" }, "the address of bob is no longer verified"},
		"a group, same role": {func(p *ports) { p.ids[1].Groups = []model.GroupID{users, "x"} }, ""},
		"the groups":         {func(p *ports) { p.ids[1].Groups = nil }, "the groups of bob changed"},
		"gone":               {func(p *ports) { p.ids = slices.Delete(p.ids, 1, 2) }, "bob is gone from Authentik"},
		"in RomM":            {func(p *ports) { p.locals[1].Enabled = false }, "the RomM account of bob was disabled"},
	} {
		p, s, _ := start(t)
		s.Directory = promising{idp{p}}
		for i := range p.ids {
			p.ids[i].TrustedEmail = p.ids[i].Email
		}
		r, err := s.Load(t.Context(), model.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		draft, err := plan.LocalEmail(r, 2, "bob@x.org")
		if err != nil {
			t.Fatal(err)
		}
		c.between(p)
		p.log = nil
		_, report := s.Apply(t.Context(), r, draft)
		err = report.Err()
		if c.said == "" {
			if err != nil || report.Done() != 1 {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if model.CodeOf(err) != model.CodeConflict || len(p.log) != 0 || !strings.Contains(err.Error(), c.said) || !strings.Contains(err.Error(), "no longer do what was shown for bob") {
			t.Errorf("%s: %v, calls %q", name, err, p.log)
		}
	}
}

// TestApplyRefusesForWhomItIsAbout: the plan says nothing new of bob's login, and
// would leave it as it is: so it must be.
func TestApplyRefusesForWhomItIsAbout(t *testing.T) {
	p, s, _ := start(t)
	p.locals[1].Email = "bob@x.org"
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	draft, err := plan.Pin(r, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	p.ids[1].Email = "bob@y.org"
	p.log = nil
	if _, report := s.Apply(t.Context(), r, draft); model.CodeOf(report.Err()) != model.CodeConflict || len(p.log) != 0 ||
		!strings.Contains(report.Err().Error(), "no longer do what was shown for bob") {
		t.Errorf("%v, calls %q", report.Err(), p.log)
	}
}

// TestSomebodyMadeTheNewAccount: who was to get a new account and has signed in
// meanwhile has it.
func TestSomebodyMadeTheNewAccount(t *testing.T) {
	p, s, _ := start(t)
	p.locals = p.locals[:2]
	p.ids[2].Groups = nil
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	draft, err := plan.DefaultRole(r, model.RoleUser)
	if err != nil {
		t.Fatal(err)
	}
	if _, impact, _ := plan.Simulate(t.Context(), r, draft); len(impact.CanSignIn) != 1 || impact.CanSignIn[0].After.Outcome != model.Registers {
		t.Fatalf("%+v", impact)
	}
	p.locals = append(p.locals, model.LocalUser{ID: 3, Username: "cid", Email: "cid@x.org", Role: model.RoleUser, Enabled: true})
	if _, report := s.Apply(t.Context(), r, draft); report.Err() != nil {
		t.Error(report.Err())
	}
}
