package plan

import (
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// crossed finds, among these accounts, those that carry the address of another
// one's owner, such as two with swapped addresses: the Authentik user of the same
// name, by account. It goes by usernames only where the account whose owner's
// address is given up is among them too, for somebody chose both; a pin is never
// passed over (S14).
func (p people) crossed(ids []int64) map[int64]*model.Identity {
	named := make(map[string]bool, len(ids))
	for _, id := range ids {
		if pair := p.byAccount[id]; pair != nil {
			named[nameKey(pair.Local.Username)] = true
		}
	}
	owners := p.owners()
	out := map[int64]*model.Identity{}
	givenUp := map[int64]bool{} // keys of the Authentik users
	for _, id := range ids {
		pair := p.byAccount[id]
		if pair == nil || pair.Basis != model.BasisEmail {
			continue
		}
		account, user := nameKey(pair.Local.Username), nameKey(pair.Identity.Username)
		if own := owners[account]; own != nil && account != user && named[user] {
			out[id], givenUp[pair.Identity.PK] = own, true
		}
	}
	for _, id := range ids {
		if pair := p.byAccount[id]; pair != nil && pair.Identity == nil {
			if own := owners[nameKey(pair.Local.Username)]; own != nil && givenUp[own.PK] {
				out[id] = own
			}
		}
	}
	return out
}

// Crossing says, of an account that squats, what settles it.
type Crossing struct {
	Owner   *model.Identity  // whose the account is by its name; nil if nobody is called so
	Account *model.LocalUser // that should have the address that it carries; nil if there is none
}

// CrossingOf is the crossing of a row; all is nil where none squats.
func CrossingOf(r *model.Review, p model.Pair) Crossing { return peopleOf(r).crossing(p) }

func (p people) crossing(row model.Pair) Crossing {
	if !row.Squats() {
		return Crossing{}
	}
	out := Crossing{Owner: p.owners()[nameKey(row.Local.Username)]}
	for i, u := range p.r.World.Locals {
		if nameKey(u.Username) == nameKey(row.Identity.Username) {
			out.Account = &p.r.World.Locals[i]
		}
	}
	return out
}

// squats says of an account that was chosen without the other one what to do.
func (p people) squats(row model.Pair) error {
	how := "set another address for it"
	switch c := p.crossing(row); {
	case c.Account == nil:
	case c.Owner == nil:
		how = fmt.Sprintf("set another address for it, and %s then gets its own", c.Account.Username)
	default:
		how = fmt.Sprintf("choose the account %s too, so that both get their own", c.Account.Username)
	}
	return &model.Error{
		Code: model.CodeInvalid, Hint: "romm-admin users set-email " + model.ShellWord(row.Local.Username, decimal(row.Local.ID).Raw()) + " ADDRESS sets any other address",
		Msg: fmt.Sprintf("the account %s carries the address of Authentik's %s: %s", row.Local.Username, row.Identity.Username, how),
	}
}

// owners are the Authentik users by the key of their name, without those that
// are pinned to an account and those that share a name but for letter case.
func (p people) owners() map[string]*model.Identity {
	out := make(map[string]*model.Identity, len(p.byPK))
	seen := make(map[string]bool, len(p.byPK))
	for _, pair := range p.byPK {
		k := nameKey(pair.Identity.Username)
		switch {
		case seen[k]:
			delete(out, k)
		case pair.Basis != model.BasisPin:
			out[k] = pair.Identity
		}
		seen[k] = true
	}
	return out
}

func nameKey(name model.Untrusted) string {
	k, _ := model.UsernameKey(name)
	return k
}
