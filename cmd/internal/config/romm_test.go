package config

import (
	"strings"
	"testing"
)

// proves docs/romm.md 3 Environment: RomM's container reads NAME_FILE of each of its
// variables, and so do we; one that cannot be read is a mistake and never the default.
func TestFilesOfRomMsVariables(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"OIDC_CLIENT_ID_FILE": "/id", "OIDC_CLAIM_ROLES_FILE": " /claim ", "OIDC_ALLOW_REGISTRATION_FILE": "/off",
		"OIDC_SERVER_APPLICATION_URL_FILE": "/url", "ROMM_BASE_URL_FILE": "/base", "OIDC_ROLE_ADMIN_FILE": "", "OIDC_ROLE_ADMIN": "boss",
		"OIDC_CLAIM_ROLES": "groups", "XDG_DATA_HOME_FILE": "/id",
	}
	files := map[string]string{
		"/id": "client\n", "/claim": "romm_roles\n", "/off": "false", "/url": "https://auth.example.org/application/o/games\n", "/base": "https://romm.example.org\n",
	}
	c, err := Load(source(env, files))
	if err != nil {
		t.Fatal(err)
	}
	s := c.Settings
	if s.Assumed || c.ClientID != "client" || s.ClientID != "client" || s.ClaimRoles != "romm_roles" || s.AllowRegistration || c.Application != "games" || s.RoleAdmin != "boss" ||
		c.RomMURL != "https://romm.example.org" || s.BaseURL != c.RomMURL || s.ApplicationURL != "https://auth.example.org/application/o/games" {
		t.Errorf("%+v", c)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "OIDC_CLAIM_ROLES_FILE") {
		t.Errorf("%q", c.Warnings)
	}
	delete(files, "/claim")
	if _, err := Load(source(env, files)); err == nil || strings.Count(err.Error(), "OIDC_CLAIM_ROLES_FILE") != 1 {
		t.Errorf("a file that is gone: %v", err)
	}
	if path, err := Database(source(map[string]string{"XDG_DATA_HOME_FILE": "/id", "HOME": "/h"}, files)); err != nil || !strings.HasPrefix(path, "/h/") {
		t.Errorf("%s, %v: only RomM's variables are read so", path, err)
	}
}

// proves docs/romm.md 3 Environment: a variable of blanks only is not RomM's default.
func TestBlanksAreNotTheDefault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env      map[string]string
		open     bool
		username string
		warnings int
	}{
		{map[string]string{"OIDC_ALLOW_REGISTRATION": "", "OIDC_USERNAME_ATTRIBUTE": ""}, true, "", 0},
		{map[string]string{"OIDC_ALLOW_REGISTRATION": " ", "OIDC_USERNAME_ATTRIBUTE": "nickname "}, false, "nickname", 1},
		{map[string]string{"OIDC_ALLOW_REGISTRATION": "true", "OIDC_USERNAME_ATTRIBUTE": "\t"}, true, "\t", 1},
	} {
		got, err := Load(source(c.env, nil))
		if s := got.Settings; err != nil || s.AllowRegistration != c.open || s.UsernameAttribute != c.username || len(got.Warnings) != c.warnings {
			t.Errorf("%q: %+v, %q, %v", c.env, s, got.Warnings, err)
		}
	}
}

// TestMetadataURL counts before the application URL, which is not looked at then;
// an address that RomM cannot use is no reason not to start: verdicts say it.
func TestMetadataURL(t *testing.T) {
	t.Parallel()
	const games = "https://auth.example.org/application/o/games/.well-known/openid-configuration"
	for _, c := range []struct {
		application, metadata string
		slug                  string
		mistake               bool
	}{
		{"https://auth.example.org/application/o/romm", games, "games", false},
		{"https://romm.example.org", games, "games", false},
		{"", games, "games", false},
		{"https://auth.example.org/application/o/one/", "  ", "one", false},
		{"auth.example.org/application/o/one", "", "one", false},
		{"https://auth.example.org", "", "", true},
		{`"https://auth.example.org/application/o/one"`, "", "", true},
		{"https://auth.example.org/application/o/one", "https://auth.example.org/", "romm", false},
		{"", "", "romm", false},
		{"https://user:secret@auth.example.org/application/o/one", "", "", true},
	} {
		got, err := Load(source(map[string]string{"OIDC_SERVER_APPLICATION_URL": c.application, "OIDC_SERVER_METADATA_URL": c.metadata}, nil))
		if (err != nil) != c.mistake || err == nil && got.Application != c.slug {
			t.Errorf("%+v: %s, %v", c, got.Application, err)
		}
	}
}
