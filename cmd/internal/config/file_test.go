package config

import (
	"errors"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

const place = "/etc/romm-admin/romm-admin.toml"

// with is a source with a configuration file of that text.
func with(t *testing.T, text string, env, files map[string]string) Source {
	t.Helper()
	all := map[string]string{place: text}
	maps.Copy(all, files)
	src := source(env, all)
	f, err := Open(src, place)
	if err != nil {
		t.Fatal(err)
	}
	src.File = f
	return src
}

const whole = `
db = "romm-admin.db"
theme = "dark"
linear = true
mouse = false
every = "5m"
[authentik]
url = "https://auth.example.org"
token_file = "/run/authentik"
[romm]
url = "https://romm.example.org"
token_file = "/run/romm"
username = "admin"
password_file = "~/romm-password"
allow_http = true
db_driver = "mariadb"
db_collation = "utf8mb4_general_ci"
db_host = "db"
db_port = 3307
db_name = "games"
db_user = "romm_admin"
db_passwd_file = "/run/romm-db"
db_query_json = '{"ssl": true, "connect_timeout": 3}'
db_write = true
db_dsn_file = ""
[oidc]
enabled = true
client_id = "client"
client_secret_file = "secret"
server_application_url = "https://auth.example.org/application/o/not-looked-at"
server_metadata_url = "https://auth.example.org/application/o/games/.well-known/openid-configuration"
tls_cacertfile = "ca.pem"
claim_roles = "groups"
role_admin = "a"
role_editor = "e"
role_viewer = "v"
allow_registration = false
username_attribute = "nickname"
[keys]
quit = "Q"
users.fix = ["f", "ctrl+f"]
"users.set-email" = []
`

var wholeFiles = map[string]string{
	"/run/authentik": "t1\n", "/run/romm": "t2", "/home/a/romm-password": "t3", "/etc/romm-admin/secret": "t4",
	"/run/romm-db": "t5\n",
}

// TestFileSaysWhatTheEnvironmentCan: the same values by the file and by the
// environment make the same configuration, and no name of the file is left out
// of the example.
func TestFileSaysWhatTheEnvironmentCan(t *testing.T) {
	t.Parallel()
	src := with(t, whole, map[string]string{"HOME": "/home/a"}, wholeFiles)
	byFile, err := Load(src)
	if err != nil {
		t.Fatal(err)
	}
	byEnv, err := Load(source(map[string]string{
		"ROMM_ADMIN_DB": "/etc/romm-admin/romm-admin.db",
		"AUTHENTIK_URL": "https://auth.example.org", "AUTHENTIK_TOKEN": "t1",
		"ROMM_BASE_URL": "https://romm.example.org", "ROMM_TOKEN": "t2", "ROMM_USERNAME": "admin", "ROMM_PASSWORD": "t3",
		"ROMM_ALLOW_HTTP": "1", "ROMM_DB_DRIVER": "mariadb", "ROMM_DB_COLLATION": "utf8mb4_general_ci",
		"DB_HOST": "db", "DB_PORT": "3307", "DB_NAME": "games", "DB_USER": "romm_admin", "DB_PASSWD": "t5",
		"DB_QUERY_JSON": `{"ssl": true, "connect_timeout": 3}`, "ROMM_DB_WRITE": "on",
		"OIDC_ENABLED": "yes", "OIDC_CLIENT_ID": "client", "OIDC_CLIENT_SECRET": "t4",
		"OIDC_SERVER_APPLICATION_URL": "https://auth.example.org/application/o/not-looked-at",
		"OIDC_SERVER_METADATA_URL":    "https://auth.example.org/application/o/games/.well-known/openid-configuration", "OIDC_TLS_CACERTFILE": "/etc/romm-admin/ca.pem",
		"OIDC_CLAIM_ROLES": "groups", "OIDC_ROLE_ADMIN": "a", "OIDC_ROLE_EDITOR": "e", "OIDC_ROLE_VIEWER": "v",
		"OIDC_ALLOW_REGISTRATION": "no", "OIDC_USERNAME_ATTRIBUTE": "nickname",
	}, nil))
	if !strings.HasSuffix(byFile.RomMTokenFrom.Name, ": romm.token_file") || byEnv.RomMTokenFrom.Name != "ROMM_TOKEN" {
		t.Errorf("the token is from %q and %q", byFile.RomMTokenFrom.Name, byEnv.RomMTokenFrom.Name)
	}
	for _, c := range []*Config{&byFile, &byEnv} { // which are told apart by this alone
		c.AuthentikTokenFrom, c.RomMTokenFrom = model.Origin{}, model.Origin{}
	}
	if err != nil || !reflect.DeepEqual(byFile, byEnv) || byFile.AuthentikToken.Reveal() != "t1" || byFile.RomMPassword.Reveal() != "t3" || byFile.RomMDatabase.Password.Reveal() != "t5" {
		t.Errorf("file %+v\nenv  %+v, %v", byFile, byEnv, err)
	}
	f := src.File
	if f.Theme != "dark" || f.Linear != "true" || f.Mouse != "false" || f.Every != "5m" {
		t.Errorf("%+v", f)
	}
	if want := map[string][]string{"quit": {"Q"}, "users.fix": {"f", "ctrl+f"}, "users.set-email": {}}; !reflect.DeepEqual(f.Keys, want) {
		t.Errorf("keys %v, want %v", f.Keys, want)
	}
	for dotted, x := range names() {
		table, key, ok := strings.Cut(dotted, ".")
		if !ok {
			table, key = "", dotted
		}
		_, after, found := strings.Cut(whole, "["+table+"]")
		if table == "" {
			after, found = whole, true
		}
		if x.kind != aSecret && (!found || !strings.Contains(after, "\n"+key+" = ")) {
			t.Errorf("%s is not in the example", dotted)
		}
	}
}

// TestEnvironmentBeatsFile, a variable that is set to nothing included.
func TestEnvironmentBeatsFile(t *testing.T) {
	t.Parallel()
	c, err := Load(with(t, whole, map[string]string{
		"HOME": "/home/a", "AUTHENTIK_URL": "https://other.example.org", "AUTHENTIK_TOKEN": "plain", "OIDC_CLAIM_ROLES": "",
		"ROMM_ADMIN_DB": "/srv/x.db", "OIDC_ALLOW_REGISTRATION": "true",
	}, wholeFiles))
	if err != nil || c.AuthentikURL != "https://other.example.org" || c.AuthentikToken.Reveal() != "plain" || c.Settings.ClaimRoles != "" ||
		!c.Settings.AllowRegistration || c.DB != "/srv/x.db" || c.RomMURL != "https://romm.example.org" || c.RomMToken.Reveal() != "t2" {
		t.Errorf("%+v, %v", c, err)
	}
	// Another way into RomM is not overruled by the file's token.
	c, err = Load(with(t, whole, map[string]string{"HOME": "/home/a", "ROMM_PASSWORD": "p"}, wholeFiles))
	if err != nil || c.RomMToken != "" || c.RomMUsername != "admin" || c.RomMPassword.Reveal() != "p" {
		t.Errorf("%+v, %v", c, err)
	}
	// A credential of the service manager is part of the environment.
	files := maps.Clone(wholeFiles)
	files["/cred/AUTHENTIK_TOKEN"] = "cred"
	c, err = Load(with(t, whole, map[string]string{"HOME": "/home/a", "CREDENTIALS_DIRECTORY": "/cred"}, files))
	if err != nil || c.AuthentikToken.Reveal() != "cred" {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestFileNamesEveryMistake: all at once, each with its line; proves S32, no
// value of a secret is repeated.
func TestFileNamesEveryMistake(t *testing.T) {
	t.Parallel()
	src := with(t, `teme = "dark"
linear = "yes"
every = 5
AUTHENTIK_URL = "x"
[authentik]
token = "CANARY-1"
tokn_file = "CANARY-2"
token_file = "CANARY-3"
[romn]
url = "x"
[romm]
url = "x"
password = 1
allow_http = "true"
db_driver = "oracle"
[oidc]
server_application_url = "nonsense"
[keys]
users.fix = [1]
roles.add = 5
[[list]]
x = 1
[keys.history]
fly = 7
`, map[string]string{"OIDC_ENABLED": "true", "ROMM_PASSWORD_FILE": "/gone"}, nil)
	_, err := Load(src)
	if model.CodeOf(err) != model.CodeInvalid || model.HintOf(err) == "" {
		t.Fatal(err)
	}
	var all Mistakes
	if !errors.As(err, &all) {
		t.Fatal(err)
	}
	told := strings.Join(all, "\n")
	for _, want := range []string{
		":1: nothing is called teme, did you mean theme?",
		":2: linear is true or false, without quotes",
		":3: every is a text in quotes",
		":4: the variable AUTHENTIK_URL is called authentik.url here",
		":6: a secret does not belong in this file: put it into a file that only you may read, and name that in authentik.token_file",
		":7: nothing is called authentik.tokn_file, did you mean authentik.token_file?",
		":8: authentik.token_file: the file that it names cannot be read: file does not exist",
		":9: nothing is called romn",
		":13: a secret does not belong in this file",
		":14: romm.allow_http is true or false",
		":15: romm.db_driver: ",
		`:17: oidc.server_application_url: "nonsense" is not like`,
		":19: keys are texts in quotes",
		":20: keys are texts in quotes",
		":21: nothing is called list",
		":23: keys are texts in quotes, such as history.fly",
		"\nROMM_PASSWORD_FILE: the file that it names cannot be read",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("not told: %s\n%s", want, told)
		}
	}
	if strings.Contains(told, "CANARY") {
		t.Errorf("a value is repeated: %s", told)
	}
	if got := strings.Count(told, place+":"); got != 16 || len(all) != 17 {
		t.Errorf("%d mistakes with a place, want 16: %s", got, told)
	}
}

// TestFileThatCannotBeRead says why, with the line and without a value.
func TestFileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"theme = \"x\"\n[authentik]\ntoken = CANARY-x": place + ":3: ",
		"a = \"CANARY":                        place + ":1: ",
		"[romm]\n[romm]":                      ":2: table romm already exists",
		"db = \"a\"\ndb = \"b\"":              ":2: key db is already defined",
		strings.Repeat("# long\n", maxFile/6): "larger than 1 MiB",
	} {
		_, err := Open(source(nil, map[string]string{place: text}), place)
		if model.CodeOf(err) != model.CodeInvalid || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "CANARY") || !strings.Contains(model.HintOf(err), "--config") {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
	if _, err := Open(source(nil, nil), place); err == nil || strings.Count(err.Error(), place) != 1 {
		t.Errorf("a file that was named and is not there: %v", err)
	}
}

func TestWhereTheFileIs(t *testing.T) {
	t.Parallel()
	files := map[string]string{"/conf/romm-admin/romm-admin.toml": "", "/home/a/.config/romm-admin/romm-admin.toml": ""}
	for want, env := range map[string]map[string]string{
		"/conf/romm-admin/romm-admin.toml":           {"XDG_CONFIG_HOME": "/conf", "HOME": "/home/a"},
		"/home/a/.config/romm-admin/romm-admin.toml": {"XDG_CONFIG_HOME": "relative", "HOME": "/home/a"},
	} {
		if f, err := Open(source(env, files), ""); err != nil || f == nil || f.Path != want {
			t.Errorf("%+v, %v, want %s", f, err, want)
		}
	}
	for _, env := range []map[string]string{nil, {"HOME": "/home/b"}} {
		if f, err := Open(source(env, files), ""); f != nil || err != nil {
			t.Errorf("%v: %+v, %v", env, f, err)
		}
	}
	if c, err := Load(source(nil, nil)); err != nil || !c.Settings.Assumed {
		t.Errorf("without a file: %+v, %v", c, err)
	}
}

// info is what the disk says of a file.
type info struct {
	fs.FileInfo
	mode fs.FileMode
}

func (i info) Mode() fs.FileMode { return i.mode }

// proves S38 for the file that says which servers get the tokens.
func TestFileThatOthersMayWriteIsWarnedOf(t *testing.T) {
	t.Parallel()
	for mode, warned := range map[fs.FileMode]bool{0o600: false, 0o644: false, 0o664: true} {
		src := source(nil, map[string]string{place: ""})
		src.Stat = func(string) (fs.FileInfo, error) { return info{mode: mode}, nil }
		f, err := Open(src, place)
		if err != nil {
			t.Fatal(err)
		}
		src.File = f
		c, err := Load(src)
		if err != nil || slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.Contains(w, place) && strings.Contains(w, "chmod go-w") }) != warned {
			t.Errorf("%v: %v, %v", mode, c.Warnings, err)
		}
	}
}

// proves S38: a file that everybody may write to names no server.
func TestFileThatEverybodyMayWriteIsRefused(t *testing.T) {
	t.Parallel()
	for _, mode := range []fs.FileMode{0o602, 0o666, 0o777} {
		src := source(nil, map[string]string{place: "authentik.url = \"https://evil.example\""})
		src.Stat = func(string) (fs.FileInfo, error) { return info{mode: mode}, nil }
		if f, err := Open(src, place); f != nil || model.CodeOf(err) != model.CodeRefused || !strings.Contains(model.HintOf(err), "chmod") {
			t.Errorf("%v: %+v, %v", mode, f, err)
		}
	}
}

// The companion never opens what is for the console alone.
func TestCompanionReadsOnlyWhatItNeeds(t *testing.T) {
	t.Parallel()
	src := with(t, whole, map[string]string{"HOME": "/home/a", "ROMM_PASSWORD_FILE": "/gone"}, map[string]string{"/etc/romm-admin/secret": "t4"})
	if _, err := Load(src); err == nil {
		t.Error("the console does without its tokens")
	}
	c, err := LoadCompanion(src)
	if err != nil || c.ClientSecret.Reveal() != "t4" || c.Settings.ClaimRoles != "groups" || c.AuthentikToken != "" {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := LoadCompanion(with(t, "teme = 1", nil, nil)); err == nil || !strings.Contains(err.Error(), "did you mean theme?") {
		t.Errorf("a mistake: %v", err)
	}
}

func TestMeant(t *testing.T) {
	t.Parallel()
	known := []string{"users.fix", "users.filter", "quit", "help"}
	for word, want := range map[string]string{
		"users.fixx": "users.fix", "Quit": "quit", "hlep": "help", "user.filter": "users.filter", "nothing": "", "": "",
	} {
		if got := Meant(word, known); want == "" && got != "" || want != "" && got != ", did you mean "+want+"?" {
			t.Errorf("%q: %q", word, got)
		}
	}
}
