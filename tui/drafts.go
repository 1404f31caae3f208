package tui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// Draft is text that was being typed into a dialog when the console stopped
// unexpectedly. No dialog asks for a secret, so it never holds one.
type Draft struct {
	// ID is the name that Options.Forget knows it by; "" when it is not kept
	// yet.
	ID       string
	Incident string // the crash that it comes from
	Dialog   string // the dialog's title
	Text     string
}

// offerDrafts offers what is kept from an earlier crash.
func (a App) offerDrafts() App {
	a.drafts = a.opts.Drafts
	if len(a.drafts) == 0 {
		return a
	}
	d := a.drafts[len(a.drafts)-1]
	a.toast = a.note(screen.LevelInfo,
		fmt.Sprintf("Kept from incident %s: “%s”, typed into “%s”. It is there again when you open that.", d.Incident, d.Text, d.Dialog),
		keys.KeyOf(a.globals, draftsID)+" lists what is kept, and forgets it").of(aboutDraft)
	return a
}

// open puts an overlay on top. A dialog that was being typed into when the
// console stopped gets back what stood in it; opening it settles the draft,
// whether the text is used then or not.
func (a App) open(o screen.Overlay) (App, tea.Cmd) {
	p, ok := o.(widget.Prompt)
	if !ok {
		return a.push(o), nil
	}
	i := slices.IndexFunc(a.drafts, func(d Draft) bool { return d.Dialog == p.Title })
	if i < 0 {
		return a.push(o), nil
	}
	d := a.drafts[i]
	a = a.dropToast(aboutDraft)
	p.About = append(slices.Clone(p.About), fmt.Sprintf("This was being typed at incident %s.", d.Incident))
	return a.push(p.Refill(d.Text)).forget(d)
}

// forget drops drafts, here and where they are kept.
func (a App) forget(gone ...Draft) (App, tea.Cmd) {
	a.drafts = slices.DeleteFunc(slices.Clone(a.drafts), func(d Draft) bool { return slices.Contains(gone, d) })
	forget := a.opts.Forget
	if forget == nil {
		return a, nil
	}
	return a, func() tea.Msg {
		for _, d := range gone {
			if err := forget(d); err != nil {
				return draftMsg{err: err}
			}
		}
		return nil
	}
}

// draftMsg asks to forget drafts, or says why one could not be removed where
// it is kept.
type draftMsg struct {
	forget []Draft
	err    error
}

func (a App) drafted(msg draftMsg) (App, tea.Cmd) {
	if msg.err != nil {
		a.toast = a.failure("a kept text was not removed: ", msg.err)
		return a, nil
	}
	return a.forget(msg.forget...)
}

const draftsID = "drafts"

// draftsAction lists what is kept.
func draftsAction() action {
	return action{
		Info:    keys.Info{ID: draftsID, Title: "kept texts", Help: "see what was being typed when the console stopped unexpectedly", Keys: []string{"R"}},
		Enabled: func(a App) (bool, string) { return len(a.drafts) > 0, "nothing is kept from an earlier session" },
		Run:     func(a App) (App, appEffect) { return a, want(screen.OpenReq{Overlay: a.draftsPicker()}) },
	}
}

func (a App) draftsPicker() widget.Picker {
	const all = "all"
	choices := []widget.Choice{{ID: all, Label: "forget everything below"}}
	for i, d := range a.drafts {
		choices = append(choices, widget.Choice{ID: fmt.Sprint(i), Label: model.Untrusted(d.Text), Note: d.Dialog})
	}
	drafts := slices.Clone(a.drafts)
	return widget.NewPicker(a.theme, widget.Picker{
		Title:   "Kept from before the console stopped",
		About:   []string{"Each text is in its dialog again when you open that. Here, enter copies one to the clipboard of your terminal."},
		Choices: choices,
		Choose: func(c widget.Choice) (screen.Effect, error) {
			if c.ID == all {
				return screen.Effect{
					Intents: []screen.Intent{screen.CloseReq{}},
					Cmd:     func() tea.Msg { return draftMsg{forget: drafts} },
				}, nil
			}
			return screen.Want(screen.CloseReq{}, screen.CopyReq{Text: c.Label.Raw()}), nil
		},
	}, "0")
}
