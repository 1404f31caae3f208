package rommsql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/romm-admin/romm-admin/model"
)

// Numbers of MariaDB's errors.
const (
	errTooMany         = 1040
	errDatabaseRight   = 1044
	errCredentials     = 1045
	errNoDatabase      = 1049
	errNoColumn        = 1054
	errDuplicate       = 1062
	errHostBlocked     = 1129
	errHostRight       = 1130
	errNoTableRight    = 1142
	errNoColumnRight   = 1143
	errNoTable         = 1146
	errNoIndex         = 1176
	errLockWait        = 1205
	errDeadlock        = 1213
	errServerReadOnly  = 1290
	errReadOnlyMode    = 1836
	errReadTransaction = 1792
)

const (
	hintServer = "check DB_HOST and DB_PORT, and that the database is running and can be reached from here"
	hintRights = "see docs/permissions.md for the statements that give the least rights"
)

// explain puts MariaDB's and MySQL's own errors into words.
func (mariaDialect) explain(err error) *model.Error {
	var said *mysql.MySQLError
	if !errors.As(err, &said) {
		return nil
	}
	return worded(map[uint16]model.Error{
		errCredentials:     wrongPassword,
		errHostBlocked:     {Code: model.CodeUnauthorized, Msg: "the database does not talk to this machine", Hint: "let its administrator run FLUSH HOSTS"},
		errHostRight:       {Code: model.CodeUnauthorized, Msg: "the database lets nobody in from this machine", Hint: "make the account for this host, such as 'romm'@'%'"},
		errDatabaseRight:   {Code: model.CodeForbidden, Msg: "the account has no right in that database", Hint: hintRights},
		errNoTableRight:    {Code: model.CodeForbidden, Msg: "the account has too few rights", Hint: hintRights},
		errNoColumnRight:   {Code: model.CodeForbidden, Msg: "the account has too few rights", Hint: hintRights},
		errNoDatabase:      noDatabase,
		errNoTable:         notRomM,
		errNoColumn:        notRomM,
		errDuplicate:       taken,
		errLockWait:        locked,
		errDeadlock:        locked,
		errServerReadOnly:  takesNoWrites,
		errReadOnlyMode:    takesNoWrites,
		errReadTransaction: takesNoWrites,
		errTooMany:         busy,
	}, said.Number)
}

// explain puts PostgreSQL's own errors into words.
func (postgresDialect) explain(err error) *model.Error {
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		return nil
	}
	return worded(map[string]model.Error{
		"28P01": wrongPassword,
		"28000": wrongPassword,
		"42501": {Code: model.CodeForbidden, Msg: "the account has too few rights", Hint: hintRights},
		"3D000": noDatabase,
		"42P01": notRomM,
		"42703": notRomM,
		"23505": taken,
		"55P03": locked,
		"40P01": locked,
		"40001": locked,
		"25006": takesNoWrites,
		"53300": busy,
		"57P01": stopping,
		"57P02": stopping,
		"57P03": stopping,
	}, said.Code)
}

// The words that both kinds share.
var (
	wrongPassword = model.Error{Code: model.CodeUnauthorized, Msg: "the database does not accept the user name and password", Hint: "check DB_USER and DB_PASSWD, and from which hosts the account may sign in"}
	noDatabase    = model.Error{Code: model.CodeNotFound, Msg: "the server has no database of that name", Hint: "check DB_NAME"}
	notRomM       = model.Error{Code: model.CodeInvalid, Msg: "the database is not RomM's, or of a release that is not known", Hint: "set DB_NAME and the other DB_ variables as RomM itself has them"}
	taken         = model.Error{Code: model.CodeConflict, Msg: "another account has that link already", Hint: "reload and look again"}
	locked        = model.Error{Code: model.CodeUnavailable, Msg: "RomM is changing the same account; nothing was changed", Hint: "try again"}
	takesNoWrites = model.Error{Code: model.CodeForbidden, Msg: "the database server takes no changes: it is a copy, or set to read only", Hint: "name the server that RomM itself writes to in DB_HOST"}
	busy          = model.Error{Code: model.CodeUnavailable, Msg: "the database has no connection to spare", Hint: "try again later"}
	stopping      = model.Error{Code: model.CodeUnavailable, Msg: "the database is starting or stopping", Hint: "try again in a minute"}
)

// worded looks an error's number up. The server's own words stay, as the cause.
func worded[K comparable](words map[K]model.Error, number K) *model.Error {
	e, ok := words[number]
	if !ok {
		e = model.Error{Code: model.CodeInternal, Msg: fmt.Sprintf("the database refused (%v)", number), Hint: "look into the database's log"}
	}
	return &e
}

// problem puts an error into words, without any secret (S32).
func (d *DB) problem(ctx context.Context, op string, err error) *model.Error {
	var said *model.Error
	if errors.As(err, &said) {
		e := *said
		e.Op = op
		return &e
	}
	if e := d.d.explain(err); e != nil {
		e.Op, e.Err = op, errors.New(d.scrub(err.Error()))
		return e
	}
	e := &model.Error{Code: model.CodeUnavailable, Op: op, Hint: hintServer, Err: errors.New(d.scrub(err.Error()))}
	var (
		dns     *net.DNSError
		timeout net.Error
		cert    *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
	)
	server := model.Clean(d.server())
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		e.Msg, e.Hint, e.Err = "cancelled", "", context.Canceled
	case errors.As(err, &dns) && dns.IsNotFound:
		e.Msg = "no host is called " + model.Clean(d.cfg.Host)
	case errors.As(err, &cert), errors.As(err, &unknown):
		e.Msg, e.Hint = "the certificate of the database at "+server+" is not trusted", "name its authority as ssl_ca (MariaDB) or sslrootcert (PostgreSQL) in DB_QUERY_JSON"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		e.Msg = "no database listens at " + server
		if d.cfg.Port == 3306 && strings.EqualFold(d.cfg.Driver, "postgresql") {
			e.Hint = "RomM's own default of DB_PORT is 3306: set it to PostgreSQL's port, mostly 5432"
		}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Msg, e.Err = "the database at "+server+" did not answer in time", context.DeadlineExceeded
	default:
		e.Msg = "the connection to the database at " + server + " was lost, or something else answers there"
	}
	return e
}

// scrub takes the password out of a text, should a driver ever repeat it.
func (d *DB) scrub(text string) string {
	if p := d.cfg.Password.Reveal(); p != "" {
		text = strings.ReplaceAll(text, p, "***")
	}
	return text
}
