package model

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// replay applies the changes one at a time to a directory that refuses two
// accounts with one address, as RomM does, and returns the addresses.
func replay(t *testing.T, w World, p Plan) World {
	t.Helper()
	for i, c := range p.Changes {
		next, err := w.With(c)
		if err != nil {
			t.Fatalf("change %d of %q: %v", i, p.Title, err)
		}
		seen := map[string]Untrusted{}
		for _, u := range next.Locals {
			k, ok := addressKey(u.Email)
			if other, twice := seen[k]; ok && twice {
				t.Fatalf("after change %d %s and %s both have %s", i, u.Username, other, u.Email)
			}
			seen[k] = u.Username
		}
		w = next
	}
	return w
}

func TestAccountsSwapAddresses(t *testing.T) {
	for n := 1; n <= 5; n++ {
		t.Run(fmt.Sprintf("ring of %d", n), func(t *testing.T) {
			w := testWorld()
			w.local("root", "root@x.org", RoleAdmin)
			w.identity("root", "root@x.org", gAdmins)
			for i := range n {
				name := fmt.Sprintf("p%d", i)
				w.local(name, fmt.Sprintf("p%d@x.org", (i+1)%n), RoleUser)
				id := w.identity(name, name+"@x.org", gUsers)
				w.Links = append(w.Links, Link{UID: id.UID, LocalID: int64(i + 2)})
			}
			// Pinned people whose addresses crossed are pin-moved, and that is
			// for a person to judge; unpinned ones pair by address.
			r := Judge(w)
			if _, err := r.PlanSafeFixes(); CodeOf(err) != CodeNothing {
				t.Fatalf("crossed pins are no safe fix: %v", err)
			}
			ids := make([]int64, n)
			targets := map[int64]Untrusted{}
			for i := range n {
				ids[i] = int64(i + 2)
				targets[ids[i]] = Untrusted(fmt.Sprintf("p%d@x.org", i))
			}
			p, err := r.PlanMatchEmails(ids...)
			if n == 1 {
				if CodeOf(err) != CodeNothing {
					t.Errorf("an account with the right address: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.PlanMatchEmails(ids[:1]...); CodeOf(err) != CodeConflict {
				t.Errorf("one of a ring alone: %v", err)
			}
			after := replay(t, w, p)
			for id, want := range targets {
				if got := after.Locals[id-1].Email; got != want {
					t.Errorf("account %d has %q, want %q", id, got, want)
				}
			}
			if parked := len(p.Changes) - n; parked != 1 {
				t.Errorf("%d accounts were parked", parked)
			}
			back := replay(t, after, p.Inverse())
			if !reflect.DeepEqual(back.Locals, w.Locals) {
				t.Error("undo does not bring the addresses back")
			}
		})
	}
}

// TestSafeFixesProperty: over random worlds the plan of all safe fixes is
// accepted by a directory without duplicates, and none of what was fixable is
// left, but for addresses that an account keeps.
func TestSafeFixesProperty(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	fixed := 0
	for range 5000 {
		w := randomWorld(rng)
		r := Judge(w)
		p, err := r.PlanSafeFixes()
		if err != nil {
			continue
		}
		fixed += len(p.Changes)
		after := Judge(replay(t, w, p))
		for _, pair := range after.Pairs {
			to, ok := pair.SafeFix()
			if !ok {
				continue
			}
			if _, held := holderOf(after, to); !held {
				t.Fatalf("%s could still be set to %s", pair.Username(), to)
			}
		}
	}
	if fixed < 300 {
		t.Errorf("only %d fixes in 5000 worlds: the test says little", fixed)
	}
	t.Logf("%d addresses fixed", fixed)
}

func holderOf(r *Review, address string) (Untrusted, bool) {
	for _, u := range r.World.Locals {
		if SameAddress(u.Email, Untrusted(address)) {
			return u.Username, true
		}
	}
	return "", false
}

// TestSafeFixIsSafe: what is not surely one person with a verified address of
// their own is not touched.
func TestSafeFixIsSafe(t *testing.T) {
	base := func(edit func(*World, *LocalUser, *Identity)) *Review {
		w := testWorld()
		u := w.local("bob", "bob@old.org", RoleUser)
		edit(&w, u, w.identity("bob", "bob@x.org", gUsers))
		return Judge(w)
	}
	if p, err := base(func(*World, *LocalUser, *Identity) {}).PlanSafeFixes(); err != nil || len(p.Changes) != 1 {
		t.Fatalf("the plain case: %v, %v", p, err)
	}
	for name, edit := range map[string]func(*World, *LocalUser, *Identity){
		"unverified":      func(_ *World, _ *LocalUser, i *Identity) { i.TrustedEmail = "" },
		"inactive":        func(_ *World, _ *LocalUser, i *Identity) { i.Active = false },
		"no address":      func(_ *World, _ *LocalUser, i *Identity) { i.Email = "" },
		"not ASCII":       func(_ *World, _ *LocalUser, i *Identity) { i.Email, i.TrustedEmail = "böb@x.org", "böb@x.org" },
		"not settable":    func(_ *World, _ *LocalUser, i *Identity) { i.Email, i.TrustedEmail = "b'b@x.org", "b'b@x.org" },
		"shared":          func(w *World, _ *LocalUser, _ *Identity) { w.identity("twin", "BOB@x.org", gUsers) },
		"held by another": func(w *World, _ *LocalUser, _ *Identity) { w.local("squatter", "bob@x.org", RoleUser) },
		"hidden group":    func(_ *World, _ *LocalUser, i *Identity) { i.Groups = append(i.Groups, gHidden) },
		"letter case":     func(_ *World, u *LocalUser, _ *Identity) { u.Email = "BOB@x.org" },
	} {
		if p, err := base(edit).PlanSafeFixes(); CodeOf(err) != CodeNothing {
			t.Errorf("%s: %+v, %v", name, p.Changes, err)
		}
	}
}

func TestOtherPlans(t *testing.T) {
	w := testWorld()
	w.local("root", "root@x.org", RoleAdmin)
	w.identity("root", "root@x.org", gAdmins)
	w.local("bob", "bob@x.org", RoleUser)
	w.identity("bob", "bob@x.org", gAdmins).TrustedEmail = ""
	w.local("ann", "ann@x.org", RoleAdmin)
	w.identity("ann", "ann@x.org", gUsers)
	w.identity("eve", "", gUsers)
	r := Judge(w)
	for _, c := range []struct {
		name    string
		plan    func() (Plan, error)
		changes int
		code    Code
		word    string // in the title or the message
		command string
	}{
		{"trust", func() (Plan, error) { return r.PlanTrust(2) }, 1, "", "vouch", "romm-admin users verify bob"},
		{"trust what is trusted", func() (Plan, error) { return r.PlanTrust(1) }, 0, CodeNothing, "already", ""},
		{"trust no address", func() (Plan, error) { return r.PlanTrust(4) }, 0, CodeInvalid, "no plain ASCII", ""},
		{"trust nobody", func() (Plan, error) { return r.PlanTrust(9) }, 0, CodeNotFound, "key 9", ""},
		{"Authentik address keeps trust", func() (Plan, error) { return r.PlanIDPEmail(1, "new@x.org") }, 2, "", "new@x.org", "romm-admin users set-email root new@x.org --side authentik"},
		{"Authentik address of the untrusted", func() (Plan, error) { return r.PlanIDPEmail(2, "new@x.org") }, 1, "", "bob", ""},
		{"Authentik address taken", func() (Plan, error) { return r.PlanIDPEmail(2, "ANN@x.org") }, 0, CodeConflict, "ann", ""},
		{"Authentik address the same", func() (Plan, error) { return r.PlanIDPEmail(2, "BOB@x.org") }, 0, CodeNothing, "already", ""},
		{"disable", func() (Plan, error) { return r.PlanEnabled(false, 2, 3) }, 2, "", "disable 2", "romm-admin users disable bob ann"},
		{"enable the enabled", func() (Plan, error) { return r.PlanEnabled(true, 2) }, 0, CodeNothing, "nothing to enable", ""},
		{"role now", func() (Plan, error) { return r.PlanRoleNow(3) }, 1, "", "roles", "romm-admin users apply-role ann"},
		{"role as it is", func() (Plan, error) { return r.PlanRoleNow(1) }, 0, CodeNothing, "no role", ""},
		{"pin", func() (Plan, error) { return r.PlanPin(2, 2) }, 1, "", "pin", "romm-admin users pin bob bob"},
		{"unpin the unpinned", func() (Plan, error) { return r.PlanPin(2, 0) }, 0, CodeNothing, "nothing", ""},
	} {
		p, err := c.plan()
		text := p.Title
		if err != nil {
			text = err.Error()
		}
		if len(p.Changes) != c.changes || CodeOf(err) != c.code || !strings.Contains(text, c.word) || c.command != "" && p.Command != c.command {
			t.Errorf("%s: %d changes, %v, title %q, command %q", c.name, len(p.Changes), err, p.Title, p.Command)
		}
		if err != nil || c.code != "" {
			continue
		}
		back := replay(t, replay(t, w, p), p.Inverse())
		if !reflect.DeepEqual(Judge(back).Pairs, r.Pairs) {
			t.Errorf("%s: undo is not the identity", c.name)
		}
	}
	// Vouching for bob lets him in, as an admin.
	w.WriteWarning = "loses something"
	r = Judge(w)
	p, err := r.PlanTrust(2)
	if err != nil || p.Warning != "loses something" {
		t.Fatalf("%q, %v", p.Warning, err)
	}
	if _, impact, err := r.Simulate(p); err != nil || len(impact.CanSignIn) != 1 || impact.CanSignIn[0].After.RoleAfter != RoleAdmin {
		t.Errorf("impact %+v, %v", impact, err)
	}
	// Disabling both admins that can sign in is refused (S5).
	if p, err = r.PlanEnabled(false, 1); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Simulate(p); CodeOf(err) != CodeRefused {
		t.Errorf("S5: %v", err)
	}
	// A pin beats the address.
	if p, err = r.PlanPin(4, 3); err != nil {
		t.Fatal(err)
	}
	after, _, err := r.Simulate(p)
	if err != nil {
		t.Fatal(err)
	}
	if pair, _ := after.byPK(4); pair.Basis != BasisPin || pair.Local == nil || pair.Local.Username != "ann" {
		t.Errorf("after the pin: %+v", pair)
	}
}

// TestNothingSafeSaysHowManyAreLeft: it is no failure, and the number is that of
// the people whom the command lists that it names.
func TestNothingSafeSaysHowManyAreLeft(t *testing.T) {
	t.Parallel()
	for n, says := range []string{
		"no address has to be fixed", "no address can be fixed safely; 1 person needs a decision", "no address can be fixed safely; 2 people need a decision",
	} {
		w := testWorld()
		w.local("ann", "ann@x.org", RoleUser)
		w.identity("ann", "ann@x.org", gUsers)
		for i := range n {
			name := fmt.Sprintf("p%d", i)
			w.local(name, name+"@old.org", RoleUser)
			if i > 0 { // the others have no Authentik user at all
				continue
			}
			w.identity(name, name+"@x.org", gUsers).TrustedEmail = ""
		}
		r := Judge(w)
		_, err := r.PlanSafeFixes()
		if CodeOf(err) != CodeNothing || err.Error() != says || r.Stats.Problems != n ||
			n > 0 && !strings.Contains(HintOf(err), "romm-admin users list --problems") {
			t.Errorf("%d left: %v (%s), %+v", n, err, HintOf(err), r.Stats)
		}
	}
}
