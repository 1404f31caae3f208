package model

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// How RomM and the databases behind it compare text (docs/romm.md 2
// Uniqueness). RomM lower-cases what it looks for, the database lower-cases the
// column, and what is left is the column's collation. The functions append the
// compared form to dst, so that a look-up needs no allocation.

// appendMaria appends the form under which MariaDB's default collation
// (utf8mb4_uca1400_ai_ci; the older ones are near it) takes two texts for
// equal: letter case, accents, compatibility forms, invisible characters and
// trailing blanks do not count. It covers everything that can equal ASCII;
// other scripts compare by letter case alone, which can only miss an equality
// that no ASCII address is part of.
func appendMaria(dst []byte, s string) []byte {
	start := len(dst)
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			dst = appendMariaRunes(dst, s[i:])
			break
		}
		if !ignorable(rune(c)) {
			dst = append(dst, lowerByte(c))
		}
	}
	for len(dst) > start && dst[len(dst)-1] == ' ' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

func appendMariaRunes(dst []byte, s string) []byte {
	table := mariaTable()
	for _, r := range s {
		switch base, ok := table[r]; {
		case ok:
			dst = append(dst, base...)
		case r < utf8.RuneSelf && !ignorable(r):
			dst = append(dst, lowerByte(byte(r)))
		case !ignorable(r):
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
	}
	return dst
}

// ignorable reports whether the collation gives the code point no weight:
// control characters other than white space, combining marks, and format
// characters such as the zero-width ones.
func ignorable(r rune) bool {
	if r < utf8.RuneSelf {
		return r < '\t' || r > '\r' && r < ' ' || r == 0x7f
	}
	return r != 0x85 && unicode.IsControl(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r)
}

// appendPostgres appends what PostgreSQL's lower() makes of a stored text.
func appendPostgres(dst []byte, s string) []byte {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			for _, r := range s[i:] {
				dst = utf8.AppendRune(dst, unicode.ToLower(r))
			}
			return dst
		}
		dst = append(dst, lowerByte(s[i]))
	}
	return dst
}

// appendLookup appends what RomM looks for in that database when a login
// brings s. RomM lower-cases in Python, which differs from PostgreSQL in one
// letter: the dotted capital İ becomes i and a combining dot, not i.
func appendLookup(dst []byte, s string, db Database) []byte {
	if db != DatabasePostgreSQL {
		return appendMaria(dst, s)
	}
	for {
		before, after, found := strings.Cut(s, "İ")
		dst = appendPostgres(dst, before)
		if !found {
			return dst
		}
		dst = append(dst, "i\u0307"...)
		s = after
	}
}

// collatesAlike reports whether both databases compare s in the same way.
func collatesAlike(s Untrusted) bool {
	return s.ASCII() && !strings.HasSuffix(string(s), " ")
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// mariaTable maps what the collation compares as ASCII to that ASCII; it is
// built when the first such text is met.
var mariaTable = sync.OnceValue(func() map[rune]string {
	m := make(map[rune]string, 2000)
	for line := range strings.Lines(mariaEqual) {
		base, same, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		for _, r := range same {
			m[r] = base
		}
	}
	return m
})
