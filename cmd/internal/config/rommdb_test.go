package config

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestRomMDatabase reads it as RomM does: what is needed, what is assumed.
func TestRomMDatabase(t *testing.T) {
	t.Parallel()
	least := RomMDatabase{Driver: "mariadb", Host: "127.0.0.1", Port: 3306, Name: "romm", User: "romm", Password: "p"}
	whole := RomMDatabase{Driver: "postgresql", Host: "db", Port: 5433, Name: "games", User: "romm", Password: "p@/", Write: true}
	tls := whole
	tls.Query = map[string]string{"sslmode": "verify-full"}
	for name, c := range map[string]struct {
		env  map[string]string
		want RomMDatabase
	}{
		"nothing":    {nil, RomMDatabase{}},
		"no account": {map[string]string{"DB_HOST": "db", "ROMM_DB_DRIVER": "mysql", "DB_QUERY_JSON": "{"}, RomMDatabase{}},
		"the least":  {map[string]string{"DB_USER": "romm", "DB_PASSWD": "p"}, least},
		"all": {map[string]string{
			"ROMM_DB_DRIVER": "PostgreSQL", "DB_HOST": " db ", "DB_PORT": "5433", "DB_NAME": "games", "DB_USER": "romm", "DB_PASSWD": "p@/", "ROMM_DB_WRITE": "yes",
		}, whole},
		"by files": {map[string]string{
			"ROMM_DB_DRIVER": "postgresql", "DB_HOST_FILE": "/host", "DB_PORT": "5433", "DB_NAME": "games", "DB_USER_FILE": "/user", "DB_PASSWD_FILE": "/passwd", "ROMM_DB_WRITE": "1",
			"DB_QUERY_JSON": `{"sslmode": "verify-full", "charset": "utf8mb4"}`,
		}, tls},
		"an address":    {map[string]string{"ROMM_DB_DSN": "postgresql+psycopg://romm:p%40%2F@db:5433/games?sslmode=verify-full", "ROMM_DB_WRITE": "on", "DB_USER": "x"}, tls},
		"in a file":     {map[string]string{"ROMM_DB_DSN_FILE": "/dsn"}, least},
		"default ports": {map[string]string{"ROMM_DB_DSN": "postgres://romm:p@/romm"}, RomMDatabase{Driver: "postgresql", Host: "127.0.0.1", Port: 5432, Name: "romm", User: "romm", Password: "p"}},
	} {
		c.want.Query = maps.Clone(c.want.Query)
		got, err := Load(source(c.env, map[string]string{"/host": "db\n", "/user": "romm\n", "/passwd": "p@/\n", "/dsn": "mariadb://romm:p@127.0.0.1/romm\n"}))
		db := got.RomMDatabase
		if len(db.Query) == 0 {
			db.Query = nil
		}
		if err != nil || !reflect.DeepEqual(db, c.want) || db.Password.Reveal() != c.want.Password.Reveal() || len(got.Warnings) != 0 {
			t.Errorf("%s: %+v, %v, %v", name, db, got.Warnings, err)
		}
	}
}

// TestRomMDatabaseMistakes proves S32: each is named, and no value is repeated.
func TestRomMDatabaseMistakes(t *testing.T) {
	t.Parallel()
	for said, env := range map[string]map[string]string{
		"DB_PORT: it is no number":               {"DB_USER": "CANARY", "DB_PASSWD": "CANARY", "DB_PORT": "CANARY"},
		"DB_PORT: ":                              {"DB_USER": "CANARY", "DB_PASSWD": "CANARY", "DB_PORT": "70000"},
		"DB_QUERY_JSON: it is no JSON object":    {"DB_USER": "CANARY", "DB_PASSWD": "CANARY", "DB_QUERY_JSON": "# CANARY"},
		"ROMM_DB_DRIVER: ":                       {"DB_USER": "CANARY", "DB_PASSWD": "CANARY", "ROMM_DB_DRIVER": "unknown"},
		"ROMM_DB_DSN: it is no address":          {"ROMM_DB_DSN": "postgresql://romm:CANARY/@db/romm"},
		"ROMM_DB_DSN: it is no address with":     {"ROMM_DB_DSN": "romm:CANARY@tcp(db)/romm"},
		"ROMM_DB_DSN: it begins with none":       {"ROMM_DB_DSN": "oracle://romm:CANARY@db/romm"},
		"ROMM_DB_DSN: it names no database":      {"ROMM_DB_DSN": "mysql://romm:CANARY@db"},
		"ROMM_DB_DSN: it is no number of a port": {"ROMM_DB_DSN": "mysql://romm:CANARY@db:0/romm"},
		"DB_PASSWD_FILE: the file":               {"DB_USER": "CANARY", "DB_PASSWD_FILE": "/CANARY"},
	} {
		c, err := Load(source(env, nil))
		told := fmt.Sprintf("%v %+v %s %s", err, c, model.HintOf(err), c.Warnings)
		if model.CodeOf(err) != model.CodeInvalid || !strings.Contains(told, said) || strings.Contains(strings.ReplaceAll(told, "User:CANARY", ""), "CANARY") {
			t.Errorf("%q: %s", said, told)
		}
	}
	for said, env := range map[string]map[string]string{
		"DB_PASSWD_FILE":        {"DB_USER": "romm"},
		"DB_USER":               {"DB_PASSWD": "CANARY"},
		"not used":              {"DB_USER": "romm", "DB_PASSWD": "CANARY", "DB_QUERY_JSON": `{"connect_timeout": "CANARY"}`},
		"ROMM_DB_DSN: not used": {"ROMM_DB_DSN": "mysql://romm:CANARY@db/romm?password=CANARY"},
	} {
		c, err := Load(source(env, nil))
		told := strings.Join(c.Warnings, "\n")
		if err != nil || !strings.Contains(told, said) || strings.Contains(told, "CANARY") {
			t.Errorf("%q: %s, %v", said, told, err)
		}
	}
}
