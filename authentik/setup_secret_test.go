package authentik_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/model"
)

// TestClientSecretIsCompared: RomM's secret, where it is known, is held to the
// provider's, because no login gets past another one (docs/romm.md row 2);
// neither of them is kept in what was read (S32).
func TestClientSecretIsCompared(t *testing.T) {
	t.Parallel()
	for secret, differs := range map[model.Secret]bool{"": false, "s": false, "another-canary": true} {
		seed := setupSeed("")
		setUps(t)["the guide"](&seed) // whose secret is s
		f := start(t, seed, nil, func(c *authentik.Config) { c.ClientSecret = secret })
		r := f.rommWorld(t)
		if r.World.Setup.SecretDiffers != differs || strings.Contains(fmt.Sprintf("%+v %#v", r.World.Setup, r.World.Setup), "canary") {
			t.Errorf("%s: %v", secret.Reveal(), r.World.Setup.SecretDiffers)
		}
		if said := strings.Contains(strings.Join(r.NoteTexts(), " "), "OIDC_CLIENT_SECRET is not"); said != differs {
			t.Errorf("notes %q", r.NoteTexts())
		}
	}
}
