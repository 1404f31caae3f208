package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

// After returns the world as it would be after the change. It fails with
// CodeConflict when what the change was made from no longer holds (S35).
func After(w model.World, c Change) (model.World, error) {
	e := newEditor(w)
	if err := e.apply(c); err != nil {
		return model.World{}, err
	}
	return e.w, nil
}

// Current returns what the world holds where the change writes, in the form of
// Change.Before. It is false when the object is gone.
func Current(w model.World, c Change) (model.Untrusted, bool) { return newEditor(w).now(c) }

// editor applies many changes to a copy of a world, which is made once and as
// late as possible. All kinds write through it.
type editor struct {
	w      model.World
	byID   map[int64]int  // accounts; made on first use
	byName map[string]int // accounts, by username; made on first use
	byPK   map[int64]int  // Authentik users; made on first use
	nextID int64          // of an account that a change makes; 0: not looked for yet

	ownLocals, ownIdentities, ownPreviews bool // they are copies already
}

func newEditor(w model.World) *editor { return &editor{w: w} }

func (e *editor) now(c Change) (model.Untrusted, bool) { return c.kind().now(e, c) }

func (e *editor) apply(c Change) error {
	now, ok := e.now(c)
	if !ok {
		return &model.Error{
			Code: model.CodeConflict, Msg: fmt.Sprintf("the object %s is gone, or %q is no kind of change", c.Label, model.Clean(string(c.Kind))),
			Hint: "reload and look again",
		}
	}
	if !c.same(now, c.Before) {
		return &model.Error{
			Code: model.CodeConflict, Msg: fmt.Sprintf("in the meantime %s changed: it is %q now, the plan was made from %q", c.Label, c.Text(now), c.Text(c.Before)),
			Hint: "reload and look again",
		}
	}
	return c.kind().set(e, c)
}

// account finds an account by its id in decimal; nil for none. It is not to be
// written, see editAccount.
func (e *editor) account(id string) *model.LocalUser {
	if e.byID == nil {
		e.byID = make(map[int64]int, len(e.w.Locals))
		for i, u := range e.w.Locals {
			e.byID[u.ID] = i
		}
	}
	i, ok := at(e.byID, id)
	if !ok {
		return nil
	}
	return &e.w.Locals[i]
}

// accountNamed finds an account by its username; nil for none.
func (e *editor) accountNamed(username string) *model.LocalUser {
	if e.byName == nil {
		e.byName = make(map[string]int, len(e.w.Locals))
		for i, u := range e.w.Locals {
			e.byName[u.Username.Raw()] = i
		}
	}
	i, ok := e.byName[username]
	if !ok {
		return nil
	}
	return &e.w.Locals[i]
}

// editAccount is account, to be written; the account is there.
func (e *editor) editAccount(id string) *model.LocalUser {
	e.copyAccounts()
	return e.account(id)
}

func (e *editor) copyAccounts() {
	if !e.ownLocals {
		e.w.Locals, e.ownLocals = slices.Clone(e.w.Locals), true
	}
}

// addAccount gives a new account the next id that is free, until the directory
// has said which it is. The indexes follow: a plan may add thousands.
func (e *editor) addAccount(u model.LocalUser) {
	e.copyAccounts()
	if e.nextID == 0 {
		e.nextID = 1
		for _, u := range e.w.Locals {
			e.nextID = max(e.nextID, u.ID+1)
		}
	}
	e.account("") // makes the index
	e.accountNamed("")
	u.ID = e.nextID
	e.nextID++
	e.byID[u.ID], e.byName[u.Username.Raw()] = len(e.w.Locals), len(e.w.Locals)
	e.w.Locals = append(e.w.Locals, u)
}

// removeAccount removes an account that is there.
func (e *editor) removeAccount(username string) {
	e.copyAccounts()
	e.account("") // makes the index
	e.accountNamed("")
	i, last := e.byName[username], len(e.w.Locals)-1
	delete(e.byID, e.w.Locals[i].ID)
	delete(e.byName, username)
	if i != last { // their order has no meaning
		moved := e.w.Locals[last]
		e.w.Locals[i], e.byID[moved.ID], e.byName[moved.Username.Raw()] = moved, i, i
	}
	e.w.Locals = e.w.Locals[:last]
}

// identity finds an Authentik user by pk in decimal; nil for none. It is not to
// be written, see editIdentity.
func (e *editor) identity(pk string) *model.Identity {
	if e.byPK == nil {
		e.byPK = make(map[int64]int, len(e.w.Directory.Identities))
		for i, id := range e.w.Directory.Identities {
			e.byPK[id.PK] = i
		}
	}
	i, ok := at(e.byPK, pk)
	if !ok {
		return nil
	}
	return &e.w.Directory.Identities[i]
}

// editIdentity is identity, to be written; the user is there. What Authentik
// computed of the user as it was is dropped.
func (e *editor) editIdentity(pk string) *model.Identity {
	if !e.ownIdentities {
		e.w.Directory.Identities, e.ownIdentities = slices.Clone(e.w.Directory.Identities), true
	}
	if !e.ownPreviews {
		e.w.Provider.Previews, e.ownPreviews = maps.Clone(e.w.Provider.Previews), true
	}
	id := e.identity(pk)
	delete(e.w.Provider.Previews, id.PK)
	return id
}

func at(index map[int64]int, object string) (int, bool) {
	id, err := strconv.ParseInt(object, 10, 64)
	if err != nil {
		return 0, false
	}
	i, ok := index[id]
	return i, ok
}
