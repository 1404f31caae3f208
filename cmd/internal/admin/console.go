package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/cmd/internal/demo"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/screen"
)

// How much the heap may grow, in per cent, before it is collected: little is
// allocated until the console stands, and a collection then only delays its
// first frame; afterwards a reading of everybody comes to lie beside the one
// before it, and what is not collected soon counts against a small machine.
// TestLimitsResident holds what this comes to with 10,000 people.
const (
	startGC   = 400
	consoleGC = 18
)

// runConsole opens the console, or prints its first frame.
func runConsole(cmd *cobra.Command, g *globals, look look) (err error) {
	width, height, err := parseSize(g.snapshot)
	if err != nil {
		return err
	}
	if g.snapshot == "" && (!term.IsTerminal(os.Stdin.Fd()) || !term.IsTerminal(os.Stdout.Fd())) {
		return cli.Usagef("run it in a terminal, use a subcommand such as `romm-admin users list`, or print a frame with --snapshot 120x40",
			"the console needs a terminal")
	}
	src, err := g.source()
	if err != nil {
		return err
	}
	if err := look.fill(cmd.Flags(), src.File); err != nil {
		return err
	}
	debug.SetGCPercent(startGC)
	var s *session
	defer func() {
		if s != nil {
			closing(s, &err)
		}
	}()
	var trial *panicker
	ready := func() opened {
		defer debug.SetGCPercent(consoleGC)
		var o opened
		if s, o.err = open(cmd.Context(), g); o.err != nil {
			s = nil // it has closed what it opened
			return o
		}
		if g.demo && g.snapshot != "" {
			s.Now = demo.Epoch
		}
		options := consoleOptions(cmd.Context(), s, look)
		if trial = demoPanic(g.demo, os.Getenv(demoPanicName), s.Service); trial != nil {
			options.Console = trial
		}
		o.app = tui.New(options)
		return o
	}
	if g.snapshot == "" && os.Getenv(demoPanicName) == "" {
		model, ended := start(tui.New(blankOptions(g, look)), ready)
		err := runProgram(cmd.Context(), model, noColor())
		return cmp.Or(ended(), err)
	}
	o := ready()
	if o.err != nil {
		return o.err
	}
	if g.snapshot != "" {
		_, err = fmt.Fprintln(cmd.OutOrStdout(), tui.Frame(o.app.(tui.App), width, height))
		return err
	}
	return runProgram(cmd.Context(), o.app, noColor(), trial.options()...)
}

// noColor reports whether NO_COLOR asks for attributes alone.
func noColor() bool { return os.Getenv("NO_COLOR") != "" }

// blankOptions are the options of a console that shows that it is reading, and
// does nothing else: there is nothing behind it yet.
func blankOptions(g *globals, l look) tui.Options {
	s := &session{Service: &reconcile.Service{Actor: actor(), ReadOnly: g.readOnly}}
	if g.demo {
		s.Actor = demo.Actor
	}
	return lookOptions(s, l)
}

// lookOptions are what the first frame needs to know.
func lookOptions(s *session, l look) tui.Options {
	return tui.Options{
		Console: s.Service, Actor: s.Actor, ReadOnly: s.ReadOnly, Theme: l.name,
		ASCII: !showsUnicode(), NoColor: noColor(), Clock: time.Now,
		Linear: l.linear || os.Getenv("TERM") == "dumb", NoMouse: l.noMouse, Every: l.every, Keys: l.keys,
		Rest: tui.RestTime,
	}
}

func consoleOptions(ctx context.Context, s *session, l look) tui.Options {
	o := lookOptions(s, l)
	o.Context, o.Links = ctx, pages(s.rommURL, s.authentikURL)
	o.Crashed = func(c tui.Crash) string { return reportCrash(s.store.Path(), s.Actor, c) }
	if !s.ReadOnly { // which removes no file either
		o.Drafts, o.Forget = keptDrafts(s.store.Path(), s.Actor), forgetDraft(s.store.Path())
	}
	return o
}

// pages are the addresses that the paths of the two systems' web pages are
// appended to; people write them with a slash at the end as well.
func pages(romm, authentik string) screen.Links {
	return screen.Links{RomM: strings.TrimRight(romm, "/"), Authentik: strings.TrimRight(authentik, "/")}
}

func runProgram(ctx context.Context, app tea.Model, noColor bool, opts ...tea.ProgramOption) error {
	opts = append(opts, tea.WithContext(ctx))
	if noColor { // any value counts; the library reads it as a boolean
		opts = append(opts, tea.WithColorProfile(colorprofile.ASCII))
	}
	final, err := tea.NewProgram(app, opts...).Run()
	if done, ok := final.(tui.App); ok && done.Incident() != "" {
		return &model.Error{
			Code: model.CodeInternal, Msg: "the console stopped unexpectedly, incident " + done.Incident(),
			Hint: "what was applied stays applied, see `romm-admin history`; start it again",
		}
	}
	switch {
	case errors.Is(err, tea.ErrInterrupted), errors.Is(err, context.Canceled):
		return nil // asked to stop
	case err != nil:
		return &model.Error{
			Code: model.CodeInternal, Msg: "the console stopped unexpectedly", Err: err,
			Hint: "what was applied stays applied; start it again",
		}
	}
	return nil
}

// maxSide bounds a snapshot; a larger terminal does not exist.
const maxSide = 1000

// parseSize reads WIDTHxHEIGHT; "" is no snapshot.
func parseSize(s string) (width, height int, err error) {
	if s == "" {
		return 0, 0, nil
	}
	w, h, ok := strings.Cut(s, "x")
	width, errW := strconv.Atoi(w)
	height, errH := strconv.Atoi(h)
	if !ok || errW != nil || errH != nil || width < 1 || height < 1 || width > maxSide || height > maxSide {
		return 0, 0, cli.Usagef("give columns x rows, such as --snapshot 120x40", "--snapshot %q is not a size", model.Clean(s))
	}
	return width, height, nil
}

// showsUnicode reports whether the terminal shows more than ASCII: whether its
// character set is UTF-8, by the usual order of the variables. Without any the
// answer is yes: containers often set none. The kernel's own console has
// letters and lines in its font, and none of the marks.
func showsUnicode() bool {
	if os.Getenv("TERM") == "linux" {
		return false
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(os.Getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true
}
