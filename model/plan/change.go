package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// Side says where a change is written.
type Side string

// The sides of a change.
const (
	SideRomM      Side = "romm"
	SideAuthentik Side = "authentik"
	SideRoleMap   Side = "role-map"
)

// Change is one write: what, on which side, before, after. It is applied only
// while Before still holds (S35). What Object, Before and After hold is said at
// each kind; "" means absent.
type Change struct {
	Kind   ChangeKind
	Side   Side
	Object string
	Label  model.Untrusted // the username or group name, for people
	Before model.Untrusted
	After  model.Untrusted
	Reason string // why it is in the plan, one sentence; only shown
}

// ChangeKind names a kind of change. The names are stored: they never change.
type ChangeKind string

// kind is what one kind of change has to define, each in a file of its own.
// Kinds hold no state. [scalar] has the defaults, and [object] those for values
// that are whole objects.
type kind interface {
	// now returns what the world holds where the change writes, in the form of
	// Change.Before; false when the object is gone.
	now(e *editor, c Change) (model.Untrusted, bool)
	// set writes Change.After there; what is there is as Before says.
	set(e *editor, c Change) error
	// same reports whether two values are equal but for labels.
	same(c Change, a, b model.Untrusted) bool
	// lines describes a value that is not absent, for people. Every line is
	// clean.
	lines(c Change, v model.Untrusted) []string
	// drift returns, a line each, what left has and now does not, and the
	// reverse.
	drift(c Change, left, now model.Untrusted) (gone, come []string)
	// subject is the person whom the change is about in particular; wanted is
	// false for a change that is meant to keep that person out.
	subject(c Change) (who subject, wanted bool)
	// keepsAdmin reports whether the change removes what an admin signs in
	// with.
	keepsAdmin(a *admins, c Change) bool
	// accountEdit says what of a RomM account it edits.
	accountEdit() accountEdit
	// writesRoleMap reports whether it changes which group has which role.
	writesRoleMap() bool
	// losses says what the change loses for good, or opens.
	losses(c Change) []string
	// refuses says why the write would be refused in every state, so
	// that a plan with it does not begin; "" if it may be accepted.
	refuses(c Change) (why, hint string)
	// withClientID replaces NewClientID by a client id.
	withClientID(c Change, id string) (Change, error)
	// made says for people what the applied change did; "" for the general
	// sentence.
	made(c Change) string
	words() Words
}

// Words name a kind of change to people.
type Words struct {
	Sets  string // what it sets, after the name of the person or group
	About string // what it is about, before that name
	None  string // the value that is absent
	// TellApart is true where the end of the object's id is shown to
	// distinguish two of one name (S31).
	TellApart bool
	// Whole and Place are set for values that are whole objects: what the
	// object is called, before its name, and the system that it is in.
	Whole, Place string
}

// kinds is the one table of the kinds of change.
var kinds = map[ChangeKind]kind{
	ChangeLocalEmail:   localEmail{},
	ChangeLocalEnabled: localEnabled{},
	ChangeLocalRole:    localRole{},
	ChangeLocalAccount: localAccount{accounts},
	ChangeIDPEmail:     idpEmail{},
	ChangeTrustedEmail: trustedEmail{},
	ChangeRoleRow:      roleRow{},
	ChangeDefaultRole:  defaultRole{},
	ChangePendingRole:  pendingRole{},
	ChangePin:          pin{},
	ChangeLink:         link{},
	ChangeAssertion:    assertion{},
	ChangeScopeMapping: scopeMapping{mappings},
	ChangeProvider:     provider{providers},
	ChangeApplication:  application{applications},
	ChangeBinding:      binding{bindings},
	ChangeRestore:      restore{},
	ChangeTrust:        trust{},
}

// Kinds lists the kinds, in the order of their names.
func Kinds() []ChangeKind { return slices.Sorted(maps.Keys(kinds)) }

func (c Change) kind() kind {
	if k, ok := kinds[c.Kind]; ok {
		return k
	}
	return unknown{}
}

// Words name what the change is about.
func (c Change) Words() Words {
	w := c.kind().words()
	if w.Sets == "" { // of another release
		name := model.Clean(string(c.Kind))
		w = Words{Sets: "the " + name, About: name, None: "nothing", TellApart: true}
	}
	return w
}

// inverse is the change that undoes c.
func (c Change) inverse() Change {
	c.Before, c.After, c.Reason = c.After, c.Before, "undo"
	return c
}

// same reports whether two values of this change are equal but for labels.
func (c Change) same(a, b model.Untrusted) bool {
	return a == b || a != "" && b != "" && c.kind().same(c, a, b)
}

// inAuthentik is the place of the objects that set-up makes.
const inAuthentik = "Authentik"

// setsUp reports whether the change is of an object that set-up makes.
func (c Change) setsUp() bool { return c.kind().words().Place == inAuthentik }

// Lines returns what the change takes away and what it puts in its place, for
// people: for most kinds the two values as they are, for a whole object only
// what differs, a line each. Every line is clean.
func (c Change) Lines() (removed, added []string) {
	return diffLines(c.lines(c.Before), c.lines(c.After))
}

// lines describes one side of the change as a whole.
func (c Change) lines(v model.Untrusted) []string {
	if v == "" {
		return nil
	}
	return c.kind().lines(c, v)
}

// maxTextLines bounds what is shown on a single line.
const maxTextLines = 3

// Text says a value of the change on a single line, as far as it differs from
// the other side.
func (c Change) Text(v model.Untrusted) string {
	other := c.Before
	if v == c.Before {
		other = c.After
	}
	lines, _ := diffLines(c.lines(v), c.lines(other))
	if more := len(lines) - maxTextLines; more > 0 {
		lines = append(lines[:maxTextLines:maxTextLines], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, ", ")
}

// Made says for people, without a full stop, what the applied change
// did.
func (c Change) Made() string {
	if text := c.kind().made(c); text != "" {
		return text
	}
	if c.After == "" {
		return fmt.Sprintf("%s: %s is removed", c.Label, c.Words().Sets)
	}
	return fmt.Sprintf("%s: %s is now %s", c.Label, c.Words().Sets, c.Text(c.After))
}

// diffLines drops the lines that both have.
func diffLines(before, after []string) (removed, added []string) {
	without := func(list, other []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(l string) bool { return slices.Contains(other, l) })
	}
	return without(before, after), without(after, before)
}

// drifted is why a change can neither be undone nor finished: its object should
// be as left, and is as now. Of whole objects it says in what the two differ,
// since nothing else shows what somebody changed.
func (c Change) drifted(left, now model.Untrusted, there bool) error {
	w := c.kind().words()
	switch {
	case !there:
		return &model.Error{
			Code: model.CodeConflict, Msg: fmt.Sprintf("the object %s is gone, or %q is a kind of change that cannot be undone here", c.Label, model.Clean(string(c.Kind))),
			Hint: "see what happened to it since: `romm-admin history`",
		}
	case w.Whole == "":
		return &model.Error{
			Code: model.CodeConflict,
			Msg: fmt.Sprintf("by now %s is %q, neither %q as before the change nor %q as after it",
				c.Label, c.Text(now), c.Text(c.Before), c.Text(c.After)),
			Hint: "it was changed again since: undo that change first, see `romm-admin history`",
		}
	}
	out := &model.Error{Code: model.CodeConflict, Hint: "undo that change first, see `romm-admin history`"}
	if c.setsUp() {
		out.Hint += "; if it was made in Authentik itself, undo it there"
	}
	what := w.Whole + " " + c.Label.String()
	switch {
	case now == "":
		out.Msg = what + " is gone from " + w.Place + " since"
		out.Hint = "undo the other changes one by one: `romm-admin history`"
	case left == "":
		out.Msg = "somebody made " + what + " in " + w.Place + " since"
	default:
		gone, come := c.kind().drift(c, left, now)
		var parts []string
		if len(come) > 0 {
			parts = append(parts, "it has now: "+strings.Join(come, ", "))
		}
		if len(gone) > 0 {
			parts = append(parts, "it had: "+strings.Join(gone, ", "))
		}
		out.Msg = fmt.Sprintf("%s was changed again since: %s", what, strings.Join(parts, "; "))
	}
	return out
}
