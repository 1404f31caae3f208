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

// emailPrompt asks for the address of an account. It starts with the one that
// Authentik sends, because that is what RomM will look for.
func (s Screen) emailPrompt(p model.Pair) widget.Prompt {
	t, r, id := s.theme, s.data.Review, p.Local.ID
	value := p.Local.Email.Raw()
	about := []string{"RomM links a login to an account by this address alone."}
	switch {
	case p.Identity == nil:
		about = append(about, "No Authentik user belongs to this account.")
	case p.Identity.Email == "":
		about = append(about, "Authentik has no address for this person.")
	case p.Squats():
		var more []string
		value, more = s.squatAbout(p)
		about = append(about, more...)
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
		draft, err := plan.LocalEmail(r, id, v)
		if err != nil {
			return screen.Effect{}, fmt.Errorf("cannot set it: %w", err)
		}
		return screen.Want(screen.PreviewReq{Plan: draft}), nil
	})
}

// squatAbout says whose the address is that an account carries, and how both get
// their own. The prompt begins with the address of the account's own user.
func (s Screen) squatAbout(p model.Pair) (value string, about []string) {
	name := func(u model.Untrusted) string { return theme.Escape(u.Raw()) }
	about = []string{fmt.Sprintf("The account carries the address of Authentik's %s.", name(p.Identity.Username))}
	c := plan.CrossingOf(s.data.Review, p)
	if c.Owner != nil {
		value = c.Owner.Email.Raw()
		about = append(about, fmt.Sprintf("For %s Authentik sends %s.", name(c.Owner.Username), orNone(c.Owner.Email)))
	}
	if c.Owner != nil && c.Account != nil {
		about = append(about, fmt.Sprintf("To give %s and %s their own addresses in one plan, leave this with %s, select both with %s and press %s.",
			name(p.Local.Username), name(c.Account.Username), keys.Name(s.theme, "esc"), s.key("select"), s.key("set-email")))
	}
	return value, about
}

// idpEmailPrompt asks for the address of an Authentik user. It starts with the
// one that RomM has.
func idpEmailPrompt(t *theme.Theme, r *model.Review, p model.Pair) widget.Prompt {
	pk := p.Identity.PK
	value := p.Identity.Email.Raw()
	about := []string{"Authentik sends this address at the next login. Other applications get it too."}
	if p.Local != nil && p.Local.HasEmail() {
		value = p.Local.Email.Raw()
		about = append(about, fmt.Sprintf("RomM has %s.", theme.Escape(value)))
	} else {
		about = append(about, "RomM has no address for this person.")
	}
	about = append(about, "Authentik has "+orNone(p.Identity.Email)+" now.")
	title := "Authentik e-mail of " + theme.Escape(p.Identity.Username.Raw())
	return widget.NewPrompt(t, title, value, about, func(v string) (screen.Effect, error) {
		draft, err := plan.IDPEmail(r, pk, v)
		if err != nil {
			return screen.Effect{}, fmt.Errorf("cannot set it: %w", err)
		}
		return screen.Want(screen.PreviewReq{Plan: draft}), nil
	})
}
