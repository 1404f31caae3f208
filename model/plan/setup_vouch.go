package plan

import "github.com/romm-admin/romm-admin/model"

// startsToVouch reports whether the plan makes addresses verified only while an
// admin vouches for them, where another rule verifies them now, because
// somebody asked for it. A text of ours that somebody changed is only put
// right: what it verifies meanwhile is nobody's word.
func (g SetupGoal) startsToVouch(w model.World, d setupDraft) bool {
	if g.Verified != model.VerifiedAddress || d.email == nil || d.email.Verified != model.VerifiedAddress || !w.Provider.Found {
		return false
	}
	have, made := w.Setup.Mapping(model.MarkEmail)
	return w.Provider.Verified != model.VerifiedAddress && (!made || have.Unknown == "")
}

// vouchForMatches are the changes that vouch for everybody who can sign in now, to
// the account that is theirs by the address or a pin and that nobody disputes
// (S1). They come before the mapping, so that nobody is locked out in between.
func vouchForMatches(r *model.Review) []Change {
	var out []Change
	for _, p := range r.Pairs {
		if !matches(p) || p.Identity.TrustedEmail == p.Identity.Email {
			continue
		}
		out = append(out, vouch(*p.Identity))
	}
	return out
}

func matches(p model.Pair) bool {
	return p.Identity != nil && p.Local != nil && (p.Basis == model.BasisEmail || p.Basis == model.BasisPin) &&
		p.CanSignIn() && p.Verdict.UserID == p.Local.ID && !p.Disputed() && p.Identity.Email != "" && p.Identity.Email.ASCII()
}

func vouch(id model.Identity) Change {
	return Change{
		Kind: ChangeTrustedEmail, Side: SideAuthentik, Object: decimal(id.PK).Raw(), Label: id.Username,
		Before: id.TrustedEmail, After: id.Email, Reason: "an admin vouches for this address",
	}
}
