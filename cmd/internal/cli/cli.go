// Package cli is what the command lines of both programs share: what the exit
// codes mean, how a mistake in the command line is distinguished from a
// failure, and how an error is printed. It knows nothing of what the commands do.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/model"
)

// Exit codes, as the README lists them: scripts rely on them.
const (
	ExitOK       = 0
	ExitError    = 1
	ExitUsage    = 2 // the command line or the configuration file is wrong
	ExitFindings = 3 // findings or differences
	ExitRefused  = 4 // by a guard
	ExitPartly   = 5 // partly applied
)

// Run executes one command line, prints the error if there is one, and returns
// the exit code. Data goes to stdout, everything else to stderr.
func Run(ctx context.Context, root *cobra.Command, args []string) int {
	root.SetArgs(args)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return Usagef(seeHelp(cmd), "%v", err)
	})
	root.SilenceUsage, root.SilenceErrors = true, true
	err := root.ExecuteContext(ctx)
	if err != nil {
		PrintError(root.ErrOrStderr(), root.Name(), err)
	}
	return ExitCode(err)
}

// usageError is a mistake in the command line itself.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Usage marks err as a mistake in the command that was typed.
func Usage(err error) error { return usageError{err} }

// Usagef is such a mistake, in words, with what to do about it.
func Usagef(hint, format string, args ...any) error {
	return Usage(&model.Error{Code: model.CodeInvalid, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// findings is the error of a command that did its work and found something.
type findings struct{ error }

func (f findings) Unwrap() error { return f.error }

// Findings marks err as what a command found, as opposed to why it failed.
func Findings(err error) error { return findings{err} }

// ExitCode is the exit code for what a command returned.
func ExitCode(err error) int {
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, new(usageError)):
		return ExitUsage
	case errors.As(err, new(findings)):
		return ExitFindings
	}
	switch model.CodeOf(err) {
	case model.CodeRefused:
		return ExitRefused
	case model.CodePartial, model.CodeUnknown:
		return ExitPartly
	case model.CodeNothing:
		return ExitOK
	case model.CodeInvalid, model.CodeNotFound, model.CodeConflict, model.CodeUnauthorized,
		model.CodeForbidden, model.CodeUnavailable, model.CodeBusy, model.CodeInternal:
	}
	return ExitError
}

// several is an error with more than one message.
type several interface {
	error
	Each() []string
}

// PrintError says what happened and what to do, on one line each; so is each
// message of an error that has several. Outside text is cleaned again here,
// the last sink (S30).
func PrintError(w io.Writer, program string, err error) {
	var many several
	if errors.Is(err, context.Canceled) { // only ever by the user, or by the service manager
		_, _ = fmt.Fprintf(w, "%s: stopped before it was done\n", program)
		return
	}
	if errors.As(err, &many) && len(many.Each()) > 1 {
		_, _ = fmt.Fprintf(w, "%s: %d mistakes\n", program, len(many.Each()))
		for _, text := range many.Each() {
			_, _ = fmt.Fprintf(w, "  %s\n", model.Clean(text))
		}
	} else {
		_, _ = fmt.Fprintf(w, "%s: %s\n", program, model.Clean(err.Error()))
	}
	if hint := model.HintOf(err); hint != "" {
		_, _ = fmt.Fprintf(w, "  what to do: %s\n", hint)
	}
}

func seeHelp(cmd *cobra.Command) string { return "see `" + cmd.CommandPath() + " --help`" }

// NoArgs, ExactArgs and SomeArgs are cobra's checks with our exit code; an
// unknown subcommand arrives as an argument.
func NoArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return Usagef(seeHelp(cmd), "unknown command or argument %q for %s", args[0], cmd.CommandPath())
}

// ExactArgs wants one argument for each name.
func ExactArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		return Usagef(seeHelp(cmd), "%s needs %s", cmd.CommandPath(), strings.Join(names, " and "))
	}
}

// SomeArgs wants at least one argument.
func SomeArgs(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return nil
		}
		return Usagef(seeHelp(cmd), "%s needs %s", cmd.CommandPath(), name)
	}
}

// Group is the body of a command that only holds subcommands.
func Group(cmd *cobra.Command, args []string) error {
	if err := NoArgs(cmd, args); err != nil {
		return err
	}
	return cmd.Help()
}
