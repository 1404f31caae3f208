package config

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

func source(env map[string]string, files map[string]string) Source {
	return Source{
		Lookup: func(n string) (string, bool) { v, ok := env[n]; return v, ok },
		ReadFile: func(p string) ([]byte, error) {
			if s, ok := files[p]; ok {
				return []byte(s), nil
			}
			return nil, &fs.PathError{Op: "open", Path: p, Err: fs.ErrNotExist}
		},
	}
}

func TestLoad(t *testing.T) {
	c, err := Load(source(map[string]string{
		"AUTHENTIK_URL": " https://auth.example.org ", "AUTHENTIK_TOKEN": "t1",
		"ROMM_BASE_URL": "https://romm.example.org", "ROMM_TOKEN_FILE": "/run/romm",
		"OIDC_SERVER_APPLICATION_URL": "https://auth.example.org/application/o/games/",
		"OIDC_CLAIM_ROLES":            "groups", "OIDC_ROLE_ADMIN": " romm-admin ", "OIDC_ALLOW_REGISTRATION": "no",
		"ROMM_DB_DRIVER": "mysql",
	}, map[string]string{"/run/romm": "rmm_1\n"}))
	if err != nil {
		t.Fatal(err)
	}
	if c.AuthentikURL != "https://auth.example.org" || c.AuthentikToken.Reveal() != "t1" || c.RomMToken.Reveal() != "rmm_1" || c.Application != "games" {
		t.Errorf("%+v", c)
	}
	s := c.Settings
	if s.Assumed || s.ClaimRoles != "groups" || s.RoleAdmin != "romm-admin" || s.AllowRegistration || s.Database != model.DatabaseMySQL {
		t.Errorf("settings %+v", s)
	}
}

// TestCollation: a collation says that the database is a MariaDB, unless it is
// known to be PostgreSQL.
func TestCollation(t *testing.T) {
	for _, c := range []struct {
		driver, collation string
		want              model.Database
	}{
		{"", "", model.DatabaseUnknown},
		{"", "utf8mb4_general_ci", model.DatabaseMariaDBGeneral},
		{"mysql", "utf8mb4_unicode_ci", model.DatabaseMariaDBUnicode},
		{"mysql", "", model.DatabaseMySQL},
		{"mysql", "utf8mb4_0900_ai_ci", model.DatabaseMySQL0900},
		{"mariadb", "UTF8MB4_UCA1400_AI_CI", model.DatabaseMariaDB},
		{"postgresql", "utf8mb4_general_ci", model.DatabasePostgreSQL},
	} {
		got, err := Load(source(map[string]string{"ROMM_DB_DRIVER": c.driver, "ROMM_DB_COLLATION": c.collation}, nil))
		if err != nil || got.Settings.Database != c.want {
			t.Errorf("%+v: %v, %v", c, got.Settings.Database, err)
		}
	}
}

// TestMisspeltBoolean: RomM reads it as false, so do we, and say so.
func TestMisspeltBoolean(t *testing.T) {
	c, err := Load(source(map[string]string{"OIDC_ALLOW_REGISTRATION": "flase", "OIDC_ENABLED": "no"}, nil))
	if err != nil || c.Settings.AllowRegistration || !c.Settings.Disabled || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "flase") {
		t.Errorf("%+v, %v", c, err)
	}
}

// Variables of blanks only are not RomM's defaults, and that is said.
func TestBlankVariables(t *testing.T) {
	c, err := Load(source(map[string]string{"OIDC_ALLOW_REGISTRATION": " ", "OIDC_USERNAME_ATTRIBUTE": "\t ", "OIDC_CLAIM_ROLES": " "}, nil))
	if err != nil || c.Settings.AllowRegistration || strings.TrimSpace(c.Settings.UsernameAttribute) != "" || c.Settings.UsernameAttribute == "" || c.Settings.ClaimRoles != "" {
		t.Errorf("%+v, %v", c.Settings, err)
	}
	if said := strings.Join(c.Warnings, "\n"); len(c.Warnings) != 2 || !strings.Contains(said, "registers nobody") || !strings.Contains(said, "refuses everybody") {
		t.Errorf("%q", c.Warnings)
	}
	c, err = Load(source(map[string]string{"OIDC_ALLOW_REGISTRATION": "", "OIDC_USERNAME_ATTRIBUTE": ""}, nil))
	if err != nil || !c.Settings.AllowRegistration || c.Settings.UsernameAttribute != "" || len(c.Warnings) != 0 {
		t.Errorf("empty values: %+v, %v, %v", c.Settings, c.Warnings, err)
	}
}

func TestLoadAssumes(t *testing.T) {
	c, err := Load(source(nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Settings; !s.Assumed || !s.AllowRegistration || s.RoleAdmin != "admin" || s.Disabled || c.Application != "romm" {
		t.Errorf("%+v", c)
	}
}

// TestSecretOrder proves S32: the file beats the service manager's credential,
// which beats the environment; a missing file is a mistake, never an empty
// secret that something else fills.
func TestSecretOrder(t *testing.T) {
	env := map[string]string{"ROMM_TOKEN": "env", "CREDENTIALS_DIRECTORY": "/cred", "ROMM_TOKEN_FILE": "/file"}
	files := map[string]string{"/file": "file\n", "/cred/ROMM_TOKEN": "cred"}
	for _, want := range []string{"file", "cred", "env"} {
		c, err := Load(source(env, files))
		if err != nil || c.RomMToken.Reveal() != want {
			t.Errorf("got %q, %v, want %q", c.RomMToken.Reveal(), err, want)
		}
		if want == "file" {
			delete(env, "ROMM_TOKEN_FILE")
		} else {
			delete(files, "/cred/ROMM_TOKEN")
		}
	}
	env["ROMM_TOKEN_FILE"] = "/gone"
	if _, err := Load(source(env, files)); model.CodeOf(err) != model.CodeInvalid || !strings.Contains(err.Error(), "ROMM_TOKEN_FILE") {
		t.Errorf("a missing file: %v", err)
	}
}

func TestLoadNamesEveryMistake(t *testing.T) {
	_, err := Load(source(map[string]string{
		"ROMM_DB_DRIVER": "oracle", "ROMM_DB_COLLATION": "utf8mb4_bin", "AUTHENTIK_TOKEN_FILE": "/gone",
		"OIDC_SERVER_APPLICATION_URL": `"https://auth.example.org/application/o/romm"`,
	}, nil))
	for _, name := range []string{"ROMM_DB_DRIVER", "ROMM_DB_COLLATION", "AUTHENTIK_TOKEN_FILE", "OIDC_SERVER_APPLICATION_URL"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in %v", name, err)
		}
	}
}

func TestDatabase(t *testing.T) {
	for want, env := range map[string]map[string]string{
		"/data/romm-admin/romm-admin.db":                 {"XDG_DATA_HOME": "/data", "HOME": "/home/a"},
		"/home/a/.local/share/romm-admin/romm-admin.db":  {"HOME": "/home/a"},
		"/home/b/.local/share/romm-admin/romm-admin.db ": {"HOME": "/home/b", "XDG_DATA_HOME": "relative"},
		"/srv/x.db": {"HOME": "/home/b", "ROMM_ADMIN_DB": "/srv/x.db"},
	} {
		if got, err := Database(source(env, nil)); err != nil || got != strings.TrimSpace(want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if _, err := Database(source(nil, nil)); model.HintOf(err) == "" {
		t.Errorf("without HOME: %v", err)
	}
}

// TestAddressesWithAUserAreRefused: an address is printed in many places, so
// one with a password in it is not taken, and not repeated either (S32).
func TestAddressesWithAUserAreRefused(t *testing.T) {
	for _, name := range []string{"AUTHENTIK_URL", "ROMM_BASE_URL", "OIDC_SERVER_APPLICATION_URL", "OIDC_REDIRECT_URI"} {
		_, err := Load(source(map[string]string{name: "https://bob:CANARY@x.example.org/application/o/romm"}, nil))
		if err == nil || !strings.Contains(err.Error(), name+": the address has a user or a password in it") || strings.Contains(err.Error(), "CANARY") || model.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, err := Load(source(map[string]string{"OIDC_REDIRECT_URI": "https://x.example.org/@bob?a=b@c"}, nil))
	if err != nil || c.Settings.RedirectURI == "" {
		t.Errorf("an @ in the path: %+v, %v", c.Settings, err)
	}
}

// TestTokenOrigins: hints name what was used, and a file is read again.
func TestTokenOrigins(t *testing.T) {
	files := map[string]string{"/file": "one\n", "/cred/ROMM_TOKEN": "cred"}
	for _, tc := range []struct {
		env         map[string]string
		name, again string
	}{
		{map[string]string{"ROMM_TOKEN_FILE": "/file", "ROMM_TOKEN": "env"}, "ROMM_TOKEN_FILE", "two"},
		{map[string]string{"CREDENTIALS_DIRECTORY": "/cred", "ROMM_TOKEN": "env"}, "the credential ROMM_TOKEN", "cred"},
		{map[string]string{"ROMM_TOKEN": "env"}, "ROMM_TOKEN", ""},
		{nil, "", ""},
	} {
		files["/file"] = "one\n"
		c, err := Load(source(tc.env, files))
		if err != nil {
			t.Fatal(err)
		}
		files["/file"] = "two\n"
		from := c.RomMTokenFrom
		if from.Name != tc.name || (from.Read != nil) != (tc.again != "") {
			t.Errorf("%v: %q", tc.env, from.Name)
		} else if from.Read != nil && from.Read().Reveal() != tc.again {
			t.Errorf("%v: read again %q", tc.env, from.Read().Reveal())
		}
		if next, ok := from.Renewed("one"); tc.again != "" && (!ok || next.Reveal() != tc.again) {
			t.Errorf("%v: renewed %v", tc.env, ok)
		}
	}
	c, err := Load(source(map[string]string{"AUTHENTIK_TOKEN_FILE": "/file"}, files))
	if err != nil || c.AuthentikTokenFrom.Name != "AUTHENTIK_TOKEN_FILE" {
		t.Errorf("%+v, %v", c.AuthentikTokenFrom, err)
	}
	delete(files, "/file")
	if _, ok := c.AuthentikTokenFrom.Renewed("two"); ok {
		t.Error("a file that is gone gives a token")
	}
}
