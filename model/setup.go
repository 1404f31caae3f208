package model

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
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
	// Others are the scope mappings that carry none.
	Others []OtherMapping
	// Selectors are who selects Mappings besides Provider.
	Selectors Selectors
	// Slug is that of RomM's application, whether it is there or not.
	Slug string
	// Provider and Application are RomM's; nil if there are none.
	Provider    *OAuthProvider
	Application *Application
	// SecretDiffers is true when the client secret that RomM is started with,
	// as far as it was told, is not the one of Provider.
	SecretDiffers bool
	// Bindings are those of the application.
	Bindings      []Binding
	BindingsKnown bool
	Classifier    Classifier
	// Newest are the texts that this release writes.
	Newest Templates
}

// Templates are the numbers of the newest released texts, one for each thing
// that a mapping of ours may say.
type Templates struct{ Roles, Address, Always int }

// of is the number of the newest text that says what m says, as
// ScopeMapping.Template has it.
func (t Templates) of(m ScopeMapping) int {
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

// older reports whether Authentik has the mapping in a text of an older release.
func (s Setup) older(mark string) bool {
	m, ok := s.Mapping(mark)
	return ok && m.Unknown == "" && m.Template < s.Newest.of(m)
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
func (s Setup) with(mark string, m *ScopeMapping) Setup {
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
	return m.Mark == o.Mark && m.encode(nil) == o.encode(nil)
}

type mappingJSON struct {
	Name     Untrusted    `json:"name"`
	Scope    Untrusted    `json:"scope"`
	Verified VerifiedRule `json:"email_verified,omitempty"`
	Roles    *tableJSON   `json:"roles,omitempty"`
	Unknown  string       `json:"unknown_sha256,omitempty"`
	// Template is absent for v1, whichever the newest is: what is stored keeps
	// its meaning when a release brings v2.
	Template int `json:"template,omitempty"`
}

type tableJSON struct {
	Companion Untrusted   `json:"companion"`
	Groups    []groupJSON `json:"groups"`
	Default   Untrusted   `json:"default"`
	Rank      []Untrusted `json:"rank"`
}

type groupJSON struct {
	Group GroupID `json:"group"`
	// Name is what the group was called when this was written: a label that
	// nothing compares.
	Name Untrusted `json:"name,omitempty"`
	Role Untrusted `json:"role"`
}

// encode writes the mapping as Change.Before and After: JSON of one line,
// equal for mappings that say the same but for the labels of groups, which
// name gives; nil gives none.
func (m ScopeMapping) encode(name func(GroupID) Untrusted) Untrusted {
	out := mappingJSON{Name: m.Name, Scope: Untrusted(m.Scope), Verified: m.Verified, Unknown: m.Unknown, Template: m.Template}
	if t := m.Roles; t != nil {
		out.Roles = &tableJSON{Companion: Untrusted(t.Companion), Groups: []groupJSON{}, Default: Untrusted(t.Default), Rank: []Untrusted{}}
		for _, token := range t.Rank {
			out.Roles.Rank = append(out.Roles.Rank, Untrusted(token))
		}
		for _, row := range t.sorted() {
			g := groupJSON{Group: row.Group, Role: Untrusted(row.Token)}
			if name != nil {
				g.Name = name(row.Group)
			}
			out.Roles.Groups = append(out.Roles.Groups, g)
		}
	}
	return canonicalJSON(out)
}

// canonicalJSON encodes texts and lists of texts, which cannot fail.
func canonicalJSON(v any) Untrusted {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return Untrusted(fmt.Sprintf("%q", err.Error())) // equal to nothing that is read
	}
	return Untrusted(bytes.TrimSpace(b.Bytes()))
}

// parseMapping reads what encode wrote, with the labels of its groups. It
// refuses unknown members: they would be lost at the next write.
func parseMapping(mark string, text Untrusted) (ScopeMapping, map[GroupID]Untrusted, error) {
	var in mappingJSON
	if err := strictJSON(text, &in); err != nil {
		return ScopeMapping{}, nil, err
	}
	m := ScopeMapping{Mark: mark, Name: in.Name, Scope: in.Scope.Raw(), Verified: in.Verified, Unknown: in.Unknown, Template: in.Template}
	labels := map[GroupID]Untrusted{}
	if in.Roles != nil {
		m.Roles = &RoleTable{Companion: in.Roles.Companion.Raw(), Default: in.Roles.Default.Raw()}
		for _, token := range in.Roles.Rank {
			m.Roles.Rank = append(m.Roles.Rank, token.Raw())
		}
		for _, g := range in.Roles.Groups {
			m.Roles.Rows = append(m.Roles.Rows, RoleTableRow{Group: g.Group, Token: g.Role.Raw()})
			labels[g.Group] = g.Name
		}
	}
	return m, labels, nil
}

func strictJSON(text Untrusted, into any) error {
	dec := json.NewDecoder(bytes.NewReader([]byte(text.Raw())))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return &Error{
			Code: CodeInvalid, Msg: "the change does not say what it sets", Err: err,
			Hint: "it was recorded by another release of romm-admin: make the change anew",
		}
	}
	return nil
}
