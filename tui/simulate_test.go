package tui_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// The dialog tells every link of the chain, asks Authentik on a key, and says
// how old the answer is; nothing is planned or written.
func TestSimulateOnePersonStepByStep(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("/", "bob", "enter", "S").Want("The next login of bob", "Next login: 500 Internal Server Error.", "Claims     predicted from the provider's mappings",
		`email "bob@example.org"`, "email_verified true", `romm_roles ["viewer"]`, "Account    no RomM account has bob@example.org; the username is that of",
		"Groups     romm-users", "Rows       romm-users gives user", "Role       user, decided by group romm-users", "Answer     500 “Internal Server Error” (rule 15b)",
		"To do: set the RomM e-mail to bob@example.org.", "nothing is written", "a ask Authentik")
	d.Press("a").Want("computed by Authentik, asked just now", "as predicted").WantNot("predicted from")
	if got := fmt.Sprint(c.Previews()); got != "[[13]]" {
		t.Errorf("Authentik was asked about %s", got)
	}
	d.Press("esc").WantNot("The next login of").Pass(3 * time.Minute).Press("d").Want("computed by Authentik, asked 3 min ago").Press("d")
	d.Press("S").Want("asked 3 min ago")
	wantApplied(t, c, 0)
}

// proves that what Authentik computes counts, and that the difference shows in
// the dialog, in the pane and in the notes.
func TestSimulateShowsWhereAuthentikDiffers(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	c.Answers(11, model.Claims{"email_verified": false})
	d.Press("/", "alice", "enter", "S").Want("307 signs in (rule 18)").Press("a")
	d.Want("not as predicted: email_verified is false and not true", "400 “Email is not verified.” (rule 5)").WantNot("307 signs in")
	d.Press("esc").WantCursor("alice", "! unverified").Want("Not as predicted: email_verified is false and not true.", "Authentik computes other claims", "6 cannot sign in")
	d.Press("r").WantCursor("alice", "! unverified") // kept over a reading
}

func TestSimulateManyAndEverybody(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	c.Answers(12, model.Claims{"email_verified": "true"})
	d.Press("W").Want("The next logins of 10 people", "3 sign in, 1 gets a new account, 5 cannot sign in, 1 is inactive in", "Authentik was not asked",
		"These cannot sign in:", "bob: 500 “Internal Server Error” (rule 15b)")
	d.Press("a").Want("Authentik computed the claims of 9 of 9, asked just now: 8 as predicted,", "1 not.",
		"Not as predicted; what Authentik computes counts:", `ann: email_verified is "true" and not true`, "2 sign in")
	d.Press("esc", "space", "space", "S").Want("The next logins of 2 people").Press("a")
	if got := fmt.Sprint(c.Previews()); got != "[[] [13 14]]" {
		t.Errorf("Authentik was asked about %s", got)
	}
	wantApplied(t, c, 0)
}

func TestSimulateSaysWhyNot(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("/", "heidi", "enter", "S").Want("no Authentik user belongs to this account").WantNot("┌")
	d.Press("/", "ctrl+u", "grace", "enter", "S").Want("not known: Authentik lets nobody sign in as an inactive user").Press("a").
		Want("Not now: Authentik computes nothing for inactive users.").Press("down").WantNot("Not now").Press("esc")
	d.Press("/", "ctrl+u", "nobody-is-called-so", "enter", "S").Want("no person is selected").Press("esc", "esc")
	c.FailPreviews(&model.Error{Code: model.CodeForbidden, Msg: "the token may not preview", Hint: "give it preview_user"})
	d.Press("W", "a").Want("The token may not preview.", "Give it preview_user.", "Authentik was not asked").Press("esc").WantNot("┌")
	if len(c.Previews()) != 1 {
		t.Errorf("asked %d times", len(c.Previews()))
	}
	c.FailLoads(&model.Error{Code: model.CodeUnavailable, Msg: "down"})
	d = tuitest.New(t, c).Press("S").Want("nothing has been read yet").WantNot("┌")
	d.Press("W").WantNot("┌")
}

// While both sides are being read nothing is asked: the answer would belong to
// a state that is gone.
func TestSimulateWaitsForAReading(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Hold().Press("r", "S", "a").Want("Not now: both sides are being read.")
	c.Edit(func(w *model.World) {
		w.Locals = append([]model.LocalUser(nil), w.Locals...)
		w.Locals[2].Email = "bob@example.org"
	})
	d.Release().Want("307 signs in (rule 18)") // the open dialog follows what was read
	d.Press("a").Want("computed by Authentik")
}

// proves that an answer which comes after esc changes nothing.
func TestALateAnswerIsDropped(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	c.Answers(13, model.Claims{"email_verified": false})
	d.Press("S").Hold().Press("a").Want("Asking Authentik…", "esc stop").WantNot("a ask Authentik")
	d.Press("enter", "a").Want("Asking Authentik…")
	d.Press("esc").Want("Stopped.", "esc back", "rule 15b")
	d.Release().Want("Stopped.", "predicted from").WantNot("not as predicted")
	d.Press("esc").WantNot("┌").WantCursor("≠ mismatch")
}

// slow is a console whose previews and readings wait for a word, and report.
type slow struct {
	*tuitest.Console
	steps chan int // how far to go
}

func (s slow) wait(ctx context.Context, total int, progress func(done, total int)) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case n, ok := <-s.steps:
			if !ok {
				return nil
			}
			progress(n, total)
		}
	}
}

func (s slow) Preview(ctx context.Context, r *model.Review, people []int64, progress func(done, total int)) (*model.Review, error) {
	if err := s.wait(ctx, 10, progress); err != nil {
		return nil, err
	}
	return s.Console.Preview(ctx, r, people, progress)
}

func (s slow) Load(ctx context.Context, o model.ReadOptions) (*model.Review, error) {
	if err := s.wait(ctx, 1200, o.Progress); err != nil {
		return nil, err
	}
	return s.Console.Load(ctx, o)
}

// A sweep says how far it is, can be stopped at once, and leaves nothing
// running after the console has quit.
func TestASweepShowsProgressAndStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := slow{tuitest.NewConsole(tuitest.World()), make(chan int)}
		x := tuitest.Dial(c, 120, 40)
		close(c.steps)
		x.Rest()
		c.steps = nil
		x.Send("q")
		if err := x.End(); err != nil {
			t.Fatal(err)
		}

		c = slow{tuitest.NewConsole(tuitest.World()), make(chan int)}
		x = tuitest.Dial(sweeps{c}, 120, 40)
		x.Press("W")
		text := x.Press("a")
		if !strings.Contains(text, "Asking Authentik") {
			t.Fatalf("the sweep does not say that it runs: %q", text)
		}
		x.Taken()
		for n := range 8 {
			c.steps <- n
		}
		x.Rest()
		if text, writes := x.Taken(); writes > 2 || !strings.Contains(text, "0 of 10") || !strings.Contains(text, "7 ") {
			t.Errorf("%d frames for eight figures, want the first and the newest: %q", writes, text)
		}
		if text := x.Press("\x1b"); !strings.Contains(text, "Stopped.") {
			t.Errorf("esc does not stop the sweep: %q", text)
		}
		if n := len(c.Previews()); n != 0 {
			t.Errorf("%d previews came after the stop", n)
		}
		x.Press("a")
		x.Send("\x03")
		if err := x.End(); err != nil {
			t.Error(err)
		}
		synctest.Wait() // a goroutine that is left makes the bubble fail
	})
}

// sweeps reads at once and previews slowly.
type sweeps struct{ slow }

func (s sweeps) Load(ctx context.Context, o model.ReadOptions) (*model.Review, error) {
	return s.Console.Load(ctx, o)
}

// proves that a long reading shows how far it is, a short one does not, and
// that an idle console then writes nothing.
func TestALongReadingShowsHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := slow{tuitest.NewConsole(tuitest.World()), make(chan int)}
		x := tuitest.Dial(c, 120, 40)
		x.Taken()
		c.steps <- 100
		x.Rest()
		if text, _ := x.Taken(); !strings.Contains(text, "reading… 100 of 1200") {
			t.Errorf("the reading does not show how far it is: %q", text)
		}
		c.steps <- 700
		x.Rest()
		if text, _ := x.Taken(); text == "" || len(text) > 90 { // the sign turns meanwhile
			t.Errorf("a new figure sends %d bytes: %q", len(text), text)
		}
		close(c.steps)
		x.Rest()
		if text, _ := x.Taken(); !strings.Contains(text, "11 people") {
			t.Errorf("the people do not come: %q", text)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if text, _ := x.Taken(); text != "" {
			t.Errorf("an idle hour sends %d bytes: %q", len(text), text)
		}
		x.Send("r") // over at once: no figure flickers
		if text, _ := x.Taken(); strings.Contains(text, " of ") {
			t.Errorf("a short reading shows a figure: %q", text)
		}
		x.Send("q")
		if err := x.End(); err != nil {
			t.Error(err)
		}
	})
}

// proves S30: whatever stands in names, claims, groups, errors and what
// Authentik says of the token, the dialogs that tell it stay text.
func TestHostileTextStaysTextInDialogs(t *testing.T) {
	t.Parallel()
	all := strings.Join(payloads(), " ")
	for _, size := range []struct{ width, height int }{{120, 40}, {60, 20}} {
		c := hostileConsole()
		for i, p := range payloads() {
			c.Answers(int64(1000+i), model.Claims{"email": p, "email_verified": p, "preferred_username": p, model.RolesClaim: []any{p, map[string]any{p: p}}})
		}
		access := token()
		access.Version, access.Owner, access.Warnings = all, model.Untrusted(all), payloads()
		for _, p := range payloads() {
			access.Abilities = append(access.Abilities, model.Ability{Permission: p, Needs: p, State: model.AbilityNo, Why: p})
		}
		c.Allow(access, nil)
		d := tuitest.New(t, c, tuitest.Size(size.width, size.height))
		look := func(keys ...string) {
			t.Helper()
			for _, k := range keys {
				check(t, d.Press(k), size.width, size.height)
			}
		}
		look("T", "pgdown", "G", "esc", "W", "a", "pgdown", "pgdown", "G", "esc", "b", "i", "i", "b")
		for range len(payloads()) { // every other person
			d.Press("S")
			look("G")
			d.Press("esc", "enter")
			look("G")
			d.Press("esc", "j", "j")
		}
		c.FailPreviews(&model.Error{Msg: all, Hint: all})
		c.Allow(model.Access{}, &model.Error{Msg: all, Hint: all})
		look("g", "W", "a", "G", "esc", "T", "G")
	}
}
