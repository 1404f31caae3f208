package model

import (
	"cmp"
	"fmt"
	"slices"
)

// PublishState says how the role table that stands in Authentik compares with
// the role map.
type PublishState string

// The states. A table that is behind only answers while the companion does
// not; one that decides answers at every login.
const (
	// PublishNone: our roles mapping is not among those of RomM's provider.
	PublishNone    PublishState = "not-installed"
	PublishCurrent PublishState = "current"
	PublishBehind  PublishState = "behind"
	PublishDecides PublishState = "decides"
)

// TableDifference is one answer that the published table and the role map give
// differently. Tokens are what RomM is sent; "" is no role.
type TableDifference struct {
	Group    GroupID // "" for people in none of the groups
	Name     Untrusted
	From, To string
}

// Publication compares the role table that stands in our mapping in Authentik
// with the role map.
type Publication struct {
	State PublishState
	// Companion is the address that the mapping asks first; "" if it answers
	// from its table alone.
	Companion string
	// Differences are the groups whose answer is not the role map's, by name,
	// then the people in none of them.
	Differences []TableDifference
	// RankMoved is true when the order of the roles differs too, or the words
	// that RomM takes for them.
	RankMoved bool
	// ByHand is true when the mapping has our text but not our mark: somebody
	// pasted it, and it is not ours to write.
	ByHand bool
}

// Publication says how the table in Authentik stands.
func (r *Review) Publication() Publication {
	have := r.World.Provider.Compiled
	if have == nil {
		return Publication{State: PublishNone}
	}
	want := r.World.table()
	p := Publication{Companion: have.Companion, ByHand: r.World.Provider.RolesMark != MarkRoles}
	p.Differences = r.World.tableDifferences(*have, want)
	p.RankMoved = !slices.Equal(have.Rank, want.Rank)
	switch {
	case len(p.Differences) == 0 && !p.RankMoved:
		p.State = PublishCurrent
	case have.Companion != "":
		p.State = PublishBehind
	default:
		p.State = PublishDecides
	}
	return p
}

// String says it in one sentence.
func (p Publication) String() string {
	behind := Counted(len(p.Differences), "answer differs", "answers differ")
	if len(p.Differences) == 0 {
		behind = "the order of the roles differs"
	}
	switch p.State {
	case PublishNone:
		return "The roles mapping is not installed in Authentik, so the role map decides nothing there."
	case PublishCurrent:
		return "Authentik's copy of the role map is current."
	case PublishBehind:
		return fmt.Sprintf("Authentik's copy of the role map is behind: %s. It answers only while the companion does not.", behind)
	case PublishDecides:
	}
	return fmt.Sprintf("Authentik answers from its own copy of the role map, and %s: publish it.", behind)
}

// table is the role map as it has to stand in Authentik.
func (w World) table() RoleTable {
	out := RoleTable{Default: w.Settings.Token(w.Roles.Default)}
	for _, row := range w.Roles.Rows {
		out.Rows = append(out.Rows, RoleTableRow{Group: row.Group, Token: w.Settings.Token(row.Role)})
	}
	out.Rows = out.sorted()
	used := func(role Role) bool {
		return w.Roles.Default == role || slices.ContainsFunc(w.Roles.Rows, func(row RoleRow) bool { return row.Role == role })
	}
	for _, role := range []Role{RoleAdmin, RoleEditor, RoleUser, RoleViewer} {
		token := w.Settings.Token(role)
		if !slices.Contains(out.Rank, token) && (used(role) || slices.Contains(w.Settings.Version.Roles(), role)) {
			out.Rank = append(out.Rank, token)
		}
	}
	if w.Provider.Compiled != nil {
		out.Companion = w.Provider.Compiled.Companion
	}
	return out
}

// sorted are the rows by group.
func (t RoleTable) sorted() []RoleTableRow {
	return slices.SortedFunc(slices.Values(t.Rows), func(a, b RoleTableRow) int { return cmp.Compare(a.Group, b.Group) })
}

// token is the answer for a group by itself; "" is none.
func (t RoleTable) token(g GroupID) string {
	for _, row := range t.Rows {
		if row.Group == g {
			return row.Token
		}
	}
	return ""
}

func (w World) tableDifferences(have, want RoleTable) []TableDifference {
	var out []TableDifference
	seen := map[GroupID]bool{}
	for _, row := range slices.Concat(have.sorted(), want.sorted()) {
		from, to := have.token(row.Group), want.token(row.Group)
		if from != to && !seen[row.Group] {
			out = append(out, TableDifference{row.Group, w.groupName(row.Group), from, to})
		}
		seen[row.Group] = true
	}
	slices.SortStableFunc(out, func(a, b TableDifference) int { return cmp.Compare(a.Name, b.Name) })
	if have.Default != want.Default {
		out = append(out, TableDifference{Name: "everybody else", From: have.Default, To: want.Default})
	}
	return out
}

// groupName is the label of a group: Authentik's name for it, or the one that
// the role map remembers, or its id.
func (w World) groupName(id GroupID) Untrusted {
	if g, ok := w.Directory.Group(id); ok {
		return g.Name
	}
	if row, ok := w.Roles.Row(id); ok && row.Name != "" {
		return row.Name
	}
	return Untrusted("group " + string(id))
}

// PlanPublish builds the plan that brings the table in Authentik up to date
// with the role map.
func (r *Review) PlanPublish() (Plan, error) {
	pub := r.Publication()
	now, ok := r.World.Setup.Mapping(MarkRoles)
	switch {
	case pub.State == PublishNone:
		return Plan{}, &Error{
			Code: CodeNotFound, Msg: "RomM's provider in Authentik does not use the roles mapping of romm-admin",
			Hint: "it has to be installed first; without it the role map decides nothing",
		}
	case pub.ByHand || !ok || now.Roles == nil:
		return Plan{}, &Error{
			Code: CodeRefused, Msg: "the roles mapping of RomM's provider was not made by romm-admin, so it is not written",
			Hint: "let romm-admin install its own in its place",
		}
	case pub.State == PublishCurrent:
		return Plan{}, &Error{Code: CodeNothing, Msg: "Authentik's copy of the role map is current", Hint: "nothing needs to be done"}
	}
	after, table := now, r.World.table()
	after.Roles = &table
	after.Template = r.World.Setup.Newest.of(after)
	reason := "Authentik answers from this table at each login"
	if pub.Companion != "" {
		reason = "Authentik answers from this table while the companion does not"
	}
	return r.warned(Plan{
		Title: "publish the role map to Authentik", Command: "romm-admin roles publish",
		Changes: []Change{{
			Kind: ChangeScopeMapping, Side: SideAuthentik, Object: MarkRoles, Label: now.Name,
			Before: now.encode(r.World.groupName), After: after.encode(r.World.groupName), Reason: reason,
		}},
	}), nil
}

// takesAdmin reports whether a change of a table takes the token of admins
// from a group, or from everybody.
func (c Change) takesAdmin(token string) bool {
	before, after, err := c.ScopeMappings()
	if err != nil || before == nil || before.Roles == nil {
		return false
	}
	left := RoleTable{}
	if after != nil && after.Roles != nil {
		left = *after.Roles
	}
	return before.Roles.Default == token && left.Default != token ||
		slices.ContainsFunc(before.Roles.Rows, func(row RoleTableRow) bool { return row.Token == token && left.token(row.Group) != token })
}

// outdated reports whether a change publishes another table than the role map
// gives now (S35).
func (w World) outdated(c Change) bool {
	if c.Kind != ChangeScopeMapping || c.Object != MarkRoles {
		return false
	}
	_, after, err := c.ScopeMappings()
	return err == nil && after != nil && after.Roles != nil && len(w.tableDifferences(*after.Roles, w.table())) > 0
}

// Publishes reports whether the plan writes a table of roles into Authentik.
func (p Plan) Publishes() bool {
	return slices.ContainsFunc(p.Changes, func(c Change) bool {
		return c.Kind == ChangeScopeMapping && c.Object == MarkRoles && c.After != ""
	})
}
