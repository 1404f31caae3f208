package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// yes is a terminal at which somebody types yes after something else happened.
type yes struct{ first func() }

func (y *yes) Read(p []byte) (int, error) {
	if y.first == nil {
		return 0, io.EOF
	}
	y.first()
	y.first = nil
	return copy(p, "yes\n"), nil
}

// edit changes somebody in Authentik past the console.
func edit(t *testing.T, env []string, who, body string) {
	t.Helper()
	s := Streams{Env: env}
	call := func(method, path, body string) []byte {
		req, err := http.NewRequestWithContext(t.Context(), method, s.getenv("AUTHENTIK_URL")+"/api/v3"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.getenv("AUTHENTIK_TOKEN"))
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		out, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, out, err)
		}
		return out
	}
	var found struct{ Results []struct{ PK int64 } }
	if err := json.Unmarshal(call("GET", "/core/users/?username="+who, ""), &found); err != nil || len(found.Results) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	call("PATCH", fmt.Sprintf("/core/users/%d/", found.Results[0].PK), body)
}

// TestBrokenPromiseIsRefused proves S35 for both ways to apply a plan: bob was to
// get in, Authentik changed between preview and apply so that he would not, and
// nothing is written.
func TestBrokenPromiseIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, said string }{
		"address":      {`{"email":"bob@new.example"}`, "the address of bob in Authentik became bob@new.example"},
		"activity":     {`{"is_active":false}`, "bob became inactive in Authentik"},
		"verification": {`{"attributes":{}}`, "the address of bob is no longer verified"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, console := range []bool{false, true} {
				w := newWorld(t, false)
				if console {
					s, err := open(t.Context(), &globals{Streams: Streams{Env: append([]string{"HOME=" + t.TempDir()}, w.Env()...)}.withDefaults()})
					if err != nil {
						t.Fatal(err)
					}
					d := tuitest.New(t, s.Service)
					d.Press("1", "/", "bob@old", "enter", "e", "enter").Want("bob can sign in as user").Press("tab")
					edit(t, w.Env(), "bob", c.body)
					d.Press("enter").Want("not changed: bob, RomM e-mail: in the meantime " + c.said)
					_ = s.Close()
				} else {
					var said bytes.Buffer
					in := &yes{func() { edit(t, w.Env(), "bob", c.body) }}
					code := Main(t.Context(), []string{"users", "set-email", "bob", "bob@example.org"}, Streams{
						In: in, Out: io.Discard, Err: &said, Env: append([]string{"HOME=" + t.TempDir()}, w.Env()...), Actor: "ann", Terminal: &Terminal{},
					})
					if code == cli.ExitOK || !strings.Contains(said.String(), "can sign in afterwards: bob") || !strings.Contains(said.String(), c.said) {
						t.Errorf("exit %d: %s", code, said.String())
					}
				}
				out, _, _ := inProcess(t, w.Env(), "users", "list", "--json")
				if !strings.Contains(out, `"bob@old.example"`) {
					t.Errorf("console %v: written all the same", console)
				}
			}
		})
	}
}

// TestBrokenPromiseOfARestore: a backup that lets wendy in is not restored when
// she is inactive meanwhile, nor when somebody else changed the role map.
func TestBrokenPromiseOfARestore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(t *testing.T, env []string)
		said   string
	}{
		"a person": {func(t *testing.T, env []string) { edit(t, env, "wendy", `{"is_active":false}`) }, "wendy became inactive in Authentik"},
		"the role map": {func(t *testing.T, env []string) {
			inProcess(t, env, "roles", "set", "crew", "user", "--pending", "--yes")
		}, "something else was changed that the backup would replace"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false)
			backup := filepath.Join(t.TempDir(), "b.db")
			for _, args := range [][]string{{"roles", "set", "staff", "user", "--yes"}, {"backup", "create", backup}, {"roles", "unset", "staff", "--yes"}} {
				if _, said, code := inProcess(t, w.Env(), args...); code != cli.ExitOK {
					t.Fatalf("%q: %s", args, said)
				}
			}
			var said bytes.Buffer
			in := &yes{func() { c.change(t, w.Env()) }}
			code := Main(t.Context(), []string{"backup", "restore", backup}, Streams{
				In: in, Out: io.Discard, Err: &said, Env: append([]string{"HOME=" + t.TempDir()}, w.Env()...), Actor: "ann", Terminal: &Terminal{},
			})
			if code == cli.ExitOK || !strings.Contains(said.String(), "can sign in afterwards: ") || !strings.Contains(said.String(), c.said) {
				t.Errorf("exit code %d: %s", code, said.String())
			}
			if out, _, _ := inProcess(t, w.Env(), "roles", "list", "--json"); strings.Contains(out, `"name": "staff"`) {
				t.Errorf("restored all the same: %s", out)
			}
		})
	}
}
