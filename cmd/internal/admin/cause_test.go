package admin

import (
	"bytes"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/cmd/internal/demo"
)

// on is one command line on the world with more in its environment.
func on(t *testing.T, w *demo.World, env []string, args ...string) string {
	t.Helper()
	out, said, _ := inProcess(t, append(w.Env(), env...), args...)
	return out + said
}

// inEmailScope selects a mapping in the place of ours, as withEmailMapping does,
// under another scope name.
func inEmailScope(s *authentiktest.Seed, scope, expression string) {
	const id = "00000000-0000-0000-0000-0000000000aa"
	s.Native = nil
	s.Mappings = append(s.Mappings, authentik.Mapping{ID: id, Name: "house mail", Scope: scope, Expression: expression})
	for i, m := range s.Providers[0].Mappings {
		if m == authentik.ManagedEmail {
			s.Providers[0].Mappings[i] = id
		}
	}
}

// TestRemediesNameTheCause: what keeps somebody out, or takes the role admin, is
// named where claims, groups, settings and mappings tell it.
func TestRemediesNameTheCause(t *testing.T) {
	t.Parallel()
	if err := authentiktest.FindPython(); err != nil {
		t.Skip(err)
	}
	const always = `return {"email": request.user.email, "email_verified": True}`
	byGroup := []string{"OIDC_CLAIM_ROLES=groups", "OIDC_ROLE_ADMIN=romm-admins", "OIDC_ROLE_VIEWER=family"}
	for name, c := range map[string]struct {
		scope, expression string
		env               []string
		command           []string
		cause, fix        string
	}{
		"child group": {
			"email", always, byGroup,
			[]string{"simulate", "grace"},
			"The cause: grace is in family only through kids, and the claim groups lists direct groups only.", "put the person into family itself",
		},
		"letter case": {
			"email", always,
			append(byGroup, "OIDC_ROLE_VIEWER=Family"),
			[]string{"simulate", "leo"},
			"The cause: the claim groups has “family”, and OIDC_ROLE_VIEWER is “Family”: letter case counts.", "set OIDC_ROLE_VIEWER=family for RomM",
		},
		"an admin by letter case": {
			"email", always,
			append(byGroup, "OIDC_ROLE_ADMIN=ROMM-admins", "OIDC_ROLE_VIEWER=*"),
			[]string{"simulate", "alice"},
			"The cause: the claim groups has “romm-admins”, and OIDC_ROLE_ADMIN is “ROMM-admins”: letter case counts.", "set OIDC_ROLE_ADMIN=romm-admins for RomM",
		},
		"quotes": {
			"email", always,
			append(byGroup, `OIDC_ROLE_VIEWER="family"`),
			[]string{"simulate", "leo"},
			`The cause: OIDC_ROLE_VIEWER is "family", and the quotes are part of it.`, "take the quotes out of OIDC_ROLE_VIEWER",
		},
		"quotes around the claim's name": {
			"email", always,
			[]string{"OIDC_CLAIM_ROLES='romm_roles'"},
			[]string{"setup", "check"},
			"RomM reads roles from 'romm_roles', the quotes are part of the name", "take the quotes out of OIDC_CLAIM_ROLES",
		},
		"a mapping that fails": {
			"email", `return {"email": request.user.email, "email_verified": request.user.attributes["checked"]}`, nil,
			[]string{"simulate", "frank"},
			"The cause: the mapping house mail, which should send the address, fails for this person, or sends none.", "test house mail in Authentik for this person",
		},
		"a scope name": {
			"mail", always, nil,
			[]string{"simulate", "frank"},
			"The cause: the mapping “house mail” has the scope name mail, which RomM never asks for.", "give it the scope name email",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldOf(t, false, func(s *authentiktest.Seed) { inEmailScope(s, c.scope, c.expression) })
			if text := on(t, w, c.env, c.command...); !strings.Contains(text, c.cause) || !strings.Contains(text, c.fix) {
				t.Errorf("%s", text)
			}
		})
	}
}

// TestDecideNamesTheCause: a bug report's case is answered with it too.
func TestDecideNamesTheCause(t *testing.T) {
	t.Parallel()
	const tail = `,"users":[{"id":1,"username":"ida","email":"ida@example.org","role":"admin","enabled":true},{"id":2,"username":"guest","email":"","role":"user","enabled":true}],` +
		`"claims":{"email":"EMAIL","email_verified":true,"preferred_username":"NAME","groups":["crew"]}}` + "\n"
	answer := func(settings, name, email string) string {
		t.Helper()
		line := `{"name":"x","settings":{"version":"5.2.0","database":"mariadb","claim_roles":"groups","allow_registration":true,` + settings + `}` + strings.NewReplacer("EMAIL", email, "NAME", name).Replace(tail)
		var out, said bytes.Buffer
		if code := Main(t.Context(), []string{"decide", "-"}, Streams{In: strings.NewReader(line), Out: &out, Err: &said, Env: []string{"HOME=" + t.TempDir()}}); code != 0 {
			t.Fatal(said.String())
		}
		return out.String()
	}
	for _, c := range []struct{ settings, name, email, cause, fix string }{
		{`"role_admin":"Crew"`, "ida", "ida@example.org", "the claim groups has “crew”, and OIDC_ROLE_ADMIN is “Crew”: letter case counts", "set OIDC_ROLE_ADMIN=crew for RomM"},
		{`"role_admin":"'boss'"`, "ida", "ida@example.org", "OIDC_ROLE_ADMIN is 'boss', and the quotes are part of it", "take the quotes out"},
		{`"role_admin":"boss,crew"`, "ida", "ida@example.org", "RomM takes the value as one name", "set OIDC_ROLE_ADMIN to one name"},
		{`"role_admin":"boss","role_viewer":"crew"`, "ida", "ida@example.org", "the claim groups does not hold boss, which OIDC_ROLE_ADMIN names", "before the next login"},
		{`"role_admin":"crew"`, "mo", "ida@example.org", "the address opens the account ida, and the token is of mo", "give the account ida another address first"},
		{`"role_viewer":"crew"`, "mo", "", "everybody without an address opens the account guest", "an address of their own"},
	} {
		if got := answer(c.settings, c.name, c.email); !strings.Contains(got, `"cause":"`) || !strings.Contains(got, c.cause) || !strings.Contains(got, c.fix) {
			t.Errorf("%s, %s: %s", c.settings, c.name, got)
		}
	}
	if got := answer(`"role_admin":"crew"`, "ida", "ida@example.org"); strings.Contains(got, "cause") || !strings.Contains(got, `"remedy":""`) {
		t.Errorf("where nothing is wrong: %s", got)
	}
}

// TestInactiveIsNotUnverified: what keeps an inactive user out is that, and no
// address that nobody vouched for.
func TestInactiveIsNotUnverified(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, false, func(s *authentiktest.Seed) {
		for i, u := range s.Users {
			if u.Username == "heidi" {
				s.Users[i].Inactive, s.Users[i].Attributes = true, nil
			}
		}
	})
	text := on(t, w, nil, "users", "list")
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "heidi ") && !strings.Contains(line, "idp-inactive") {
			t.Error(line)
		}
	}
	if text := on(t, w, nil, "simulate", "heidi", "--json"); strings.Contains(text, "email-unverified") {
		t.Error(text)
	}
}

// TestWithoutSetUpEverybodySaysSetup: in an Authentik that has nothing for RomM
// the set-up is what is missing, and no permission.
func TestWithoutSetUpEverybodySaysSetup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	for says, env := range map[string][]string{
		"Authentik is not set up for RomM: see `romm-admin setup`":                                                     {"OIDC_SERVER_APPLICATION_URL="},
		"OIDC_SERVER_APPLICATION_URL asks for the application with the slug romm, and Authentik has none of that slug": nil,
	} {
		for _, who := range []string{"alice", "bob", "erin", "frank", "grace", "wendy", "kenji"} {
			text := on(t, w, env, "simulate", who)
			if !strings.Contains(text, says) || !strings.Contains(text, "romm-admin setup apply") || strings.Contains(text, "visible to the token") {
				t.Errorf("%s: %s", who, text)
			}
		}
	}
}
