package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// RomMDatabase says where RomM's own database is, in the variables that RomM is
// started with (docs/romm.md 7 Variables). The zero value is a database that is
// not read.
type RomMDatabase struct {
	Driver   string
	Host     string
	Port     int
	Name     string
	User     string
	Password model.Secret
	Query    map[string]string
	Write    bool // ROMM_DB_WRITE
}

// Given reports whether there is one to be read.
func (d RomMDatabase) Given() bool { return d.User != "" }

// parameters are those of DB_QUERY_JSON that are used here: the first are
// MariaDB's and MySQL's, the others PostgreSQL's.
var parameters = []string{
	"unix_socket", "ssl", "ssl_disabled", "ssl_ca", "ssl_cert", "ssl_key", "ssl_verify_cert", "ssl_verify_identity",
	"host", "sslmode", "sslrootcert", "sslcert", "sslkey", "options", "channel_binding", "target_session_attrs",
}

// rommDatabase reads where RomM's database is: ROMM_DB_DSN or, without it, the
// variables of RomM. As in RomM there is none without a user and a password.
func (r *reader) rommDatabase() RomMDatabase {
	write := r.boolean("ROMM_DB_WRITE", false)
	if dsn := strings.TrimSpace(r.secret("ROMM_DB_DSN").Reveal()); dsn != "" {
		d := r.dsn(dsn)
		d.Write = write
		return d
	}
	d := RomMDatabase{
		Driver: strings.ToLower(r.given("ROMM_DB_DRIVER")), Host: r.given("DB_HOST"), Port: 3306, Name: r.given("DB_NAME"),
		User: r.given("DB_USER"), Password: model.Secret(strings.TrimSpace(r.secret("DB_PASSWD").Reveal())), Write: write,
	}
	switch {
	case d.User == "" && d.Password == "":
		return RomMDatabase{}
	case d.User == "" || d.Password == "":
		r.warnings = append(r.warnings, "RomM's database is not read: it needs DB_USER and DB_PASSWD (or DB_PASSWD_FILE), and one of them is not set")
		return RomMDatabase{}
	}
	if d.Driver == "" {
		d.Driver = "mariadb"
	}
	if d.Driver == "unknown" {
		r.wrong("ROMM_DB_DRIVER", "to read RomM's database it has to be mariadb, mysql or postgresql")
	}
	if d.Host == "" {
		d.Host = "127.0.0.1"
	}
	if d.Name == "" {
		d.Name = "romm"
	}
	if port := r.given("DB_PORT"); port != "" {
		d.Port = r.port("DB_PORT", port)
	}
	d.Query = r.query()
	return d
}

// given reads a value that may also come from a file, as all of RomM's
// variables may.
func (r *reader) given(name string) string {
	if v := strings.TrimSpace(r.secret(name).Reveal()); v != "" {
		return v
	}
	return r.text(name)
}

func (r *reader) port(name, text string) int {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		r.wrong(name, "it is no number of a port, 1 to 65535")
	}
	return int(n)
}

// query reads DB_QUERY_JSON. Its values are not repeated: one may be a secret.
func (r *reader) query() map[string]string {
	text := r.given("DB_QUERY_JSON")
	if text == "" {
		return nil
	}
	all := map[string]any{}
	if json.Unmarshal([]byte(text), &all) != nil {
		r.wrong("DB_QUERY_JSON", `it is no JSON object such as {"sslmode": "require"}; RomM does not start with it`)
		return nil
	}
	said := url.Values{}
	for k, v := range all {
		said.Set(k, fmt.Sprint(v))
	}
	return r.known("DB_QUERY_JSON", said)
}

// known leaves out the parameters that are not used here, and says so.
func (r *reader) known(from string, said url.Values) map[string]string {
	out := map[string]string{}
	var others []string
	for _, k := range slices.Sorted(maps.Keys(said)) {
		if slices.Contains(parameters, k) {
			out[k] = said.Get(k)
		} else if k != "charset" && k != "collation" { // always utf8mb4
			others = append(others, model.Clean(k))
		}
	}
	if len(others) > 0 {
		r.warnings = append(r.warnings, fmt.Sprintf("%s: not used when RomM's database is read: %s", from, strings.Join(others, ", ")))
	}
	return out
}

// dsn reads an address such as postgresql://user:password@host:5432/romm. It
// holds the password, so nothing of it is repeated (S32).
func (r *reader) dsn(text string) RomMDatabase {
	u, err := url.Parse(text)
	bad := func(what string) RomMDatabase {
		r.wrong("ROMM_DB_DSN", "%s; it is like postgresql://user:password@host:5432/romm or mariadb://…, and is not shown here", what)
		return RomMDatabase{}
	}
	if err != nil || u.User == nil || u.User.Username() == "" {
		return bad("it is no address with a user in it (signs such as @ and / in the password are written as %40 and %2F)")
	}
	password, _ := u.User.Password()
	d := RomMDatabase{User: u.User.Username(), Password: model.Secret(password), Host: u.Hostname(), Name: strings.TrimPrefix(u.Path, "/")}
	scheme, _, _ := strings.Cut(u.Scheme, "+") // postgresql+psycopg, as SQLAlchemy has it
	switch scheme {
	case "mariadb", "mysql":
		d.Driver, d.Port = scheme, 3306
	case "postgresql", "postgres":
		d.Driver, d.Port = "postgresql", 5432
	default:
		return bad("it begins with none of mariadb://, mysql:// and postgresql://")
	}
	if d.Host == "" {
		d.Host = "127.0.0.1"
	}
	if d.Name == "" {
		return bad("it names no database")
	}
	if p := u.Port(); p != "" {
		d.Port = r.port("ROMM_DB_DSN", p)
	}
	d.Query = r.known("ROMM_DB_DSN", u.Query())
	return d
}
