package plan

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// madeHere are the entries of a set-up that made everything, as it stands.
func madeHere(w model.World) []JournalEntry {
	s := w.Setup
	changes := []Change{
		{Kind: ChangeScopeMapping, Object: model.MarkRoles, Label: "RomM Roles", After: encodeMapping(s.Mappings[0], w.GroupName)},
		{Kind: ChangeProvider, Object: "id", Label: s.Provider.Name, After: encodeProvider(*s.Provider)},
		{Kind: ChangeApplication, Object: "romm", Label: "RomM", After: encodeApplication(*s.Application)},
		{Kind: ChangeBinding, Object: "romm/" + string(gUsers), Label: "romm-users", After: encodeBinding(s.Bindings[0])},
	}
	for i := range changes {
		changes[i].Side = SideAuthentik
	}
	out := journal("dddd", changes...)
	for i := range out {
		out[i].Plan = SetupTitle
	}
	return out
}

func bound() model.World {
	w := standing()
	w.Setup.Bindings = []model.Binding{{Application: "romm", Group: gUsers}}
	return w
}

// spelled is bound with every mode as Authentik reports it.
func spelled() model.World {
	w := bound()
	w.Setup.Provider.SubMode, w.Setup.Provider.IssuerMode, w.Setup.Application.Mode = "hashed_user_id", "per_provider", "any"
	return w
}

// proves S35: whatever somebody changed since of what set-up wrote, the
// modes that it left to Authentik's defaults included, set-up is not undone over
// it, and what differs is said.
func TestUndoNoticesWhatWasChangedSince(t *testing.T) {
	t.Parallel()
	older := madeHere(bound()) // by a release that left the modes out
	if text := older[1].Change.After.Raw(); strings.Contains(text, "sub_mode") || strings.Contains(text, "issuer_mode") {
		t.Fatal(text)
	}
	for _, entries := range [][]JournalEntry{older, madeHere(spelled())} {
		if p, err := UndoSetUp(model.Judge(spelled()), entries); err != nil || len(p.Changes) != 4 {
			t.Errorf("untouched: %v, %v", p.Changes, err)
		}
	}
	for name, c := range map[string]struct {
		change func(*model.Setup)
		says   string
	}{
		"subject mode": {func(s *model.Setup) { s.Provider.SubMode = "user_email" }, "the provider RomM OIDC Provider was changed again since: it has now: subject mode user_email; it had: subject mode hashed_user_id"},
		"issuer mode":  {func(s *model.Setup) { s.Provider.IssuerMode = "global" }, "it has now: issuer mode global; it had: issuer mode per_provider"},
		"redirect": {func(s *model.Setup) {
			s.Provider.RedirectURIs = append(s.Provider.RedirectURIs, model.RedirectURI{URL: "https://x/"})
		}, "since: it has now: redirect URI https://x/"},
		"grant types":  {func(s *model.Setup) { s.Provider.GrantTypes = []string{"authorization_code"} }, "grant types authorization_code; it had: grant types authorization_code, refresh_token"},
		"mapping":      {func(s *model.Setup) { s.Provider.Mappings = s.Provider.Mappings[1:] }, "it had: scope mapping"},
		"flow":         {func(s *model.Setup) { s.Provider.AuthorizationFlow.ID = "0000-other" }, "it has now: authorization flow"},
		"key":          {func(s *model.Setup) { s.Provider.SigningKey.ID = "" }, "it has now: signing key none"},
		"encrypted":    {func(s *model.Setup) { s.Provider.EncryptionKey.ID = "k" }, "it has now: encryption key"},
		"public":       {func(s *model.Setup) { s.Provider.Public = true }, "it has now: public client"},
		"no claims":    {func(s *model.Setup) { s.Provider.NoClaimsInIDToken = true }, "it has now: no claims in the ID token"},
		"name":         {func(s *model.Setup) { s.Provider.Name = "Mine" }, "it has now: name Mine; it had: name RomM OIDC Provider"},
		"policy mode":  {func(s *model.Setup) { s.Application.Mode = "all" }, "the application RomM was changed again since: it has now: policy engine mode all; it had: policy engine mode any"},
		"its provider": {func(s *model.Setup) { s.Application.Provider = "" }, "it has now: provider with the client id (empty)"},
		"a text":       {func(s *model.Setup) { s.Mappings[0].Roles, s.Mappings[0].Unknown = nil, model.UnknownText("x") }, "the mapping RomM Roles was changed again since: it has now: a text that romm-admin did not write"},
		"the table": {func(s *model.Setup) {
			s.Mappings[0].Roles = &model.RoleTable{Default: "viewer", Rank: s.Mappings[0].Roles.Rank, Rows: s.Mappings[0].Roles.Rows}
		}, "it has now: everybody else: viewer; it had: everybody else: no role"},
		"order":         {func(s *model.Setup) { s.Bindings[0].Order = 3 }, "the binding of romm-users was changed again since: it has now: may use the application romm, order 3"},
		"one of theirs": {func(s *model.Setup) { s.Application, s.Bindings = nil, nil }, ""},
	} {
		w := spelled()
		newer := madeHere(w)
		c.change(&w.Setup)
		r := model.Judge(w)
		for which, entries := range map[string][]JournalEntry{"older": older, "newer": newer} {
			for kind, undo := range map[string]func(*model.Review, []JournalEntry) (Plan, error){"setup undo": UndoSetUp, "history undo": Undo} {
				p, err := undo(r, entries)
				if c.says == "" && (err != nil || len(p.Changes) != 2) {
					t.Errorf("%s, %s, %s: %v, %v", name, which, kind, p.Changes, err)
				}
				if c.says != "" && (model.CodeOf(err) != model.CodeConflict || !strings.Contains(err.Error(), c.says) || model.HintOf(err) == "") {
					t.Errorf("%s, %s, %s: %v", name, which, kind, err)
				}
			}
		}
	}
}

// TestDriftNamesWhatIsKnown: a flow whose name only the plan knows is no
// difference, and neither is a group that is called something else.
func TestDriftNamesWhatIsKnown(t *testing.T) {
	t.Parallel()
	w := bound()
	left := *w.Setup.Provider
	left.AuthorizationFlow.Name, left.SigningKey.Name = "implicit", "self-signed"
	now := *w.Setup.Provider
	now.SubMode = "user_id"
	c := Change{Kind: ChangeProvider, Object: "id", Label: "P"}
	if gone, come := c.kind().drift(c, encodeProvider(left), encodeProvider(now)); strings.Join(gone, "|")+">"+strings.Join(come, "|") != "subject mode hashed_user_id>subject mode user_id" {
		t.Errorf("%q %q", gone, come)
	}
	m := w.Setup.Mappings[0]
	was := encodeMapping(m, w.GroupName)
	wider := *m.Roles
	wider.Default = "viewer"
	m.Roles = &wider
	c = Change{Kind: ChangeScopeMapping, Object: model.MarkRoles}
	gone, come := c.kind().drift(c, was, encodeMapping(m, func(model.GroupID) model.Untrusted { return "renamed" }))
	if strings.Join(gone, "|")+">"+strings.Join(come, "|") != "everybody else: no role>everybody else: viewer" {
		t.Errorf("%q %q", gone, come)
	}
	for name, pair := range map[string][2]model.Untrusted{"is gone from Authentik since": {"{}", ""}, "somebody made the mapping  in": {"", "{}"}} {
		if err := c.drifted(pair[0], pair[1], true); !strings.Contains(err.Error(), name) || model.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
