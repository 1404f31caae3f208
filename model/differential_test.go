package model

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// The reference is testdata/romm_rule.py, which knows nothing of this code.

// referenceVerdict is what the reference answers; the engine is compared on
// all of it. Remedies are ours alone.
type referenceVerdict struct {
	Outcome    Outcome `json:"outcome"`
	Status     int     `json:"status"`
	Detail     string  `json:"detail"`
	Rule       string  `json:"rule"`
	UserID     int64   `json:"user_id"`
	OtherID    int64   `json:"other_id"`
	SessionID  int64   `json:"session_id"`
	Unusable   int     `json:"session_status"`
	Username   string  `json:"username_after"`
	EmailAfter string  `json:"email_after"`
	LinkAfter  string  `json:"link_after"`
	RoleBefore Role    `json:"role_before"`
	RoleAfter  Role    `json:"role_after"`
	Depends    bool    `json:"depends"`
}

// written is the text as JSON brings it back: half of a surrogate pair is lost.
func written(s string) string {
	var out []rune
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if _, isHalf := half(s[i:]); isHalf {
			size = 3
		}
		out, i = append(out, r), i+size
	}
	return string(out)
}

func referenceForm(v Verdict) referenceVerdict {
	column := func(c NullText) string {
		if !c.Valid {
			return "NULL"
		}
		return "=" + written(c.Text.Raw())
	}
	email, link, username := "", "", ""
	if v.Status == 307 {
		username = written(v.Username.Raw())
	}
	if v.UserID != 0 || v.Status == 307 {
		email = column(v.EmailAfter)
	}
	if v.LinkAfter.Known {
		link = column(v.LinkAfter.Issuer) + "/" + column(v.LinkAfter.Subject)
	}
	return referenceVerdict{
		v.Outcome, v.Status, written(v.Detail), v.Rule, v.UserID, v.OtherID, v.SessionID, v.SessionStatus, username, email, link, v.RoleBefore, v.RoleAfter, v.Depends != "",
	}
}

// reference is one running copy.
type reference struct {
	in  io.WriteCloser
	out *bufio.Scanner
}

// startReference skips the test where there is no python3.
func startReference(t *testing.T) *reference {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3, which runs the independent reference")
	}
	// Not with the test's context, which ends before its last words are read.
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), python, "-I", "-u", "testdata/romm_rule.py")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // it ends at the end of its input
		if err := cmd.Wait(); err != nil && !t.Failed() {
			t.Errorf("the reference: %v", err)
		}
	})
	sc := bufio.NewScanner(out)
	sc.Buffer(nil, 1<<20)
	return &reference{in: in, out: sc}
}

func (r *reference) next() (v referenceVerdict, err error) {
	if !r.out.Scan() {
		return v, fmt.Errorf("the reference ended: %w", r.out.Err())
	}
	return v, json.Unmarshal(r.out.Bytes(), &v)
}

// ask answers one case.
func (r *reference) ask(c loginCase) (referenceVerdict, error) {
	if _, err := r.in.Write(c.line("")); err != nil {
		return referenceVerdict{}, err
	}
	return r.next()
}

// TestDifferential compares the engine with the reference on random logins:
// 50,000 of them, or MODEL_DIFF_CASES. MODEL_DIFF_SEED makes other ones.
// It proves S7 and R11.
func TestDifferential(t *testing.T) {
	number := func(name string, usual uint64) uint64 {
		s := os.Getenv(name)
		if s == "" {
			return usual
		}
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n
	}
	n, seed := number("MODEL_DIFF_CASES", 50_000), number("MODEL_DIFF_SEED", 1)
	const workers = 2
	found := make([]differences, workers)
	var wg sync.WaitGroup
	for i := range uint64(workers) {
		r := startReference(t)
		wg.Go(func() { found[i] = compareMany(r, seed, i, n, workers) })
	}
	wg.Wait()
	var all differences
	for _, d := range found {
		if d.err != nil {
			t.Fatal(d.err)
		}
		all.compared += d.compared
		all.cases = append(all.cases, d.cases...)
		all.seen = append(all.seen, d.seen...)
	}
	t.Logf("%d compared, %d differ (seed %d)", all.compared, len(all.cases), seed)
	if all.compared != n {
		t.Errorf("%d compared, want %d", all.compared, n)
	}
	all.report(t, seed)
	if n >= 50_000 {
		all.checkVariety(t)
	}
}

// differences is the result of one worker.
type differences struct {
	compared uint64
	cases    []uint64 // numbers of the cases that differ
	seen     []string // rows and special answers met, without repetition
	err      error
}

// compareMany sends every step-th case to r. Cases are made again from their
// numbers, so that nothing is kept.
func compareMany(r *reference, seed, first, n, step uint64) (d differences) {
	ours := make(chan Verdict, 1024)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		defer close(ours)
		w := bufio.NewWriterSize(r.in, 1<<16)
		for i := first; i < n; i += step {
			c := generate(seed, i)
			if _, err := w.Write(c.line("")); err != nil {
				return
			}
			select {
			case ours <- c.decide():
			case <-stop:
				return
			}
			if len(ours) > cap(ours)/2 && w.Flush() != nil {
				return
			}
		}
		_ = w.Flush() // the reader sees that answers are missing
		_ = r.in.Close()
	}()
	met := map[string]bool{}
	for i := first; i < n; i += step {
		want, err := r.next()
		if err != nil {
			d.err = err
			return d
		}
		v := <-ours
		d.compared++
		if referenceForm(v) != want {
			d.cases = append(d.cases, i)
		}
		met[fmt.Sprintf("row %s with %d", v.Rule, v.Status)] = true
		met["a session of somebody else"] = met["a session of somebody else"] || v.SessionID != 0
		met["an unknown database"] = met["an unknown database"] || v.Depends == dependsOnMariaDB || v.Depends == dependsOnPostgreSQL
		met["an unknown link"] = met["an unknown link"] || v.LinkUnknown
		met["lists or not"] = met["lists or not"] || strings.HasSuffix(v.Depends, dependsOnLists)
		met["a demoted admin"] = met["a demoted admin"] || v.RoleBefore == RoleAdmin && v.RoleAfter != RoleAdmin && v.OK()
	}
	for what, yes := range met {
		if yes {
			d.seen = append(d.seen, what)
		}
	}
	return d
}

// checkVariety: the comparison is worth something only if everything happens.
func (d differences) checkVariety(t *testing.T) {
	t.Helper()
	for _, want := range []string{
		"row 1 with 500", "row 3 with 400", "row 4 with 400", "row 4c with 500", "row 5 with 400", "row 6 with 400",
		"row 8 with 400", "row 8 with 500", "row 12 with 403", "row 12-4.3 with 500", "row 13 with 500", "row 14 with 403",
		"row 15 with 307", "row 15b with 409", "row 15b with 500", "row 17 with 401", "row 18 with 307", "row 19 with 500", "row 20 with 307",
		"row 4d with 500", "row 21 with 307", "row 22 with 403", "row 23 with 307",
		"a session of somebody else", "an unknown database", "an unknown link", "lists or not", "a demoted admin",
	} {
		if !slices.Contains(d.seen, want) {
			t.Errorf("never met: %s", want)
		}
	}
}

// report prints the first differences, each made as small as it gets.
func (d differences) report(t *testing.T, seed uint64) {
	t.Helper()
	if len(d.cases) == 0 {
		return
	}
	r := startReference(t)
	for _, i := range d.cases[:min(5, len(d.cases))] {
		small, err := shrink(generate(seed, i), func(c loginCase) (bool, error) {
			want, err := r.ask(c)
			return referenceForm(c.decide()) != want, err
		})
		if err != nil {
			t.Fatal(err)
		}
		want, err := r.ask(small)
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("case %d, made smaller:\n%s   engine %+v\nreference %+v", i,
			small.line(fmt.Sprintf("seed %d case %d", seed, i)), referenceForm(small.decide()), want)
	}
}

// shrink leaves out of the case whatever it still differs without.
func shrink(c loginCase, differs func(loginCase) (bool, error)) (loginCase, error) {
	for again := true; again; {
		again = false
		for _, smaller := range smallerCases(c) {
			yes, err := differs(smaller)
			if err != nil {
				return c, err
			}
			if yes {
				c, again = smaller, true
				break
			}
		}
	}
	return c, nil
}

func smallerCases(c loginCase) []loginCase {
	var out []loginCase
	try := func(change func(*loginCase)) {
		smaller := c.clone()
		change(&smaller)
		if string(smaller.line("")) != string(c.line("")) {
			out = append(out, smaller)
		}
	}
	for i := range c.users {
		try(func(s *loginCase) { s.users = slices.Delete(s.users, i, i+1) })
	}
	for name := range c.claims {
		try(func(s *loginCase) { delete(s.claims, name) })
	}
	for _, field := range []func(*Settings){
		func(s *Settings) { s.Disabled = false },
		func(s *Settings) { s.ClaimRoles = "" },
		func(s *Settings) { s.RoleAdmin = "" },
		func(s *Settings) { s.RoleEditor = "" },
		func(s *Settings) { s.RoleViewer = "" },
		func(s *Settings) { s.AllowRegistration = true },
		func(s *Settings) { s.UsernameAttribute = "" },
		func(s *Settings) { s.ClaimsSupported = nil },
	} {
		try(func(s *loginCase) { field(&s.settings) })
	}
	try(func(s *loginCase) { s.userinfo = nil })
	for i := range c.users {
		try(func(s *loginCase) { s.users[i].Link = OIDCLink{Known: s.users[i].Link.Known} })
		try(func(s *loginCase) { s.users[i].Enabled = true })
		try(func(s *loginCase) { s.users[i].Email, s.users[i].EmptyEmail = "", false })
	}
	return out
}

// TestShrink: what a difference depends on stays, the rest goes.
func TestShrink(t *testing.T) {
	c := loginCase{
		version: "5.2.0", settings: Settings{ClaimRoles: "groups", RoleAdmin: "a", AllowRegistration: false},
		users:  []LocalUser{{ID: 1, Username: "a"}, {ID: 2, Username: "b", Email: "b@x.org"}, {ID: 3, Username: "c"}},
		claims: Claims{"email": "b@x.org", "groups": []any{}, "sub": "1"},
	}
	got, err := shrink(c, func(c loginCase) (bool, error) {
		second := slices.ContainsFunc(c.users, func(u LocalUser) bool { return u.ID == 2 })
		return second && c.claims["email"] != nil && c.settings.RoleAdmin == "a", nil
	})
	if err != nil || len(got.users) != 1 || got.users[0].Email != "" || len(got.claims) != 1 || got.settings.ClaimRoles != "" ||
		got.settings.RoleAdmin != "a" || !got.settings.AllowRegistration {
		t.Errorf("%+v, %v", got, err)
	}
	if len(c.users) != 3 || len(c.claims) != 3 {
		t.Error("the case that was made smaller has changed")
	}
}

// TestReferenceRecorded: the reference itself answers as RomM did.
func TestReferenceRecorded(t *testing.T) {
	ref := startReference(t)
	n := 0
	for _, r := range readRecorded(t) {
		if protocolFailures[r.Name] {
			continue
		}
		claims, err := ParseClaims(r.Claims)
		if err != nil {
			t.Fatal(err)
		}
		c := loginCase{version: "5.2.0", settings: r.settings(), claims: claims}
		for _, u := range r.Existing {
			c.users = append(c.users, u.local())
		}
		got, err := ref.ask(c)
		if err != nil {
			t.Fatal(err)
		}
		n++
		if got.Status != r.Response.Status || got.Detail != recordedDetail(r.Response.Body) {
			t.Errorf("%s: the reference says %d %q, RomM answered %d %s", r.Name, got.Status, got.Detail, r.Response.Status, r.Response.Body)
		}
		if got.UserID == 0 || !strings.HasPrefix(string(got.Outcome), "signs") {
			continue
		}
		for _, u := range r.After {
			if u.ID == got.UserID && Role(u.Role) != got.RoleAfter {
				t.Errorf("%s: the reference leaves %q, RomM left %q", r.Name, got.RoleAfter, u.Role)
			}
		}
	}
	eachLinked(t, func(x linkedLogin, c loginCase) {
		n++
		got, err := ref.ask(c)
		if err != nil {
			t.Fatal(err)
		}
		if got != referenceForm(c.decide()) { // which TestDecideLinked compares with the recording
			t.Errorf("%s: the reference says %+v, the engine %+v", x.Name, got, referenceForm(c.decide()))
		}
	})
	t.Logf("%d recorded logins", n)
}
