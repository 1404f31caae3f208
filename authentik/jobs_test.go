package authentik_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// job is something that the client does. Done reports whether its effect is
// there; whole whether what it read is complete.
type job struct {
	name string
	// prepare runs before faults are in force; do is the job.
	prepare func(ctx context.Context, t *testing.T, c *authentik.Client)
	do      func(ctx context.Context, c *authentik.Client) (whole bool, err error)
	done    func(ctx context.Context, c *authentik.Client) (bool, error) // nil: reads only
}

const matrixPeople, matrixGroups = 7, 5

func matrixSeed(t *testing.T, version string) authentiktest.Seed {
	t.Helper()
	// A process has no place in a bubble, and thousands of them take minutes.
	seed := authentiktest.Seed{Version: version, Users: people(matrixPeople), Native: &authentiktest.Native{}}
	for i := range matrixGroups {
		seed.Groups = append(seed.Groups, authentiktest.Group{Name: fmt.Sprintf("group%d", i)})
	}
	return withRomM(t, seed, authentiktest.RomM{Slug: "seeded"})
}

// inBubble returns a client that talks to the server within the process, so
// that its deadlines and waits take no time.
func inBubble(t *testing.T, s *authentiktest.Server) *authentik.Client {
	t.Helper()
	c, err := authentik.New(authentik.Config{
		URL: "https://auth.example.org", Token: authentiktest.DefaultToken, Application: "seeded", HTTP: s.Client(), PageSize: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// jobState is what jobs need from before the faults.
type jobState struct {
	provider authentik.OAuthProvider
	app      authentik.Application
	bound    authentik.Binding
	mapping  authentik.Mapping
	other    authentik.OAuthProvider // to be created
}

func jobs() []job {
	st := &jobState{other: authentik.OAuthProvider{
		Name: "other", ClientID: "other", RedirectURIs: []authentik.RedirectURI{{URL: "https://romm.example.org/api/oauth/openid"}},
	}}
	return slices.Concat(st.reads(), userWrites(), st.mappingWrites(), st.providerWrites(), st.applicationWrites(), st.bindingWrites())
}

func (st *jobState) remember(ctx context.Context, t *testing.T, c *authentik.Client) {
	st.provider, _ = c.FindProvider(ctx, "romm")
	st.app, _ = c.ReadApplication(ctx, "seeded")
	var err error
	if st.mapping, err = c.FindMapping(ctx, authentik.ManagedEmail); err != nil || st.provider.PK == 0 || st.app.ID == "" || st.mapping.ID == "" {
		t.Fatal("the seed is not there", err)
	}
	st.other.AuthorizationFlow, st.other.InvalidationFlow = st.provider.AuthorizationFlow, st.provider.InvalidationFlow
}

func (st *jobState) gamers() authentik.Binding {
	return authentik.Binding{Target: st.app.ID, Group: authentiktest.GroupID("group0"), Enabled: true}
}

func (st *jobState) bind(ctx context.Context, t *testing.T, c *authentik.Client) {
	st.remember(ctx, t, c)
	var err error
	if st.bound, err = c.CreateBinding(ctx, st.gamers()); err != nil {
		t.Fatal(err)
	}
}

// unselect leaves the mapping to no provider.
func (st *jobState) unselect(ctx context.Context, t *testing.T, c *authentik.Client) {
	st.remember(ctx, t, c)
	without := st.provider
	without.Mappings = slices.DeleteFunc(slices.Clone(without.Mappings), func(id string) bool { return id == st.mapping.ID })
	if _, err := c.UpdateProvider(ctx, st.provider, without); err != nil {
		t.Fatal(err)
	}
}

// write is a job that reads nothing which could be a part of something.
func write(f func(ctx context.Context, c *authentik.Client) error) func(context.Context, *authentik.Client) (bool, error) {
	return func(ctx context.Context, c *authentik.Client) (bool, error) { return true, f(ctx, c) }
}

func (st *jobState) reads() []job {
	return []job{
		{"read", nil, func(ctx context.Context, c *authentik.Client) (bool, error) {
			r, err := c.ReadDirectory(ctx, model.ReadOptions{})
			whole := r.Directory.Incomplete != "" || len(r.Directory.Identities) == matrixPeople && len(r.Directory.Groups) == matrixGroups
			return whole, err
		}, nil},
		{"list mappings", nil, func(ctx context.Context, c *authentik.Client) (bool, error) {
			all, err := c.Mappings(ctx)
			return len(all) == 7, err
		}, nil},
		{"list bindings", st.bind, func(ctx context.Context, c *authentik.Client) (bool, error) {
			all, err := c.Bindings(ctx, st.app.ID)
			return len(all) == 1, err
		}, nil},
		{"list keys", nil, func(ctx context.Context, c *authentik.Client) (bool, error) {
			all, err := c.SigningKeys(ctx)
			return len(all) == 1, err
		}, nil},
		{"find flow", nil, func(ctx context.Context, c *authentik.Client) (bool, error) {
			id, err := c.FlowID(ctx, authentik.FlowImplicitConsent)
			return id != "", err
		}, nil},
		{"preview", st.remember, func(ctx context.Context, c *authentik.Client) (bool, error) {
			claims, err := c.Preview(ctx, st.provider.PK, 100)
			// Claims of another type are for the decision engine (S3).
			address, is := claims["email"].(string)
			return !is || address == "user00000@example.org", err
		}, nil},
		{"test mapping", st.remember, func(ctx context.Context, c *authentik.Client) (bool, error) {
			m, err := c.TestMapping(ctx, st.mapping.ID, 100)
			return m.OK, err
		}, nil},
		{"check access", nil, func(ctx context.Context, c *authentik.Client) (bool, error) {
			a, err := c.CheckAccess(ctx)
			return a.Superuser && len(a.Abilities) > 0, err
		}, nil},
		{"events", nil, func(ctx context.Context, c *authentik.Client) (bool, error) {
			_, _, err := c.Events(ctx, authentik.EventFilter{Actions: []string{authentik.ActionAuthorize}})
			return true, err
		}, nil},
	}
}

func userWrites() []job {
	const before, after = "user00000@example.org", "new@example.org"
	email := func(ctx context.Context, c *authentik.Client) (model.Identity, error) { return c.ReadUser(ctx, 100) }
	return []job{
		{
			"set e-mail", nil,
			write(func(ctx context.Context, c *authentik.Client) error {
				return second(c.SetEmail(ctx, 100, before, after))
			}),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				u, err := email(ctx, c)
				return u.Email == after, err
			},
		},
		{
			"set trusted", nil,
			write(func(ctx context.Context, c *authentik.Client) error {
				return second(c.SetTrustedEmail(ctx, 100, "", after))
			}),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				u, err := email(ctx, c)
				return u.TrustedEmail == after, err
			},
		},
	}
}

func (st *jobState) mappingWrites() []job {
	rolesWant := authentik.Mapping{Managed: authentik.ManagedRoles, Name: "RomM Roles", Scope: "romm_roles", Expression: "return {}"}
	changed := emailMapping()
	changed.Expression = authentik.EmailAlways
	return []job{
		{
			"create mapping", nil,
			write(func(ctx context.Context, c *authentik.Client) error { return second(c.CreateMapping(ctx, rolesWant)) }),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				m, err := c.FindMapping(ctx, authentik.ManagedRoles)
				return m.ID != "", err
			},
		},
		{
			"update mapping", st.remember,
			write(func(ctx context.Context, c *authentik.Client) error {
				return second(c.UpdateMapping(ctx, st.mapping, changed))
			}),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				m, err := c.FindMapping(ctx, authentik.ManagedEmail)
				return m.Expression == authentik.EmailAlways, err
			},
		},
		{
			"delete mapping", st.unselect,
			write(func(ctx context.Context, c *authentik.Client) error { return c.DeleteMapping(ctx, st.mapping) }),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				m, err := c.FindMapping(ctx, authentik.ManagedEmail)
				return m.ID == "", err
			},
		},
	}
}

func (st *jobState) providerWrites() []job {
	return []job{
		{
			"create provider", st.remember,
			write(func(ctx context.Context, c *authentik.Client) error { return second(c.CreateProvider(ctx, st.other)) }),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				p, err := c.FindProvider(ctx, "other")
				return p.PK != 0, err
			},
		},
		{
			"update provider", st.remember,
			write(func(ctx context.Context, c *authentik.Client) error {
				next := st.provider
				next.Name = "renamed"
				return second(c.UpdateProvider(ctx, st.provider, next))
			}),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				p, err := c.FindProvider(ctx, "romm")
				return p.Name == "renamed", err
			},
		},
		{
			"delete provider", st.remember,
			write(func(ctx context.Context, c *authentik.Client) error { return c.DeleteProvider(ctx, st.provider) }),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				p, err := c.FindProvider(ctx, "romm")
				return p.PK == 0, err
			},
		},
	}
}

func (st *jobState) applicationWrites() []job {
	return []job{
		{
			"create application", func(ctx context.Context, t *testing.T, c *authentik.Client) {
				st.remember(ctx, t, c)
				if err := c.DeleteApplication(ctx, st.app); err != nil {
					t.Fatal(err)
				}
			},
			write(func(ctx context.Context, c *authentik.Client) error {
				return second(c.CreateApplication(ctx, authentik.Application{Name: "R", Slug: "made", Provider: st.provider.PK}))
			}),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				_, err := c.ReadApplication(ctx, "made")
				return err == nil, missingIsFine(err)
			},
		},
		{
			"update application", st.remember,
			write(func(ctx context.Context, c *authentik.Client) error {
				next := st.app
				next.Name = "renamed"
				return second(c.UpdateApplication(ctx, st.app, next))
			}),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				a, err := c.ReadApplication(ctx, "seeded")
				return a.Name == "renamed", err
			},
		},
		{
			"delete application", st.remember,
			write(func(ctx context.Context, c *authentik.Client) error { return c.DeleteApplication(ctx, st.app) }),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				_, err := c.ReadApplication(ctx, "seeded")
				return err != nil, missingIsFine(err)
			},
		},
	}
}

func (st *jobState) bindingWrites() []job {
	return []job{
		{
			"create binding", st.remember,
			write(func(ctx context.Context, c *authentik.Client) error { return second(c.CreateBinding(ctx, st.gamers())) }),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				all, err := c.Bindings(ctx, st.app.ID)
				return len(all) == 1, err
			},
		},
		{
			"delete binding", st.bind,
			write(func(ctx context.Context, c *authentik.Client) error { return c.DeleteBinding(ctx, st.bound) }),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				all, err := c.Bindings(ctx, st.app.ID)
				return len(all) == 0, err
			},
		},
	}
}

func missingIsFine(err error) error {
	if model.CodeOf(err) == model.CodeNotFound {
		return nil
	}
	return err
}
