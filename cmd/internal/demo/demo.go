// Package demo is the made-up world behind --demo: an Authentik and a RomM
// with a cast of people that shows every finding, served over real HTTP on
// loopback, and a real SQLite file. The programs reach it through the same
// clients as a real one.
package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

// The made-up secrets: nothing but this world accepts them.
const (
	authentikToken = "demo-authentik-token"
	rommToken      = "rmm_" + "d3e0d3e0d3e0d3e0d3e0d3e0d3e0d3e0d3e0d3e0d3e0d3e0d3e0d3e0d3e0d3e0"
	clientID       = "romm-demo"
	clientSecret   = "demo-client-secret"
)

// Epoch is the time in the made-up world: its rows were made then, and its
// snapshots show it, so that the same world gives the same frame.
func Epoch() time.Time { return time.Date(2026, time.June, 1, 12, 0, 0, 0, time.UTC) }

// Actor is who acts in the made-up world.
const Actor = "demo"

// Options says what world to make.
type Options struct {
	// People is how many people it has; 0 is the cast alone, and no number
	// makes it smaller than the cast.
	People int
	// RomM is the release that its RomM poses as, such as 5.4.0; "" is the one
	// that was recorded.
	RomM string
	// DB is the path of the SQLite file; "" makes one that goes with the
	// world. An existing file keeps its role map.
	DB  string
	Now func() time.Time
	// Bare leaves Authentik without anything for RomM, to try set-up on, with
	// those of the cast whose accounts nobody disputes.
	Bare bool
	// Hang makes the world keep quiet once a write has come, to try what
	// becomes of a plan that is cut short. Nil is never.
	Hang *Hang
	// Authentik makes the fake; nil is [authentiktest.New], which checks no
	// call. Tests give the one that does.
	Authentik func(authentiktest.Seed) (*authentiktest.Server, error)
}

// World is a running demo world.
type World struct {
	Authentik *authentiktest.Server
	RomM      *rommtest.Server

	env     []string
	db      *Database // nil if the release of RomM has no links
	temp    string    // folder to remove; "" if the file was named
	servers []*http.Server
	closers []func() error // run in reverse, after the servers
	hang    *Hang
}

// Start makes the world and serves it. Close it when done.
func Start(ctx context.Context, o Options) (_ *World, err error) {
	w := &World{hang: o.Hang}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start the demo world: %w", err), w.Close())
			w = nil
		}
	}()
	people := cast()
	version, err := model.ParseVersion(cmp.Or(o.RomM, rommtest.DefaultVersion))
	if err != nil {
		return w, err
	}
	switch {
	case o.Bare:
		people = quiet(people)
	case version.Links():
		people = append(people, linkedCast()...)
	}
	people = enlarge(people, o.People)
	if o.DB == "" {
		if w.temp, err = os.MkdirTemp("", "romm-admin-demo-"); err != nil {
			return w, err
		}
		o.DB = filepath.Join(w.temp, "romm-admin.db")
	}
	if w.RomM, err = newRomM(o.RomM, people); err != nil {
		return w, err
	}
	if version.Links() {
		w.db = &Database{w.RomM}
	}
	rommURL, err := w.serve(ctx, w.RomM)
	if err != nil {
		return w, err
	}
	companionURL, err := w.startCompanion(ctx, o)
	if err != nil {
		return w, err
	}
	// The world must start at once, also where there is no Python.
	native := &authentiktest.Native{Roles: asker(ctx, companionURL, o.Now)}
	made := &authentiktest.RomM{ClientID: clientID, ClientSecret: clientSecret, RedirectURI: rommURL + "/api/oauth/openid"}
	if o.Bare {
		made = nil
	}
	if w.Authentik, err = newAuthentik(o, people, companionURL, made, native); err != nil {
		return w, err
	}
	w.closers = append(w.closers, w.Authentik.Close)
	authentikURL, err := w.serve(ctx, w.Authentik.Handler())
	if err != nil {
		return w, err
	}
	if !o.Bare { // nobody has signed in to that
		if err := w.link(people, authentikURL); err != nil {
			return w, err
		}
	}
	if err := w.seedDB(ctx, o, people); err != nil {
		return w, err
	}
	if !o.Bare {
		w.env = append(w.env, "OIDC_CLIENT_ID="+clientID, "OIDC_CLIENT_SECRET="+clientSecret)
	}
	w.env = append(w.env,
		"AUTHENTIK_URL="+authentikURL, "AUTHENTIK_TOKEN="+authentikToken,
		"ROMM_BASE_URL="+rommURL, "ROMM_TOKEN="+rommToken,
		"ROMM_DB_DRIVER=postgresql", "ROMM_ADMIN_DB="+o.DB,
		"OIDC_ENABLED=true", "OIDC_PROVIDER=authentik",
		"OIDC_REDIRECT_URI="+rommURL+"/api/oauth/openid",
		"OIDC_SERVER_APPLICATION_URL="+authentikURL+"/application/o/romm",
		"OIDC_CLAIM_ROLES="+model.RolesClaim,
		"OIDC_ROLE_ADMIN=admin", "OIDC_ROLE_EDITOR=editor", "OIDC_ROLE_VIEWER=viewer",
	)
	return w, nil
}

// Env returns the environment that points a process at the world, as
// KEY=VALUE lines.
func (w *World) Env() []string { return w.env }

// Close stops the servers and removes what was temporary.
func (w *World) Close() error {
	var errs []error
	for _, s := range w.servers {
		errs = append(errs, s.Close())
	}
	for _, c := range slices.Backward(w.closers) {
		errs = append(errs, c())
	}
	if w.temp != "" {
		errs = append(errs, os.RemoveAll(w.temp))
	}
	return errors.Join(errs...)
}

// serve answers on a loopback port of the system's choice.
func (w *World) serve(ctx context.Context, h http.Handler) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := &http.Server{Handler: w.hang.wrap(h), ReadHeaderTimeout: 10 * time.Second}
	w.servers = append(w.servers, s)
	go func() { _ = s.Serve(l) }() // ends with Close
	return "http://" + l.Addr().String(), nil
}

func newRomM(version string, people []character) (*rommtest.Server, error) {
	seed := rommtest.Seed{
		Version: version, Database: model.DatabasePostgreSQL, OIDCEnabled: true, Provider: "authentik",
		Tokens: []rommtest.Token{{
			Value: rommToken, Owner: "admin",
			Scopes: []string{"me.read", "me.write", "users.read", "users.write"},
		}},
	}
	for _, c := range people {
		if c.romm == nil {
			continue
		}
		u := rommtest.User{Username: c.romm.name, Role: c.romm.role, Disabled: c.romm.disabled}
		if c.romm.email != "" {
			u.Email = &c.romm.email
		}
		seed.Users = append(seed.Users, u)
	}
	return rommtest.New(seed)
}

// newAuthentik makes the Authentik of the world, set up for RomM as made says;
// nil is not at all.
func newAuthentik(o Options, people []character, companionURL string, made *authentiktest.RomM, native *authentiktest.Native) (*authentiktest.Server, error) {
	seed := authentiktest.Seed{
		Token: authentikToken, Native: native,
		Permissions: []string{
			"authentik_core.view_user", "authentik_core.change_user", "authentik_core.view_group", "authentik_core.view_application",
			"authentik_core.preview_user", "authentik_providers_oauth2.view_oauth2provider",
			"authentik_providers_oauth2.view_scopemapping", "authentik_core.view_propertymapping", "authentik_core.add_propertymapping",
			"authentik_providers_oauth2.add_scopemapping",
			"authentik_providers_oauth2.change_scopemapping", "authentik_providers_oauth2.delete_scopemapping",
			"authentik_providers_oauth2.add_oauth2provider", "authentik_providers_oauth2.change_oauth2provider",
			"authentik_providers_oauth2.delete_oauth2provider", "authentik_core.add_application",
			"authentik_core.change_application", "authentik_core.delete_application",
			"authentik_policies.view_policybinding", "authentik_flows.view_flow", "authentik_crypto.view_certificatekeypair",
		},
	}
	roles := model.RoleTable{Companion: companionURL, Rank: []string{"admin", "viewer"}}
	for _, g := range groups {
		s := authentiktest.Group{Name: g.name, Hidden: g.hidden}
		if g.parent != "" {
			s.Parents = []string{g.parent}
		}
		seed.Groups = append(seed.Groups, s)
		if g.role != model.RoleNone {
			roles.Rows = append(roles.Rows, model.RoleTableRow{
				Group: authentiktest.GroupID(g.name), Token: model.Settings{}.Token(g.role),
			})
		}
	}
	for _, c := range people {
		if c.idp == nil {
			continue
		}
		u := authentiktest.User{
			Username: c.idp.name, Name: c.idp.full, Email: c.idp.email, Groups: c.idp.groups,
			Inactive: c.idp.inactive, Superuser: c.idp.superuser,
		}
		if !c.idp.untrusted {
			u.Attributes = map[string]any{model.AttrTrustedEmail: c.idp.email}
		}
		seed.Users = append(seed.Users, u)
	}
	if made != nil {
		made.Roles = &roles
		if err := seed.AddRomM(*made); err != nil {
			return nil, err
		}
	}
	if o.Authentik == nil {
		return authentiktest.New(seed)
	}
	return o.Authentik(seed)
}

// seedDB writes the role map and the pins, unless the file has a map already.
func (w *World) seedDB(ctx context.Context, o Options, people []character) (err error) {
	store, err := db.Open(ctx, o.DB, db.Options{Now: o.Now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if have, err := store.RoleMap(ctx); err != nil || len(have.Rows) > 0 {
		return err
	}
	for _, g := range append([]group{{name: "old-guild", role: model.RoleUser}}, groups...) { // old-guild is gone from Authentik
		if g.role == model.RoleNone {
			continue
		}
		row := model.RoleRow{Group: authentiktest.GroupID(g.name), Name: model.Untrusted(g.name), Role: g.role, ChangedBy: Actor, ChangedAt: Epoch()}
		if err := store.SetRoleRow(ctx, row, model.RoleNone); err != nil {
			return err
		}
	}
	for _, name := range kept {
		row := model.PendingRole{Name: model.Untrusted(name), Role: model.RoleUser, ChangedBy: Actor, ChangedAt: Epoch()}
		if err := store.SetPendingRole(ctx, row, model.RoleNone); err != nil {
			return err
		}
	}
	return w.pin(ctx, store, people)
}

// pin ties the pinned characters together, by the ids that the two fakes gave
// them.
func (w *World) pin(ctx context.Context, store *db.DB, people []character) error {
	locals := map[string]int64{}
	for _, u := range w.RomM.Users() {
		locals[u.Username] = u.ID
	}
	for _, c := range people {
		if !c.pin {
			continue
		}
		uid, ok := w.Authentik.UID(c.idp.name)
		if !ok {
			return fmt.Errorf("nobody in Authentik is called %s", c.idp.name)
		}
		link := model.Pin{UID: uid, LocalID: locals[c.romm.name], Email: model.Untrusted(c.romm.email), PinnedBy: Actor, PinnedAt: Epoch()}
		if err := store.Pin(ctx, link); err != nil {
			return err
		}
	}
	return nil
}

// The names that the world goes by; the ports differ at every start.
const (
	RomMName      = "romm.demo"
	AuthentikName = "auth.demo"
)
