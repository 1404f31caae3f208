package db

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

func TestLogins(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	first := Login{
		At: epoch().Add(-time.Hour), Purpose: "claims", UID: "u1", Username: "bob\x1b", Email: "bob@example.org",
		Roles: []string{"admin", "a\"b"}, Decision: "group admins is admin",
	}
	must(t, d.RecordLogin(t.Context(), first))
	must(t, d.RecordLogins(t.Context(), nil))
	must(t, d.RecordLogins(t.Context(), []Login{{UID: "u2"}, {UID: "u3", At: epoch().Add(-2 * time.Hour)}}))
	got, err := d.Logins(t.Context(), 10)
	must(t, err)
	want := []Login{
		{At: epoch(), UID: "u2", Roles: []string{}},
		first,
		{At: epoch().Add(-2 * time.Hour), UID: "u3", Roles: []string{}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	got, err = d.Logins(t.Context(), 1)
	if err != nil || len(got) != 1 || got[0].UID != "u2" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestPruneLogins(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	var logins []Login
	for i, age := range []time.Duration{0, time.Hour, LoginMaxAge, LoginMaxAge + 1, 2 * LoginMaxAge} {
		logins = append(logins, Login{At: epoch().Add(-age), UID: fmt.Sprint(i)})
	}
	must(t, d.RecordLogins(t.Context(), logins))
	n, err := d.PruneLogins(t.Context())
	if n != 2 || err != nil {
		t.Errorf("by age: %d, %v", n, err)
	}
	n, err = d.pruneLogins(t.Context(), 2)
	if n != 1 || err != nil {
		t.Errorf("by count: %d, %v", n, err)
	}
	got, err := d.Logins(t.Context(), 10)
	if err != nil || len(got) != 2 || got[0].UID != "0" || got[1].UID != "1" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestLoginsAreNotWrittenByHalves(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	tamper(t, d.Path(), `CREATE TRIGGER full BEFORE INSERT ON login WHEN NEW.uid = 'u2' BEGIN SELECT RAISE(ABORT, 'no'); END`)
	if err := d.RecordLogins(t.Context(), []Login{{UID: "u1"}, {UID: "u2"}}); model.CodeOf(err) != model.CodeInternal {
		t.Errorf("%v", err)
	}
	if got, err := d.Logins(t.Context(), 10); err != nil || len(got) != 0 {
		t.Errorf("%+v %v", got, err)
	}
}
