package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// ChangeScopeMapping makes, alters or removes one of our scope mappings. Object
// is its mark.
const ChangeScopeMapping ChangeKind = "scope-mapping"

type scopeMapping struct{ object[model.ScopeMapping] }

var mappings = object[model.ScopeMapping]{
	parse: func(mark string, v model.Untrusted) (model.ScopeMapping, error) {
		m, _, err := parseMapping(mark, v)
		return m, err
	},
	equal: model.ScopeMapping.Same,
}

// ScopeMappings is [Change.Providers] for ChangeScopeMapping.
func (c Change) ScopeMappings() (before, after *model.ScopeMapping, err error) {
	return mappings.beforeAfter(c)
}

type mappingJSON struct {
	Name     model.Untrusted    `json:"name"`
	Scope    model.Untrusted    `json:"scope"`
	Verified model.VerifiedRule `json:"email_verified,omitempty"`
	Roles    *tableJSON         `json:"roles,omitempty"`
	Unknown  string             `json:"unknown_sha256,omitempty"`
	// Template is absent for v1, whatever the newest is: what is stored keeps
	// its meaning when a release brings v2.
	Template int `json:"template,omitempty"`
}

type tableJSON struct {
	Companion model.Untrusted   `json:"companion"`
	Groups    []groupJSON       `json:"groups"`
	Default   model.Untrusted   `json:"default"`
	Rank      []model.Untrusted `json:"rank"`
	// Generation and Sum are absent in what was stored before they were said.
	Generation int64           `json:"generation,omitempty"`
	Sum        model.Untrusted `json:"sum,omitempty"`
}

type groupJSON struct {
	Group model.GroupID `json:"group"`
	// Name is what the group was called when this was written: a label that
	// nothing compares.
	Name model.Untrusted `json:"name,omitempty"`
	Role model.Untrusted `json:"role"`
}

// encodeMapping writes the mapping as Change.Before and After: JSON of one line,
// equal for mappings that say the same but for the labels of groups, which
// name gives; nil gives none.
func encodeMapping(m model.ScopeMapping, name func(model.GroupID) model.Untrusted) model.Untrusted {
	out := mappingJSON{Name: m.Name, Scope: model.Untrusted(m.Scope), Verified: m.Verified, Unknown: m.Unknown, Template: m.Template}
	if t := m.Roles; t != nil {
		out.Roles = &tableJSON{Companion: model.Untrusted(t.Companion), Groups: []groupJSON{}, Default: model.Untrusted(t.Default), Rank: []model.Untrusted{}, Generation: t.Generation, Sum: model.Untrusted(t.Sum)}
		for _, token := range t.Rank {
			out.Roles.Rank = append(out.Roles.Rank, model.Untrusted(token))
		}
		for _, row := range t.SortedRows() {
			g := groupJSON{Group: row.Group, Role: model.Untrusted(row.Token)}
			if name != nil {
				g.Name = name(row.Group)
			}
			out.Roles.Groups = append(out.Roles.Groups, g)
		}
	}
	return canonicalJSON(out)
}

// parseMapping reads what encodeMapping wrote, with the labels of its groups.
func parseMapping(mark string, text model.Untrusted) (model.ScopeMapping, map[model.GroupID]model.Untrusted, error) {
	var in mappingJSON
	if err := strictJSON(text, &in); err != nil {
		return model.ScopeMapping{}, nil, err
	}
	m := model.ScopeMapping{Mark: mark, Name: in.Name, Scope: in.Scope.Raw(), Verified: in.Verified, Unknown: in.Unknown, Template: in.Template}
	labels := map[model.GroupID]model.Untrusted{}
	if in.Roles != nil {
		m.Roles = &model.RoleTable{Companion: in.Roles.Companion.Raw(), Default: in.Roles.Default.Raw(), Generation: in.Roles.Generation, Sum: in.Roles.Sum.Raw()}
		for _, token := range in.Roles.Rank {
			m.Roles.Rank = append(m.Roles.Rank, token.Raw())
		}
		for _, g := range in.Roles.Groups {
			m.Roles.Rows = append(m.Roles.Rows, model.RoleTableRow{Group: g.Group, Token: g.Role.Raw()})
			labels[g.Group] = g.Name
		}
	}
	return m, labels, nil
}

// mappingLines describes a scope mapping; labels name the groups of its table.
func mappingLines(m model.ScopeMapping, labels map[model.GroupID]model.Untrusted) []string {
	out := []string{fmt.Sprintf("name %s", m.Name), "scope " + model.Clean(m.Scope)}
	switch {
	case m.Verified == model.VerifiedAlways:
		out = append(out, "every address counts as verified")
	case m.Verified == model.VerifiedAddress:
		out = append(out, "an address counts as verified while an admin vouches for it")
	case m.Unknown != "":
		out = append(out, "a text that romm-admin did not write, "+model.ShortID(m.Unknown))
	}
	if m.Template > 0 {
		out = append(out, fmt.Sprintf("text v%d of romm-admin", m.Template))
	}
	if m.Roles == nil {
		return out
	}
	asks := "asks no companion"
	if m.Roles.Companion != "" {
		asks = "asks the companion at " + model.Clean(m.Roles.Companion)
	}
	out = append(out, asks)
	for _, row := range m.Roles.Rows {
		out = append(out, fmt.Sprintf("%s (%s): %s", labels[row.Group], model.ShortID(string(row.Group)), model.Clean(row.Token)))
	}
	fallback := "no role"
	if m.Roles.Default != "" {
		fallback = model.Clean(m.Roles.Default)
	}
	return append(out, "everybody else: "+fallback, "roles, highest first: "+model.Clean(strings.Join(m.Roles.Rank, ", ")))
}

func (scopeMapping) lines(c Change, v model.Untrusted) []string {
	m, labels, err := parseMapping(c.Object, v)
	if err != nil {
		return []string{v.String()}
	}
	return mappingLines(m, labels)
}

// drift leaves out names that only one of the two knows: they are labels, and no
// difference.
func (k scopeMapping) drift(c Change, left, now model.Untrusted) (gone, come []string) {
	x, labels, err := parseMapping(c.Object, left)
	y, newer, yerr := parseMapping(c.Object, now)
	if err != nil || yerr != nil {
		return diffLines(k.lines(c, left), k.lines(c, now))
	}
	maps.Copy(labels, newer)
	return diffLines(mappingLines(x, labels), mappingLines(y, labels))
}

func (scopeMapping) now(e *editor, c Change) (model.Untrusted, bool) {
	if m, ok := e.w.Setup.Mapping(c.Object); ok {
		return encodeMapping(m, e.w.GroupName), true
	}
	return "", e.w.Setup.Known
}

func (k scopeMapping) set(e *editor, c Change) error {
	_, after, err := k.beforeAfter(c)
	if err == nil {
		e.w = withSetup(e.w, e.w.Setup.WithMapping(c.Object, after))
	}
	return err
}

func (k scopeMapping) keepsAdmin(a *admins, c Change) bool {
	if s := a.editor.w.Setup; s.Known && s.Provider == nil && !a.editor.w.Provider.Found {
		return false // nobody signs in by it
	}
	before, after, err := k.beforeAfter(c)
	if err != nil || before == nil {
		return false
	}
	if before.Roles == nil { // it says which addresses are verified
		return after == nil || !before.Same(*after)
	}
	return takesToken(*before.Roles, after, a.editor.w.Settings.Token(model.RoleAdmin))
}

// takesToken reports whether a token is taken from a group, or from everybody.
func takesToken(before model.RoleTable, after *model.ScopeMapping, token string) bool {
	left := model.RoleTable{}
	if after != nil && after.Roles != nil {
		left = *after.Roles
	}
	return before.Default == token && left.Default != token ||
		slices.ContainsFunc(before.Rows, func(row model.RoleTableRow) bool { return row.Token == token && left.Token(row.Group) != token })
}

// losses: a text that somebody else wrote is in no plan or journal, because
// there may be a secret in it (S32).
func (k scopeMapping) losses(c Change) (out []string) {
	before, after, err := k.beforeAfter(c)
	if err != nil {
		return nil
	}
	if before != nil && before.Unknown != "" {
		out = append(out, fmt.Sprintf("the text that somebody gave the mapping %s is not kept: copy it from Authentik first, if it is needed", c.Label))
	}
	asked := ""
	if before != nil && before.Roles != nil {
		asked = before.Roles.Companion
	}
	if after != nil && after.Roles != nil && after.Roles.Companion != asked && model.Unprotected(after.Roles.Companion) {
		out = append(out, model.PlainCompanion)
	}
	return out
}

func (k scopeMapping) refuses(c Change) (why, hint string) {
	if _, after, err := k.beforeAfter(c); err == nil && after != nil && after.Unknown != "" {
		return fmt.Sprintf("the text that the mapping %s had was not made by romm-admin, and is not kept", c.Label),
			"restore it in Authentik, from wherever it came; undo the other changes one by one"
	}
	return "", ""
}

func (scopeMapping) words() Words {
	return Words{Sets: "mapping", About: "scope mapping", None: "none", Whole: "the mapping", Place: inAuthentik}
}

// ofMapping reports whether the change is of a scope mapping.
func (c Change) ofMapping() bool { return c.Kind == ChangeScopeMapping }

// OfRolesMapping reports whether the change is about the mapping that sends the
// roles.
func (c Change) OfRolesMapping() bool { return c.ofMapping() && c.Object == model.MarkRoles }

// removesMapping reports whether the change removes a scope mapping.
func (c Change) removesMapping() bool { return c.ofMapping() && c.After == "" }

// publishes reports whether the change writes the table of roles.
func (c Change) publishes() bool {
	return c.ofMapping() && c.Object == model.MarkRoles && c.After != ""
}

// alters reports whether the change gives a mapping that is there other contents,
// which every provider that selects it then sends. The mapping's name is no
// part of them.
func (c Change) alters() bool {
	if !c.ofMapping() || c.Before == "" || c.After == "" {
		return false
	}
	before, after, err := c.ScopeMappings()
	if err != nil {
		return true
	}
	after.Name = before.Name
	return !before.Same(*after)
}

// outdated reports whether a change publishes another table than the role map
// gives now (S35).
func outdated(w model.World, c Change) bool {
	if !c.publishes() {
		return false
	}
	_, after, err := c.ScopeMappings()
	return err == nil && after != nil && after.Roles != nil && len(tableDifferences(w, *after.Roles, w.RoleTable())) > 0
}

// forgets says that a change leaves the roles mapping without the companion that
// it asked, or may have asked; "" if it does not.
func forgets(w model.World, c Change) string {
	if !c.OfRolesMapping() {
		return ""
	}
	before, after, err := c.ScopeMappings()
	if err != nil || before == nil || after == nil || after.Roles == nil || after.Roles.Companion != "" {
		return ""
	}
	asked := w.Setup.TextCompanion
	if before.Roles != nil {
		asked = &before.Roles.Companion
	}
	switch {
	case asked == nil:
		return "whether the text of " + c.Label.String() + " asked a companion is not known, and afterwards none is asked: name it with --companion, if there is one"
	case *asked != "":
		return "the companion at " + model.Clean(*asked) + " is not asked any more: logins get the roles of the published table"
	}
	return ""
}
