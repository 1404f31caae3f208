package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// accessLimit bounds the check: a dozen small reads.
const accessLimit = 30 * time.Second

// accessMsg is what the token may do, or why that is not known. It is for the
// dialog, which drops it when it is no longer the one that asked.
type accessMsg struct {
	gen    int
	access model.Access
	err    error
}

func accessAction() action {
	return action{
		Info: keys.Info{
			ID: "access", Title: "token", Help: "show what the Authentik token may do, and what is not possible with it", Keys: []string{"T"},
			Command: "romm-admin check",
		},
		Run: App.checkAccess,
	}
}

// checkAccess opens the dialog at once and finds out in a command.
func (a App) checkAccess() (App, appEffect) {
	console := a.opts.Console
	a.token = a.token.next(a.opts.Context)
	parent, gen := a.token.ctx, a.token.gen
	d := accessDialog{theme: a.theme, gen: gen, reader: widget.Reader{Theme: a.theme, Title: "What the Authentik token may do"}}
	e := want(screen.OpenReq{Overlay: d.show()})
	e.Cmd = func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, accessLimit)
		defer cancel()
		access, err := console.CheckAccess(ctx)
		return accessMsg{gen, access, err}
	}
	return a, e
}

// accessDialog shows what is known of the token, what is missing first (S34).
type accessDialog struct {
	theme  *theme.Theme
	gen    int
	known  bool
	access model.Access
	err    error
	reader widget.Reader
}

// Capturing implements screen.Overlay.
func (accessDialog) Capturing() bool { return false }

// Update implements screen.Overlay.
func (d accessDialog) Update(msg tea.Msg) (screen.Overlay, screen.Effect) {
	if m, ok := msg.(accessMsg); ok {
		if m.gen == d.gen {
			d.known, d.access, d.err = true, m.access, m.err
			d = d.show()
		}
		return d, screen.Effect{}
	}
	var effect screen.Effect
	d.reader, effect = d.reader.Read(msg)
	return d, effect
}

// View implements screen.Overlay.
func (d accessDialog) View(a screen.Area) screen.Panel { return d.reader.View(a) }

func (d accessDialog) show() accessDialog {
	now := d
	d.reader.Text = now.text
	d.reader = d.reader.Refresh()
	return d
}

func (d accessDialog) text(width int) []string {
	t := d.theme
	switch {
	case !d.known:
		return []string{t.Accent.Render("Asking Authentik" + t.Glyphs.Ellipsis)}
	case d.err != nil:
		return widget.ErrorLines(t, d.err, width)
	}
	who := fmt.Sprintf("Authentik %s takes the token for %s.", model.Clean(d.access.Version), theme.Escape(d.access.Owner.Raw()))
	out := widget.Wrap(t.Clean(who), width)
	for _, w := range d.warnings() {
		out = append(out, widget.Item(t.Warning.Render("! "), t.Warning, t.Clean(widget.Sentence(w)), width)...)
	}
	list := func(title string, st lipgloss.Style, state model.AbilityState) {
		lines := d.abilities(state, width)
		if len(lines) > 0 {
			out = append(append(out, "", st.Render(title)), lines...)
		}
	}
	list("Not possible with this token:", t.Danger, model.AbilityNo)
	list("Not known whether it is possible:", t.Warning, model.AbilityUnknown)
	list("Possible with this token:", t.Good, model.AbilityYes)
	list("Not tried; only the change itself shows it:", t.Heading, model.AbilityUntried)
	return out
}

// warnings are those that no list below has.
func (d accessDialog) warnings() []string {
	missing := d.access.Missing()
	return slices.DeleteFunc(slices.Clone(d.access.Warnings), func(w string) bool {
		return slices.ContainsFunc(missing, func(x model.Ability) bool { return strings.Contains(w, x.Permission) })
	})
}

// abilities are those of one state: what they are needed for, then by name.
// Those needed for one thing are adjacent.
func (d accessDialog) abilities(state model.AbilityState, width int) []string {
	t := d.theme
	var out, needs []string
	names := map[string][]string{}
	for _, x := range d.access.Abilities {
		if x.State != state {
			continue
		}
		need := x.Needs
		if x.Why != "" {
			need += " (" + x.Why + ")"
		}
		if _, ok := names[need]; !ok {
			needs = append(needs, need)
		}
		names[need] = append(names[need], x.Permission)
	}
	for _, need := range needs {
		out = append(out, widget.Item("  - ", t.Text, t.Clean(need), width)...)
		out = append(out, widget.Item("    ", t.Muted, t.Clean(strings.Join(names[need], ", ")), width)...)
	}
	return out
}
