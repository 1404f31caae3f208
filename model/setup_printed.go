package model

import "fmt"

// Printed judges everybody as if RomM were started with what set-up prints for
// it: with OIDC on, with the client id of the provider, and reading the roles
// claim.
func (r *Review) Printed() *Review {
	w := r.World
	s := &w.Settings
	s.Assumed, s.Disabled, s.ClaimRoles = false, false, RolesClaim
	s.RoleAdmin, s.RoleEditor, s.RoleViewer = s.printedRole(s.RoleAdmin, "admin"), s.printedRole(s.RoleEditor, "editor"), s.printedRole(s.RoleViewer, "viewer")
	if w.Setup.Provider != nil {
		s.ClientID = w.Setup.Provider.ClientID
	}
	return Judge(w)
}

func (Settings) printedRole(word, otherwise string) string {
	if word == "" {
		return otherwise
	}
	return word
}

// GuardPrinted refuses to start RomM with what set-up prints, with CodeRefused,
// when that would leave it without an admin: RomM takes the role from the last
// one too (S5). Warning is what it says to a start that nobody can be refused:
// no admin could sign in, and all keep their roles.
func (r *Review) GuardPrinted() (warning string, err error) {
	after := r.Printed()
	if after.Stats.UsableAdmins > 0 {
		return "", nil
	}
	const hint = "give a group of admins the role admin first: romm-admin roles set GROUP admin; then romm-admin roles publish"
	if p := after.demotes(&Review{}); p != nil {
		return "", &Error{
			Code: CodeRefused, Hint: hint,
			Msg: fmt.Sprintf("started with this, RomM would take the role admin from %s at the next login, and no admin could sign in", p.Local.Username),
		}
	}
	if after.unsure() {
		return "it is not known whether any admin can sign in to RomM when it is started with this: see `romm-admin simulate --all --ask`", nil
	}
	return "started with this, RomM lets no admin in through Authentik: " + hint, nil
}
