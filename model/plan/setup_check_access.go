package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// checkReach is about the addresses that RomM is started with: that it reaches
// Authentik, and that people come back to it. Where they are right it says nothing.
func checkReach(w model.World) []SetupCheck {
	var out []SetupCheck
	if why, hazard := w.ReachedElsewhere(); why != "" {
		c := SetupCheck{"romm-address", CheckNotice, why, "let both be the address that browsers use, and let that one resolve and be trusted inside RomM's container (extra_hosts, OIDC_TLS_CACERTFILE)"}
		if hazard {
			c.State = CheckDrift
		}
		out = append(out, c)
	}
	if why := w.Settings.CallbackElsewhere(); why != "" {
		out = append(out, SetupCheck{"romm-callback", CheckDrift, why, fmt.Sprintf("set OIDC_REDIRECT_URI=%s for RomM, or ROMM_BASE_URL to the address that browsers use", model.Clean(w.Settings.Callback()))})
	}
	return out
}

// checkFurther finds addresses, other than RomM's, to which the provider sends
// people with the code of their login.
func checkFurther(have model.OAuthProvider, callback string) []SetupCheck {
	further, hazard := have.FurtherRedirects(callback)
	if len(further) == 0 || callback == "" {
		return nil
	}
	c := SetupCheck{
		"further-redirects", CheckNotice, "the provider sends people to other addresses than RomM's callback, too: " + strings.Join(further, ", "),
		"remove them from the redirect URIs of RomM's provider in Authentik, unless something that you run needs them",
	}
	if hazard {
		c.Evidence += "; whoever has one of these hosts can have people sent there with the code of a login"
	}
	return []SetupCheck{c}
}

// checkBindings says who may use the application, and how that is decided.
func checkBindings(r *model.Review) SetupCheck {
	c := SetupCheck{ID: "bindings", State: CheckOK, Evidence: "everybody in Authentik may use the application"}
	s, w := r.World.Setup, r.World
	n := 0
	var policies, expire, expired []string
	for _, b := range s.Bindings {
		if b.Disabled {
			continue
		}
		n++
		who := b.Who(w.GroupName)
		switch day := who + " on " + b.Expires.UTC().Format(time.DateOnly); {
		case b.Expired(w.At):
			expired = append(expired, day)
		case !b.Expires.IsZero():
			expire = append(expire, day)
		}
		if b.Policy != "" {
			policies = append(policies, who)
		}
	}
	switch {
	case s.Application == nil:
		c.State, c.Evidence = CheckUnknown, "there is no application"
		return c
	case !s.BindingsKnown:
		c.State, c.Evidence = CheckUnknown, "who may use the application is not known"
		c.Repair = "give the token's role the permission authentik_policies.view_policybinding"
		return c
	case n == 0:
		return c
	}
	c.Evidence = model.Counted(n, "binding decides", "bindings decide") + " who may use the application"
	if n > 1 && s.Application.Mode == "all" {
		c.State, c.Evidence, c.Repair = CheckNotice, c.Evidence+"; "+allMeans(s.Engine), "set the policy engine mode to any, unless that is meant"
	}
	if len(policies) > 0 {
		c.State = CheckUnknown
		c.Evidence = model.Counted(len(policies), "policy decides", "policies decide") + " who may use the application, which only Authentik can tell: " + strings.Join(policies, ", ") + "; " + c.Evidence
		c.Repair = "romm-admin simulate --all --ask, with the token of a superuser; or in Authentik, Check access of the application shows whom it lets in"
	}
	if len(expired) > 0 {
		if c.State == CheckOK {
			c.State, c.Repair = CheckNotice, "in Authentik make the binding anew, or remove it"
		}
		c.Evidence += "; expired, and grants nothing any more: " + strings.Join(expired, ", ")
	}
	if len(expire) > 0 {
		if c.State == CheckOK {
			c.State = CheckNotice
		}
		c.Evidence += "; expires: " + strings.Join(expire, ", ")
	}
	return c
}

// allMeans says what the policy engine mode “all” is in this Authentik
// (docs/authentik.md 3).
func allMeans(e model.PolicyEngine) string {
	switch e {
	case model.EngineEach:
		return "the policy engine mode is all: every binding has to pass, so a person has to be in every group that is bound"
	case model.EngineTogether:
		return "the policy engine mode is all: in this Authentik the bindings of groups and users count as one, and from 2026.5 on every one of them has to pass"
	case model.EngineUnknown:
	}
	return "the policy engine mode is all: of this Authentik it is not known whether every binding has to pass, or those of groups and users count as one"
}
