package authentiktest

import (
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

// subject is the claim sub of a user, by the provider's sub_mode.
func (p *providerState) subject(u *userState) any {
	mode, _ := p.fields["sub_mode"].(string)
	switch mode {
	case model.SubUserID:
		return strconv.FormatInt(u.PK, 10)
	case model.SubUserUUID:
		return u.uuid
	case model.SubUsername:
		return u.Username
	case model.SubEmail:
		return u.Email
	case model.SubUPN:
		if upn, ok := u.Attributes[model.AttrUPN]; ok {
			return upn
		}
	}
	return u.uid
}

// issuer is the claim iss of a provider's tokens, by its issuer_mode.
func (p *providerState) issuer(base, slug string) string {
	if p.fields["issuer_mode"] == model.IssuerGlobal {
		return base + "/"
	}
	return base + "/application/o/" + slug + "/"
}
