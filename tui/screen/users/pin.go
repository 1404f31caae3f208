package users

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// pin pins or unpins the targets. A person with one side only is asked for the
// other. So is an account that only carries somebody's address: it is not that
// person's by all that is known, so their pair is not what is pinned.
func (s Screen) pin() (Screen, screen.Effect) {
	people := s.targets()
	if len(people) > 1 {
		return s, screen.Want(pinPairs().request(people))
	}
	p := people[0]
	switch {
	case p.Identity == nil || p.Squats():
		return s, screen.Want(screen.OpenReq{Overlay: s.identityPicker(p)})
	case p.Local == nil && !pinned(s.data.Review, p):
		return s, screen.Want(screen.OpenReq{Overlay: s.accountPicker(p)})
	}
	return s, screen.Want(togglePin().request(people))
}

// accountPicker asks which RomM account belongs to an Authentik user. Likely
// ones come first; none is chosen by itself.
func (s Screen) accountPicker(p model.Pair) widget.Picker {
	pk, name := p.Identity.PK, theme.Escape(p.Identity.Username.Raw())
	var all []scored
	for _, q := range s.data.Review.Pairs {
		if q.Local == nil {
			continue
		}
		c := scored{Choice: widget.Choice{ID: strconv.FormatInt(q.Local.ID, 10), Label: q.Local.Username, Note: orNone(q.Local.Email)}}
		if note, score := likeness(s.listing.accounts[pk], q.Local.ID); note != "" {
			c.Note, c.score = note, score
		} else if q.Identity != nil {
			c.Note = "paired with " + theme.Escape(q.Identity.Username.Raw())
		}
		all = append(all, c)
	}
	return s.otherSide("Which RomM account is "+name+"?", "Nobody has a RomM account yet.", byScore(all), func(r *model.Review, id int64) (plan.Plan, error) {
		return plan.Pin(r, pk, id)
	})
}

// identityPicker asks which Authentik user a RomM account belongs to. Likely
// ones come first; none is chosen by itself.
func (s Screen) identityPicker(p model.Pair) widget.Picker {
	id, name := p.Local.ID, theme.Escape(p.Local.Username.Raw())
	var all []scored
	for _, q := range s.data.Review.Pairs {
		if q.Identity == nil {
			continue
		}
		c := scored{Choice: widget.Choice{ID: strconv.FormatInt(q.Identity.PK, 10), Label: q.Identity.Username, Note: orNone(q.Identity.Email)}}
		switch note, score := s.ownerOf(*p.Local, *q.Identity); {
		case q.LocalID() == id: // it squats
			c.Note = "paired by the address that this account carries"
		case note != "":
			c.Note, c.score = note, score
		case q.Local != nil:
			c.Note = "paired with " + theme.Escape(q.Local.Username.Raw())
		}
		all = append(all, c)
	}
	return s.otherSide("Which Authentik user is "+name+"?", "Authentik has no users that this token can see.", byScore(all), func(r *model.Review, pk int64) (plan.Plan, error) {
		return plan.Pin(r, pk, id)
	})
}

// ownerOf is what stands beside an Authentik user who may be the owner of an
// account, and how likely that is: by the username, by the address in a pin whose
// user is gone, then by likeness.
func (s Screen) ownerOf(u model.LocalUser, who model.Identity) (note string, score float64) {
	note, score = likeness(s.listing.likely[u.ID], who.PK)
	if note == "" {
		return "", 0
	}
	ours, _ := model.UsernameKey(u.Username)
	theirs, _ := model.UsernameKey(who.Username)
	if ours == theirs {
		return "likely: the same username", 4
	}
	for _, l := range s.data.Review.World.Pins {
		if l.LocalID == u.ID && model.SameAddress(l.Email, who.Email) {
			return "likely: the account was pinned to a user with this address", 3
		}
	}
	return note, score
}

// scored is a choice with how likely it is.
type scored struct {
	widget.Choice
	score float64
}

// byScore are the choices, the likeliest first.
func byScore(all []scored) []widget.Choice {
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	choices := make([]widget.Choice, len(all))
	for i, c := range all {
		choices[i] = c.Choice
	}
	return choices
}

// otherSide lets one of the choices be pinned; those that are paired come
// last, the likely ones first.
func (s Screen) otherSide(title, empty string, choices []widget.Choice, build func(*model.Review, int64) (plan.Plan, error)) widget.Picker {
	rank := func(c widget.Choice) int {
		switch {
		case strings.HasPrefix(c.Note, "likely"):
			return 0
		case strings.HasPrefix(c.Note, "paired"):
			return 2
		}
		return 1
	}
	slices.SortStableFunc(choices, func(a, b widget.Choice) int { return cmp.Compare(rank(a), rank(b)) })
	r := s.data.Review
	return widget.NewPicker(s.theme, widget.Picker{
		Title: title, Choices: choices, Filter: true, Empty: empty,
		About: []string{"A pin says that both are one person, whatever their names and addresses. RomM itself still links by address."},
		Choose: func(c widget.Choice) (screen.Effect, error) {
			id, err := strconv.ParseInt(c.ID, 10, 64)
			if err != nil {
				return screen.Effect{}, err
			}
			p, err := build(r, id)
			if err != nil {
				return screen.Effect{}, err
			}
			return screen.Want(screen.PreviewReq{Plan: p}), nil
		},
	}, "")
}
