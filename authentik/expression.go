package authentik

import "github.com/romm-admin/romm-admin/model"

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
	// KindProfile is the stock profile mapping; KindProfileGroups is its text
	// since 2026.2, which finds no groups on older servers.
	KindProfile       Kind = "profile"
	KindProfileGroups Kind = "profile-groups"
	// KindEntitlements is the stock entitlements mapping.
	KindEntitlements Kind = "entitlements"
	// KindRoles is ours: the role map.
	KindRoles Kind = "roles"
)

// Known is an expression whose result can be told without running it.
type Known struct {
	Kind Kind
	// Roles are the constants of a KindRoles expression.
	Roles RolesParams
}

// Recognise returns what the expression does, and false unless it is known to
// the letter, white space and comments aside. Ours are known only exactly as
// they are rendered, but for white space around them.
func Recognise(expression string) (Known, bool) {
	if roles, err := ParseRoles(expression); err == nil {
		return Known{Kind: KindRoles, Roles: roles}, true
	}
	text := canonical(expression)
	for _, k := range knownExpressions() {
		if text == canonical(k.text) {
			return Known{Kind: k.kind}, true
		}
	}
	return Known{}, false
}

func (k Known) rule() model.VerifiedRule {
	switch k.Kind {
	case KindEmailAlways:
		return model.VerifiedAlways
	case KindEmailNever:
		return model.VerifiedNever
	case KindEmailAddress:
		return model.VerifiedAddress
	}
	return model.VerifiedUnknown
}

func (k Known) profileOn(r Release) bool {
	return k.Kind == KindProfile || k.Kind == KindProfileGroups && r.AtLeast(2026, 2)
}

type knownExpression struct {
	kind Kind
	text string
}

// knownExpressions lists them. The stock ones are quoted for comparison, in
// the short form that canonical makes of them (reference/authentik.md 1, 7).
func knownExpressions() []knownExpression {
	const profile = `return {
    "name": request.user.name,
    "given_name": request.user.name,
    "preferred_username": request.user.username,
    "nickname": request.user.username,
    "groups": [group.name for group in request.user.`
	return []knownExpression{
		{KindNothing, "return {}"},
		{KindEmailAlways, EmailAlways},
		{KindEmailNever, `return {"email": request.user.email, "email_verified": False}`},
		{KindEmailAddress, EmailAddress},
		{KindProfile, profile + "ak_groups.all()]}"},
		{KindProfileGroups, profile + "groups.all()]}"},
		{KindEntitlements, `
entitlements = [entitlement.name for entitlement in request.user.app_entitlements(provider.application)]
return {"entitlements": entitlements, "roles": entitlements}`},
	}
}

// EmailAlways is the mapping of RomM's guide: it calls every address verified.
// Whoever can change their own address in Authentik can then become anybody in
// RomM (S1).
const EmailAlways = `return {
    "email": request.user.email,
    "email_verified": True,
}`

// EmailAddress calls an address verified only while it is exactly the one
// that an admin wrote into the user's own attribute model.AttrTrustedEmail, so
// that changing the address withdraws the trust (S1). Addresses that are not
// pure ASCII are never verified (S2). It raises nothing, whatever the attributes
// hold, and is valid for the anonymous user of the discovery document (S11).
// Attributes of groups do not count.
const EmailAddress = `# Made by romm-admin: the address is verified while it is the trusted one.
address = getattr(request.user, "email", "")
attributes = getattr(request.user, "attributes", None)
trusted = attributes.get("romm_trusted_email") if isinstance(attributes, dict) else None
verified = (
    isinstance(address, str)
    and isinstance(trusted, str)
    and address != ""
    and address.isascii()
    and trusted == address
)
return {
    "email": address if isinstance(address, str) else "",
    "email_verified": verified,
}`
