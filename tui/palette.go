package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// palette lists every action of the registry, to be found by what it does.
func (a App) palette() widget.Picker {
	var choices []widget.Choice
	items := a.Actions()
	for _, it := range items {
		names := make([]string, len(it.Keys))
		for i, k := range it.Keys {
			names[i] = keys.Name(a.theme, k)
		}
		choices = append(choices, widget.Choice{
			ID: string(it.Scope) + "\n" + it.ID, Label: model.Untrusted(it.Help), Note: strings.Join(names, " "),
			Also: it.Title + "\n" + it.ID + "\n" + it.Command,
		})
	}
	return widget.NewPicker(a.theme, widget.Picker{
		Title: "What do you want to do?", Choices: choices, Filter: true,
		Choose: func(c widget.Choice) (screen.Effect, error) {
			scope, id, _ := strings.Cut(c.ID, "\n")
			for _, it := range items {
				if it.ID == id && it.Reason != "" {
					return screen.Effect{}, &model.Error{Code: model.CodeInvalid, Msg: "not now: " + it.Reason}
				}
			}
			return screen.Want(screen.CloseReq{}, screen.InvokeReq{Scope: screen.ID(scope), Action: id}), nil
		},
	}, "")
}

// invoke runs an action by its id.
func (a App) invoke(req screen.InvokeReq) (App, tea.Cmd) {
	if req.Scope != keys.Global {
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
