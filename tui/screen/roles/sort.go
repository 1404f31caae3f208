package roles

import (
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// The columns that sort, by id.
const (
	byRole    = "role"
	byGroup   = "group"
	byPeople  = "people"
	byChanged = "changed"
	byActor   = "by"
	byNote    = "note"
)

// columns are what the table can be sorted by, the order at first before all.
func columns() []widget.Column {
	return []widget.Column{
		{ID: byRole, Label: "role", Note: "highest first", Falling: true},
		{ID: byGroup, Label: "Authentik group"},
		{ID: byPeople, Label: "people", Note: "most first", Falling: true},
		{ID: byChanged, Label: "changed", Note: "newest first", Falling: true},
		{ID: byActor, Label: "changed by"},
		{ID: byNote, Label: "note", Note: "what waits for somebody first"},
	}
}

// sortKey is what a line is sorted by. A role that is kept for a group to come
// weighs nothing yet, so that it comes last in both directions.
func (s Screen) sortKey(e entry) widget.Key {
	switch s.Sort.By {
	case byGroup:
		return widget.TextKey(e.name.Raw())
	case byPeople:
		return widget.Key{Number: int64(s.tally.people[e.row.Group]), None: e.state != bound}
	case byChanged:
		return widget.Key{Number: e.row.ChangedAt.Unix(), None: e.row.ChangedAt.IsZero()}
	case byActor:
		return widget.TextKey(e.row.ChangedBy.Raw())
	case byNote:
		return s.noteKey(e)
	}
	return widget.Key{Number: weight(e.row.Role), None: e.kept()}
}

// noteKey sorts first what an admin has to act on, then what waits for Authentik,
// then what is noted.
func (s Screen) noteKey(e entry) widget.Key {
	for i, urgent := range []state{bindable, vanished} {
		if e.state == urgent {
			return widget.Key{Number: int64(i)}
		}
	}
	if _, differs := s.unpublished(e); differs {
		return widget.Key{Number: 2}
	}
	if e.state == pending {
		return widget.Key{Number: 3}
	}
	note := e.row.Note.Raw()
	return widget.Key{Number: 4, Text: strings.ToLower(note), None: note == ""}
}

// weight is how many roles a role outranks.
func weight(r model.Role) int64 {
	n := int64(0)
	for _, other := range []model.Role{model.RoleAdmin, model.RoleEditor, model.RoleUser, model.RoleNone} {
		if r.Outranks(other) {
			n++
		}
	}
	return n
}

// headed reports whether a heading tells that the table is sorted by that
// column.
func (l layout) headed(by string) bool {
	switch by {
	case byChanged:
		return l.when > 0
	case byActor:
		return l.by > 0
	case byNote:
		return l.not > 0
	}
	return true
}
