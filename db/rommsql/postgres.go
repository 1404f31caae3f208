package rommsql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/romm-admin/romm-admin/model"
)

type postgresDialect struct{}

// passed are RomM's own parameters of a connection that pgx knows as well.
var passed = []string{"host", "sslmode", "sslrootcert", "sslcert", "sslkey", "options", "channel_binding", "target_session_attrs"}

func (postgresDialect) connector(cfg Config) (driver.Connector, error) {
	host := cfg.Host
	if socket := cfg.socket(); socket != "" {
		host = socket
	}
	text := fmt.Sprintf("host=%s port=%d connect_timeout=%d", quoteDSN(host), cfg.Port, int(callTime.Seconds()))
	for _, name := range passed {
		if v, ok := cfg.Query[name]; ok && name != "host" {
			text += " " + name + "=" + quoteDSN(v)
		}
	}
	c, err := pgx.ParseConfig(text)
	if err != nil {
		return nil, &model.Error{
			Code: model.CodeInvalid, Msg: "the parameters of the connection cannot be used",
			Hint: "check DB_QUERY_JSON", Err: err,
		}
	}
	// The password is in no text that an error could repeat.
	c.User, c.Password, c.Database = cfg.User, cfg.Password.Reveal(), cfg.Name
	c.RuntimeParams["application_name"] = "romm-admin"
	return stdlib.GetConnector(*c), nil
}

// quoteDSN quotes a value of a connection string.
func quoteDSN(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "'", `\'`) + "'"
}

// look asks the catalog, which everybody may read and which hides nothing.
func (d postgresDialect) look(ctx context.Context, q querier) (schema, error) {
	s := schema{columns: map[string]column{}}
	s.info.Kind, s.info.Product = model.DatabasePostgreSQL, "PostgreSQL"
	var oid sql.NullInt64
	var table, collation sql.NullString
	err := q.QueryRowContext(ctx, `SELECT current_setting('server_version'), current_user, quote_ident(current_user),
		to_regclass('users')::oid::bigint, to_regclass('users')::text,
		(SELECT coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', d.datctype) FROM pg_database d WHERE datname = current_database())`,
	).Scan(&s.info.Version, &s.account, &s.grantee, &oid, &table, &collation)
	if err != nil {
		return s, err
	}
	s.info.Version, _, _ = strings.Cut(s.info.Version, " ")
	s.table = table.String
	if !oid.Valid {
		if oid.Int64, err = d.hidden(ctx, q, &s); err != nil || oid.Int64 == 0 {
			return s, err
		}
	}
	if err := d.read(ctx, q, &s, oid.Int64, collation.String); err != nil {
		return s, err
	}
	s.info.Email, s.info.Username = s.columns["email"].collation, s.columns["username"].collation
	return s, nil
}

// hidden finds a table of users in a schema that this account may not use: the
// server looks past such schemas.
func (postgresDialect) hidden(ctx context.Context, q querier, s *schema) (int64, error) {
	var oid int64
	var name string
	err := q.QueryRowContext(ctx, `SELECT c.oid::bigint, quote_ident(n.nspname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relname = 'users' AND c.relkind IN ('r', 'p') AND NOT has_schema_privilege(n.oid, 'USAGE')
		ORDER BY n.nspname <> 'public', c.oid LIMIT 1`).Scan(&oid, &name)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	s.table, s.usage = name+".users", fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO %s;", name, s.grantee)
	return oid, err
}

func (postgresDialect) read(ctx context.Context, q querier, s *schema, oid int64, standard string) (err error) {
	rows, err := q.QueryContext(ctx, `SELECT a.attname, coalesce(c.collname, ''), coalesce(c.collisdeterministic, true),
			has_column_privilege(a.attrelid, a.attnum, 'SELECT'), has_column_privilege(a.attrelid, a.attnum, 'UPDATE')
		FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation
		WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped`, oid)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		var c column
		var exact bool
		if err := rows.Scan(&name, &c.collation, &exact, &c.read, &c.write); err != nil {
			return err
		}
		if !exact {
			c.unfit = "its collation " + c.collation + " is not deterministic"
		}
		if c.collation == "default" {
			c.collation = standard
		} else {
			c.named = true
		}
		s.columns[name] = c
	}
	return rows.Err()
}

func (postgresDialect) encrypted(ctx context.Context, q querier) (bool, error) {
	var yes bool
	err := q.QueryRowContext(ctx, "SELECT coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)").Scan(&yes)
	return yes, err
}

func (postgresDialect) patience(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, fmt.Sprintf("SET LOCAL lock_timeout = '%ds'", int(lockTime.Seconds())))
	return err
}

func (postgresDialect) update() string {
	return "UPDATE users SET oidc_issuer = $1, oidc_sub = $2 WHERE id = $3 AND oidc_issuer IS NOT DISTINCT FROM $4 AND oidc_sub IS NOT DISTINCT FROM $5"
}

func (postgresDialect) param(n int) string { return fmt.Sprintf("$%d", n) }

// storable is false for NUL (docs/romm.md 2 Uniqueness).
func (postgresDialect) storable(text string) bool { return !strings.ContainsRune(text, 0) }

// fold asks for lower() under the column's collation; equal is what has the same
// bytes then.
func (postgresDialect) fold(ctx context.Context, q querier, c column, texts []string) (out []model.Folded, err error) {
	collate := ""
	if c.named {
		collate = " COLLATE " + pgx.Identifier{c.collation}.Sanitize()
	}
	rows, err := q.QueryContext(ctx, "SELECT lower(t"+collate+") FROM unnest($1::text[]) WITH ORDINALITY AS x (t, i) ORDER BY i", texts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var lower string
		if err := rows.Scan(&lower); err != nil {
			return nil, err
		}
		out = append(out, model.Folded{Exact: texts[len(out)], Lower: lower})
	}
	return out, rows.Err()
}

func (postgresDialect) grants(s schema) []string {
	grant := fmt.Sprintf("GRANT %s ON %s TO %s;", s.grantColumns(), s.table, s.grantee)
	if s.usage != "" {
		return []string{s.usage, grant}
	}
	return []string{grant}
}
