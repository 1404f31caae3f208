package model

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Ref names an object in Authentik by its key; the name is a label that
// nothing compares.
type Ref struct {
	ID   string    `json:"id"`
	Name Untrusted `json:"name,omitempty"`
}

// OAuthProvider is an OAuth2 provider as far as set-up knows it
// (reference/authentik.md 4.2). It holds no secret.
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

// What Authentik takes where nothing is said (reference/authentik.md 3, 4.2).
const (
	defaultSubMode    = "hashed_user_id"
	defaultIssuerMode = "per_provider"
	defaultPolicyMode = "any"
)

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
// without any binding everybody may (reference/authentik.md 3).
type Binding struct {
	Application string // slug
	Group       GroupID
	User        int64  // pk
	Policy      string // UUID; such bindings are read, never written
	Order       int
	Disabled    bool
	Negate      bool
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

type providerJSON struct {
	Name              Untrusted     `json:"name"`
	ClientID          Untrusted     `json:"client_id"`
	Public            bool          `json:"public,omitempty"`
	AuthorizationFlow Ref           `json:"authorization_flow"`
	InvalidationFlow  Ref           `json:"invalidation_flow"`
	SigningKey        Ref           `json:"signing_key"`
	EncryptionKey     Ref           `json:"encryption_key"`
	RedirectURIs      []RedirectURI `json:"redirect_uris"`
	Mappings          []Ref         `json:"mappings"`
	ClaimsInIDToken   bool          `json:"claims_in_id_token"`
	GrantTypes        []string      `json:"grant_types"`
	SubMode           string        `json:"sub_mode,omitempty"`
	IssuerMode        string        `json:"issuer_mode,omitempty"`
}

func (p OAuthProvider) encode() Untrusted {
	return canonicalJSON(providerJSON{
		p.Name, Untrusted(p.ClientID), p.Public, p.AuthorizationFlow, p.InvalidationFlow, p.SigningKey, p.EncryptionKey,
		append([]RedirectURI{}, p.RedirectURIs...), byID(p.Mappings), !p.NoClaimsInIDToken, p.GrantTypes, p.SubMode, p.IssuerMode,
	})
}

func byID(refs []Ref) []Ref {
	out := append([]Ref{}, refs...)
	slices.SortFunc(out, func(a, b Ref) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

func parseProvider(text Untrusted) (OAuthProvider, error) {
	var in providerJSON
	err := strictJSON(text, &in)
	return OAuthProvider{
		Name: in.Name, ClientID: in.ClientID.Raw(), Public: in.Public, AuthorizationFlow: in.AuthorizationFlow,
		InvalidationFlow: in.InvalidationFlow, SigningKey: in.SigningKey, EncryptionKey: in.EncryptionKey,
		RedirectURIs: in.RedirectURIs, Mappings: in.Mappings, NoClaimsInIDToken: !in.ClaimsInIDToken,
		GrantTypes: in.GrantTypes, SubMode: in.SubMode, IssuerMode: in.IssuerMode,
	}, err
}

// Same reports whether the two say the same: labels and keys aside, and grant
// types where one of the two is of a server that knows none.
func (p OAuthProvider) Same(o OAuthProvider) bool {
	return p.bare(o).encode() == o.bare(p).encode()
}

func (p OAuthProvider) bare(other OAuthProvider) OAuthProvider {
	for _, r := range []*Ref{&p.AuthorizationFlow, &p.InvalidationFlow, &p.SigningKey, &p.EncryptionKey} {
		r.Name = ""
	}
	p.Mappings = byID(p.Mappings)
	for i := range p.Mappings {
		p.Mappings[i].Name = ""
	}
	p.Mappings = slices.Compact(p.Mappings)
	if p.GrantTypes = slices.Sorted(slices.Values(p.GrantTypes)); other.GrantTypes == nil {
		p.GrantTypes = nil
	}
	p.SubMode, p.IssuerMode = cmp.Or(p.SubMode, defaultSubMode), cmp.Or(p.IssuerMode, defaultIssuerMode)
	return p
}

type applicationJSON struct {
	Name     Untrusted `json:"name"`
	Provider Untrusted `json:"provider"` // client id
	Mode     string    `json:"policy_engine_mode,omitempty"`
}

func (a Application) encode() Untrusted {
	return canonicalJSON(applicationJSON{a.Name, Untrusted(a.Provider), a.Mode})
}

func parseApplication(slug string, text Untrusted) (Application, error) {
	var in applicationJSON
	err := strictJSON(text, &in)
	return Application{Name: in.Name, Slug: slug, Provider: in.Provider.Raw(), Mode: in.Mode}, err
}

// Same reports whether the two say the same.
func (a Application) Same(o Application) bool {
	a.Mode, o.Mode = cmp.Or(a.Mode, defaultPolicyMode), cmp.Or(o.Mode, defaultPolicyMode)
	return a == o
}

type bindingJSON struct {
	Order   int  `json:"order"`
	Enabled bool `json:"enabled"`
	Negate  bool `json:"negate,omitempty"`
}

func (b Binding) encode() Untrusted {
	return canonicalJSON(bindingJSON{b.Order, !b.Disabled, b.Negate})
}

func parseBinding(object string, text Untrusted) (Binding, error) {
	slug, who, _ := strings.Cut(object, "/")
	b := Binding{Application: slug}
	if pk, ok := strings.CutPrefix(who, "user:"); ok {
		n, err := strconv.ParseInt(pk, 10, 64)
		if err != nil {
			return b, &Error{Code: CodeInvalid, Msg: "the binding names no user", Err: err, Hint: "make the change anew"}
		}
		b.User = n
	} else if policy, ok := strings.CutPrefix(who, "policy:"); ok {
		b.Policy = policy
	} else {
		b.Group = GroupID(who)
	}
	var in bindingJSON
	err := strictJSON(text, &in)
	b.Order, b.Disabled, b.Negate = in.Order, !in.Enabled, in.Negate
	return b, err
}

// Providers, Applications and Bindings return what a change of that kind finds
// and leaves; nil is none.
func (c Change) Providers() (before, after *OAuthProvider, err error) {
	return ends(c, parseProvider)
}

// Applications is Providers for ChangeApplication.
func (c Change) Applications() (before, after *Application, err error) {
	return ends(c, func(text Untrusted) (Application, error) { return parseApplication(c.Object, text) })
}

// Bindings is Providers for ChangeBinding.
func (c Change) Bindings() (before, after *Binding, err error) {
	return ends(c, func(text Untrusted) (Binding, error) { return parseBinding(c.Object, text) })
}

// ScopeMappings is Providers for ChangeScopeMapping.
func (c Change) ScopeMappings() (before, after *ScopeMapping, err error) {
	return ends(c, func(text Untrusted) (ScopeMapping, error) {
		m, _, err := parseMapping(c.Object, text)
		return m, err
	})
}

func ends[T any](c Change, parse func(Untrusted) (T, error)) (before, after *T, err error) {
	read := func(text Untrusted) *T {
		if text == "" || err != nil {
			return nil
		}
		var v T
		v, err = parse(text)
		return &v
	}
	before, after = read(c.Before), read(c.After)
	if err != nil {
		return nil, nil, err
	}
	return before, after, nil
}

// same reports whether two values of this change say the same, labels aside.
func (c Change) same(a, b Untrusted) bool {
	if a == b {
		return true
	}
	if a == "" || b == "" {
		return false
	}
	c.Before, c.After = a, b
	switch c.Kind {
	case ChangeScopeMapping:
		x, y, err := c.ScopeMappings()
		return err == nil && x.Same(*y)
	case ChangeProvider:
		x, y, err := c.Providers()
		return err == nil && x.Same(*y)
	case ChangeApplication:
		x, y, err := c.Applications()
		return err == nil && x.Same(*y)
	case ChangeBinding:
		x, y, err := c.Bindings()
		return err == nil && *x == *y
	case ChangeLocalAccount:
		x, y, err := c.LocalAccounts()
		return err == nil && *x == *y
	}
	return false
}
