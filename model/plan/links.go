package plan

import (
	"context"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// Unlink builds the plan that removes the links of these RomM accounts: their
// next logins are matched by address again, and linked anew (docs/romm.md row
// 23).
func Unlink(ctx context.Context, r *model.Review, ids ...int64) (Draft, error) {
	var b batch
	err := b.eachAccount(ctx, peopleOf(r), ids, func(p *model.Pair) error {
		c, err := linkChange(*p.Local, model.Unlinked(), "without a link the address decides whose account it is")
		if err != nil {
			return err
		}
		b.add(c)
		return nil
	})
	if err != nil {
		return Draft{}, err
	}
	changes := b.Plan.Changes
	b.Plan.Title, b.Plan.Command = fmt.Sprintf("unlink %d RomM accounts", len(changes)), commandFor("romm-admin users unlink", changes)
	if len(changes) == 1 {
		b.Plan.Title = fmt.Sprintf("unlink the RomM account %s", changes[0].Label)
	}
	return b.finish(&model.Error{Code: model.CodeNothing, Msg: "nothing to unlink", Hint: "these accounts are linked to nobody"})
}

// LinkTo builds the plan that links a RomM account to an Authentik user, who then
// signs in there whatever the addresses say (docs/romm.md row 21). A link of the
// same user at another account has to go first: RomM keeps one of each.
func LinkTo(r *model.Review, account, pk int64) (Plan, error) {
	p, ok := peopleOf(r).byPK[pk]
	if !ok {
		return Plan{}, notInAuthentik(pk)
	}
	u, ok := r.Account(account)
	if !ok {
		return Plan{}, noAccount(account)
	}
	to, err := r.World.Provider.LinkOf(*p.Identity)
	if err != nil {
		return Plan{}, err
	}
	c, err := linkChange(u, to, fmt.Sprintf("this is the account of Authentik's %s", p.Identity.Username))
	if err != nil {
		return Plan{}, err
	}
	out := Plan{
		Title:   fmt.Sprintf("link the RomM account %s to Authentik's %s", u.Username, p.Identity.Username),
		Command: "romm-admin users link " + model.ShellWord(u.Username, decimal(account).Raw()) + " " + model.ShellWord(p.Identity.Username, decimal(pk).Raw()),
	}
	for _, other := range r.World.Locals {
		if other.ID != account && other.Link == to {
			free, err := linkChange(other, model.Unlinked(), fmt.Sprintf("RomM has linked Authentik's %s to this account until now", p.Identity.Username))
			if err != nil {
				return Plan{}, err
			}
			out.Changes = append(out.Changes, free)
		}
	}
	out.Changes = append(out.Changes, c)
	return out, nil
}

// linkChange sets the link of an account.
func linkChange(u model.LocalUser, to model.OIDCLink, reason string) (Change, error) {
	if !u.Link.Known {
		return Change{}, &model.Error{
			Code: model.CodeRefused, Rule: string(RuleCannotBeWritten), Msg: fmt.Sprintf("whom RomM has linked the account %s to is not known", u.Username),
			Hint: "links stand in RomM's own database alone: set ROMM_DB_DRIVER and DB_HOST, DB_NAME, DB_USER, DB_PASSWD as RomM has them; RomM before 5.4 has no links",
		}
	}
	c := Change{
		Kind: ChangeLink, Side: SideRomM, Object: decimal(u.ID).Raw(), Label: u.Username,
		Before: linkText(u.Link), After: linkText(to), Reason: reason,
	}
	if c.Before == c.After {
		return c, alreadySo("the account %s is linked to %s already", u.Username, u.Link)
	}
	return c, nil
}
