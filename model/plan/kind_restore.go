package plan

import (
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// ChangeRestore stands in the journal alone, for a backup that was restored as a
// whole. Object is the checksum of the backup, After its file's name, and Before
// the name of the copy that was kept of what was there.
const ChangeRestore ChangeKind = "restore"

type restore struct{ scalar }

// Restored is the entry of a backup that was restored: no plan undoes it; the
// command undo does, by restoring the copy that was kept.
func Restored(sum, file, kept, undo string) JournalEntry {
	return JournalEntry{
		Undo: undo,
		Change: Change{
			Kind: ChangeRestore, Side: SideRoleMap, Object: sum, Label: model.Untrusted(file),
			Before: model.Untrusted(kept), After: model.Untrusted(file), Reason: "what was there is kept: `" + undo + "` restores it",
		},
	}
}

func (restore) now(*editor, Change) (model.Untrusted, bool) { return "", false }

func (restore) set(*editor, Change) error { return nil }

func (restore) words() Words { return Words{Sets: "backup", About: "restored backup", None: "none"} }

// undoneOtherwise is why no plan undoes the entry, and what does; nil for every
// entry that is of a plan.
func (e JournalEntry) undoneOtherwise() error {
	switch e.Change.Kind {
	case ChangeRestore:
	case ChangeTrust:
		return &model.Error{
			Code: model.CodeInvalid, Msg: fmt.Sprintf("entry %d confirmed the role map, which changed nothing in it", e.Seq),
			Hint: "change the roles that should be others, or restore a backup",
		}
	default:
		return nil
	}
	out := &model.Error{
		Code: model.CodeInvalid, Msg: fmt.Sprintf("entry %d restored a backup, which no plan undoes", e.Seq),
		Hint: "restore the copy of what was there, which is beside the database: " + e.Change.Before.String(),
	}
	if e.Undo != "" {
		out.Hint = "`" + model.Clean(e.Undo) + "` restores what was there"
	}
	return out
}
