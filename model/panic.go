package model

import "fmt"

// CatchPanic runs f and makes an error, with CodeInternal, of a panic in it. What
// runs in a goroutine of its own goes through it: a panic there would end the
// program at once, without giving the terminal back.
func CatchPanic(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Error{
				Code: CodeInternal, Msg: "this is a mistake in romm-admin: " + Clean(fmt.Sprint(v)),
				Hint: "try again; if it stays, report it with what you did last",
			}
		}
	}()
	return f()
}
