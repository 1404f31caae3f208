package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestTemplateIsStored: v1 has no number, so that what was stored before there
// was any keeps its bytes and its meaning; from v2 on the number is kept.
func TestTemplateIsStored(t *testing.T) {
	t.Parallel()
	const stored = model.Untrusted(`{"name":"n","scope":"romm_roles","roles":{"companion":"","groups":[],"default":"","rank":["admin"]}}`)
	for number, text := range map[int]model.Untrusted{0: stored, 2: stored[:len(stored)-1] + `,"template":2}`, 3: stored[:len(stored)-1] + `,"template":3}`} {
		m, _, err := parseMapping(model.MarkRoles, text)
		if err != nil || m.Template != number || encodeMapping(m, nil) != text {
			t.Errorf("v%d: %+v, %v, stored again as %s", number, m, err, encodeMapping(m, nil).Raw())
		}
		first, _, _ := parseMapping(model.MarkRoles, stored)
		if m.Same(first) != (number == 0) {
			t.Errorf("v%d is the same as v1: %v", number, m.Same(first))
		}
		c := Change{Kind: ChangeScopeMapping, Object: model.MarkRoles, Before: stored, After: text}
		if removed, added := c.Lines(); len(removed) != 0 || (len(added) == 0) != (number == 0) || number > 0 && added[0] != "text v"+string(rune('0'+number))+" of romm-admin" {
			t.Errorf("v%d: -%q +%q", number, removed, added)
		}
	}
}

// TestOlderTemplate: whatever else set-up finds, a mapping in an older text is
// told as older, or as what is worse, and planned in the newest, once.
func TestOlderTemplate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*model.World)
		newest model.Templates
		email  CheckState
		roles  CheckState
	}{
		"this release":     {func(*model.World) {}, model.Templates{Roles: 1, Address: 1, Always: 1}, CheckOK, CheckOK},
		"a reader of none": {func(*model.World) {}, model.Templates{}, CheckOK, CheckOK},
		"both are older":   {func(*model.World) {}, model.Templates{Roles: 2, Address: 2, Always: 1}, CheckOlder, CheckOlder},
		"roles are older":  {func(*model.World) {}, model.Templates{Roles: 3, Address: 1, Always: 2}, CheckOK, CheckOlder},
		"always is older": {func(w *model.World) {
			w.Setup.Mappings[0].Verified, w.Provider.Verified = model.VerifiedAlways, model.VerifiedAlways
		}, model.Templates{Roles: 1, Address: 1, Always: 2}, CheckOlder, CheckOK},
		"changed by hand": {func(w *model.World) {
			w.Setup.Mappings[1].Roles, w.Setup.Mappings[1].Unknown = nil, model.UnknownText("x")
		}, model.Templates{Roles: 2, Address: 1, Always: 1}, CheckOK, CheckDrift},
	} {
		w := standing()
		slices.SortFunc(w.Setup.Mappings, func(a, b model.ScopeMapping) int { return strings.Compare(a.Mark, b.Mark) })
		w.Setup.Newest = c.newest
		c.change(&w)
		g := SetupGoal{RedirectURI: w.Setup.Provider.RedirectURIs[0].URL}
		r := model.Judge(w)
		state := func(r *model.Review, id string) CheckState {
			checks := CheckSetup(r, g)
			return checks[slices.IndexFunc(checks, func(c SetupCheck) bool { return c.ID == id })].State
		}
		if email, roles := state(r, "email-verified"), state(r, "roles-mapping"); email != c.email || roles != c.roles {
			t.Errorf("%s: email %s, roles %s", name, email, roles)
		}
		p, err := SetUp(r, g)
		changes := 0
		for _, s := range []CheckState{c.email, c.roles} {
			if s != CheckOK {
				changes++
			}
		}
		if err != nil || len(p.Changes) != changes {
			t.Errorf("%s: %d changes, %v", name, len(p.Changes), err)
			continue
		}
		for _, x := range p.Changes {
			if w, err = After(w, x); err != nil {
				t.Fatal(err)
			}
		}
		if again, err := SetUp(model.Judge(w), g); err != nil || len(again.Changes) != 0 {
			t.Errorf("%s: a second run has %d changes, %v", name, len(again.Changes), err)
		}
	}
}
