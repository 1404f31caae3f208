package model

import (
	"cmp"
	"slices"
)

// Accounts are RomM's accounts, indexed the way RomM's database finds them.
// Build it once per reading; it serves every identity. It is safe for
// concurrent use.
type Accounts struct {
	users []LocalUser // by id
	maria index
	pg    index
	// links finds accounts by what they are known to be linked to; of
	// unknownLinks it is not known.
	links        map[linkKey]int32
	unknownLinks int
}

// index finds accounts by folded text; of equal ones the lowest id comes
// first, as RomM was seen to answer. Positions are those of Accounts.users.
type index struct {
	email    map[string]int32
	username map[string]int32
	next     []int32 // the next account of the same folded username; -1: none
}

// foldSize is enough for what RomM stores (255 bytes) without allocating.
const foldSize = 256

// NewAccounts indexes users. Ids must be unique; their order does not matter.
func NewAccounts(users []LocalUser) *Accounts {
	byID := func(a, b LocalUser) int { return cmp.Compare(a.ID, b.ID) }
	if !slices.IsSortedFunc(users, byID) {
		users = slices.Clone(users)
		slices.SortStableFunc(users, byID)
	}
	a := &Accounts{users: users}
	for i := range users {
		switch k := users[i].Link; {
		case !k.Known:
			a.unknownLinks++
		case k.Linked():
			if a.links == nil {
				a.links = make(map[linkKey]int32, len(users))
			}
			a.links[linkKey{k.Issuer.Text, k.Subject.Text}] = int32(i)
		}
	}
	a.maria = newIndex(users, appendMaria)
	// The two differ only where some text does not collate alike in both, so
	// that one index usually serves both.
	a.pg = a.maria
	for i := range users {
		if !collatesAlike(users[i].Email) || !collatesAlike(users[i].Username) {
			a.pg = newIndex(users, appendPostgres)
			break
		}
	}
	return a
}

func newIndex(users []LocalUser, fold func([]byte, string) []byte) index {
	x := index{
		email:    make(map[string]int32, len(users)),
		username: make(map[string]int32, len(users)),
		next:     make([]int32, len(users)),
	}
	buf := make([]byte, 0, foldSize)
	for i := len(users) - 1; i >= 0; i-- { // backwards: the lowest id stays in front
		u := &users[i]
		if u.HasEmail() || u.EmptyEmail {
			buf = fold(buf[:0], u.Email.Raw())
			x.email[keyOf(buf, u.Email)] = int32(i)
		}
		buf = fold(buf[:0], u.Username.Raw())
		key := keyOf(buf, u.Username)
		x.next[i] = -1
		if later, ok := x.username[key]; ok {
			x.next[i] = later
		}
		x.username[key] = int32(i)
	}
	return x
}

// keyOf returns folded as a string, without copying what folding left alone.
func keyOf(folded []byte, s Untrusted) string {
	if string(folded) == s.Raw() {
		return s.Raw()
	}
	return string(folded)
}

// User returns the account with that id.
func (a *Accounts) User(id int64) (LocalUser, bool) {
	i, ok := slices.BinarySearchFunc(a.users, id, func(u LocalUser, id int64) int { return cmp.Compare(u.ID, id) })
	if !ok {
		return LocalUser{}, false
	}
	return a.users[i], true
}

func (a *Accounts) index(db Database) *index {
	if db == DatabasePostgreSQL {
		return &a.pg
	}
	return &a.maria
}

// byEmail finds the account that RomM links an address to; nil if there is
// none.
func (a *Accounts) byEmail(email string, db Database) *LocalUser {
	var buf [foldSize]byte
	i, ok := a.index(db).email[string(appendLookup(buf[:0], email, db))]
	if !ok {
		return nil
	}
	return &a.users[i]
}

// byUsername finds the account that RomM answers with when it looks a username up;
// nil if there is none.
func (a *Accounts) byUsername(name string, db Database) *LocalUser {
	var buf [foldSize]byte
	i, ok := a.index(db).username[string(appendLookup(buf[:0], name, db))]
	if !ok {
		return nil
	}
	return &a.users[i]
}

// twin finds another account than the one with the id except that PostgreSQL
// answers with when RomM looks a session's username up: one that is enabled if
// there is any. nil if there is none.
func (a *Accounts) twin(name string, except int64) (found *LocalUser) {
	var buf [foldSize]byte
	i, ok := a.pg.username[string(appendLookup(buf[:0], name, DatabasePostgreSQL))]
	for ; ok && i >= 0; i = a.pg.next[i] {
		switch u := &a.users[i]; {
		case u.ID == except:
		case u.Enabled:
			return u
		case found == nil:
			found = u
		}
	}
	return found
}

// findsItself reports whether PostgreSQL finds the account with the stored
// username when RomM looks for the one that was sent.
func findsItself(sent, stored string) bool {
	var a, b [foldSize]byte
	return string(appendLookup(a[:0], sent, DatabasePostgreSQL)) == string(appendPostgres(b[:0], stored))
}

// holdsEmail reports whether the unique index refuses a second account with that
// address though no look-up finds the first: only PostgreSQL's can, where it is
// exactly the same text.
func (a *Accounts) holdsEmail(email string, db Database) bool {
	if db != DatabasePostgreSQL || Untrusted(email).ASCII() {
		return false
	}
	return slices.ContainsFunc(a.users, func(u LocalUser) bool { return u.Email.Raw() == email })
}

// taken finds the account that makes the unique index refuse a second one
// of that name: PostgreSQL's is exact, MariaDB's follows the collation.
func (a *Accounts) taken(name string, db Database) *LocalUser {
	if db != DatabasePostgreSQL {
		return a.byUsername(name, db)
	}
	var buf [foldSize]byte
	i, ok := a.pg.username[string(appendPostgres(buf[:0], name))]
	for ; ok && i >= 0; i = a.pg.next[i] {
		if a.users[i].Username.Raw() == name {
			return &a.users[i]
		}
	}
	return nil
}
