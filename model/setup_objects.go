package model

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// Ref names an object in Authentik by its key; the name is a label that
// nothing compares.
type Ref struct {
	ID   string    `json:"id"`
	Name Untrusted `json:"name,omitempty"`
}

// OAuthProvider is an OAuth2 provider as far as set-up knows it
// (docs/authentik.md 4.2). It holds no secret.
type OAuthProvider struct {
	PK                int64 // 0 in a plan
	Name              Untrusted
	ClientID          string // the mark of the provider that set-up made (S36)
	Public            bool   // proves itself without the secret
	AuthorizationFlow Ref
	InvalidationFlow  Ref
	SigningKey        Ref // "" signs with the client secret
	EncryptionKey     Ref
	RedirectURIs      []RedirectURI
	// Mappings are those that it selects: by `managed` where they have one,
	// else by UUID.
	Mappings          []Ref
	NoClaimsInIDToken bool
	// GrantTypes is nil on servers before 2026.5, which know none.
	GrantTypes []string
	// SubMode and IssuerMode are the default where nothing is said: a provider
	// that an older romm-admin made was left to it.
	SubMode    string
	IssuerMode string
}

// What Authentik takes where nothing is said (docs/authentik.md 3, 4.2).
const (
	DefaultSubMode    = SubHashedUserID
	DefaultIssuerMode = "per_provider"
	DefaultPolicyMode = "any"
)

// IssuerGlobal is the other issuer mode: iss is Authentik's own address for all
// of its providers.
const IssuerGlobal = "global"

// RedirectURI is one allowed redirect URI.
type RedirectURI struct {
	URL   string `json:"url"`
	Regex bool   `json:"regex,omitempty"` // a pattern and not the exact address (S12)
	// Logout is a redirect URI for signing out, from 2026.5 on.
	Logout bool `json:"logout,omitempty"`
}

// Selects reports whether the provider selects that mapping.
func (p OAuthProvider) Selects(id string) bool {
	return slices.ContainsFunc(p.Mappings, func(r Ref) bool { return r.ID == id })
}

// Application ties a slug to a provider.
type Application struct {
	Name Untrusted
	Slug string
	// Provider is the client id of its provider; "" for none, and "#PK" for
	// one that is no OAuth2 provider.
	Provider string
	Mode     string // policy_engine_mode: "any", which "" is too, or "all"
}

// Binding lets a group, a user or whom a policy passes use an application;
// without any binding everybody may (docs/authentik.md 3).
type Binding struct {
	Application string // slug
	Group       GroupID
	User        int64  // pk
	Policy      string // UUID; such bindings are read, never written
	Order       int
	Disabled    bool
	Negate      bool
	// PolicyName and Expires are Authentik's alone: they are read and shown, and
	// no plan sets or compares them. Expires is zero for one that does not.
	PolicyName Untrusted
	Expires    time.Time
}

// Same reports whether the two say the same, as far as a plan can say it.
func (b Binding) Same(o Binding) bool {
	b.PolicyName, b.Expires = o.PolicyName, o.Expires
	return b == o
}

// Object names the binding in a change.
func (b Binding) Object() string {
	switch {
	case b.Policy != "":
		return b.Application + "/policy:" + b.Policy
	case b.User != 0:
		return b.Application + "/user:" + strconv.FormatInt(b.User, 10)
	}
	return b.Application + "/" + string(b.Group)
}

func ByID(refs []Ref) []Ref {
	out := append([]Ref{}, refs...)
	slices.SortFunc(out, func(a, b Ref) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Same reports whether the two say the same: labels and keys aside, and grant
// types where one of the two is of a server that knows none.
func (p OAuthProvider) Same(o OAuthProvider) bool {
	p, o = p.Comparable(o), o.Comparable(p)
	p.PK, o.PK = 0, 0
	return reflect.DeepEqual(p, o)
}

func (p OAuthProvider) Comparable(other OAuthProvider) OAuthProvider {
	for _, r := range []*Ref{&p.AuthorizationFlow, &p.InvalidationFlow, &p.SigningKey, &p.EncryptionKey} {
		r.Name = ""
	}
	p.Mappings = ByID(p.Mappings)
	for i := range p.Mappings {
		p.Mappings[i].Name = ""
	}
	p.Mappings = slices.Compact(p.Mappings)
	p.RedirectURIs = append([]RedirectURI{}, p.RedirectURIs...)
	if p.GrantTypes = slices.Sorted(slices.Values(p.GrantTypes)); other.GrantTypes == nil {
		p.GrantTypes = nil
	}
	p.SubMode, p.IssuerMode = cmp.Or(p.SubMode, DefaultSubMode), cmp.Or(p.IssuerMode, DefaultIssuerMode)
	return p
}

// Same reports whether the two say the same.
func (a Application) Same(o Application) bool {
	a.Mode, o.Mode = cmp.Or(a.Mode, DefaultPolicyMode), cmp.Or(o.Mode, DefaultPolicyMode)
	return a == o
}

func (r Ref) String() string {
	switch {
	case r.ID == "":
		return "none"
	case r.Name != "":
		return r.Name.String()
	}
	return ShortID(r.ID)
}
