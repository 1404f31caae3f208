package rommapi_test

import (
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/db/dbtest"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

// The suite that every keeper of accounts has to pass, by each way to sign in.
// The clock stands, because RomM notes at each request that somebody was
// active.
func TestConformance(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	var users []rommtest.User
	for _, u := range dbtest.Seed() {
		one := rommtest.User{Username: u.Username.Raw(), Role: u.Role, Disabled: !u.Enabled, Password: secretWord}
		if u.HasEmail() || u.EmptyEmail {
			one.Email = ptr(u.Email.Raw())
		}
		users = append(users, one)
	}
	first := users[0].Username
	for _, way := range []string{"token", "basic", "grant"} {
		for _, database := range []model.Database{model.DatabaseMariaDB, model.DatabasePostgreSQL} {
			t.Run(way+" "+string(database), func(t *testing.T) {
				t.Parallel()
				dbtest.Test(t, func(t *testing.T) dbtest.Accounts {
					_, cfg := start(t, rommtest.Seed{
						OIDCEnabled: true, Database: database, Users: users, Now: func() time.Time { return now },
						Tokens: []rommtest.Token{{Value: adminToken, Owner: first, Scopes: []string{"me.read", "me.write", "users.read"}}},
					}, nil)
					if way != "token" {
						cfg.Token, cfg.Username, cfg.Password, cfg.Grant = "", first, secretWord, way == "grant"
					}
					return client(t, cfg)
				})
			})
		}
	}
}
