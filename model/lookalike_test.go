package model

import "testing"

// TestNamed proves S31: a name is shown in its own letters, with the escaped form
// beside it where it can be mistaken for another one.
func TestNamed(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"alice":                   "alice",
		"Øst Díaz":                "Øst Díaz",
		"山田-健二":                   "山田-健二",
		"kenji山田":                 "kenji山田",
		"Иван":                    "Иван",
		"аlice":                   `аlice (\u0430lice)`,
		"alice@ехample.org":       `alice@ехample.org (alice@\u0435\u0445ample.org)`,
		"сора":                    `сора (\u0441\u043e\u0440\u0430)`,
		"jose\u0301":              "jose\u0301 (jose\\u0301)",
		"ａlice":                   `ａlice (\uff41lice)`,
		"alıce":                   `alıce (al\u0131ce)`,
		"ᎪᏞ":                      `ᎪᏞ (\u13aa\u13de)`,
		"ѕcоре":                   `ѕcоре (\u0455c\u043e\u0440\u0435)`,
		"Ωиван":                   `Ωиван (\u03a9\u0438\u0432\u0430\u043d)`,
		"a\u202eb":                `a\u202eb`,
		"disable “аlice”, now":    `disable “аlice”, (\u0430lice) now`,
		"pin аlice to bob":        `pin аlice (\u0430lice) to bob`,
		"Иван to (山田), or —":      "Иван to (山田), or —",
		"“аlice” “bоb”":           `“аlice” (\u0430lice) “bоb” (b\u043eb)`,
		"नमस्ते":                  "नमस्ते",
		"set to аl\x1b[31m, done": `set to аl\x1b[31m, (\u0430l\x1b[31m) done`,
	} {
		if got := Named(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
