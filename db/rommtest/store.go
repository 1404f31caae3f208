package rommtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// maxColumn is the width in characters of RomM's username and email columns.
const maxColumn = 255

// account is a row of RomM's users table.
type account struct {
	User
	raUsername string
	uiSettings map[string]any
	created    time.Time
	updated    time.Time
}

// clientToken is a row of RomM's client_tokens table.
type clientToken struct {
	id      int64
	owner   int64
	name    string
	scopes  []string
	value   string
	created time.Time
	expires time.Time // zero is never
	used    time.Time
}

// store is RomM's database. Its methods want mu held.
type store struct {
	mu       sync.Mutex
	database model.Database
	version  model.Version
	now      func() time.Time

	users     map[int64]*account
	byName    map[string][]int64 // by column form
	byEmail   map[string][]int64
	byLink    map[model.OIDCLink]int64 // the unique index
	tokens    map[int64]*clientToken
	byToken   map[string]int64
	refreshes map[string]bool // ids of refresh tokens not used yet
	invites   map[string]bool // ids of invite links not used yet
	pairings  map[string]pairing
	sessions  map[string]*session
	groups    map[int64]*Group
	events    []Event // oldest first
	lastGroup int64
	lastUser  int64
	lastToken int64
	admins    int
}

func newStore(db model.Database, v model.Version, now func() time.Time) (*store, error) {
	switch db {
	case "", model.DatabaseUnknown:
		db = model.DatabaseMariaDB
	case model.DatabaseMariaDB, model.DatabaseMariaDBGeneral, model.DatabaseMariaDBUnicode, model.DatabasePostgreSQL:
	default:
		return nil, fmt.Errorf("rommtest: there is no database %q", db)
	}
	return &store{
		database: db, version: v, now: now,
		users: map[int64]*account{}, byName: map[string][]int64{}, byEmail: map[string][]int64{},
		byLink: map[model.OIDCLink]int64{},
		tokens: map[int64]*clientToken{}, byToken: map[string]int64{}, refreshes: map[string]bool{},
		invites: map[string]bool{}, pairings: map[string]pairing{}, sessions: map[string]*session{},
		groups: systemGroups(!since(v, 5, 4)), lastGroup: editorGroup,
	}, nil
}

func (s *store) putUser(u User) error {
	if err := u.check(s.version); err != nil {
		return err
	}
	if u.Group != nil && s.groups[*u.Group] == nil {
		return fmt.Errorf("rommtest: there is no permission group %d (user %q)", *u.Group, u.Username)
	}
	if u.ID == 0 {
		u.ID = s.lastUser + 1
	}
	u.Link.Known = s.version.Links()
	now := s.now().UTC()
	a := &account{User: u, uiSettings: map[string]any{}, created: now, updated: now}
	if old := s.users[u.ID]; old != nil {
		a.raUsername, a.uiSettings, a.created = old.raUsername, old.uiSettings, old.created
	}
	return s.save(a)
}

// save stores the row, keeping the unique indexes; on an error nothing has
// changed.
func (s *store) save(a *account) error {
	for _, id := range s.byName[s.column(a.Username)] {
		if id != a.ID && s.unique(s.users[id].Username) == s.unique(a.Username) {
			return fmt.Errorf("rommtest: the database has a user with the username %q already", a.Username)
		}
	}
	if a.Email != nil {
		for _, id := range s.byEmail[s.column(*a.Email)] {
			if id != a.ID && s.unique(*s.users[id].Email) == s.unique(*a.Email) {
				return fmt.Errorf("rommtest: the database has a user with the address %q already", *a.Email)
			}
		}
	}
	if id, held := s.byLink[a.Link]; held && id != a.ID && a.Link.Linked() {
		return fmt.Errorf("rommtest: the database has a user with the link of %q already", a.Username)
	}
	if old := s.users[a.ID]; old != nil {
		s.unindex(old)
	}
	if a.Link.Linked() {
		s.byLink[a.Link] = a.ID
	}
	s.users[a.ID] = a
	s.lastUser = max(s.lastUser, a.ID)
	if a.Role == model.RoleAdmin {
		s.admins++
	}
	name := s.column(a.Username)
	s.byName[name] = append(s.byName[name], a.ID)
	if a.Email != nil {
		email := s.column(*a.Email)
		s.byEmail[email] = append(s.byEmail[email], a.ID)
	}
	return nil
}

func (s *store) unindex(a *account) {
	drop := func(index map[string][]int64, key string) {
		left := slices.DeleteFunc(slices.Clone(index[key]), func(id int64) bool { return id == a.ID })
		if len(left) == 0 {
			delete(index, key)
			return
		}
		index[key] = left
	}
	delete(s.byLink, a.Link)
	drop(s.byName, s.column(a.Username))
	if a.Email != nil {
		drop(s.byEmail, s.column(*a.Email))
	}
	if a.Role == model.RoleAdmin {
		s.admins--
	}
}

func (s *store) remove(a *account) {
	s.unindex(a)
	delete(s.users, a.ID)
	for id, t := range s.tokens {
		if t.owner == a.ID {
			delete(s.byToken, t.value)
			delete(s.tokens, id)
		}
	}
}

// byUsername finds an account as RomM's look-ups do, nil if there is none.
func (s *store) byUsername(name string) *account { return s.first(s.byName[s.lookup(name)]) }

// byAddress is byUsername for the e-mail address.
func (s *store) byAddress(email string) *account { return s.first(s.byEmail[s.lookup(email)]) }

func (s *store) first(ids []int64) *account {
	if len(ids) == 0 {
		return nil
	}
	return s.users[slices.Min(ids)]
}

// sorted lists the accounts by id, which is the order seen in the recordings.
func (s *store) sorted() []*account {
	return slices.SortedFunc(maps.Values(s.users), func(a, b *account) int { return cmp.Compare(a.ID, b.ID) })
}

func (s *store) putToken(t Token) error {
	if err := t.check(s.version); err != nil {
		return err
	}
	owner := s.byUsername(t.Owner)
	if owner == nil {
		return fmt.Errorf("rommtest: the token's owner %q is no user", t.Owner)
	}
	if _, dup := s.byToken[t.Value.Reveal()]; dup {
		return fmt.Errorf("rommtest: two tokens of %q are equal", t.Owner)
	}
	s.addToken(&clientToken{owner: owner.ID, name: "seeded", scopes: slices.Clone(t.Scopes), value: t.Value.Reveal(), expires: t.Expires})
	return nil
}

// renew gives a token a new value, never used.
func (s *store) renew(t *clientToken) {
	delete(s.byToken, t.value)
	t.value, t.used = newToken(), time.Time{}
	s.byToken[t.value] = t.id
}

func (s *store) addToken(t *clientToken) {
	s.lastToken++
	t.id, t.created = s.lastToken, s.now().UTC()
	s.tokens[t.id] = t
	s.byToken[t.value] = t.id
}
