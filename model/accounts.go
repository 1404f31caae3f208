package model

// Accounts are RomM's accounts, indexed the way RomM's database finds them.
// Build it once per reading and ask it for every identity.
type Accounts struct {
	users []LocalUser
	maria index
	pg    index
	exact map[string]int // usernames as stored
	byID  map[int64]int
}

// index finds accounts by folded text; of equal ones the lowest position, and
// with it the lowest id, comes first, as RomM was seen to answer.
type index struct {
	email    map[string]int
	username map[string][]int
}

// NewAccounts indexes users, which must be in the order of their ids.
func NewAccounts(users []LocalUser) *Accounts {
	a := &Accounts{
		users: users,
		exact: make(map[string]int, len(users)),
		byID:  make(map[int64]int, len(users)),
		maria: newIndex(len(users)), pg: newIndex(len(users)),
	}
	for i, u := range users {
		a.byID[u.ID] = i
		a.exact[u.Username.Raw()] = i
		a.maria.add(i, u, mariaKey)
		a.pg.add(i, u, postgresKey)
	}
	return a
}

func newIndex(n int) index {
	return index{email: make(map[string]int, n), username: make(map[string][]int, n)}
}

func (x index) add(i int, u LocalUser, fold func(string) string) {
	if u.HasEmail() || u.EmptyEmail {
		k := fold(u.Email.Raw())
		if _, taken := x.email[k]; !taken {
			x.email[k] = i
		}
	}
	k := fold(u.Username.Raw())
	x.username[k] = append(x.username[k], i)
}

// User returns the account with that id.
func (a *Accounts) User(id int64) (LocalUser, bool) {
	i, ok := a.byID[id]
	if !ok {
		return LocalUser{}, false
	}
	return a.users[i], true
}

// byEmail finds the account that RomM links an address to.
func (a *Accounts) byEmail(email string, db Database) (LocalUser, bool) {
	x, fold := a.collation(db)
	i, ok := x.email[fold(email)]
	if !ok {
		return LocalUser{}, false
	}
	return a.users[i], true
}

// byUsername finds the accounts whose usernames the database takes for equal
// to name when it looks one up.
func (a *Accounts) byUsername(name string, db Database) []LocalUser {
	x, fold := a.collation(db)
	var out []LocalUser
	for _, i := range x.username[fold(name)] {
		out = append(out, a.users[i])
	}
	return out
}

// taken reports whether the unique index refuses a second account of that
// name: PostgreSQL's is exact, MariaDB's follows the collation.
func (a *Accounts) taken(name string, db Database) (LocalUser, bool) {
	if db == DatabasePostgreSQL {
		i, ok := a.exact[name]
		if !ok {
			return LocalUser{}, false
		}
		return a.users[i], true
	}
	if same := a.byUsername(name, db); len(same) > 0 {
		return same[0], true
	}
	return LocalUser{}, false
}

func (a *Accounts) collation(db Database) (index, func(string) string) {
	if db == DatabasePostgreSQL {
		return a.pg, postgresKey
	}
	return a.maria, mariaKey
}
