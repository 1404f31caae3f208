package tui

import (
	"cmp"
	"fmt"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// progress is the dialog over a plan of several changes while it is being
// applied.
type progress struct {
	theme *theme.Theme
	run   applying
}

// Capturing implements screen.Overlay: no global action may take a key now.
func (progress) Capturing() bool { return true }

// Update implements screen.Overlay.
func (p progress) Update(msg tea.Msg) (screen.Overlay, screen.Effect) {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return p, screen.Effect{}
	}
	switch key.String() {
	case "esc":
		if !p.run.queued.IsZero() {
			return p, screen.Want(screen.StopReq{})
		}
		if !p.run.stopping {
			return p, screen.Want(screen.HoldReq{On: !p.run.holding})
		}
	case "s":
		if p.run.holding {
			return p, screen.Want(screen.StopReq{})
		}
	}
	return p, screen.Effect{}
}

// View implements screen.Overlay.
func (p progress) View(a screen.Area) screen.Panel {
	t, all, made := p.theme, p.run.Plan.Changes, len(p.run.Results)
	if !p.run.queued.IsZero() {
		lines := widget.Wrap("Waiting: another program is applying a plan to the same database. Nothing of this one is written before it has ended.", a.Width)
		hint := keys.Hints(t, a.Width, keys.Hint(t, "give up", "esc"))
		if p.run.stopping {
			hint = "Giving up."
		}
		return screen.Panel{Title: widget.Headline(p.theme, p.run.Plan.Title), Lines: append(lines, "", hint)}
	}
	lines := []string{fmt.Sprintf("%d of %d changes made.", made, len(all)), widget.Bar(t, made, len(all), a.Width)}
	if made < len(all) {
		c, text := all[made], "Now: "
		if p.run.waiting {
			text = "Next: "
		}
		text += theme.Escape(c.Label.Raw()) + ", " + c.Words().Sets
		lines = append(lines, widget.Cut(t, t.Clean(text), a.Width))
	}
	lines = append(lines, "")
	switch {
	case p.run.stopping:
		lines = append(lines, widget.Wrap("Stopping after this change.", a.Width)...)
	case p.run.holding:
		text := "Stop after this change?"
		if p.run.waiting {
			text = "Nothing is being written now. Stop here?"
		}
		lines = append(lines, widget.Wrap(text+" What was made stays made; the rest is not tried.", a.Width)...)
		lines = append(lines, "", keys.Hints(t, a.Width, keys.Hint(t, "stop", "s"), keys.Hint(t, "go on", "esc")))
	default:
		lines = append(lines, keys.Hints(t, a.Width, keys.Hint(t, "stop", "esc")))
	}
	return screen.Panel{Title: widget.Headline(p.theme, p.run.Plan.Title), Lines: lines}
}

// showProgress opens the progress dialog or renews it.
func (a App) showProgress() App {
	if n := len(a.overlays); n > 0 {
		if p, ok := a.overlays[n-1].(progress); ok {
			p.run = a.run
			return a.replaceTop(p)
		}
	}
	return a.push(progress{theme: a.theme, run: a.run})
}

func (a App) hideProgress() App {
	if n := len(a.overlays); n > 0 {
		if _, ok := a.overlays[n-1].(progress); ok {
			return a.pop()
		}
	}
	return a
}

// reportOverlay lists every change of a plan with its result, failures
// first.
func (a App) reportOverlay(r plan.Report) screen.Overlay {
	t := a.theme
	return widget.Reader{Theme: t, Title: "What was done", Text: func(width int) []string {
		out := []string{r.Count() + "."}
		add := func(sign string, st lipgloss.Style, text string) {
			out = append(out, widget.Item(st.Render("  "+sign+" "), st, t.Clean(text), width)...)
		}
		for _, x := range r.Results {
			if x.Err != nil {
				heading := map[string]string{plan.OutcomeDone: "Made, but", plan.OutcomeUnknown: "Not known"}[x.Outcome]
				out = append(out, "", t.Heading.Render(cmp.Or(heading, "Failed")))
				add("!", t.Danger, x.Change.Label.String()+": "+x.Change.Words().Sets+": "+x.Err.Error())
				if hint := model.HintOf(x.Err); hint != "" {
					add(" ", t.Text, widget.Sentence(hint))
				}
			}
		}
		if rest := r.Plan.Changes[min(len(r.Results), len(r.Plan.Changes)):]; len(rest) > 0 {
			out = append(out, "", t.Heading.Render("Not tried"))
			for _, c := range rest {
				add("-", t.Text, c.Label.String()+": "+c.Words().Sets)
			}
		}
		if r.Done() > 0 {
			out = append(out, "", t.Heading.Render("Made"))
		}
		for _, x := range r.Results {
			if x.Err == nil {
				add("+", t.Added, x.Change.Made())
			}
		}
		return out
	}}
}
