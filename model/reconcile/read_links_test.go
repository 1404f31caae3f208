package reconcile

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// released is a RomM of another release, with an audit log.
type released struct {
	*ports
	version model.Version
	signIns model.SignInsReading
	logErr  error
	asked   *int
}

func (r released) ReadAccounts(ctx context.Context) (model.AccountsReading, error) {
	a, err := r.ports.ReadAccounts(ctx)
	a.Version = r.version
	return a, err
}

func (r released) ReadSignIns(context.Context) (model.SignInsReading, error) {
	*r.asked++
	return r.signIns, r.logErr
}

// rommDB is RomM's database.
type rommDB struct {
	LinkStore
	reading model.LinksReading
	err     error
}

func (d rommDB) ReadLinks(context.Context) (model.LinksReading, error) { return d.reading, d.err }

// issuing is an Authentik that we reach by another address than RomM does.
type issuing struct{ idp }

func (i issuing) ReadDirectory(ctx context.Context, o model.ReadOptions) (model.DirectoryReading, error) {
	r, err := i.idp.ReadDirectory(ctx, o)
	r.Provider.Issuer = "http://authentik:9000/application/o/romm/"
	return r, err
}

// TestLoadLinks: what RomM's database says counts before the configuration and the
// release; that it cannot be read ends nothing, and the audit log tells the rest.
func TestLoadLinks(t *testing.T) {
	newest, dev := model.Version{Major: 5, Minor: 5}, model.Version{Dev: true}
	bobs := model.NewOIDCLink("https://auth/", "uid2")
	reading := model.LinksReading{
		DatabaseInfo: model.DatabaseInfo{Kind: model.DatabaseMariaDBGeneral}, Linking: true,
		Accounts: []model.LocalUser{
			{ID: 1, Username: "root", Link: model.Unlinked()},
			{ID: 2, Username: "bob", Link: bobs},
			{ID: 3, Username: "renamed", Link: model.Unlinked()},
			{ID: 4, Username: "new", Link: model.Unlinked()},
		},
	}
	other := reading
	other.Accounts = []model.LocalUser{{ID: 1, Username: "somebody"}, {ID: 9, Username: "root"}}
	older := model.LinksReading{DatabaseInfo: model.DatabaseInfo{Kind: model.DatabasePostgreSQL}, Accounts: []model.LocalUser{{ID: 1, Username: "root"}}}
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	log := model.SignInsReading{SignIns: []model.SignIn{{LocalID: 2, At: at}}}
	gone := &model.Error{Code: model.CodeUnavailable, Msg: "the server is gone", Hint: "start it"}

	for _, c := range []struct {
		name    string
		version model.Version
		store   LinkStore
		logErr  error
		links   bool           // RomM has links
		db      model.Database // the kind that counts after
		bob     model.OIDCLink
		signIns int
		asked   int // the audit log was
		warning string
	}{
		{"the database", newest, rommDB{reading: reading}, nil, true, model.DatabaseMariaDBGeneral, bobs, 0, 0, ""},
		{"a development build with the columns", dev, rommDB{reading: reading}, nil, true, model.DatabaseMariaDBGeneral, bobs, 0, 0, ""},
		{"a development build without them", dev, rommDB{reading: older}, nil, false, model.DatabasePostgreSQL, model.OIDCLink{}, 0, 0, ""},
		{"a release without the columns", newest, rommDB{reading: older}, nil, false, model.DatabasePostgreSQL, model.OIDCLink{}, 0, 0, ""},
		{"cannot be read", newest, rommDB{err: gone}, nil, true, model.DatabasePostgreSQL, model.OIDCLink{}, 1, 1, "RomM's database cannot be read, so whom RomM has linked is not known: the server is gone (start it)"},
		{"another RomM's", newest, rommDB{reading: other}, nil, true, model.DatabasePostgreSQL, model.OIDCLink{}, 1, 1, "is not that of this RomM"},
		{"none", newest, nil, nil, true, model.DatabasePostgreSQL, model.OIDCLink{}, 1, 1, ""},
		{"none, and no audit log", newest, nil, &model.Error{Code: model.CodeRefused, Msg: "keeps no audit log"}, true, model.DatabasePostgreSQL, model.OIDCLink{}, 0, 1, ""},
		{"none, and a log that cannot be read", newest, nil, errors.New("boom"), true, model.DatabasePostgreSQL, model.OIDCLink{}, 0, 1, "who has signed in through the provider is not known: boom"},
		{"none, a development build with an audit log", dev, nil, nil, true, model.DatabasePostgreSQL, model.OIDCLink{}, 1, 1, ""},
		{"none, a development build without one", dev, nil, &model.Error{Code: model.CodeRefused, Msg: "keeps no audit log"}, false, model.DatabasePostgreSQL, model.OIDCLink{}, 0, 1, ""},
		{"none, before links", model.Version{Major: 5, Minor: 3}, nil, nil, false, model.DatabasePostgreSQL, model.OIDCLink{}, 0, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, s, _ := start(t)
			asked := 0
			s.Accounts = released{p, c.version, log, c.logErr, &asked}
			s.Links = c.store
			s.Directory = issuing{idp{p}}
			s.Settings.ApplicationURL = "https://auth/application/o/romm"
			r, err := s.Load(t.Context(), model.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			w := r.World
			if c.logErr != nil && len(w.SignIns) > 0 {
				t.Errorf("sign-ins of a log that was not read: %v", w.SignIns)
			}
			bob, _ := r.Account(2)
			if w.Settings.Version.Links() != c.links || w.Settings.Database != c.db || bob.Link != c.bob || len(w.SignIns) != c.signIns || asked != c.asked {
				t.Errorf("links %v, database %s, bob's %v, %d sign-ins, asked %d times", w.Settings.Version.Links(), w.Settings.Database, bob.Link, len(w.SignIns), asked)
			}
			if w.Provider.Issuer != "https://auth/application/o/romm/" {
				t.Errorf("the issuer that RomM sees is %s", w.Provider.Issuer)
			}
			if cid, _ := r.Account(3); cid.Link.Known {
				t.Error("an account of another name has its link")
			}
			if said := strings.Join(w.Warnings, " "); !strings.Contains(said, c.warning) || c.warning == "" && said != "" {
				t.Errorf("warnings: %q", said)
			}
		})
	}
}
