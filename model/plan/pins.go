package plan

import (
	"context"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// Pin builds the plan that ties an Authentik user to a RomM account;
// localID 0 unpins.
func Pin(r *model.Review, pk, localID int64) (Plan, error) {
	p, ok := peopleOf(r).byPK[pk]
	if !ok {
		return Plan{}, notInAuthentik(pk)
	}
	c, err := pinsOf(r).change(*p.Identity, localID)
	if err != nil {
		return Plan{}, err
	}
	name, word := p.Identity.Username, model.ShellWord(p.Identity.Username, decimal(pk).Raw())
	out := Plan{Title: fmt.Sprintf("unpin %s", name), Command: "romm-admin users unpin " + word, Changes: []Change{c}}
	if localID != 0 {
		u, _ := r.Account(localID) // change found it
		out.Title = fmt.Sprintf("pin Authentik's %s to the RomM account %s", name, u.Username)
		out.Command = "romm-admin users pin " + word + " " + model.ShellWord(u.Username, decimal(localID).Raw())
	}
	return out, nil
}

// PinPairs builds the plan that pins these Authentik users to the RomM accounts
// that they pair with.
func PinPairs(ctx context.Context, r *model.Review, pks ...int64) (Draft, error) {
	return pinEach(ctx, r, "pin %d people to the RomM accounts that they pair with", pks, func(*model.Pair) bool { return true })
}

// TogglePins builds the plan that pins these Authentik users to the RomM
// accounts that they pair with, or unpins those who are pinned.
func TogglePins(ctx context.Context, r *model.Review, pks ...int64) (Draft, error) {
	pins := pinsOf(r)
	return pinEach(ctx, r, "unpin or pin %d people", pks, func(p *model.Pair) bool { return !pins.pinned(*p.Identity) })
}

func pinEach(ctx context.Context, r *model.Review, title string, pks []int64, pin func(*model.Pair) bool) (Draft, error) {
	var b batch
	var pk, account int64 // of the last one
	pins := pinsOf(r)
	err := b.eachIdentity(ctx, peopleOf(r), pks, func(p *model.Pair) error {
		to := int64(0)
		if pin(p) {
			if p.Local == nil {
				return &model.Error{Code: model.CodeInvalid, Msg: "no RomM account is paired with this person"}
			}
			if p.Squats() {
				return &model.Error{
					Code: model.CodeInvalid, Msg: fmt.Sprintf("the RomM account %s only carries the address of Authentik's %s", p.Local.Username, p.Identity.Username),
					Hint: "choose it alone, and pin it to whom it belongs",
				}
			}
			to = p.Local.ID
		}
		c, err := pins.change(*p.Identity, to)
		if err != nil {
			return err
		}
		b.add(c)
		pk, account = p.Identity.PK, to
		return nil
	})
	if err != nil {
		return Draft{}, err
	}
	if len(b.Plan.Changes) == 1 {
		b.Plan, err = Pin(r, pk, account)
		return b.Draft, err
	}
	b.Plan.Title = fmt.Sprintf(title, len(b.Plan.Changes))
	return b.finish(nil)
}

// Pinned reports whether the Authentik user is pinned to a RomM account.
func Pinned(r *model.Review, id model.Identity) bool { return pinsOf(r).pinned(id) }

// pins are the pins of a review, indexed.
type pins struct {
	r         *model.Review
	byUID     map[string]int64 // accounts
	byAccount map[int64]string // uids
}

func pinsOf(r *model.Review) pins {
	p := pins{r, make(map[string]int64, len(r.World.Pins)), make(map[int64]string, len(r.World.Pins))}
	for _, l := range r.World.Pins {
		p.byUID[l.UID], p.byAccount[l.LocalID] = l.LocalID, l.UID
	}
	return p
}

func (p pins) pinned(id model.Identity) bool { return p.byUID[id.UID] != 0 }

// change ties the user to the account; 0 unpins.
func (p pins) change(id model.Identity, account int64) (Change, error) {
	c := Change{Kind: ChangePin, Side: SideRoleMap, Object: id.UID, Label: id.Username, Reason: "somebody who knows says that they are one person"}
	if old := p.byUID[id.UID]; old != 0 {
		c.Before = decimal(old)
	}
	if account != 0 {
		u, ok := p.r.Account(account)
		if !ok {
			return c, noAccount(account)
		}
		if uid, taken := p.byAccount[account]; taken && uid != id.UID {
			return c, &model.Error{
				Code: model.CodeConflict, Msg: fmt.Sprintf("the RomM account %s is pinned to somebody else", u.Username),
				Hint: "unpin that person first",
			}
		}
		c.After = decimal(account)
	}
	if c.Before == c.After {
		return c, &model.Error{Code: model.CodeNothing, Msg: "nothing to pin or unpin", Hint: "it is so already"}
	}
	return c, nil
}
