package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
)

// askLimit bounds a sweep over everybody: ten thousand people, eight at a
// time, at a quarter of a second each.
const askLimit = 10 * time.Minute

// asked is an asking that is under way.
type asked struct {
	task
	gauge gauge
	read  int // generation of the reading that it started from
}

type askedMsg struct {
	gen    int
	review *model.Review
	err    error
}

// startAsk has Authentik compute the claims of people.
func (a App) startAsk(req screen.AskReq) (App, tea.Cmd) {
	if a.data.Review == nil || a.data.Reading || a.data.Applying {
		return a.broadcastToOverlays(screen.AskedMsg{Err: &model.Error{
			Code: model.CodeUnavailable, Msg: "nothing can be asked while both sides are being read or written", Hint: "ask again in a moment",
		}})
	}
	a.ask.task = a.ask.next(a.opts.Context)
	a.ask.gauge, a.ask.read = newGauge(a.ask.ctx), a.load.gen
	console, review, now := a.opts.Console, a.data.Review, a.ask
	a, cmd := a.broadcastToOverlays(screen.AskedMsg{Running: true})
	return a, tea.Batch(cmd, func() tea.Msg {
		defer now.gauge.end()
		ctx, cancel := context.WithTimeout(now.ctx, askLimit)
		defer cancel()
		r, err := console.Preview(ctx, review, req.People, now.gauge.report)
		return askedMsg{now.gen, r, err}
	}, now.gauge.listen(asking, now.gen))
}

// stopAsk ends an asking; what it brings after this is dropped.
func (a App) stopAsk() App {
	a.ask.task = a.ask.stop()
	return a
}

// answered takes the review with what Authentik computed. Both sides cannot
// have been read meanwhile under an open dialog; if they have been, that
// reading counts.
func (a App) answered(msg askedMsg) (App, tea.Cmd) {
	if msg.gen != a.ask.gen {
		return a, nil
	}
	if msg.review != nil && a.ask.read != a.load.gen {
		msg.review, msg.err = nil, &model.Error{
			Code: model.CodeConflict, Msg: "both sides were read again meanwhile", Hint: "ask again",
		}
	}
	if msg.review != nil {
		a.data.Review = msg.review
	}
	a, cmd := a.broadcast(a.data)
	a, more := a.broadcastToOverlays(screen.AskedMsg{Review: msg.review, Err: msg.err})
	return a, tea.Batch(cmd, more)
}

// measured shows how far a command is, and waits for the next figure.
func (a App) measured(msg gaugeMsg) (App, tea.Cmd) {
	switch {
	case msg.of == reading && msg.gen == a.load.gen && a.data.Reading:
		a.read = msg.figure
		return a, a.gauge.listen(reading, msg.gen)
	case msg.of == asking && msg.gen == a.ask.gen:
		a, cmd := a.broadcastToOverlays(screen.AskedMsg{Running: true, Done: msg.figure.done, Total: msg.figure.total})
		return a, tea.Batch(cmd, a.ask.gauge.listen(asking, msg.gen))
	}
	return a, nil
}

// broadcastToOverlays passes a fact to every dialog, those below the top one
// included.
func (a App) broadcastToOverlays(msg tea.Msg) (App, tea.Cmd) {
	var cmds []tea.Cmd
	for i := range a.overlays {
		next, effect := a.overlays[i].Update(msg)
		a.overlays = append(a.overlays[:i:i], append([]screen.Overlay{next}, a.overlays[i+1:]...)...)
		cmds = append(cmds, effect.Cmd) // facts have no intents
	}
	return a, tea.Batch(cmds...)
}
