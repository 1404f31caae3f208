package authentik_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// admissionSeed is an Authentik with RomM, three groups of which one inherits, and
// a person in each combination of them.
func admissionSeed(t *testing.T, version, mode string) authentiktest.Seed {
	t.Helper()
	seed := authentiktest.Seed{
		Version: version, Native: &authentiktest.Native{},
		Groups:   []authentiktest.Group{{Name: "family"}, {Name: "friends"}, {Name: "kids", Parents: []string{"family"}}},
		Policies: []authentiktest.Policy{{Name: "gate", Passes: []string{"p0", "p1", "p2", "p3"}, Fails: []string{"p4"}, Message: "not today"}},
	}
	for i := range 8 {
		u := authentiktest.User{Username: fmt.Sprintf("p%d", i), Email: fmt.Sprintf("p%d@example.org", i)}
		for bit, g := range []string{"family", "friends", "kids"} {
			if i>>bit&1 == 1 {
				u.Groups = append(u.Groups, g)
			}
		}
		seed.Users = append(seed.Users, u)
	}
	if err := seed.AddRomM(authentiktest.RomM{Email: authentiktest.EmailAlways}); err != nil {
		t.Fatal(err)
	}
	seed.Applications[0].Mode = mode
	return seed
}

func drawBindings(r *rand.Rand, now time.Time) (out []authentiktest.Binding) {
	for i := range 1 + r.IntN(3) {
		b := authentiktest.Binding{Application: "romm", Order: i, Disabled: r.IntN(6) == 0, Negate: r.IntN(3) == 0, FailureResult: r.IntN(2) == 0}
		switch r.IntN(6) {
		case 0:
			b.Policy = "gate"
		case 1:
			b.User = fmt.Sprintf("p%d", r.IntN(8))
		default:
			b.Group = []string{"family", "friends", "kids"}[r.IntN(3)]
		}
		switch r.IntN(5) {
		case 0:
			b.Expires = now.Add(-time.Hour)
		case 1:
			b.Expires = now.Add(time.Hour)
		}
		out = append(out, b)
	}
	return out
}

// TestBindingsAgree holds the verdicts to what each release of Authentik does, over
// HTTP: people who are said to be kept out are, unless the verdict says that this is
// not known; people who are not said to be kept out, or that they may be, get in.
func TestBindingsAgree(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	r := rand.New(rand.NewPCG(13, 4))
	denied, doubted, let := 0, 0, 0
	for round := range 80 {
		version := []string{"2024.12.5", "2025.6.2", "2025.8.1", "2025.12.4", "2026.2.3", "2026.2.3", "2026.5.3", "2026.8.6"}[round%8]
		mode := []string{"any", "all", "all"}[r.IntN(3)]
		seed := admissionSeed(t, version, mode)
		seed.Now, seed.EachIn2026, seed.Bindings = now, round%2 == 0, drawBindings(r, now)
		if !authentik.ParseRelease(version).AtLeast(2026, 8) {
			for i := range seed.Bindings {
				seed.Bindings[i].Expires = time.Time{} // there is no such field
			}
		}
		f := start(t, seed, nil, nil)
		read := f.read(t)
		review := model.Judge(model.World{At: now, Directory: read.Directory, Provider: read.Provider, Setup: read.Setup, Settings: model.Settings{AllowRegistration: true}})
		for _, p := range review.Pairs {
			if p.Identity == nil || !strings.HasPrefix(p.Identity.Username.Raw(), "p") {
				continue
			}
			answer, err := f.client.MayOpen(t.Context(), "romm", p.Identity.PK)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case p.Barred != "" && answer.Passes && !strings.Contains(p.Barred, "not known"):
				t.Errorf("%s, %s, %+v: %s is let in, not: %s", version, mode, seed.Bindings, p.Identity.Username, p.Barred)
			case p.Barred == "" && p.MayStop == "" && !answer.Passes:
				t.Errorf("%s, %s, %+v: %s is kept out: %s", version, mode, seed.Bindings, p.Identity.Username, p.NextLogin)
			case p.Barred != "":
				denied++
			case p.MayStop != "":
				doubted++
			default:
				let++
			}
		}
	}
	if denied < 50 || doubted < 20 || let < 50 {
		t.Errorf("the rounds say little: %d kept out, %d in doubt, %d let in", denied, doubted, let)
	}
}

// TestRecordedAccess holds the fake and the verdicts to what running servers
// answered (testdata/access.jsonl): two groups bound, mode all.
func TestRecordedAccess(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/access.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	lines := 0
	for s := bufio.NewScanner(file); s.Scan(); lines++ {
		var c struct {
			Version, Mode string
			Bound, Groups []string
			Superuser     bool
			Passing       bool
		}
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		seed := authentiktest.Seed{Version: c.Version, Native: &authentiktest.Native{}, Users: []authentiktest.User{{PK: 200, Username: "who", Groups: c.Groups}}}
		for _, g := range []string{"family", "romm-admins"} {
			seed.Groups = append(seed.Groups, authentiktest.Group{Name: g})
		}
		if err := seed.AddRomM(authentiktest.RomM{}); err != nil {
			t.Fatal(err)
		}
		seed.Applications[0].Mode = c.Mode
		for _, g := range c.Bound {
			seed.Bindings = append(seed.Bindings, authentiktest.Binding{Application: "romm", Group: g})
		}
		if !c.Superuser {
			seed.Permissions = []string{}
		}
		f := start(t, seed, nil, nil)
		answer, err := f.client.MayOpen(t.Context(), "romm", 200)
		about, aboutErr := f.client.AnswersForOthers(t.Context())
		if err != nil || aboutErr != nil || answer.Passes != c.Passing || about != c.Superuser {
			t.Errorf("%s: %+v, %v, %v", s.Text(), answer, err, about)
		}
		if !c.Superuser {
			continue
		}
		read := f.read(t)
		p := model.Judge(model.World{Directory: read.Directory, Provider: read.Provider, Setup: read.Setup}).Pairs[0]
		if (p.Barred == "") != c.Passing || p.MayStop != "" {
			t.Errorf("%s: %+v", s.Text(), p)
		}
	}
	if lines < 10 {
		t.Errorf("%d lines", lines)
	}
}

// TestExpiringBindings reads what 2026.8 says of bindings, and what a policy is
// called.
func TestExpiringBindings(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	seed := admissionSeed(t, "2026.8.6", "any")
	seed.Now = now
	seed.Bindings = []authentiktest.Binding{
		{Application: "romm", Group: "family", Expires: now.AddDate(0, 0, 3)},
		{Application: "romm", Group: "friends", Expires: now.AddDate(0, 0, -3), Order: 1},
		{Application: "romm", Policy: "gate", Disabled: true, Order: 2},
	}
	f := start(t, seed, nil, nil)
	read := f.read(t)
	got := read.Setup.Bindings
	if len(got) != 3 || !got[0].Expires.Equal(now.AddDate(0, 0, 3)) || got[2].PolicyName != "gate" || !got[2].Expires.IsZero() || read.Setup.Engine != model.EngineEach {
		t.Fatalf("%+v, engine %d", got, read.Setup.Engine)
	}
	for _, p := range model.Judge(model.World{At: now, Directory: read.Directory, Provider: read.Provider, Setup: read.Setup, Settings: model.Settings{AllowRegistration: true}}).Pairs {
		answer, err := f.client.MayOpen(t.Context(), "romm", p.Identity.PK)
		if err != nil || answer.Passes != (p.Barred == "") || answer.Passes != p.AccessEnds.Equal(now.AddDate(0, 0, 3)) {
			t.Errorf("%s: %+v, %v: %s", p.Identity.Username, answer, err, p.NextLogin)
		}
	}
	// A plan knows nothing of when a binding expires, and removes it all the same.
	if err := f.client.SetBinding(t.Context(), &model.Binding{Application: "romm", Group: authentiktest.GroupID("family")}, nil); err != nil {
		t.Error(err)
	}
}
