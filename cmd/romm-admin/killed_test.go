package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
)

// proves R15: of a plan that was cut short by kill -9, or stopped by ctrl+c, it
// is known at once that it was, and both ways out lead to one of the two worlds,
// whether the change in which it ended was made or not. `make e2e` does the same
// in the console.
func TestAKilledPlanIsEnded(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		hang    string
		signal  syscall.Signal
		end     []string
		enabled bool
		journal string
	}{
		{"--hang-before", syscall.SIGKILL, []string{"history", "resume"}, false, "zach done, zach failed, wendy done"},
		{"--hang-after", syscall.SIGKILL, []string{"history", "undo", "--plan"}, true, "wendy done, zach done, zach done, wendy done"},
	} {
		t.Run(fmt.Sprint(tc.signal, " ", tc.end[1]), func(t *testing.T) {
			t.Parallel()
			bin := programs(t)
			romm := filepath.Join(bin, "romm-admin")
			env := cutShort(t, bin, tc.hang, tc.signal)
			output(t, env, romm, append(tc.end, onlyCut(t, env, romm), "--yes")...)
			people := output(t, env, romm, "users", "list", "--json")
			for _, name := range []string{"wendy", "zach"} {
				if got := enabledInRomM(t, people, name); got != tc.enabled {
					t.Errorf("RomM has %s enabled: %v, want %v", name, got, tc.enabled)
				}
			}
			var journal struct {
				Entries []struct{ Label, Outcome string }
			}
			if err := json.Unmarshal(output(t, env, romm, "history", "--json"), &journal); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range journal.Entries {
				got = append(got, fmt.Sprintf("%s %s", e.Label, e.Outcome))
			}
			if strings.Join(got, ", ") != tc.journal {
				t.Errorf("the journal has %q, want %q", got, tc.journal)
			}
			output(t, env, romm, "history", "verify")
			output(t, env, romm, "history", "interrupted") // exit code 0: none is left
		})
	}
}

// TestAStoppedPlanMayGoOn proves R15: of a change that ctrl+c broke off while RomM
// was at it, nothing tells at once that it was not made, so that the plan is
// neither finished nor undone yet.
func TestAStoppedPlanMayGoOn(t *testing.T) {
	t.Parallel()
	bin := programs(t)
	romm := filepath.Join(bin, "romm-admin")
	env := cutShort(t, bin, "--hang-before", syscall.SIGINT)
	for _, end := range [][]string{{"history", "resume"}, {"history", "undo", "--plan"}} {
		cmd := command(t, env, romm, append(end, onlyCut(t, env, romm), "--yes")...)
		var said bytes.Buffer
		cmd.Stderr = &said
		err := cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(said.String(), "may still be made") {
			t.Errorf("%q: %v, %s", end, err, said.String())
		}
	}
	output(t, env, romm, "history", "verify")
}

// cutShort serves a world that keeps quiet at the second write, ends the program
// that waits there, and returns the environment that points at the world.
func cutShort(t *testing.T, bin, hang string, signal syscall.Signal) []string {
	t.Helper()
	romm := filepath.Join(bin, "romm-admin")
	env, told := serveWorldTold(t, bin, hang, "2")
	change := command(t, env, romm, "users", "disable", "wendy", "zach", "--yes", "--json")
	var said, printed bytes.Buffer
	change.Stderr, change.Stdout = &said, &printed
	if err := change.Start(); err != nil {
		t.Fatal(err)
	}
	sc := bufio.NewScanner(told)
	for sc.Scan() && !strings.HasPrefix(sc.Text(), "write 2 hangs") {
	}
	if !strings.HasPrefix(sc.Text(), "write 2 hangs") {
		t.Fatalf("the world ended before it kept quiet: %v", sc.Err())
	}
	go func() { _, _ = io.Copy(io.Discard, told) }()
	if out := output(t, env, romm, "history", "interrupted"); !bytes.Contains(out, []byte("1 of 2, under way")) {
		t.Errorf("while it is made:\n%s", out)
	}
	if err := change.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	_ = change.Wait() // the exit code is looked at
	var done struct {
		Applied int
		Unknown int
		Changes []json.RawMessage
	}
	if err := json.Unmarshal(printed.Bytes(), &done); signal == syscall.SIGINT && (err != nil || done.Applied != 1 || done.Unknown != 1 || len(done.Changes) != 2) {
		t.Errorf("--json says %s, %v", printed.Bytes(), err)
	}
	if code := change.ProcessState.ExitCode(); signal == syscall.SIGINT &&
		(code != 5 || !strings.Contains(said.String(), "stopped: 1 of 2 changes made, 1 not known\n  what to do: finish it or undo it")) {
		t.Errorf("exit code %d, and it says\n%s", code, said.String())
	}
	return env
}

// onlyCut returns the id of the plan that was cut short.
func onlyCut(t *testing.T, env []string, romm string) string {
	t.Helper()
	cmd := command(t, env, romm, "history", "interrupted", "--json")
	out, err := cmd.Output()
	var cut struct {
		Plans []struct {
			PlanID      string `json:"plan_id"`
			Running     bool   `json:"may_be_running"`
			Done, Total int
		}
	}
	if code := cmd.ProcessState.ExitCode(); code != 3 {
		t.Fatalf("exit code %d, want 3: %v", code, err)
	}
	if err := json.Unmarshal(out, &cut); err != nil {
		t.Fatal(err)
	}
	if len(cut.Plans) != 1 || cut.Plans[0].Running || cut.Plans[0].Done != 1 || cut.Plans[0].Total != 2 {
		t.Fatalf("%s", out)
	}
	return cut.Plans[0].PlanID
}

// enabledInRomM reads the output of `users list --json`.
func enabledInRomM(t *testing.T, list []byte, name string) bool {
	t.Helper()
	var all struct {
		People []struct {
			RomM *struct {
				Username string
				Enabled  bool
			}
		}
	}
	if err := json.Unmarshal(list, &all); err != nil {
		t.Fatal(err)
	}
	for _, p := range all.People {
		if p.RomM != nil && p.RomM.Username == name {
			return p.RomM.Enabled
		}
	}
	t.Fatalf("RomM has no %s", name)
	return false
}

// TestSimulateStopsAtOnce: ctrl+c in the middle of a sweep ends it, long before
// everybody was asked about.
func TestSimulateStopsAtOnce(t *testing.T) {
	t.Parallel()
	cmd := command(t, nil, filepath.Join(programs(t), "romm-admin"), "--demo", "--people", "3000", "simulate", "--all", "--ask")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, stopped := bufio.NewScanner(stderr), false
	var all []string
	for lines.Scan() {
		all = append(all, lines.Text())
		if strings.HasPrefix(lines.Text(), "asked Authentik about ") && !stopped {
			stopped = true
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if len(all) > 8 || status.ExitStatus() != cli.ExitError || !stopped {
		t.Errorf("exit %d after %q", status.ExitStatus(), all)
	}
}
