package model

import (
	"context"
	"errors"
	"testing"
)

// What a person reads has the words of Msg, and none of Go's for the same.
func TestErrorText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  *Error
		want string
	}{
		{&Error{Op: "read RomM", Msg: "romm did not answer in time", Err: context.DeadlineExceeded}, "read RomM: romm did not answer in time"},
		{&Error{Msg: "cancelled", Err: context.Canceled}, "cancelled"},
		{&Error{Err: context.Canceled}, "context canceled"},
		{&Error{Op: "read", Msg: "no", Err: errors.New("why\x1b[2J")}, `read: no: why\x1b[2J`},
		{&Error{Op: "read", Err: &Error{Msg: "late", Err: context.DeadlineExceeded}}, "read: late"},
	} {
		if got := tc.err.Error(); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
	if err := error(&Error{Msg: "late", Err: context.DeadlineExceeded}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error("the cause is lost")
	}
}
