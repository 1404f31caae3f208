package plan

import (
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// ChangeTrust stands in the journal alone, for a role map that a person
// confirmed although it was not believed (S27). Object is its generation, After
// says how many groups have a role in it.
const ChangeTrust ChangeKind = "trust"

type trust struct{ scalar }

// Trusted is the entry of a role map that was confirmed; why is what spoke
// against it.
func Trusted(m model.RoleMap, why string) JournalEntry {
	return JournalEntry{Change: Change{
		Kind: ChangeTrust, Side: SideRoleMap, Object: fmt.Sprint(m.Generation), Label: "the role map",
		After: model.Untrusted(model.Counted(len(m.Rows), "group with a role", "groups with a role")), Reason: model.Clean(why),
	}}
}

func (trust) now(*editor, Change) (model.Untrusted, bool) { return "", false }

func (trust) set(*editor, Change) error { return nil }

func (trust) words() Words {
	return Words{Sets: "role map", About: "confirmed role map", None: "none"}
}
