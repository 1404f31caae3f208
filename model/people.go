package model

import (
	"errors"
	"strings"
	"time"
)

// LocalUser is an account in RomM, or in the embedded directory when no RomM is
// configured (docs/romm.md 2 UserSchema).
type LocalUser struct {
	ID       int64
	Username Untrusted
	// Email is "" when RomM stores NULL, and when it stores the empty
	// string; EmptyEmail distinguishes them.
	Email Untrusted
	// EmptyEmail is true for an account whose stored address is the empty
	// string rather than NULL: every login with an empty address opens it
	// (docs/romm.md row 4b).
	EmptyEmail bool
	Role       Role
	Enabled    bool
	Link       OIDCLink  // of RomM from 5.4 on
	LastLogin  time.Time // zero if never; set by browser logins only
	LastActive time.Time
}

// email is the column as the database has it.
func (u *LocalUser) email() NullText { return NullText{u.Email, u.Email != "" || u.EmptyEmail} }

// HasEmail reports whether the account carries an address.
func (u LocalUser) HasEmail() bool { return u.Email != "" }

// GroupID is the UUID of an Authentik group in lower-case text form. Groups
// are known by it alone; names are labels (S8).
type GroupID string

// Identity is an Authentik user (docs/authentik.md 4.2, 6).
type Identity struct {
	PK        int64 // key in URLs and for_user
	UUID      string
	UID       string // hex, equals the default sub claim
	Username  Untrusted
	Name      Untrusted
	Email     Untrusted // "" is no address
	Active    bool
	Superuser bool
	Type      string // internal, external, service_account, internal_service_account
	Path      Untrusted
	Groups    []GroupID // direct membership only
	// TrustedEmail is the address that an admin vouched for, kept in the
	// user attribute AttrTrustedEmail. The address counts as verified while
	// it equals Email (S1).
	TrustedEmail Untrusted
	// EmailVerified is the user attribute AttrEmailVerified as a claim: a bool
	// where people follow Authentik's documentation, and false without one.
	EmailVerified any
	// UPN is the user attribute AttrUPN as a claim; nil without one.
	UPN       any
	LastLogin time.Time // zero if never
}

// Service reports whether this is a service account of Authentik's: a program
// and no person.
func (i Identity) Service() bool {
	return i.Type == "service_account" || i.Type == "internal_service_account"
}

// AttrTrustedEmail is the Authentik user attribute that holds the trusted
// address.
const AttrTrustedEmail = "romm_trusted_email"

// ErrDefinition is in the error of a write that a definition of attributes in
// Authentik refused: nothing was written, and the next person's may be taken.
var ErrDefinition = errors.New("a definition of user attributes in Authentik refuses it")

// AttributeDefinition is what Authentik, from 2026.8 on, demands of a user
// attribute.
type AttributeDefinition struct {
	Key  Untrusted // with dots between nested names
	Type Untrusted // text, number, boolean
}

// name is the attribute that the key begins with.
func (d AttributeDefinition) name() string {
	name, _, _ := strings.Cut(d.Key.Raw(), ".")
	return name
}

// Ours reports whether the definition is of an attribute that romm-admin
// writes, or would be by its name.
func (d AttributeDefinition) Ours() bool { return strings.HasPrefix(d.name(), attributePrefix) }

// Vouches reports whether the attribute is the one of Authentik's documentation
// that says that an address is verified.
func (d AttributeDefinition) Vouches() bool { return d.name() == AttrEmailVerified }

const attributePrefix = "romm_"

// AttrEmailVerified is the user attribute of a mapping in Authentik's
// documentation (docs/authentik.md 1).
const AttrEmailVerified = "email_verified"

// AttrUPN is the user attribute that the subject mode user_upn sends.
const AttrUPN = "upn"

// Group is an Authentik group. Parents are the groups that this one belongs
// to; their members include this group's members.
type Group struct {
	ID        GroupID
	Name      Untrusted
	Parents   []GroupID
	Superuser bool
}

// Directory is what Authentik reported, in one reading.
type Directory struct {
	Identities []Identity
	Groups     []Group
	// Incomplete says why the lists cannot be trusted to be whole; "" when
	// they can. Writes are refused while it is set (S9).
	Incomplete string
}

// Group returns the group with that id.
func (d Directory) Group(id GroupID) (Group, bool) {
	for _, g := range d.Groups {
		if g.ID == id {
			return g, true
		}
	}
	return Group{}, false
}

// Pin is an explicit pairing that somebody pinned: this Authentik user is
// this RomM account. UID, LocalID and Email are the triple remembered when it
// was pinned (S14).
type Pin struct {
	UID      string
	LocalID  int64
	Email    Untrusted
	PinnedBy Untrusted
	PinnedAt time.Time
}

// System names one of the two sides for headings: host and version as shown.
type System struct {
	Name    string
	Version string
	// Embedded is true when local users live in our own SQLite file because
	// no RomM is configured.
	Embedded bool
}
