package tui_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// screens are the keys that open each screen.
func screens() []string { return []string{"1", "2", "5"} }

func TestNoKeyHasTwoMeanings(t *testing.T) {
	t.Parallel()
	for _, open := range screens() {
		d, _ := start(t)
		owner := map[string]string{}
		ids := map[string]bool{}
		for _, it := range d.Press(open).App().Actions() {
			if ids[it.ID] || len(it.Keys) == 0 || it.Help == "" || strings.HasSuffix(it.Help, ".") {
				t.Errorf("%s: registered twice, or without key or help, or its help ends in a full stop", it.ID)
			}
			ids[it.ID] = true
			for _, k := range it.Keys {
				if other, taken := owner[k]; taken {
					t.Errorf("screen %s: %q is both %s and %s", open, k, other, it.ID)
				}
				owner[k] = it.ID
				if slices.Contains([]string{"ctrl+a", "ctrl+b", "ctrl+s", "ctrl+q", "ctrl+c"}, k) {
					t.Errorf("%s is on %s, which multiplexers, flow control or quitting take", it.ID, k)
				}
			}
		}
	}
}

// proves that nothing writes before its plan was seen: every dangerous action
// opens a dialog, and enter alone never gets further than its preview.
func TestDangerousActionsOpenAPreview(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, open := range screens() {
		d, _ := start(t)
		for _, it := range d.Press(open).App().Actions() {
			if !it.Dangerous || it.ID == "undo" { // see TestUndoTakesTheLastPlanBack
				continue
			}
			for _, k := range it.Keys {
				checked++
				d, c := past(t)
				switch it.ID {
				case "history.resume":
					d.Press(open, "g")
				case "roles.publish":
					w := tuitest.World()
					w.Roles = w.Roles.With(model.RoleRow{Group: tuitest.Night, Role: model.RoleUser})
					c = tuitest.NewConsole(w)
					d = tuitest.New(t, c).Press(open)
				case "roles.bind":
					c = tuitest.NewConsole(rolesToCome())
					d = tuitest.New(t, c).Press(open, "G")
				default:
					d.Press(open, "down")
				}
				d.WantNot("┌").Press(k).Want("┌")
				d.Press("enter", "enter", "enter", "enter", "enter")
				wantApplied(t, c, 0)
			}
			if it.Command == "" {
				t.Errorf("%s has no twin on the command line", it.ID)
			}
		}
	}
	if checked < 5 {
		t.Errorf("only %d dangerous keys found", checked)
	}
}

func TestEveryScreenHasTheGlobalActions(t *testing.T) {
	t.Parallel()
	for _, open := range screens() {
		d, _ := start(t)
		var global []string
		for _, it := range d.Press(open).App().Actions() {
			if it.Scope == keys.Global {
				global = append(global, it.ID)
			}
		}
		for _, id := range []string{"users", "roles", "history", "reload", "help", "quit"} {
			if !slices.Contains(global, id) {
				t.Errorf("screen %s lacks %s", open, id)
			}
		}
	}
	d := tuitest.New(t, tuitest.NewConsole(tuitest.World()))
	d.Press("tab").Want("[2 Roles]").Press("tab").Want("[5 History]").Press("tab").Want("[1 Users]").Press("shift+tab").Want("[5 History]").Press("1").Want("[1 Users]")
}
