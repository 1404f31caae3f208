package model

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// Code classifies an [Error] for the places that must react to it: the exit
// code of a command, the status of an HTTP answer, the tone of a toast.
type Code string

// The codes. Unknown means that a write was sent, and that nothing tells yet
// whether it was carried out. Refused means that a guard of ours said no (S4, S5, S9); Forbidden
// means that the other system did. Nothing means that what was asked for is the
// case already, which is no failure for a script.
const (
	CodeInvalid      Code = "invalid"
	CodeNotFound     Code = "not_found"
	CodeConflict     Code = "conflict"
	CodeUnauthorized Code = "unauthorized"
	CodeForbidden    Code = "forbidden"
	CodeUnavailable  Code = "unavailable"
	CodeBusy         Code = "busy" // another program has a plan in hand
	CodeRefused      Code = "refused"
	CodePartial      Code = "partial"
	CodeUnknown      Code = "unknown"
	CodeNothing      Code = "nothing"
	CodeInternal     Code = "internal"
)

// Error is an error for people to read. Msg is lower case and has no full
// stop; Hint says what to do next; Err keeps the cause. Adapters translate
// into it once, at their edge.
type Error struct {
	Code Code
	// Rule names the guard that said no, for CodeRefused; "" for any other
	// refusal.
	Rule string
	Op   string
	Msg  string
	Hint string
	Err  error
}

// Error joins operation, message and cause, cleaned for a terminal (S30):
// causes carry text of the other side. That a deadline has passed is in Msg
// in words for people, so such a cause is not.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op)
		b.WriteString(": ")
	}
	b.WriteString(e.Msg)
	bare := slices.Contains([]error{context.DeadlineExceeded, context.Canceled}, e.Err) // one that is wrapped may carry more
	if e.Err != nil && (e.Msg == "" || !bare) {
		if e.Msg != "" {
			b.WriteString(": ")
		}
		b.WriteString(e.Err.Error())
	}
	return Clean(b.String())
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of the first [Error] in err's chain, CodeInternal
// for any other error and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

// RuleOf returns the name of the guard that refused, of the first [Error] in
// err's chain that names one; "" if none does.
func RuleOf(err error) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Rule != "" {
			return e.Rule
		}
		err = e.Err
	}
	return ""
}

// HintOf returns the first hint in err's chain, cleaned for a terminal.
func HintOf(err error) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Hint != "" {
			return Clean(e.Hint)
		}
		err = e.Err
	}
	return ""
}
