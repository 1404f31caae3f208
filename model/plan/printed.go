package plan

import (
	"cmp"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// AsPrinted is the world as if RomM were started with what set-up prints for it:
// with OIDC on, with the client id of the provider, and reading the roles claim.
func AsPrinted(w model.World) model.World {
	s := &w.Settings
	s.Assumed, s.Disabled, s.ClaimRoles = false, false, model.RolesClaim
	s.RoleAdmin, s.RoleEditor, s.RoleViewer = cmp.Or(s.RoleAdmin, "admin"), cmp.Or(s.RoleEditor, "editor"), cmp.Or(s.RoleViewer, "viewer")
	w.Setup.SecretDiffers = false
	s.ApplicationURL, s.MetadataURL, s.RedirectURI = "", "", s.Callback()
	if w.Setup.Provider != nil {
		s.ClientID = w.Setup.Provider.ClientID
	}
	return w
}

// GuardPrinted refuses to start RomM with what set-up prints, with CodeRefused,
// when that would leave it without an admin: RomM takes the role from the last
// one too (S5). Warning is what there is to say when an admin is left whom only
// the password lets in, or when it is not known.
func GuardPrinted(r *model.Review) (warning string, err error) {
	after := model.Judge(AsPrinted(r.World))
	if after.Stats.UsableAdmins > 0 {
		return "", nil
	}
	const hint = "give a group of admins the role admin first: romm-admin roles set GROUP admin; then romm-admin roles publish"
	if p := demotes(after, &model.Review{}); p != nil {
		return "", &model.Error{
			Code: model.CodeRefused, Hint: hint,
			Msg: fmt.Sprintf("started with this, RomM would take the role admin from %s at the next login, and no admin would be left", accountName(after, p.Verdict.UserID)),
		}
	}
	if anyoneUnknown(after) {
		return "it is not known whether any admin can sign in to RomM when it is started with this: see `romm-admin simulate --all --ask`", nil
	}
	for _, p := range after.Pairs {
		if p.CanSignIn() && p.Has(model.FindingAdminLoss) {
			return fmt.Sprintf("started with this, RomM takes the role admin from %s at the next login: %s", accountName(after, p.Verdict.UserID), hint), nil
		}
	}
	return "started with this, RomM lets no admin in through Authentik: " + hint, nil
}
