package admin

import (
	"slices"
	"strings"
	"testing"
)

// TestSetupWithoutRomM: set-up without a RomM to read names the one variable that
// it needs, whichever way it is tried, and goes on with that one alone.
func TestSetupWithoutRomM(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	const address = "https://romm.example.org"
	bare := slices.DeleteFunc(slices.Clone(w.Env()), func(line string) bool {
		return strings.HasPrefix(line, "ROMM_BASE_URL=") || strings.HasPrefix(line, "ROMM_TOKEN=") || strings.HasPrefix(line, "OIDC_")
	})
	for name, env := range map[string][]string{"nothing": nil, "a base URL without a token": {"ROMM_BASE_URL=" + address}} {
		_, said, code := inProcess(t, append(bare, env...), "setup", "plan")
		if code == 0 || !strings.Contains(said, "OIDC_REDIRECT_URI") || strings.Contains(said, "set ROMM_BASE_URL") {
			t.Errorf("%s: exit code %d, %s", name, code, said)
		}
	}
	_, said, code := inProcess(t, append(bare, "OIDC_REDIRECT_URI="+address+"/api/oauth/openid"), "setup", "plan")
	if code != 0 || !strings.Contains(said, "redirect URI "+address+"/api/oauth/openid") {
		t.Errorf("with it: exit code %d, %s", code, said)
	}
	out, _, _ := inProcess(t, append(bare, "OIDC_REDIRECT_URI="+address+"/api/oauth/openid"), "setup", "apply", "--yes", "--json")
	_, said, _ = inProcess(t, bare, "setup", "check")
	if !strings.Contains(out, `"applied": 4`) || !strings.Contains(said, "redirect-uri: set OIDC_REDIRECT_URI") {
		t.Errorf("applied %s, the check says %s", out, said)
	}
}
