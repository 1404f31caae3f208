package model

import (
	"fmt"
	"strings"
)

// Restored is what stands in the journal for a backup that was restored as a
// whole: it has no plan of changes, and is taken back by restoring what was kept
// in its turn. sum is that of the backup, file its path, kept the path of the
// copy of what was there, and command restores that copy.
func Restored(sum, label, file, kept, command string) Change {
	return Change{
		Kind: ChangeRestore, Side: SideRoleMap, Object: sum, Label: Untrusted(label),
		Before: Untrusted(kept), After: Untrusted(file), Reason: backWith + command,
	}
}

// backWith begins the reason of a restore.
const backWith = "what was there is kept; take it back with: "

// CommandLine writes the words so that a shell reads exactly them.
func CommandLine(words ...string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = ShellWord(Untrusted(w), "")
	}
	return strings.Join(out, " ")
}

// wayBack is why the entry of a restore is taken back by no plan, and what takes
// it back; nil for every other entry.
func (e JournalEntry) wayBack() error {
	if e.Change.Kind != ChangeRestore {
		return nil
	}
	out := &Error{
		Code: CodeInvalid, Msg: fmt.Sprintf("entry %d restored a backup, which no plan takes back", e.Seq),
		Hint: "restore the copy of what was there, beside the database: romm-admin backup restore FOLDER/" + e.Change.Before.String(),
	}
	if command, ok := strings.CutPrefix(e.Change.Reason, backWith); ok {
		out.Hint = "restore the copy of what was there: " + Clean(command)
	}
	return out
}
