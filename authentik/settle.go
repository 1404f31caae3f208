package authentik

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// Reading back after a write goes on when the caller has gone away, because
// the journal needs to know what was done (S35), but not as long.
const (
	resolveTime        = time.Minute
	resolveTimeGivenUp = 20 * time.Second
)

// standing is how an object compares with a write when it is read back.
type standing int

const (
	standsBefore standing = iota // as if nothing had been written
	standsAfter                  // as wanted
	standsOther                  // neither
)

// change is one write whose effect is found out by reading back: the server's
// answer to a write is not trusted, and no write is sent twice.
type change[T any] struct {
	call call
	// object names it for sentences: "the user bob".
	object string
	// read returns it as it is now.
	read func(context.Context) (T, error)
	// judge compares it with what was wanted; now describes it, for a
	// sentence, when it is neither as before nor as wanted.
	judge func(T) (s standing, now string)
	// answer receives what the server sent; nil ignores it.
	answer func(body []byte) error
}

// send encodes a generated request model, nil for none, and makes the write.
func (w change[T]) send(ctx context.Context, c *Client, request any) (T, error) {
	if request != nil {
		body, err := json.Marshal(request)
		if err != nil {
			var none T
			return none, fmt.Errorf("%s: %w", w.call.op, err)
		}
		w.call.body = body
	}
	w.call.limit = documentLimit
	return w.make(ctx, c)
}

// make sends the write once and reads back. It returns the object as it is
// after, CodeUnavailable when it was not changed, CodeUnknown when it is not known
// whether it was or will be, CodeConflict when somebody else was faster, CodePartial when it could not be
// read back, CodeInternal when Authentik said yes and did nothing; what the
// API refused keeps its code.
func (w change[T]) make(ctx context.Context, c *Client) (T, error) {
	var none T
	body, f := c.attempt(ctx, w.call)
	if f != nil && ctx.Err() != nil {
		f.err = fmt.Errorf("%s: %w", w.call.op, context.Cause(ctx))
	}
	if f != nil && (f.unsent || f.refused) {
		return none, f.err
	}
	if f == nil && w.answer != nil {
		if err := w.answer(body); err != nil {
			f = &failure{err: err}
		}
	}
	patience := resolveTime
	if ctx.Err() != nil {
		patience = resolveTimeGivenUp
	}
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	now, err := w.read(back)
	if err != nil {
		return none, w.unread(f, err)
	}
	s, how := w.judge(now)
	switch {
	case s == standsAfter:
		return now, nil
	case s == standsOther:
		return none, w.problem(model.CodeConflict, w.object+" was changed, and is not as wanted: "+how,
			"somebody or something else changes the same object: reload and look again", f)
	case f == nil:
		return none, w.problem(model.CodeInternal, "Authentik reported success but changed nothing",
			"look for a proxy that alters requests to Authentik, and at the log of the Authentik server", nil)
	}
	if !f.ended {
		return none, w.problem(model.CodeUnknown, w.object+" is not changed yet, and Authentik may still change it", checkLater, f)
	}
	return none, w.problem(model.CodeUnavailable, "not changed", "try again", f)
}

// checkLater is what to do about a write of which it is not known whether it was
// carried out.
const checkLater = "look in a minute: romm-admin history interrupted says whether it was made, and undoes it"

func (w change[T]) unread(f *failure, err error) error {
	if f != nil {
		return w.problem(model.CodeUnknown, "it is not known whether "+w.object+" was changed", checkLater, f)
	}
	return w.problem(model.CodePartial, "Authentik took the change, but it could not be read back",
		"reload and look at "+w.object, &failure{err: err})
}

func (w change[T]) problem(code model.Code, msg, hint string, f *failure) error {
	e := &model.Error{Code: code, Op: w.call.op, Msg: msg, Hint: hint}
	if f != nil {
		e.Err = f.err
		var cause *model.Error
		if errors.As(f.err, &cause) && cause.Op == e.Op {
			short := *cause
			short.Op = "" // it is said already
			e.Err = &short
		}
	}
	return e
}

// conflict says that an object is no longer what a change was made from (S35).
func conflict(op, msg string) error {
	return &model.Error{
		Code: model.CodeConflict, Op: op, Msg: msg,
		Hint: "somebody changed it in between: reload and look again",
	}
}

// show quotes a value for a sentence; "" is what is called nothing.
func show(value, nothing string) string {
	if value == "" {
		return nothing
	}
	return fmt.Sprintf("%q", model.Clean(value))
}
