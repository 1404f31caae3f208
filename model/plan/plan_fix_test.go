package plan

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// replay applies the changes one at a time to a directory that refuses two
// accounts with one address, as RomM does, and returns the addresses.
func replay(t *testing.T, w model.World, p Plan) model.World {
	t.Helper()
	for i, c := range p.Changes {
		next, err := After(w, c)
		if err != nil {
			t.Fatalf("change %d of %q: %v", i, p.Title, err)
		}
		seen := map[string]model.Untrusted{}
		for _, u := range next.Locals {
			k, ok := model.AddressKey(u.Email)
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
			local(&w, "root", "root@x.org", model.RoleAdmin)
			identity(&w, "root", "root@x.org", gAdmins)
			for i := range n {
				name := fmt.Sprintf("p%d", i)
				local(&w, name, fmt.Sprintf("p%d@x.org", (i+1)%n), model.RoleUser)
				id := identity(&w, name, name+"@x.org", gUsers)
				w.Pins = append(w.Pins, model.Pin{UID: id.UID, LocalID: int64(i + 2)})
			}
			// Pinned people whose addresses crossed are pin-moved, and that is
			// for a person to judge; unpinned ones pair by address.
			r := model.Judge(w)
			if _, err := planOf(SafeFixes(t.Context(), r)); model.CodeOf(err) != model.CodeNothing {
				t.Fatalf("crossed pins are no safe fix: %v", err)
			}
			ids := make([]int64, n)
			targets := map[int64]model.Untrusted{}
			for i := range n {
				ids[i] = int64(i + 2)
				targets[ids[i]] = model.Untrusted(fmt.Sprintf("p%d@x.org", i))
			}
			p, err := planOf(MatchEmails(t.Context(), r, ids...))
			if n == 1 {
				if model.CodeOf(err) != model.CodeNothing {
					t.Errorf("an account with the right address: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := planOf(MatchEmails(t.Context(), r, ids[:1]...)); model.CodeOf(err) != model.CodeConflict {
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
// left, but for addresses that an account keeps, and what the draft leaves out.
func TestSafeFixesProperty(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	fixed := 0
	for range 5000 {
		w := randomWorld(rng)
		r := model.Judge(w)
		d, err := SafeFixes(t.Context(), r)
		if err != nil {
			continue
		}
		p := d.Plan
		fixed += len(p.Changes)
		after := model.Judge(replay(t, w, p))
		for _, pair := range after.Pairs {
			to, ok := pair.SafeFix()
			if !ok {
				continue
			}
			told := slices.ContainsFunc(d.Left, func(l LeftOut) bool { return l.Who == pair.Local.Username })
			if _, held := holderOf(after, to); !held && !told {
				t.Fatalf("%s could still be set to %s", pair.Username(), to)
			}
		}
	}
	if fixed < 300 {
		t.Errorf("only %d fixes in 5000 worlds: the test says little", fixed)
	}
	t.Logf("%d addresses fixed", fixed)
}

func holderOf(r *model.Review, address string) (model.Untrusted, bool) {
	for _, u := range r.World.Locals {
		if model.SameAddress(u.Email, model.Untrusted(address)) {
			return u.Username, true
		}
	}
	return "", false
}

// TestSafeFixIsSafe: what is not surely one person with a verified address of
// their own is not touched.
func TestSafeFixIsSafe(t *testing.T) {
	base := func(edit func(*model.World, *model.LocalUser, *model.Identity)) *model.Review {
		w := testWorld()
		u := local(&w, "bob", "bob@old.org", model.RoleUser)
		edit(&w, u, identity(&w, "bob", "bob@x.org", gUsers))
		return model.Judge(w)
	}
	if p, err := planOf(SafeFixes(t.Context(), base(func(*model.World, *model.LocalUser, *model.Identity) {}))); err != nil || len(p.Changes) != 1 {
		t.Fatalf("the plain case: %v, %v", p, err)
	}
	for name, edit := range map[string]func(*model.World, *model.LocalUser, *model.Identity){
		"unverified": func(_ *model.World, _ *model.LocalUser, i *model.Identity) { i.TrustedEmail = "" },
		"inactive":   func(_ *model.World, _ *model.LocalUser, i *model.Identity) { i.Active = false },
		"no address": func(_ *model.World, _ *model.LocalUser, i *model.Identity) { i.Email = "" },
		"not ASCII": func(_ *model.World, _ *model.LocalUser, i *model.Identity) {
			i.Email, i.TrustedEmail = "böb@x.org", "böb@x.org"
		},
		"not settable": func(_ *model.World, _ *model.LocalUser, i *model.Identity) {
			i.Email, i.TrustedEmail = "b'b@x.org", "b'b@x.org"
		},
		"shared": func(w *model.World, _ *model.LocalUser, _ *model.Identity) { identity(w, "twin", "BOB@x.org", gUsers) },
		"held by another": func(w *model.World, _ *model.LocalUser, _ *model.Identity) {
			local(w, "squatter", "bob@x.org", model.RoleUser)
		},
		"hidden group": func(_ *model.World, _ *model.LocalUser, i *model.Identity) { i.Groups = append(i.Groups, gHidden) },
		"letter case":  func(_ *model.World, u *model.LocalUser, _ *model.Identity) { u.Email = "BOB@x.org" },
	} {
		if p, err := planOf(SafeFixes(t.Context(), base(edit))); model.CodeOf(err) != model.CodeNothing {
			t.Errorf("%s: %+v, %v", name, p.Changes, err)
		}
	}
}

func TestOtherPlans(t *testing.T) {
	w := testWorld()
	local(&w, "root", "root@x.org", model.RoleAdmin)
	identity(&w, "root", "root@x.org", gAdmins)
	local(&w, "bob", "bob@x.org", model.RoleUser)
	identity(&w, "bob", "bob@x.org", gAdmins).TrustedEmail = ""
	local(&w, "ann", "ann@x.org", model.RoleAdmin)
	identity(&w, "ann", "ann@x.org", gUsers)
	identity(&w, "eve", "", gUsers)
	r := model.Judge(w)
	for _, c := range []struct {
		name    string
		plan    func() (Plan, error)
		changes int
		code    model.Code
		word    string // in the title or the message
		command string
	}{
		{"trust", func() (Plan, error) { return planOf(Trust(t.Context(), r, 2)) }, 1, "", "vouch", "romm-admin users verify bob"},
		{"trust what is trusted", func() (Plan, error) { return planOf(Trust(t.Context(), r, 1)) }, 0, model.CodeNothing, "already", ""},
		{"trust no address", func() (Plan, error) { return planOf(Trust(t.Context(), r, 4)) }, 0, model.CodeInvalid, "no plain ASCII", ""},
		{"trust nobody", func() (Plan, error) { return planOf(Trust(t.Context(), r, 9)) }, 0, model.CodeNotFound, "key 9", ""},
		{"Authentik address keeps trust", func() (Plan, error) { return IDPEmail(r, 1, "new@x.org") }, 2, "", "new@x.org", "romm-admin users set-email root new@x.org --side authentik"},
		{"Authentik address of the untrusted", func() (Plan, error) { return IDPEmail(r, 2, "new@x.org") }, 1, "", "bob", ""},
		{"Authentik address taken", func() (Plan, error) { return IDPEmail(r, 2, "ANN@x.org") }, 0, model.CodeConflict, "ann", ""},
		{"Authentik address the same", func() (Plan, error) { return IDPEmail(r, 2, "BOB@x.org") }, 0, model.CodeNothing, "already", ""},
		{"disable", func() (Plan, error) { return planOf(Enabled(t.Context(), r, false, 2, 3)) }, 2, "", "disable 2", "romm-admin users disable bob ann"},
		{"enable the enabled", func() (Plan, error) { return planOf(Enabled(t.Context(), r, true, 2)) }, 0, model.CodeNothing, "nothing to enable", ""},
		{"role now", func() (Plan, error) { return planOf(RoleNow(t.Context(), r, 3)) }, 1, "", "roles", "romm-admin users apply-role ann"},
		{"role as it is", func() (Plan, error) { return planOf(RoleNow(t.Context(), r, 1)) }, 0, model.CodeNothing, "no role", ""},
		{"pin", func() (Plan, error) { return Pin(r, 2, 2) }, 1, "", "pin", "romm-admin users pin bob bob"},
		{"unpin the unpinned", func() (Plan, error) { return Pin(r, 2, 0) }, 0, model.CodeNothing, "nothing", ""},
	} {
		p, err := c.plan()
		text := p.Title
		if err != nil {
			text = err.Error()
		}
		if len(p.Changes) != c.changes {
			t.Errorf("%s: %d changes, want %d", c.name, len(p.Changes), c.changes)
		}
		if model.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want code %q", c.name, err, c.code)
		}
		if !strings.Contains(text, c.word) {
			t.Errorf("%s: it says %q, without %q", c.name, text, c.word)
		}
		if c.command != "" && p.Command != c.command {
			t.Errorf("%s: the same as %q, want %q", c.name, p.Command, c.command)
		}
		if err != nil || c.code != "" {
			continue
		}
		back := replay(t, replay(t, w, p), p.Inverse())
		if !reflect.DeepEqual(model.Judge(back).Pairs, r.Pairs) {
			t.Errorf("%s: undo is not the identity", c.name)
		}
	}
	// Vouching for bob lets him in, as an admin.
	w.WriteWarning = "loses something"
	r = model.Judge(w)
	p, err := planOf(Trust(t.Context(), r, 2))
	if err != nil || p.Warning != "loses something" {
		t.Fatalf("%q, %v", p.Warning, err)
	}
	if _, impact, err := Simulate(t.Context(), r, p); err != nil || len(impact.CanSignIn) != 1 || impact.CanSignIn[0].After.RoleAfter != model.RoleAdmin {
		t.Errorf("impact %+v, %v", impact, err)
	}
	// Disabling both admins that can sign in is refused (S5).
	if p, err = planOf(Enabled(t.Context(), r, false, 1)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Simulate(t.Context(), r, p); model.CodeOf(err) != model.CodeRefused {
		t.Errorf("S5: %v", err)
	}
	// A pin beats the address.
	if p, err = Pin(r, 4, 3); err != nil {
		t.Fatal(err)
	}
	after, _, err := Simulate(t.Context(), r, p)
	if err != nil {
		t.Fatal(err)
	}
	if pair, _ := rowOf(after, 4); pair.Basis != model.BasisPin || pair.Local == nil || pair.Local.Username != "ann" {
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
		local(&w, "ann", "ann@x.org", model.RoleUser)
		identity(&w, "ann", "ann@x.org", gUsers)
		for i := range n {
			name := fmt.Sprintf("p%d", i)
			local(&w, name, name+"@old.org", model.RoleUser)
			if i > 0 { // the others have no Authentik user at all
				continue
			}
			identity(&w, name, name+"@x.org", gUsers).TrustedEmail = ""
		}
		r := model.Judge(w)
		_, err := planOf(SafeFixes(t.Context(), r))
		if model.CodeOf(err) != model.CodeNothing || err.Error() != says || r.Stats.Problems != n ||
			n > 0 && !strings.Contains(model.HintOf(err), "romm-admin users list --problems") {
			t.Errorf("%d left: %v (%s), %+v", n, err, model.HintOf(err), r.Stats)
		}
	}
}
