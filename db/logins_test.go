package db

import (
	"fmt"
	"reflect"
	"slices"
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
	must(t, d.RecordLogins(t.Context(), []Login{first}))
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
	prune := func(keep, chunk int, want ...string) (more bool) {
		t.Helper()
		more, err := d.pruneLogins(t.Context(), keep, chunk)
		must(t, err)
		got, err := d.Logins(t.Context(), 10)
		must(t, err)
		var left []string
		for _, l := range got {
			left = append(left, l.UID)
		}
		if !slices.Equal(left, want) {
			t.Errorf("keep %d: %v are left, want %v", keep, left, want)
		}
		return more
	}
	// One at a time, the oldest first, as long as it says that there is more.
	if !prune(10, 1, "0", "1", "2", "3") || !prune(10, 1, "0", "1", "2") || prune(10, 1, "0", "1", "2") {
		t.Error("by age: wrong about whether more is left")
	}
	if prune(2, 10, "0", "1") {
		t.Error("by count: says that more is left")
	}
	// Of two at the same moment the one that was recorded first is the older.
	must(t, d.RecordLogins(t.Context(), []Login{{At: epoch(), UID: "5"}}))
	prune(1, 10, "5")
	prune(0, 10)
}

// Logins whose age and count are both beyond the limits go by whichever limit
// keeps less.
func TestPruneLoginsByTheStricterLimit(t *testing.T) {
	t.Parallel()
	for _, keep := range []int{1, 2, 3, 4} {
		d := openNew(t)
		for i, age := range []time.Duration{0, time.Hour, LoginMaxAge + 1, LoginMaxAge + 2} {
			must(t, d.RecordLogins(t.Context(), []Login{{At: epoch().Add(-age), UID: fmt.Sprint(i)}}))
		}
		_, err := d.pruneLogins(t.Context(), keep, pruneChunk)
		must(t, err)
		if got, err := d.Logins(t.Context(), 10); err != nil || len(got) != min(keep, 2) || got[0].UID != "0" {
			t.Errorf("keep %d: %+v %v", keep, got, err)
		}
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
