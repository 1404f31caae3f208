package rommapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// resolveTime bounds finding out what became of a write whose answer got lost.
// It runs on when the caller has given up: a journal must not guess.
const resolveTime = 5 * time.Second

// change is one field of one account on its way to another value. Values are
// compared as text, as they are stored.
type change struct {
	op            string
	noun          string // "the address", in messages
	id            int64
	before, after string
	of            func(account) string // the field
	show          func(string) string  // a value, for a message
	send          call
	// echo reads the field from the answer to the write.
	echo func(k call, rep reply) (string, error)
	// refused may reword a refusal of RomM; nil leaves it.
	refused func(*model.Error)
}

// make reads the account again, compares the field with before, writes, and
// makes sure that the field is after (S35): RomM answers 200 to requests of
// which it ignores everything (docs/romm.md 2 PUT).
func (c *Client) make(ctx context.Context, ch change) (model.LocalUser, error) {
	now, err := c.one(ctx, ch.op, ch.id)
	if err != nil {
		return model.LocalUser{}, err
	}
	if got := ch.of(now); got != ch.before {
		return model.LocalUser{}, &model.Error{
			Code: model.CodeConflict, Op: ch.op,
			Msg:  fmt.Sprintf("%s of %q is now %s, no longer %s", ch.noun, now.Username, ch.show(got), ch.show(ch.before)),
			Hint: "somebody changed it in between: reload and look again",
		}
	}
	return c.write(ctx, ch)
}

// write sends the change once and finds out what it did.
func (c *Client) write(ctx context.Context, ch change) (model.LocalUser, error) {
	k := ch.send
	k.op, k.id, k.limit = ch.op, ch.id, maxBody
	rep, err := c.once(ctx, k)
	if err != nil {
		problem := c.lost(ctx, k, err)
		if unsent(err) {
			return model.LocalUser{}, problem
		}
		return c.resolve(ctx, ch, problem, false)
	}
	if problem := c.refusal(k, rep); problem != nil {
		if ch.refused != nil {
			ch.refused(problem)
		}
		// A success that is no JSON, or a failure of RomM or of a proxy: the
		// change may have been made.
		if rep.status < 300 || rep.status >= 500 {
			return c.resolve(ctx, ch, problem, rep.status <= 500)
		}
		return model.LocalUser{}, problem
	}
	got, err := ch.echo(k, rep)
	if err != nil {
		return c.resolve(ctx, ch, err, true)
	}
	return c.confirm(ctx, ch, got)
}

// confirm compares RomM's echo with what was wanted and reads it back.
func (c *Client) confirm(ctx context.Context, ch change, echo string) (model.LocalUser, error) {
	if echo != ch.after {
		e := &model.Error{
			Code: model.CodeInternal, Op: ch.op,
			Msg:  fmt.Sprintf("RomM stored %s instead of %s", ch.show(echo), ch.show(ch.after)),
			Hint: "reload and look at the account; a proxy may alter requests to RomM",
		}
		if echo == ch.before {
			e.Msg = fmt.Sprintf("RomM reported success but changed nothing: %s is still %s", ch.noun, ch.show(ch.before))
			e.Hint = "a proxy may drop the body of requests to RomM; set ROMM_BASE_URL to RomM itself"
		}
		return model.LocalUser{}, e
	}
	now, err := c.one(ctx, ch.op, ch.id)
	if err != nil {
		return model.LocalUser{}, &model.Error{
			Code: model.CodePartial, Op: ch.op, Msg: "RomM confirmed the change, but it could not be read back",
			Hint: "reload and look at the account", Err: err,
		}
	}
	if got := ch.of(now); got != ch.after {
		return model.LocalUser{}, &model.Error{
			Code: model.CodeConflict, Op: ch.op,
			Msg:  fmt.Sprintf("RomM confirmed %s, but a moment later %s was %s", ch.show(ch.after), ch.noun, ch.show(got)),
			Hint: "somebody else is changing the same account: reload and look again",
		}
	}
	return now.LocalUser, nil
}

// checkLater is what to do about a write of which it is not known whether it was
// carried out.
const checkLater = "look in a minute: romm-admin history interrupted says whether it was made, and undoes it"

// resolve finds out what became of a write whose answer does not tell. ended is
// true when RomM itself is done with it: it was seen to answer; a write that got
// lost, or that a proxy gave up, may still be carried out.
func (c *Client) resolve(ctx context.Context, ch change, cause error, ended bool) (model.LocalUser, error) {
	var e *model.Error
	if errors.As(cause, &e) {
		short := *e
		short.Op = "" // the same as ours
		cause = &short
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), resolveTime)
	defer cancel()
	now, err := c.one(ctx, ch.op, ch.id)
	if err != nil {
		return model.LocalUser{}, &model.Error{
			Code: model.CodeUnknown, Op: ch.op, Msg: fmt.Sprintf("it is not known whether %s was changed", ch.noun),
			Hint: checkLater, Err: cause,
		}
	}
	switch got := ch.of(now); got {
	case ch.after:
		return now.LocalUser, nil
	case ch.before:
		if !ended {
			return model.LocalUser{}, &model.Error{
				Code: model.CodeUnknown, Op: ch.op, Msg: fmt.Sprintf("%s is not changed yet, and RomM may still change it", ch.noun),
				Hint: checkLater, Err: cause,
			}
		}
		return model.LocalUser{}, &model.Error{
			Code: model.CodeUnavailable, Op: ch.op, Msg: "not changed", Hint: "try again", Err: cause,
		}
	default:
		return model.LocalUser{}, &model.Error{
			Code: model.CodeConflict, Op: ch.op,
			Msg: fmt.Sprintf("the answer was lost, and %s is now %s, neither %s nor %s",
				ch.noun, ch.show(got), ch.show(ch.before), ch.show(ch.after)),
			Hint: "somebody else is changing the same account: reload and look again", Err: cause,
		}
	}
}

// userEcho reads the field from an answer that is the whole account.
func (c *Client) userEcho(of func(account) string) func(call, reply) (string, error) {
	return func(k call, rep reply) (string, error) {
		var u user
		if err := c.decode(k, rep, &u); err != nil {
			return "", err
		}
		a, err := c.same(k, u)
		if err != nil {
			return "", err
		}
		return of(a), nil
	}
}

// noID refuses numbers that no account has.
func noID(op string, id int64) error {
	if id >= 1 {
		return nil
	}
	return &model.Error{Code: model.CodeInvalid, Op: op, Msg: fmt.Sprintf("%d is no user id", id), Hint: "reload the list"}
}

// mayWrite returns RomM's version; it refuses releases whose user endpoint
// takes no form.
func (c *Client) mayWrite(ctx context.Context, op string) (model.Version, error) {
	v := c.lastVersion()
	if !v.Known() {
		var r model.AccountsReading
		if err := c.heartbeat(ctx, &r); err != nil {
			return v, err
		}
		v = r.Version
	}
	if writable(v) {
		return v, nil
	}
	return v, &model.Error{
		Code: model.CodeRefused, Op: op, Msg: fmt.Sprintf("RomM %s can only be read", v),
		Hint: "upgrade RomM to 4.0 or later",
	}
}
