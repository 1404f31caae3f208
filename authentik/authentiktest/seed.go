package authentiktest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/model"
)

// DefaultToken is the API token that a seed without one accepts.
const DefaultToken = "authentiktest-token"

// DefaultVersion is the release that a seed without one poses as.
const DefaultVersion = "2026.5.3"

// Seed is what an Authentik holds at the start. The zero value is an empty
// server with the stock scope mappings. Keys that are left out are derived
// from names and positions, so that the same seed gives the same server.
type Seed struct {
	Version   string
	InstallID string
	// Now is the server's clock, which stands still; the default is
	// 2026-06-01 12:00 UTC.
	Now time.Time
	// Token is the API token; "" is DefaultToken.
	Token string
	// Owner is the username of the token's owner, one of Users; "" is a service
	// account "romm-admin", which is added.
	Owner string
	// Permissions limits the token to these codenames, such as
	// "authentik_core.view_user", which it holds globally; nil makes it a
	// superuser's.
	Permissions []string
	// Grants are permissions of the token on single objects.
	Grants []Grant
	// TokenExpires is when the token's key is replaced; zero is never.
	TokenExpires time.Time
	// LaterFirst reverses the order of mappings of the same scope, which
	// Authentik leaves undefined (docs/authentik.md 1).
	LaterFirst bool
	// EachIn2026 gives a 2026.2 the later rule of the policy engine mode “all”:
	// every binding has to pass. Which one it has is not known.
	EachIn2026 bool
	// Native computes what known expressions return. Nil runs every
	// expression with python3, as Authentik would.
	Native *Native
	// Validator checks every request and every answer; nil checks nothing.
	// Tests make their server with package strict, which sets it.
	Validator Validator
	// Definitions are those of attributes, from 2026.8 on.
	Definitions []Definition
	Users       []User
	Groups      []Group
	// Mappings are there in addition to the stock ones, or in place of those of
	// the same `managed` value.
	Mappings     []authentik.Mapping
	Providers    []Provider
	Applications []Application
	Policies     []Policy
	Bindings     []Binding
}

// User is an Authentik user.
type User struct {
	PK         int64 // 0: the next free one from 100 on
	Username   string
	Name       string
	Email      string
	Inactive   bool
	Superuser  bool     // also without a group that makes superusers
	Type       string   // "" is internal
	Path       string   // "" is users
	Groups     []string // names or UUIDs, direct membership
	Attributes map[string]any
	Roles      []Role
	LastLogin  time.Time // zero if never
}

// Role is a role of a user or a group. It is shown and grants nothing here.
type Role struct{ ID, Name string }

// Group is an Authentik group.
type Group struct {
	ID         string // UUID; "" derives it from the name
	Name       string
	Parents    []string // names or UUIDs; one at most before 2025.12
	Superuser  bool
	Attributes map[string]any
	Roles      []Role
	// Hidden groups may not be viewed with the token: they are missing from
	// the list while their members still carry their id.
	Hidden bool
}

// Provider is an OAuth2 provider.
type Provider struct {
	PK                int64 // 0: the next free one from 1 on
	Name              string
	ClientID          string
	ClientSecret      model.Secret
	RedirectURIs      []string
	Mappings          []string // ids or `managed` values of mappings
	NoClaimsInIDToken bool
	// Fields are others of the API, as it shows them.
	Fields map[string]any
}

// Application ties a slug to a provider.
type Application struct {
	Name, Slug string
	Provider   string // name; "" for none
	Mode       string // policy_engine_mode; "" is any
}

// userState is a user as the server keeps it. It is replaced, never changed,
// so that a handler may go on reading what it has.
type userState struct {
	User
	uuid, uid string
	joined    time.Time
	groups    []string // UUIDs
}

type groupState struct {
	Group
	numPK   int64
	parents []string // UUIDs
	members []int64
}

type providerState struct {
	Provider
	mappings []string // UUIDs
	uris     []redirectURI
	// fields are those of the API that are not in Provider, as sent; missing
	// ones have their default.
	fields map[string]any
}

type redirectURI struct{ url, mode, kind string }

// The well-known keys of a server.
const (
	anonymousPK  = 1
	tokenOwnerPK = 5
	firstUserPK  = 100
)

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// uuidOf derives a UUID from a name.
func uuidOf(kind, name string) string {
	sum := sha256.Sum256([]byte("authentiktest:" + kind + ":" + name))
	sum[6] = sum[6]&0x0f | 0x80 // version 8: made up by us
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// uid is Authentik's hashed user id (docs/authentik.md 4.2).
func uid(pk int64, installID string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d-%s", pk, installID))
	return hex.EncodeToString(sum[:])
}

// GroupID returns the UUID that a seeded group of that name gets when it has
// none of its own.
func GroupID(name string) model.GroupID { return model.GroupID(uuidOf("group", name)) }

// world is the state that a seed unfolds into.
type world struct {
	users     map[int64]*userState
	userOrder []int64 // by pk
	groups    map[string]*groupState
	order     []string // groups in seed order
	mappings  []authentik.Mapping
	providers []*providerState
	apps      []Application
	bindings  []binding
	policies  []Policy
	owner     int64 // of the token
	made      int   // objects made since the start, for their ids
}

func (w *world) addGroups(seed Seed, release authentik.Release) error {
	for i, g := range seed.Groups {
		if g.ID == "" {
			g.ID = uuidOf("group", g.Name)
		}
		if !uuidPattern.MatchString(g.ID) || w.groups[g.ID] != nil {
			return fmt.Errorf("seed: group %q: the id %q is no UUID or is used twice", g.Name, g.ID)
		}
		w.groups[g.ID] = &groupState{Group: g, numPK: int64(1000 + i)}
		w.order = append(w.order, g.ID)
	}
	for _, id := range w.order {
		g := w.groups[id]
		if len(g.Parents) > 1 && !release.AtLeast(2025, 12) {
			return fmt.Errorf("seed: group %q: only 2025.12 and later know several parents", g.Name)
		}
		for _, name := range g.Parents {
			parent, err := w.findGroup(name)
			if err != nil {
				return fmt.Errorf("seed: group %q: %w", g.Name, err)
			}
			g.parents = append(g.parents, parent)
		}
	}
	return nil
}

func (w *world) findGroup(nameOrID string) (string, error) {
	if w.groups[nameOrID] != nil {
		return nameOrID, nil
	}
	var found []string
	for _, id := range w.order {
		if w.groups[id].Name == nameOrID {
			found = append(found, id)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%d groups are called %q", len(found), nameOrID)
	}
	return found[0], nil
}

func (w *world) addUsers(seed Seed) error {
	owner := User{
		PK: tokenOwnerPK, Username: "romm-admin", Name: "romm-admin", Type: "service_account",
		Path: "goauthentik.io/service-accounts", Superuser: seed.Permissions == nil,
	}
	next := int64(firstUserPK)
	names := map[string]bool{"AnonymousUser": true}
	ids := map[string]string{} // of groups, so that seeding stays linear
	all := seed.Users
	if seed.Owner == "" {
		all = append([]User{owner}, all...)
	}
	for _, u := range all {
		if u.PK == 0 {
			u.PK = next
		}
		next = max(next, u.PK+1)
		if w.users[u.PK] != nil || u.PK <= anonymousPK || names[u.Username] || u.Username == "" {
			return fmt.Errorf("seed: user %q: key or username is missing, reserved or used twice", u.Username)
		}
		names[u.Username] = true
		if u.Type == "" {
			u.Type = "internal"
		}
		if u.Path == "" {
			u.Path = "users"
		}
		st := &userState{
			User: u, uuid: uuidOf("user", u.Username), uid: uid(u.PK, seed.InstallID),
			joined: seed.Now.AddDate(-1, 0, 0),
		}
		for _, name := range u.Groups {
			id, ok := ids[name]
			if !ok {
				var err error
				if id, err = w.findGroup(name); err != nil {
					return fmt.Errorf("seed: user %q: %w", u.Username, err)
				}
				ids[name] = id
			}
			st.groups = append(st.groups, id)
			w.groups[id].members = append(w.groups[id].members, u.PK)
		}
		w.users[u.PK] = st
		w.userOrder = append(w.userOrder, u.PK)
		if u.Username == seed.Owner || seed.Owner == "" && u.PK == tokenOwnerPK {
			w.owner = u.PK
		}
	}
	if w.owner == 0 {
		return fmt.Errorf("seed: the token's owner %q is no user", seed.Owner)
	}
	slices.Sort(w.userOrder)
	return nil
}

func (w *world) addProviders(seed Seed, release authentik.Release) error {
	stock := slices.DeleteFunc(stockMappings(release), func(m authentik.Mapping) bool {
		return slices.ContainsFunc(seed.Mappings, func(o authentik.Mapping) bool { return o.Managed == m.Managed })
	})
	w.mappings = append(stock, seed.Mappings...)
	for i := range w.mappings {
		m := &w.mappings[i]
		if m.ID == "" {
			m.ID = uuidOf("mapping", m.Name.Raw())
		}
		if !uuidPattern.MatchString(m.ID) {
			return fmt.Errorf("seed: mapping %q: the id is no UUID", m.Name)
		}
	}
	for i, p := range seed.Providers {
		st := &providerState{Provider: p, fields: p.Fields}
		for _, u := range p.RedirectURIs {
			st.uris = append(st.uris, redirectURI{u, "strict", "authorization"})
		}
		if st.PK == 0 {
			st.PK = int64(i + 1)
		}
		for _, key := range p.Mappings {
			at := slices.IndexFunc(w.mappings, func(m authentik.Mapping) bool { return m.ID == key || m.Managed != "" && m.Managed == key })
			if at < 0 {
				return fmt.Errorf("seed: provider %q: there is no mapping %q", p.Name, key)
			}
			st.mappings = append(st.mappings, w.mappings[at].ID)
		}
		w.providers = append(w.providers, st)
	}
	for _, a := range seed.Applications {
		if a.Provider != "" && w.providerNamed(a.Provider) == nil {
			return fmt.Errorf("seed: application %q: there is no provider %q", a.Slug, a.Provider)
		}
		w.apps = append(w.apps, a)
	}
	return nil
}

func (w *world) providerNamed(name string) *providerState {
	for _, p := range w.providers {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// application returns the one that belongs to the provider.
func (w *world) application(p *providerState) (Application, bool) {
	for _, a := range w.apps {
		if a.Provider == p.Name {
			return a, true
		}
	}
	return Application{}, false
}

// allGroups returns direct and inherited groups, as all_groups() does.
func (w *world) allGroups(direct []string) []*groupState {
	var out []*groupState
	seen := map[string]bool{}
	for todo := slices.Clone(direct); len(todo) > 0; todo = todo[1:] {
		if seen[todo[0]] {
			continue
		}
		seen[todo[0]] = true
		g := w.groups[todo[0]]
		out = append(out, g)
		todo = append(todo, g.parents...)
	}
	return out
}

// superuser is recursive, as is_superuser is.
func (w *world) superuser(u *userState) bool {
	return u.Superuser || slices.ContainsFunc(w.allGroups(u.groups), func(g *groupState) bool { return g.Superuser })
}
