package users

import (
	"strconv"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// sameShown is how many people the help names in a command; a plan for more of
// them has the whole command in its preview.
const sameShown = 5

// localName and identityName are what the command line calls somebody, "" when
// there is nothing to call.
func localName(p model.Pair) string {
	if p.Local == nil {
		return ""
	}
	return model.ShellWord(p.Local.Username, strconv.FormatInt(p.Local.ID, 10))
}

func identityName(p model.Pair) string {
	if p.Identity == nil {
		return ""
	}
	return model.ShellWord(p.Identity.Username, strconv.FormatInt(p.Identity.PK, 10))
}

// same is a command about those of the targets who have such a name.
func same(command string, name func(model.Pair) string) func(Screen) string {
	return func(s Screen) string {
		var who []string
		for p := range s.eachTarget() {
			if word := name(p); word != "" {
				who = append(who, word)
			}
			if len(who) > sameShown {
				who[sameShown] = s.theme.Glyphs.Ellipsis
				break
			}
		}
		if len(who) == 0 {
			return ""
		}
		return "romm-admin " + command + " " + strings.Join(who, " ")
	}
}

// sameSetEmail has the address that the prompt begins with: the counterpart's.
func sameSetEmail(s Screen) string {
	if s.picks.count > 1 {
		return same("users fix", localName)(s)
	}
	p, address := s.targets()[0], "ADDRESS"
	from := p.Identity
	if p.Squats() {
		from = plan.CrossingOf(s.data.Review, p).Owner
	}
	if from != nil && from.Email != "" {
		address = model.ShellWord(from.Email, "")
	}
	return same("users set-email", localName)(s) + " " + address
}

func sameSetIDPEmail(s Screen) string {
	if s.picks.count > 1 {
		return "" // there is no command for several
	}
	p, address := s.targets()[0], "ADDRESS"
	if p.Local != nil && p.Local.HasEmail() {
		address = model.ShellWord(p.Local.Email, "")
	}
	return same("users set-email", identityName)(s) + " " + address + " --side authentik"
}

func samePin(s Screen) string {
	if s.picks.count > 1 {
		return ""
	}
	p := s.targets()[0]
	user, account := identityName(p), localName(p)
	if p.Squats() {
		user = "" // somebody else is asked for
	}
	switch {
	case pinned(s.data.Review, p):
		return "romm-admin users unpin " + user
	case user == "":
		user = "USER"
	case account == "":
		account = "ACCOUNT"
	}
	return "romm-admin users pin " + user + " " + account
}
