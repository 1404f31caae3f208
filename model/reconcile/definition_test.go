package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// refusing is an identity provider whose definitions refuse the attributes of one
// person.
type refusing struct {
	idp
	pk  int64
	err error
}

// ReadDirectory reads a provider that believes the trusted address alone.
func (r refusing) ReadDirectory(ctx context.Context, o model.ReadOptions) (model.DirectoryReading, error) {
	got, err := r.idp.ReadDirectory(ctx, o)
	got.Provider.Verified = model.VerifiedAddress
	return got, err
}

func (r refusing) SetTrustedEmail(_ context.Context, pk int64, _, after string) (model.Identity, error) {
	if pk == r.pk {
		return model.Identity{}, r.err
	}
	for i := range r.ids {
		if r.ids[i].PK == pk {
			r.ids[i].TrustedEmail = model.Untrusted(after)
			return r.ids[i], nil
		}
	}
	return model.Identity{}, errNotAsked
}

func refusal() error {
	return &model.Error{Code: model.CodeInvalid, Op: "trust", Msg: "not changed", Err: fmt.Errorf("%w: department: wrong", model.ErrDefinition)}
}

// vouches is a plan that vouches for everybody, one by one.
func vouches(r *model.Review) (p plan.Plan) {
	p.Title = "vouch"
	for _, id := range r.World.Directory.Identities {
		p.Changes = append(p.Changes, plan.Change{
			Kind: plan.ChangeTrustedEmail, Side: plan.SideAuthentik, Object: fmt.Sprint(id.PK), Label: id.Username, After: id.Email,
		})
	}
	return p
}

func outcomes(report plan.Report) (out []string) {
	for _, x := range report.Results {
		out = append(out, x.Outcome)
	}
	return out
}

// What a definition of attributes refuses is about one person: the plan goes on
// with the others, and says what was refused.
func TestARefusedAttributeStopsNothingElse(t *testing.T) {
	p, s, r := start(t)
	s.Directory = refusing{idp{p}, 2, refusal()}
	after, report := s.Apply(t.Context(), r, vouches(r))
	want := []string{plan.OutcomeDone, plan.OutcomeFailed, plan.OutcomeDone}
	if got := outcomes(report); !slices.Equal(got, want) || report.Done() != 2 {
		t.Fatalf("%q", got)
	}
	if err := report.Err(); !errors.Is(err, model.ErrDefinition) || !strings.Contains(err.Error(), "department: wrong") {
		t.Error(err)
	}
	if p.journal[1].Outcome != plan.OutcomeFailed || !strings.Contains(p.journal[1].Detail, "department") || p.journal[2].Outcome != plan.OutcomeDone {
		t.Errorf("%+v", p.journal)
	}
	if ids := after.World.Directory.Identities; ids[2].TrustedEmail == "" || ids[1].TrustedEmail != "" {
		t.Errorf("%+v", ids)
	}
	s.Directory = refusing{idp{p}, 2, errors.New("gone")}
	if _, report := s.Apply(t.Context(), r, vouches(r)); len(report.Results) > 2 {
		t.Errorf("another failure: %q", outcomes(report))
	}
}

// proves S35: without what was refused the rest is another plan. Here it would
// take the last admin's way in, which the refused change was to keep.
func TestTheRestOfARefusedPlanIsJudged(t *testing.T) {
	p, s, _ := start(t)
	p.ids[0].TrustedEmail, p.locals[1].Email = "root@x.org", "bob@x.org"
	s.Directory = refusing{idp{p}, 2, refusal()}
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// bob becomes able to sign in, and an admin; then root's row goes.
	p1 := plan.Plan{Title: "hand over", Changes: []plan.Change{
		{Kind: plan.ChangeTrustedEmail, Side: plan.SideAuthentik, Object: "2", Label: "bob", After: "bob@x.org"},
		{Kind: plan.ChangeRoleRow, Side: plan.SideRoleMap, Object: string(users), Label: "users", Before: model.Untrusted(model.RoleUser), After: model.Untrusted(model.RoleAdmin)},
		{Kind: plan.ChangeRoleRow, Side: plan.SideRoleMap, Object: string(admins), Label: "admins", Before: model.Untrusted(model.RoleAdmin), After: model.Untrusted(model.RoleUser)},
	}}
	_, report := s.Apply(t.Context(), r, p1)
	if got := outcomes(report); !slices.Equal(got, []string{plan.OutcomeFailed, plan.OutcomeFailed}) {
		t.Fatalf("%q: %v", got, report.Err())
	}
	if err := report.Results[1].Err; model.CodeOf(err) != model.CodeRefused || !strings.Contains(err.Error(), "without what was refused") {
		t.Error(err)
	}
	if slices.Contains(p.log, "SetRoleRow") {
		t.Errorf("calls %v", p.log)
	}
}
