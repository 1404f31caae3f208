package model

import (
	"strings"
	"unicode"
)

// How the databases behind RomM compare text (reference/romm.md 2,
// Uniqueness). RomM lower-cases both sides itself; what is left is the
// column's collation.

// mariaKey is the form under which MariaDB's default collation
// (utf8mb4_uca1400_ai_ci, and the older general_ci and unicode_ci alike) takes
// two texts for equal: letter case, accents, full-width forms and trailing
// blanks do not count. It covers Latin; other scripts compare by letter case
// alone, which can only miss an equality that no ASCII address is part of.
func mariaKey(s string) string {
	s = strings.TrimRight(s, " ")
	if Untrusted(s).ASCII() {
		return asciiLower(s)
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 0xff01 && r <= 0xff5e: // full-width ASCII
			r -= 0xfee0
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r):
			continue // combining marks and invisible code points weigh nothing
		}
		if base, ok := latinBase[unicode.ToLower(r)]; ok {
			b.WriteString(base)
			continue
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// postgresKey is the form under which PostgreSQL's lower() takes two texts for
// equal.
func postgresKey(s string) string { return strings.ToLower(s) }

// latinBase maps accented Latin letters to what the collation compares them
// as. It is never written to.
var latinBase = func() map[rune]string {
	m := map[rune]string{}
	for base, accented := range map[string]string{
		"a": "àáâãäåāăą", "c": "çćĉċč", "d": "ďđ", "e": "èéêëēĕėęě",
		"g": "ĝğġģ", "h": "ĥħ", "i": "ìíîïĩīĭįı", "j": "ĵ", "k": "ķ",
		"l": "ĺļľŀł", "n": "ñńņňŋ", "o": "òóôõöøōŏő", "r": "ŕŗř",
		"s": "śŝşšſ", "t": "ţťŧ", "u": "ùúûüũūŭůűų", "w": "ŵ",
		"y": "ýÿŷ", "z": "źżž", "ss": "ß", "ae": "æ", "oe": "œ",
	} {
		for _, r := range accented {
			m[r] = base
		}
	}
	return m
}()
