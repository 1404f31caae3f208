package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/cmd/internal/demo"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/screen"
)

// runConsole opens the console, or prints its first frame.
func runConsole(cmd *cobra.Command, g *globals, look look) (err error) {
	width, height, err := parseSize(g.snapshot)
	if err != nil {
		return err
	}
	if g.snapshot == "" && !g.interactive() {
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
	ownsProcess := g.Terminal == nil && g.snapshot == ""
	restoreGC := func() {}
	if ownsProcess {
		restoreGC = delayGC()
	}
	var s *session
	defer func() {
		if s != nil {
			closeSession(s, &err)
		}
	}()
	ready := func() opened {
		defer restoreGC()
		var o opened
		if s, o.err = open(cmd.Context(), g); o.err != nil {
			s = nil // it has closed what it opened
			return o
		}
		if g.demo && g.snapshot != "" {
			s.Now = demo.Epoch
		}
		options := consoleOptions(cmd.Context(), s, look)
		if ownsProcess && g.getenv("GOMEMLIMIT") == "" {
			options.Console = bounded{s.Service}
		}
		o.app = g.console(options)
		return o
	}
	if g.snapshot != "" {
		o := ready()
		if o.err != nil {
			return o.err
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), tui.Frame(o.app.(tui.App), width, height))
		return err
	}
	if err := g.askBeforeConsole(cmd.Context(), src); err != nil {
		return err
	}
	app, ended := start(tui.New(blankOptions(g, look)), ready)
	err = g.show(cmd.Context(), app)
	return cmp.Or(ended(), err)
}

// blankOptions are the options of a console that shows that it is reading, and
// does nothing else: there is nothing behind it yet.
func blankOptions(g *globals, l look) tui.Options {
	s := &session{streams: g.Streams, Service: &reconcile.Service{Actor: g.actor(), ReadOnly: g.readOnly}}
	if g.demo {
		s.Actor = demo.Actor
	}
	return lookOptions(s, l)
}

// lookOptions are what the first frame needs to know.
func lookOptions(s *session, l look) tui.Options {
	return tui.Options{
		Console: s.Service, Actor: s.Actor, ReadOnly: s.ReadOnly, Theme: l.name,
		ASCII: !s.streams.showsUnicode(), NoColor: s.streams.noColor(), Clock: time.Now,
		Linear: l.linear || s.streams.getenv("TERM") == "dumb", NoMouse: l.noMouse, Every: l.every, Keys: l.keys,
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

// show runs the console until somebody leaves it.
func (s Streams) show(ctx context.Context, app tea.Model) error {
	p, stop := s.program(app, tea.WithContext(ctx))
	defer stop()
	final, err := p.Run()
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
