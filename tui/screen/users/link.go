package users

import (
	"strconv"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// linking are the actions on whom RomM since 5.4 lets into an account.
func linking() []action {
	return []action{
		{
			Info: keys.Info{
				ID: "users.link", Title: "link to a person", Help: "link the RomM account to an Authentik user, who then signs in there whatever the addresses say",
				Keys: []string{"l"}, Dangerous: true, Command: "romm-admin users link ACCOUNT USER",
			},
			Enabled: canLink, Same: sameLink,
			Run: func(s Screen) (Screen, screen.Effect) {
				return s, screen.Want(screen.OpenReq{Overlay: s.linkPicker(s.targets()[0])})
			},
		},
		{
			Info: keys.Info{
				ID: "users.unlink", Title: "unlink", Help: "remove the link of the RomM account, so that the address decides again who gets in",
				Keys: []string{"U"}, Dangerous: true, Command: "romm-admin users unlink ACCOUNT...",
			},
			Enabled: writable, Same: same("users unlink", localName),
			Run: run(job{"unlink", onRomM, plan.Unlink}),
		},
	}
}

func canLink(s Screen) (bool, string) {
	if ok, why := writable(s); !ok {
		return false, why
	}
	switch people := s.targets(); {
	case len(people) > 1:
		return false, "an account is linked to one person: select one"
	case people[0].Local == nil:
		return false, s.theme.Clean(people[0].Username().Raw()) + " has no RomM account that could be linked"
	}
	return true, ""
}

func sameLink(s Screen) string {
	if s.picks.count > 1 {
		return ""
	}
	return same("users link", localName)(s) + " USER"
}

// linkPicker asks who signs in to the account from now on.
func (s Screen) linkPicker(p model.Pair) widget.Picker {
	out, r := s.identityPicker(p), s.data.Review
	out.About = []string{"A link says whom RomM lets into this account, whatever the addresses say, until it is removed. Nobody else gets in then."}
	out.Choose = func(c widget.Choice) (screen.Effect, error) {
		pk, err := strconv.ParseInt(c.ID, 10, 64)
		if err != nil {
			return screen.Effect{}, err
		}
		made, err := plan.LinkTo(r, p.Local.ID, pk)
		if err != nil {
			return screen.Effect{}, err
		}
		return screen.Want(screen.PreviewReq{Plan: made}), nil
	}
	return out
}
