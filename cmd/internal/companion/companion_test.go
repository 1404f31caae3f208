package companion

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
)

const (
	key    model.Secret  = "CANARY-client-secret"
	admins model.GroupID = "11111111-1111-4111-8111-111111111111"
	users  model.GroupID = "22222222-2222-4222-8222-222222222222"
)

var start = time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)

// fixture is a companion on a real file, answering over real HTTP.
type fixture struct {
	t     *testing.T
	store *db.DB
	srv   *Server
	url   string
	clock atomic.Int64 // nanoseconds since start
	log   *bytes.Buffer
	asked int
	stop  func() error
}

func (f *fixture) now() time.Time        { return start.Add(time.Duration(f.clock.Load())) }
func (f *fixture) later(d time.Duration) { f.clock.Add(int64(d)) }
func (f *fixture) clockTo(to time.Time)  { f.clock.Store(int64(to.Sub(start))) }

func serve(t *testing.T) *fixture {
	t.Helper()
	return serveRecording(t, func(store *db.DB) Recorder { return store })
}

// serveRecording is serve with what stands between the companion and the record.
func serveRecording(t *testing.T, recorder func(*db.DB) Recorder) *fixture {
	t.Helper()
	f := &fixture{t: t, log: &bytes.Buffer{}}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	store, err := db.Open(t.Context(), filepath.Join(dir, "test.db"), db.Options{Now: f.now})
	if err != nil {
		t.Fatal(err)
	}
	f.store = store
	f.set(admins, model.RoleNone, model.RoleAdmin)
	f.set(users, model.RoleNone, model.RoleUser)
	f.start(recorder(store))
	t.Cleanup(func() {
		if err := errors.Join(f.stop(), f.store.Close()); err != nil {
			t.Error(err)
		}
	})
	return f
}

// start serves the file that is open.
func (f *fixture) start(recorder Recorder) {
	f.t.Helper()
	t, store := f.t, f.store
	cache, err := db.NewRoleCache(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	srv, err := New(Config{
		Roles: cache, Recorder: recorder, Key: key, Now: f.now,
		Log: slog.New(slog.NewJSONHandler(f.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	f.srv = srv
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.url = "http://" + l.Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx, l) }()
	stopped := false
	f.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return errors.Join(<-done, cache.Close())
	}
}

// restart stops the companion, does something to the file, and starts it on
// what is there then.
func (f *fixture) restart(meanwhile func(path string)) {
	f.t.Helper()
	path := f.store.Path()
	if err := errors.Join(f.stop(), f.store.Close()); err != nil {
		f.t.Fatal(err)
	}
	meanwhile(path)
	store, err := db.Open(f.t.Context(), path, db.Options{Now: f.now})
	if err != nil {
		f.t.Fatal(err)
	}
	f.store = store
	f.start(store)
}

func (f *fixture) set(g model.GroupID, before, after model.Role) {
	f.t.Helper()
	row := model.RoleRow{Group: g, Name: "group " + model.Untrusted(g[:2]), Role: after}
	if err := f.store.SetRoleRow(f.t.Context(), row, before); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) request(groups ...model.GroupID) Request {
	f.asked++
	q := Request{
		Version: 1, Purpose: "login", UID: "uid-1", Username: "bob", Email: "bob@example.org",
		At: f.now().Unix(), Nonce: fmt.Sprint("nonce-", f.asked),
	}
	for _, g := range groups {
		q.Groups = append(q.Groups, RequestGroup{PK: g, Name: "x"})
	}
	return q
}

// ask sends a signed request and decodes what comes back.
func (f *fixture) ask(q Request) (int, Answer) {
	f.t.Helper()
	body, err := json.Marshal(q)
	if err != nil {
		f.t.Fatal(err)
	}
	status, data := f.post(body, Sign(key, body))
	var a Answer
	if status == http.StatusOK {
		if err := json.Unmarshal(data, &a); err != nil {
			f.t.Fatal(err)
		}
	}
	return status, a
}

func (f *fixture) post(body []byte, signature string) (int, []byte) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, f.url+"/v1/claims", bytes.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set(SignatureHeader, signature)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return resp.StatusCode, data
}

func TestClaimsAnswers(t *testing.T) {
	f := serve(t)
	for _, c := range []struct {
		groups   []model.GroupID
		roles    string
		decision string
	}{
		{nil, "", "no group with a role"},
		{[]model.GroupID{users}, "viewer", "group group 22"},
		{[]model.GroupID{users, admins}, "admin", "group group 11"},
		{[]model.GroupID{model.GroupID(strings.ToUpper(string(admins)))}, "admin", "group group 11"},
	} {
		status, a := f.ask(f.request(c.groups...))
		if status != 200 || strings.Join(a.Roles, ",") != c.roles || a.Decision != c.decision || a.Roles == nil {
			t.Errorf("%v: %d %+v", c.groups, status, a)
		}
	}
}

// TestChangeIsInForceAtTheNextCall: what the console commits counts at once.
func TestChangeIsInForceAtTheNextCall(t *testing.T) {
	f := serve(t)
	for i := range 20 {
		want, before := model.RoleAdmin, model.RoleUser
		if i%2 == 1 {
			want, before = before, want
		}
		f.set(users, before, want)
		if _, a := f.ask(f.request(users)); a.Roles[0] != (model.Settings{}).Token(want) {
			t.Fatalf("change %d to %s: answered %v", i, want, a.Roles)
		}
	}
}

func TestClaimsRefusals(t *testing.T) {
	f := serve(t)
	edit := func(change func(*Request)) []byte {
		q := f.request(admins)
		change(&q)
		body, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	good := edit(func(*Request) {})
	for name, c := range map[string]struct {
		body      []byte
		signature string
		want      int
	}{
		"no signature":    {good, "", 401},
		"wrong key":       {good, Sign("other", good), 401},
		"changed body":    {append([]byte(" "), good...), Sign(key, good), 401},
		"too old":         {edit(func(q *Request) { q.At -= 61 }), "", 401},
		"from the future": {edit(func(q *Request) { q.At += 61 }), "", 401},
		"version":         {edit(func(q *Request) { q.Version = 2 }), "", 400},
		"purpose":         {edit(func(q *Request) { q.Purpose = "root" }), "", 400},
		"no nonce":        {edit(func(q *Request) { q.Nonce = "" }), "", 400},
		"groups twice":    {append(bytes.TrimSuffix(edit(func(*Request) {}), []byte("}")), []byte(`,"groups":[]}`)...), "", 400},
		"no uid":          {edit(func(q *Request) { q.UID = "" }), "", 400},
		"not JSON":        {[]byte("roles=admin"), "", 400},
		"wrong type":      {[]byte(`{"version":"1"}`), "", 400},
		"large":           {bytes.Repeat([]byte("x"), maxBody+1), "", 413},
	} {
		signature := c.signature
		if signature == "" && name != "no signature" {
			signature = Sign(key, c.body)
		}
		status, data := f.post(c.body, signature)
		if status != c.want || !bytes.Contains(data, []byte(`"error"`)) {
			t.Errorf("%s: %d %s, want %d", name, status, data, c.want)
		}
		if bytes.Contains(data, []byte(key.Reveal())) { // proves S32
			t.Errorf("%s: the key is in the answer", name)
		}
	}
	if err := f.stop(); err != nil { // before its log is read
		t.Error(err)
	}
	if bytes.Contains(f.log.Bytes(), []byte(key.Reveal())) {
		t.Error("the key is in the log")
	}
}

// TestUnreadableFileGrantsNoAdmin proves S27: without the file the last good
// copy answers for a while, but never with admin; later nothing answers.
func TestUnreadableFileGrantsNoAdmin(t *testing.T) {
	f := serve(t)
	if status, _ := f.ask(f.request(admins)); status != 200 {
		t.Fatal(status)
	}
	if err := os.Rename(f.store.Path(), f.store.Path()+".gone"); err != nil {
		t.Fatal(err)
	}
	if status, a := f.ask(f.request(admins)); status != 503 {
		t.Errorf("admin without a readable file: %d %+v", status, a)
	}
	if status, a := f.ask(f.request(users)); status != 200 || a.Roles[0] != "viewer" || !strings.Contains(a.Decision, "last good copy") {
		t.Errorf("user from the last good copy: %d %+v", status, a)
	}
	resp, err := http.Get(f.url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 503 {
		t.Errorf("readyz says %d", resp.StatusCode)
	}
	f.later(maxStale + time.Minute)
	if status, _ := f.ask(f.request(users)); status != 503 {
		t.Errorf("a copy that is too old: %d", status)
	}
	if err := os.Rename(f.store.Path()+".gone", f.store.Path()); err != nil {
		t.Fatal(err)
	}
	if status, a := f.ask(f.request(admins)); status != 200 || a.Roles[0] != "admin" {
		t.Errorf("after the file is back: %d %+v", status, a)
	}
}

// TestStopClosesTheListener: once Serve has returned nobody listens, also when
// it was stopped before it had begun.
func TestStopClosesTheListener(t *testing.T) {
	for range 50 {
		srv, err := New(Config{Key: key, Recorder: &recorder{}, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := srv.Serve(ctx, l); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			t.Fatalf("the listener was still open: %v", err)
		}
	}
}

func TestKeyIsNeeded(t *testing.T) {
	if _, err := New(Config{}); model.CodeOf(err) != model.CodeInvalid || !strings.Contains(model.HintOf(err), "OIDC_CLIENT_SECRET") {
		t.Errorf("%v", err)
	}
}
