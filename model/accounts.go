package model

import (
	"cmp"
	"slices"
	"sync/atomic"

	"github.com/romm-admin/romm-admin/model/collate"
)

// Accounts are RomM's accounts, indexed the way RomM's database finds them.
// Build it once per reading; it serves every identity. It is safe for
// concurrent use.
type Accounts struct {
	users []LocalUser // by id
	// listed are the positions of users in the order in which they were given;
	// nil where that is by id.
	listed []int32
	plain  bool // all rules look these up alike, so that one index serves
	index  [collate.Rules]atomic.Pointer[index]
	// links finds accounts by what they are known to be linked to; of
	// unknownLinks it is not known.
	links        map[linkKey]int32
	unknownLinks int
}

// index finds accounts by the form that a look-up compares. Of equal ones the
// lowest id comes first; on PostgreSQL, which reads rows in the order in which it
// lists them, the one that was given first. Positions are those of Accounts.users.
type index struct {
	email, username chain
}

// chain are the accounts of each form: the first, and after each the next one.
type chain struct {
	first map[string]int32
	next  map[int32]int32 // nil while no two are equal
}

// foldSize is enough for what RomM stores (255 bytes) without allocating.
const foldSize = 256

// NewAccounts indexes users. Ids must be unique. Their order matters where two
// have the same address on PostgreSQL: RomM opens the first.
func NewAccounts(users []LocalUser) *Accounts {
	users, listed := sortedByID(users)
	a := &Accounts{users: users, listed: listed, plain: true}
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
	for i := range users {
		if !collate.Plain(users[i].Email.Raw()) || !collate.Plain(users[i].Username.Raw()) {
			a.plain = false
			break
		}
	}
	return a
}

// sortedByID sorts a copy where it has to, and says where each of the users went.
func sortedByID(users []LocalUser) (sorted []LocalUser, listed []int32) {
	if slices.IsSortedFunc(users, func(a, b LocalUser) int { return cmp.Compare(a.ID, b.ID) }) {
		return users, nil
	}
	given := make([]int32, len(users))
	for i := range given {
		given[i] = int32(i)
	}
	slices.SortStableFunc(given, func(a, b int32) int { return cmp.Compare(users[a].ID, users[b].ID) })
	sorted, listed = make([]LocalUser, len(users)), make([]int32, len(users))
	for at, i := range given {
		sorted[at], listed[i] = users[i], int32(at)
	}
	return sorted, listed
}

// of returns the index for a rule; it is made when it is first asked for.
func (a *Accounts) of(rule collate.Rule) *index {
	listed := a.listed
	if rule != collate.PostgreSQL {
		listed = nil
	}
	if a.plain && listed == nil {
		rule = collate.UCA1400
	}
	x := a.index[rule].Load()
	if x == nil {
		x = newIndex(a.users, listed, rule) // by several at once: they make the same
		a.index[rule].Store(x)
	}
	return x
}

// newIndex indexes the users in the order of those positions, nil is by id.
func newIndex(users []LocalUser, listed []int32, rule collate.Rule) *index {
	x := &index{
		email:    chain{first: make(map[string]int32, len(users))},
		username: chain{first: make(map[string]int32, len(users))},
	}
	buf := make([]byte, 0, foldSize)
	for n := len(users) - 1; n >= 0; n-- { // backwards: the first stays in front
		i := n
		if listed != nil {
			i = int(listed[n])
		}
		u := &users[i]
		if u.HasEmail() || u.EmptyEmail {
			buf = rule.AppendColumn(buf[:0], u.Email.Raw())
			x.email.put(keyOf(buf, u.Email), int32(i))
		}
		buf = rule.AppendColumn(buf[:0], u.Username.Raw())
		x.username.put(keyOf(buf, u.Username), int32(i))
	}
	return x
}

func (c *chain) put(key string, i int32) {
	if later, ok := c.first[key]; ok {
		if c.next == nil {
			c.next = map[int32]int32{}
		}
		c.next[i] = later
	}
	c.first[key] = i
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

// byEmail finds the account that RomM finds by an address, nil if there is none.
// Where the database looks up otherwise than its unique index compares, it can
// hold several: nth is how many to pass over.
func (a *Accounts) byEmail(email string, nth int, db Database) *LocalUser {
	var buf [foldSize]byte
	rule, c := db.Rule(), &a.of(db.Rule()).email
	if nth > 0 && c.next == nil {
		return nil
	}
	i, ok := c.first[string(rule.AppendLookup(buf[:0], email))]
	if !ok || nth == 0 {
		return a.at(i, ok)
	}
	first := &a.users[i]
	for i, ok = c.next[i]; ok; i, ok = c.next[i] {
		if rule.Unique(a.users[i].Email.Raw(), first.Email.Raw()) {
			continue
		}
		if nth--; nth == 0 {
			return &a.users[i]
		}
	}
	return nil
}

// byUsername finds the account that RomM answers with when it looks a username
// up; nil if there is none.
func (a *Accounts) byUsername(name string, db Database) *LocalUser {
	var buf [foldSize]byte
	i, ok := a.of(db.Rule()).username.first[string(db.Rule().AppendLookup(buf[:0], name))]
	return a.at(i, ok)
}

func (a *Accounts) at(i int32, ok bool) *LocalUser {
	if !ok {
		return nil
	}
	return &a.users[i]
}

// twin finds another account that the look-up of a session's username finds
// beside the one whose stored name it is: one that is enabled if there is any. nil
// if there is none.
func (a *Accounts) twin(sent, stored string, db Database) (found *LocalUser) {
	var buf [foldSize]byte
	c := a.of(db.Rule()).username
	form := db.Rule().AppendLookup(buf[:0], sent)
	for i, ok := c.first[string(form)]; ok; i, ok = c.next[i] {
		switch u := &a.users[i]; {
		case db.Rule().Unique(u.Username.Raw(), stored):
		case u.Enabled:
			return u
		case found == nil:
			found = u
		}
	}
	return found
}

func emailOf(u *LocalUser) string { return u.Email.Raw() }
func nameOf(u *LocalUser) string  { return u.Username.Raw() }

// taken finds the account that makes the unique index on usernames refuse a
// second one of that name.
func (a *Accounts) taken(name string, db Database) *LocalUser {
	return a.unique(a.of(db.Rule()).username, name, db.Rule(), nameOf)
}

// holdsEmail reports whether the unique index on addresses refuses a second one.
// No look-up need find the first: Python lower-cases some letters otherwise than
// the database.
func (a *Accounts) holdsEmail(email string, db Database) bool {
	return a.unique(a.of(db.Rule()).email, email, db.Rule(), emailOf) != nil
}

func (a *Accounts) unique(c chain, s string, rule collate.Rule, of func(*LocalUser) string) *LocalUser {
	var column [foldSize]byte
	for i, ok := c.first[string(rule.AppendColumn(column[:0], s))]; ok; i, ok = c.next[i] {
		if rule.Unique(of(&a.users[i]), s) {
			return &a.users[i]
		}
	}
	return nil
}

// findsItself reports whether a look-up of the username that was sent finds the
// account with the stored one.
func findsItself(sent, stored string, db Database) bool {
	if sent == stored && collate.Plain(sent) {
		return true
	}
	return db.Rule().Finds(stored, sent)
}
