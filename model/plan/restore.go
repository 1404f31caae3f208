package plan

import (
	"fmt"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// Restored is what stands in the journal for a backup that was restored as a
// whole: it has no plan of changes, and is taken back by restoring what was kept
// in its turn. sum is that of the backup, file its name, kept the name of the
// copy of what was there, and command restores that copy.
func Restored(sum, file, kept, command string) Change {
	return Change{
		Kind: ChangeRestore, Side: SideRoleMap, Object: sum, Label: model.Untrusted(file),
		Before: model.Untrusted(kept), After: model.Untrusted(file), Reason: keptReason + command + bringsBack,
	}
}

// The reason of a restore holds the command that takes it back.
const (
	keptReason = "what was there is kept: `"
	bringsBack = "` brings it back"
)

// wayBack is why the entry of a restore is taken back by no plan, and what takes
// it back; nil for every other entry.
func (e JournalEntry) wayBack() error {
	if e.Change.Kind != ChangeRestore {
		return nil
	}
	out := &model.Error{
		Code: model.CodeInvalid, Msg: fmt.Sprintf("entry %d restored a backup, which no plan takes back", e.Seq),
		Hint: "restore the copy of what was there, which is beside the database: " + e.Change.Before.String(),
	}
	if command, ok := strings.CutPrefix(strings.TrimSuffix(e.Change.Reason, bringsBack), keptReason); ok {
		out.Hint = "`" + model.Clean(command) + "` brings back what was there"
	}
	return out
}
