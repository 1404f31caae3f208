package plan

import "github.com/romm-admin/romm-admin/model"

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
