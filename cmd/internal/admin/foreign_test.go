package admin

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// TestForeignTriggerIsNoticed proves S37 for a trigger that gets into the
// database while a program has it open: after a change of the role map the whole
// map is read back, and whatever else changed is said. Whoever opens the file
// afterwards is refused.
func TestForeignTriggerIsNoticed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	env := append([]string{"HOME=" + t.TempDir()}, w.Env()...)
	s, err := open(t.Context(), &globals{Streams: Streams{Env: env}.withDefaults()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	q, err := sql.Open("sqlite", s.store.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = q.Close() }()
	if _, err := q.ExecContext(t.Context(), "CREATE TRIGGER x AFTER UPDATE ON role_map WHEN NEW.name = 'family' BEGIN UPDATE role_map SET role = 'admin' WHERE name = 'friends'; END"); err != nil {
		t.Fatal(err)
	}
	var family model.GroupID
	for _, g := range r.World.Directory.Groups {
		if g.Name == "family" {
			family = g.ID
		}
	}
	p, err := plan.RoleRow(r, family, model.RoleAdmin)
	if err != nil {
		t.Fatal(err)
	}
	_, report := s.Apply(t.Context(), r, p)
	if err := report.Err(); model.CodeOf(err) != model.CodePartial || !strings.Contains(err.Error(), "other roles changed with it") {
		t.Errorf("%v", err)
	}
	if _, said, code := inProcess(t, w.Env(), "roles", "list"); code == 0 || !strings.Contains(said, "something other than romm-admin added") {
		t.Errorf("%d: %s", code, said)
	}
}
