package db

import (
	"path/filepath"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestSchemas: the checksums are those of files of each version, and of a new
// one.
func TestSchemas(t *testing.T) {
	t.Parallel()
	for version := int64(1); version < sumsVersion; version++ {
		path := oldFile(t, int(version))
		q, err := connect(path, modePeek, 0)
		must(t, err)
		sum, err := schemaSum(t.Context(), q)
		must(t, err)
		must(t, q.Close())
		if sum != schemas[version] {
			t.Errorf("%d: %q,", version, sum)
		}
	}
	q, err := connect(makeFile(t), modePeek, 0)
	must(t, err)
	defer func() { _ = q.Close() }()
	if sum, err := schemaSum(t.Context(), q); err != nil || sum != schemas[sumsVersion] {
		t.Errorf("a new file: %s, %v", sum, err)
	}
}

// TestForeignSchemaIsRefused proves S37 for what a file holds besides its rows:
// no table, index, trigger or view of others is opened, in the file or in a
// backup.
func TestForeignSchemaIsRefused(t *testing.T) {
	t.Parallel()
	n := 0
	for _, statement := range []string{
		"CREATE TRIGGER x AFTER UPDATE ON role_map BEGIN UPDATE role_map SET role = 'admin'; END",
		"CREATE TRIGGER x AFTER INSERT ON goose_db_version BEGIN DELETE FROM link; END",
		"DROP TRIGGER journal_no_update",
		"DROP TRIGGER role_map_insert",
		"CREATE TABLE x (y)",
		"CREATE VIEW x AS SELECT * FROM role_map",
		"CREATE INDEX x ON role_map (role)",
		"DROP INDEX journal_end",
		"ALTER TABLE link ADD COLUMN note TEXT",
		"ALTER TABLE role_map RENAME TO role_map2; CREATE VIEW role_map AS SELECT * FROM role_map2",
	} {
		path := makeFile(t)
		d := openAt(t, path, Options{})
		must(t, d.Close())
		tamper(t, path, statement)
		_, err := Open(t.Context(), path, Options{Now: epoch})
		wantCode(t, err, model.CodeInternal, "are not those of schema")
		_, err = OpenBackup(t.Context(), path, Options{Now: epoch})
		if err == nil {
			t.Errorf("%s: %s is taken for a whole backup", statement, filepath.Base(path))
		}
		n++
	}
	t.Logf("%d changes of the schema, all refused at open and as a backup", n)
}
