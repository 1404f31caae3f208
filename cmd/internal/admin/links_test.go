package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/db/rommapi"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

// linkStore is RomM's database behind a fake RomM.
type linkStore struct {
	romm     *rommtest.Server
	readOnly bool
	lacks    []string
	lost     bool   // what becomes of a write is not known; it is not made
	between  func() // happens before the next write
}

func (s *linkStore) users() []model.LocalUser {
	var out []model.LocalUser
	for _, u := range s.romm.Users() {
		one := model.LocalUser{ID: u.ID, Username: model.Untrusted(u.Username), Role: u.Role, Enabled: !u.Disabled, Link: u.Link}
		if u.Email != nil {
			one.Email = model.Untrusted(*u.Email)
		}
		out = append(out, one)
	}
	return out
}

func (s *linkStore) ReadLinks(context.Context) (model.LinksReading, error) {
	return model.LinksReading{DatabaseInfo: model.DatabaseInfo{Kind: model.DatabasePostgreSQL}, Accounts: s.users(), Linking: true}, nil
}

func (s *linkStore) SetLink(_ context.Context, id int64, before, after model.OIDCLink) (model.LocalUser, error) {
	if s.between != nil {
		s.between()
	}
	if s.lost {
		return model.LocalUser{}, &model.Error{Code: model.CodeUnknown, Msg: "it is not known whether the link was changed"}
	}
	for _, u := range s.romm.Users() {
		if u.ID != id {
			continue
		}
		if u.Link != before {
			return model.LocalUser{}, &model.Error{Code: model.CodeConflict, Msg: u.Username + " is now linked to " + u.Link.String(), Hint: "reload"}
		}
		u.Link = after
		if err := s.romm.PutUser(u); err != nil {
			return model.LocalUser{}, err
		}
		return model.LocalUser{ID: id, Username: model.Untrusted(u.Username), Link: after}, nil
	}
	return model.LocalUser{}, &model.Error{Code: model.CodeNotFound, Msg: "no such account"}
}

func (s *linkStore) Fold(context.Context, string, []string) ([]model.Folded, error) { return nil, nil }

func (s *linkStore) CheckAccess(context.Context) (model.DatabaseAccess, error) {
	return model.DatabaseAccess{
		DatabaseInfo: model.DatabaseInfo{Kind: model.DatabasePostgreSQL}, Linking: true, Write: !s.readOnly, MissingWrite: s.lacks, Grant: []string{"GRANT UPDATE;"},
	}, nil
}

// linkedAccounts are RomM's accounts with what its database says of their links.
type linkedAccounts struct {
	*rommapi.Client
	links reconcile.LinkStore
}

func (a linkedAccounts) ReadAccounts(ctx context.Context) (model.AccountsReading, error) {
	r, err := a.Client.ReadAccounts(ctx)
	if err != nil {
		return r, err
	}
	known, err := a.links.ReadLinks(ctx)
	for i := range r.Users {
		if at := slices.IndexFunc(known.Accounts, func(u model.LocalUser) bool { return u.ID == r.Users[i].ID }); at >= 0 {
			r.Users[i].Link = known.Accounts[at].Link
		}
	}
	return r, err
}

// linkWorld is a RomM 5.5 in which bob has signed in to mallory's account.
type linkWorld struct {
	t     *testing.T
	b     inBubble
	env   []string
	store *linkStore
	// without has no database configured.
	without bool
	typed   string // by somebody at a terminal; "" is nobody
	// real makes the store from the one that is configured; nil is the fake one.
	real func(reconcile.LinkStore) reconcile.LinkStore
}

const linkIssuer = "http://localhost:9000/application/o/romm/"

func newLinkWorld(t *testing.T) *linkWorld {
	t.Helper()
	return linkWorldOf(t, func(idp *authentiktest.Seed) error {
		return idp.AddRomM(authentiktest.RomM{Roles: &model.RoleTable{
			Rank: []string{"admin", "viewer"}, Default: "viewer", Rows: []model.RoleTableRow{{Group: authentiktest.GroupID("admins"), Token: "admin"}},
		}})
	})
}

// linkWorldOf is newLinkWorld with another set-up in Authentik.
func linkWorldOf(t *testing.T, setUp func(*authentiktest.Seed) error) *linkWorld {
	t.Helper()
	const token = "rmm_0000000000000000000000000000000000000000000000000000000000000000"
	idp := authentiktest.Seed{Native: &authentiktest.Native{}}
	address := func(name string) string { return name + "@example.org" }
	for _, name := range []string{"admin", "bob", "erin"} {
		u := authentiktest.User{Username: name, Email: address(name), Attributes: map[string]any{model.AttrTrustedEmail: address(name)}}
		if name == "admin" {
			u.Groups = []string{"admins"}
		}
		idp.Users = append(idp.Users, u)
	}
	idp.Groups = []authentiktest.Group{{Name: "admins"}}
	if err := setUp(&idp); err != nil {
		t.Fatal(err)
	}
	directory, err := strict.New(idp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = directory.Close() })
	romm := rommtest.Seed{
		Version: "5.5.0", Database: model.DatabasePostgreSQL, OIDCEnabled: true, Provider: "authentik",
		Tokens: []rommtest.Token{{Value: token, Owner: "admin", Scopes: []string{"me.read", "me.write", "users.read", "users.write"}}},
	}
	for _, name := range []string{"admin", "bob", "mallory", "erin"} {
		email, role := address(name), model.RoleUser
		if name == "admin" {
			role = model.RoleAdmin
		}
		romm.Users = append(romm.Users, rommtest.User{Username: name, Email: &email, Role: role})
	}
	accounts, err := rommtest.New(romm)
	if err != nil {
		t.Fatal(err)
	}
	w := &linkWorld{t: t, b: inBubble{romm: accounts, authentik: directory.Handler()}, store: &linkStore{romm: accounts}}
	w.env = w.b.env("ROMM_TOKEN="+token, "AUTHENTIK_TOKEN="+authentiktest.DefaultToken, "OIDC_ENABLED=true", "OIDC_CLIENT_ID=romm",
		"ROMM_DB_DRIVER=postgresql", "ROMM_ALLOW_HTTP=true", "HOME="+t.TempDir(), "OIDC_CLAIM_ROLES=romm_roles", "OIDC_ROLE_ADMIN=admin", "OIDC_ROLE_VIEWER=viewer")
	return w
}

func (w *linkWorld) do(args ...string) (out, said string, code int) {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	g := w.b.globals(w.t, w.env, &stdout, &stderr)
	if w.typed != "" {
		g.In, g.Terminal = strings.NewReader(w.typed), &Terminal{Size: Size{80, 24}}
	}
	g.wired = func(s *reconcile.Service) {
		switch {
		case w.without:
			return
		case w.real != nil:
			s.Links = w.real(s.Links)
		default:
			s.Links = w.store
		}
		s.Accounts = linkedAccounts{s.Accounts.(*rommapi.Client), s.Links}
	}
	code = run(w.t.Context(), args, g)
	return stdout.String(), stderr.String(), code
}

func (w *linkWorld) user(name string) rommtest.User {
	w.t.Helper()
	for _, u := range w.store.romm.Users() {
		if u.Username == name {
			return u
		}
	}
	w.t.Fatalf("no account %s", name)
	return rommtest.User{}
}

func (w *linkWorld) put(name string, link model.OIDCLink) {
	w.t.Helper()
	u := w.user(name)
	u.Link = link
	if err := w.store.romm.PutUser(u); err != nil {
		w.t.Fatal(err)
	}
}

// uid is what Authentik sends as the subject of a person.
func (w *linkWorld) uid(name string) model.Untrusted {
	w.t.Helper()
	out, said, code := w.do("users", "list", "--json")
	var list struct{ People []personJSON }
	if err := json.Unmarshal([]byte(out), &list); err != nil || code != cli.ExitOK {
		w.t.Fatalf("%v: %d %s", err, code, said)
	}
	for _, p := range list.People {
		if p.Authentik != nil && p.Authentik.Username == model.Untrusted(name) {
			return model.Untrusted(p.Authentik.UID)
		}
	}
	w.t.Fatalf("no user %s", name)
	return ""
}

// TestUnlinkAndLink: the two commands end to end over HTTP, with journal, undo,
// refusals and SQL.
func TestUnlinkAndLink(t *testing.T) {
	t.Parallel()
	w := newLinkWorld(t)
	synctest.Test(t, func(t *testing.T) {
		w.t = t
		unlinkAndLink(t, w)
	})
}

func unlinkAndLink(t *testing.T, w *linkWorld) {
	t.Helper()
	bobs := model.NewOIDCLink(linkIssuer, w.uid("bob"))
	w.put("mallory", bobs)
	expect := func(want int, texts []string, args ...string) string {
		t.Helper()
		out, said, code := w.do(args...)
		for _, s := range texts {
			if !strings.Contains(out+said, s) {
				t.Errorf("%s: not said: %s", strings.Join(args, " "), s)
			}
		}
		if code != want || t.Failed() {
			t.Fatalf("%s: exit code %d, want %d\n%s\n%s", strings.Join(args, " "), code, want, out, said)
		}
		return out
	}
	linked := func(name string, want model.OIDCLink) {
		t.Helper()
		if got := w.user(name).Link; got != want {
			t.Fatalf("%s is linked to %s, want %s", name, got, want)
		}
	}

	expect(cli.ExitOK, []string{"unlink the RomM account mallory", "another account: bob (as bob)"}, "users", "unlink", "mallory", "--dry-run")
	linked("mallory", bobs)
	out := expect(cli.ExitOK, []string{"nothing was changed", "the same command says"}, "users", "unlink", "mallory", "--sql")
	if want := model.LinkSQL(model.DatabasePostgreSQL, w.user("mallory").ID, bobs, model.Unlinked()) + "\n"; out != want {
		t.Errorf("%s, want %s", out, want)
	}
	expect(cli.ExitUsage, []string{"--yes applies the plan"}, "users", "unlink", "mallory", "--sql", "--yes")
	linked("mallory", bobs)

	w.store.readOnly = true
	expect(cli.ExitRefused, []string{"RomM's database is only read", "ROMM_DB_WRITE=true", "UPDATE users SET oidc_issuer = NULL", "reload"}, "users", "unlink", "mallory", "--yes")
	w.store.readOnly, w.store.lacks = false, []string{"UPDATE on oidc_sub"}
	expect(cli.ExitRefused, []string{"lacks UPDATE on oidc_sub", "GRANT UPDATE;"}, "users", "unlink", "mallory", "--yes")
	w.store.lacks = nil
	linked("mallory", bobs)

	erins := model.NewOIDCLink(linkIssuer, "somebody")
	w.store.between = func() { w.put("mallory", erins) }
	expect(cli.ExitError, []string{"is now linked to subject somebody"}, "users", "unlink", "mallory", "--yes")
	linked("mallory", erins)
	w.store.between = nil
	w.put("mallory", bobs)

	out = expect(cli.ExitOK, nil, "users", "link", "bob", "bob", "--yes", "--json")
	if !strings.Contains(out, `"applied": 2,`) || !strings.Contains(out, `"kind": "romm-link"`) {
		t.Errorf("%s", out)
	}
	linked("bob", bobs)
	linked("mallory", model.Unlinked())
	expect(cli.ExitOK, []string{"romm-link bob", "romm-link mallory"}, "history")
	expect(cli.ExitOK, nil, "history", "undo", "5", "--yes")
	linked("bob", model.Unlinked())
	expect(cli.ExitOK, []string{"another account: bob (as mallory)"}, "history", "undo", "3", "--yes")
	linked("mallory", bobs)
	expect(cli.ExitOK, nil, "history", "verify")

	w.store.lost = true
	expect(cli.ExitPartly, []string{"it is not known whether the link was changed"}, "users", "link", "bob", "bob", "--yes")
	w.store.lost = false
	out = expect(cli.ExitFindings, nil, "history", "interrupted", "--json")
	var cut struct {
		Plans []struct {
			ID string `json:"plan_id"`
		}
	}
	if err := json.Unmarshal([]byte(out), &cut); err != nil || len(cut.Plans) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	time.Sleep(2 * time.Minute) // by then nothing is under way any more
	expect(cli.ExitOK, nil, "history", "resume", cut.Plans[0].ID, "--yes")
	linked("mallory", model.Unlinked())
	linked("bob", bobs)

	expect(cli.ExitOK, []string{"nothing to unlink"}, "users", "unlink", "erin", "--yes")
	expect(cli.ExitError, []string{"no account called"}, "users", "link", "nobody", "bob", "--yes")
}

// TestLinksWithoutADatabase: a plan is refused with what to configure, and --sql
// gives statements that nobody has judged, and says so.
func TestLinksWithoutADatabase(t *testing.T) {
	t.Parallel()
	w := newLinkWorld(t)
	bobs := model.NewOIDCLink(linkIssuer, w.uid("bob"))
	mallory := w.user("mallory").ID
	w.without = true
	for _, args := range [][]string{{"users", "unlink", "mallory", "--yes"}, {"users", "link", "mallory", "bob", "--yes"}} {
		if _, said, code := w.do(args...); code != cli.ExitRefused || !strings.Contains(said, "is not known") || !strings.Contains(said, "DB_HOST") {
			t.Errorf("%s: exit code %d\n%s", args, code, said)
		}
	}
	want := func(db model.Database, to model.OIDCLink) string {
		return model.ReadLinkSQL(mallory) + "\n" + model.LinkSQL(db, mallory, model.OIDCLink{}, to) + "\n"
	}
	out, said, code := w.do("users", "link", "mallory", "bob", "--sql")
	if code != cli.ExitOK || out != want(model.DatabasePostgreSQL, bobs) || !strings.Contains(said, "nobody can say whose next login this changes") {
		t.Errorf("exit code %d\n%s\n%s", code, out, said)
	}
	w.env = append(w.env, "ROMM_DB_DRIVER=") // of no known kind
	out, said, code = w.do("users", "unlink", "mallory", "--sql")
	if both := "-- on mariadb\n" + want(model.DatabaseMariaDB, model.Unlinked()) + "-- on postgresql\n" + want(model.DatabasePostgreSQL, model.Unlinked()); code != cli.ExitOK || out != both {
		t.Errorf("exit code %d\n%s\n%s", code, out, said)
	}
	if !strings.Contains(out, fmt.Sprintf("oidc_sub = NULL WHERE id = %d;\n", mallory)) {
		t.Errorf("what is not known is compared: %s", out)
	}
	out, said, code = w.do("users", "unlink", "mallory", "--sql", "--json")
	var got struct{ SQL []statementsJSON }
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != cli.ExitOK || len(got.SQL) != 2 || len(got.SQL[1].Statements) != 2 {
		t.Errorf("%v, exit code %d\n%s\n%s", err, code, out, said)
	}
}
