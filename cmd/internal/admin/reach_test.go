package admin

import (
	"encoding/json"
	"strings"
	"testing"
)

// variable of the demo world's environment.
func demoValue(t *testing.T, env []string, name string) string {
	t.Helper()
	for _, line := range env {
		if v, ok := strings.CutPrefix(line, name+"="); ok {
			return v
		}
	}
	t.Fatalf("the demo has no %s", name)
	return ""
}

// checksOf runs `setup check` and returns what each check says.
func checksOf(t *testing.T, env []string) (says map[string]string, code int) {
	t.Helper()
	out, said, code := inProcess(t, env, "setup", "check", "--json")
	var got struct {
		Checks []struct{ ID, State, Evidence, Repair string }
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	says = map[string]string{}
	for _, c := range got.Checks {
		says[c.ID] = c.State + ": " + c.Evidence + " -> " + c.Repair
	}
	return says, code
}

// TestRomMDoesNotReachItsApplication: a slug, an address or a client id that is not
// that of RomM's application means that nobody signs in; it is said in every place,
// and nothing says that Authentik is set up.
func TestRomMDoesNotReachItsApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	auth, romm := demoValue(t, w.Env(), "AUTHENTIK_URL"), demoValue(t, w.Env(), "ROMM_BASE_URL")
	for name, c := range map[string]struct {
		env   []string
		check string
		says  []string
	}{
		"another slug":     {[]string{"OIDC_SERVER_APPLICATION_URL=" + auth + "/application/o/romm-oidc/"}, "login", []string{"OIDC_SERVER_APPLICATION_URL", "romm-oidc", "slug"}},
		"the metadata URL": {[]string{"OIDC_SERVER_APPLICATION_URL=" + romm, "OIDC_SERVER_METADATA_URL=" + auth + "/application/o/games/.well-known/openid-configuration"}, "login", []string{"OIDC_SERVER_METADATA_URL", "games"}},
		"no scheme":        {[]string{"OIDC_SERVER_APPLICATION_URL=auth.example.org/application/o/romm"}, "login", []string{"OIDC_SERVER_APPLICATION_URL", "https://"}},
		"another client":   {[]string{"OIDC_CLIENT_ID=another"}, "provider", []string{"another", "OIDC_CLIENT_ID"}},
		"another callback": {[]string{"OIDC_REDIRECT_URI=" + romm + "/api/oauth2/openid/callback"}, "login", []string{"OIDC_REDIRECT_URI", "/api/oauth/openid"}},
	} {
		env := append(w.Env(), c.env...)
		says, code := checksOf(t, env)
		if code != 3 || !strings.HasPrefix(says[c.check], "drift: ") {
			t.Errorf("%s: setup check %d, %+v", name, code, says)
		}
		for _, word := range c.says {
			if !strings.Contains(says[c.check], word) {
				t.Errorf("%s: %q is not in %s", name, word, says[c.check])
			}
		}
		got, code := accessOf(t, env, "simulate", "alice", "--json")
		if text, outcome, _, _ := got.of(t, "alice"); code != 3 || outcome != "stopped" || !strings.HasPrefix(text, "nobody gets in: RomM's ") {
			t.Errorf("%s: simulate %d, %s, %s", name, code, outcome, text)
		}
		for _, args := range [][]string{{"users", "list"}, {"check"}} {
			if out, said, _ := inProcess(t, env, args...); !strings.Contains(out+said, "Nobody can sign in to RomM: RomM's ") {
				t.Errorf("%s: %q: %s%s", name, args, out, said)
			}
		}
		for _, args := range [][]string{{"setup", "plan"}, {"setup", "apply", "--dry-run"}} {
			out, said, _ := inProcess(t, env, args...)
			if strings.Contains(out+said, "Authentik is set up for RomM\n") || c.check == "login" && !strings.Contains(out+said, "RomM's ") && !strings.Contains(said, "+ redirect URI") {
				t.Errorf("%s: %q: %s%s", name, args, out, said)
			}
		}
	}
}

// TestNothingIsThere: RomM is told of an application that Authentik does not have.
// Its discovery document, which everybody may read, is not there, so this is not a
// matter of what the token may see.
func TestNothingIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	got, code := accessOf(t, w.Env(), "simulate", "alice", "--json")
	if text, outcome, stopped, _ := got.of(t, "alice"); code != 3 || outcome != "stopped" || !strings.Contains(stopped, "the slug romm,") || strings.Contains(text, "visible") {
		t.Errorf("%d, %s, %s", code, outcome, text)
	}
	if out, _, _ := inProcess(t, w.Env(), "simulate", "alice"); !strings.Contains(out, "romm-admin setup apply") {
		t.Error(out)
	}
}

// TestPlannedCallback: what set-up allows is RomM's callback, whatever
// OIDC_REDIRECT_URI says; and `setup env` prints that one.
func TestPlannedCallback(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	romm := demoValue(t, w.Env(), "ROMM_BASE_URL")
	env := append(w.Env(), "OIDC_REDIRECT_URI="+romm+"/callback")
	if _, said, code := inProcess(t, env, "setup", "apply", "--yes"); code != 0 || strings.Contains(said, "redirect URI "+romm+"/callback") || !strings.Contains(said, "redirect URI "+romm+"/api/oauth/openid") {
		t.Fatalf("%d: %s", code, said)
	}
	if out, said, _ := inProcess(t, env, "setup", "env", "--format", "env"); !strings.Contains(out, "OIDC_REDIRECT_URI="+romm+"/api/oauth/openid\n") {
		t.Errorf("%s%s", out, said)
	}
	if out, said, _ := inProcess(t, env, "setup", "apply", "--yes"); strings.Contains(out+said, "is set up for RomM") || !strings.Contains(said, "OIDC_REDIRECT_URI") {
		t.Errorf("%s%s", out, said)
	}
}

// TestEnvOfTheAddressThatRomMHas: RomM may reach Authentik under another address
// than romm-admin does, and keeps it, with the slug of its application.
func TestEnvOfTheAddressThatRomMHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	auth := demoValue(t, w.Env(), "AUTHENTIK_URL")
	for name, c := range map[string]struct {
		env, want, not []string
	}{
		"its own": {
			[]string{"OIDC_SERVER_APPLICATION_URL=https://auth.example.org/id/application/o/romm/"},
			[]string{"OIDC_SERVER_APPLICATION_URL=https://auth.example.org/id/application/o/romm\n"},
			[]string{"METADATA"},
		},
		"another slug": {
			[]string{"OIDC_SERVER_APPLICATION_URL=https://auth.example.org/application/o/other"},
			[]string{"OIDC_SERVER_APPLICATION_URL=https://auth.example.org/application/o/romm\n"},
			nil,
		},
		"the metadata URL": {
			[]string{"OIDC_SERVER_METADATA_URL=https://auth.example.org/application/o/other/.well-known/openid-configuration"},
			[]string{
				"OIDC_SERVER_APPLICATION_URL=https://auth.example.org/application/o/romm\n",
				"OIDC_SERVER_METADATA_URL=https://auth.example.org/application/o/romm/.well-known/openid-configuration\n",
			},
			nil,
		},
		"unprotected": {
			[]string{"OIDC_SERVER_APPLICATION_URL=http://192.0.2.10:9000/application/o/romm"},
			[]string{"OIDC_SERVER_APPLICATION_URL=" + auth + "/application/o/romm\n"},
			[]string{"192.0.2.10"},
		},
	} {
		out, said, code := inProcess(t, append(w.Env(), c.env...), "setup", "env", "--format", "env")
		if code != 0 {
			t.Errorf("%s: %s", name, said)
		}
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %q is not in %s", name, want, out)
			}
		}
		for _, not := range c.not {
			if strings.Contains(out, not) {
				t.Errorf("%s: %q is in %s", name, not, out)
			}
		}
	}
	says, code := checksOf(t, append(w.Env(), "OIDC_SERVER_APPLICATION_URL=http://192.0.2.10:9000/application/o/romm"))
	if code != 3 || !strings.HasPrefix(says["romm-address"], "drift: RomM's OIDC_SERVER_APPLICATION_URL") || !strings.Contains(says["romm-address"], "192.0.2.10") || !strings.Contains(says["romm-address"], "AUTHENTIK_URL") {
		t.Errorf("%d, %s", code, says["romm-address"])
	}
}
