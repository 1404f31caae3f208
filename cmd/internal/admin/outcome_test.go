package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
)

// cutting is a proxy before RomM that loses the answers to writes.
type cutting struct {
	next http.Handler
	mu   sync.Mutex
	cut  int    // the write that is cut, from 1; 0 none
	made bool   // it is carried out before its answer is lost
	deaf bool   // nothing is answered from then on
	late func() // carries out what was not

	writes int
	lost   bool // it was cut
}

func (c *cutting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost && c.deaf {
		panic(http.ErrAbortHandler)
	}
	if r.Method != http.MethodPut {
		c.next.ServeHTTP(w, r)
		return
	}
	c.writes++
	if c.writes != c.cut {
		c.next.ServeHTTP(w, r)
		return
	}
	c.lost = true
	body, _ := io.ReadAll(r.Body)
	again := r.Clone(context.WithoutCancel(r.Context()))
	do := func() {
		again.Body = io.NopCloser(bytes.NewReader(body))
		c.next.ServeHTTP(httptest.NewRecorder(), again)
	}
	if c.made {
		do()
	} else {
		c.late = do
	}
	panic(http.ErrAbortHandler)
}

// TestOutcomes proves R15 and S35 for a write whose answer is lost: journal, JSON
// and the list of interrupted plans say the same, nothing is sent twice, "not
// changed" is said only when it is known, and what was not known is settled
// later by looking.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cut        int
		made, deaf bool
		code       int
		applied    int
		unknown    int
		outcomes   string // of the entries of the plan, in order
	}{
		"answered":                        {cut: 0, code: cli.ExitOK, applied: 2, outcomes: "done done"},
		"made, answer lost":               {cut: 2, made: true, code: cli.ExitOK, applied: 2, outcomes: "done done"},
		"made, and nothing heard since":   {cut: 2, made: true, deaf: true, code: cli.ExitPartly, applied: 1, unknown: 1, outcomes: "done unknown"},
		"lost on the way":                 {cut: 2, code: cli.ExitPartly, applied: 1, unknown: 1, outcomes: "done unknown"},
		"the first lost on the way":       {cut: 1, code: cli.ExitPartly, unknown: 1, outcomes: "unknown"},
		"lost, and nothing heard since":   {cut: 2, deaf: true, code: cli.ExitPartly, applied: 1, unknown: 1, outcomes: "done unknown"},
		"the first, and nothing heard of": {cut: 1, made: true, deaf: true, code: cli.ExitPartly, unknown: 1, outcomes: "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false)
			env := w.Env()
			i := slices.IndexFunc(env, func(s string) bool { return strings.HasPrefix(s, "ROMM_BASE_URL=") })
			target, err := url.Parse(strings.TrimPrefix(env[i], "ROMM_BASE_URL="))
			if err != nil {
				t.Fatal(err)
			}
			proxy := &cutting{next: httputil.NewSingleHostReverseProxy(target), cut: c.cut, made: c.made, deaf: c.deaf}
			s := httptest.NewServer(proxy)
			t.Cleanup(s.Close)
			env = slices.Clone(env)
			env[i] = "ROMM_BASE_URL=" + s.URL
			out, said, code := inProcess(t, env, "users", "disable", "wendy", "zach", "--yes", "--json")
			var applied struct{ Applied, Unknown int }
			decode(t, out, &applied)
			if code != c.code || applied.Applied != c.applied || applied.Unknown != c.unknown {
				t.Errorf("exit code %d, %+v\n%s", code, applied, said)
			}
			if c.unknown > 0 && (strings.Contains(said, "not changed:") || !strings.Contains(said, "know") && !strings.Contains(said, "may still")) {
				t.Errorf("it says\n%s", said)
			}
			entries := journalOf(t, env)
			var got []string
			for _, e := range slices.Backward(entries) {
				got = append(got, e.Outcome)
			}
			if strings.Join(got, " ") != c.outcomes {
				t.Errorf("the journal has %q, want %q", got, c.outcomes)
			}
			var cut struct{ Plans []interruptionJSON }
			listed, _, _ := inProcess(t, env, "history", "interrupted", "--json")
			decode(t, listed, &cut)
			if len(cut.Plans) != c.unknown {
				t.Fatalf("interrupted: %s", listed)
			}
			proxy.mu.Lock()
			writes := proxy.writes
			proxy.deaf = false
			if proxy.late != nil { // RomM was at it all the while
				proxy.late()
			}
			proxy.mu.Unlock()
			if want := max(1, c.applied+c.unknown); writes != want {
				t.Errorf("%d writes were sent, want %d", writes, want)
			}
			if c.unknown == 0 {
				return
			}
			if _, said, code := inProcess(t, env, "history", "undo", "--plan", cut.Plans[0].PlanID, "--yes"); code != cli.ExitOK {
				t.Errorf("undo: %d\n%s", code, said)
			}
			if _, said, code := inProcess(t, env, "history", "interrupted"); code != cli.ExitOK {
				t.Errorf("afterwards %s is listed", said)
			}
			if _, said, code := inProcess(t, env, "history", "verify"); code != cli.ExitOK {
				t.Errorf("verify: %s", said)
			}
			for _, e := range journalOf(t, env) {
				if e.Outcome != "done" {
					t.Errorf("entry %d of %s is %s", e.Seq, e.Label, e.Outcome)
				}
			}
			people, _, _ := inProcess(t, env, "users", "list", "--json")
			for _, name := range []string{"wendy", "zach"} {
				if !strings.Contains(compact(t, people), `"username":"`+name+`"`) || strings.Contains(compact(t, people), `"username":"`+name+`","email":"`+name+`@example.org","role":"user","enabled":false`) {
					t.Errorf("%s is not as before: %s", name, people)
				}
			}
		})
	}
}

func journalOf(t *testing.T, env []string) []entryJSON {
	t.Helper()
	out, said, code := inProcess(t, env, "history", "--json")
	if code != cli.ExitOK {
		t.Fatalf("history: %s", said)
	}
	var all struct{ Entries []entryJSON }
	decode(t, out, &all)
	return all.Entries
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
}

func compact(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
