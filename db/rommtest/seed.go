package rommtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// DefaultVersion is the release that the recordings come from.
const DefaultVersion = "5.2.0"

// Seed is the state in which a fake RomM starts. The zero value is an empty
// RomM 5.2.0 on MariaDB, before its setup wizard.
type Seed struct {
	// Version is the release to imitate, 4.0.0 or later; "" is
	// [DefaultVersion].
	Version string
	// Database decides what counts as the same username or address
	// (docs/romm.md 2 Uniqueness). Unknown means MariaDB.
	Database model.Database

	OIDCEnabled   bool   // OIDC_ENABLED
	Login         Login  // the other OIDC variables
	Provider      string // OIDC_PROVIDER, a label
	Autologin     bool   // OIDC_AUTOLOGIN
	RPLogout      bool   // OIDC_RP_INITIATED_LOGOUT
	HidePassword  bool   // DISABLE_USERPASS_LOGIN; user interface only
	Kiosk         bool   // KIOSK_MODE
	BaseURL       string // ROMM_BASE_URL
	EndSession    string // OIDC_END_SESSION_ENDPOINT
	AccessExpiry  time.Duration
	RefreshExpiry time.Duration

	// Groups are permission groups beside the two that RomM brings, 1
	// "Viewer (legacy)", the default, and 2 "Editor (legacy)"; "Viewer" and
	// "Editor" since 5.4.
	Groups []Group
	Users  []User
	Tokens []Token
	// Events are what the audit log holds already, oldest first, since 5.4.
	Events []Event

	// Now is the clock; nil is the real one.
	Now func() time.Time
	// Work is told how long RomM would work at a request, before it is
	// answered: it may count that, or wait on a clock of its own. With nil
	// everything is for nothing.
	Work func(ctx context.Context, d time.Duration)
}

// ScopesCost is what each account that is no administrator's costs RomM in an
// answer: a query for its scopes. Measured on RomM 5.2.0 with 1,028 to 8,028
// accounts, 4 to 6 ms each (docs/romm.md 2).
const ScopesCost = 4 * time.Millisecond

// User is an account as it lies in RomM's database: username and address as
// they are stored, without the checks of the API, because an OIDC login stores
// what the provider sends (docs/romm.md row 15).
type User struct {
	ID       int64 // 0 takes the next free one
	Username string
	Email    *string // nil is NULL
	Role     model.Role
	Disabled bool
	// Password opens the account; with "" no password does.
	Password model.Secret
	// OIDCMade marks an account whose stored password is not a hash: RomM
	// answers 500 to a password sign-in with it (docs/romm.md 1).
	OIDCMade bool
	// Link is whom the account is linked to, from 5.4 on (docs/romm.md 3 Links);
	// it is always known to RomM itself.
	Link       model.OIDCLink
	LastLogin  time.Time // zero is never
	LastActive time.Time
	// Group puts the account into a permission group, nil into the default
	// one. Groups exist from RomM 5.0 on.
	Group *int64
}

// Token is a client API token.
type Token struct {
	Value   model.Secret // rmm_ and more
	Owner   string       // username
	Scopes  []string
	Expires time.Time // zero is never
}

// New returns a fake RomM in the state of the seed. It refuses releases that
// it cannot imitate and accounts that RomM's database could not hold.
func New(seed Seed) (*Server, error) {
	if seed.Version == "" {
		seed.Version = DefaultVersion
	}
	if seed.Now == nil {
		seed.Now = time.Now
	}
	if seed.AccessExpiry == 0 {
		seed.AccessExpiry = 30 * time.Minute
	}
	if seed.RefreshExpiry == 0 {
		seed.RefreshExpiry = 7 * 24 * time.Hour
	}
	version, err := model.ParseVersion(seed.Version)
	if err != nil {
		return nil, fmt.Errorf("rommtest: %w", err)
	}
	if !version.AtLeast(4, 0, 0) {
		return nil, fmt.Errorf("rommtest: RomM %s takes its fields from the query, which is not implemented; use 4.0.0 or later", version)
	}
	store, err := newStore(seed.Database, version, seed.Now)
	if err != nil {
		return nil, err
	}
	for _, g := range seed.Groups {
		if err := store.putGroup(g); err != nil {
			return nil, err
		}
	}
	for _, u := range seed.Users {
		if err := store.putUser(u); err != nil {
			return nil, err
		}
	}
	for _, t := range seed.Tokens {
		if err := store.putToken(t); err != nil {
			return nil, err
		}
	}
	store.events = slices.Clone(seed.Events)
	return newServer(seed, version, store), nil
}

// PutUser stores an account as an edit in the database behind RomM's back
// does: it replaces the account with that id, or adds one.
func (s *Server) PutUser(u User) error {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	return s.store.putUser(u)
}

// Users returns the accounts as they are now, by id, without their passwords.
func (s *Server) Users() []User {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	out := make([]User, 0, len(s.store.users))
	for _, a := range s.store.sorted() {
		u := a.User
		u.Password = ""
		out = append(out, u)
	}
	return out
}

// check refuses what the database's columns could not hold.
func (u User) check(v model.Version) error {
	switch {
	case u.ID < 0:
		return fmt.Errorf("rommtest: user id %d is negative", u.ID)
	case !slices.Contains(v.Roles(), u.Role):
		return fmt.Errorf("rommtest: RomM %s has no role %q (user %q)", v, u.Role, u.Username)
	case (u.Link.Issuer.Valid || u.Link.Subject.Valid) && !v.Links():
		return fmt.Errorf("rommtest: RomM %s links no accounts (user %q)", v, u.Username)
	case len([]rune(u.Link.Issuer.Text)) > maxColumn, len([]rune(u.Link.Subject.Text)) > maxColumn:
		return fmt.Errorf("rommtest: the link of user %d is longer than %d characters", u.ID, maxColumn)
	case len([]rune(u.Username)) > maxColumn, u.Email != nil && len([]rune(*u.Email)) > maxColumn:
		return fmt.Errorf("rommtest: username or address of user %d is longer than %d characters", u.ID, maxColumn)
	case u.Group != nil && !v.AtLeast(5, 0, 0):
		return fmt.Errorf("rommtest: RomM %s has no permission groups (user %q)", v, u.Username)
	}
	return nil
}

func (t Token) check(v model.Version) error {
	switch {
	case !v.AtLeast(4, 8, 0):
		return fmt.Errorf("rommtest: RomM %s has no client tokens", v)
	case !strings.HasPrefix(t.Value.Reveal(), tokenPrefix):
		return fmt.Errorf("rommtest: a token of %q does not start with %s", t.Owner, tokenPrefix)
	case len(t.Scopes) == 0:
		return fmt.Errorf("rommtest: a token of %q has no scopes", t.Owner)
	}
	for _, scope := range t.Scopes {
		if !slices.Contains(adminScopes, scope) {
			return fmt.Errorf("rommtest: there is no scope %q", scope)
		}
	}
	return nil
}
