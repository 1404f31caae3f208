package admin

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

// TestBulkOfAPlan proves R9 through the whole way of a command: fifty changes
// among 1,018 accounts, with the costs of a running RomM on a virtual clock. All
// accounts are listed when the plan is made and once more when it begins, never
// for a change.
func TestBulkOfAPlan(t *testing.T) {
	t.Parallel()
	const token = "rmm_0000000000000000000000000000000000000000000000000000000000000000"
	romm := rommtest.Seed{
		Database: model.DatabasePostgreSQL, OIDCEnabled: true, Provider: "authentik", Work: works,
		Users:  []rommtest.User{{Username: "admin", Role: model.RoleAdmin}},
		Tokens: []rommtest.Token{{Value: token, Owner: "admin", Scopes: []string{"me.read", "me.write", "users.read", "users.write"}}},
	}
	idp := authentiktest.Seed{Native: &authentiktest.Native{}} // a Python would hold the clock
	for i := range 1017 {
		name := fmt.Sprintf("user%d", i)
		email, old := name+"@example.org", name+"@old.example"
		u := rommtest.User{Username: name, Email: &email, Role: model.RoleUser}
		if i%20 == 0 && i < 1000 {
			u.Email = &old
		}
		romm.Users = append(romm.Users, u)
		idp.Users = append(idp.Users, authentiktest.User{Username: name, Email: email, Attributes: map[string]any{model.AttrTrustedEmail: email}})
	}
	if err := idp.AddRomM(authentiktest.RomM{}); err != nil {
		t.Fatal(err)
	}
	directory, err := strict.New(idp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = directory.Close() })
	accounts, err := rommtest.New(romm)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var listed, listedAtWrite, writes atomic.Int32
		counting := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodPut:
				writes.Add(1)
				listedAtWrite.CompareAndSwap(0, listed.Load())
			case r.URL.Path == "/api/users":
				listed.Add(1)
			}
			accounts.ServeHTTP(w, r)
		})
		b := inBubble{romm: counting, authentik: directory.Handler()}
		env := b.env("ROMM_TOKEN="+token, "AUTHENTIK_TOKEN="+authentiktest.DefaultToken, "OIDC_ENABLED=true", "OIDC_CLIENT_ID=romm", "ROMM_DB_DRIVER=postgresql")
		disable := []string{"users", "disable", "--yes", "--json"}
		for i := 0; i < 1000; i += 20 {
			disable = append(disable, fmt.Sprintf("user%d", i))
		}
		for _, args := range [][]string{{"users", "fix", "--yes", "--json"}, disable} {
			listed.Store(0)
			listedAtWrite.Store(0)
			writes.Store(0)
			begun := time.Now()
			out, said, code := b.command(t, env, args...)
			took := time.Since(begun)
			if code != cli.ExitOK || writes.Load() != 50 || !strings.Contains(out, `"applied": 50,`) {
				t.Fatalf("%s: exit code %d, %d writes\n%s\n%s", args[1], code, writes.Load(), said, out)
			}
			if listed.Load() != 2 || listedAtWrite.Load() != 2 {
				t.Errorf("%s: %d lists, %d of them before the first write", args[1], listed.Load(), listedAtWrite.Load())
			}
			const list = 1017 * rommtest.ScopesCost
			t.Logf("%s: %d lists, %d writes, %v of work", args[1], listed.Load(), writes.Load(), took)
			if took < 2*list || took > 10*time.Second {
				t.Errorf("%s took RomM %v, of which %v are the two lists", args[1], took, 2*list)
			}
		}
		for _, u := range accounts.Users() {
			if u.Email != nil && strings.HasSuffix(*u.Email, "@old.example") {
				t.Errorf("%s still has %s", u.Username, *u.Email)
			}
		}
	})
}
