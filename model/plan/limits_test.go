package plan

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// crowd is an admin and n people whose address in RomM is not Authentik's; the
// last of them has none in Authentik, so that nothing can be planned for them.
func crowd(n int) model.World {
	w := rooted()
	for i := range n {
		name := fmt.Sprintf("user%d", i)
		mail := name + "@example.org"
		if i == n-1 {
			mail = ""
		}
		local(&w, name, "old-"+name+"@example.org", model.RoleUser)
		identity(&w, name, mail, gUsers)
	}
	return w
}

func everybody(r *model.Review) (ids []int64) {
	for _, u := range r.World.Locals[1:] { // not the admin
		ids = append(ids, u.ID)
	}
	return ids
}

// disabling is a plan of n changes in a world where nobody's next login is
// known, so that the guard asks of each change whether it keeps an admin.
func disabling(n int) (*model.Review, Plan) {
	w := crowd(n)
	w.Provider.Unknown, w.Provider.Verified = []model.Untrusted{"somebody's mapping"}, model.VerifiedUnknown
	r := model.Judge(w)
	p := Plan{Title: "disable"}
	for _, u := range w.Locals[1:] {
		p.Changes = append(p.Changes, Change{
			Kind: ChangeLocalEnabled, Side: SideRomM, Object: decimal(u.ID).Raw(), Label: u.Username, Before: enabledText(true), After: enabledText(false),
		})
	}
	return r, p
}

// TestEverybodyButOne: who cannot be planned for is left out with the reason, and
// stops nobody.
func TestEverybodyButOne(t *testing.T) {
	t.Parallel()
	r := model.Judge(crowd(300))
	d, err := MatchEmails(t.Context(), r, everybody(r)...)
	if err != nil || len(d.Plan.Changes) != 299 || len(d.Left) != 1 || d.Left[0].Who != "user299" || model.CodeOf(d.Left[0].Why) != model.CodeInvalid {
		t.Errorf("%d changes, left out %v, %v", len(d.Plan.Changes), d.Left, err)
	}
	// Accounts that swap addresses, and one without any beside them.
	w := rooted()
	local(&w, "ann", "bob@x.org", model.RoleUser)
	local(&w, "bob", "ann@x.org", model.RoleUser)
	local(&w, "cid", "cid@x.org", model.RoleUser)
	for _, name := range []string{"ann", "bob"} {
		identity(&w, name, name+"@x.org", gUsers)
	}
	identity(&w, "cid", "", gUsers)
	w.Pins = []model.Pin{{UID: "uid-2", LocalID: 2}, {UID: "uid-3", LocalID: 3}}
	d, err = MatchEmails(t.Context(), model.Judge(w), 2, 3, 4)
	if err != nil || len(d.Plan.Changes) != 3 || len(d.Left) != 1 || d.Left[0].Who != "cid" {
		t.Errorf("swap: %+v, %v", d, err)
	}
}

// TestBlockedAddresses: who waits for an address that is not given up is left
// out, however long the chain, and of two who want one address the second.
func TestBlockedAddresses(t *testing.T) {
	t.Parallel()
	const stays = 5
	for name, c := range map[string]struct {
		idp  [3]string // addresses in Authentik of accounts 2, 3, 4, which have b@, c@, d@
		left string
	}{
		"a chain to one that stays": {[3]string{"c@x.org", "d@x.org", "e@x.org"}, "u2 u3 u4"},
		"a chain to a free one":     {[3]string{"c@x.org", "d@x.org", "new@x.org"}, ""},
		"a ring":                    {[3]string{"c@x.org", "d@x.org", "b@x.org"}, ""},
		"two want one":              {[3]string{"new@x.org", "new@x.org", "d@x.org"}, "u3"},
	} {
		w := rooted()
		for i, mail := range []string{"b@x.org", "c@x.org", "d@x.org", "e@x.org"} {
			local(&w, fmt.Sprintf("u%d", i+2), mail, model.RoleUser)
		}
		for i, mail := range c.idp {
			identity(&w, fmt.Sprintf("i%d", i+2), mail, gUsers)
			w.Pins = append(w.Pins, model.Pin{UID: fmt.Sprintf("uid-%d", i+2), LocalID: int64(i + 2)})
		}
		d, err := MatchEmails(t.Context(), model.Judge(w), 2, 3, 4)
		var left []string
		for _, l := range d.Left {
			if model.CodeOf(l.Why) == model.CodeConflict {
				left = append(left, l.Who.Raw())
			}
		}
		if got := strings.Join(left, " "); got != c.left || (err != nil) != (c.left == "u2 u3 u4") {
			t.Errorf("%s: left out %q, %v", name, got, err)
		}
		for _, x := range d.Plan.Changes {
			if w, err = After(w, x); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		seen := map[model.Untrusted]bool{}
		for _, u := range w.Locals {
			if u.Email != "" && seen[u.Email] || u.ID == stays && u.Email != "e@x.org" {
				t.Errorf("%s: %s has %s", name, u.Username, u.Email)
			}
			seen[u.Email] = true
		}
	}
}

// TestCancelled: planning and simulating end when nobody waits for them any
// more.
func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := model.Judge(crowd(3))
	for name, build := range map[string]func(context.Context, *model.Review, ...int64) (Draft, error){
		"match": MatchEmails, "trust": Trust, "roles": RoleNow, "identities": MatchIdentities, "pins": PinPairs, "toggle": TogglePins,
	} {
		if _, err := build(ctx, r, 1, 2, 3); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r, p := disabling(3)
	if after, _, err := Simulate(ctx, r, p); !errors.Is(err, context.Canceled) || after != nil {
		t.Errorf("simulate: %v", err)
	}
}

// TestLimits holds that nothing of planning is quadratic: both are compared, in
// the same run, with judging the same people, which is linear.
func TestLimits(t *testing.T) {
	if os.Getenv("ROMM_ADMIN_LIMITS") == "" {
		t.Skip("set ROMM_ADMIN_LIMITS=1 (make bench does)")
	}
	r := model.Judge(crowd(10_000))
	ids := everybody(r)
	unknown, p := disabling(8_000)
	for _, c := range []struct {
		name  string
		run   func()
		floor model.World
		most  float64 // of the floor
		limit time.Duration
	}{
		{"planning for all of 10,000 people, one of them impossible", func() {
			if d, err := MatchEmails(t.Context(), r, ids...); err != nil || len(d.Left) != 1 {
				t.Fatal(len(d.Left), err)
			}
		}, r.World, 1, time.Second},
		{"simulating 8,000 changes while no login is known", func() {
			if _, _, err := Simulate(t.Context(), unknown, p); err != nil {
				t.Fatal(err)
			}
		}, unknown.World, 4, time.Second / 2},
	} {
		var ratios []float64
		var took []time.Duration
		for range 5 { // interleaved, so that a machine that changes its pace changes both
			a := testing.Benchmark(func(b *testing.B) {
				for b.Loop() {
					c.run()
				}
			}).NsPerOp()
			floor := testing.Benchmark(func(b *testing.B) {
				for b.Loop() {
					model.Judge(c.floor)
				}
			}).NsPerOp()
			ratios, took = append(ratios, float64(a)/float64(floor)), append(took, time.Duration(a))
		}
		slices.Sort(ratios)
		slices.Sort(took)
		t.Logf("%s: %v, %.2f of judging them once (medians of 5; %.2f to %.2f)", c.name, took[2].Round(time.Millisecond), ratios[2], ratios[0], ratios[4])
		if ratios[2] > c.most || took[2] > c.limit {
			t.Errorf("%s: more than %.1f of the floor, or %v", c.name, c.most, c.limit)
		}
	}
}
