package admin

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// rounds is how many there are of each pair: few in the tests, as many as
// `make chaos` says there.
func rounds(t *testing.T, few int) int {
	t.Helper()
	s := os.Getenv("ROMM_ADMIN_CHAOS")
	if s == "" {
		return few
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// usableAdmins counts the admins of whom the console says that they can sign in.
func usableAdmins(t *testing.T, env []string) int {
	t.Helper()
	s, err := open(t.Context(), &globals{Streams: Streams{Env: append([]string{"HOME=" + t.TempDir()}, env...)}.withDefaults()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r.Stats.UsableAdmins
}

// TestChaosTwoConsoles proves S5 for two consoles on one database: each takes
// one of the last two admins, at the same time, and one of them is left.
func TestChaosTwoConsoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	if _, said, code := inProcess(t, w.Env(), "users", "disable", "olivia", "--yes"); code != cli.ExitOK {
		t.Fatal(said)
	}
	refused, busy := 0, 0
	n := rounds(t, 30)
	for round := range n {
		var screens [2]string
		var opened [2]*session
		var both sync.WaitGroup
		start := make(chan struct{})
		for i, name := range []string{"alice", "trent"} {
			s, err := open(t.Context(), &globals{Streams: Streams{Env: append([]string{"HOME=" + t.TempDir()}, w.Env()...)}.withDefaults()})
			if err != nil {
				t.Fatal(err)
			}
			opened[i] = s
			d := tuitest.New(t, s.Service)
			d.Press("1", "/", name+"@example.org", "enter", "x").Want("Disable the RomM account "+name, "[ Cancel ]").Press("tab")
			both.Go(func() {
				<-start
				d.Press("enter")
				screens[i] = d.Screen()
			})
		}
		close(start)
		both.Wait()
		for _, s := range opened {
			_ = s.Close()
		}
		if usableAdmins(t, w.Env()) == 0 {
			t.Fatalf("round %d left no admin:\n%s\n%s", round, screens[0], screens[1])
		}
		made := 0
		for _, s := range screens {
			switch {
			case strings.Contains(s, "account is disabled; ctrl+z undoes it"):
				made++
			case strings.Contains(s, "in the meantime") || strings.Contains(s, "no admin could sign in"):
				refused++
			default:
				busy++
				t.Errorf("neither made nor refused:\n%s", s)
			}
		}
		if made != 1 {
			t.Fatalf("round %d: %d were made\n%s\n%s", round, made, screens[0], screens[1])
		}
		for _, name := range []string{"alice", "trent"} {
			_, _, _ = inProcess(t, w.Env(), "users", "enable", name, "--yes")
		}
	}
	t.Logf("%d rounds of two consoles, %d plans refused, %d rounds without an admin", n, refused, 0)
}

// slowly is a proxy before RomM that lets something happen before its first
// write.
type slowly struct {
	next http.Handler
	once sync.Once
	do   func()
}

func (s *slowly) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPut {
		s.once.Do(s.do)
	}
	s.next.ServeHTTP(w, r)
}

// before lets do happen before the first write that the environment's programs
// send to RomM.
func before(t *testing.T, env []string, do func()) []string {
	t.Helper()
	env = slices.Clone(env)
	i := slices.IndexFunc(env, func(s string) bool { return strings.HasPrefix(s, "ROMM_BASE_URL=") })
	target, err := url.Parse(strings.TrimPrefix(env[i], "ROMM_BASE_URL="))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(&slowly{next: httputil.NewSingleHostReverseProxy(target), do: do})
	t.Cleanup(s.Close)
	env[i] = "ROMM_BASE_URL=" + s.URL
	return env
}

// TestTwoMachines proves S5 where no lock can help, with a database each: who
// takes an admin looks again afterwards, and when none is left says so and how
// to undo it.
func TestTwoMachines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	run := func(env []string, args ...string) (string, string, int) {
		return inProcess(t, env, append(args, "--yes", "--json")...)
	}
	if _, said, code := run(w.Env(), "users", "disable", "olivia"); code != cli.ExitOK {
		t.Fatal(said)
	}
	here := before(t, w.Env(), func() { // the other machine, between this one's judgement and its write
		other := slices.DeleteFunc(slices.Clone(w.Env()), func(s string) bool { return strings.HasPrefix(s, "ROMM_ADMIN_DB=") })
		dir := filepath.Join(t.TempDir(), "other")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Error(err)
		}
		i := slices.IndexFunc(w.Env(), func(s string) bool { return strings.HasPrefix(s, "ROMM_ADMIN_DB=") })
		if _, said, code := inProcess(t, w.Env(), "backup", "create", filepath.Join(dir, "x.db")); code != cli.ExitOK {
			t.Errorf("%s %v", said, w.Env()[i])
		}
		if _, said, code := run(append(other, "ROMM_ADMIN_DB="+filepath.Join(dir, "x.db")), "users", "disable", "trent"); code != cli.ExitOK {
			t.Error(said)
		}
	})
	out, said, code := run(here, "users", "disable", "alice")
	var applied struct {
		Applied int
		NoAdmin bool `json:"no_admin"`
	}
	decode(t, out, &applied)
	if code != cli.ExitPartly || applied.Applied != 1 || !applied.NoAdmin || !strings.Contains(said, "no admin can sign in to RomM any more") {
		t.Fatalf("%d %+v\n%s", code, applied, said)
	}
	_, undo, ok := strings.Cut(said, "romm-admin history undo --plan ")
	if !ok {
		t.Fatal(said)
	}
	if _, said, code := run(w.Env(), "history", "undo", "--plan", strings.Fields(undo)[0]); code != cli.ExitOK {
		t.Fatal(said)
	}
	if n := usableAdmins(t, w.Env()); n != 1 {
		t.Errorf("afterwards %d admins can sign in", n)
	}
}

// lockedBuffer is written by one goroutine and read by another.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// TestWaiting: a command that has to wait for another program's plan says so and
// begins once that has ended; ctrl+c gives up.
func TestWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	var other sync.WaitGroup
	said, code := "", 0
	var stderr lockedBuffer
	env := before(t, w.Env(), func() {
		other.Go(func() {
			s := Streams{In: bytes.NewReader(nil), Out: io.Discard, Err: &stderr, Env: append([]string{"HOME=" + t.TempDir()}, w.Env()...), Actor: "ann"}
			code = Main(t.Context(), []string{"users", "disable", "wendy", "--yes"}, s)
		})
		for !strings.Contains(stderr.String(), "waiting: another program is applying a plan") {
			if strings.Contains(stderr.String(), "done") || t.Context().Err() != nil {
				t.Error("it did not wait")
				return
			}
			time.Sleep(time.Millisecond)
		}
	})
	if _, told, got := inProcess(t, env, "users", "disable", "zach", "--yes"); got != cli.ExitOK {
		t.Fatal(told)
	}
	other.Wait()
	if said = stderr.String(); code != cli.ExitOK || strings.Count(said, "waiting") != 1 || !strings.Contains(said, "done: disable the RomM account wendy") {
		t.Errorf("%d\n%s", code, said)
	}
}
