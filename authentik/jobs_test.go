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
type jobState struct{ setup model.Setup }

func jobs() []job {
	st := &jobState{}
	return slices.Concat(st.reads(), userWrites(), st.mappingWrites(), st.providerWrites(), st.applicationWrites(), st.bindingWrites())
}

func (st *jobState) remember(ctx context.Context, t *testing.T, c *authentik.Client) {
	r, err := c.ReadDirectory(ctx, model.ReadOptions{})
	if st.setup = r.Setup; err != nil || st.setup.Provider == nil || st.setup.Application == nil || len(st.setup.Mappings) != 1 {
		t.Fatal("the seed is not there", err)
	}
}

func (st *jobState) gamers() *model.Binding {
	return &model.Binding{Application: "seeded", Group: authentiktest.GroupID("group0")}
}

func (st *jobState) bind(ctx context.Context, t *testing.T, c *authentik.Client) {
	st.remember(ctx, t, c)
	if err := c.SetBinding(ctx, nil, st.gamers()); err != nil {
		t.Fatal(err)
	}
}

// unselect leaves the mapping to no provider.
func (st *jobState) unselect(ctx context.Context, t *testing.T, c *authentik.Client) {
	st.remember(ctx, t, c)
	without := *st.setup.Provider
	without.Mappings = slices.DeleteFunc(slices.Clone(without.Mappings), func(r model.Ref) bool { return r.ID == model.MarkEmail })
	if err := c.SetProvider(ctx, without.ClientID, st.setup.Provider, &without); err != nil {
		t.Fatal(err)
	}
}

// write is a job that reads nothing which could be a part of something.
func write(f func(ctx context.Context, c *authentik.Client) error) func(context.Context, *authentik.Client) (bool, error) {
	return func(ctx context.Context, c *authentik.Client) (bool, error) { return true, f(ctx, c) }
}

// found looks at a new reading of the objects of set-up.
func found(is func(model.Setup) bool) func(context.Context, *authentik.Client) (bool, error) {
	return func(ctx context.Context, c *authentik.Client) (bool, error) {
		r, err := c.ReadDirectory(ctx, model.ReadOptions{})
		return err == nil && is(r.Setup), err
	}
}

func (st *jobState) reads() []job {
	return []job{
		{"read", nil, func(ctx context.Context, c *authentik.Client) (bool, error) {
			r, err := c.ReadDirectory(ctx, model.ReadOptions{})
			whole := r.Directory.Incomplete != "" || len(r.Directory.Identities) == matrixPeople && len(r.Directory.Groups) == matrixGroups
			return whole, err
		}, nil},
		{"read bindings", st.bind, func(ctx context.Context, c *authentik.Client) (bool, error) {
			r, err := c.ReadDirectory(ctx, model.ReadOptions{})
			return !r.Setup.BindingsKnown || len(r.Setup.Bindings) == 1, err
		}, nil},
		{"list mappings", nil, func(ctx context.Context, c *authentik.Client) (bool, error) {
			all, err := c.Mappings(ctx)
			return len(all) == 7, err
		}, nil},
		{"set-up needs", nil, func(ctx context.Context, c *authentik.Client) (bool, error) {
			_, err := c.SetupNeeds(ctx) // what the token may not see is left empty
			return true, err
		}, nil},
		{"client secret", nil, func(ctx context.Context, c *authentik.Client) (bool, error) {
			secret, err := c.ClientSecret(ctx, "romm")
			return secret != "", err
		}, nil},
		{"preview", st.remember, func(ctx context.Context, c *authentik.Client) (bool, error) {
			claims, err := c.Preview(ctx, st.setup.Provider.PK, 100)
			// Claims of another type are for the decision engine (S3).
			address, is := claims["email"].(string)
			return !is || address == "user00000@example.org", err
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
	first := func(is func(model.Identity) bool) func(context.Context, *authentik.Client) (bool, error) {
		return func(ctx context.Context, c *authentik.Client) (bool, error) {
			r, err := c.ReadDirectory(ctx, model.ReadOptions{})
			return slices.ContainsFunc(r.Directory.Identities, func(id model.Identity) bool { return id.PK == 100 && is(id) }), err
		}
	}
	return []job{
		{
			"set e-mail", nil,
			write(func(ctx context.Context, c *authentik.Client) error {
				return second(c.SetEmail(ctx, 100, before, after))
			}),
			first(func(id model.Identity) bool { return id.Email == after }),
		},
		{
			"set trusted", nil,
			write(func(ctx context.Context, c *authentik.Client) error {
				return second(c.SetTrustedEmail(ctx, 100, "", after))
			}),
			first(func(id model.Identity) bool { return id.TrustedEmail == after }),
		},
	}
}

func (st *jobState) mappingWrites() []job {
	has := func(mark string, is func(m model.ScopeMapping, there bool) bool) func(context.Context, *authentik.Client) (bool, error) {
		return found(func(s model.Setup) bool { return is(s.Mapping(mark)) })
	}
	before, wanted := tables()
	return []job{
		{
			"create mapping", nil,
			write(func(ctx context.Context, c *authentik.Client) error {
				return c.SetMapping(ctx, model.MarkRoles, nil, &wanted)
			}),
			has(model.MarkRoles, func(_ model.ScopeMapping, there bool) bool { return there }),
		},
		{
			"update mapping", func(ctx context.Context, t *testing.T, c *authentik.Client) {
				if err := c.SetMapping(ctx, model.MarkRoles, nil, &before); err != nil {
					t.Fatal(err)
				}
			},
			write(func(ctx context.Context, c *authentik.Client) error {
				return c.SetMapping(ctx, model.MarkRoles, &before, &wanted)
			}),
			has(model.MarkRoles, func(m model.ScopeMapping, _ bool) bool { return m.Same(wanted) }),
		},
		{
			"delete mapping", st.unselect,
			write(func(ctx context.Context, c *authentik.Client) error {
				return c.SetMapping(ctx, model.MarkEmail, &st.setup.Mappings[0], nil)
			}),
			has(model.MarkEmail, func(_ model.ScopeMapping, there bool) bool { return !there }),
		},
	}
}

func (st *jobState) providerWrites() []job {
	secretOf := func(ctx context.Context, c *authentik.Client, client string) (bool, error) {
		_, err := c.ClientSecret(ctx, client)
		return err == nil, missingIsFine(err)
	}
	return []job{
		{
			"create provider", st.remember,
			write(func(ctx context.Context, c *authentik.Client) error {
				other := *st.setup.Provider
				other.Name, other.ClientID, other.GrantTypes = "other", "other", nil
				return c.SetProvider(ctx, "other", nil, &other)
			}),
			func(ctx context.Context, c *authentik.Client) (bool, error) { return secretOf(ctx, c, "other") },
		},
		{
			"update provider", st.remember,
			write(func(ctx context.Context, c *authentik.Client) error {
				next := *st.setup.Provider
				next.Name = "renamed"
				return c.SetProvider(ctx, "romm", st.setup.Provider, &next)
			}),
			found(func(s model.Setup) bool { return s.Provider.Name == "renamed" }),
		},
		{
			"select a mapping", st.unselect,
			write(func(ctx context.Context, c *authentik.Client) error {
				now := *st.setup.Provider
				now.Mappings = slices.DeleteFunc(slices.Clone(now.Mappings), func(r model.Ref) bool { return r.ID == model.MarkEmail })
				return c.SetProvider(ctx, "romm", &now, st.setup.Provider)
			}),
			found(func(s model.Setup) bool { return s.Provider.Selects(model.MarkEmail) }),
		},
		{
			"delete provider", st.remember,
			write(func(ctx context.Context, c *authentik.Client) error {
				return c.SetProvider(ctx, "romm", st.setup.Provider, nil)
			}),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				there, err := secretOf(ctx, c, "romm")
				return !there, err
			},
		},
	}
}

func (st *jobState) applicationWrites() []job {
	return []job{
		{
			"create application", func(ctx context.Context, t *testing.T, c *authentik.Client) {
				st.remember(ctx, t, c)
				if err := c.SetApplication(ctx, "seeded", st.setup.Application, nil); err != nil {
					t.Fatal(err)
				}
			},
			write(func(ctx context.Context, c *authentik.Client) error {
				return c.SetApplication(ctx, "made", nil, &model.Application{Name: "R", Slug: "made", Provider: "romm"})
			}),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				id, err := c.ApplicationID(ctx, "made")
				return id != "", err
			},
		},
		{
			"update application", st.remember,
			write(func(ctx context.Context, c *authentik.Client) error {
				next := *st.setup.Application
				next.Name = "renamed"
				return c.SetApplication(ctx, "seeded", st.setup.Application, &next)
			}),
			found(func(s model.Setup) bool { return s.Application.Name == "renamed" }),
		},
		{
			"delete application", st.remember,
			write(func(ctx context.Context, c *authentik.Client) error {
				return c.SetApplication(ctx, "seeded", st.setup.Application, nil)
			}),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				id, err := c.ApplicationID(ctx, "seeded")
				return id == "", err
			},
		},
	}
}

func (st *jobState) bindingWrites() []job {
	return []job{
		{
			"create binding", st.remember,
			write(func(ctx context.Context, c *authentik.Client) error { return c.SetBinding(ctx, nil, st.gamers()) }),
			found(func(s model.Setup) bool { return len(s.Bindings) == 1 }),
		},
		{
			"delete binding", st.bind,
			write(func(ctx context.Context, c *authentik.Client) error { return c.SetBinding(ctx, st.gamers(), nil) }),
			found(func(s model.Setup) bool { return s.BindingsKnown && len(s.Bindings) == 0 }),
		},
	}
}

func missingIsFine(err error) error {
	if model.CodeOf(err) == model.CodeNotFound {
		return nil
	}
	return err
}
