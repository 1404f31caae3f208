//go:build unix

package rommsql_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/db/rommsql"
	"github.com/romm-admin/romm-admin/model"
)

var sqlBlock = regexp.MustCompile("(?s)```sql\n(.*?)```")

// documented are the statements of docs/permissions.md for this server.
func (w *world) documented(t testing.TB) []string {
	t.Helper()
	page, err := os.ReadFile("../../docs/permissions.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := sqlBlock.FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of statements", len(blocks))
	}
	block := blocks[0][1]
	if w.database == model.DatabasePostgreSQL {
		block = blocks[1][1]
	}
	return strings.Split(strings.TrimSpace(block), "\n")
}

// testLeastRights proves S34: the statements of docs/permissions.md are enough
// for everything, each right that they give is needed, and they give no other.
func testLeastRights(t *testing.T, w *world) {
	r := w.people(t)
	statements := w.documented(t)
	for i, s := range statements {
		s = strings.ReplaceAll(s, "romm_admin", r.name+"_least")
		s = strings.ReplaceAll(s, "romm.users", r.name+".users")
		statements[i] = strings.ReplaceAll(s, "DATABASE romm ", "DATABASE "+r.name+" ")
	}
	run(t, r.root, statements...)
	cfg := r.config()
	cfg.User, cfg.Password = r.name+"_least", "choose-a-password"
	d := open(t, cfg)
	all := calls(d)
	all["SetLink"] = func(ctx context.Context) error {
		if _, err := d.SetLink(ctx, 1, linked, model.Unlinked()); err != nil {
			return err
		}
		_, err := d.SetLink(ctx, 1, model.Unlinked(), linked)
		return err
	}
	for name, call := range all {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s with the least rights: %v", name, err)
		}
	}
	a, err := d.CheckAccess(t.Context())
	if err != nil || len(a.Missing)+len(a.MissingWrite) != 0 {
		t.Errorf("%+v, %v", a, err)
	}
	mine := w.as(t, cfg.User, "choose-a-password", r.name)
	for _, s := range []string{
		"SELECT hashed_password FROM users", "UPDATE users SET role = 'ADMIN'", "UPDATE users SET email = NULL", "DELETE FROM users",
		"INSERT INTO users (username, enabled, role) VALUES ('x', TRUE, 'USER')", "DROP TABLE users",
	} {
		if _, err := mine.ExecContext(t.Context(), s); err == nil {
			t.Errorf("the least rights allow %s", s)
		}
	}
	grantee := fmt.Sprintf(w.grantee, cfg.User)
	needs := func(right, column string) {
		t.Helper()
		run(t, r.root, fmt.Sprintf("REVOKE %s (%s) ON users FROM %s", right, column, grantee))
		a, err := d.CheckAccess(t.Context())
		word := right + " on users." + column
		if err != nil || !slices.Contains(slices.Concat(a.Missing, a.MissingWrite), word) {
			t.Errorf("without %s: %+v, %v", word, a, err)
		}
		_, err = d.SetLink(t.Context(), 2, model.Unlinked(), model.NewOIDCLink(issuer, bob))
		says(t, err, model.CodeForbidden, word, "GRANT SELECT (id, ")
		if right == "SELECT" {
			_, err = d.ReadLinks(t.Context())
			says(t, err, model.CodeForbidden, word, "GRANT SELECT (id, ")
		}
		run(t, r.root, fmt.Sprintf("GRANT %s (%s) ON users TO %s", right, column, grantee))
	}
	for _, c := range []string{"id", "username", "email", "role", "enabled", "oidc_issuer", "oidc_sub"} {
		needs("SELECT", c)
	}
	needs("UPDATE", "oidc_issuer")
	needs("UPDATE", "oidc_sub")
}

// TestPermissionsNameWhatIsRead holds the statements to what is read.
func TestPermissionsNameWhatIsRead(t *testing.T) {
	for _, k := range kinds {
		text := strings.Join((&world{kind: k}).documented(t), "\n")
		for _, want := range []string{"SELECT (" + strings.Join(rommsql.Columns(), ", ") + ") ON ", "UPDATE (oidc_issuer, oidc_sub) ON "} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: docs/permissions.md does not say %s", k.name, want)
			}
		}
	}
}
