package authentik_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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

func jobs() []job {
	const before, after = "user00000@example.org", "new@example.org"
	want := emailMapping
	rolesWant := authentik.Mapping{Managed: authentik.ManagedRoles, Name: "RomM Roles", Scope: "romm_roles", Expression: "return {}"}
	changed := want()
	changed.Expression = authentik.EmailAlways
	seeded := func(ctx context.Context, c *authentik.Client) authentik.OAuthProvider {
		p, _ := c.FindProvider(ctx, "romm")
		return p
	}
	other := authentik.OAuthProvider{
		Name: "other", ClientID: "other", RedirectURIs: []authentik.RedirectURI{{URL: "https://romm.example.org/api/oauth/openid"}},
	}
	email := func(ctx context.Context, c *authentik.Client) (model.Identity, error) { return c.ReadUser(ctx, 100) }
	app := func(ctx context.Context, c *authentik.Client) authentik.Application {
		a, _ := c.ReadApplication(ctx, "seeded")
		return a
	}
	write := func(f func(ctx context.Context, c *authentik.Client) error) func(context.Context, *authentik.Client) (bool, error) {
		return func(ctx context.Context, c *authentik.Client) (bool, error) { return true, f(ctx, c) }
	}
	// State that do needs from before the faults.
	var (
		provider authentik.OAuthProvider
		appState authentik.Application
		bound    authentik.Binding
		mapping  authentik.Mapping
	)
	remember := func(ctx context.Context, t *testing.T, c *authentik.Client) {
		provider, appState = seeded(ctx, c), app(ctx, c)
		var err error
		if mapping, err = c.FindMapping(ctx, authentik.ManagedEmail); err != nil || provider.PK == 0 || appState.ID == "" || mapping.ID == "" {
			t.Fatal("the seed is not there", err)
		}
		other.AuthorizationFlow, other.InvalidationFlow = provider.AuthorizationFlow, provider.InvalidationFlow
	}
	gamers := func() authentik.Binding {
		return authentik.Binding{Target: appState.ID, Group: authentiktest.GroupID("group0"), Enabled: true}
	}
	bind := func(ctx context.Context, t *testing.T, c *authentik.Client) {
		remember(ctx, t, c)
		var err error
		if bound, err = c.CreateBinding(ctx, gamers()); err != nil {
			t.Fatal(err)
		}
	}
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
		{"list bindings", bind, func(ctx context.Context, c *authentik.Client) (bool, error) {
			all, err := c.Bindings(ctx, appState.ID)
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
		{"preview", remember, func(ctx context.Context, c *authentik.Client) (bool, error) {
			claims, err := c.Preview(ctx, provider.PK, 100)
			// Claims of another type are for the decision engine (S3).
			address, is := claims["email"].(string)
			return !is || address == before, err
		}, nil},
		{"test mapping", remember, func(ctx context.Context, c *authentik.Client) (bool, error) {
			m, err := c.TestMapping(ctx, mapping.ID, 100)
			return m.OK, err
		}, nil},
		{"events", nil, func(ctx context.Context, c *authentik.Client) (bool, error) {
			_, _, err := c.Events(ctx, authentik.EventFilter{Actions: []string{authentik.ActionAuthorize}})
			return true, err
		}, nil},
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
		{
			"create mapping", nil,
			write(func(ctx context.Context, c *authentik.Client) error { return second(c.CreateMapping(ctx, rolesWant)) }),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				m, err := c.FindMapping(ctx, authentik.ManagedRoles)
				return m.ID != "", err
			},
		},
		{
			"update mapping", remember,
			write(func(ctx context.Context, c *authentik.Client) error {
				return second(c.UpdateMapping(ctx, mapping, changed))
			}),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				m, err := c.FindMapping(ctx, authentik.ManagedEmail)
				return m.Expression == authentik.EmailAlways, err
			},
		},
		{
			"delete mapping", remember,
			write(func(ctx context.Context, c *authentik.Client) error { return c.DeleteMapping(ctx, mapping) }),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				m, err := c.FindMapping(ctx, authentik.ManagedEmail)
				return m.ID == "", err
			},
		},
		{
			"create provider", remember,
			write(func(ctx context.Context, c *authentik.Client) error { return second(c.CreateProvider(ctx, other)) }),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				p, err := c.FindProvider(ctx, "other")
				return p.PK != 0, err
			},
		},
		{
			"update provider", remember,
			write(func(ctx context.Context, c *authentik.Client) error {
				next := provider
				next.Name = "renamed"
				return second(c.UpdateProvider(ctx, provider, next))
			}),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				p, err := c.FindProvider(ctx, "romm")
				return p.Name == "renamed", err
			},
		},
		{
			"delete provider", remember,
			write(func(ctx context.Context, c *authentik.Client) error { return c.DeleteProvider(ctx, provider) }),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				p, err := c.FindProvider(ctx, "romm")
				return p.PK == 0, err
			},
		},
		{
			"create application", func(ctx context.Context, t *testing.T, c *authentik.Client) {
				remember(ctx, t, c)
				if err := c.DeleteApplication(ctx, appState); err != nil {
					t.Fatal(err)
				}
			},
			write(func(ctx context.Context, c *authentik.Client) error {
				return second(c.CreateApplication(ctx, authentik.Application{Name: "R", Slug: "made", Provider: provider.PK}))
			}),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				_, err := c.ReadApplication(ctx, "made")
				return err == nil, missingIsFine(err)
			},
		},
		{
			"update application", remember,
			write(func(ctx context.Context, c *authentik.Client) error {
				next := appState
				next.Name = "renamed"
				return second(c.UpdateApplication(ctx, appState, next))
			}),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				a, err := c.ReadApplication(ctx, "seeded")
				return a.Name == "renamed", err
			},
		},
		{
			"delete application", remember,
			write(func(ctx context.Context, c *authentik.Client) error { return c.DeleteApplication(ctx, appState) }),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				_, err := c.ReadApplication(ctx, "seeded")
				return err != nil, missingIsFine(err)
			},
		},
		{
			"create binding", remember,
			write(func(ctx context.Context, c *authentik.Client) error { return second(c.CreateBinding(ctx, gamers())) }),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				all, err := c.Bindings(ctx, appState.ID)
				return len(all) == 1, err
			},
		},
		{
			"delete binding", bind,
			write(func(ctx context.Context, c *authentik.Client) error { return c.DeleteBinding(ctx, bound) }),
			func(ctx context.Context, c *authentik.Client) (bool, error) {
				all, err := c.Bindings(ctx, appState.ID)
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

// callsOf learns which calls a job makes when all goes well.
func callsOf(t *testing.T, version string, j job) (out []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := authentiktest.New(matrixSeed(t, version))
		if err != nil {
			t.Fatal(err)
		}
		c := inBubble(t, s)
		if j.prepare != nil {
			j.prepare(t.Context(), t, c)
		}
		before := s.Calls()
		whole, err := j.do(t.Context(), c)
		if err != nil || !whole {
			t.Fatalf("%s without faults: whole %v, %v", j.name, whole, err)
		}
		for name, n := range s.Calls() {
			if n > before[name] {
				out = append(out, name)
			}
		}
	})
	slices.Sort(out)
	return out
}

// proves R9, S9 and S35: each call of each job with each fault, struck once
// and every time. Nothing hangs, no write is made twice, no list that is short
// looks whole, and what is said of a write is true.
func TestFaultMatrix(t *testing.T) {
	cells, writes := 0, 0
	for _, version := range []string{"2026.5.3", "2024.12.5"} {
		for _, j := range jobs() {
			for _, name := range callsOf(t, version, j) {
				for _, kind := range authentiktest.Faults() {
					for _, times := range []int{1, 0} {
						cells++
						if j.done != nil {
							writes++
						}
						for _, w := range cell(t, version, j, authentiktest.Fault{Kind: kind, Call: name, Times: times}) {
							t.Error(w)
						}
					}
				}
			}
		}
	}
	if cells < 2600 {
		t.Errorf("only %d cells", cells)
	}
	t.Logf("fault matrix: %d cells, %d of them of writes", cells, writes)
}

// cell returns what is wrong; a failure within a bubble would end the matrix.
func cell(t *testing.T, version string, j job, f authentiktest.Fault) (wrong []string) {
	t.Helper()
	note := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	f.RetryAfter = 7 * time.Second
	f.Hold = func(ctx context.Context) {
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second): // the bubble's clock
		}
	}
	name := fmt.Sprintf("%s: %s, %s at %s (times %d)", version, j.name, f.Kind, f.Call, f.Times)
	synctest.Test(t, func(t *testing.T) {
		s, err := authentiktest.New(matrixSeed(t, version))
		if err != nil {
			t.Fatal(err)
		}
		c := inBubble(t, s)
		if j.prepare != nil {
			j.prepare(t.Context(), t, c)
		}
		start, effects := time.Now(), total(s.Effects())
		s.Inject(f)
		whole, err := j.do(t.Context(), c)
		if took := time.Since(start); took > 5*time.Minute {
			note("%s: took %v", name, took)
		}
		if err == nil && !whole {
			note("%s: a part is shown as the whole", name)
		}
		if err != nil && model.CodeOf(err) == model.CodeInternal && !strings.Contains(err.Error(), "reported success") {
			note("%s: an error without a code: %v", name, err)
		}
		if f.Kind == authentiktest.FaultSlow && err != nil {
			note("%s: slow is no fault: %v", name, err)
		}
		made := total(s.Effects()) - effects
		if made > 1 || made > 0 && j.done == nil {
			note("%s: %d effects", name, made)
		}
		if j.done != nil {
			judgeWrite(t, note, name, j, s, err, made)
		}
		for _, v := range s.Violations() {
			note("%s: %+v", name, v)
		}
	})
	return wrong
}

// judgeWrite compares what was said of a write with what is the case, asked
// over a client that meets no faults.
func judgeWrite(t *testing.T, note func(string, ...any), name string, j job, s *authentiktest.Server, said error, made int) {
	t.Helper()
	s.Heal()
	done, err := j.done(t.Context(), inBubble(t, s))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if done != (made == 1) {
		note("%s: %d effects, and done is %v", name, made, done)
	}
	text := fmt.Sprint(said)
	switch {
	case said == nil && !done:
		note("%s: success, and nothing is done", name)
	case said != nil && done && !strings.Contains(text, "not known") && !strings.Contains(text, "could not be read back"):
		note("%s: done, and what is said is %v", name, said)
	case done && model.CodeOf(said) == model.CodePartial && !strings.Contains(text, "could not be read back"):
		note("%s: %v", name, said)
	}
}

func total(counts map[string]int) (n int) {
	for _, v := range counts {
		n += v
	}
	return n
}

// Cancelling ends at once, wherever it strikes; a write that is under way is
// still looked after, so that the journal tells the truth.
func TestCancelAtOnce(t *testing.T) {
	const version = "2026.5.3"
	for _, j := range jobs() {
		for _, name := range callsOf(t, version, j) {
			synctest.Test(t, func(t *testing.T) {
				s, err := authentiktest.New(matrixSeed(t, version))
				if err != nil {
					t.Fatal(err)
				}
				c := inBubble(t, s)
				if j.prepare != nil {
					j.prepare(t.Context(), t, c)
				}
				effects := total(s.Effects())
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s.Inject(authentiktest.Fault{Kind: authentiktest.FaultSlow, Call: name, Times: 1, Hold: func(held context.Context) {
					cancel()
					<-held.Done()
				}})
				start := time.Now()
				_, err = j.do(ctx, c)
				if took := time.Since(start); took != 0 {
					t.Errorf("%s, cancelled at %s: took %v", j.name, name, took)
				}
				made := total(s.Effects()) - effects
				if made > 1 || err == nil && made == 0 || err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("%s, cancelled at %s: %d effects, %v", j.name, name, made, err)
				}
			})
		}
	}
}
