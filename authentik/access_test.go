package authentik_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

func access(t *testing.T, seed authentiktest.Seed) (model.Access, string) {
	t.Helper()
	f := start(t, withRomM(t, seed, authentiktest.RomM{}), nil, nil)
	got, err := f.client.CheckAccess(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(f.fake.Effects()); n != 0 {
		t.Errorf("%d writes", n)
	}
	return got, strings.Join(got.Warnings, "\n")
}

// proves S34: the matrix of permissions. Each that can be tried out is named
// alone when it alone is missing; the others are called untried.
func TestAccessMatrix(t *testing.T) {
	t.Parallel()
	var readable []string
	full, _ := access(t, authentiktest.Seed{Permissions: []string{}})
	for _, x := range full.Missing() {
		readable = append(readable, x.Permission)
	}
	for _, x := range full.Abilities { // it stands below “possible” and below “not possible”
		for _, opposite := range []string{"without", "nothing", "not "} {
			if strings.Contains(x.Needs, opposite) {
				t.Errorf("%s can be read as its opposite: %q", x.Permission, x.Needs)
			}
		}
	}
	if len(readable) != 10 {
		t.Fatalf("%d permissions can be tried: %q", len(readable), readable)
	}
	const tested, tests = "authentik_core.view_propertymapping", "authentik_core.add_propertymapping"
	readable = append(readable, tests) // once the other one is there
	before := readable
	for _, version := range authentiktest.Versions() {
		readable := before
		if authentik.ParseRelease(version).AtLeast(2026, 8) {
			readable = append(slices.Clone(before), "authentik_core.view_objectattribute")
		}
		for _, missing := range readable {
			seed := authentiktest.Seed{Version: version, Permissions: slices.DeleteFunc(slices.Clone(readable), func(p string) bool { return p == missing })}
			got, warnings := access(t, seed)
			if m := got.Missing(); len(m) != 1 || m[0].Permission != missing || m[0].Needs == "" {
				t.Errorf("%s without %s: %+v", version, missing, m)
			}
			if !strings.Contains(warnings, "lacks "+missing) || got.Superuser || got.Version != version {
				t.Errorf("%s without %s: %q", version, missing, warnings)
			}
			for _, x := range got.Abilities {
				want := slices.Contains(readable, x.Permission) && (x.Permission != tests || missing != tested)
				if want == (x.State == model.AbilityUntried) {
					t.Errorf("%s: %s is %s", version, x.Permission, x.State)
				}
			}
		}
	}
}

// proves S34: superusers, tokens that expire and tokens that never do.
func TestAccessWarns(t *testing.T) {
	t.Parallel()
	expires := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	got, warnings := access(t, authentiktest.Seed{TokenExpires: expires})
	if !got.Superuser || !got.Expires.Equal(expires) || len(got.Missing()) != 0 || got.Owner != "romm-admin" {
		t.Errorf("%+v", got)
	}
	contains(t, "warnings", warnings, "superuser romm-admin", "expires on 2026-07-01T00:00:00Z")
	_, warnings = access(t, authentiktest.Seed{Version: "2024.8.0"})
	contains(t, "warnings", warnings, "never expires", "older than 2024.12")
}

func TestAccessFails(t *testing.T) {
	t.Parallel()
	f := start(t, authentiktest.Seed{}, nil, func(c *authentik.Config) { c.Token = "wrong" })
	if _, err := f.client.CheckAccess(t.Context()); model.CodeOf(err) != model.CodeUnauthorized {
		t.Errorf("wrong token: %v", err)
	}
	f = start(t, authentiktest.Seed{Permissions: []string{}}, nil, nil)
	ctx, cancel := context.WithCancel(t.Context())
	f.fake.Inject(authentiktest.Fault{Kind: authentiktest.FaultSlow, Call: "GET /core/users/", Hold: func(context.Context) { cancel() }})
	if _, err := f.client.CheckAccess(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	f = start(t, authentiktest.Seed{Permissions: []string{}}, nil, nil)
	f.fake.Inject(authentiktest.Fault{Kind: authentiktest.FaultError, Call: "GET /events/events/"})
	f.fake.Inject(authentiktest.Fault{Kind: authentiktest.FaultError, Call: "GET /core/tokens/"})
	got, err := f.client.CheckAccess(t.Context())
	i := slices.IndexFunc(got.Abilities, func(x model.Ability) bool { return x.State == model.AbilityUnknown })
	if err != nil || i < 0 || got.Abilities[i].Permission != "authentik_events.view_event" || !strings.Contains(got.Abilities[i].Why, "500") {
		t.Errorf("server error: %+v, %v", got, err)
	}
	contains(t, "warnings", strings.Join(got.Warnings, "\n"), "when the token expires is not known")
}
