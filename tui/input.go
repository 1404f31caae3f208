package tui

import (
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/screen/history"
	"github.com/romm-admin/romm-admin/tui/screen/roles"
	"github.com/romm-admin/romm-admin/tui/screen/users"
	"github.com/romm-admin/romm-admin/tui/widget"
)

type action = keys.Action[App, appEffect]

// appEffect is what a global action wants; quit ends the program.
type appEffect struct {
	screen.Effect
	quit bool
}

func want(i ...screen.Intent) appEffect { return appEffect{Effect: screen.Want(i...)} }

// globals are the actions that work on every screen.
func globals(screens []screen.Screen) []action {
	goTo := func(i int) func(App) (App, appEffect) {
		return func(a App) (App, appEffect) {
			a.active = (i + len(a.screens)) % len(a.screens)
			return a, appEffect{}
		}
	}
	var out []action
	for i, s := range screens {
		out = append(out, action{
			Info: keys.Info{ID: string(s.ID()), Title: string(s.ID()), Help: s.Purpose(), Keys: []string{number(s.ID())}},
			Run:  goTo(i),
		})
	}
	return append(out, []action{
		{
			Info: keys.Info{ID: "next-screen", Title: "next screen", Help: "next screen", Keys: []string{"tab"}, Footer: 6},
			Run:  func(a App) (App, appEffect) { return goTo(a.active + 1)(a) },
		},
		{
			Info: keys.Info{ID: "previous-screen", Title: "previous screen", Help: "previous screen", Keys: []string{"shift+tab"}},
			Run:  func(a App) (App, appEffect) { return goTo(a.active - 1)(a) },
		},
		{
			Info: keys.Info{ID: "reload", Title: "reload", Help: "read RomM and Authentik again", Keys: []string{"r"}, Footer: 5},
			Enabled: func(a App) (bool, string) {
				if a.data.Applying {
					return false, "a change is being written"
				}
				return true, ""
			},
			Run: func(a App) (App, appEffect) { return a, want(screen.ReloadReq{}) },
		},
		{
			Info: keys.Info{
				ID: "undo", Title: "undo", Help: "undo the last plan of this session, as a new plan", Keys: []string{"ctrl+z"}, Dangerous: true,
				Command: "romm-admin history undo N",
			},
			Enabled: canUndo, Same: sameUndo,
			Run: func(a App) (App, appEffect) { return a, want(a.undoReq()) },
		},
		{
			Info:    keys.Info{ID: "notes", Title: "notes", Help: "read all notes about both systems", Keys: []string{"n"}},
			Enabled: func(a App) (bool, string) { return len(a.notes()) > 0, "there are no notes" },
			Run:     func(a App) (App, appEffect) { return a, want(screen.OpenReq{Overlay: a.notesOverlay()}) },
		},
		{
			Info: keys.Info{ID: "palette", Title: "actions", Help: "find an action by what it does", Keys: []string{":"}, Footer: 7},
			Run:  func(a App) (App, appEffect) { return a, want(screen.OpenReq{Overlay: a.palette()}) },
		},
		{
			Info:    keys.Info{ID: "errors", Title: "errors", Help: "read the errors of this session again", Keys: []string{"L"}},
			Enabled: func(a App) (bool, string) { return len(a.problems) > 0, "there were no errors" },
			Run:     func(a App) (App, appEffect) { return a, want(screen.OpenReq{Overlay: a.problemsOverlay()}) },
		},
		draftsAction(),
		accessAction(),
		{
			Info: keys.Info{ID: "redraw", Title: "redraw", Help: "draw the whole screen again, when something else has written on it", Keys: []string{"ctrl+l"}},
			Run:  func(a App) (App, appEffect) { return a, want(screen.RedrawReq{}) },
		},
		{
			Info: keys.Info{ID: "mouse", Title: "mouse", Help: "use the mouse here, or leave it to the terminal to select text", Keys: []string{"M"}},
			Run: func(a App) (App, appEffect) {
				a.mouse = !a.mouse
				text := "the mouse is left to the terminal"
				if a.mouse {
					text = "the mouse moves the cursor here; shift selects text in most terminals"
				}
				a.toast = a.note(screen.LevelInfo, text, "")
				return a, appEffect{}
			},
		},
		{
			Info: keys.Info{ID: "help", Title: "help", Help: "show all keys of this screen", Keys: []string{"?"}, Footer: 8, Pinned: true},
			Run:  func(a App) (App, appEffect) { return a, want(screen.OpenReq{Overlay: a.helpOverlay()}) },
		},
		{
			Info: keys.Info{ID: "quit", Title: "quit", Help: "leave; in a dialog, go back", Keys: []string{"q"}, Footer: 9, Pinned: true},
			Enabled: func(a App) (bool, string) {
				return !a.data.Applying, "a change is being written"
			},
			Run: func(a App) (App, appEffect) { return a, appEffect{quit: true} },
		},
	}...)
}

// key names the first key of a global action; without one, that of the palette
// where it can be found.
func (a App) key(id string) string {
	k := keys.KeyOf(a.globals, id)
	if k == "" {
		k = keys.KeyOf(a.globals, "palette")
	}
	return keys.Name(a.theme, k)
}

// number is the key of a screen. Every screen keeps its own, whatever others
// there are.
func number(id screen.ID) string {
	switch id {
	case users.ID:
		return "1"
	case roles.ID:
		return "2"
	case history.ID:
		return "5"
	default:
		return ""
	}
}

func canUndo(a App) (bool, string) {
	if why := a.data.WriteBlocked(); why != "" {
		return false, why
	}
	return a.last != nil, "nothing was changed yet in this session"
}

// undoReq undoes the last plan of this session.
func (a App) undoReq() screen.PlanReq {
	made, command := *a.last, sameUndo(a)
	return screen.PlanReq{Title: "undo: " + made.Title, Make: func(_ context.Context, r *model.Review) (plan.Draft, error) {
		p := plan.Inverse(r, made)
		p.Command = command
		return plan.Draft{Plan: p}, nil
	}}
}

// sameUndo is the command that undoes the same plan; "" when it has no id.
func sameUndo(a App) string {
	if a.lastID == "" {
		return ""
	}
	return "romm-admin history undo --plan " + model.ShellWord(model.Untrusted(a.lastID), "")
}

// pressed routes a key: leaving first, then the top dialog, then text being
// typed, then global actions, then the screen.
func (a App) pressed(msg tea.KeyPressMsg) (App, tea.Cmd) {
	if msg.Code == tea.KeyEscape && msg.Mod == tea.ModAlt { // what two quick presses of esc arrive as
		msg.Mod = 0
	}
	key := msg.String()
	if key == "ctrl+c" {
		return a.interrupt()
	}
	if redraw, ok := keys.Find(a.globals, "redraw"); ok && msg.Text == "" && slices.Contains(redraw.Keys, key) {
		return a, tea.ClearScreen // over dialogs and prompts too
	}
	a.leaving = false
	if a.tooSmall() { // nothing may happen that cannot be seen
		if key == "q" && !a.data.Applying {
			return a.quit()
		}
		return a, nil
	}
	noted := a.toast.shown()
	a = a.dropReadNote()
	if len(a.overlays) > 0 {
		return a.toOverlay(msg)
	}
	if a.screens[a.active].Capturing() {
		return a.toScreen(a.active, msg)
	}
	if key == "esc" && noted { // what it takes away must not depend on how old the note is
		a.toast = toast{}
		return a, nil
	}
	next, effect, found, reason := keys.Dispatch(a.globals, a, msg)
	switch {
	case !found:
		return a.toScreen(a.active, msg)
	case reason != "":
		a.toast = a.note(screen.LevelInfo, reason, "")
		return a, nil
	case effect.quit:
		return next.quit()
	}
	return next.carryOut(effect.Effect)
}

// interrupt is ctrl+c: it always leaves, but not in the middle of a change
// without a second press.
func (a App) interrupt() (App, tea.Cmd) {
	if a.data.Applying && !a.leaving {
		a.leaving = true
		a.toast = a.note(screen.LevelError, "a change is being written; ctrl+c again leaves without waiting for it",
			"its outcome will be in the journal")
		return a, nil
	}
	edited := slices.ContainsFunc(a.overlays, func(o screen.Overlay) bool { // below a preview too
		p, ok := o.(widget.Prompt)
		return ok && p.Edited()
	})
	if edited && !a.leaving {
		a.leaving = true
		a.toast = a.note(screen.LevelInfo, "what you typed is not saved; ctrl+c again leaves", "").of(aboutUnsaved)
		return a, nil
	}
	return a.quit()
}

// quit cancels what still runs.
func (a App) quit() (App, tea.Cmd) {
	for _, t := range []task{a.load, a.ask.task, a.apply, a.log, a.token} {
		if t.cancel != nil {
			t.cancel()
		}
	}
	return a, tea.Quit
}

// notes are the facts about the whole that a person should know.
func (a App) notes() []model.Note {
	if a.data.Review == nil {
		return nil
	}
	return a.data.Review.Notes
}

func (a App) tooSmall() bool {
	return a.size.Width < minWidth || a.size.Height < minHeight
}

// The smallest terminal that the screens are drawn on, in cells.
const (
	minWidth  = 60
	minHeight = 15
)

func smallScreen(s screen.Area, quit string) string {
	return "This window is too small.\n" +
		fmt.Sprintf("It has %d x %d, romm-admin needs %d x %d.\n", s.Width, s.Height, minWidth, minHeight) +
		"Make it larger, or press " + quit + " to quit."
}
