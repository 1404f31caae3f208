package rommapi_test

import (
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/romm-admin/romm-admin/db/rommapi"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

// manager is people with a token that may change groups, too.
func manager() rommtest.Seed {
	seed := people()
	seed.Groups = []rommtest.Group{{ID: 7, Name: "User managers \x1b[2J", Grants: []rommtest.Grant{{Entity: "users", Action: "read"}}}}
	seed.Tokens[0].Scopes = []string{"me.read", "me.write", "users.read", "users.write"}
	return seed
}

func id(n int64) *int64 { return &n }

func TestPermissionGroups(t *testing.T) {
	t.Parallel()
	fake, cfg := start(t, manager(), nil)
	c := client(t, cfg)
	for _, step := range []struct{ before, after *int64 }{{nil, id(7)}, {id(7), id(1)}, {id(1), id(2)}, {id(2), nil}} {
		got, err := c.SetPermissionGroup(t.Context(), 2, step.before, step.after)
		if err != nil || got.ID != 2 || !reflect.DeepEqual(stored(t, fake, 2).Group, step.after) {
			t.Errorf("%v: %+v, %v", step, got, err)
		}
		if now, err := c.PermissionGroupOf(t.Context(), 2); err != nil || !reflect.DeepEqual(now, step.after) {
			t.Errorf("%v: reads %v, %v", step, now, err)
		}
	}
	for version, legacy := range map[string]string{"5.2.0": " (legacy)", "5.4.0": ""} {
		seed := manager()
		seed.Version, seed.Users[2].Group = version, id(7)
		_, cfg := start(t, seed, nil)
		got, err := client(t, cfg).Groups(t.Context())
		want := []rommapi.PermissionGroup{
			{ID: 2, Name: model.Untrusted("Editor" + legacy), System: true},
			{ID: 7, Name: "User managers \x1b[2J", Members: 1},
			{ID: 1, Name: model.Untrusted("Viewer" + legacy), Default: true, System: true},
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: groups %+v, %v", version, got, err)
		}
	}
}

func TestPermissionGroupRefusals(t *testing.T) {
	t.Parallel()
	fake, cfg := start(t, manager(), nil)
	c := client(t, cfg)
	set := func(user int64, before, after *int64) error {
		_, err := c.SetPermissionGroup(t.Context(), user, before, after)
		return err
	}
	for _, tc := range []struct {
		err       error
		code      model.Code
		msg, hint string
	}{
		{set(0, nil, id(2)), model.CodeInvalid, "0 is no user id", "reload"},
		{set(2, id(2), id(2)), model.CodeInvalid, "in group 2 as it is", "nothing to do"},
		{set(2, nil, nil), model.CodeInvalid, "in the default group as it is", "nothing to do"},
		{set(2, nil, id(77)), model.CodeNotFound, "no permission group with id 77", "deleted"},
		{set(99, nil, id(2)), model.CodeNotFound, "no user with id 99", "deleted"},
		// proves S35
		{set(2, id(1), id(2)), model.CodeConflict, `the group of "bob" is now the default group, no longer group 1`, "reload"},
	} {
		wantError(t, tc.err, tc.code, tc.msg, tc.hint)
	}
	_, err := c.PermissionGroupOf(t.Context(), 0)
	wantError(t, err, model.CodeInvalid, "0 is no user id", "reload")

	seed := manager()
	seed.Tokens[0].Scopes = people().Tokens[0].Scopes
	_, cfg = start(t, seed, nil)
	_, err = client(t, cfg).SetPermissionGroup(t.Context(), 2, nil, id(2))
	wantError(t, err, model.CodeForbidden, "RomM forbids it", "ROMM_TOKEN needs the scope users.write")
	if got := stored(t, fake, 2).Group; got != nil {
		t.Errorf("a refused change was made: group %d", *got)
	}

	seed = manager()
	seed.Version, seed.Groups = "4.9.0", nil
	for i := range seed.Users[1:] {
		seed.Users[i+1].Role = model.RoleViewer
	}
	_, cfg = start(t, seed, nil)
	c = client(t, cfg)
	_, err = c.Groups(t.Context())
	wantError(t, err, model.CodeRefused, "list RomM's permission groups: RomM 4.9.0 has no permission groups", "5.0")
	wantError(t, set(2, nil, id(2)), model.CodeRefused, "RomM 4.9.0 has no permission groups", "5.0")
	_, err = c.PermissionGroupOf(t.Context(), 2)
	wantError(t, err, model.CodeRefused, "RomM 4.9.0 has no permission groups", "5.0")
}

// The write is JSON, with the flag without which RomM answers 200 and changes
// nothing; its answer is compared, too.
func TestPermissionGroupBody(t *testing.T) {
	t.Parallel()
	var sent string
	puts := new(atomic.Int32)
	fake, cfg := start(t, manager(), func(next http.Handler) http.Handler {
		return countPuts(puts, onPut(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			body, _ := io.ReadAll(r.Body)
			sent = r.URL.RequestURI() + " " + r.Header.Get("Content-Type") + " " + string(body)
			r.Body = io.NopCloser(strings.NewReader("{}"))
			next.ServeHTTP(w, r)
		})(next))
	})
	_, err := client(t, cfg).SetPermissionGroup(t.Context(), 2, nil, id(2))
	wantError(t, err, model.CodeInternal, "reported success but changed nothing: the group is still the default group", "proxy")
	if want := `/api/permissions/users/2 application/json {"permission_group_id":2,"set_group":true}`; sent != want {
		t.Errorf("sent %q, want %q", sent, want)
	}
	if puts.Load() != 1 || stored(t, fake, 2).Group != nil {
		t.Errorf("%d writes", puts.Load())
	}

	_, cfg = start(t, manager(), answering("/api/permissions/users/2", 200, "application/json", `{"user_id":3,"permission_group_id":2}`))
	_, err = client(t, cfg).SetPermissionGroup(t.Context(), 2, nil, id(2))
	wantError(t, err, model.CodeUnavailable, "not changed", "try again")
	for _, body := range []string{`null`, `[{"id":1}]`, `[{"name":"x"}]`, `{}`} {
		_, cfg = start(t, manager(), answering("/api/permissions/groups", 200, "application/json", body))
		_, err = client(t, cfg).Groups(t.Context())
		wantError(t, err, model.CodeUnavailable, "not what RomM sends", "ROMM_BASE_URL")
	}
}
