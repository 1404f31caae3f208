package model

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// VerifiedRule says what a provider's mappings put into email_verified.
type VerifiedRule string

// The rules that we can predict. VerifiedUnknown means that only Authentik
// can tell: somebody else's mapping is involved, or two mappings of one scope
// whose order is undefined (S10).
const (
	VerifiedUnknown VerifiedRule = ""
	VerifiedAlways  VerifiedRule = "always"  // stock up to 2025.8, or RomM's guide
	VerifiedNever   VerifiedRule = "never"   // stock since 2025.10
	VerifiedAddress VerifiedRule = "address" // ours: the trusted address equals the address
	// VerifiedAttribute is Authentik's documentation: the user's own attribute,
	// which somebody has to clear whenever the address changes.
	VerifiedAttribute VerifiedRule = "attribute"
	VerifiedAbsent    VerifiedRule = "absent" // no mapping for the scope email
)

// RolesClaim is the name of the claim, and of the scope, that our mapping
// fills.
const RolesClaim = "romm_roles"

// Provider is what we need to know of the Authentik OAuth2 provider that RomM
// uses: enough to predict the claims of the next ID token.
type Provider struct {
	Found       bool
	PK          int64
	Name        Untrusted
	Application string // slug
	Verified    VerifiedRule
	// VerifiedSource names the public guide that the mapping which says so is
	// from; "" for all others.
	VerifiedSource string
	// Profile is true when the stock profile mapping is selected: it sends
	// preferred_username and groups (names of direct groups).
	Profile bool
	// RoleMap is true when our roles mapping is selected: it sends
	// RolesClaim. It asks the companion, which reads the role map at each
	// login, or answers from Table.
	RoleMap bool
	// Table is what our roles mapping answers from when it asks no companion:
	// the role map as it was published. Nil when it asks one.
	Table *RoleTable
	// Answers says which answer the mapping gives now, where it asks a companion
	// and keeps a table that differs from the role map for somebody: a preview told
	// it. AnswersWhy is why that could not be asked.
	Answers    RolesAnswer
	AnswersWhy string
	// Unknown names the selected mappings that we cannot predict.
	Unknown []Untrusted
	// CallsOut names the selected mappings whose texts ask other services
	// without a timeout: suspects when a preview does not end.
	CallsOut []Untrusted
	// Flips are the scopes of which several mappings that do not agree are
	// selected: which of them counts may change without anybody's doing.
	Flips []string
	// NoClaimsInIDToken is true when include_claims_in_id_token is off: RomM
	// then finds no e-mail at all.
	NoClaimsInIDToken bool
	// SubMode says what the provider sends as the claim sub; "" if not known.
	SubMode string
	// Issuer is the claim iss, and the issuer of the discovery document as read
	// through the address that we use; "" if it could not be read.
	Issuer string
	// ClaimsSupported is the list of the discovery document; nil if it could
	// not be read.
	ClaimsSupported []string
	// NoDiscovery is why the discovery document could not be read, and NoPreview
	// why Authentik computed no claims for somebody; "" where it did, or was not
	// asked. Untried is why the token may not have it compute any.
	NoDiscovery, NoPreview, Untried string
	// Compiled is the table that stands in our roles mapping, whether it is
	// answered from or only kept for a companion that does not answer; nil
	// when our mapping is not selected.
	Compiled *RoleTable
	// RolesMark is the mark (`managed`) of our roles mapping; "" when somebody
	// made it by hand from our text.
	RolesMark string
	// Unrequested names selected mappings whose scope RomM never requests and
	// that may send claims which RomM reads. Previews mix those in, real logins
	// do not, so a preview tells nothing then.
	Unrequested []Untrusted
	// Fingerprint changes whenever a selected mapping, or what else of the
	// provider its claims depend on, does.
	Fingerprint string
	// Previews holds, by Identity.PK, what Authentik computed (preview_user).
	Previews map[int64]Preview
	// RolesMoved counts how often the role map, or the table that answers in
	// its place, became another one since it was read. The role claims of
	// previews from before the last move tell nothing any more.
	RolesMoved int
}

// ErrMappingSlow is in the error of a preview, or of another reading that runs
// the provider's mappings, which did not end in time.
var ErrMappingSlow = errors.New("a mapping of RomM's provider does not end")

// Blame names the mapping to look at in an error that has ErrMappingSlow in it;
// others are returned as they are.
func (p Provider) Blame(err error) error {
	var e *Error
	if !errors.Is(err, ErrMappingSlow) || !errors.As(err, &e) {
		return err
	}
	named := *e
	named.Hint = p.suspect() + "; " + e.Hint
	return &named
}

// suspect says in words which mapping to look at when one does not end.
func (p Provider) suspect() string {
	switch {
	case len(p.CallsOut) == 1:
		return fmt.Sprintf("look at the mapping “%s”: its text asks another service without a timeout", p.CallsOut[0])
	case len(p.CallsOut) > 1:
		return "look at these mappings, whose texts ask other services without a timeout: " + Names(p.CallsOut)
	case len(p.Unknown) > 0:
		return "look at the mappings that only Authentik can evaluate: " + Names(p.Unknown)
	}
	return "look at the mappings of RomM's provider, and at the log of Authentik's server"
}

// Preview is what Authentik computed for one person's next ID token
// (docs/authentik.md 4.3).
type Preview struct {
	Claims Claims
	At     time.Time // when it did
	// RolesMoved is Provider.RolesMoved when it was put into the world.
	RolesMoved int
	// Access is what Authentik said about opening RomM's application, which the
	// claims say nothing of; nil where it was not asked.
	Access *AccessAnswer
}

// RoleTable is a role map as compiled into a scope mapping: tokens of the role
// claim by group.
type RoleTable struct {
	// Companion is the address that the mapping asks first; "" if it answers
	// from the rows alone.
	Companion string
	Rows      []RoleTableRow
	Rank      []string // every token, highest first
	Default   string   // of people in none of the groups; "" is none
	// Generation and Sum are those of the role map that it was made from; zero
	// in texts from before they were said.
	Generation int64
	Sum        string
}

// RoleTableRow gives the members of a group, direct or inherited, a token.
type RoleTableRow struct {
	Group GroupID
	Token string
}

// Resolve returns the highest token of the groups, or the default; nil for
// none. The caller passes direct and inherited groups alike.
func (t RoleTable) Resolve(groups []GroupID) []string {
	best := t.Default
	for _, row := range t.Rows {
		if slices.Contains(groups, row.Group) && (best == "" || slices.Index(t.Rank, row.Token) < slices.Index(t.Rank, best)) {
			best = row.Token
		}
	}
	if best == "" {
		return nil
	}
	return []string{best}
}

// Same reports whether the two give the same answers, in whatever order their
// rows stand.
func (t RoleTable) Same(o RoleTable) bool {
	return t.Companion == o.Companion && t.Default == o.Default &&
		t.Generation == o.Generation && t.Sum == o.Sum && slices.Equal(t.Rank, o.Rank) && slices.Equal(t.SortedRows(), o.SortedRows())
}

// Predictable reports whether the claims of everybody follow from the known
// mappings alone, without asking Authentik.
func (p Provider) Predictable() bool {
	return p.Found && p.Verified != VerifiedUnknown && len(p.Unknown) == 0
}

// sorted are the rows by group.
func (t RoleTable) SortedRows() []RoleTableRow {
	return slices.SortedFunc(slices.Values(t.Rows), func(a, b RoleTableRow) int { return cmp.Compare(a.Group, b.Group) })
}

// token is the answer for a group by itself; "" is none.
func (t RoleTable) Token(g GroupID) string {
	for _, row := range t.Rows {
		if row.Group == g {
			return row.Token
		}
	}
	return ""
}
