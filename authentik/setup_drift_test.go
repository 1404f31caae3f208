package authentik_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// proves S35: on every release, a provider that set-up made has the modes that
// its plan showed, and one whose mode somebody changed since is not removed:
// neither by a plan, nor by a write that was planned before.
func TestChangedModesAreNotTakenBack(t *testing.T) {
	t.Parallel()
	for _, version := range authentiktest.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			f := start(t, setupSeed(version), nil, func(c *authentik.Config) { c.ClientID = "random-client-id" })
			first := f.rommWorld(t)
			p, err := plan.SetUp(first, f.goal(t))
			if err != nil || !strings.Contains(strings.Join(kindsOf(p), "\n"), "subject mode hashed_user_id, issuer mode per_provider") {
				t.Fatalf("%v, %v", kindsOf(p), err)
			}
			done := f.carry(t, first, p)
			var entries []plan.JournalEntry
			for i, c := range p.Changes {
				entries = append(entries, plan.JournalEntry{Seq: int64(i + 1), PlanID: "p", Plan: p.Title, Change: c, Outcome: plan.OutcomeDone})
			}
			if undo, err := plan.Undo(done, entries); err != nil || len(undo.Changes) != len(p.Changes) {
				t.Fatalf("untouched: %v, %v", kindsOf(undo), err)
			}
			planned := *done.World.Setup.Provider
			older := planned // as an older release kept it in its journal
			older.SubMode, older.IssuerMode = "", ""
			if planned.SubMode != "hashed_user_id" || planned.IssuerMode != "per_provider" {
				t.Fatalf("%+v", planned)
			}
			path := fmt.Sprintf("/providers/oauth2/%d/", planned.PK)
			for says, change := range map[string][2]string{
				"subject mode user_email": {`{"sub_mode":"user_email"}`, `{"sub_mode":"hashed_user_id"}`},
				"issuer mode global":      {`{"issuer_mode":"global"}`, `{"issuer_mode":"per_provider"}`},
			} {
				f.patch(t, path, change[0])
				if _, err := plan.Undo(f.rommWorld(t), entries); model.CodeOf(err) != model.CodeConflict || !strings.Contains(err.Error(), says) {
					t.Errorf("%s: %v", says, err)
				}
				for _, seen := range []model.OAuthProvider{planned, older} {
					if err := f.client.SetProvider(t.Context(), planned.ClientID, &seen, nil); model.CodeOf(err) != model.CodeConflict {
						t.Errorf("%s, removed: %v", says, err)
					}
				}
				f.patch(t, path, change[1])
			}
		})
	}
}
