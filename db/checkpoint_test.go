package db

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// cutInCheckpoint returns a copy of the file and its log as they are for a
// moment while a program brings the log into the file, or for good when it is
// killed then: the first page is there already and counts pages that are not.
func cutInCheckpoint(t *testing.T, path string) string {
	t.Helper()
	const page, walHeader, frameHeader = 4096, 32, 24
	file, log := readFile(t, path), readFile(t, path+"-wal")
	counted := 0
	for at := walHeader; at+frameHeader+page <= len(log); at += frameHeader + page {
		if binary.BigEndian.Uint32(log[at:]) == 1 { // the number of the page
			copy(file, log[at+frameHeader:at+frameHeader+page])
			counted = int(binary.BigEndian.Uint32(file[28:])) // the size in pages
		}
	}
	if counted*page <= len(file) {
		t.Fatalf("%d pages are counted, %d are there: not the moment that was meant", counted, len(file)/page)
	}
	to := newPath(t)
	must(t, os.Mkdir(filepath.Dir(to), 0o700))
	must(t, os.WriteFile(to, file, 0o600))
	must(t, os.WriteFile(to+"-wal", log, 0o600))
	return to
}

// A file is not damaged because a program is just bringing its log into it, or
// was killed while it did: the log has what the file lacks.
func TestOpenInsideACheckpoint(t *testing.T) {
	t.Parallel()
	// proves R1: crash-safe
	d := openNew(t)
	big := strings.Repeat("x", 100_000)
	must(t, d.SetSetting(t.Context(), "big", big))
	path := cutInCheckpoint(t, d.Path())
	for _, readOnly := range []bool{true, false} {
		cut := openAt(t, path, Options{ReadOnly: readOnly})
		if got, _, err := cut.Setting(t.Context(), "big"); got != big || err != nil {
			t.Errorf("read-only %v: %d bytes are left, %v", readOnly, len(got), err)
		}
		must(t, cut.Verify(t.Context()))
	}
}

// A file of another program is none of ours in that moment either.
func TestForeignFileInsideACheckpoint(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	must(t, d.SetSetting(t.Context(), "big", strings.Repeat("x", 100_000)))
	tamper(t, d.Path(), "PRAGMA application_id = 77")
	_, err := Open(t.Context(), cutInCheckpoint(t, d.Path()), Options{Now: epoch})
	wantCode(t, err, model.CodeInvalid, "another program", "0x4d")
}
