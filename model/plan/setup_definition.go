package plan

import (
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// checkDefinitions warns of definitions in Authentik of the attributes that
// trust an address: its form for users has a field for each, so that who edits
// users vouches for addresses by hand, and it refuses what we write against it.
func checkDefinitions(r *model.Review) []SetupCheck {
	const id = "attributes"
	s := r.World.Setup
	if s.NoDefinitions != "" {
		return []SetupCheck{{id, CheckUnknown, "whether definitions of attributes concern romm-admin's is not known", model.Clean(s.NoDefinitions)}}
	}
	var out []SetupCheck
	for _, d := range s.Definitions {
		if !d.Ours() && (!d.Vouches() || r.World.Provider.Verified != model.VerifiedAttribute) {
			continue
		}
		c := SetupCheck{id, CheckNotice, fmt.Sprintf("Authentik has a definition of the user attribute %s, so its form for users writes it too: "+
			"who may edit users there can vouch for an address", d.Key), "disable it in Authentik under Directory > Object attributes"}
		if d.Ours() && d.Type != "text" {
			c.Evidence += fmt.Sprintf("; and as it demands a %s, nobody's address can be trusted with romm-admin", d.Type)
		}
		out = append(out, c)
	}
	return out
}
