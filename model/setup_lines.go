package model

import (
	"fmt"
	"slices"
	"strings"
)

// Lines returns what the change takes away and what it puts in its place, for
// people: for most kinds the two values as they are, for an object of set-up
// only what differs, a line each. Every line is clean.
func (c Change) Lines() (removed, added []string) {
	return apart(c.lines(c.Before), c.lines(c.After))
}

// lines describes one side of the change as a whole.
func (c Change) lines(v Untrusted) []string {
	if v == "" {
		return nil
	}
	switch c.Kind {
	case ChangeScopeMapping:
		return c.mappingLines(v)
	case ChangeProvider:
		if p, err := parseProvider(v); err == nil {
			return p.lines()
		}
	case ChangeApplication:
		if a, err := parseApplication(c.Object, v); err == nil {
			return a.lines()
		}
	case ChangeLocalAccount:
		c.Before, c.After = v, ""
		if u, _, err := c.LocalAccounts(); err == nil {
			return accountLines(*u)
		}
	case ChangeBinding:
		if b, err := parseBinding(c.Object, v); err == nil {
			return b.lines()
		}
	}
	return []string{c.spelled(v)}
}

// spelled is a value as words, where it is none in the journal.
func (c Change) spelled(v Untrusted) string {
	switch {
	case c.Kind == ChangeLocalEnabled && v == "true":
		return "enabled"
	case c.Kind == ChangeLocalEnabled && v == "false":
		return "disabled"
	case c.Kind == ChangePin && v != "":
		return "RomM account with id " + v.String()
	}
	return v.String()
}

// maxTextLines bounds what stands on a single line.
const maxTextLines = 3

// Text says a value of the change on a single line, as far as it differs from
// the other side.
func (c Change) Text(v Untrusted) string {
	if !c.ofSetup() && c.Kind != ChangeLocalAccount {
		return c.spelled(v)
	}
	other := c.Before
	if v == c.Before {
		other = c.After
	}
	lines, _ := apart(c.lines(v), c.lines(other))
	if more := len(lines) - maxTextLines; more > 0 {
		lines = append(lines[:maxTextLines:maxTextLines], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, ", ")
}

// apart drops the lines that both have.
func apart(before, after []string) (removed, added []string) {
	without := func(list, other []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(l string) bool { return slices.Contains(other, l) })
	}
	return without(before, after), without(after, before)
}

// mappingLines describes a scope mapping.
func (c Change) mappingLines(v Untrusted) []string {
	m, labels, err := parseMapping(c.Object, v)
	if err != nil {
		return []string{v.String()}
	}
	out := []string{fmt.Sprintf("name %s", m.Name), "scope " + Clean(m.Scope)}
	switch {
	case m.Verified == VerifiedAlways:
		out = append(out, "every address counts as verified")
	case m.Verified == VerifiedAddress:
		out = append(out, "an address counts as verified while an admin vouches for it")
	case m.Unknown != "":
		out = append(out, "a text that romm-admin did not write, "+shortID(m.Unknown))
	}
	if m.Template > 0 {
		out = append(out, fmt.Sprintf("text v%d of romm-admin", m.Template))
	}
	if m.Roles == nil {
		return out
	}
	asks := "asks no companion"
	if m.Roles.Companion != "" {
		asks = "asks the companion at " + Clean(m.Roles.Companion)
	}
	out = append(out, asks)
	for _, row := range m.Roles.Rows {
		out = append(out, fmt.Sprintf("%s (%s): %s", labels[row.Group], shortID(string(row.Group)), Clean(row.Token)))
	}
	fallback := "no role"
	if m.Roles.Default != "" {
		fallback = Clean(m.Roles.Default)
	}
	return append(out, "everybody else: "+fallback, "roles, highest first: "+Clean(strings.Join(m.Roles.Rank, ", ")))
}

func (r Ref) String() string {
	switch {
	case r.ID == "":
		return "none"
	case r.Name != "":
		return r.Name.String()
	}
	return shortID(r.ID)
}

func (p OAuthProvider) lines() []string {
	out := []string{
		fmt.Sprintf("name %s", p.Name), "client id " + Clean(p.ClientID),
		fmt.Sprintf("authorization flow %s", p.AuthorizationFlow), fmt.Sprintf("invalidation flow %s", p.InvalidationFlow),
		fmt.Sprintf("signing key %s", p.SigningKey),
	}
	for _, u := range p.RedirectURIs {
		kind := "redirect URI"
		if u.Logout {
			kind = "redirect URI after signing out"
		}
		if u.Regex {
			kind += ", as a pattern,"
		}
		out = append(out, kind+" "+Clean(u.URL))
	}
	for _, m := range p.Mappings {
		out = append(out, fmt.Sprintf("scope mapping %s", m))
	}
	for _, x := range []struct {
		said bool
		text string
	}{
		{p.Public, "public client, without a secret"},
		{p.EncryptionKey.ID != "", fmt.Sprintf("encryption key %s", p.EncryptionKey)},
		{p.NoClaimsInIDToken, "no claims in the ID token"},
		{p.GrantTypes != nil, "grant types " + Clean(strings.Join(p.GrantTypes, ", "))},
		{p.SubMode != "", "subject mode " + Clean(p.SubMode)},
		{p.IssuerMode != "", "issuer mode " + Clean(p.IssuerMode)},
	} {
		if x.said {
			out = append(out, x.text)
		}
	}
	return out
}

func (a Application) lines() []string {
	out := []string{fmt.Sprintf("name %s", a.Name), "slug " + Clean(a.Slug), "provider with the client id " + orNone(a.Provider)}
	if a.Mode != "" {
		out = append(out, "policy engine mode "+Clean(a.Mode))
	}
	return out
}

func (b Binding) lines() []string {
	text := fmt.Sprintf("may use the application %s, order %d", Clean(b.Application), b.Order)
	if b.Negate {
		text = fmt.Sprintf("may not use the application %s, order %d", Clean(b.Application), b.Order)
	}
	if b.Disabled {
		text += ", switched off"
	}
	return []string{text}
}

// ofSetup reports whether the change is of an object that set-up makes.
func (c Change) ofSetup() bool {
	switch c.Kind {
	case ChangeScopeMapping, ChangeProvider, ChangeApplication, ChangeBinding:
		return true
	}
	return false
}
