package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/cmd/internal/companion"
	"github.com/romm-admin/romm-admin/cmd/internal/demo"
)

// TestMain lets the test binary be either program: the scripts run it under
// their names.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"romm-admin": main,
		"romm-companion": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
			code := companion.Main(ctx, os.Args[1:])
			stop()
			os.Exit(code)
		},
	})
}

// TestScripts runs testdata/*.txtar, each in a folder of its own.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("LANG", "C.UTF-8")
			e.Setenv("GORACE", raceOptions())
			return os.Chmod(e.WorkDir, 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": scriptCode, "world": scriptWorld, "json": scriptJSON, "same": scriptSame,
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// raceOptions are for programs that tests start hundreds of: with the race
// detector each would sleep for a second at its end, for races with goroutines
// that outlive main. They have a moment for that still.
func raceOptions() string { return "atexit_sleep_ms=10 " + os.Getenv("GORACE") }

// scriptCode runs a program and wants exactly that exit code:
// code N program args...
func scriptCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N program args...")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		code, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = code.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// scriptWorld starts a demo world and puts its environment into the script's;
// world bare has an Authentik that is not set up.
func scriptWorld(ts *testscript.TestScript, _ bool, args []string) {
	w, err := demo.Start(context.Background(), demo.Options{
		DB: filepath.Join(ts.Getenv("WORK"), "world.db"), Now: time.Now, Bare: len(args) == 1 && args[0] == "bare", Authentik: strict.New,
	})
	ts.Check(err)
	ts.Defer(func() { ts.Check(w.Close()) })
	for _, line := range w.Env() {
		k, v, _ := strings.Cut(line, "=")
		ts.Setenv(k, v)
	}
}

// scriptJSON looks a value up in stdout: json PATH WANT, where PATH is like
// people[username=bob].romm.email and numbers index lists. stdout must be one
// JSON value and nothing else.
func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: json PATH WANT")
	}
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	dec.UseNumber()
	var v any
	ts.Check(dec.Decode(&v))
	if dec.More() {
		ts.Fatalf("stdout holds more than one JSON value")
	}
	got := fmt.Sprint(lookup(v, args[0]))
	if (got == args[1]) == neg {
		ts.Fatalf("%s is %q, want %q", args[0], got, args[1])
	}
}

func lookup(v any, path string) any {
	for _, part := range strings.Split(path, ".") {
		name, filter, _ := strings.Cut(strings.TrimSuffix(part, "]"), "[")
		obj, _ := v.(map[string]any)
		v = obj[name]
		if filter == "" {
			continue
		}
		list, _ := v.([]any)
		v = nil
		key, want, named := strings.Cut(filter, "=")
		for i, e := range list {
			item, _ := e.(map[string]any)
			if named && fmt.Sprint(item[key]) == want || !named && strconv.Itoa(i) == key {
				v = e
				break
			}
		}
	}
	return v
}

// scriptSame wants two files to be the same, byte by byte.
func scriptSame(ts *testscript.TestScript, neg bool, args []string) {
	if bytes.Equal([]byte(ts.ReadFile(args[0])), []byte(ts.ReadFile(args[1]))) == neg {
		ts.Fatalf("%s and %s: same is %v", args[0], args[1], neg)
	}
}
