package rommsql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// Config says where the database is. It has the fields of what
// cmd/internal/config reads.
type Config struct {
	Driver   string // mariadb, mysql or postgresql, as ROMM_DB_DRIVER
	Host     string
	Port     int
	Name     string
	User     string
	Password model.Secret
	// Query are the parameters of DB_QUERY_JSON that are known, see Parameters.
	Query map[string]string
	// Write allows changes of links.
	Write bool
}

// DB is RomM's database. It connects when it is first asked something.
type DB struct {
	cfg Config
	d   dialect
	sql *sql.DB
}

// querier is a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// dialect is what differs between the kinds of database.
type dialect interface {
	connector(cfg Config) (driver.Connector, error)
	// look finds the table of users, its columns, and what may be done with them.
	look(ctx context.Context, q querier) (schema, error)
	// encrypted reports whether others can read along.
	encrypted(ctx context.Context, q querier) (bool, error)
	// patience bounds waiting for somebody else's lock in a transaction.
	patience(ctx context.Context, tx *sql.Tx) error
	// update is the compare-and-set of a link: issuer and subject after, the id,
	// issuer and subject before.
	update() string
	param(n int) string
	// storable reports whether the database can hold a text of valid UTF-8.
	storable(text string) bool
	fold(ctx context.Context, q querier, c column, texts []string) ([]model.Folded, error)
	grants(s schema) []string
	// explain puts an error of the server into words; nil for any other error.
	explain(err error) *model.Error
}

const (
	// callTime bounds one job, from connecting to the last row (R9).
	callTime = 15 * time.Second
	// lockTime is how long a lock of RomM's is waited for.
	lockTime = 5 * time.Second
	// resolveTime bounds finding out what became of a commit whose answer got lost.
	resolveTime = 10 * time.Second
)

// New checks the configuration; nothing is sent yet.
func New(cfg Config) (*DB, error) {
	d := &DB{cfg: cfg}
	switch strings.ToLower(cfg.Driver) {
	case "mariadb", "mysql":
		d.d = mariaDialect{}
	case "postgresql":
		d.d = postgresDialect{}
	default:
		return nil, &model.Error{
			Code: model.CodeInvalid, Op: opOpen, Msg: fmt.Sprintf("no database is called %s", model.Clean(cfg.Driver)),
			Hint: "ROMM_DB_DRIVER is mariadb, mysql or postgresql, as RomM itself has it",
		}
	}
	c, err := d.d.connector(cfg)
	if err != nil {
		return nil, d.problem(context.Background(), opOpen, err)
	}
	d.sql = sql.OpenDB(c)
	d.sql.SetMaxOpenConns(2)
	d.sql.SetConnMaxIdleTime(time.Minute)
	return d, nil
}

// Close ends the connections.
func (d *DB) Close() error { return d.sql.Close() }

const opOpen = "open RomM's database"

// server is where the database is, for messages.
func (d *DB) server() string {
	if socket := d.cfg.socket(); socket != "" {
		return socket
	}
	return net.JoinHostPort(d.cfg.Host, strconv.Itoa(d.cfg.Port))
}

// socket is the path of a local socket; "" for TCP.
func (c Config) socket() string {
	for _, s := range []string{c.Query["unix_socket"], c.Query["host"], c.Host} {
		if strings.HasPrefix(s, "/") {
			return s
		}
	}
	return ""
}

// local reports whether the connection stays on this machine.
func (c Config) local() bool {
	ip := net.ParseIP(c.Host)
	return c.socket() != "" || c.Host == "localhost" || ip != nil && ip.IsLoopback()
}

// reading runs fn in a transaction that cannot write and sees one state.
func (d *DB) reading(ctx context.Context, op string, fn func(context.Context, *sql.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	tx, err := d.sql.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return d.problem(ctx, op, err)
	}
	err = fn(ctx, tx)
	_ = tx.Rollback() // it changed nothing
	if err != nil {
		return d.problem(ctx, op, err)
	}
	return nil
}
