package admin

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/model"
)

// TestPublishTellsScriptsWhoElseItChanges: another application's provider that
// selects our mapping stands in the answer, by name.
func TestPublishTellsScriptsWhoElseItChanges(t *testing.T) {
	t.Parallel()
	w := newCutWorld(t)
	w.apply(t, -1, "")
	w.in(t, func(s *session, r *model.Review) {
		dir := s.Directory.(*authentik.Client)
		p := r.World.Setup.Provider
		if err := dir.SetProvider(t.Context(), "of-the-wiki", nil, &model.OAuthProvider{
			Name: "Wiki", ClientID: "of-the-wiki", AuthorizationFlow: p.AuthorizationFlow, InvalidationFlow: p.InvalidationFlow,
			SigningKey: p.SigningKey, RedirectURIs: []model.RedirectURI{{URL: "https://wiki.example.org/"}}, Mappings: []model.Ref{{ID: model.MarkRoles}},
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.Roles.SetRoleRow(t.Context(), model.RoleRow{Group: "0000000a-0000-4000-8000-000000000000", Role: model.RoleUser}, model.RoleNone); err != nil {
			t.Fatal(err)
		}
	})
	var out bytes.Buffer
	cmd := newRolesPublish(w.g)
	cmd.SetArgs([]string{"--dry-run", "--json"})
	cmd.SetOut(&out)
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Warning string   `json:"warning"`
		Others  []string `json:"other_providers"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || !slices.Equal(got.Others, []string{"Wiki"}) ||
		got.Warning != "the provider Wiki selects the mapping RomM Roles too: the logins of its application change with it" {
		t.Errorf("%v, %s", err, out.Bytes())
	}
}
