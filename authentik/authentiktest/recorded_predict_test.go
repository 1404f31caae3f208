package authentiktest_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/model"
)

// TestRecordedLogins holds what is predicted for somebody's next login to the
// ID token, the user info or the preview that running servers gave, in the
// state that explains the line.
func TestRecordedLogins(t *testing.T) {
	t.Parallel()
	all, worlds := recordedWorlds(t)
	at := map[string]int{}
	tokens, others := 0, 0
	for _, x := range all {
		line := at[x.Version]
		at[x.Version]++
		claims := shownClaims(x)
		if !x.compared() || claims == nil || unposed(x) != "" || !explicable(claims) {
			continue
		}
		v, wrong := worlds[x.Version].explain(t, line, x)
		if len(wrong) > 0 {
			t.Errorf("%s %s: no state explains it: %s", x.Version, x.Name, strings.Join(wrong, "; "))
			continue
		}
		pred, found := worlds[x.Version].predict(t, line, x, v, claims)
		if !found || pred.Unknown != "" {
			t.Errorf("%s %s: not predicted: %s", x.Version, x.Name, pred.Unknown)
			continue
		}
		for _, name := range []string{"email", "email_verified", "preferred_username", model.RolesClaim} {
			if !reflect.DeepEqual(plain(pred.Claims[name]), claims[name]) {
				t.Errorf("%s %s: %s is %v, predicted %v", x.Version, x.Name, name, claims[name], pred.Claims[name])
			}
		}
		if others++; x.Response.IDToken != nil {
			others--
			tokens++
		}
	}
	t.Logf("%d ID tokens and %d other answers are as predicted", tokens, others)
	if furtherRecordings() == "" && (tokens != 44 || others != 86) {
		t.Errorf("%d ID tokens, %d other answers", tokens, others)
	}
}

// explicable leaves out what a provider without any of the claims gives.
func explicable(claims object) bool { return claims["email"] != nil || claims["nickname"] != nil }

// plain is a claim as JSON has it.
func plain(v any) any {
	if texts, is := v.([]string); is {
		out := make([]any, len(texts))
		for i, text := range texts {
			out[i] = text
		}
		return out
	}
	return v
}

// predict reads the fake as the console does.
func (w *recordedWorld) predict(t *testing.T, line int, x exchange, v variant, claims object) (model.Prediction, bool) {
	t.Helper()
	state := w.state(line, x)
	state.imply(x, v)
	asked := x
	asked.Request.Authorization = "Bearer <admin-token>"
	state.owner = "akadmin"
	s, err := strict.New(state.seed(asked))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	state.finish(t, s)
	slug := "romm"
	if iss := strings.Split(strings.TrimSuffix(str(claims, "iss"), "/"), "/"); len(iss) > 1 {
		slug = iss[len(iss)-1]
	}
	client, err := authentik.New(authentik.Config{URL: "https://authentik.example", Token: "<admin-token>", Application: slug, HTTP: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.ReadDirectory(t.Context(), model.ReadOptions{ServiceAccounts: true})
	if err != nil {
		t.Fatalf("%s %s: %v", x.Version, x.Name, err)
	}
	world := model.World{
		Directory: got.Directory, Provider: got.Provider, Settings: model.Settings{ClaimRoles: model.RolesClaim}, Roles: state.roleMap(),
	}
	i := slices.IndexFunc(got.Directory.Identities, func(id model.Identity) bool { return id.Username.Raw() == str(claims, "preferred_username") })
	if i < 0 {
		return model.Prediction{}, false
	}
	return model.Judge(world).Chains().Claims(got.Directory.Identities[i]), true
}

// roleMap is the one that the mapping was made of, which the companion answers
// from.
func (s *state) roleMap() (out model.RoleMap) {
	for _, m := range s.objects["mapping"] {
		known, is := authentik.Recognise(str(m, "expression"))
		if !is || m["managed"] != authentik.ManagedRoles {
			continue
		}
		out.Default, _ = model.ParseRole(known.Roles.Default)
		for _, row := range known.Roles.Rows {
			role, _ := model.ParseRole(row.Token)
			out.Rows = append(out.Rows, model.RoleRow{Group: row.Group, Role: role})
		}
	}
	return out
}
