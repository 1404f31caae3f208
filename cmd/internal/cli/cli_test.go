package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	coded := func(c model.Code) error { return &model.Error{Code: c, Msg: "x"} }
	for _, tc := range []struct {
		err  error
		want int
	}{
		{nil, ExitOK},
		{errors.New("x"), ExitError},
		{coded(model.CodeNotFound), ExitError},
		{coded(model.CodeNothing), ExitOK},
		{coded(model.CodeRefused), ExitRefused},
		{fmt.Errorf("apply: %w", coded(model.CodePartial)), ExitPartly},
		{Usagef("do", "x"), ExitUsage},
		{fmt.Errorf("open: %w", Usage(coded(model.CodeRefused))), ExitUsage},
		{Findings(coded(model.CodeConflict)), ExitFindings},
	} {
		if got := ExitCode(tc.err); got != tc.want {
			t.Errorf("%v: %d, want %d", tc.err, got, tc.want)
		}
	}
}

// proves S30 for the last line that a program prints: outside text in an error
// is cleaned, and what to do stands below it.
func TestPrintError(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	PrintError(&b, "romm-companion", Usagef("look \x1b[2Jhere", "bad %s", "\x1b]0;x\a\u202etext"))
	want := "romm-companion: bad " + model.Clean("\x1b]0;x\a\u202etext") + "\n  what to do: " + model.Clean("look \x1b[2Jhere") + "\n"
	if b.String() != want || bytes.ContainsAny(b.Bytes(), "\x1b\a\u202e") {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

// several mistakes stand on a line each, however many they are.
type mistakes []string

func (m mistakes) Error() string  { return "joined" }
func (m mistakes) Each() []string { return m }

func TestPrintErrorOfSeveral(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	PrintError(&b, "p", Usage(&model.Error{Code: model.CodeInvalid, Err: mistakes{"one", "t\x1bwo"}, Hint: "do"}))
	if want := "p: 2 mistakes\n  one\n  " + model.Clean("t\x1bwo") + "\n  what to do: do\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	b.Reset()
	PrintError(&b, "p", fmt.Errorf("preview: %w", context.Canceled))
	if b.String() != "p: stopped before it was done\n" {
		t.Errorf("%q", b.String())
	}
	b.Reset()
	PrintError(&b, "p", mistakes{"one"})
	if b.String() != "p: joined\n" {
		t.Errorf("%q", b.String())
	}
}
