package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/model"
)

// Exit codes (design section 10).
const (
	exitOK       = 0
	exitError    = 1
	exitUsage    = 2
	exitFindings = 3 // findings or differences
	exitRefused  = 4 // by a guard
	exitPartly   = 5 // partly applied
)

// globals are the flags that every command knows.
type globals struct {
	demo     bool
	people   int
	db       string
	readOnly bool
	snapshot string

	peopleSet, dbSet bool
}

// maxPeople bounds the demo world.
const maxPeople = 1_000_000

// check refuses flags that contradict each other.
func (g *globals) check() error {
	switch {
	case g.peopleSet && !g.demo:
		return usagef("add --demo", "--people is for the demo world only")
	case g.peopleSet && (g.people < 1 || g.people > maxPeople):
		return usagef(fmt.Sprintf("give a number from 1 to %d", maxPeople), "--people %d", g.people)
	case g.dbSet && g.db == "":
		return usagef("name a file, or leave the flag out", "--db is empty")
	}
	return nil
}

// run executes one command line and returns the exit code. Data goes to
// stdout, everything else to stderr.
func run(ctx context.Context, args []string) int {
	root := newRoot()
	root.SetArgs(args)
	err := fang.Execute(ctx, root, fang.WithoutVersion(), fang.WithoutManpage(),
		fang.WithErrorHandler(func(w io.Writer, _ fang.Styles, err error) { printError(w, err) }))
	return exitCode(err)
}

func newRoot() *cobra.Command {
	g, l := &globals{}, look{}
	root := &cobra.Command{
		Use:   "romm-admin",
		Short: "Who can sign in to RomM behind Authentik, and why not",
		Long: "romm-admin shows RomM's users and Authentik's users side by side, says what the next\n" +
			"login of each will come to and why, and mends it. Without a subcommand it opens the console.\n\n" +
			"Try it without any server:  romm-admin --demo\n" +
			"Exit codes: 0 fine, 1 error, 2 usage, 3 findings, 4 refused by a guard, 5 partly applied.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runConsole(cmd, g, l) },
		PersistentPreRun: func(cmd *cobra.Command, _ []string) {
			g.peopleSet, g.dbSet = cmd.Flags().Changed("people"), cmd.Flags().Changed("db")
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(&model.Error{Code: model.CodeInvalid, Msg: err.Error(), Hint: "see `" + cmd.CommandPath() + " --help`"})
	})
	f := root.PersistentFlags()
	f.BoolVar(&g.demo, "demo", false, "use a made-up RomM and Authentik in this process; nothing is kept")
	f.IntVar(&g.people, "people", 0, "how many people the demo world has (default: its cast of about 30)")
	f.StringVar(&g.db, "db", "", "path of the SQLite file (default: $ROMM_ADMIN_DB, else in the data folder)")
	f.BoolVar(&g.readOnly, "read-only", false, "write nothing, whatever is asked")
	root.Flags().StringVar(&g.snapshot, "snapshot", "", "print the first full frame as plain text, e.g. 120x40, and exit")
	l.add(root.Flags())
	root.AddCommand(newUsers(g), newRoles(g), newHistory(g), newBackup(g), newDemo(g), newVersion(), newDecide())
	return root
}

// usageError is a mistake in the command line itself.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usage(err error) error { return usageError{err} }

func usagef(hint, format string, args ...any) error {
	return usage(&model.Error{Code: model.CodeInvalid, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// noArgs and exactArgs are cobra's checks with our exit code; an unknown
// subcommand arrives as an argument.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usagef("see `"+cmd.CommandPath()+" --help`", "unknown command or argument %q for %s", args[0], cmd.CommandPath())
}

func exactArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		return usagef("see `"+cmd.CommandPath()+" --help`", "%s needs %s", cmd.CommandPath(), strings.Join(names, " and "))
	}
}

func someArgs(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return nil
		}
		return usagef("see `"+cmd.CommandPath()+" --help`", "%s needs %s", cmd.CommandPath(), name)
	}
}

// group is the body of a command that only holds subcommands.
func group(cmd *cobra.Command, args []string) error {
	if err := noArgs(cmd, args); err != nil {
		return err
	}
	return cmd.Help()
}

func exitCode(err error) int {
	var u usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &u):
		return exitUsage
	case errors.As(err, new(findings)):
		return exitFindings
	}
	switch model.CodeOf(err) {
	case model.CodeRefused:
		return exitRefused
	case model.CodePartial:
		return exitPartly
	case model.CodeInvalid, model.CodeNotFound, model.CodeConflict, model.CodeUnauthorized,
		model.CodeForbidden, model.CodeUnavailable, model.CodeInternal:
	}
	return exitError
}

// printError says what happened and what to do, on one line each. Outside
// text is cleaned again here, the last sink (S30).
func printError(w io.Writer, err error) {
	_, _ = fmt.Fprintf(w, "romm-admin: %s\n", model.Clean(err.Error()))
	if hint := model.HintOf(err); hint != "" {
		_, _ = fmt.Fprintf(w, "  what to do: %s\n", hint)
	}
}

// note tells a person something that is not data.
func note(format string, args ...any) {
	_, _ = fmt.Fprintf(os.Stderr, format+"\n", args...)
}
