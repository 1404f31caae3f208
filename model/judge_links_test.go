package model

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	testIssuer = "https://auth.x.org/application/o/romm/"
	oldIssuer  = "https://old.x.org/application/o/romm/"
)

// linkedWorld is a RomM 5.5 whose provider sends the uid of everybody.
func linkedWorld() World {
	w := testWorld()
	w.Settings.Version = Version{Major: 5, Minor: 5}
	w.Provider.SubMode, w.Provider.Issuer = SubHashedUserID, testIssuer
	return w
}

// linked adds an account with a link; an empty issuer is none.
func (w *World) linked(name, email, issuer, subject string) {
	u := w.local(name, email, RoleUser)
	u.Link = Unlinked()
	if issuer != "" {
		u.Link = NewOIDCLink(Untrusted(issuer), Untrusted(subject))
	}
}

// TestLinkFindings: what each link leads to has a name, a reason and, where there
// is something to do, a fix that names the command (docs/romm.md rows 21 to 24).
func TestLinkFindings(t *testing.T) {
	bob := func(w *World) { w.identity("bob", "bob@x.org", gUsers) } // uid-1
	for _, c := range []struct {
		name  string
		build func(*World)
		who   string
		want  []FindingKind
		says  string // in the reasons and the fix
	}{
		{"linked and of one address", func(w *World) {
			w.linked("bob", "bob@x.org", testIssuer, "uid-1")
			bob(w)
		}, "bob", []FindingKind{FindingOK}, ""},
		{"not linked yet", func(w *World) {
			w.linked("bob", "bob@x.org", "", "")
			bob(w)
		}, "bob", []FindingKind{FindingOK}, ""},
		{"linked to somebody else", func(w *World) {
			w.linked("bob", "bob@x.org", testIssuer, "uid-2")
			bob(w)
			w.identity("eve", "eve@x.org", gUsers)
		}, "bob", []FindingKind{FindingLinkedElsewhere}, "has linked that account to Authentik's eve. romm-admin users unlink bob"},
		{"linked to somebody who is gone", func(w *World) {
			w.linked("bob", "bob@x.org", testIssuer, "uid-gone")
			bob(w)
		}, "bob", []FindingKind{FindingLinkedElsewhere, FindingLinkOrphaned}, "nobody's in Authentik romm-admin users unlink bob"},
		{"linked to somebody who is gone, of another address", func(w *World) {
			w.linked("bob", "bob@old.org", testIssuer, "uid-gone")
			bob(w)
		}, "bob", []FindingKind{FindingLinkedElsewhere, FindingEmailMismatch, FindingUsernameCollision, FindingLinkOrphaned}, "refused there whatever its address is romm-admin users unlink bob, then correct the address"},
		{"an account of nobody, linked to nobody", func(w *World) {
			w.linked("ann", "ann@x.org", testIssuer, "uid-gone")
			bob(w)
		}, "ann", []FindingKind{FindingLinkOrphaned, FindingLocalOnly}, "romm-admin users unlink ann"},
		{"who is there is not wholly known", func(w *World) {
			w.linked("ann", "ann@x.org", testIssuer, "uid-gone")
			bob(w)
			w.Directory.Incomplete = "a page is missing"
		}, "ann", []FindingKind{FindingLocalOnly}, ""},
		{"linked by another issuer", func(w *World) {
			w.linked("bob", "bob@x.org", oldIssuer, "uid-1")
			bob(w)
		}, "bob", []FindingKind{FindingRelinkByEmail}, "another issuer, " + oldIssuer},
		{"the address follows", func(w *World) {
			w.linked("bob", "bob@old.org", testIssuer, "uid-1")
			bob(w)
		}, "bob", []FindingKind{FindingEmailWillFollow}, "The address in RomM becomes bob@x.org."},
		{"an address that was none follows, too", func(w *World) {
			w.linked("bob", "", testIssuer, "uid-1")
			bob(w)
		}, "bob", []FindingKind{FindingEmailWillFollow}, "The address in RomM becomes bob@x.org."},
		{"an address that is taken stays", func(w *World) {
			w.linked("bob", "bob@old.org", testIssuer, "uid-1")
			w.linked("mallory", "bob@x.org", "", "")
			bob(w)
		}, "bob", []FindingKind{FindingOK}, ""},
		{"and the account that has it is not opened by it", func(w *World) {
			w.linked("bob", "bob@old.org", testIssuer, "uid-1")
			w.linked("mallory", "bob@x.org", "", "")
			bob(w)
		}, "mallory", []FindingKind{FindingLocalOnly}, ""},
		{"a first login into another's account", func(w *World) {
			w.linked("mallory", "bob@x.org", "", "")
			w.linked("bob", "", "", "")
			bob(w)
		}, "bob", []FindingKind{FindingFirstLinkTakesOver, FindingSquattedEmail}, "romm-admin users link mallory PERSON"},
		{"a first login by accent folding", func(w *World) {
			w.Settings.Database = DatabaseMariaDB
			w.linked("jose", "jose@x.org", "", "")
			w.identity("stranger", "josé@x.org", gUsers)
			w.Provider.Verified = VerifiedAlways
		}, "stranger", []FindingKind{FindingFirstLinkTakesOver, FindingSquattedEmail, FindingEmailNotASCII}, "for good"},
		{"in another's account, the own one is not linked", func(w *World) {
			w.linked("mallory", "bob@x.org", testIssuer, "uid-1")
			w.linked("bob", "", "", "")
			bob(w)
		}, "bob", []FindingKind{FindingLinkedToAnothers}, "romm-admin users link bob bob"},
		{"one subject of two issuers", func(w *World) {
			w.linked("bob", "bob@x.org", testIssuer, "uid-1")
			w.linked("bobby", "old@x.org", oldIssuer, "uid-1")
			bob(w)
		}, "bob", []FindingKind{FindingLinksOfTwoIssuers}, "romm-admin users unlink bobby"},
		{"one subject of two issuers, seen from the old one", func(w *World) {
			w.linked("bob", "bob@x.org", testIssuer, "uid-1")
			w.linked("bobby", "old@x.org", oldIssuer, "uid-1")
			bob(w)
		}, "bobby", []FindingKind{FindingLinksOfTwoIssuers, FindingLocalOnly}, "romm-admin users unlink bobby"},
		{"twins swap their sessions", func(w *World) {
			w.linked("bob", "bob@x.org", testIssuer, "uid-1")
			w.linked("Bob", "", "", "")
			bob(w)
		}, "bob", []FindingKind{FindingSessionSwap}, "this login may end up as Bob"},
		{"not known", func(w *World) {
			w.local("bob", "bob@x.org", RoleUser)
			bob(w)
		}, "bob", []FindingKind{FindingLinkUnknown}, ""},
		{"not known, but that there is one", func(w *World) {
			w.local("bob", "bob@x.org", RoleUser)
			bob(w)
			w.SignIns = []SignIn{{LocalID: 1, At: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}}
		}, "bob", []FindingKind{FindingLinkUnknown}, "somebody signed in to it through Authentik on 2026-06-01"},
		{"before 5.4 there are none", func(w *World) {
			w.Settings.Version = Version{Major: 5, Minor: 3}
			w.linked("bob", "bob@x.org", testIssuer, "uid-2")
			bob(w)
		}, "bob", []FindingKind{FindingOK}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := linkedWorld()
			c.build(&w)
			r := Judge(w)
			got := findingsOf(t, r, c.who)
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
			i := slices.IndexFunc(r.Pairs, func(p Pair) bool {
				return p.Identity != nil && p.Identity.Username == Untrusted(c.who) || p.Identity == nil && p.Local.Username == Untrusted(c.who)
			})
			p := r.Pairs[i]
			said := strings.Join(append(p.Explain(), p.Fix()), " ")
			for _, part := range strings.Split(c.says, " romm-admin ") {
				if !strings.Contains(said, part) {
					t.Errorf("%q does not say %q", said, part)
				}
			}
			if _, safe := p.SafeFixWith(); safe {
				t.Error("offers to set the address with others")
			}
			if _, safe := p.SafeFix(); safe || p.Settable != "" {
				t.Errorf("offers to set the address %q", p.Settable)
			}
		})
	}
}

// TestUnknownLinks: RomM 5.4 without its database is judged by addresses, usable
// admins with it, and that is said once.
func TestUnknownLinks(t *testing.T) {
	w := linkedWorld()
	w.local("ann", "ann@x.org", RoleAdmin)
	w.identity("ann", "ann@x.org", gAdmins)
	w.local("bob", "bob@x.org", RoleUser)
	w.identity("bob", "bob@x.org", gUsers)
	r := Judge(w)
	if s := r.Stats; s.CannotSignIn != 0 || s.UsableAdmins != 1 || s.Problems != 0 || s.RoleOnlyAdmins != 0 {
		t.Errorf("%+v", s)
	}
	for _, p := range r.Pairs {
		if v := p.Verdict; !v.LinkUnknown || v.Depends != dependsOnLink || v.Rule != RuleLinks {
			t.Errorf("%s: %+v", p.Username(), v)
		}
		if said := strings.Join(p.Explain(), " "); p.Uncertain() != "" || strings.Contains(said, "ncertain") || strings.Contains(said, "link") {
			t.Errorf("%s: said of everybody: %q", p.Username(), said)
		}
	}
	notes := 0
	for _, n := range r.Notes {
		if n.Kind == NoteLinksUnknown {
			notes++
			if !strings.Contains(n.Text, "2 people rest on addresses") || !strings.Contains(n.Text, "DB_HOST") || n.Grave() {
				t.Errorf("%q", n.Text)
			}
		}
	}
	if notes != 1 {
		t.Errorf("%d notes: %v", notes, r.NoteTexts())
	}
	// Another doubt counts, whether the link is known or not: the role may be another one.
	w.Directory.Identities[0].Groups = append(w.Directory.Identities[0].Groups, gHidden)
	if r := Judge(w); r.Stats.UsableAdmins != 0 || !strings.Contains(r.Pairs[0].Uncertain(), "not visible to the token") {
		t.Errorf("%+v, %q", r.Stats, r.Pairs[0].Uncertain())
	}
}

// TestLinkedAdmin: an admin whom RomM knows by the link is usable whatever becomes
// of the address, and one in another's account is not.
func TestLinkedAdmin(t *testing.T) {
	for name, c := range map[string]struct {
		build  func(*World)
		usable int
	}{
		"no address, and somebody else without one": {func(w *World) {
			w.linked("ann", "", testIssuer, "uid-1")
			w.identity("ann", "", gAdmins)
			w.identity("eve", "", gUsers)
		}, 1},
		"an address that is another's, too": {func(w *World) {
			w.linked("ann", "ann@x.org", testIssuer, "uid-1")
			w.identity("ann", "ann@x.org", gAdmins)
			w.identity("eve", "ann@x.org", gUsers)
		}, 1},
		"in another's account": {func(w *World) {
			w.linked("mallory", "ann@x.org", testIssuer, "uid-1")
			w.identity("ann", "ann@x.org", gAdmins)
			w.linked("ann", "", "", "")
		}, 0},
		"linked to somebody else": {func(w *World) {
			w.linked("ann", "ann@x.org", testIssuer, "uid-2")
			w.identity("ann", "ann@x.org", gAdmins)
		}, 0},
	} {
		w := linkedWorld()
		w.Provider.Verified = VerifiedAlways
		c.build(&w)
		w.Locals[0].Role = RoleAdmin
		if s := Judge(w).Stats; s.UsableAdmins != c.usable {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// TestColumnsCount: the columns of the database tell whether there are links,
// whatever the release says.
func TestColumnsCount(t *testing.T) {
	for _, c := range []struct {
		v    Version
		want string
	}{
		{Version{Dev: true}, "5.0 to 5.2"},
		{Version{Dev: true, Columns: LinkColumns}, "5.5"},
		{Version{Dev: true, Columns: NoLinkColumns}, "5.0 to 5.2"},
		{Version{Columns: LinkColumns}, "5.5"},
		{Version{Major: 5, Minor: 3, Columns: LinkColumns}, "5.4"},
		{Version{Major: 5, Minor: 5, Columns: LinkColumns}, "5.5"},
		{Version{Major: 5, Minor: 4, Columns: NoLinkColumns}, "5.3"},
		{Version{Major: 5, Minor: 2, Columns: NoLinkColumns}, "5.0 to 5.2"},
	} {
		if got := c.v.family().name; got != c.want {
			t.Errorf("%+v is of family %s, want %s", c.v, got, c.want)
		}
	}
	if v := (Version{Columns: LinkColumns}); v.Known() || v.String() != "unknown" {
		t.Errorf("known by its columns alone: %s", v)
	}
}

// TestIssuerAt: the issuer that RomM stores has the scheme and host by which RomM
// reaches Authentik (docs/authentik.md 7).
func TestIssuerAt(t *testing.T) {
	const read = "http://authentik:9000/application/o/romm/"
	for _, c := range []struct {
		s    Settings
		want string
	}{
		{Settings{}, read},
		{Settings{ApplicationURL: "https://auth.x.org/application/o/romm"}, testIssuer},
		{Settings{ApplicationURL: "http://elsewhere", MetadataURL: "https://auth.x.org/application/o/romm/.well-known/openid-configuration"}, testIssuer},
		{Settings{ApplicationURL: "not an address"}, read},
	} {
		if got := c.s.IssuerAt(read); got != c.want {
			t.Errorf("%+v: %s, want %s", c.s, got, c.want)
		}
	}
	if got := (Settings{ApplicationURL: "https://auth.x.org"}).IssuerAt("http://authentik:9000/"); got != "https://auth.x.org/" {
		t.Errorf("issuer mode global: %s", got)
	}
	if got := (Settings{ApplicationURL: "https://auth.x.org"}).IssuerAt(""); got != "" {
		t.Errorf("not known: %q", got)
	}
	w := linkedWorld()
	w.linked("bob", "bob@x.org", testIssuer, "uid-1")
	id := w.identity("bob", "bob@x.org", gUsers)
	w.Provider.Previews = map[int64]Preview{id.PK: {Claims: Claims{
		"iss": read, "sub": "uid-1", "email": "bob@x.org", "email_verified": true, "preferred_username": "bob", RolesClaim: []any{"viewer"},
	}}}
	if p := Judge(w).Pairs[0]; p.Verdict.Rule != RuleByLink {
		t.Errorf("a preview is computed for our address: %+v", p.Verdict)
	}
}
