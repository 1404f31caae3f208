package rommsql

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
)

// mariaDialect is MariaDB and MySQL.
type mariaDialect struct{}

func (mariaDialect) connector(cfg Config) (driver.Connector, error) {
	c := mysql.NewConfig()
	c.Net, c.Addr = "tcp", net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port))
	if socket := cfg.socket(); socket != "" {
		c.Net, c.Addr = "unix", socket
	}
	c.User, c.Passwd, c.DBName = cfg.User, cfg.Password.Reveal(), cfg.Name
	c.Logger = &mysql.NopLogger{} // it would write over the screen
	c.ClientFoundRows = true      // a row that is as it should be counts
	c.Timeout, c.ReadTimeout, c.WriteTimeout = callTime, callTime, callTime
	var err error
	if c.TLS, err = mariaTLS(cfg); err != nil {
		return nil, err
	}
	return mysql.NewConnector(c)
}

// mariaTLS is nil unless RomM's own parameters ask for it. A certificate is
// always checked (S25), against ssl_ca where that is named.
func mariaTLS(cfg Config) (*tls.Config, error) {
	q := cfg.Query
	yes := func(name string) bool {
		return strings.EqualFold(q[name], "true") || q[name] == "1"
	}
	if yes("ssl_disabled") || !yes("ssl") && !yes("ssl_verify_cert") && !yes("ssl_verify_identity") && q["ssl_ca"] == "" && q["ssl_cert"] == "" {
		return nil, nil
	}
	out := &tls.Config{ServerName: cfg.Host, MinVersion: tls.VersionTLS12}
	if path := q["ssl_ca"]; path != "" {
		pem, err := db.ReadRegular(path, maxPEM)
		if err != nil {
			return nil, badTLS("ssl_ca", err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return nil, badTLS("ssl_ca", errors.New("no certificate is in it"))
		}
	}
	if q["ssl_cert"] != "" {
		cert, err := db.ReadRegular(q["ssl_cert"], maxPEM)
		if err != nil {
			return nil, badTLS("ssl_cert", err)
		}
		key, err := db.ReadRegular(q["ssl_key"], maxPEM)
		if err != nil {
			return nil, badTLS("ssl_key", err)
		}
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			return nil, badTLS("ssl_cert", err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}

// maxPEM bounds a file of certificates: all public authorities are a quarter of
// a MiB.
const maxPEM = 4 << 20

func badTLS(name string, err error) error {
	return &model.Error{
		Code: model.CodeInvalid, Op: opOpen, Msg: "the file that " + name + " in DB_QUERY_JSON names cannot be used",
		Hint: "name a PEM file, as RomM has it; the path is one of this machine", Err: err,
	}
}

// look asks which columns there are and what may be done with them. MariaDB
// hides columns without rights, so each one that is not seen is tried.
func (d mariaDialect) look(ctx context.Context, q querier) (schema, error) {
	s := schema{columns: map[string]column{}}
	var database string
	err := q.QueryRowContext(ctx, "SELECT VERSION(), DATABASE(), CURRENT_USER()").Scan(&s.info.Version, &database, &s.account)
	if err != nil {
		return s, err
	}
	s.info.Kind, s.info.Product = model.DatabaseMariaDB, "MySQL"
	if strings.Contains(s.info.Version, "MariaDB") {
		s.info.Product = "MariaDB"
	}
	s.info.Version, _, _ = strings.Cut(s.info.Version, "-")
	user, host := s.account, ""
	if at := strings.LastIndexByte(s.account, '@'); at >= 0 {
		user, host = s.account[:at], s.account[at+1:]
	}
	s.grantee = quoteMaria(user) + "@" + quoteMaria(host)
	s.table = "`" + strings.ReplaceAll(database, "`", "``") + "`.users"
	if err := d.seen(ctx, q, &s); err != nil {
		return s, err
	}
	for _, name := range slices.Concat(accountColumns, linkColumns) {
		if s.columns[name].read {
			continue
		}
		there, err := d.try(ctx, q, "SELECT "+name+" FROM users LIMIT 0")
		// To an account with rights to single columns it says the same of a
		// column that is hidden and of one that does not exist. An index it
		// does not hide.
		if there && err == nil && slices.Contains(linkColumns, name) {
			there, err = d.try(ctx, q, "SELECT 1 FROM users FORCE INDEX (ix_users_oidc_identity) LIMIT 0")
		}
		if err != nil {
			return s, err
		}
		if c := s.columns[name]; there {
			s.columns[name] = column{write: c.write}
		} else {
			delete(s.columns, name)
		}
	}
	s.info.Email, s.info.Username = s.columns["email"].collation, s.columns["username"].collation
	return s, nil
}

// seen reads the columns on which this account has any right.
func (mariaDialect) seen(ctx context.Context, q querier, s *schema) (err error) {
	rows, err := q.QueryContext(ctx, `SELECT column_name, COALESCE(character_set_name, ''), COALESCE(collation_name, ''), privileges
		FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'users'`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name, charset, privileges string
		var c column
		if err := rows.Scan(&name, &charset, &c.collation, &privileges); err != nil {
			return err
		}
		rights := "," + strings.ToLower(privileges) + ","
		c.read, c.write = strings.Contains(rights, ",select,"), strings.Contains(rights, ",update,")
		if charset != "utf8mb4" || !plainName.MatchString(c.collation) {
			c.unfit = "its character set is " + charset
		}
		s.columns[strings.ToLower(name)] = c
	}
	return rows.Err()
}

// plainName is what collations are called.
var plainName = regexp.MustCompile(`^[a-z0-9_]+$`)

// try reports whether what a statement names exists, be it that it may not be
// read.
func (mariaDialect) try(ctx context.Context, q querier, statement string) (there bool, err error) {
	err = drained(q.QueryContext(ctx, statement))
	var said *mysql.MySQLError
	switch {
	case err == nil:
		return true, nil
	case !errors.As(err, &said):
		return false, err
	case said.Number == errNoColumn, said.Number == errNoTable, said.Number == errNoIndex:
		return false, nil
	case said.Number == errNoTableRight, said.Number == errNoColumnRight:
		return true, nil
	}
	return false, err
}

// drained closes rows of which nothing is wanted.
func drained(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	return rows.Err()
}

func (mariaDialect) encrypted(ctx context.Context, q querier) (bool, error) {
	var name, cipher string
	err := q.QueryRowContext(ctx, "SHOW SESSION STATUS LIKE 'Ssl_cipher'").Scan(&name, &cipher)
	return cipher != "", err
}

func (mariaDialect) patience(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, fmt.Sprintf("SET SESSION innodb_lock_wait_timeout = %d", int(lockTime.Seconds())))
	return err
}

func (mariaDialect) update() string {
	return "UPDATE users SET oidc_issuer = ?, oidc_sub = ? WHERE id = ? AND oidc_issuer <=> ? AND oidc_sub <=> ?"
}

func (mariaDialect) param(int) string { return "?" }

func (mariaDialect) storable(string) bool { return true }

// fold asks for the weights of the column's collation. They say everything but
// for trailing blanks, which most collations do not count: the blanks' weights
// are cut off there.
func (mariaDialect) fold(ctx context.Context, q querier, c column, texts []string) ([]model.Folded, error) {
	var pads, adds bool
	var blank []byte
	as := func(x string) string { return fmt.Sprintf("CONVERT(%s USING utf8mb4) COLLATE %s", x, c.collation) }
	err := q.QueryRowContext(ctx, fmt.Sprintf("SELECT %[1]s = %[2]s, WEIGHT_STRING(%[2]s) = CONCAT(WEIGHT_STRING(%[1]s), WEIGHT_STRING(%[3]s)), WEIGHT_STRING(%[3]s)",
		as("'a'"), as("'a '"), as("' '"))).Scan(&pads, &adds, &blank)
	if err != nil {
		return nil, err
	}
	if pads && (!adds || len(blank) == 0) {
		return nil, &model.Error{
			Code: model.CodeInvalid, Msg: fmt.Sprintf("how trailing blanks compare in the collation %s is not known", c.collation),
			Hint: "the verdicts assume what RomM's default collations do",
		}
	}
	selects, args := make([]string, len(texts)), make([]any, 0, 2*len(texts))
	for i, t := range texts {
		selects[i] = fmt.Sprintf("SELECT %d, WEIGHT_STRING(%s), WEIGHT_STRING(LOWER(%[2]s))", i, as("?"))
		args = append(args, t, t)
	}
	return mariaKeys(ctx, q, strings.Join(selects, " UNION ALL "), args, func(w []byte) string {
		for pads && bytes.HasSuffix(w, blank) {
			w = w[:len(w)-len(blank)]
		}
		return hex.EncodeToString(w)
	})
}

func mariaKeys(ctx context.Context, q querier, query string, args []any, key func([]byte) string) (out []model.Folded, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = make([]model.Folded, len(args)/2)
	for rows.Next() {
		var i int
		var exact, lower []byte
		if err := rows.Scan(&i, &exact, &lower); err != nil {
			return nil, err
		}
		out[i] = model.Folded{Exact: key(exact), Lower: key(lower)}
	}
	return out, rows.Err()
}

func (mariaDialect) grants(s schema) []string {
	return []string{fmt.Sprintf("GRANT %s ON %s TO %s;", s.grantColumns(), s.table, s.grantee)}
}

func quoteMaria(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "'", "''") + "'"
}
