package plan

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// LocalEmail builds the plan that sets the address of one RomM account;
// email == "" clears it. It fails when RomM would refuse the address,
// when nothing would change, or when the address belongs to somebody else.
func LocalEmail(r *model.Review, localID int64, email string) (Plan, error) {
	u, ok := r.Account(localID)
	if !ok {
		return Plan{}, noAccount(localID)
	}
	if err := follows(*peopleOf(r).byAccount[localID]); err != nil {
		return Plan{}, err
	}
	after := ""
	if email != "" {
		var err error
		if after, err = model.CheckAddress(email); err != nil {
			return Plan{}, err
		}
	}
	switch {
	case u.Email.Raw() == after:
		return Plan{}, &model.Error{Code: model.CodeNothing, Msg: fmt.Sprintf("the account %s already has this address", u.Username), Hint: "nothing needs to be done"}
	case model.SameAddress(u.Email, model.Untrusted(after)):
		return Plan{}, &model.Error{
			Code: model.CodeNothing, Msg: "the addresses differ in letter case only, which RomM ignores",
			Hint: "nothing needs to be done; RomM would refuse the change as a duplicate",
		}
	}
	for _, other := range r.World.Locals {
		if other.ID != localID && model.SameAddress(other.Email, model.Untrusted(after)) {
			return Plan{}, &model.Error{
				Code: model.CodeConflict, Msg: fmt.Sprintf("the RomM account %s already has %s", other.Username, after),
				Hint: "give that account another address first",
			}
		}
	}
	title := fmt.Sprintf("set the RomM e-mail of %s to %s", u.Username, after)
	if after == "" {
		title = fmt.Sprintf("clear the RomM e-mail of %s", u.Username)
	}
	command := "romm-admin users set-email " + model.ShellWord(u.Username, strconv.FormatInt(localID, 10)) + " " + model.ShellWord(model.Untrusted(after), "")
	return Plan{Title: title, Command: command, Changes: []Change{{
		Kind: ChangeLocalEmail, Side: SideRomM, Object: strconv.FormatInt(localID, 10),
		Label: u.Username, Before: u.Email, After: model.Untrusted(after), Reason: "RomM links a login by this address",
	}}}, nil
}

// MatchEmails builds the plan that gives each of these RomM accounts the
// address of the Authentik user that it pairs with, because somebody chose
// them: what SafeFix leaves to a person's judgement is done here, what RomM
// would refuse is not. Accounts may swap addresses: each pairs by address with
// the other's user then, so that accounts which were chosen together go by their
// usernames.
func MatchEmails(ctx context.Context, r *model.Review, ids ...int64) (Draft, error) {
	var b batch
	targets := map[int64]model.Untrusted{}
	people := peopleOf(r)
	crossed := people.crossed(ids)
	err := b.eachAccount(ctx, people, ids, func(p *model.Pair) error {
		if err := follows(*p); err != nil {
			return err
		}
		identity := p.Identity
		if own := crossed[p.Local.ID]; own != nil {
			identity = own
		}
		if identity == nil || identity.Email == "" {
			return &model.Error{
				Code: model.CodeInvalid, Msg: fmt.Sprintf("no address in Authentik belongs to the RomM account %s", p.Local.Username),
				Hint: "leave this account out, or pin it to its Authentik user first",
			}
		}
		to, err := model.CheckAddress(identity.Email.Raw())
		switch {
		case err != nil:
			return err
		case model.SameAddress(p.Local.Email, model.Untrusted(to)) && p.Has(model.FindingSquattedEmail):
			return people.squats(*p)
		case model.SameAddress(p.Local.Email, model.Untrusted(to)):
			return alreadySo("the account %s has the address of Authentik already", p.Local.Username)
		}
		targets[p.Local.ID] = model.Untrusted(to)
		return nil
	})
	if err != nil {
		return Draft{}, err
	}
	changes, blocked := moveEmails(r, targets)
	for _, id := range blocked {
		u, _ := r.Account(id)
		b.leave(u.Username, &model.Error{
			Code: model.CodeConflict, Msg: "another RomM account keeps an address that one of these should get",
			Hint: "choose that account too, or give it another address first",
		})
	}
	b.add(changes...)
	b.Plan.Title = fmt.Sprintf("set %s to what Authentik sends", model.Counted(len(targets), "RomM address", "RomM addresses"))
	command := []string{"romm-admin users fix"}
	for _, id := range ids {
		if u, ok := r.Account(id); ok && targets[id] != "" {
			command = append(command, model.ShellWord(u.Username, decimal(id).Raw()))
		}
	}
	b.Plan.Command = strings.Join(command, " ")
	return b.finish(alreadySo("these accounts have the addresses of Authentik already"))
}

// moveEmails orders the changes so that each address is free when its account
// gets it. It removes from targets the addresses that are not free, and returns
// the accounts that wanted them.
func moveEmails(r *model.Review, targets map[int64]model.Untrusted) (changes []Change, blocked []int64) {
	accounts := make(map[int64]model.LocalUser, len(r.World.Locals))
	holder := make(map[string]int64, len(r.World.Locals)) // address key -> account
	for _, u := range r.World.Locals {
		accounts[u.ID] = u
		if k, ok := model.AddressKey(u.Email); ok {
			holder[k] = u.ID
		}
	}
	blocked = dropBlocked(targets, holder)
	m := &mover{targets: targets, holder: holder, accounts: accounts, state: map[int64]int{}, waiter: map[int64]int64{}}
	for id, to := range targets {
		if k, _ := model.AddressKey(to); holder[k] != 0 && holder[k] != id {
			m.waiter[holder[k]] = id
		}
	}
	for _, id := range slices.Sorted(maps.Keys(targets)) {
		m.move(m.last(id))
	}
	return m.out, blocked
}

// dropBlocked removes targets that are held by an account which stays, and
// then those that wait for a removed one; of two that want one address the
// second. It returns the accounts in order.
func dropBlocked(targets map[int64]model.Untrusted, holder map[string]int64) []int64 {
	var blocked []int64
	waiting := map[int64][]int64{} // for the address that this account gives up
	wanted := make(map[string]bool, len(targets))
	for _, id := range slices.Sorted(maps.Keys(targets)) {
		k, _ := model.AddressKey(targets[id])
		h, held := holder[k]
		_, moves := targets[h]
		switch {
		case wanted[k], held && h != id && !moves:
			blocked = append(blocked, id)
			continue
		case held && h != id:
			waiting[h] = append(waiting[h], id)
		}
		wanted[k] = true
	}
	for i := 0; i < len(blocked); i++ {
		delete(targets, blocked[i])
		blocked = append(blocked, waiting[blocked[i]]...)
	}
	slices.Sort(blocked)
	return slices.Compact(blocked)
}

// mover walks from each account to the one that holds the address it wants,
// and emits the changes from the free end back.
type mover struct {
	targets  map[int64]model.Untrusted
	holder   map[string]int64
	accounts map[int64]model.LocalUser
	state    map[int64]int   // 1: on the way, 2: done
	waiter   map[int64]int64 // by account, the one that gets the address that it gives up
	out      []Change
}

// last is the end of the chain of accounts that wait for this one. It is moved
// first, so that each account gets its address right after the other gave it up:
// between the two its owner cannot sign in. In a ring it is the account itself.
func (m *mover) last(id int64) int64 {
	at := id
	for next, ok := m.waiter[at]; ok; next, ok = m.waiter[at] {
		if at = next; at == id {
			break
		}
	}
	return at
}

func (m *mover) move(id int64) {
	if m.state[id] == 2 {
		return
	}
	m.state[id] = 1
	to := m.targets[id]
	k, _ := model.AddressKey(to)
	if h, held := m.holder[k]; held && h != id {
		if m.state[h] == 1 { // a ring: park the one that it began with
			parked := m.accounts[h]
			m.emit(parked, "", "parked, because accounts swap addresses")
			parked.Email = ""
			m.accounts[h] = parked
		} else {
			m.move(h)
		}
	}
	// The account may have been parked meanwhile, if a ring led back here.
	m.emit(m.accounts[id], to, "Authentik sends this address")
	m.state[id] = 2
}

func (m *mover) emit(u model.LocalUser, to model.Untrusted, reason string) {
	m.out = append(m.out, Change{
		Kind: ChangeLocalEmail, Side: SideRomM, Object: strconv.FormatInt(u.ID, 10),
		Label: u.Username, Before: u.Email, After: to, Reason: reason,
	})
}

// IDPEmail builds the plan that sets the address of an Authentik user. An
// address that was vouched for stays so: the admin who sets it vouches for it.
func IDPEmail(r *model.Review, pk int64, email string) (Plan, error) {
	p, ok := peopleOf(r).byPK[pk]
	if !ok {
		return Plan{}, notInAuthentik(pk)
	}
	changes, err := identityEmail(*p.Identity, email, identityAddresses(r))
	if err != nil {
		return Plan{}, err
	}
	after := changes[0].After
	return Plan{
		Title: fmt.Sprintf("set the Authentik e-mail of %s to %s", p.Identity.Username, after), Changes: changes,
		Command: "romm-admin users set-email " + model.ShellWord(p.Identity.Username, changes[0].Object) + " " + model.ShellWord(after, "") + " --side authentik",
		Warning: r.World.WriteWarning,
	}, nil
}

// MatchIdentities builds the plan that gives each of these Authentik users the
// address of the RomM account that they pair with.
func MatchIdentities(ctx context.Context, r *model.Review, pks ...int64) (Draft, error) {
	var b batch
	var last *model.Pair
	n, holders := 0, identityAddresses(r)
	err := b.eachIdentity(ctx, peopleOf(r), pks, func(p *model.Pair) error {
		if p.Local == nil || !p.Local.HasEmail() {
			return &model.Error{Code: model.CodeInvalid, Msg: "RomM has no address for this person"}
		}
		changes, err := identityEmail(*p.Identity, p.Local.Email.Raw(), holders)
		if err == nil {
			b.add(changes...)
			last, n = p, n+1
		}
		return err
	})
	if err != nil {
		return Draft{}, err
	}
	if n == 1 {
		b.Plan, err = IDPEmail(r, last.Identity.PK, last.Local.Email.Raw())
		return b.Draft, err
	}
	b.Plan.Title = fmt.Sprintf("set the Authentik e-mail of %d people to RomM's", n)
	b.Plan.Warning = r.World.WriteWarning
	return b.finish(nil)
}

// identityAddresses are the Authentik users of each address, by its key.
func identityAddresses(r *model.Review) map[string][]model.Identity {
	out := make(map[string][]model.Identity, len(r.World.Directory.Identities))
	for _, id := range r.World.Directory.Identities {
		if k, ok := model.AddressKey(id.Email); ok {
			out[k] = append(out[k], id)
		}
	}
	return out
}

func identityEmail(id model.Identity, email string, holders map[string][]model.Identity) ([]Change, error) {
	after, err := model.CheckAddress(email)
	if err != nil {
		return nil, err
	}
	if model.SameAddress(id.Email, model.Untrusted(after)) {
		return nil, alreadySo("the Authentik user %s already has this address", id.Username)
	}
	k, _ := model.AddressKey(model.Untrusted(after))
	for _, other := range holders[k] {
		if other.PK != id.PK {
			return nil, &model.Error{
				Code: model.CodeConflict, Msg: fmt.Sprintf("Authentik's %s already has %s", other.Username, after),
				Hint: "two users with one address are one person for RomM; give that user another address first",
			}
		}
	}
	c := Change{
		Kind: ChangeIDPEmail, Side: SideAuthentik, Object: decimal(id.PK).Raw(), Label: id.Username,
		Before: id.Email, After: model.Untrusted(after), Reason: "RomM links a login by the address that Authentik sends",
	}
	out := []Change{c}
	if id.AddressTrusted() {
		c.Kind, c.Before, c.Reason = ChangeTrustedEmail, id.TrustedEmail, "the admin who sets the address vouches for it"
		out = append(out, c)
	}
	return out, nil
}

// Trust builds the plan that vouches for the present addresses of these
// Authentik users: the trusted-address attribute is set to each (S1). It leaves
// out addresses that are missing, not ASCII, or shared.
func Trust(ctx context.Context, r *model.Review, pks ...int64) (Draft, error) {
	var b batch
	err := b.eachIdentity(ctx, peopleOf(r), pks, func(p *model.Pair) error {
		id := *p.Identity
		switch {
		case id.Email == "" || !id.Email.ASCII():
			return &model.Error{
				Code: model.CodeInvalid, Msg: fmt.Sprintf("the Authentik user %s has no plain ASCII address, so none can be vouched for", id.Username),
				Hint: "give the Authentik user an ASCII address first",
			}
		case p.Has(model.FindingDuplicateIDPEmail):
			return &model.Error{
				Code: model.CodeRefused, Msg: fmt.Sprintf("the Authentik user %s shares the address %s with somebody else", id.Username, id.Email),
				Hint: "give each Authentik user an address of their own first",
			}
		case id.TrustedEmail == id.Email:
			return alreadySo("the address of %s is vouched for already", id.Username)
		}
		b.add(vouch(id))
		return nil
	})
	if err != nil {
		return Draft{}, err
	}
	changes := b.Plan.Changes
	if len(changes) > 0 && r.World.Provider.Found && r.World.Provider.Verified != model.VerifiedAddress {
		return Draft{}, &model.Error{
			Code: model.CodeInvalid, Msg: "RomM's provider does not use the trusted address, so this would change nothing",
			Hint: "romm-admin setup apply --verify address makes it use it, and vouches for everybody who matches, in one plan",
		}
	}
	b.Plan.Title = fmt.Sprintf("vouch for the addresses of %d people in Authentik", len(changes))
	if len(changes) == 1 {
		b.Plan.Title = fmt.Sprintf("vouch for the address %s of %s in Authentik", changes[0].After, changes[0].Label)
	}
	b.Plan.Command, b.Plan.Warning = commandFor("romm-admin users verify", changes), r.World.WriteWarning
	return b.finish(alreadySo("these addresses are vouched for already"))
}

// commandFor is a command line about the people of these changes.
func commandFor(command string, changes []Change) string {
	words := make([]string, 0, len(changes)+1)
	words = append(words, command)
	for _, c := range changes {
		words = append(words, model.ShellWord(c.Label, c.Object))
	}
	return strings.Join(words, " ")
}
