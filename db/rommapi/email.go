package rommapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// resolveTime bounds finding out what became of a write whose answer got lost.
// It runs on when the caller has given up: a journal must not guess.
const resolveTime = 5 * time.Second

const opEmail = "set the RomM e-mail"

// SetEmail replaces the address of an account; after == "" clears it. The new
// address is checked by RomM's rules, the account is read again and must still
// carry before (else CodeConflict), nobody else may carry after, and the
// result is compared and read back: RomM answers 200 to requests of which it
// ignores everything (reference/romm.md 2, PUT).
//
// A change of letter case alone is refused with CodeInvalid, and RomM before
// 4.0 with CodeRefused. CodePartial means that the change was made but could
// not be read back. If the answer to the write is lost, the account is read to
// find out; the write is never sent twice.
func (c *Client) SetEmail(ctx context.Context, id int64, before, after string) (model.LocalUser, error) {
	after, err := wish(id, before, after)
	if err != nil {
		return model.LocalUser{}, err
	}
	if err := c.mayWrite(ctx); err != nil {
		return model.LocalUser{}, err
	}
	if err := c.free(ctx, id, after); err != nil {
		return model.LocalUser{}, err
	}
	now, err := c.one(ctx, opEmail, id)
	if err != nil {
		return model.LocalUser{}, err
	}
	if now.Email.Raw() != before {
		return model.LocalUser{}, &model.Error{
			Code: model.CodeConflict, Op: opEmail,
			Msg:  fmt.Sprintf("the address of %q is now %s, no longer %s", now.Username, show(now.Email.Raw()), show(before)),
			Hint: "somebody changed it in between: reload and look again",
		}
	}
	return c.write(ctx, id, before, after)
}

// wish checks and normalises the request without asking RomM.
func wish(id int64, before, after string) (string, error) {
	bad := func(msg, hint string) (string, error) {
		return "", &model.Error{Code: model.CodeInvalid, Op: opEmail, Msg: msg, Hint: hint}
	}
	if id < 1 {
		return bad(fmt.Sprintf("%d is no user id", id), "reload the list")
	}
	if after == "" {
		if before == "" {
			return bad("there is no address to clear", "nothing to do; an empty address that RomM stores goes away by setting one and clearing it")
		}
		return "", nil
	}
	after, err := model.CheckAddress(after)
	if err != nil {
		return "", fmt.Errorf("%s: %w", opEmail, err)
	}
	if model.SameAddress(model.Untrusted(before), model.Untrusted(after)) {
		return bad("RomM ignores letter case; nothing to fix", "the address matches as it is")
	}
	return after, nil
}

// mayWrite refuses releases whose user endpoint takes no form.
func (c *Client) mayWrite(ctx context.Context) error {
	v := c.lastVersion()
	if !v.Known() {
		var r model.AccountsReading
		if err := c.heartbeat(ctx, &r); err != nil {
			return err
		}
		v = r.Version
	}
	if writable(v) {
		return nil
	}
	return &model.Error{
		Code: model.CodeRefused, Op: opEmail, Msg: fmt.Sprintf("RomM %s can only be read", v),
		Hint: "upgrade RomM to 4.0 or later",
	}
}

// free refuses an address that another account carries.
func (c *Client) free(ctx context.Context, id int64, address string) error {
	if address == "" {
		return nil
	}
	users, _, err := c.list(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.ID != id && model.SameAddress(u.Email, model.Untrusted(address)) {
			return &model.Error{
				Code: model.CodeConflict, Op: opEmail,
				Msg:  fmt.Sprintf("user %q (id %d) has the address %s already", u.Username, u.ID, show(address)),
				Hint: "give that account another address first, or clear it",
			}
		}
	}
	return nil
}

// write sends the change once and finds out what it did.
func (c *Client) write(ctx context.Context, id int64, before, after string) (model.LocalUser, error) {
	k := call{
		op: opEmail, method: http.MethodPut, path: userPath(id), scope: scopeWrite,
		form: url.Values{"email": {after}}, limit: maxBody, id: id,
	}
	rep, err := c.once(ctx, k)
	if err != nil {
		problem := c.lost(ctx, k, err)
		if unsent(err) {
			return model.LocalUser{}, problem
		}
		return c.resolve(ctx, id, before, after, problem)
	}
	if problem := c.refusal(k, rep); problem != nil {
		if problem.Code == model.CodeInvalid && strings.Contains(problem.Msg, "already exists") {
			problem.Code = model.CodeConflict
			problem.Hint = "RomM's database may count another spelling as the same address: clear the account that has it first, be it this one"
		}
		// A success that is no JSON, or a failure of RomM or of a proxy: the
		// change may have been made.
		if rep.status < 300 || rep.status >= 500 {
			return c.resolve(ctx, id, before, after, problem)
		}
		return model.LocalUser{}, problem
	}
	var u user
	if err = c.decode(k, rep, &u); err == nil {
		var echo model.LocalUser
		if echo, err = c.same(k, u); err == nil {
			return c.confirm(ctx, echo, before, after)
		}
	}
	return c.resolve(ctx, id, before, after, err)
}

// confirm compares RomM's echo with what was wanted and reads it back.
func (c *Client) confirm(ctx context.Context, echo model.LocalUser, before, after string) (model.LocalUser, error) {
	if got := echo.Email.Raw(); got != after {
		e := &model.Error{
			Code: model.CodeInternal, Op: opEmail,
			Msg:  fmt.Sprintf("RomM stored %s instead of %s", show(got), show(after)),
			Hint: "reload and look at the account; a proxy may alter requests to RomM",
		}
		if got == before {
			e.Msg = fmt.Sprintf("RomM reported success but changed nothing: the address is still %s", show(before))
			e.Hint = "a proxy may drop the body of requests to RomM; set ROMM_BASE_URL to RomM itself"
		}
		return model.LocalUser{}, e
	}
	now, err := c.one(ctx, opEmail, echo.ID)
	if err != nil {
		return model.LocalUser{}, &model.Error{
			Code: model.CodePartial, Op: opEmail, Msg: "RomM confirmed the change, but it could not be read back",
			Hint: "reload and look at the account", Err: err,
		}
	}
	if got := now.Email.Raw(); got != after {
		return model.LocalUser{}, &model.Error{
			Code: model.CodeConflict, Op: opEmail,
			Msg:  fmt.Sprintf("RomM confirmed %s, but a moment later the address was %s", show(after), show(got)),
			Hint: "somebody else is changing the same account: reload and look again",
		}
	}
	return now, nil
}

// resolve finds out what became of a write without an answer.
func (c *Client) resolve(ctx context.Context, id int64, before, after string, cause error) (model.LocalUser, error) {
	var e *model.Error
	if errors.As(cause, &e) {
		short := *e
		short.Op = "" // the same as ours
		cause = &short
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), resolveTime)
	defer cancel()
	now, err := c.one(ctx, opEmail, id)
	if err != nil {
		return model.LocalUser{}, &model.Error{
			Code: model.CodeUnavailable, Op: opEmail, Msg: "it is not known whether the address was changed",
			Hint: "reload and look at the account before you try again", Err: cause,
		}
	}
	switch got := now.Email.Raw(); got {
	case after:
		return now, nil
	case before:
		return model.LocalUser{}, &model.Error{
			Code: model.CodeUnavailable, Op: opEmail, Msg: "not changed",
			Hint: "try again; if it took long RomM may still be at it, so reload first", Err: cause,
		}
	default:
		return model.LocalUser{}, &model.Error{
			Code: model.CodeConflict, Op: opEmail,
			Msg:  fmt.Sprintf("the answer was lost, and the address is now %s, neither %s nor %s", show(got), show(before), show(after)),
			Hint: "somebody else is changing the same account: reload and look again", Err: cause,
		}
	}
}

// show quotes an address for a message.
func show(address string) string {
	if address == "" {
		return "no address"
	}
	return fmt.Sprintf("%q", model.Clean(address))
}
