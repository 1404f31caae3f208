package model

import (
	"fmt"
	"strings"
)

// warned says with the plan what its changes of set-up lose that no plan brings
// back.
func (p Plan) warned() Plan {
	var out []string
	if p.Warning != "" {
		out = append(out, p.Warning)
	}
	for _, c := range p.Changes {
		if text := c.loses(); text != "" {
			out = append(out, text)
		}
	}
	p.Warning = strings.Join(out, "; ")
	return p
}

// loses says what the change loses for good; "" for nothing. A client secret is
// drawn by Authentik and stands in no plan or journal, and neither does a text
// that somebody else wrote, because there may be a secret in it (S32).
func (c Change) loses() string {
	switch c.Kind {
	case ChangeProvider:
		switch {
		case c.Before == "":
			return fmt.Sprintf("Authentik draws a new client secret for %s: RomM has to be started with it, see `romm-admin setup env`", c.Label)
		case c.After == "":
			return fmt.Sprintf("the client secret of %s goes with it: taking this back draws another one", c.Label)
		}
	case ChangeScopeMapping:
		if before, _, err := c.ScopeMappings(); err == nil && before != nil && before.Unknown != "" {
			return fmt.Sprintf("the text that somebody gave the mapping %s is not kept: copy it from Authentik first, if it is needed", c.Label)
		}
	}
	return ""
}
