package model

import (
	"testing"
	"testing/quick"
)

// TestSameAddress proves S2: equal means pure ASCII and equal after ASCII
// lower-casing; look-alikes are never equal and nothing is stripped.
func TestSameAddress(t *testing.T) {
	pairs := []struct {
		a, b string
		want bool
	}{
		{"bob@example.org", "bob@example.org", true},
		{"Bob@Example.ORG", "bob@example.org", true},
		{"o'neil@x.io", "O'NEIL@x.io", true},
		{"", "", false},
		{"bob@example.org", "", false},
		{"bob@example.org", "bob@example.com", false},
		{"bob@example.org", "bob@example.org ", false},
		{"bob@example.org", " bob@example.org", false},
		{"bob@example.org", "bob@example.org\n", false},
		{"bob@example.org", "bob+tag@example.org", false},
		{"bob.b@example.org", "bobb@example.org", false},
		{"bob@example.org", "bob@example.org.", false},
		{"jose@example.org", "josé@example.org", false},
		{"jose@example.org", "jose\u0301@example.org", false},
		{"josé@example.org", "josé@example.org", false},
		{"is@example.org", "ıs@example.org", false},
		{"is@example.org", "İs@example.org", false},
		{"kim@example.org", "\u212aim@example.org", false}, // KELVIN SIGN
		{"sam@example.org", "ſam@example.org", false},
		{"bob@example.org", "ｂｏｂ@example.org", false},
		{"bob@example.org", "bob@exаmple.org", false}, // Cyrillic а
		{"bob@example.org", "bob\u00a0@example.org", false},
		{"bob@example.org", "bob\u200b@example.org", false},
		{"bob@example.org", "\u202ebob@example.org", false},
		{"bob@xn--exmple-cua.org", "bob@exämple.org", false},
		{"bob@XN--EXMPLE-CUA.org", "bob@xn--exmple-cua.org", true},
		{"bob@example.org", "bob@example\uff0eorg", false}, // full-width full stop
		{"bob@example.org", "bob\uff20example.org", false}, // full-width @
		{"bob@example.org", "bob\u3000@example.org", false},
		{"bob@example.org", "bob@example.org\u00a0", false},
		{"bob@example.org", "bob@example.org\u200d", false},
		{"bob@example.org", "\ufeffbob@example.org", false},
		{"bob@example.org", "b\u00adob@example.org", false},
		{"bob@example.org", "bob@example.org\u202c", false},
		{"bob@example.org", "bob@example.org\t", false},
		{"bob@example.org", "bob@example.org\x00", false},
		{"bob@example.org", "bob@example.org\r\n", false},
		{"bob@example.org", "BOB+TAG@example.org", false},
		{"b.o.b@gmail.com", "bob@gmail.com", false},
		{"bob@googlemail.com", "bob@gmail.com", false},
		{"strasse@x.io", "straße@x.io", false},
		{"aether@x.io", "æther@x.io", false},
		{"\u0130@x.io", "i\u0307@x.io", false},
		{"o@x.io", "ö@x.io", false},
		{"0@x.io", "o@x.io", false},
		{"l@x.io", "1@x.io", false},
		{"paypal@x.io", "paypaⅼ@x.io", false}, // Roman numeral fifty
		{"bob@example.org", "\"bob\"@example.org", false},
		{"bob@example.org", "Bob <bob@example.org>", false},
	}
	if len(pairs) < 40 {
		t.Fatalf("only %d pairs", len(pairs))
	}
	for _, c := range pairs {
		if got := SameAddress(Untrusted(c.a), Untrusted(c.b)); got != c.want {
			t.Errorf("SameAddress(%+q, %+q) = %v", c.a, c.b, got)
		}
		if got := SameAddress(Untrusted(c.b), Untrusted(c.a)); got != c.want {
			t.Errorf("SameAddress(%+q, %+q) = %v", c.b, c.a, got)
		}
	}
}

func TestEqualAddressesAreASCII(t *testing.T) {
	prop := func(a, b string) bool {
		same := SameAddress(Untrusted(a), Untrusted(b)) || SameAddress(Untrusted(a), Untrusted(a))
		return !same || Untrusted(a).ASCII()
	}
	if err := quick.Check(prop, &quick.Config{MaxCount: 20000}); err != nil {
		t.Error(err)
	}
}

// TestCheckAddress holds the rule that RomM's API applies (docs/romm.md 2 Email
// rule), its oddities included.
func TestCheckAddress(t *testing.T) {
	for in, want := range map[string]string{
		"bob@example.org":       "bob@example.org",
		" Bob@Example.ORG\n":    "bob@example.org",
		"a.b+c%d-e_f@x.co":      "a.b+c%d-e_f@x.co",
		"a..b@ex..ample.co":     "a..b@ex..ample.co", // wrongly accepted, as RomM does
		"bob@sub.domain.museum": "bob@sub.domain.museum",
		"":                      "", "   ": "", "bob": "", "@example.org": "", "bob@": "",
		"a@localhost": "", "a@10.0.0.1": "", "o'neil@x.io": "", "bob@example.o": "", "bob@.co": "",
		"a b@example.org": "", "a@b@example.org": "", "bob@exämple.org": "", "bob@example.c0m": "",
	} {
		got, err := CheckAddress(in)
		if (err == nil) != (want != "") || got != want {
			t.Errorf("CheckAddress(%q) = %q, %v", in, got, err)
		}
		if err != nil && (CodeOf(err) != CodeInvalid || HintOf(err) == "") {
			t.Errorf("CheckAddress(%q): code %q, hint %q", in, CodeOf(err), HintOf(err))
		}
	}
}
