package admin

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/cmd/internal/demo"
)

// permitted is a row of the table in docs/permissions.md.
type permitted struct{ needs, besides []string }

// permissionTable reads the table, by the words that its first column begins
// with.
func permissionTable(t *testing.T) map[string]permitted {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "permissions.md"))
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile("`(authentik_[a-z0-9_]+\\.[a-z0-9_]+)`")
	list := func(cell string) (out []string) {
		for _, m := range name.FindAllStringSubmatch(cell, -1) {
			out = append(out, m[1])
		}
		return out
	}
	out := map[string]permitted{}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) == 5 && strings.HasPrefix(cells[1], " `") {
			out[strings.TrimSpace(strings.ReplaceAll(cells[1], "`", ""))] = permitted{list(cells[2]), list(cells[3])}
		}
	}
	return out
}

// permittedJob runs a job of the table.
type permittedJob struct {
	row     string
	bare    bool
	before  [][]string // commands that prepare, with every permission
	env     []string
	command []string
	code    int // of success
}

const consentInDemo = "--lose-access=alice loses access, admin signs in with a password"

func permittedJobs() []permittedJob {
	apply := [][]string{{"setup", "apply", "--yes"}}
	return []permittedJob{
		{row: "users list, and all that only looks", command: []string{"users", "list", "--json"}},
		{row: "simulate --ask, and claims of mappings that are not known ones", command: []string{"simulate", "alice", "--ask", "--json"}},
		{row: "users verify", command: []string{"users", "verify", "erin", "--yes", "--json"}},
		{row: "users set-email --side authentik", command: []string{"users", "set-email", "bob", "bobby@example.org", "--side", "authentik", "--yes", "--json"}},
		{row: "roles publish", before: [][]string{{"roles", "default", "user", "--yes"}}, command: []string{"roles", "publish", "--yes", "--json"}},
		{row: "setup check", bare: true, before: apply, command: []string{"setup", "check", "--json"}},
		{row: "setup plan", bare: true, command: []string{"setup", "plan", "--json"}},
		{row: "setup apply, where there is nothing", bare: true, command: []string{"setup", "apply", "--yes", "--json"}},
		{
			row: "setup apply, where something drifted", bare: true, before: apply, env: []string{"OIDC_REDIRECT_URI=https://games.example.org/api/oauth/openid"},
			command: []string{"setup", "apply", "--companion", "http://127.0.0.1:8093", "--yes", "--json"},
		},
		{row: "setup env", bare: true, before: apply, command: []string{"setup", "env"}},
		{row: "setup undo", bare: true, before: apply, command: []string{"setup", "undo", "--yes", "--json", consentInDemo}},
	}
}

// permittedWorld is a demo world of one release.
func permittedWorld(t *testing.T, version string, bare bool) *demo.World {
	t.Helper()
	return newWorldOf(t, bare, func(seed *authentiktest.Seed) { seed.Version, seed.Permissions = version, everyPermission(t) })
}

// everyPermission are all that stand in the table.
func everyPermission(t *testing.T) []string {
	var out []string
	for _, row := range permissionTable(t) {
		out = slices.Concat(out, row.needs, row.besides)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// run prepares a world with every permission and does the job with these.
func (j permittedJob) run(t *testing.T, version string, permissions []string) (said string, ok bool) {
	t.Helper()
	w := permittedWorld(t, version, j.bare)
	for _, args := range j.before {
		if _, said, code := inProcess(t, w.Env(), args...); code != 0 {
			t.Fatalf("%q: %s", args, said)
		}
	}
	w.Authentik.Permit(permissions)
	out, said, code := inProcess(t, append(w.Env(), j.env...), j.command...)
	return out + said, code == j.code
}

// TestPermissionsOfEachJob holds docs/permissions.md to what the jobs need: with
// exactly the permissions of a row the job is done, on every release; without
// one that it needs it is not; and without one that it can do without it is
// done, and names it.
func TestPermissionsOfEachJob(t *testing.T) {
	t.Parallel()
	table := permissionTable(t)
	if jobs := permittedJobs(); len(table) != len(jobs) {
		t.Fatalf("%d rows, %d jobs", len(table), len(jobs))
	}
	without := func(list []string, p string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(o string) bool { return o == p })
	}
	for _, j := range permittedJobs() {
		t.Run(j.row, func(t *testing.T) {
			t.Parallel()
			row, ok := table[j.row]
			if !ok {
				t.Fatal("there is no such row")
			}
			all := slices.Concat(row.needs, row.besides)
			for _, version := range authentiktest.Versions() {
				if said, ok := j.run(t, version, all); !ok {
					t.Errorf("%s: %s", version, said)
				}
				if said, ok := j.run(t, version, row.needs); !ok {
					t.Errorf("%s, with what it needs alone: %s", version, said)
				}
			}
			const version = "2025.10.4" // makers of objects have no permissions on them
			for _, p := range row.needs {
				if _, ok := j.run(t, version, without(all, p)); ok {
					t.Errorf("it does not need %s", p)
				}
			}
			for _, p := range row.besides {
				if said, ok := j.run(t, version, without(all, p)); !ok || !strings.Contains(said, p) {
					t.Errorf("without %s: %v, %s", p, ok, said)
				}
			}
		})
	}
}

// TestFromNothingToUndo sets up with the permissions that are documented for each
// step and no others, on every release, and undoes it while an admin signs in
// through it.
func TestFromNothingToUndo(t *testing.T) {
	t.Parallel()
	table := permissionTable(t)
	for _, version := range authentiktest.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := permittedWorld(t, version, true)
			do := func(row string, code int, args ...string) string {
				t.Helper()
				w.Authentik.Permit(table[row].needs)
				out, said, got := inProcess(t, w.Env(), args...)
				if got != code {
					t.Fatalf("%q: exit code %d, want %d: %s", args, got, code, said)
				}
				return out + said
			}
			do("setup check", 3, "setup", "check")
			do("setup plan", 0, "setup", "plan")
			said := do("setup apply, where there is nothing", 0, "setup", "apply", "--yes", "--json")
			if !strings.Contains(said, `"untested": [`) || !strings.Contains(said, "authentik_core.add_propertymapping") {
				t.Errorf("it does not say that nothing was tested: %s", said)
			}
			do("setup check", 0, "setup", "check")
			do("setup env", 0, "setup", "env")
			for _, args := range [][]string{{"--yes"}, {"--yes", "--lose-access"}, {"--yes", "--lose-access=yes"}, {"--yes", "--lose-access=bob loses access, admin signs in with a password"}} {
				code := 2
				if len(args) == 1 {
					code = 4
				}
				if said := do("setup undo", code, append([]string{"setup", "undo"}, args...)...); !strings.Contains(said, "--lose-access") {
					t.Errorf("%q: %s", args, said)
				}
			}
			do("setup undo", 0, "setup", "undo", "--yes", consentInDemo)
			do("setup check", 3, "setup", "check")
			if made := w.Authentik.Effects(); made["DELETE /providers/oauth2/{id}/"] != 1 || made["DELETE /propertymappings/provider/scope/{pm_uuid}/"] != 2 {
				t.Errorf("undone: %v", made)
			}
		})
	}
}
