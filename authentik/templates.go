package authentik

import (
	_ "embed" // the released texts
	"fmt"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// templates are the released texts of the mappings that romm-admin makes, v1 first.
// A text that was released never changes and never goes: mappings have it in
// Authentik, and the journal names it by its number. A new wording is a new file
// at the end of its list; what was there before is then an older release, which
// reads as before and which set-up brings up to date.
type templates struct{ roles, address, always []string }

var (
	// rolesV1 asks the companion at each login and falls back to the table that
	// was compiled into it. It raises nothing: a mapping that raises loses its
	// claim, and RomM up to 4.7 turns admins into viewers then (S6).
	//
	// The signature is keyed by the provider's client secret, so that no secret
	// stands in the text, which many may read (docs/authentik.md 2). The
	// connection may take 0.5 s and each read 1 s. Authentik puts a session called
	// requests into the namespace; importing the module of that name would hide it.
	//
	//go:embed templates/roles.v1.py
	rolesV1 string

	// rolesV2 says as well which role map its table was made from (S27).
	//
	//go:embed templates/roles.v2.py
	rolesV2 string

	// addressV1 calls an address verified only while it is exactly the one that an
	// admin wrote into the user's own attribute model.AttrTrustedEmail, so that
	// changing the address withdraws the trust (S1). Addresses that are not pure
	// ASCII are never verified (S2). It raises nothing, whatever the attributes
	// hold, and is valid for the anonymous user of the discovery document (S11).
	// Attributes of groups do not count.
	//
	//go:embed templates/email-address.v1.py
	addressV1 string

	// alwaysV1 calls every address verified, as RomM's guide does: people who can
	// change their own address in Authentik can then become anybody in RomM (S1).
	//
	//go:embed templates/email-always.v1.py
	alwaysV1 string
)

var released = templates{roles: []string{rolesV1, rolesV2}, address: []string{addressV1}, always: []string{alwaysV1}}

// EmailAddress and EmailAlways are the newest texts of the two ways to verify.
func EmailAddress() string { return newest(released.address) }

// EmailAlways is the mapping that calls every address verified.
func EmailAlways() string { return newest(released.always) }

func newest(list []string) string { return strings.TrimSpace(list[len(list)-1]) }

// numbers are those of the newest texts.
func (x templates) numbers() model.Templates {
	return model.Templates{Roles: len(x.roles), Address: len(x.address), Always: len(x.always)}
}

// describe says what a mapping of ours does; a text that is none of the released
// ones is only known by its sum.
func (x templates) describe(m Mapping) model.ScopeMapping {
	out := model.ScopeMapping{Mark: m.Managed, Name: m.Name, Scope: m.Scope}
	known, _ := x.recognise(m.Expression)
	switch known.Kind {
	case KindEmailAlways:
		out.Verified = model.VerifiedAlways
	case KindEmailAddress:
		out.Verified = model.VerifiedAddress
	case KindRoles:
		out.Roles = &known.Roles
	default:
		out.Unknown = model.UnknownText(strings.TrimSpace(m.Expression))
		return out
	}
	if known.Template > 1 {
		out.Template = known.Template
	}
	return out
}

// render is the mapping that does what m says, in the released text that m names.
func (x templates) render(op string, m model.ScopeMapping) (Mapping, error) {
	out := Mapping{Name: m.Name, Scope: m.Scope, Managed: m.Mark}
	var list []string
	switch {
	case m.Roles != nil:
		list = x.roles
	case m.Verified == model.VerifiedAddress:
		list = x.address
	case m.Verified == model.VerifiedAlways:
		list = x.always
	default:
		return out, &model.Error{
			Code: model.CodeRefused, Op: op, Msg: fmt.Sprintf("the text that the mapping %q had was not made by romm-admin, and is not kept", m.Name),
			Hint: "restore it in Authentik, from wherever it came",
		}
	}
	number := max(1, m.Template)
	if number > len(list) {
		return out, &model.Error{
			Code: model.CodeRefused, Op: op, Msg: fmt.Sprintf("the text v%d of the mapping %q is of a later release of romm-admin", number, m.Name),
			Hint: "use the release of romm-admin that wrote it",
		}
	}
	out.Expression = strings.TrimSpace(list[number-1])
	var err error
	if m.Roles != nil {
		out.Expression, err = renderRoles(out.Expression, *m.Roles)
	}
	return out, err
}
