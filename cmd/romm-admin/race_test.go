package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
)

// TestChaosTwoCommands proves S5 for two processes on one database: commands
// that each take one of the last two admins, started at the same time, leave one
// of them. `make chaos` runs 200 rounds of each pair.
func TestChaosTwoCommands(t *testing.T) {
	t.Parallel()
	rounds := 8 // of each of the four pairs
	if s := os.Getenv("ROMM_ADMIN_CHAOS"); s != "" {
		var err error
		if rounds, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	bin := programs(t)
	romm := filepath.Join(bin, "romm-admin")
	env := serveWorld(t, bin)
	output(t, env, romm, "users", "disable", "olivia", "--yes")
	take := func(name string) [][]string {
		return [][]string{{"users", "disable", name, "--yes"}, {"users", "set-email", name, name + "@elsewhere.example", "--yes"}}
	}
	made, refused := 0, 0
	for _, first := range take("alice") {
		for _, second := range take("trent") {
			for round := range rounds {
				a, b := command(t, env, romm, first...), command(t, env, romm, second...)
				var said bytes.Buffer
				a.Stderr, b.Stderr = &said, nil
				if err := a.Start(); err != nil {
					t.Fatal(err)
				}
				if err := b.Start(); err != nil {
					t.Fatal(err)
				}
				codes := [2]int{exitCode(t, a), exitCode(t, b)}
				for _, code := range codes {
					switch code {
					case cli.ExitOK:
						made++
					case cli.ExitRefused, cli.ExitError:
						refused++
					default:
						t.Fatalf("round %d of %v and %v: exit codes %v\n%s", round, first, second, codes, &said)
					}
				}
				var list struct {
					Stats struct {
						UsableAdmins int `json:"usable_admins"`
					}
				}
				if err := json.Unmarshal(output(t, env, romm, "users", "list", "--json"), &list); err != nil {
					t.Fatal(err)
				}
				if list.Stats.UsableAdmins != 1 {
					t.Fatalf("round %d of %v and %v, exit codes %v: %d admins can sign in\n%s", round, first, second, codes, list.Stats.UsableAdmins, &said)
				}
				for _, name := range []string{"alice", "trent"} {
					_ = command(t, env, romm, "users", "enable", name, "--yes").Run()
					_ = command(t, env, romm, "users", "set-email", name, name+"@example.org", "--yes").Run()
				}
			}
		}
	}
	if made != refused {
		t.Errorf("%d commands were made and %d refused", made, refused)
	}
	t.Logf("%d rounds of two commands: %d made, %d refused, 0 rounds without an admin", made, made, refused)
}

func exitCode(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	err := cmd.Wait()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}
