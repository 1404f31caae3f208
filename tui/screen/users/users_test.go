package users_test

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

func start(t *testing.T, options ...tuitest.Option) (*tuitest.Driver, *tuitest.Console) {
	t.Helper()
	c := tuitest.NewConsole(tuitest.World())
	return tuitest.New(t, c, options...), c
}

func TestFilterSearchesWhatPeopleKnow(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ typed, person, status string }{
		{"bob", "bob", "1 of 11"},
		{"BOB", "bob", "1 of 11"},
		{"díaz", "dave", "1 of 11"}, // the real name
		{"DÍAZ", "dave", "1 of 11"},
		{"old.example", "bob", "1 of 11"}, // RomM's address
		{"carol@example.org", "carol", "1 of 11"},
		{"email-mismatch", "bob", "1 of 11"},
		{"new account", "dave", "1 of 11"}, // the mark's word
		{"local-disabled", "frank", "1 of 11"},
		{"admin", "kim", "3 of 11"}, // now or after the next login
	} {
		d, _ := start(t)
		d.Press("/", tc.typed).WantCursor(tc.person).Want(tc.status + " match")
	}
	d, _ := start(t)
	d.Press("/", "bobbob").Want("Nobody matches") // no match spans two fields
}

func TestFilterIsLiveKeptAndCleared(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	d.Press("/", "er").Want("enter keep").WantNot("alice ")
	d.Press("backspace", "backspace").WantNot("match “").Want("alice ")
	d.Press("erin", "enter").Want("1 of 11 match “erin”", "tab next screen").WantCursor("erin")
	d.Press("2", "1").WantCursor("erin").WantNot("alice ") // kept over a change of screen
	d.Press("/").Want(" / erin")
	d.Press("esc").WantNot("match “erin”").Want("alice ").WantCursor("erin")
	d.Press("/", "zzz", "enter").Want("Nobody matches “zzz”.", "esc shows everybody again")
	d.Press("e").Want("no person is selected").Press("esc", "esc").Want("alice ")
}

func TestAKeptFilterAppliesToNewerData(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("/", "old.example", "enter").Want("1 of 11 match").WantCursor("bob")
	c.Edit(func(w *model.World) {
		w.Locals = append([]model.LocalUser(nil), w.Locals...)
		w.Locals[2].Email, w.Locals[7].Email = "bob@example.org", "heidi@old.example"
	})
	d.Press("r").Want("1 of 11 match").WantCursor("heidi@old.example")
}

func TestLettersAreTextWhileFiltering(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	loads := c.Loads()
	d.Press("/", "qrj?e12d").Want("“qrj?e12d”", "[1 Users]")
	if d.Left() || c.Loads() != loads {
		t.Error("typing quit or reloaded")
	}
}

func TestCursorStaysOnThePersonOverAReload(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("/", "ann", "enter", "esc").WantCursor("ann")
	c.Edit(func(w *model.World) { // somebody goes, and everybody else becomes a problem
		w.Locals = w.Locals[1:]
		w.Provider.Verified = model.VerifiedNever
	})
	d.Press("r").WantCursor("ann@example.org", "unverified")
	c.Edit(func(w *model.World) { // RomM's account is gone, the person stays
		w.Locals = w.Locals[1:]
		w.Provider.Verified = model.VerifiedAddress
	})
	d.Press("r").WantCursor("ann@example.org", "new account")
	c.Edit(func(w *model.World) { w.Directory.Identities, w.Locals = nil, nil })
	d.Press("r").Want("Nobody is here yet.")
}

func TestMoving(t *testing.T) {
	t.Parallel()
	w := tuitest.World()
	for i := range 60 {
		name := model.Untrusted("zz" + string(rune('a'+i/10)) + string(rune('0'+i%10)))
		w.Locals = append(w.Locals, model.LocalUser{ID: int64(100 + i), Username: name, Enabled: true, Role: model.RoleUser})
	}
	d := tuitest.New(t, tuitest.NewConsole(w), tuitest.Size(80, 24))
	d.WantCursor("bob").Press("j").WantCursor("carol").Press("down").WantCursor("erin").Press("k", "up").WantCursor("bob")
	d.Press("up").WantCursor("bob")
	d.Press("G").WantCursor("ann").WantNot("bob@old").Want("next login") // the header stays
	d.Press("j").WantCursor("ann")
	d.Press("g").WantCursor("bob").Press("end").WantCursor("ann").Press("home").WantCursor("bob")
	d.Press("pgdown", "pgdown").WantNot("bob@old").Press("pgup", "pgup").WantCursor("bob")
}

func TestWhyEmailCannotBeSet(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	d.Press("/", "dave", "enter").WantNot("e set RomM").Press("e").Want("dave has no RomM account yet").WantNot("┌")
	d.Press("?").Want("not now: dave has no RomM account yet")
}

func TestPromptKnowsBothSides(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	d.Press("/", "carol", "enter", "e").Want("> carol@example.org", "RomM has no address for this account now.")
	d, _ = start(t)
	d.Press("/", "heidi", "enter", "e").Want("> heidi@elsewhere.example", "No Authentik user belongs to this account.")
	d.Press("ctrl+u", "enter").Want("- heidi@elsewhere.example", "+ no address", "Nobody's next login changes.")
	d.Press("tab", "enter").Want("heidi: RomM e-mail is removed").WantCursor("heidi", "—")
}

func TestDetailsShowTheWholeChain(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	d.Press("/", "alice", "enter").WantNot("Paired by")
	d.Press("d").Want("Paired by  email", "Rows       romm-admins gives admin", "romm-users gives user, outranked", "Role       admin, decided by group romm-admins; the account stays admin",
		"predicted from the provider's mappings", `romm_roles ["admin"]`,
		"alice (id 1), alice@example.org, admin, enabled", "alice@example.org verified", "(rule 18)", "d less")
	d.Press("d").WantNot("Paired by")
	d.Press("/", "ctrl+u", "carol", "enter", "d").Want("family, romm-users (through family)")
	d.Press("/", "ctrl+u", "ivan", "enter").Want("none: no group of this person has a role")
}

// Both sides' essentials are there at every size that is supported.
func TestEssentialsAtEverySize(t *testing.T) {
	t.Parallel()
	for _, s := range [][2]int{{60, 15}, {60, 20}, {75, 20}, {76, 20}, {80, 24}, {99, 24}, {100, 30}, {111, 30}, {112, 30}, {120, 40}, {200, 60}} {
		d, _ := start(t, tuitest.Size(s[0], s[1]))
		d.WantCursor("bob", "bob@old.example", "user", "≠").Want("Next login: 500", "cannot sign in", "? help", "q quit", "e set RomM e-mail")
		switch row := d.Row("▌"); {
		case s[0] >= 76 && !strings.Contains(row, "bob@example.org"):
			t.Errorf("%dx%d: Authentik's address is not in the row %q", s[0], s[1], row)
		case !strings.Contains(row, "≠ mismatch"):
			t.Errorf("%dx%d: the mark has no word in %q", s[0], s[1], row)
		case s[0] >= 112 && !strings.Contains(row, "verified"):
			t.Errorf("%dx%d: the row %q has no state", s[0], s[1], row)
		}
	}
}

// An address that its column cuts is spelled below.
func TestCutAddressesAreSpelled(t *testing.T) {
	t.Parallel()
	d, _ := start(t, tuitest.Size(80, 24))
	d.Press("/", "heidi", "enter").WantCursor("heidi@elsewhere.examp…").Want("RomM has heidi@elsewhere.example.")
}

// proves S31
func TestLookAlikesAreMarkedAndSpelled(t *testing.T) {
	t.Parallel()
	w := tuitest.World()
	w.Locals[2].Username = "bоb" // the vowel is Cyrillic
	w.Directory.Identities[2].Username = "bоb"
	d := tuitest.New(t, tuitest.NewConsole(w))
	d.WantCursor("bоb*").Want(`* not plain ASCII: b\u043eb`)
	d.Press("e").Want(`RomM e-mail of b\u043eb`)
	d.Press("enter").Want(`account bоb (b\u043eb) (id 3)`, `Set the RomM e-mail of bоb (b\u043eb) to`, `+ bоb (b\u043eb) can sign in`)
	d = tuitest.New(t, tuitest.NewConsole(tuitest.World()))
	d.Press("e", "ctrl+u", "bоb@example.org").Want(`not plain ASCII: b\u043eb@example.org`)
	d = tuitest.New(t, tuitest.NewConsole(w), tuitest.With(func(o *tui.Options) { o.ASCII = true }))
	for _, r := range d.Screen() {
		if r > 0x7e {
			t.Fatalf("the ASCII screen has %q", r)
		}
	}
}
