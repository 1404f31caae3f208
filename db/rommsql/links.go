package rommsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/romm-admin/romm-admin/model"
)

const (
	opRead = "read RomM's database"
	opSet  = "change a link in RomM's database"
)

// maxLink is what the columns hold, in characters (docs/romm.md 7 Links).
const maxLink = 255

// ReadLinks reads all accounts with their links.
func (d *DB) ReadLinks(ctx context.Context) (model.LinksReading, error) {
	var r model.LinksReading
	err := d.reading(ctx, opRead, func(ctx context.Context, tx *sql.Tx) error {
		s, err := d.d.look(ctx, tx)
		if err == nil {
			err = s.check(d)
		}
		if err != nil {
			return err
		}
		r.DatabaseInfo, r.Linking = s.info, s.linking()
		r.Accounts, err = d.accounts(ctx, tx, s.linking(), "ORDER BY id")
		return err
	})
	if err != nil {
		return model.LinksReading{}, err
	}
	return r, nil
}

// accounts reads the accounts that the rest of the statement leaves.
func (d *DB) accounts(ctx context.Context, q querier, linking bool, rest string, args ...any) (out []model.LocalUser, err error) {
	columns := "id, username, email, role, enabled"
	if linking {
		columns += ", oidc_issuer, oidc_sub"
	}
	rows, err := q.QueryContext(ctx, "SELECT "+columns+" FROM users "+rest, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var (
			u                      model.LocalUser
			username, role         string
			email, issuer, subject sql.NullString
		)
		into := []any{&u.ID, &username, &email, &role, &u.Enabled, &issuer, &subject}
		if !linking {
			into = into[:len(accountColumns)]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		u.Username, u.Email, u.EmptyEmail = model.Untrusted(username), model.Untrusted(email.String), email.Valid && email.String == ""
		u.Role, _ = model.ParseRole(role) // one that is not known is none
		u.Link = model.OIDCLink{Known: linking, Issuer: nullText(issuer), Subject: nullText(subject)}
		out = append(out, u)
	}
	return out, rows.Err()
}

func nullText(s sql.NullString) model.NullText {
	return model.NullText{Text: model.Untrusted(s.String), Valid: s.Valid}
}

func nullString(t model.NullText) sql.NullString {
	return sql.NullString{String: string(t.Text), Valid: t.Valid}
}

// SetLink replaces the link of an account and returns the account as it is
// after. It refuses with CodeConflict unless the link is still exactly before,
// in the same statement that writes it, so that a login in between is never
// overwritten (S35). The zero link unlinks.
func (d *DB) SetLink(ctx context.Context, id int64, before, after model.OIDCLink) (model.LocalUser, error) {
	if err := d.mayWrite(id, after); err != nil {
		return model.LocalUser{}, err
	}
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	tx, err := d.sql.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return model.LocalUser{}, d.problem(ctx, opSet, err)
	}
	now, err := d.write(ctx, tx, id, before, after)
	if err != nil {
		_ = tx.Rollback()
		return model.LocalUser{}, d.notWritten(ctx, id, after, err)
	}
	if err := tx.Commit(); err != nil {
		return d.resolve(outer, id, before, after, d.problem(ctx, opSet, err))
	}
	return now, nil
}

// mayWrite refuses what is not allowed here, and links that RomM cannot have
// made.
func (d *DB) mayWrite(id int64, after model.OIDCLink) error {
	bad := func(msg string) error {
		return &model.Error{Code: model.CodeInvalid, Op: opSet, Msg: msg, Hint: "reload and look again"}
	}
	if !d.cfg.Write {
		return &model.Error{
			Code: model.CodeRefused, Op: opSet, Msg: "RomM's database is only read",
			Hint: "set ROMM_DB_WRITE=true (romm.db_write in the file), or run the statement yourself",
		}
	}
	if id < 1 {
		return bad(fmt.Sprintf("%d is no user id", id))
	}
	if after == model.Unlinked() {
		return nil
	}
	for _, t := range []model.NullText{after.Issuer, after.Subject} {
		s := string(t.Text)
		if s == "" || !utf8.ValidString(s) || strings.ContainsRune(s, 0) || utf8.RuneCountInString(s) > maxLink {
			return bad("that is no issuer and subject that RomM could store")
		}
	}
	return nil
}

// write changes the link in a transaction that is not committed yet, and reads
// it back.
func (d *DB) write(ctx context.Context, tx *sql.Tx, id int64, before, after model.OIDCLink) (model.LocalUser, error) {
	var none model.LocalUser
	if err := d.d.patience(ctx, tx); err != nil {
		return none, err
	}
	res, err := tx.ExecContext(ctx, d.d.update(), nullString(after.Issuer), nullString(after.Subject), id,
		nullString(before.Issuer), nullString(before.Subject))
	if err != nil {
		return none, err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return none, err
	}
	all, err := d.accounts(ctx, tx, true, "WHERE id = "+d.d.param(1), id)
	switch {
	case err != nil:
		return none, err
	case len(all) == 0:
		return none, &model.Error{
			Code: model.CodeNotFound, Msg: fmt.Sprintf("RomM has no account with the id %d", id),
			Hint: "reload: the account may have been deleted",
		}
	case n == 0:
		return none, moved(all[0], before)
	case n != 1 || len(all) != 1 || all[0].Link != after:
		return none, &model.Error{
			Code: model.CodeInternal, Msg: fmt.Sprintf("%d rows were changed, and the account is linked to %s; all of it was undone", n, all[0].Link),
			Hint: "look at the database: a trigger, or a table of another make",
		}
	}
	return all[0], nil
}

func moved(now model.LocalUser, before model.OIDCLink) *model.Error {
	return &model.Error{
		Code: model.CodeConflict, Msg: fmt.Sprintf("%q is now linked to %s, no longer to %s", now.Username, now.Link, before),
		Hint: "somebody signed in or changed it in between: reload and look again",
	}
}

// notWritten puts into words why nothing was changed. It asks the database for
// what the error alone does not tell: who holds the link, which right is missing.
func (d *DB) notWritten(ctx context.Context, id int64, after model.OIDCLink, err error) error {
	e := d.problem(ctx, opSet, err)
	kind := d.d.explain(err)
	if kind == nil {
		return e
	}
	switch kind.Code {
	case model.CodeForbidden, model.CodeInvalid:
		_ = d.reading(ctx, opSet, func(ctx context.Context, tx *sql.Tx) error {
			s, err := d.d.look(ctx, tx)
			if err != nil {
				return err
			}
			read, write := s.missing()
			switch lacks := append(read, write...); {
			case s.foreign() != "":
				e = d.wrongSchema(s.foreign())
			case !s.linking():
				e = &model.Error{Code: model.CodeInvalid, Msg: "this RomM has no links yet: they came with 5.4", Hint: "upgrade RomM"}
			case len(lacks) > 0:
				e = d.tooFew(s, lacks)
			}
			e.Op = opSet
			return nil
		})
	case model.CodeConflict:
		_ = d.reading(ctx, opSet, func(ctx context.Context, tx *sql.Tx) error {
			held, err := d.accounts(ctx, tx, true, fmt.Sprintf("WHERE oidc_issuer = %s AND oidc_sub = %s AND id <> %s", d.d.param(1), d.d.param(2), d.d.param(3)),
				nullString(after.Issuer), nullString(after.Subject), id)
			if len(held) > 0 {
				e.Msg = fmt.Sprintf("%q has that link already, and a link is for one account", held[0].Username)
				e.Hint = "unlink that account first"
			}
			return err
		})
	default: // says all
	}
	return e
}

// resolve finds out what became of a commit whose answer got lost. It asks for
// the row's lock, which waits until the server is done with that transaction,
// so that a link that is still before will stay so.
func (d *DB) resolve(ctx context.Context, id int64, before, after model.OIDCLink, cause error) (model.LocalUser, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), resolveTime)
	defer cancel()
	var e *model.Error
	if errors.As(cause, &e) {
		short := *e
		short.Op = "" // the same as ours
		cause = &short
	}
	fail := func(code model.Code, msg, hint string) (model.LocalUser, error) {
		return model.LocalUser{}, &model.Error{Code: code, Op: opSet, Msg: msg, Hint: hint, Err: cause}
	}
	all, err := d.locked(ctx, id)
	switch {
	case err != nil:
		return fail(model.CodeUnknown, "it is not known whether the link was changed",
			"look in a minute: romm-admin history interrupted says whether it was made, and undoes it")
	case len(all) == 1 && all[0].Link == after:
		return all[0], nil
	case len(all) == 1 && all[0].Link == before:
		return fail(model.CodeUnavailable, "not changed", "try again")
	}
	return fail(model.CodeConflict, "the answer was lost, and the account is neither as it was nor as it should be", "reload and look again")
}

// locked reads an account once nobody else is changing it.
func (d *DB) locked(ctx context.Context, id int64) ([]model.LocalUser, error) {
	tx, err := d.sql.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	if err := d.d.patience(ctx, tx); err != nil {
		return nil, err
	}
	return d.accounts(ctx, tx, true, "WHERE id = "+d.d.param(1)+" FOR UPDATE", id)
}
