package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"modernc.org/sqlite"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

// die ends this process as a power cut would.
func die() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) }

// cutSteps returns the migrations up to version with a call of chaos_die after
// every statement of that last one, and how many there are.
func cutSteps(version int) (fs.FS, int, error) {
	out := fstest.MapFS{}
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, 0, err
	}
	cuts := 0
	for i, name := range names[:version] {
		data, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, 0, err
		}
		if i == version-1 {
			data, cuts = instrument(string(data))
		}
		out[filepath.Base(name)] = &fstest.MapFile{Data: data}
	}
	return out, cuts, nil
}

func instrument(script string) ([]byte, int) {
	var b strings.Builder
	n, block := 0, false
	for _, line := range strings.Split(script, "\n") {
		b.WriteString(line + "\n")
		comment := strings.HasPrefix(line, "--")
		switch {
		case strings.HasPrefix(line, "-- +goose StatementBegin"):
			block = true
		case strings.HasPrefix(line, "-- +goose StatementEnd"), !block && !comment && strings.HasSuffix(line, ";"):
			block = false
			fmt.Fprintf(&b, "SELECT chaos_die(%d);\n", n)
			n++
		}
	}
	return []byte(b.String()), n
}

// cutMigration runs the migrations up to a version and dies after one of the
// last one's statements: path, version, statement.
func cutMigration(ctx context.Context, args []string) error {
	version, _ := strconv.Atoi(args[1])
	at, _ := strconv.Atoi(args[2])
	sqlite.MustRegisterScalarFunction("chaos_die", 1, func(_ *sqlite.FunctionContext, in []driver.Value) (driver.Value, error) {
		if in[0] == int64(at) {
			die()
		}
		return nil, nil
	})
	steps, _, err := cutSteps(version)
	if err != nil {
		return err
	}
	w, err := connect(args[0], modeWrite, time.Second)
	if err != nil {
		return err
	}
	if err := migrate(ctx, w, steps); err != nil {
		return err
	}
	fmt.Println("survived")
	return w.Close()
}

// oldFile makes a file as the release with that schema left it, with data.
func oldFile(t *testing.T, version int) string {
	t.Helper()
	path := newPath(t)
	must(t, os.Mkdir(filepath.Dir(path), 0o700))
	must(t, os.WriteFile(path, nil, 0o600))
	if version == 0 {
		return path
	}
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	must(t, err)
	steps := fstest.MapFS{}
	for _, name := range names[:version] {
		data, err := migrationFiles.ReadFile(name)
		must(t, err)
		steps[filepath.Base(name)] = &fstest.MapFile{Data: data}
	}
	w := writerOf(t, path)
	_, err = w.ExecContext(t.Context(), fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	must(t, err)
	must(t, migrate(t.Context(), w, steps))
	must(t, seed(t.Context(), w))
	must(t, setWAL(t.Context(), w))
	_, err = w.ExecContext(t.Context(), "INSERT INTO link VALUES ('u1', 1, 'a@example.org', 'x', 0)")
	must(t, err)
	must(t, w.Close())
	return path
}

// TestKillInsideEachMigration kills a program after every statement of every
// migration: the file keeps the old schema, and the next start brings it to the
// new one with its data.
func TestKillInsideEachMigration(t *testing.T) {
	t.Parallel()
	// proves R7
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	must(t, err)
	cuts := 0
	for version := 1; version <= len(names); version++ {
		_, n, err := cutSteps(version)
		must(t, err)
		if n < 3 {
			t.Fatalf("migration %d: %d statements found", version, n)
		}
		for at := range n {
			path := oldFile(t, version-1)
			p := startChild(t, "cut-migration", path, strconv.Itoa(version), strconv.Itoa(at))
			if said := p.rest(); len(said) > 0 {
				t.Fatalf("migration %d, statement %d: the child said %q", version, at, said)
			}
			cuts++
			w := writerOf(t, path)
			if v, err := schemaVersion(t.Context(), w); version > 1 && (err != nil || int(v) != version-1) {
				t.Errorf("migration %d, statement %d: schema %d, %v", version, at, v, err)
			}
			must(t, w.Close())
			if version == 1 { // a file gets its name only when it is whole, see TestChaosCreate
				continue
			}
			d := openAt(t, path, Options{})
			must(t, d.Verify(t.Context()))
			if links, err := d.Pins(t.Context()); err != nil || len(links) != 1 || d.schema != sumsVersion {
				t.Errorf("migration %d, statement %d: %v %v, schema %d", version, at, links, err, d.schema)
			}
		}
	}
	t.Logf("%d migrations, killed after each of %d statements", len(names), cuts)
}

// deadly counts the steps of a plan and dies at one of them.
type deadly struct {
	*DB
	acc *Accounts
	at  int
	now *int
}

func (d deadly) step() {
	if *d.now == d.at {
		die()
	}
	*d.now++
}

func (d deadly) OpenEntry(ctx context.Context, e plan.JournalEntry) (int64, error) {
	d.step()
	defer d.step()
	return d.DB.OpenEntry(ctx, e)
}

func (d deadly) CloseEntry(ctx context.Context, seq int64, outcome, detail string) error {
	d.step()
	defer d.step()
	return d.DB.CloseEntry(ctx, seq, outcome, detail)
}

func (d deadly) OpenPlan(ctx context.Context, p plan.Interruption, session string) error {
	d.step()
	defer d.step()
	return d.DB.OpenPlan(ctx, p, session)
}

func (d deadly) SetEmail(ctx context.Context, id int64, before, after string) (model.LocalUser, error) {
	d.step()
	defer d.step()
	return d.acc.SetEmail(ctx, id, before, after)
}

func (d deadly) SetRoleRow(ctx context.Context, row model.RoleRow, before model.Role) error {
	d.step()
	defer d.step()
	return d.DB.SetRoleRow(ctx, row, before)
}

func (d deadly) ReadAccounts(ctx context.Context) (model.AccountsReading, error) {
	return d.acc.ReadAccounts(ctx)
}

// emptyDirectory is an identity provider with one group and nobody in it.
type emptyDirectory struct{ reconcile.Directory }

func (emptyDirectory) ReadDirectory(context.Context, model.ReadOptions) (model.DirectoryReading, error) {
	return model.DirectoryReading{Directory: model.Directory{Groups: []model.Group{{ID: group(1), Name: "g"}}}}, nil
}

// service makes the use cases over the file; at < 0 never dies.
func service(d *DB, at int) *reconcile.Service {
	steps := 0
	x := deadly{DB: d, acc: d.Accounts(), at: at, now: &steps}
	return &reconcile.Service{
		Directory: emptyDirectory{}, Accounts: x, Roles: x, Journal: x, Actor: "test", Session: "s",
		Now: epoch, NewID: func() string { return "p1" },
	}
}

// cutPlanOf swaps two addresses through a parking address and changes a role.
func cutPlanOf() plan.Plan {
	email := func(id, before, after string) plan.Change {
		return plan.Change{Kind: plan.ChangeLocalEmail, Side: plan.SideRomM, Object: id, Label: "u", Before: model.Untrusted(before), After: model.Untrusted(after)}
	}
	return plan.Plan{Title: "swap", Changes: []plan.Change{
		email("1", "a@example.org", "park@example.org"), email("2", "b@example.org", "a@example.org"), email("1", "park@example.org", "b@example.org"),
		{Kind: plan.ChangeRoleRow, Side: plan.SideRoleMap, Object: string(group(1)), Label: "g", After: "user"},
	}}
}

// cutPlan applies the plan and dies at a step: path, step.
func cutPlan(ctx context.Context, args []string) error {
	at, _ := strconv.Atoi(args[1])
	d, err := Open(ctx, args[0], Options{Now: epoch, MustExist: true})
	if err != nil {
		return err
	}
	s := service(d, at)
	r, err := s.Load(ctx, model.ReadOptions{})
	if err != nil {
		return err
	}
	_, report := s.Apply(ctx, r, cutPlanOf())
	fmt.Println("survived")
	return errors.Join(report.Err(), d.Close())
}

// state writes what the plan touches on one line.
func state(t *testing.T, d *DB) string {
	t.Helper()
	r, err := d.Accounts().ReadAccounts(t.Context())
	must(t, err)
	m, err := d.RoleMap(t.Context())
	must(t, err)
	row, _ := m.Row(group(1))
	return fmt.Sprintf("%s %s %s", r.Users[0].Email, r.Users[1].Email, row.Role)
}

// TestKillAtEveryStepOfAPlan kills a program at every step boundary of a plan.
// The next start finds what was cut short, and both ways out lead to one of
// the two worlds, never to a mixture.
func TestKillAtEveryStepOfAPlan(t *testing.T) {
	t.Parallel()
	// proves R15, S36
	const before, after = "a@example.org b@example.org ", "b@example.org a@example.org user"
	ends := map[string]struct {
		plan func(*model.Review, plan.Interruption) (plan.Plan, error)
		want string
	}{"resume": {plan.Resume, after}, "undo": {plan.RollBack, before}}
	kills, found := 0, 0
	for at := 0; ; at++ {
		path := makeFile(t)
		d, err := Open(t.Context(), path, Options{Now: epoch})
		must(t, err)
		addUser(t, d, "alice", "a@example.org")
		addUser(t, d, "bob", "b@example.org")
		must(t, d.Close())
		said := startChild(t, "cut-plan", path, strconv.Itoa(at)).rest()
		survived := len(said) == 1 && said[0] == "survived"
		if !survived && len(said) > 0 {
			t.Fatalf("step %d: the child said %q", at, said)
		}
		kills++
		for name, end := range ends {
			d := openAt(t, copyOf(t, path), Options{})
			later := service(d, -1)
			later.Now = func() time.Time { return epoch().Add(time.Hour) }
			all, err := later.Interrupted(t.Context())
			must(t, err)
			if got := state(t, d); len(all) == 0 && got != before && got != after || survived && got != after {
				t.Fatalf("step %d: nothing was found, and the world is %q", at, got)
			}
			for _, i := range all {
				found++
				r, err := later.Load(t.Context(), model.ReadOptions{})
				must(t, err)
				p, err := end.plan(r, i)
				if err != nil {
					t.Fatalf("step %d, %s: %v", at, name, err)
				}
				if len(p.Changes) > 0 {
					later.NewID = func() string { return "p2" }
					_, report := later.Apply(t.Context(), r, p)
					must(t, report.Err())
				}
				must(t, later.Settle(t.Context(), r, i))
				if got := state(t, d); got != end.want {
					t.Errorf("step %d, %s: the world is %q, want %q", at, name, got, end.want)
				}
			}
			if all, err := later.Interrupted(t.Context()); err != nil || len(all) != 0 {
				t.Errorf("step %d, %s: still there: %+v %v", at, name, all, err)
			}
			must(t, d.Verify(t.Context()))
		}
		if survived {
			t.Logf("%d step boundaries, a kill at each, %d plans cut short and ended both ways", kills-1, found/2)
			if at < 4*6 || found < 2*4*5 {
				t.Errorf("too few steps")
			}
			return
		}
	}
}

// copyOf copies a file that nobody has open, with the log that a dead program
// left beside it.
func copyOf(t *testing.T, path string) string {
	t.Helper()
	to := newPath(t)
	must(t, os.Mkdir(filepath.Dir(to), 0o700))
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		must(t, err)
		must(t, os.WriteFile(to+suffix, data, 0o600))
	}
	return to
}
