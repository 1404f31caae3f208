package admin

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// lateRomM takes its time for one of the writes, and makes it even if nobody
// waits for the answer any more.
type lateRomM struct {
	http.Handler
	late  int           // the write, from 1
	after time.Duration // negative: it never comes
	mu    sync.Mutex
	sent  int
}

func (l *lateRomM) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPut {
		body, _ := io.ReadAll(r.Body)
		l.mu.Lock()
		l.sent++
		late := l.sent == l.late
		l.mu.Unlock()
		if late && l.after < 0 {
			<-r.Context().Done()
			return
		}
		r = r.Clone(context.WithoutCancel(r.Context()))
		r.Body = io.NopCloser(bytes.NewReader(body))
		if late {
			works(r.Context(), l.after)
		}
	}
	l.Handler.ServeHTTP(w, r)
}

func (l *lateRomM) writes() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sent
}

// lateWrite is one case of TestLateWrites.
type lateWrite struct {
	after   time.Duration // from the sending
	unknown bool          // when the plan has stopped
	made    bool          // in the end
}

// TestLateWrites proves R15 and S35 on a virtual clock for a write that RomM makes
// late, up to long after nobody waits for it: what command and console say, the
// journal, JSON and the list of interrupted plans agree at each moment; a plan
// that may still be under way is neither undone nor finished, so that nothing is
// sent twice; and what became of it is found out by looking.
func TestLateWrites(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]lateWrite{
		"slow":                    {10 * time.Second, false, true},
		"just in time":            {14*time.Second + 999*time.Millisecond, false, true},
		"just too late":           {15*time.Second + time.Millisecond, true, true},
		"twenty seconds late":     {20 * time.Second, true, true},
		"later than looking ends": {35 * time.Second, true, true},
		"never":                   {-1, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false)
			synctest.Test(t, func(t *testing.T) {
				romm := &lateRomM{Handler: w.RomM, late: 2, after: c.after}
				b := inBubble{romm, w.Authentik.Handler()}
				l := lateRun{t: t, env: b.env(w.Env()...), b: b, romm: romm, lateWrite: c}
				begun := time.Now()
				out, said, code := l.command("users", "disable", "wendy", "zach", "--yes", "--json")
				var applied struct{ Applied, Unknown int }
				decode(t, out, &applied)
				want, made, unknown := cli.ExitOK, 2, 0
				if c.unknown {
					want, made, unknown = cli.ExitPartly, 1, 1
				}
				if code != want || applied.Applied != made || applied.Unknown != unknown || c.unknown && !strings.Contains(said, "may still change it") {
					t.Fatalf("exit code %d after %v, %s\n%s", code, time.Since(begun), said, out)
				}
				l.journal(map[bool]string{false: "done done", true: "done unknown"}[c.unknown])
				l.settle("undo", "--plan")
				if sent := romm.writes(); c.unknown && sent != map[bool]int{false: 3, true: 4}[c.made] {
					t.Errorf("%d writes were sent", sent)
				}
				if !c.unknown {
					return
				}
				for _, u := range w.RomM.Users() {
					if (u.Username == "wendy" || u.Username == "zach") && u.Disabled {
						t.Errorf("%s is not enabled again", u.Username)
					}
				}
			})
		})
		t.Run(name+", console", func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false)
			synctest.Test(t, func(t *testing.T) {
				romm := &lateRomM{Handler: w.RomM, late: 1, after: c.after}
				b := inBubble{romm, w.Authentik.Handler()}
				l := lateRun{t: t, env: b.env(w.Env()...), b: b, romm: romm, lateWrite: c}
				s, err := open(t.Context(), b.globals(t, l.env, io.Discard, io.Discard))
				if err != nil {
					t.Fatal(err)
				}
				d := tuitest.New(t, s.Service)
				d.Press("1", "/", "zach@example.org", "enter", "x").Want("Disable the RomM account zach").Press("tab", "enter")
				if c.unknown {
					d.Want("not known whether it was changed: zach")
				} else {
					d.Want("account is disabled; ctrl+z undoes it")
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
				l.journal(map[bool]string{false: "done", true: "unknown"}[c.unknown])
				l.settle("resume")
				if sent := romm.writes(); sent != map[bool]int{false: 2, true: 1}[c.made] {
					t.Errorf("%d writes were sent", sent)
				}
				for _, u := range w.RomM.Users() {
					if u.Username == "zach" && !u.Disabled {
						t.Errorf("zach is not disabled")
					}
				}
			})
		})
	}
}

// lateRun is a plan with a late write, as its user sees it.
type lateRun struct {
	lateWrite
	t    *testing.T
	env  []string
	b    inBubble
	romm *lateRomM
}

func (l lateRun) command(args ...string) (out, said string, code int) {
	l.t.Helper()
	return l.b.command(l.t, l.env, args...)
}

// outcomes are those of entries, oldest first.
func outcomes(newestFirst []entryJSON) string {
	text := ""
	for _, e := range newestFirst {
		text = e.Outcome + " " + text
	}
	return strings.TrimSpace(text)
}

func (l lateRun) entries() []entryJSON {
	out, _, _ := l.command("history", "--json")
	var all struct{ Entries []entryJSON }
	decode(l.t, out, &all)
	return all.Entries
}

// interrupted are the plans that the list of interrupted ones has.
func (l lateRun) interrupted() []interruptionJSON {
	out, _, code := l.command("history", "interrupted", "--json")
	var cut struct{ Plans []interruptionJSON }
	decode(l.t, out, &cut)
	if want := min(len(cut.Plans), 1) * cli.ExitFindings; code != want {
		l.t.Errorf("history interrupted: exit code %d with %d plans", code, len(cut.Plans))
	}
	return cut.Plans
}

// journal holds the journal and the list of interrupted plans to these outcomes.
func (l lateRun) journal(want string) {
	l.t.Helper()
	if got := outcomes(l.entries()); got != want {
		l.t.Errorf("the journal has %q, want %q", got, want)
	}
	cut := l.interrupted()
	if (len(cut) == 1) != strings.Contains(want, "unknown") {
		l.t.Fatalf("interrupted: %+v", cut)
	}
	if len(cut) == 0 {
		return
	}
	listed := ""
	for _, e := range cut[0].Entries {
		listed += e.Outcome + " "
	}
	if strings.TrimSpace(listed) != want {
		l.t.Errorf("the list of interrupted plans has %q, want %q", listed, want)
	}
	text, _, _ := l.command("history", "interrupted")
	if !strings.Contains(text, ", 1 not known") {
		l.t.Errorf("the list says\n%s", text)
	}
}

// settle tries to end the plan at once, which is too early, and again when
// whatever RomM still does is done.
func (l lateRun) settle(how ...string) {
	l.t.Helper()
	if !l.unknown {
		return
	}
	before, sent := outcomes(l.entries()), l.romm.writes()
	id := l.interrupted()[0].PlanID
	for _, early := range [][]string{{"undo", "--plan", id}, {"resume", id}} {
		if _, said, code := l.command(append(append([]string{"history"}, early...), "--yes")...); code == cli.ExitOK || !strings.Contains(said, "may still be made") {
			l.t.Errorf("too early, %q: exit code %d\n%s", early, code, said)
		}
	}
	if now := outcomes(l.entries()); now != before || l.romm.writes() != sent {
		l.t.Errorf("too early, the journal went from %q to %q, %d writes were sent", before, now, l.romm.writes()-sent)
	}
	works(l.t.Context(), l.after+time.Minute)
	l.journal(before) // nobody has looked yet
	if _, said, code := l.command(append(append([]string{"history"}, how...), id, "--yes")...); code != cli.ExitOK {
		l.t.Fatalf("%q: exit code %d\n%s", how, code, said)
	}
	if cut := l.interrupted(); len(cut) > 0 {
		l.t.Errorf("afterwards %+v is listed", cut)
	}
	if _, said, code := l.command("history", "verify"); code != cli.ExitOK {
		l.t.Errorf("verify: %s", said)
	}
	want, settled := map[bool]string{true: "looked at later: it was made", false: "looked at later: it was not made"}[l.made], 0
	for _, e := range l.entries() {
		if e.Detail == want {
			settled++
		}
		if e.Outcome == "unknown" {
			l.t.Errorf("entry %d is still unknown", e.Seq)
		}
	}
	if settled != 1 {
		l.t.Errorf("%d entries say %q: %+v", settled, want, l.entries())
	}
}
