package plan

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestCheckDefinitions: what Authentik defines of our attributes is a notice,
// which fails nothing; of others nothing is said.
func TestCheckDefinitions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*model.World)
		state  CheckState // "" is no check
		says   string
	}{
		"none":         {func(*model.World) {}, "", ""},
		"others":       {define("department", "text"), "", ""},
		"ours":         {define(model.AttrTrustedEmail, "text"), CheckNotice, "the user attribute romm_trusted_email, so its form"},
		"below ours":   {define("romm_admin.verified_email", "text"), CheckNotice, "romm_admin.verified_email"},
		"number":       {define(model.AttrTrustedEmail, "number"), CheckNotice, "demands a number, nobody's address can be trusted"},
		"not believed": {define(model.AttrEmailVerified, "boolean"), "", ""},
		"believed": {func(w *model.World) {
			define(model.AttrEmailVerified, "boolean")(w)
			w.Provider.Verified = model.VerifiedAttribute
		}, CheckNotice, "email_verified"},
		"not known": {func(w *model.World) { w.Setup.NoDefinitions = "the token lacks the permission x" }, CheckUnknown, "lacks the permission x"},
	} {
		w := standing()
		c.change(&w)
		var got []SetupCheck
		for _, check := range CheckSetup(model.Judge(w), standingGoal()) {
			if check.ID == "attributes" {
				got = append(got, check)
			}
			if check.Fails() && w.Provider.Verified != model.VerifiedAttribute {
				t.Errorf("%s: %+v", name, check)
			}
		}
		switch {
		case c.state == "" && len(got) == 0:
		case c.state != "" && len(got) == 1 && got[0].State == c.state && strings.Contains(got[0].Evidence+got[0].Repair, c.says) && got[0].Repair != "":
		default:
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func define(key, kind model.Untrusted) func(*model.World) {
	return func(w *model.World) { w.Setup.Definitions = []model.AttributeDefinition{{Key: key, Type: kind}} }
}
