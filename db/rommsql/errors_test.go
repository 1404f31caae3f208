package rommsql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/romm-admin/romm-admin/model"
)

// TestProblems: what the servers can say that is not provoked in TestServers
// has words too. Proves S32: were a driver to repeat the password, it would not
// be told.
func TestProblems(t *testing.T) {
	t.Parallel()
	const canary = "Canary-0d1f"
	for _, c := range []struct {
		driver string
		err    error
		code   model.Code
		says   string
	}{
		{"mariadb", &mysql.MySQLError{Number: errLockWait, Message: canary}, model.CodeUnavailable, "changing the same account"},
		{"mysql", &mysql.MySQLError{Number: errServerReadOnly}, model.CodeForbidden, "takes no changes"},
		{"mysql", &mysql.MySQLError{Number: errTooMany}, model.CodeUnavailable, "no connection to spare"},
		{"mysql", &mysql.MySQLError{Number: errHostRight}, model.CodeUnauthorized, "from this machine"},
		{"mysql", &mysql.MySQLError{Number: errNoDatabase}, model.CodeNotFound, "no database of that name"},
		{"mysql", &mysql.MySQLError{Number: 4711, Message: canary}, model.CodeInternal, "4711"},
		{"postgresql", &pgconn.PgError{Code: "55P03", Message: canary}, model.CodeUnavailable, "changing the same account"},
		{"postgresql", &pgconn.PgError{Code: "25006"}, model.CodeForbidden, "takes no changes"},
		{"postgresql", fmt.Errorf("%w: %s", &pgconn.PgError{Code: "57P03"}, canary), model.CodeUnavailable, "starting or stopping"},
		{"postgresql", &pgconn.PgError{Code: "XX000", Detail: canary}, model.CodeInternal, "XX000"},
		{"postgresql", errors.New("cannot parse postgres://romm:" + canary + "@db"), model.CodeUnavailable, "was lost"},
		{"postgresql", &model.Error{Code: model.CodeInvalid, Op: "x", Msg: "ours"}, model.CodeInvalid, "try: ours"},
	} {
		d, err := New(Config{Driver: c.driver, Host: "db", Port: 1, Name: "romm", User: "romm", Password: canary})
		if err != nil {
			t.Fatal(err)
		}
		got := d.problem(context.Background(), "try", c.err)
		if told := fmt.Sprintf("%v %#v %s", got, got, model.HintOf(got)); got.Code != c.code || !strings.Contains(told, c.says) || strings.Contains(told, canary) {
			t.Errorf("%v: %s", c.err, told)
		}
		_ = d.Close()
	}
}

// TestNewRefuses what cannot be connected to, without the password.
func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]Config{
		"no database is called oracle":  {Driver: "oracle"},
		"ssl_ca in DB_QUERY_JSON":       {Driver: "mariadb", Query: map[string]string{"ssl_ca": "/nowhere"}},
		"ssl_cert in DB_QUERY_JSON":     {Driver: "mysql", Query: map[string]string{"ssl_cert": "/nowhere"}},
		"connection cannot be used":     {Driver: "postgresql", Query: map[string]string{"sslmode": "Canary"}},
		"connection cannot be used: ca": {Driver: "postgresql", Query: map[string]string{"sslmode": "verify-full", "sslrootcert": "/nowhere"}},
	} {
		want, _, _ = strings.Cut(want, ": ca")
		cfg.Host, cfg.Port, cfg.User, cfg.Password = "db", 1, "romm", "Canary-0d1f"
		_, err := New(cfg)
		if model.CodeOf(err) != model.CodeInvalid || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "0d1f") || model.HintOf(err) == "" {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestEncryptionIsAsked: RomM's parameters turn encryption on, and a
// certificate is always checked then (S25).
func TestEncryptionIsAsked(t *testing.T) {
	t.Parallel()
	for want, queries := range map[bool][]map[string]string{
		false: {nil, {"ssl": "false"}, {"ssl": "true", "ssl_disabled": "True"}},
		true:  {{"ssl": "true"}, {"ssl": "1"}, {"ssl_verify_cert": "True"}, {"ssl_verify_identity": "true"}},
	} {
		for _, q := range queries {
			got, err := mariaTLS(Config{Host: "db", Query: q})
			if err != nil || (got != nil) != want || got != nil && (got.InsecureSkipVerify || got.ServerName != "db") {
				t.Errorf("%v: %+v, %v", q, got, err)
			}
		}
	}
}
