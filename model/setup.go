package model

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// The marks of the scope mappings that romm-admin makes, kept in their field
// `managed`. They are found again by it, never by name (S36).
const (
	MarkEmail = "romm-admin/email-verified"
	MarkRoles = "romm-admin/roles"
)

// Setup is what was read of the objects in Authentik that set-up makes.
type Setup struct {
	// Known is true when the lists were whole: an object that is missing here
	// is then missing in Authentik too.
	Known bool
	// Mappings are the scope mappings that carry one of our marks.
	Mappings []ScopeMapping
	// TextCompanion is the companion that the roles mapping asks under a text that
	// somebody changed, "" for none; nil where that is not certain.
	TextCompanion *string
	// Others are the scope mappings that carry none.
	Others []OtherMapping
	// Selectors are who selects Mappings other than Provider.
	Selectors Selectors
	// Slug is that of RomM's application, whether it is there or not.
	Slug string
	// Provider and Application are RomM's; nil if there are none.
	Provider    *OAuthProvider
	Application *Application
	// SecretDiffers is true when the client secret that RomM is started with,
	// as far as it is known, is not the one of Provider.
	SecretDiffers bool
	// Bindings are those of the application, and Engine is how this Authentik
	// reads its mode.
	Bindings      []Binding
	BindingsKnown bool
	Engine        PolicyEngine
	// Root is Authentik's address as romm-admin reaches it; "" if not known.
	Root string
	// NoDiscovery is true when Authentik answers 404 to everybody who asks for the
	// discovery document of the application with that slug.
	NoDiscovery bool
	// Definitions are those of user attributes that are enabled; nil where
	// NoDefinitions says why they are not known, and before 2026.8.
	Definitions   []AttributeDefinition
	NoDefinitions string
	Classifier    Classifier
	// Newest are the texts that this release writes.
	Newest Templates
}

// Templates are the numbers of the newest released texts, one for each thing
// that a mapping of ours may say.
type Templates struct{ Roles, Address, Always int }

// Of is the number of the newest text that says what m says, as
// ScopeMapping.Template has it.
func (t Templates) Of(m ScopeMapping) int {
	n := t.Always
	switch {
	case m.Roles != nil:
		n = t.Roles
	case m.Verified == VerifiedAddress:
		n = t.Address
	}
	if n < 2 {
		return 0
	}
	return n
}

// Older reports whether Authentik has the mapping in a text of an older release.
func (s Setup) Older(mark string) bool {
	m, ok := s.Mapping(mark)
	return ok && m.Unknown == "" && m.Template < s.Newest.Of(m)
}

// Mapping returns the mapping with that mark.
func (s Setup) Mapping(mark string) (ScopeMapping, bool) {
	for _, m := range s.Mappings {
		if m.Mark == mark {
			return m, true
		}
	}
	return ScopeMapping{}, false
}

// with returns a copy in which the mapping with that mark is m; nil removes it.
func (s Setup) WithMapping(mark string, m *ScopeMapping) Setup {
	s.Mappings = slices.DeleteFunc(slices.Clone(s.Mappings), func(o ScopeMapping) bool { return o.Mark == mark })
	if m != nil {
		s.Mappings = append(s.Mappings, *m)
		slices.SortFunc(s.Mappings, func(a, b ScopeMapping) int { return cmp.Compare(a.Mark, b.Mark) })
	}
	return s
}

// ScopeMapping is one of our scope mappings by what it says, not by its text:
// the text follows from that. One of Verified, Roles and Unknown is set.
type ScopeMapping struct {
	Mark  string // `managed`
	Name  Untrusted
	Scope string
	// Verified is what it puts into email_verified: VerifiedAddress or
	// VerifiedAlways.
	Verified VerifiedRule
	// Roles is the table of the roles mapping.
	Roles *RoleTable
	// Template is the number of the released text that says it, where that is not
	// the first: 2 is v2, 0 is v1. The numbers of each list of texts are its own.
	Template int
	// Unknown is the SHA-256 of a text that none of our templates makes:
	// somebody changed it. The text itself stays out of plans and journal,
	// where a secret in it would be kept, so it cannot be written back.
	Unknown string
}

// UnknownText is the Unknown of a mapping with that text.
func UnknownText(expression string) string {
	sum := sha256.Sum256([]byte(expression))
	return hex.EncodeToString(sum[:])
}

// Same reports whether the two say the same.
func (m ScopeMapping) Same(o ScopeMapping) bool {
	if m.Roles == nil || o.Roles == nil {
		return m == o
	}
	same := m.Roles.Same(*o.Roles)
	m.Roles, o.Roles = nil, nil
	return same && m == o
}

// Classifier says what the mappings that a provider selects put into its ID
// token, ours being as given. The reader of Authentik supplies it, since it
// knows the texts of all the others.
type Classifier interface {
	Classify(p OAuthProvider, ours []ScopeMapping) Provider
}

// slug is that of the application that holds the provider; "" for none.
func (s Setup) ProviderSlug() string {
	if s.Application == nil || s.Provider == nil || s.Application.Provider != s.Provider.ClientID {
		return ""
	}
	return s.Application.Slug
}

// SetupNeeds are the objects of Authentik that set-up builds on. An empty ID is
// one that the token does not see.
type SetupNeeds struct {
	AuthorizationFlow Ref // implicit consent: no page between login and RomM
	InvalidationFlow  Ref
	SigningKey        Ref
	// ProvidersHidden is true when the token may see no provider at all.
	ProvidersHidden bool
	// Untested is why Authentik tests none of our mappings for this token
	// before a provider selects them (S11); "" if it does.
	Untested string
}

// OtherMapping is a scope mapping that romm-admin did not make.
type OtherMapping struct {
	Ref
	Scope string
}

// scope is that of a mapping by its reference; "" if it is not known.
func (s Setup) ScopeOf(id string) string {
	switch id {
	case MarkEmail:
		return "email"
	case MarkRoles:
		return RolesClaim
	}
	for _, o := range s.Others {
		if o.ID == id {
			return o.Scope
		}
	}
	return ""
}

func (s Setup) RefTo(id string) Ref {
	for _, o := range s.Others {
		if o.ID == id {
			return o.Ref
		}
	}
	return Ref{ID: id}
}

const SetupApplies = "romm-admin setup apply fixes it"

// Selectors are the providers, other than RomM's, that select one of our scope
// mappings: Authentik runs the same text for the logins of their applications.
type Selectors struct {
	// Names are those of the providers, by mark, in order.
	Names map[string][]Untrusted
	// Unknown says why they could not be read; "" if they were.
	Unknown string
}
