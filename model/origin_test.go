package model

import "testing"

// TestRenewed: a secret counts as renewed when where it came from has another one.
func TestRenewed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		from  Origin
		renew bool
	}{
		"the environment": {Origin{Name: "ROMM_TOKEN"}, false},
		"gone":            {Origin{Read: func() Secret { return " \n" }}, false},
		"the same":        {Origin{Read: func() Secret { return "old\n" }}, false},
		"another":         {Origin{Read: func() Secret { return " new\n" }}, true},
	} {
		if s, ok := tt.from.Renewed("old"); ok != tt.renew || ok && s.Reveal() != "new" {
			t.Errorf("%s: %v", name, ok)
		}
	}
	if (Origin{}).Or("A") != "A" || (Origin{Name: "b.c"}).Or("A") != "b.c" {
		t.Error("the name of an origin")
	}
}

// TestHasUser proves S32: what may hold a password in an address is found, also
// where it cannot be read as one.
func TestHasUser(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://x.org/@a?b=c@d": false, "x.org": false, "": false, "https://x.org": false, "https://[::1": false,
		"https://bob:secret@x.org": true, "bob@x.org": true, "https://bob@": true, "https://a:b@[::1": true,
	} {
		if HasUser(address) != want {
			t.Errorf("%q: %v", address, !want)
		}
	}
}

// TestMissing: only what the token certainly lacks is missing.
func TestMissing(t *testing.T) {
	t.Parallel()
	a := Access{Abilities: []Ability{
		{Permission: "a", State: AbilityYes}, {Permission: "b", State: AbilityNo}, {Permission: "c", State: AbilityUnknown}, {Permission: "d", State: AbilityUntried},
	}}
	if got := a.Missing(); len(got) != 1 || got[0].Permission != "b" {
		t.Errorf("%+v", got)
	}
}
