package users

import (
	"fmt"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

type action = keys.Action[Screen, screen.Effect]

// actions is the screen's registry, most useful first.
func actions() []action {
	out := append(append(writes(), switches()...), linking()...)
	out = append(out, readActions()...)
	out = append(out, views()...)
	out = append(out, toggles()...)
	out = append(out, selecting()...)
	return append(out, moves()...)
}

// writes are the actions on addresses and pins. Each is about the selected
// people, or else about the one under the cursor.
func writes() []action {
	return []action{
		{
			Info: keys.Info{
				ID: "users.set-email", Title: "set e-mail", Help: "set this person's e-mail address in RomM; of several, to Authentik's",
				Keys: []string{"e"}, Dangerous: true,
				Command: "romm-admin users set-email USER ADDRESS",
			},
			Enabled: canSetEmail, Same: sameSetEmail,
			Run: func(s Screen) (Screen, screen.Effect) {
				if s.picks.count > 1 {
					return s, screen.Want(matchEmails().request(s.targets()))
				}
				return s, screen.Want(screen.OpenReq{Overlay: s.emailPrompt(s.targets()[0])})
			},
		},
		{
			Info: keys.Info{
				ID: "users.set-idp-email", Title: "set Authentik e-mail", Help: "set this person's e-mail address in Authentik; of several, to RomM's",
				Keys: []string{"E"}, Dangerous: true,
				Command: "romm-admin users set-email USER ADDRESS --side authentik",
			},
			Enabled: canSetIDPEmail, Same: sameSetIDPEmail,
			Run: func(s Screen) (Screen, screen.Effect) {
				if s.picks.count > 1 {
					return s, screen.Want(matchIdentities().request(s.targets()))
				}
				return s, screen.Want(screen.OpenReq{Overlay: idpEmailPrompt(s.theme, s.data.Review, s.targets()[0])})
			},
		},
		{
			Info: keys.Info{
				ID: "users.verify", Title: "verify", Help: "vouch for the address that Authentik has, so that RomM accepts it",
				Keys: []string{"v"}, Dangerous: true, Command: "romm-admin users verify USER...",
			},
			Enabled: writable, Same: same("users verify", identityName),
			Run: run(trust()),
		},
		{
			Info: keys.Info{
				ID: "users.pin", Title: "pin", Help: "pin this person to a RomM account, or take the pin away",
				Keys: []string{"p"}, Dangerous: true, Command: "romm-admin users pin USER ACCOUNT",
			},
			Enabled: writable, Same: samePin,
			Run: Screen.pin,
		},
		{
			Info: keys.Info{
				ID: "users.fix", Title: "fix all safe ones", Help: "set every RomM address that surely is wrong to Authentik's verified one",
				Keys: []string{"F"}, Dangerous: true, Footer: 2, Command: "romm-admin users fix",
			},
			Enabled: func(s Screen) (bool, string) {
				why := s.data.WriteBlocked()
				return why == "", why
			},
			Run: func(s Screen) (Screen, screen.Effect) {
				return s, screen.Want(screen.PlanReq{Title: "fix all safe ones", Make: plan.SafeFixes})
			},
		},
	}
}

// switches are the actions on accounts.
func switches() []action {
	return []action{
		{
			Info: keys.Info{
				ID: "users.disable", Title: "disable", Help: "disable the RomM account, so that nobody gets in with it",
				Keys: []string{"x"}, Dangerous: true, Command: "romm-admin users disable USER...",
			},
			Enabled: writable, Same: same("users disable", localName),
			Run: run(enable(false)),
		},
		{
			Info: keys.Info{
				ID: "users.enable", Title: "enable", Help: "enable the RomM account again",
				Keys: []string{"o"}, Dangerous: true, Command: "romm-admin users enable USER...",
			},
			Enabled: writable, Same: same("users enable", localName),
			Run: run(enable(true)),
		},
		{
			Info: keys.Info{
				ID: "users.apply-role", Title: "apply role", Help: "write the role now that the next login would write",
				Keys: []string{"A"}, Dangerous: true, Command: "romm-admin users apply-role USER...",
			},
			Enabled: writable, Same: same("users apply-role", localName),
			Run: run(applyRole()),
		},
	}
}

// readActions are the actions that look closer at somebody and write nothing.
func readActions() []action {
	return []action{
		{
			Info: keys.Info{
				ID: "users.simulate", Title: "simulate",
				Help: "say step by step what the next login does; can ask Authentik instead of predicting",
				Keys: []string{"S"}, Command: "romm-admin simulate USER...",
			},
			Enabled: canSimulate, Same: same("simulate", identityName),
			Run: Screen.simulate,
		},
		{
			Info: keys.Info{
				ID: "users.simulate-all", Title: "simulate all",
				Help: "say what everybody's next login does; can ask Authentik instead of predicting",
				Keys: []string{"W"}, Command: "romm-admin simulate --all",
			},
			Enabled: func(s Screen) (bool, string) { return s.data.Review != nil, "nothing has been read yet" },
			Run:     func(s Screen) (Screen, screen.Effect) { return s, s.openSimulation(nil, false) },
		},
		{
			Info: keys.Info{ID: "users.read", Title: "read all", Help: "read all that is known of this person", Keys: []string{"enter"}},
			Enabled: func(s Screen) (bool, string) {
				_, ok := s.Selected()
				return ok, "nobody is listed"
			},
			Run: func(s Screen) (Screen, screen.Effect) {
				return s, screen.Want(screen.OpenReq{Overlay: s.reader()})
			},
		},
	}
}

func run(j job) func(Screen) (Screen, screen.Effect) {
	return func(s Screen) (Screen, screen.Effect) {
		return s, screen.Want(j.request(s.targets()))
	}
}

// views are the actions on what is shown.
func views() []action {
	return []action{
		{
			Info: keys.Info{
				ID: "users.filter", Title: "filter",
				Help: "find people by words, or by is:mismatch, is:unverified, is:stuck, role:admin, group:NAME, type:service_account, last:>30d; ! turns a term round",
				Keys: []string{"/"}, Footer: 1,
			},
			Run: func(s Screen) (Screen, screen.Effect) {
				s.Filter = s.Filter.Open(s.theme)
				return s, screen.Effect{}
			},
		},
		{
			Info: keys.Info{ID: "users.clear-filter", Title: "clear", Help: "show everybody again; then, select nobody", Keys: []string{"esc"}},
			Enabled: func(s Screen) (bool, string) {
				return s.Filter.Text() != "" || s.picks.count > 0, "no filter is set and nobody is selected"
			},
			Run: func(s Screen) (Screen, screen.Effect) {
				if s.Filter.Text() == "" {
					s.picks = picks{}
					return s, screen.Effect{}
				}
				s.Filter = widget.Filter{}
				return s.narrowed(), screen.Effect{}
			},
		},
		widget.SortAction(ID, func(s Screen) widget.Picker { return s.Sort.Picker(s.theme, ID, columns()) }),
		{
			Info:    keys.Info{ID: "users.copy", Title: "copy", Help: "copy a name, an address or a link to a web page", Keys: []string{"y"}},
			Enabled: func(s Screen) (bool, string) { return s.List.Len() > 0, "nobody is listed" },
			Run: func(s Screen) (Screen, screen.Effect) {
				p, _ := s.Selected()
				return s, screen.Want(screen.OpenReq{Overlay: s.copyPicker(p)})
			},
		},
		{
			Info: keys.Info{
				ID: "users.detail", Title: "details", Help: "show the whole chain from the address to RomM's answer",
				Keys: []string{"d"},
			},
			Run: func(s Screen) (Screen, screen.Effect) {
				s.detail = !s.detail
				return s.resized(), screen.Effect{}
			},
		},
	}
}

// toggles are the actions on who is listed at all.
func toggles() []action {
	return []action{
		{
			Info: keys.Info{
				ID: "users.service-accounts", Title: "service accounts", Help: "take in Authentik's service accounts, or leave them out",
				Keys: []string{"b"}, Command: "romm-admin users list --service-accounts",
			},
			Enabled: func(s Screen) (bool, string) {
				switch {
				case s.data.Review == nil:
					return false, "nothing has been read yet"
				case s.data.Applying:
					return false, "a change is being written"
				}
				return true, ""
			},
			Run: func(s Screen) (Screen, screen.Effect) {
				return s, screen.Want(screen.TakeInReq{ServiceAccounts: !s.data.ServiceAccounts})
			},
		},
		{
			Info: keys.Info{
				ID: "users.inactive", Title: "inactive", Help: "hide people who are inactive in Authentik, or show them",
				Keys: []string{"i"}, Command: "romm-admin users list --active",
			},
			Enabled: func(s Screen) (bool, string) { return s.listing.review != nil, "nothing has been read yet" },
			Run: func(s Screen) (Screen, screen.Effect) {
				s.active = !s.active
				return s.relist(s.data.Review)
			},
		},
	}
}

// copyPicker offers what can be copied about a person: names, addresses, keys
// and the links to both web pages.
func (s Screen) copyPicker(p model.Pair) widget.Picker {
	var choices []widget.Choice
	add := func(what, text string) {
		if text != "" {
			choices = append(choices, widget.Choice{ID: text, Label: model.Untrusted(theme.Escape(text)), Note: what})
		}
	}
	if id := p.Identity; id != nil {
		add("Authentik e-mail", id.Email.Raw())
		add("Authentik user", id.Username.Raw())
		add("Authentik uid", id.UID)
		if base := s.data.Links.Authentik; base != "" {
			add("Authentik page", fmt.Sprintf("%s/if/admin/#/identity/users/%d", base, id.PK))
		}
	}
	if u := p.Local; u != nil {
		add("RomM e-mail", u.Email.Raw())
		add("RomM user", u.Username.Raw())
		if base := s.data.Links.RomM; base != "" {
			add("RomM page", base+"/administration")
		}
	}
	return widget.NewPicker(s.theme, widget.Picker{
		Title: "Copy", Choices: choices, Empty: "There is nothing to copy.",
		About: []string{"It goes to the clipboard of your terminal, if that allows it, and is shown."},
		Choose: func(c widget.Choice) (screen.Effect, error) {
			return screen.Want(screen.CloseReq{}, screen.CopyReq{Text: c.ID}), nil
		},
	}, "")
}

// selecting are the actions that choose several people.
func selecting() []action {
	somebody := func(s Screen) (bool, string) { return s.List.Len() > 0, "nobody is listed" }
	pick := func(id, title, help string, f func(Screen) Screen, names ...string) action {
		return action{
			Info: keys.Info{ID: "users." + id, Title: title, Help: help, Keys: names}, Enabled: somebody,
			Run: func(s Screen) (Screen, screen.Effect) { return f(s), screen.Effect{} },
		}
	}
	out := []action{
		pick("select", "select", "select this person, or no longer, and go to the next", Screen.toggle, "space"),
		pick("select-down", "select down", "select this person and the next", func(s Screen) Screen { return s.extend(1) }, "shift+down", "J"),
		pick("select-up", "select up", "select this person and the previous", func(s Screen) Screen { return s.extend(-1) }, "shift+up", "K"),
		pick("select-range", "select range", "select everybody from the last one selected to here", Screen.selectRange, "V"),
		pick("select-all", "select all", "select all that the filter leaves, or none of them", Screen.everybody, "*"),
	}
	out[0].Footer = 3
	return out
}

func moves() []action {
	words := widget.MoveWords{Down: "next person", Up: "previous person", Top: "first person", Bottom: "last person"}
	return widget.Moves(ID, words, func(s Screen, f func(widget.List) widget.List) Screen {
		s.List = f(s.List)
		return s
	})
}

// writable says whether anything can be written about the targets.
func writable(s Screen) (bool, string) {
	if why := s.data.WriteBlocked(); why != "" {
		return false, why
	}
	if _, ok := s.Selected(); !ok && s.picks.count == 0 {
		return false, "no person is selected"
	}
	return true, ""
}

func canSetEmail(s Screen) (bool, string) {
	if ok, why := writable(s); !ok {
		return false, why
	}
	if s.picks.count > 1 {
		return true, ""
	}
	if p := s.targets()[0]; p.Local == nil {
		return false, fmt.Sprintf("%s has no RomM account yet, so there is no address to set", s.theme.Clean(p.Username().Raw()))
	}
	return true, ""
}

func canSetIDPEmail(s Screen) (bool, string) {
	if ok, why := writable(s); !ok {
		return false, why
	}
	if s.picks.count > 1 {
		return true, ""
	}
	if p := s.targets()[0]; p.Identity == nil {
		return false, fmt.Sprintf("%s has no Authentik user, so there is no address to set", s.theme.Clean(p.Username().Raw()))
	}
	return true, ""
}
