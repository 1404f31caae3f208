package plan

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// CheckState is what a check of set-up found.
type CheckState string

// The states. Drift is what a plan would fix, or a person has to; a notice is
// no fault.
const (
	CheckOK      CheckState = "ok"
	CheckMissing CheckState = "missing"
	CheckDrift   CheckState = "drift"
	CheckNotice  CheckState = "notice"
	CheckUnknown CheckState = "unknown"
	// CheckOlder is a text of an older release of romm-admin: a plan brings it up
	// to date, but it does what it did, so an upgrade alone makes no check fail.
	CheckOlder CheckState = "older"
)

// SetupCheck is one thing that has to be so for RomM's logins. Its texts are
// clean.
type SetupCheck struct {
	ID       string // stable, for JSON and tests
	State    CheckState
	Evidence string // what is the case
	Repair   string // what to do; "" when there is nothing to do
}

// Fails reports whether something has to be done, or nothing could be checked.
func (c SetupCheck) Fails() bool {
	return c.State == CheckMissing || c.State == CheckDrift || c.ID == checkReading
}

// checkReading is the only check when nothing could be read.
const checkReading = "reading"

// noteOlderText says of the check of one of our mappings that its text is of an
// older release, unless something worse is said already. Planned is the mapping
// as set-up would write it; nil if it would not.
func noteOlderText(r *model.Review, c SetupCheck, mark string, planned *model.ScopeMapping) SetupCheck {
	if planned == nil || c.Fails() || !r.World.Setup.Older(mark) {
		return c
	}
	c.State = CheckOlder
	c.Evidence += fmt.Sprintf("; the text of %s is of an older release of romm-admin", planned.Name)
	if c.Repair != "" {
		c.Repair += "; "
	}
	c.Repair += "romm-admin setup apply brings it up to date"
	return c
}

// CheckSetup compares Authentik, and RomM's own settings, with the goal.
func CheckSetup(r *model.Review, g SetupGoal) []SetupCheck {
	s := r.World.Setup
	if !s.Known {
		return []SetupCheck{{checkReading, CheckUnknown, "what Authentik has for RomM is not known as a whole", "see the notes"}}
	}
	d := draftSetUp(r, g)
	out := []SetupCheck{checkProvider(r), checkApplication(r, d)}
	if have := s.Provider; have != nil {
		out = append(out, checkFields(*have, d.provider, g.RedirectURI != "", nameAddress(r.World))...)
		out = append(out, checkFurther(*have, g.RedirectURI)...)
	}
	out = append(out, checkEmail(r, d), checkRoles(r, d), checkTable(r), checkClaim(r))
	out = append(out, checkReach(r.World)...)
	said := out[0].State == CheckDrift // the client id or the secret
	why, fix := r.World.BlockedBy()
	if s.Provider == nil {
		said = fix == model.SetupApplies // that something is missing
	}
	if why != "" && !said {
		out = append(out, SetupCheck{"login", CheckDrift, "nobody can sign in: " + why, fix})
	}
	out = append(append(append(out, checkAnswers(r)...), checkSharers(r)...), checkBindings(r))
	return append(out, checkDefinitions(r)...)
}

func checkProvider(r *model.Review) SetupCheck {
	p := r.World.Setup.Provider
	if p == nil {
		return SetupCheck{"provider", CheckMissing, "Authentik has no OAuth2 provider for RomM that this token can see", model.SetupApplies}
	}
	c := SetupCheck{"provider", CheckOK, fmt.Sprintf("%s, client id %s", p.Name, model.Clean(p.ClientID)), ""}
	if r.World.OtherClient() {
		c.State, c.Evidence = CheckDrift, c.Evidence+", while RomM has "+model.Clean(r.World.Settings.ClientID)
		c.Repair = "set OIDC_CLIENT_ID and OIDC_CLIENT_SECRET for RomM; see `romm-admin setup env`"
	} else if r.World.Setup.SecretDiffers {
		c.State, c.Evidence = CheckDrift, c.Evidence+", while RomM has another client secret"
		c.Repair = "set OIDC_CLIENT_SECRET for RomM; see `romm-admin setup env`"
	}
	return c
}

func checkApplication(r *model.Review, d setupDraft) SetupCheck {
	c := SetupCheck{ID: "application", State: CheckOK}
	have := r.World.Setup.Application
	switch {
	case have == nil:
		c.State, c.Evidence, c.Repair = CheckMissing, fmt.Sprintf("no application has the slug %s", model.Clean(r.World.Setup.Slug)), model.SetupApplies
	case d.application == nil:
		c.State, c.Evidence = CheckDrift, fmt.Sprintf("RomM's provider belongs to the application with the slug %s, not %s", model.Clean(have.Slug), model.Clean(r.World.Setup.Slug))
		_, variable := r.World.Settings.Discovery()
		c.Repair = fmt.Sprintf("set RomM's %s to the address of that application; see `romm-admin setup env`", cmp.Or(variable, model.VarApplicationURL))
	case !have.Same(*d.application):
		c.State, c.Evidence, c.Repair = CheckDrift, fmt.Sprintf("%s does not hold RomM's provider", have.Name), model.SetupApplies
	default:
		c.Evidence = fmt.Sprintf("%s, slug %s", have.Name, model.Clean(have.Slug))
	}
	return c
}

// checkFields compares what only RomM's provider says; addressed says whether
// RomM's address is known, and name how it is given.
func checkFields(have, want model.OAuthProvider, addressed bool, name string) []SetupCheck {
	var out []SetupCheck
	check := func(id string, same bool, state CheckState, good, bad string) {
		c := SetupCheck{ID: id, State: CheckOK, Evidence: good}
		if !same {
			c.State, c.Evidence, c.Repair = state, bad, model.SetupApplies
		}
		out = append(out, c)
	}
	pick := func(p model.OAuthProvider, keep func(from, to *model.OAuthProvider)) model.OAuthProvider {
		next := want
		keep(&p, &next)
		return next
	}
	same := func(keep func(from, to *model.OAuthProvider)) bool { return want.Same(pick(have, keep)) }
	uris := make([]string, 0, len(have.RedirectURIs))
	for _, u := range have.RedirectURIs {
		text := model.Clean(u.URL)
		if u.Regex {
			text += " (a pattern)"
		} else if u.LooksLikePattern() {
			text += " (not a pattern: it is compared letter by letter)"
		}
		uris = append(uris, text)
	}
	listed := strings.Join(uris, ", ")
	check("redirect-uri", same(func(from, to *model.OAuthProvider) { to.RedirectURIs = from.RedirectURIs }), CheckDrift, listed,
		"RomM's address has to be there exactly, and no pattern: "+model.OrNone(listed))
	if c := &out[0]; !addressed && c.State == CheckOK {
		c.State, c.Evidence, c.Repair = CheckUnknown, "RomM's address is not known; allowed is "+model.OrNone(listed), name
	}
	signs := have.SigningKey.String()
	check("signing-key", have.SigningKey.ID != "", CheckDrift, "signs with "+signs, "signs tokens with the client secret and no key")
	check("encryption-key", have.EncryptionKey.ID == "", CheckDrift, "tokens are not encrypted", "tokens are encrypted, which RomM cannot read")
	check("id-token-claims", !have.NoClaimsInIDToken, CheckDrift, "claims are in the ID token", "claims are not in the ID token, where RomM reads them")
	check("client-type", !have.Public, CheckDrift, "a confidential client", "a public client, which proves itself with no secret")
	granted := "not asked for by this Authentik"
	if have.GrantTypes != nil {
		granted = model.Clean(strings.Join(have.GrantTypes, ", "))
	}
	check("grant-types", same(func(from, to *model.OAuthProvider) { to.GrantTypes = from.GrantTypes }), CheckDrift, granted,
		"lacks authorization_code or refresh_token: "+model.OrNone(granted))
	check("scopes", selectsScope(have, want, stockOpenID) && selectsScope(have, want, stockProfile), CheckDrift,
		"openid and profile are selected", "openid or profile is not selected")
	return out
}

// selectsScope reports whether a stock mapping that is wanted is selected.
func selectsScope(have, want model.OAuthProvider, id string) bool {
	return !want.Selects(id) || have.Selects(id)
}

func checkEmail(r *model.Review, d setupDraft) SetupCheck {
	c := SetupCheck{ID: "email-verified", State: CheckOK}
	p := r.World.Provider
	switch {
	case !p.Found:
		c.State, c.Evidence, c.Repair = CheckMissing, "no mapping says which addresses are verified", model.SetupApplies
	case p.Verified == model.VerifiedAddress:
		c.Evidence = "an address is verified while an admin vouches for it"
	case p.Verified == model.VerifiedAlways:
		c.State, c.Evidence = CheckNotice, "every address counts as verified: anyone who can change their own address in Authentik can open anybody's RomM account"
		c.Repair = "romm-admin setup apply --verify address: it vouches for everybody who matches, and takes the mapping's place, in one plan"
		if p.VerifiedSource != "" {
			c.Evidence += "; the mapping is the one of " + p.VerifiedSource
		} else if have := r.World.Setup.Provider; have != nil && have.Selects(stockEmail) {
			c.Evidence += "; the mapping is Authentik's own, which verifies no address any more from 2025.10 on"
		}
	case p.Verified == model.VerifiedAttribute:
		c.State = CheckNotice
		c.Evidence = "an address counts as verified while the user's attribute " + model.AttrEmailVerified + " is true, also after it was changed; the mapping is the one of " + p.VerifiedSource
		c.Repair = "clear the attribute whenever an address changes, or romm-admin setup apply --verify address, which vouches for everybody who matches in the same plan"
	case p.Verified == model.VerifiedNever:
		c.State, c.Evidence, c.Repair = CheckDrift, "Authentik's own mapping says that no address is verified, so RomM lets nobody in", model.SetupApplies
	case p.Verified == model.VerifiedAbsent:
		c.State, c.Evidence, c.Repair = CheckDrift, "no mapping for the scope email is selected", model.SetupApplies
	default:
		c.State, c.Evidence = CheckDrift, "only Authentik can tell what is verified, and a preview does not prove it: "+model.OrNone(model.Names(p.Unknown))
		c.Repair = model.SetupApplies
	}
	return noteOlderText(r, c, model.MarkEmail, d.email)
}

func checkRoles(r *model.Review, d setupDraft) SetupCheck {
	c := SetupCheck{ID: "roles-mapping", State: CheckOK}
	p := r.World.Provider
	have, ok := r.World.Setup.Mapping(model.MarkRoles)
	switch {
	case ok && have.Roles == nil:
		c.State, c.Evidence = CheckDrift, fmt.Sprintf("the text of %s was changed by hand", have.Name)
		c.Repair = model.SetupApplies + "; the text is not kept"
	case ok && have.Scope != model.RolesClaim:
		c.State = CheckDrift
		c.Evidence = fmt.Sprintf("%s has the scope name %s, which RomM never asks for", have.Name, model.OrNone(have.Scope))
		c.Repair = model.SetupApplies
	case !p.RoleMap:
		c.State, c.Evidence, c.Repair = CheckMissing, "RomM's provider does not select the roles mapping, so the role map decides nothing", model.SetupApplies
	case p.RolesMark != model.MarkRoles:
		c.State, c.Evidence, c.Repair = CheckDrift, "the roles mapping was made by hand, so it cannot be published to", model.SetupApplies
	case p.Compiled.Companion == "":
		c.Evidence = "answers from the table published in it"
	default:
		c.Evidence = "asks the companion at " + model.Clean(p.Compiled.Companion)
		if model.Unprotected(p.Compiled.Companion) {
			c.State, c.Evidence = CheckNotice, c.Evidence+"; "+model.PlainCompanion
			c.Repair = "put the companion behind https, or on a network that nobody else is on"
		}
		if d.roles != nil && d.roles.Roles.Companion != p.Compiled.Companion {
			c.State, c.Repair = CheckDrift, model.SetupApplies
		}
	}
	return noteOlderText(r, c, model.MarkRoles, d.roles)
}

// checkAnswers fails where Authentik answers with an error what every login needs:
// RomM reads the discovery document, and the token is made of what a preview
// shows.
func checkAnswers(r *model.Review) (out []SetupCheck) {
	p := r.World.Provider
	repair := "look at the newest event in Authentik that says system_exception or property_mapping_exception"
	if len(p.Unknown) > 0 {
		repair += ", and at the mappings that only Authentik can evaluate: " + model.Names(p.Unknown)
	}
	if p.NoDiscovery != "" {
		out = append(out, SetupCheck{"discovery", CheckDrift, "the discovery document, which RomM reads first, cannot be read: " + model.Clean(p.NoDiscovery), repair})
	}
	if p.NoPreview != "" {
		out = append(out, SetupCheck{"preview", CheckDrift, "Authentik fails to compute somebody's claims, as it would at a login: " + model.Clean(p.NoPreview), repair})
	}
	if p.Untried != "" {
		out = append(out, SetupCheck{"preview", CheckUnknown, "whether Authentik computes claims without an error is not known", model.Clean(p.Untried)})
	}
	return out
}

func checkTable(r *model.Review) SetupCheck {
	p := Published(r)
	c := SetupCheck{ID: "published", State: CheckOK, Evidence: strings.TrimSuffix(p.String(), ".")}
	switch p.State {
	case PublishBehind, PublishDecides:
		c.State, c.Repair = CheckDrift, "romm-admin roles publish"
	case PublishNone:
		c.State = CheckUnknown
	case PublishCurrent:
	}
	return c
}

func checkClaim(r *model.Review) SetupCheck {
	c := SetupCheck{ID: "romm-claim", State: CheckOK, Evidence: "RomM reads roles from " + model.RolesClaim}
	switch s := r.World.Settings; {
	case s.Assumed:
		c.State, c.Evidence = CheckUnknown, "RomM's OIDC_* settings were not given"
		c.Repair = "start romm-admin with the variables that RomM is started with"
	case s.Disabled:
		c.State, c.Evidence, c.Repair = CheckDrift, "RomM's OIDC login is off", "set OIDC_ENABLED=true for RomM"
	case model.Unquoted(s.ClaimRoles) != s.ClaimRoles:
		c.State, c.Evidence = CheckDrift, "RomM reads roles from "+model.Clean(s.ClaimRoles)+", the quotes are part of the name"
		c.Repair = "take the quotes out of OIDC_CLAIM_ROLES: in a compose list, quote the whole entry or nothing"
	case s.ClaimRoles != model.RolesClaim:
		c.State, c.Evidence = CheckDrift, "RomM reads roles from "+model.OrNone(s.ClaimRoles)
		c.Repair = "set OIDC_CLAIM_ROLES=" + model.RolesClaim + " for RomM; see `romm-admin setup env`"
		if _, err := GuardPrinted(r); err != nil {
			c.Repair = "do not set OIDC_CLAIM_ROLES yet: " + err.Error() + "; " + model.HintOf(err)
		}
	}
	return c
}
