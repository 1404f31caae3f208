package admin

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// TestWhoseNameTheLoginPageTakes: Authentik's login page takes the first match,
// letter case aside, in the order in which users were made. Who comes later is
// told to get in by what is still their own, or not at all; the first is not.
func TestWhoseNameTheLoginPageTakes(t *testing.T) {
	t.Parallel()
	add := func(name, email string, off bool) authentiktest.User {
		return authentiktest.User{
			Username: name, Name: name, Email: email, Inactive: off, Groups: []string{"friends"},
			Attributes: map[string]any{model.AttrTrustedEmail: email},
		}
	}
	w := newWorldOf(t, false, func(s *authentiktest.Seed) {
		s.Users = append(
			s.Users,
			add("Alice", "alice2@example.org", false), // after alice
			add("kai", "FRANK@example.org", false),    // after frank's address
			add("frank@EXAMPLE.org", "", false),       // a name that is frank's address
			add("gone", "gone@example.org", true),
			add("Gone", "gone2@example.org", false), // after somebody who is inactive
		)
	})
	const page = "Authentik's login page takes the first match, letter case aside: "
	for who, says := range map[string]string{
		"Alice":             page + "“Alice” is taken for alice, so this person gets in by the address alice2@example.org alone.",
		"kai":               page + "“FRANK@example.org” is taken for frank, so this person gets in by the username kai alone, and with the address only the other's password works.",
		"frank@EXAMPLE.org": page + "“frank@EXAMPLE.org” is taken for frank, so nobody gets in as this person by that page.",
		"Gone":              page + "“Gone” is taken for gone, who is inactive, so this person gets in by the address gone2@example.org alone.",
		"alice":             "", "frank": "", "gone": "", "bob": "",
	} {
		text, _, _ := counting(t, w, "simulate", who)
		if said := strings.Contains(text, page); said != (says != "") || !strings.Contains(text, says) {
			t.Errorf("%s: %s", who, text)
		}
		list, _, _ := counting(t, w, "simulate", who, "--json")
		if said := strings.Contains(list, `"kind": "sign-in-name-taken"`); said != (says != "") {
			t.Errorf("%s: %s", who, list)
		}
	}
}

// TestNoAdminWithoutASignInName proves S5: an admin whose name and address are
// both taken for somebody else's at the login page is none who can sign in.
func TestNoAdminWithoutASignInName(t *testing.T) {
	t.Parallel()
	usable := func(name string) string {
		out, _, _ := counting(t, newWorldOf(t, false, func(s *authentiktest.Seed) {
			s.Users = append([]authentiktest.User{{Username: name, Inactive: true}, {Username: "Alice@example.org", Inactive: true}}, s.Users...)
		}), "users", "list", "--json")
		_, out, _ = strings.Cut(out, `"usable_admins": `)
		return out[:1]
	}
	if taken, free := usable("ALICE"), usable("somebody"); taken != "2" || free != "3" {
		t.Errorf("%s admins, and %s where alice's name is free", taken, free)
	}
}
