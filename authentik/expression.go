package authentik

import (
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// Kind says what a known expression puts into the token.
type Kind string

// The expressions that are known.
const (
	// KindNothing adds no claim: the stock openid and offline_access mappings.
	KindNothing Kind = "nothing"
	// KindEmailAlways and KindEmailNever send the address with a constant
	// email_verified: RomM's guide and the stock mapping up to 2025.8, and
	// the stock mapping since 2025.10.
	KindEmailAlways Kind = "email-always"
	KindEmailNever  Kind = "email-never"
	// KindEmailAddress is ours: true while an admin vouches for the address.
	KindEmailAddress Kind = "email-address"
	// KindEmailAttribute sends the user's own attribute email_verified, whatever
	// it holds, and false without one.
	KindEmailAttribute Kind = "email-attribute"
	// KindProfile is the stock profile mapping; KindProfileGroups is its text
	// since 2026.2, which finds no groups on older servers.
	KindProfile       Kind = "profile"
	KindProfileGroups Kind = "profile-groups"
	// KindEntitlements is the stock entitlements mapping.
	KindEntitlements Kind = "entitlements"
	// KindRoles is ours: the role map.
	KindRoles Kind = "roles"
)

// Known is an expression whose result is known without running it.
type Known struct {
	Kind Kind
	// Source names the public guide that the text is from, for people; "" for
	// all others.
	Source string
	// Template is the number of the released text, of the kinds that romm-admin
	// makes; 0 for a text that is not ours but does the same.
	Template int
	// Roles are the constants of a KindRoles expression.
	Roles model.RoleTable
}

// Recognise returns what the expression does, and false unless it is known to
// the letter, white space and comments aside. Our roles mapping is known only
// exactly as it is rendered, but for white space around it.
func Recognise(expression string) (Known, bool) { return released.recognise(expression) }

func (x templates) recognise(expression string) (Known, bool) {
	if roles, number, err := x.parseRoles(expression); err == nil {
		return Known{Kind: KindRoles, Template: number, Roles: roles}, true
	}
	text := canonical(expression)
	var out Known
	for _, k := range knownExpressions() {
		known := canonical(k.text)
		// To the letter is better: the spelling tells whose guide it is.
		if text == known || out.Kind == "" && k.source != "" && oneUser(text) == oneUser(known) {
			out.Kind, out.Source = k.kind, k.source
		}
	}
	for kind, list := range map[Kind][]string{KindEmailAlways: x.always, KindEmailAddress: x.address} {
		for i, own := range list {
			if text == canonical(own) {
				out.Kind, out.Template = kind, i+1
			}
		}
	}
	return out, out.Kind != ""
}

// oneUser spells the user in one way: the two names are of one object
// (docs/authentik.md 2), and a text may use both.
func oneUser(text string) string { return strings.ReplaceAll(text, "request.user.", "user.") }

func (k Known) rule() model.VerifiedRule {
	switch k.Kind {
	case KindEmailAlways:
		return model.VerifiedAlways
	case KindEmailNever:
		return model.VerifiedNever
	case KindEmailAddress:
		return model.VerifiedAddress
	case KindEmailAttribute:
		return model.VerifiedAttribute
	default:
		return model.VerifiedUnknown
	}
}

func (k Known) profileOn(r Release) bool {
	return k.Kind == KindProfile || k.Kind == KindProfileGroups && r.AtLeast(2026, 2)
}

type knownExpression struct {
	kind         Kind
	source, text string
}

// The public guides, as Known.Source names them.
const (
	guideRomM      = "RomM's guide"
	guideAuthentik = "Authentik's documentation"
)

// knownExpressions lists those that others wrote. The stock ones are quoted for
// comparison, in the short form that canonical makes of them (docs/authentik.md
// 1, 7).
func knownExpressions() []knownExpression {
	const (
		profile = `return {
    "name": request.user.name,
    "given_name": request.user.name,
    "preferred_username": request.user.username,
    "nickname": request.user.username,
    "groups": [group.name for group in request.user.`
		attribute = `user.attributes.get("email_verified", False)}`
	)
	return []knownExpression{
		{KindNothing, "", "return {}"},
		{KindEmailAlways, guideRomM, `return {"email": user.email, "email_verified": True}`},
		{KindEmailAlways, guideAuthentik, `return {"email": request.user.email, "email_verified": True}`},
		{KindEmailAttribute, guideAuthentik, `return {"email": request.user.email, "email_verified": request.` + attribute},
		{KindEmailNever, "", `return {"email": request.user.email, "email_verified": False}`},
		{KindProfile, "", profile + "ak_groups.all()]}"},
		{KindProfileGroups, "", profile + "groups.all()]}"},
		{KindEntitlements, "", `
entitlements = [entitlement.name for entitlement in request.user.app_entitlements(provider.application)]
return {"entitlements": entitlements, "roles": entitlements}`},
	}
}
