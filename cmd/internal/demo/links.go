package demo

import (
	"context"
	"fmt"
	"slices"

	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

// oldIssuer is the issuer of an Authentik that the made-up RomM was moved away
// from.
const oldIssuer = "https://old-auth.example/application/o/romm/"

// Whom an account is linked to, besides the name of a person in Authentik.
const (
	linkOwn  = "="    // the person of its own character
	linkGone = "gone" // somebody who is in Authentik no more
)

// linkedCast shows the findings about links, for releases that have them; the
// comments name it.
func linkedCast() []character {
	both := func(name, full, link string) character {
		return character{romm: user(name), idp: person(name, full, "romm-users"), link: link}
	}
	address := func(c character, email string) character {
		c.romm.email = email
		return c
	}
	return []character{
		both("oscar", "Oscar Wild", linkGone),  // linked-elsewhere, link-orphaned: made anew in Authentik
		{romm: user("gustav"), link: linkGone}, // link-orphaned
		{romm: user("rosa"), idp: person("rosa", "Rosa Parker", "family"), link: linkOwn, oldIssuer: true}, // relink-by-email
		address(both("erika", "Erika Mann", linkOwn), "erika@old.example"),                                 // email-will-follow
		both("gil", "Gil Vicente", linkOwn),                                                                // session-swap
		{romm: &account{name: "Gil", email: "gil@forum.example", role: model.RoleUser}},
		both("lena", "Lena Horn", linkOwn), // links-of-two-issuers
		{romm: user("lena-old"), link: "lena", oldIssuer: true},
		{romm: with(user("marvin"), func(a *account) { a.email = "bert@example.org" }), link: "bert"},
		{romm: with(user("bert"), func(a *account) { a.email = "" })},
		{idp: person("bert", "Bert Brecht", "romm-users")}, // linked-to-anothers: in marvin's account
	}
}

// signedIn are those of the cast who have signed in since RomM links accounts.
func signedIn() []string {
	return []string{"alice", "frank", "grace", "kenji", "leo", "nina", "olivia", "peggy", "quentin", "trent", "zach"}
}

// link links the accounts, in a RomM that does so.
func (w *World) link(people []character, authentikURL string) error {
	if w.db == nil {
		return nil
	}
	accounts := map[string]rommtest.User{}
	for _, u := range w.RomM.Users() {
		accounts[u.Username] = u
	}
	for _, c := range people {
		to := c.link
		if to == "" && c.romm != nil && c.idp != nil && slices.Contains(signedIn(), c.romm.name) {
			to = linkOwn
		}
		if to == linkOwn {
			to = c.idp.name
		}
		if to == "" {
			continue
		}
		uid, ok := w.Authentik.UID(to)
		if to == linkGone {
			uid, ok = "9f8e7d6c-gone-"+c.romm.name, true
		}
		if !ok {
			return fmt.Errorf("nobody in Authentik is called %s", to)
		}
		issuer := authentikURL + "/application/o/romm/"
		if c.oldIssuer {
			issuer = oldIssuer
		}
		u := accounts[c.romm.name]
		u.Link = model.NewOIDCLink(model.Untrusted(issuer), model.Untrusted(uid))
		if err := w.RomM.PutUser(u); err != nil {
			return err
		}
	}
	return nil
}

// Database is the database of the made-up RomM, as far as links are concerned.
type Database struct{ romm *rommtest.Server }

// Database returns RomM's database; nil if its release has no links.
func (w *World) Database() *Database { return w.db }

func (*Database) info() model.DatabaseInfo {
	return model.DatabaseInfo{Kind: model.DatabasePostgreSQL, Product: "PostgreSQL", Version: "17.6", Email: "the default", Username: "the default"}
}

// ReadLinks reads all accounts with their links.
func (d *Database) ReadLinks(context.Context) (model.LinksReading, error) {
	r := model.LinksReading{DatabaseInfo: d.info(), Linking: true}
	for _, u := range d.romm.Users() {
		r.Accounts = append(r.Accounts, local(u))
	}
	return r, nil
}

func local(u rommtest.User) model.LocalUser {
	out := model.LocalUser{ID: u.ID, Username: model.Untrusted(u.Username), Role: u.Role, Enabled: !u.Disabled, Link: u.Link}
	if u.Email != nil {
		out.Email, out.EmptyEmail = model.Untrusted(*u.Email), *u.Email == ""
	}
	return out
}

// SetLink replaces the link of an account.
func (d *Database) SetLink(_ context.Context, id int64, before, after model.OIDCLink) (model.LocalUser, error) {
	users := d.romm.Users()
	i := slices.IndexFunc(users, func(u rommtest.User) bool { return u.ID == id })
	held := slices.ContainsFunc(users, func(u rommtest.User) bool { return u.ID != id && after.Linked() && u.Link == after })
	switch {
	case i < 0:
		return model.LocalUser{}, &model.Error{Code: model.CodeNotFound, Msg: fmt.Sprintf("RomM has no account %d", id)}
	case users[i].Link != before || held:
		return local(users[i]), &model.Error{Code: model.CodeConflict, Msg: fmt.Sprintf("the link of %s changed meanwhile, or another account has the new one", users[i].Username), Hint: "read again"}
	}
	users[i].Link = after
	return local(users[i]), d.romm.PutUser(users[i])
}

// Fold says how PostgreSQL compares the texts.
func (d *Database) Fold(_ context.Context, _ string, texts []string) ([]model.Folded, error) {
	rule := d.info().Kind.Rule()
	out := make([]model.Folded, len(texts))
	for i, t := range texts {
		out[i] = model.Folded{Exact: string(rule.AppendUnique(nil, t)), Lower: string(rule.AppendLookup(nil, t))}
	}
	return out, nil
}

// CheckAccess says that everything may be done.
func (d *Database) CheckAccess(context.Context) (model.DatabaseAccess, error) {
	return model.DatabaseAccess{DatabaseInfo: d.info(), Account: Actor, Server: RomMName, Local: true, Linking: true, Write: true}, nil
}
