package tui

import (
	"strconv"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// palette lists every action of the registry, to be found by what it does:
// those of the active screen, the global ones, and what can be done elsewhere.
func (a App) palette() widget.Picker {
	items := a.Actions()
	here := len(items)
	for i, s := range a.screens {
		if i == a.active {
			continue
		}
		for _, it := range s.Actions() {
			if it.Command != "" { // a job of its own, not a move on that screen
				items = append(items, it)
			}
		}
	}
	choices := make([]widget.Choice, len(items))
	for i, it := range items {
		command := it.CommandLine()
		c := widget.Choice{
			ID: strconv.Itoa(i), Label: model.Untrusted(it.Help), Note: it.Names(a.theme), Off: it.Reason != "",
			Also: it.Title + "\n" + it.ID + "\n" + command, Detail: widget.Sentence(it.Help),
		}
		if i >= here {
			c.Note = "on " + a.screenOf(it.Scope).Title()
		}
		switch {
		case it.Reason != "" && i < here:
			c.Detail += " Not now: " + it.Reason + "."
		case command != "":
			c.Detail += " Same as: " + command
		}
		choices[i] = c
	}
	return widget.NewPicker(a.theme, widget.Picker{
		Title: "What do you want to do?", Choices: choices, Filter: true,
		Choose: func(c widget.Choice) (screen.Effect, error) {
			i, err := strconv.Atoi(c.ID)
			if err != nil {
				return screen.Effect{}, err
			}
			it := items[i]
			if it.Reason != "" && i < here {
				return screen.Effect{}, &model.Error{Code: model.CodeInvalid, Msg: "not now: " + it.Reason}
			}
			return screen.Want(screen.CloseReq{}, screen.InvokeReq{Scope: it.Scope, Action: it.ID}), nil
		},
	}, "")
}

// screenOf is the screen whose actions have that scope; the active one when
// there is none.
func (a App) screenOf(scope keys.Scope) screen.Screen {
	for _, s := range a.screens {
		if s.ID() == scope {
			return s
		}
	}
	return a.screens[a.active]
}

// invoke runs an action by its id; for an action of another screen it goes
// there first.
func (a App) invoke(req screen.InvokeReq) (App, tea.Cmd) {
	if req.Scope != keys.Global {
		for i, s := range a.screens {
			if s.ID() == req.Scope {
				a.active = i
			}
		}
		next, effect, reason := a.screens[a.active].Invoke(req.Action)
		if reason != "" {
			a.toast = a.note(screen.LevelInfo, reason, "")
			return a, nil
		}
		return a.withScreen(a.active, next).carryOut(effect)
	}
	next, effect, found, reason := keys.Invoke(a.globals, a, req.Action)
	switch {
	case !found:
		return a, nil
	case reason != "":
		a.toast = a.note(screen.LevelInfo, reason, "")
		return a, nil
	case effect.quit:
		return next.quit()
	}
	return next.carryOut(effect.Effect)
}
