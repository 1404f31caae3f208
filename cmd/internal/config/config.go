// Package config reads the environment and the configuration file: where the
// two systems are, how to get in, and RomM's own OIDC settings, under the names
// that admins already have. The environment beats the file. It reports every
// mistake at once and never shows a secret.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
)

// Config is what both programs need to know of the world around them.
type Config struct {
	AuthentikURL   string
	AuthentikToken model.Secret

	// The tokens, and where they come from.
	AuthentikTokenFrom, RomMTokenFrom model.Origin

	RomMURL       string
	RomMToken     model.Secret
	RomMUsername  string
	RomMPassword  model.Secret
	RomMAllowHTTP bool // ROMM_ALLOW_HTTP: plain http to a host that is not this one

	RomMDatabase RomMDatabase

	DB string // path of the SQLite file; "" if none was given

	// Application is the slug of RomM's application in Authentik, from
	// OIDC_SERVER_METADATA_URL or else OIDC_SERVER_APPLICATION_URL; "romm" unless
	// one of them names it.
	Application  string
	ClientID     string
	ClientSecret model.Secret
	Settings     model.Settings
	// CAFile is OIDC_TLS_CACERTFILE: RomM trusts it for Authentik, and so do
	// we, for both.
	CAFile string
	// Warnings are about values that are read otherwise than they look.
	Warnings []string
}

// Source is where values come from. Only Lookup, which asks the environment,
// has to be there; files are the disk's unless told otherwise, and only regular
// ones; without File there is no configuration file.
type Source struct {
	Lookup   func(name string) (string, bool)
	ReadFile func(path string) ([]byte, error)
	Stat     func(path string) (fs.FileInfo, error)
	File     *File
}

func (src Source) complete() Source {
	if src.ReadFile == nil {
		src.ReadFile = func(path string) ([]byte, error) { return db.ReadRegular(path, maxFile) }
	}
	if src.Stat == nil {
		src.Stat = os.Stat
	}
	return src
}

// FromEnv returns a lookup over KEY=VALUE lines, as a process has them.
func FromEnv(env []string) func(string) (string, bool) {
	m := make(map[string]string, len(env))
	for _, line := range env {
		if k, v, ok := strings.Cut(line, "="); ok {
			m[k] = v
		}
	}
	return func(name string) (string, bool) { v, ok := m[name]; return v, ok }
}

// Load reads the configuration. The error names every mistake.
func Load(src Source) (Config, error) {
	r := newReader(src)
	c := Config{
		AuthentikURL:   r.address("AUTHENTIK_URL"),
		AuthentikToken: r.secret("AUTHENTIK_TOKEN"),
		RomMURL:        r.address("ROMM_BASE_URL"),
		RomMToken:      r.secret("ROMM_TOKEN"),
		RomMUsername:   r.text("ROMM_USERNAME"),
		RomMPassword:   r.secret("ROMM_PASSWORD"),
		RomMAllowHTTP:  r.boolean("ROMM_ALLOW_HTTP", false),
		RomMDatabase:   r.rommDatabase(),
		DB:             r.text("ROMM_ADMIN_DB"),
		Application:    "romm",
		ClientID:       r.text("OIDC_CLIENT_ID"),
		ClientSecret:   r.secret("OIDC_CLIENT_SECRET"),
		CAFile:         r.text("OIDC_TLS_CACERTFILE"),
	}
	if !r.inEnvironment("ROMM_TOKEN") && (r.inEnvironment("ROMM_USERNAME") || r.inEnvironment("ROMM_PASSWORD")) {
		c.RomMToken = "" // the environment names another way in than the file
	}
	c.AuthentikTokenFrom, c.RomMTokenFrom = r.origins["AUTHENTIK_TOKEN"], r.origins["ROMM_TOKEN"]
	c.Settings = r.settings()
	c.Settings.BaseURL = c.RomMURL
	c.Application = cmp.Or(r.application(&c.Settings), c.Application)
	c.Warnings = r.warnings
	return c, r.err()
}

// LoadCompanion reads what the companion needs: RomM's settings and the client
// secret. What is for the console alone is not read: the files of
// its tokens are not the companion's to read.
func LoadCompanion(src Source) (Config, error) {
	r := newReader(src)
	c := Config{ClientSecret: r.secret("OIDC_CLIENT_SECRET"), Settings: r.settings()}
	c.Warnings = r.warnings
	return c, r.err()
}

// Database is the place of the SQLite file: ROMM_ADMIN_DB or, when it is not
// named, $XDG_DATA_HOME/romm-admin/romm-admin.db, by default below
// ~/.local/share.
func Database(src Source) (string, error) {
	r := newReader(src)
	if err := r.err(); err != nil {
		return "", err
	}
	if path := r.text("ROMM_ADMIN_DB"); path != "" {
		return path, nil
	}
	if dir := r.text("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "romm-admin", "romm-admin.db"), nil
	}
	if home := r.text("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "share", "romm-admin", "romm-admin.db"), nil
	}
	return "", &model.Error{
		Code: model.CodeInvalid, Msg: "no place for the database: neither HOME nor XDG_DATA_HOME is set",
		Hint: "name it with --db or ROMM_ADMIN_DB",
	}
}

// reader collects mistakes on the way.
type reader struct {
	Source
	mistakes Mistakes
	warnings []string
	origins  map[string]model.Origin // of secrets, by variable
	files    map[string]string       // what NAME_FILE of RomM's variables holds, by NAME
}

func newReader(src Source) *reader {
	r := &reader{Source: src.complete(), origins: map[string]model.Origin{}, files: map[string]string{}}
	if src.File != nil {
		r.mistakes = append(r.mistakes, src.File.Mistakes()...)
		r.warnings = append(r.warnings, src.File.warnings...)
	}
	return r
}

// lookup asks the environment, then the file. A variable that is set to
// the empty text overrides the file. Of RomM's own variables NAME_FILE counts
// first, as for secrets.
func (r *reader) lookup(name string) (string, bool) {
	if v, ok := r.rommFile(name); ok {
		return v, true
	}
	if v, ok := r.Lookup(name); ok {
		return v, true
	}
	if r.File == nil {
		return "", false
	}
	v, ok := r.File.variables[name]
	return v, ok
}

// rommFile reads what NAME_FILE holds of one of RomM's variables: RomM's container
// takes it for the value of NAME (docs/romm.md 3 Environment).
func (r *reader) rommFile(name string) (string, bool) {
	if strings.HasSuffix(name, "_FILE") || !strings.HasPrefix(name, "OIDC_") && name != "ROMM_BASE_URL" && name != "ROMM_DB_DRIVER" {
		return "", false
	}
	from := name + "_FILE"
	path, _ := r.Lookup(from)
	if path = strings.TrimSpace(path); path == "" {
		return "", false
	}
	v, known := r.files[name]
	if !known {
		v = r.secretFile(name, from, path).Reveal()
		r.files[name] = v
		if given, _ := r.Lookup(name); given != "" && given != v {
			r.warnings = append(r.warnings, fmt.Sprintf("%s and %s are both set, and differ: what the file says is taken", name, from))
		}
	}
	return v, true
}

// called is the name by which the user knows the value.
func (r *reader) called(name string) string {
	if _, ok := r.Lookup(name); ok || r.File == nil || r.File.named[name] == "" {
		return name
	}
	dotted := r.File.named[name]
	return r.File.where(dotted) + ": " + dotted
}

func (r *reader) text(name string) string {
	v, _ := r.lookup(name)
	return strings.TrimSpace(v)
}

// blanks returns what was given when that is nothing but blanks, which RomM does
// not take for its default, and says what it takes it for (docs/romm.md 3
// Environment).
func (r *reader) blanks(name, takenFor string) string {
	v, _ := r.lookup(name)
	if v == "" || strings.TrimSpace(v) != "" {
		return ""
	}
	r.warnings = append(r.warnings, fmt.Sprintf("%s has nothing but blanks in it: RomM does not take its default then, but %s", name, takenFor))
	return v
}

// address reads an address of a server. One with a user part is refused and not
// repeated: it holds a password, and addresses are printed (S32).
func (r *reader) address(name string) string {
	v := r.text(name)
	if !model.HasUser(v) {
		return v
	}
	r.wrong(name, "the address has a user or a password in it (before the @), which is not shown here: leave that out; %s", wayIn(name))
	return ""
}

// wayIn says where what was in the address belongs.
func wayIn(name string) string {
	switch name {
	case "AUTHENTIK_URL":
		return "AUTHENTIK_TOKEN or AUTHENTIK_TOKEN_FILE is the way in"
	case "ROMM_BASE_URL":
		return "ROMM_TOKEN, or ROMM_USERNAME and ROMM_PASSWORD, are the way in"
	}
	return "nobody signs in with it"
}

// inEnvironment reports whether the environment gives the value, in any form.
func (r *reader) inEnvironment(name string) bool {
	for _, n := range []string{name, name + "_FILE"} {
		if v, _ := r.Lookup(n); strings.TrimSpace(v) != "" {
			return true
		}
	}
	return false
}

// secret reads NAME_FILE, then a credential of the service manager, then NAME
// (S32), then the file that the configuration file names. Only one line end is
// cut: a secret may end in a blank.
func (r *reader) secret(name string) model.Secret {
	if path, _ := r.Lookup(name + "_FILE"); strings.TrimSpace(path) != "" {
		return r.secretFile(name, name+"_FILE", strings.TrimSpace(path))
	}
	if dir, _ := r.Lookup("CREDENTIALS_DIRECTORY"); dir != "" {
		path := filepath.Join(dir, name)
		if _, err := r.ReadFile(path); err == nil || errors.As(err, new(*model.Error)) { // there, or there and refused
			return r.secretFile(name, "the credential "+name, path)
		}
	}
	if v, ok := r.Lookup(name); ok {
		r.origins[name] = model.Origin{Name: name}
		return oneLine([]byte(v))
	}
	if path := r.text(name + "_FILE"); path != "" {
		return r.secretFile(name, name+"_FILE", path)
	}
	return ""
}

// maxSecret bounds a secret, in bytes: the longest is a token of a few thousand.
const maxSecret = 64 << 10

// secretFile reads the secret name from the file that the setting from names. It
// does not say which that is: it may be the secret itself, in the wrong place.
func (r *reader) secretFile(name, from, path string) model.Secret {
	r.origins[name] = model.Origin{Name: r.called(from), Read: r.again(path)}
	data, err := r.ReadFile(path)
	var why *fs.PathError
	if errors.As(err, &why) {
		err = why.Err
	}
	if err == nil && len(data) > maxSecret {
		err = fmt.Errorf("it is larger than %d bytes", maxSecret)
	}
	if err != nil {
		r.wrong(from, "the file that it names cannot be read: %v", err)
		return ""
	}
	return oneLine(data)
}

// again reads a secret's file another time.
func (r *reader) again(path string) func() model.Secret {
	return func() model.Secret {
		data, err := r.ReadFile(path)
		if err != nil {
			return ""
		}
		return oneLine(data)
	}
}

func oneLine(data []byte) model.Secret {
	return model.Secret(strings.TrimRight(string(data), "\r\n"))
}

// boolean reads RomM's way of writing booleans: true is 1, true, yes or on
// (docs/romm.md 3 Environment).
func (r *reader) boolean(name string, unset bool) bool {
	switch strings.ToLower(r.text(name)) {
	case "":
		return unset
	case "1", "true", "yes", "on":
		return true
	case "0", "false", "no", "off":
	default:
		r.warnings = append(r.warnings, fmt.Sprintf("%s=%s is read as false, as RomM does", name, model.Clean(r.text(name))))
	}
	return false
}

// application reads where RomM looks for its application in Authentik, and
// returns the slug in it; "" if none is given. The address may be one that RomM
// cannot use: verdicts say that, and only what names no application at all is a
// mistake here.
func (r *reader) application(s *model.Settings) string {
	s.ApplicationURL, s.MetadataURL = r.address(model.VarApplicationURL), r.address(model.VarMetadataURL)
	address, variable := s.Discovery()
	if address == "" {
		return ""
	}
	_, rest, _ := strings.Cut(address, "/application/o/")
	slug, _, _ := strings.Cut(rest, "/")
	if slug != "" && strings.Trim(address, `"'`) == address {
		return slug
	}
	if variable == model.VarApplicationURL {
		r.wrong(variable, "%q is not like https://auth.example.org/application/o/romm (quotes in a compose list become part of the value)", model.Clean(s.ApplicationURL))
	}
	return ""
}

// oidcNames are the variables that settle how RomM decides.
var oidcNames = []string{
	"OIDC_ENABLED", "OIDC_CLAIM_ROLES", "OIDC_ROLE_ADMIN", "OIDC_ROLE_EDITOR",
	"OIDC_ROLE_VIEWER", "OIDC_ALLOW_REGISTRATION", "OIDC_USERNAME_ATTRIBUTE",
}

// settings reads RomM's own variables. When none is given at all, they are
// assumed to be what `romm-admin demo serve` and the set-up print.
func (r *reader) settings() model.Settings {
	s := model.Settings{
		Disabled:   !r.boolean("OIDC_ENABLED", true),
		ClaimRoles: r.text("OIDC_CLAIM_ROLES"), RoleAdmin: r.text("OIDC_ROLE_ADMIN"),
		RoleEditor: r.text("OIDC_ROLE_EDITOR"), RoleViewer: r.text("OIDC_ROLE_VIEWER"),
		AllowRegistration: r.boolean("OIDC_ALLOW_REGISTRATION", r.blanks("OIDC_ALLOW_REGISTRATION", "registers nobody") == ""),
		UsernameAttribute: cmp.Or(r.blanks("OIDC_USERNAME_ATTRIBUTE", "refuses everybody"), r.text("OIDC_USERNAME_ATTRIBUTE")),
		RedirectURI:       r.address("OIDC_REDIRECT_URI"),
		ClientID:          r.text("OIDC_CLIENT_ID"),
	}
	var err error
	if s.Database, err = model.ParseDatabase(r.text("ROMM_DB_DRIVER")); err != nil {
		r.wrong("ROMM_DB_DRIVER", "%v", err)
		s.Database = model.DatabaseUnknown
	}
	if c := r.text("ROMM_DB_COLLATION"); c != "" && s.Database != model.DatabasePostgreSQL {
		if s.Database, err = model.ParseDatabase(string(model.DatabaseMariaDB) + ":" + c); err != nil {
			r.wrong("ROMM_DB_COLLATION", "%v", err)
			s.Database = model.DatabaseUnknown
		}
	}
	for _, name := range oidcNames {
		if _, given := r.lookup(name); given {
			return s
		}
	}
	s.Assumed = true
	s.RoleAdmin, s.RoleEditor, s.RoleViewer = "admin", "editor", "viewer"
	return s
}

func (r *reader) wrong(name, format string, args ...any) {
	r.mistakes = append(r.mistakes, r.called(name)+": "+fmt.Sprintf(format, args...))
}

func (r *reader) err() error { return r.mistakes.Err() }
