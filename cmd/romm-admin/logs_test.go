package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/db"
)

// TestCompanionAnswersWhileNobodyReadsItsLog fills a real pipe: each refusal is
// a line of the log, and all are answered while nobody reads. What was lost is
// counted in /healthz and said in the log once somebody reads again. In the end
// it stops although the pipe is full.
func TestCompanionAnswersWhileNobodyReadsItsLog(t *testing.T) {
	t.Parallel()
	// proves R9, S24
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	bins := programs(t)
	env := []string{"OIDC_CLIENT_SECRET=s", "ROMM_ADMIN_DB=" + filepath.Join(dir, "world.db")}
	d, err := db.Open(t.Context(), filepath.Join(dir, "world.db"), db.Options{Now: time.Now})
	if err == nil {
		err = d.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t, env, filepath.Join(bins, "romm-companion"), "serve", "--listen", "127.0.0.1:0")
	cmd.Stderr = write
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	t.Cleanup(func() {
		if !ended {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		_ = read.Close()
	})
	_ = write.Close() // ours; the companion has its own
	type line struct {
		Msg, Address string
		Count        int
	}
	lines := bufio.NewScanner(read)
	next := func() (l line) {
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &l) != nil {
			t.Fatalf("no more lines after %q: %v", lines.Text(), lines.Err())
		}
		return l
	}
	url := ""
	for url == "" {
		if l := next(); l.Msg == "listening" {
			url = "http://" + l.Address
		}
	}
	client := &http.Client{Timeout: time.Minute} // an answer that waits for a reader never comes
	refuse := func(n int) {
		t.Helper()
		for i := range n {
			resp, err := client.Post(url+"/v1/claims", "application/json", strings.NewReader("{}"))
			if err != nil {
				t.Fatalf("request %d: %v", i, err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusUnauthorized {
				t.Fatalf("request %d: status %d", i, resp.StatusCode)
			}
		}
	}
	lost := func() int {
		t.Helper()
		resp, err := client.Get(url + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		health := map[string]any{}
		if err := json.NewDecoder(resp.Body).Decode(&health); err != nil {
			t.Fatal(err)
		}
		n, _ := health["log_lines_lost"].(float64)
		return int(n)
	}
	const asked = 3000
	refuse(asked)
	missing := lost()
	if missing == 0 || missing >= asked {
		t.Fatalf("%d of %d lines are lost", missing, asked)
	}
	refused := 0
	for refused < asked-missing {
		switch l := next(); l.Msg {
		case "refused":
			refused++
		default:
			t.Fatalf("%+v", l)
		}
	}
	refuse(1) // there is room again, and the next line says what is missing
	if l := next(); l.Msg != "log lines lost" || l.Count != missing {
		t.Errorf("%+v, want that %d were lost", l, missing)
	}
	if l := next(); l.Msg != "refused" || lost() != missing {
		t.Errorf("%+v, and %d lost", l, lost())
	}
	refuse(asked)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	hung := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer hung.Stop()
	ended = true
	if err := cmd.Wait(); err != nil {
		t.Errorf("it did not end by itself: %v", err)
	}
	t.Logf("%d lines of %d lost", missing, asked)
}
