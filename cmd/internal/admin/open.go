package admin

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/cmd/internal/config"
	"github.com/romm-admin/romm-admin/cmd/internal/demo"
	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/db/rommapi"
	"github.com/romm-admin/romm-admin/db/rommsql"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

// session is one command's connection to both systems and the file.
type session struct {
	*reconcile.Service
	streams Streams

	store *db.DB
	romm  *rommsql.DB // RomM's own database; nil if it is not configured
	world *demo.World // nil unless --demo

	rommURL, authentikURL string // for links to the web pages
	clientID              string // RomM's in Authentik; "" if it has none yet
}

// open makes the clients, for the real systems or the demo world.
func open(ctx context.Context, g *globals) (_ *session, err error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	s := &session{streams: g.Streams}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	src, err := g.source()
	if err != nil {
		return s, err
	}
	if g.demo {
		if s.world, err = demo.Start(ctx, demo.Options{People: g.people, RomM: g.romm, DB: g.db, Now: time.Now}); err != nil {
			return s, err
		}
		// Of the file, only what is about the console counts.
		src = config.Source{Lookup: config.FromEnv(s.world.Env())}
	}
	cfg, err := config.Load(src)
	if err != nil {
		return s, cli.Usage(err)
	}
	if cfg.AuthentikURL == "" {
		return s, &model.Error{
			Code: model.CodeInvalid, Msg: "no Authentik is configured",
			Hint: "set AUTHENTIK_URL and AUTHENTIK_TOKEN (or AUTHENTIK_TOKEN_FILE); or look around first: romm-admin --demo",
		}
	}
	path, err := g.database(src)
	if err != nil {
		return s, err
	}
	if s.store, err = g.openStore(ctx, path, g.readOnly); err != nil {
		return s, err
	}
	if cfg.ClientID == "" {
		if cfg.ClientID, err = reconcile.MadeClientID(ctx, s.store); err != nil {
			return s, err
		}
	}
	return s, s.wire(cfg, g)
}

// withReview reads both sides and hands them to fn.
func withReview(ctx context.Context, g *globals, fn func(*session, *model.Review) error) error {
	return withReading(ctx, g, model.ReadOptions{}, fn)
}

// withReading is withReview with options for the reading.
func withReading(ctx context.Context, g *globals, o model.ReadOptions, fn func(*session, *model.Review) error) (err error) {
	s, err := open(ctx, g)
	if err != nil {
		return err
	}
	defer closeSession(s, &err)
	r, err := s.Load(ctx, o)
	if err != nil {
		return err
	}
	return fn(s, r)
}

// closeSession closes the session and keeps the first error.
func closeSession(s *session, err *error) {
	if cerr := s.Close(); *err == nil {
		*err = cerr
	}
}

// source is the environment and the configuration file, which is read once;
// the mistakes in it are reported together with all others, by what reads values
// from it.
func (g *globals) source() (config.Source, error) {
	if g.src != nil {
		return *g.src, nil
	}
	f, err := config.Open(config.Source{Lookup: g.lookup}, g.config)
	if err != nil {
		return config.Source{}, cli.Usage(err)
	}
	g.src = &config.Source{Lookup: g.lookup, File: f}
	return *g.src, nil
}

// database is the file that was named, or else the one of this user.
func (g *globals) database(src config.Source) (string, error) {
	if g.db != "" {
		return g.db, nil
	}
	return config.Database(src)
}

func (s *session) wire(cfg config.Config, g *globals) error {
	claim := cfg.Settings.ClaimRoles
	if cfg.Settings.Assumed {
		claim = model.RolesClaim
	}
	transport := g.transport
	if cfg.CAFile != "" {
		var err error
		if transport, err = httpClient(cfg.CAFile); err != nil {
			return err
		}
	}
	dir, err := authentik.New(authentik.Config{
		HTTP: transport, URL: cfg.AuthentikURL, Token: cfg.AuthentikToken, TokenFrom: cfg.AuthentikTokenFrom,
		Application: cfg.Application, ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, ClaimRoles: claim,
	})
	if err != nil {
		return err
	}
	s.Service = &reconcile.Service{
		Directory: dir, Roles: s.store, Journal: s.store, Settings: cfg.Settings, Warnings: cfg.Warnings,
		Actor: s.streams.actor(), Session: newID(), ReadOnly: g.readOnly || s.store.ReadOnlyReason() != "",
		Now: time.Now, NewID: newID, Wait: (&queue{err: s.streams.Err}).wait,
	}
	s.rommURL, s.authentikURL, s.clientID = cfg.RomMURL, cfg.AuthentikURL, cfg.ClientID
	s.Accounts = s.store.Accounts()
	if cfg.RomMURL != "" {
		s.Accounts, err = rommapi.New(rommapi.Config{
			HTTP: transport, URL: cfg.RomMURL, Token: cfg.RomMToken, TokenFrom: cfg.RomMTokenFrom, Username: cfg.RomMUsername,
			Password: cfg.RomMPassword, AllowHTTP: cfg.RomMAllowHTTP,
			Grant: cfg.RomMToken == "", Now: time.Now, // one password check instead of one a request
		})
		if err != nil {
			return err
		}
	}
	if cfg.RomMURL != "" && cfg.RomMDatabase.Given() {
		where := rommsql.Config(cfg.RomMDatabase)
		where.Write = where.Write && !s.ReadOnly
		if s.romm, err = rommsql.New(where); err != nil {
			return err
		}
		s.Links = s.romm
	}
	if g.wired != nil {
		g.wired(s.Service)
	}
	if s.world != nil {
		if d := s.world.Database(); d != nil {
			s.Links = d
		}
		s.RomMName, s.AuthentikName, s.Actor = demo.RomMName, demo.AuthentikName, demo.Actor
	}
	return nil
}

// maxAuthorities bounds the file of OIDC_TLS_CACERTFILE: all public authorities
// are a quarter of a MiB.
const maxAuthorities = 4 << 20

// httpClient is a client that trusts the private authority that RomM trusts as
// well, in addition to the system's (S25).
func httpClient(caFile string) (*http.Client, error) {
	bad := func(err error) error {
		return &model.Error{
			Code: model.CodeInvalid, Msg: "OIDC_TLS_CACERTFILE: no certificate authority can be read from " + caFile,
			Hint: "name a PEM file with the certificate of your authority", Err: err,
		}
	}
	pem, err := db.ReadRegular(caFile, maxAuthorities)
	if err != nil {
		return nil, bad(err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, bad(nil)
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: t}, nil
}

// Close closes what was opened; the demo world goes last.
func (s *session) Close() error {
	var errs []error
	if s.romm != nil {
		errs = append(errs, s.romm.Close())
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.world != nil {
		errs = append(errs, s.world.Close())
	}
	return errors.Join(errs...)
}

// newID returns an identifier for sessions and plans.
func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
