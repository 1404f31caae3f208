package users

import (
	"fmt"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

type action = keys.Action[Screen, screen.Effect]

// actions is the screen's registry, most useful first.
func actions() []action {
	out := []action{
		{
			Info: keys.Info{
				ID: "users.set-email", Title: "set e-mail", Help: "set this person's e-mail address in RomM",
				Keys: []string{"e"}, Dangerous: true,
				Command: "romm-admin users set-email USER ADDRESS",
			},
			Enabled: canSetEmail,
			Run: func(s Screen) (Screen, screen.Effect) {
				p, _ := s.Selected()
				return s, screen.Want(screen.OpenReq{Overlay: emailPrompt(s.theme, s.data.Review, p)})
			},
		},
		{
			Info: keys.Info{
				ID: "users.filter", Title: "filter", Help: "find people by name, address, role or problem",
				Keys: []string{"/"}, Footer: 1,
			},
			Run: func(s Screen) (Screen, screen.Effect) {
				s.filter.typing = true
				s.filter.input = widget.NewInput(s.theme, s.filter.text)
				return s, screen.Effect{}
			},
		},
		{
			Info: keys.Info{ID: "users.clear-filter", Title: "clear filter", Help: "show everybody again", Keys: []string{"esc"}},
			Enabled: func(s Screen) (bool, string) {
				return s.filter.text != "", "no filter is set"
			},
			Run: func(s Screen) (Screen, screen.Effect) { return s.clear(), screen.Effect{} },
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
	return append(out, moves()...)
}

func moves() []action {
	move := func(id, help string, f func(widget.List) widget.List, names ...string) action {
		return action{
			Info: keys.Info{ID: "users." + id, Title: id, Help: help, Keys: names},
			Run: func(s Screen) (Screen, screen.Effect) {
				s.list = f(s.list)
				return s, screen.Effect{}
			},
		}
	}
	return []action{
		move("down", "next person", func(l widget.List) widget.List { return l.Move(1) }, "down", "j"),
		move("up", "previous person", func(l widget.List) widget.List { return l.Move(-1) }, "up", "k"),
		move("page-down", "one page down", func(l widget.List) widget.List { return l.Page(1) }, "pgdown", "ctrl+d"),
		move("page-up", "one page up", func(l widget.List) widget.List { return l.Page(-1) }, "pgup", "ctrl+u"),
		move("top", "first person", func(l widget.List) widget.List { return l.Goto(0) }, "home", "g"),
		move("bottom", "last person", func(l widget.List) widget.List { return l.Goto(l.Len() - 1) }, "end", "G"),
	}
}

func canSetEmail(s Screen) (bool, string) {
	if why := s.data.WriteBlocked(); why != "" {
		return false, why
	}
	p, ok := s.Selected()
	if !ok {
		return false, "no person is selected"
	}
	if p.Local == nil {
		return false, fmt.Sprintf("%s has no RomM account yet, so there is no address to set", s.theme.Clean(p.Username().Raw()))
	}
	return true, ""
}

// emailPrompt asks for the address of an account. It starts with the one that
// Authentik sends, because that is what RomM will look for.
func emailPrompt(t *theme.Theme, r *model.Review, p model.Pair) widget.Prompt {
	id := p.Local.ID
	value := p.Local.Email.Raw()
	about := []string{"RomM links a login to an account by this address alone."}
	switch {
	case p.Identity == nil:
		about = append(about, "No Authentik user belongs to this account.")
	case p.Identity.Email == "":
		about = append(about, "Authentik has no address for this person.")
	default:
		value = p.Identity.Email.Raw()
		about = append(about, fmt.Sprintf("Authentik sends %s.", theme.Escape(value)))
	}
	if p.Local.HasEmail() {
		about = append(about, fmt.Sprintf("RomM has %s now.", theme.Escape(p.Local.Email.Raw())))
	} else {
		about = append(about, "RomM has no address for this account now.")
	}
	title := "RomM e-mail of " + theme.Escape(p.Local.Username.Raw())
	return widget.NewPrompt(t, title, value, about, func(v string) (screen.Effect, error) {
		plan, err := r.PlanLocalEmail(id, v)
		if err != nil {
			return screen.Effect{}, fmt.Errorf("cannot set it: %w", err)
		}
		return screen.Want(screen.PreviewReq{Plan: plan}), nil
	})
}
