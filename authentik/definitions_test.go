package authentik_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// A definition of attributes refuses a write for a value that it does not touch:
// that is said in the server's words, and nothing else is taken for it.
func TestADefinitionRefuses(t *testing.T) {
	t.Parallel()
	seed := bobSeed()
	seed.Version = "2026.8.1"
	seed.Users[0].Attributes["department"] = "none"
	seed.Users = append(seed.Users, authentiktest.User{PK: bobPK + 1, Username: "outpost", Type: "internal_service_account"})
	seed.Definitions = []authentiktest.Definition{{Key: "department", Regex: "[A-Z]+"}}
	f := start(t, seed, nil, nil)
	_, err := f.client.SetTrustedEmail(t.Context(), bobPK, "bob@old.example", "bob@new.example")
	if !errors.Is(err, model.ErrDefinition) || model.CodeOf(err) != model.CodeInvalid || !strings.Contains(model.HintOf(err), "Object attributes") {
		t.Errorf("%v; %s", err, model.HintOf(err))
	}
	contains(t, "error", err.Error(), "a definition of user attributes in Authentik refuses it", "department: Value does not match the pattern [A-Z]+.")
	if attributes, _ := f.fake.Attributes("bob"); attributes[model.AttrTrustedEmail] != "bob@old.example" {
		t.Errorf("written: %v", attributes)
	}
	if _, err := f.client.SetEmail(t.Context(), bobPK, "bob@old.example", "bob@new.example"); err != nil {
		t.Errorf("no attribute is sent: %v", err)
	}
	if _, err := f.client.SetTrustedEmail(t.Context(), bobPK+1, "", "outpost@example.org"); err == nil || errors.Is(err, model.ErrDefinition) {
		t.Errorf("of the whole request: %v", err)
	}
}

// Definitions are read from 2026.8 on, and that they cannot be is told.
func TestDefinitionsAreRead(t *testing.T) {
	t.Parallel()
	for _, version := range authentiktest.Versions() {
		seed := withRomM(t, authentiktest.Seed{Version: version, Users: people(1)}, authentiktest.RomM{})
		seed.Definitions = []authentiktest.Definition{
			{Key: model.AttrTrustedEmail}, {Key: "shoe.size", Type: "number"}, {Key: "romm_off", Disabled: true}, {Key: "team", Model: "group"},
		}
		got := start(t, seed, nil, nil).read(t).Setup
		var keys []string
		for _, d := range got.Definitions {
			keys = append(keys, d.Key.Raw()+" "+d.Type.Raw())
		}
		want := []string{model.AttrTrustedEmail + " text", "shoe.size number"}
		if version != "2026.8.1" {
			want = nil
		}
		if !slices.Equal(keys, want) || got.NoDefinitions != "" {
			t.Errorf("%s: %q, %q", version, keys, got.NoDefinitions)
		}
		seed.Permissions = []string{
			"authentik_core.view_user", "authentik_core.view_group", "authentik_core.view_application",
			"authentik_providers_oauth2.view_oauth2provider", "authentik_providers_oauth2.view_scopemapping", "authentik_policies.view_policybinding",
		}
		got = start(t, seed, nil, nil).read(t).Setup
		if told := strings.Contains(got.NoDefinitions, "authentik_core.view_objectattribute"); told != (want != nil) || !got.Known {
			t.Errorf("%s: %q", version, got.NoDefinitions)
		}
	}
}

// What only 2026.8 has in its lists breaks no reading: a grant type, an event and
// a field that the client's release does not know.
func TestNewerValuesAreRead(t *testing.T) {
	t.Parallel()
	const exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
	seed := withRomM(t, authentiktest.Seed{Version: "2026.8.1", Users: people(2)}, authentiktest.RomM{})
	seed.Providers[0].Fields = map[string]any{"grant_types": []any{"authorization_code", "refresh_token", exchange}}
	seed.Providers = append(seed.Providers, authentiktest.Provider{Name: "other", ClientID: "other", Fields: map[string]any{"grant_types": []any{exchange}}})
	f := start(t, seed, nil, nil)
	f.fake.AddEvents(authentiktest.Event{Action: "user_offboarded", User: "user00000"}, authentiktest.Event{Action: "access_request_approved"})
	got := f.read(t)
	if !got.Provider.Found || !slices.Contains(got.Setup.Provider.GrantTypes, exchange) || len(got.Directory.Identities) != 2 {
		t.Errorf("%+v, %q", got.Setup.Provider, got.Warnings)
	}
	events, _, err := f.client.Events(t.Context(), authentik.EventFilter{Actions: []string{"user_offboarded", "access_request_approved"}})
	if err != nil || len(events) != 2 {
		t.Errorf("%+v, %v", events, err)
	}
	// A write leaves the grant type that it does not know as it is.
	next := *got.Setup.Provider
	next.RedirectURIs = append(slices.Clone(next.RedirectURIs), model.RedirectURI{URL: "https://b.example.org/api/oauth/openid"})
	if err := f.client.SetProvider(t.Context(), next.ClientID, got.Setup.Provider, &next); err != nil {
		t.Error(err)
	}
	if now := f.read(t).Setup.Provider; !slices.Contains(now.GrantTypes, exchange) || len(now.RedirectURIs) != 2 {
		t.Errorf("%+v", now)
	}
}
