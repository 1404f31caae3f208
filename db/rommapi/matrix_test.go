package rommapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/db/rommapi"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

// release is what differs between the posed releases (docs/romm.md 0-2).
type release struct {
	version                                string
	roles                                  []model.Role
	tokens, groups, identifiers, next, two bool
	// unauthenticated is the status for "not signed in".
	unauthenticated int
	zone            bool // times say their zone
}

var releases = []release{
	{version: "4.3.2", roles: threeRoles, unauthenticated: 403},
	{version: "4.7.0", roles: threeRoles, unauthenticated: 403, identifiers: true},
	{version: "4.8.0", roles: threeRoles, unauthenticated: 403, identifiers: true, tokens: true},
	{version: "5.0.0", roles: twoRoles, unauthenticated: 403, identifiers: true, tokens: true, groups: true, two: true, zone: true},
	{version: "5.2.0", roles: twoRoles, unauthenticated: 401, identifiers: true, tokens: true, groups: true, two: true, zone: true},
	{version: "5.3.0", roles: twoRoles, unauthenticated: 401, identifiers: true, tokens: true, groups: true, two: true, zone: true, next: true},
	{version: "5.4.0", roles: twoRoles, unauthenticated: 401, identifiers: true, tokens: true, groups: true, two: true, zone: true, next: true},
	{version: "5.5.0", roles: twoRoles, unauthenticated: 401, identifiers: true, tokens: true, groups: true, two: true, zone: true, next: true},
}

// posed starts a RomM of that release. The credentials are Basic, which all
// have.
func (r release) posed(t *testing.T) (*rommtest.Server, rommapi.Config) {
	seed := people()
	seed.Version = r.version
	if !r.tokens {
		seed.Tokens = nil
	}
	for i := range seed.Users[1:] {
		seed.Users[i+1].Role = r.roles[len(r.roles)-1]
		seed.Users[i+1].LastLogin = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	}
	fake, cfg := start(t, seed, nil)
	cfg.Token, cfg.Username, cfg.Password = "", "admin", secretWord
	return fake, cfg
}

// The client works on each release, or refuses in words.
func TestReleases(t *testing.T) {
	t.Parallel()
	for _, r := range releases {
		t.Run(r.version, func(t *testing.T) {
			t.Parallel()
			t.Run("read and probe", r.reads)
			t.Run("write", r.writes)
			t.Run("groups", r.groupsOrWords)
			t.Run("sign in", r.signsIn)
		})
	}
}

func (r release) reads(t *testing.T) {
	fake, cfg := r.posed(t)
	got := read(t, client(t, cfg))
	if got.Version.String() != r.version || len(got.Warnings) > 0 {
		t.Errorf("version %s, warnings %q", got.Version, got.Warnings)
	}
	// Without a zone a time is UTC.
	if at := got.Users[1].LastLogin; !at.Equal(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)) {
		t.Errorf("last login %v", at)
	}
	req := httptest.NewRequest(http.MethodGet, "/api/users/2", nil)
	req.SetBasicAuth("admin", secretWord)
	w := httptest.NewRecorder()
	fake.ServeHTTP(w, req)
	if body := w.Body.String(); strings.Contains(body, `T05:06:07+00:00"`) != r.zone || strings.Contains(body, "permission_group_id") != r.groups {
		t.Errorf("the posed release is another one: %s", body)
	}
	w = httptest.NewRecorder()
	fake.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/users", nil))
	if w.Code != r.unauthenticated {
		t.Errorf("the posed release answers %d without credentials", w.Code)
	}
	want := rommapi.Features{
		Version: got.Version, OIDC: true, Roles: r.roles, PermissionGroups: r.groups, ClientTokens: r.tokens,
		Identifiers: r.identifiers, Writable: true, FromPaths: true,
	}
	if f := probe(t, cfg); !reflect.DeepEqual(f, want) {
		t.Errorf("features\n got %+v\nwant %+v", f, want)
	}
}

func (r release) writes(t *testing.T) {
	fake, cfg := r.posed(t)
	c := client(t, cfg)
	if got, err := c.SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org"); err != nil || got.Email != "bob@example.org" {
		t.Errorf("e-mail: %+v, %v", got, err)
	}
	if got, err := c.SetEmail(t.Context(), 2, "bob@example.org", ""); err != nil || got.HasEmail() {
		t.Errorf("clear: %+v, %v", got, err)
	}
	if got, err := c.SetEnabled(t.Context(), 2, true, false); err != nil || got.Enabled || !stored(t, fake, 2).Disabled {
		t.Errorf("disable: %+v, %v", got, err)
	}
	lowest := r.roles[len(r.roles)-1]
	for i, role := range r.roles {
		before := lowest
		if i > 0 {
			before = r.roles[i-1]
		}
		if got, err := c.SetRole(t.Context(), 2, before, role); err != nil || got.Role != role || stored(t, fake, 2).Role != role {
			t.Errorf("role %s: %+v, %v", role, got, err)
		}
	}
	_, err := c.SetRole(t.Context(), 2, lowest, model.RoleUser)
	if r.two {
		wantError(t, err, model.CodeInvalid, `the role is "user" as it is`, "nothing to do")
	} else {
		wantError(t, err, model.CodeInvalid, `has no role "user"`, "admin, editor and viewer")
	}
	_, err = c.SetRole(t.Context(), 1, model.RoleAdmin, lowest)
	wantError(t, err, model.CodeRefused, "signed in with", "another administrator")
}

func (r release) groupsOrWords(t *testing.T) {
	_, cfg := r.posed(t)
	c := client(t, cfg)
	groups, err := c.Groups(t.Context())
	_, setErr := c.SetPermissionGroup(t.Context(), 2, nil, id(2))
	if r.groups {
		if err != nil || setErr != nil || len(groups) != 2 {
			t.Errorf("%+v, %v, %v", groups, err, setErr)
		}
		return
	}
	wantError(t, err, model.CodeRefused, "has no permission groups", "RomM 5.0")
	wantError(t, setErr, model.CodeRefused, "has no permission groups", "RomM 5.0")
}

func (r release) signsIn(t *testing.T) {
	_, cfg := r.posed(t)
	grant := cfg
	grant.Grant = true
	read(t, client(t, grant))

	bad := cfg
	bad.Password = "canary-wrong"
	_, err := client(t, bad).ReadAccounts(t.Context())
	if r.unauthenticated == http.StatusForbidden {
		wantError(t, err, model.CodeForbidden, "RomM forbids it", "up to 5.1 RomM says the same")
	} else {
		wantError(t, err, model.CodeUnauthorized, "does not accept the user name and password", "ROMM_PASSWORD")
	}

	token := cfg
	token.Username, token.Password, token.Token = "", "", adminToken
	got, err := client(t, token).ReadAccounts(t.Context())
	if r.tokens {
		if err != nil || len(got.Users) != 5 {
			t.Errorf("token: %d users, %v", len(got.Users), err)
		}
	} else { // read as a JWT, at which RomM crashes
		wantError(t, err, model.CodeUnauthorized, "RomM answered 500", "client API tokens came with RomM 4.8")
	}

	// An account made by OIDC has no password.
	made := cfg
	made.Username = "noemail"
	_, err = client(t, made).ReadAccounts(t.Context())
	if r.next {
		wantError(t, err, model.CodeUnauthorized, "does not accept the user name and password", "ROMM_USERNAME")
	} else {
		wantError(t, err, model.CodeUnauthorized, "RomM answered 500", "made by OIDC")
	}
}

// Refresh tokens work once from 4.8 on, and the posed releases know it.
func TestRefreshTwice(t *testing.T) {
	t.Parallel()
	for _, r := range releases {
		fake, _ := r.posed(t)
		send := func(form url.Values) (int, string) {
			req := httptest.NewRequest(http.MethodPost, "/api/token", strings.NewReader(form.Encode()))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			fake.ServeHTTP(w, req)
			_, rest, _ := strings.Cut(w.Body.String(), `"refresh_token":"`)
			token, _, _ := strings.Cut(rest, `"`)
			return w.Code, token
		}
		_, token := send(url.Values{"username": {"admin"}, "password": {secretWord}})
		first, _ := send(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
		second, _ := send(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
		want := []int{200, 200}
		if r.tokens {
			want[1] = 401
		}
		if got := []int{first, second}; !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", r.version, got, want)
		}
	}
}
