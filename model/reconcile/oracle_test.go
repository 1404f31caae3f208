package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// oracle is a directory that computes previews: of an address as it is, called
// verified. Without change its provider has two mappings of the scope email,
// so that only a preview can tell (S10).
type oracle struct {
	idp
	provider model.Provider
	groups   []model.Group
	now      time.Time

	mu      sync.Mutex
	asked   []int64
	flying  int
	most    int                  // previews under way at once
	during  func(asked int)      // runs within each preview, without the lock
	refuse  func(pk int64) error // nil is no refusal
	compute func(id model.Identity) model.Claims
}

func (o *oracle) ReadDirectory(_ context.Context, opt model.ReadOptions) (model.DirectoryReading, error) {
	if opt.Progress != nil {
		opt.Progress(len(o.ids), len(o.ids))
	}
	return model.DirectoryReading{
		System:    model.System{Name: "auth"},
		Directory: model.Directory{Identities: slices.Clone(o.ids), Groups: slices.Clone(o.groups)},
		Provider:  o.provider,
	}, nil
}

func (o *oracle) Preview(ctx context.Context, provider, pk int64) (model.Claims, error) {
	o.mu.Lock()
	o.asked = append(o.asked, pk)
	asked := len(o.asked)
	o.flying++
	o.most = max(o.most, o.flying)
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.flying--
	}()
	if provider != o.provider.PK {
		return nil, fmt.Errorf("there is no provider %d", provider)
	}
	if o.during != nil {
		o.during(asked)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if o.refuse != nil {
		if err := o.refuse(pk); err != nil {
			return nil, err
		}
	}
	i := slices.IndexFunc(o.ids, func(id model.Identity) bool { return id.PK == pk })
	return o.compute(o.ids[i]), nil
}

func (o *oracle) SetEmail(_ context.Context, pk int64, _, after string) (model.Identity, error) {
	i := slices.IndexFunc(o.ids, func(id model.Identity) bool { return id.PK == pk })
	o.ids[i].Email = model.Untrusted(after)
	return o.ids[i], nil
}

func (o *oracle) SetTrustedEmail(context.Context, int64, string, string) (model.Identity, error) {
	return model.Identity{}, errors.New("not in this test")
}

// asks forgets what was asked, and returns it in order of keys.
func (o *oracle) asks() []int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.asked
	o.asked = nil
	slices.Sort(out)
	return out
}

// consult is a service over an oracle and n people, the first of them an
// admin, who would all sign in.
func consult(t *testing.T, n int) (*oracle, *Service) {
	t.Helper()
	p, s, _ := start(t)
	o := &oracle{
		idp: idp{p}, now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC),
		groups:   []model.Group{{ID: admins, Name: "admins"}, {ID: users, Name: "users"}},
		provider: model.Provider{Found: true, PK: 7, Profile: true, RoleMap: true, Fingerprint: "f1", Unknown: []model.Untrusted{"email one", "email two"}},
		compute: func(id model.Identity) model.Claims {
			roles := []any{"viewer"}
			if slices.Contains(id.Groups, admins) {
				roles = []any{"admin"}
			}
			return model.Claims{"email": id.Email.Raw(), "email_verified": true, "preferred_username": id.Username.Raw(), model.RolesClaim: roles}
		},
	}
	p.ids, p.locals = nil, nil
	for i := range n {
		name, g, role := fmt.Sprintf("user%d", i+1), users, model.RoleUser
		if i == 0 {
			g, role = admins, model.RoleAdmin
		}
		address := model.Untrusted(name + "@x.org")
		p.ids = append(p.ids, model.Identity{PK: int64(i + 1), UID: fmt.Sprint("uid", i+1), Username: model.Untrusted(name), Email: address, Active: true, Groups: []model.GroupID{g}})
		p.locals = append(p.locals, model.LocalUser{ID: int64(i + 1), Username: model.Untrusted(name), Email: address, Role: role, Enabled: true})
	}
	s.Directory, s.Now = o, func() time.Time { return o.now }
	return o, s
}

func load(t *testing.T, s *Service, o model.ReadOptions) *model.Review {
	t.Helper()
	r, err := s.Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func pair(t *testing.T, r *model.Review, pk int64) model.Pair {
	t.Helper()
	for _, p := range r.Pairs {
		if p.Identity != nil && p.Identity.PK == pk {
			return p
		}
	}
	t.Fatalf("user %d is in no pair", pk)
	return model.Pair{}
}
