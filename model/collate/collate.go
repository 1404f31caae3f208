// Package collate compares text as the databases behind RomM do (docs/romm.md 2
// Uniqueness). RomM lower-cases in Python what it looks for, the database
// lower-cases the column, its collation says which of the results are equal,
// and a unique index may use yet another rule: so each rule has three forms,
// and two texts are equal for a purpose when those forms are.
//
// The functions append to dst, so that a look-up needs no allocation.
package collate

import (
	"unicode"
	"unicode/utf8"
)

// Rule is the way in which one database compares text.
type Rule uint8

// The rules. MariaDB's are collations: the default one of 11.6 and later, the
// one that older servers have by default, and the one that many people chose.
const (
	UCA1400 Rule = iota // utf8mb4_uca1400_ai_ci
	General             // utf8mb4_general_ci
	Unicode             // utf8mb4_unicode_ci
	PostgreSQL
	// MySQL is MySQL's utf8mb4_0900_ai_ci, where blanks at the end count. It has the
	// weights of UCA1400: those of a MySQL are older, and nobody has asked one.
	MySQL
	Rules // how many there are
)

// AppendColumn appends the form of a stored text that a look-up compares.
func (r Rule) AppendColumn(dst []byte, s string) []byte {
	if r == PostgreSQL {
		return appendLower(dst, s)
	}
	return weigh(weights(r), dst, s, true, r != MySQL)
}

// AppendLookup appends the form of what RomM looks for when it is given s.
func (r Rule) AppendLookup(dst []byte, s string) []byte {
	if Plain(s) {
		return appendLower(dst, s)
	}
	if r == PostgreSQL {
		return appendPython(dst, s)
	}
	var buf [256]byte
	return weigh(weights(r), dst, appendPython(buf[:0], s), false, r != MySQL)
}

// AppendUnique appends the form that a unique index compares. Texts that are
// equal in this form are equal as columns, too.
func (r Rule) AppendUnique(dst []byte, s string) []byte {
	if r == PostgreSQL {
		return append(dst, s...)
	}
	return weigh(weights(r), dst, s, false, r != MySQL)
}

// Finds reports whether a look-up of what was sent finds the stored text.
func (r Rule) Finds(stored, sent string) bool {
	var column, lookup [256]byte
	return string(r.AppendColumn(column[:0], stored)) == string(r.AppendLookup(lookup[:0], sent))
}

// Unique reports whether a unique index takes two texts for one.
func (r Rule) Unique(a, b string) bool {
	if a == b || r == PostgreSQL {
		return a == b
	}
	var one, two [256]byte
	return string(r.AppendUnique(one[:0], a)) == string(r.AppendUnique(two[:0], b))
}

// Plain reports whether all rules look s up alike: printable ASCII that does not
// end in a blank. Its form is s in lower case.
func Plain(s string) bool {
	for i := range len(s) {
		if !printable(s[i]) {
			return false
		}
	}
	return s == "" || s[len(s)-1] != ' '
}

func printable(c byte) bool { return ' ' <= c && c <= '~' }

// appendLower appends what PostgreSQL's lower() makes of s: one letter of one
// letter, also of the dotted capital I.
func appendLower(dst []byte, s string) []byte {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			for _, r := range s[i:] {
				dst = utf8.AppendRune(dst, lower(r))
			}
			return dst
		}
		dst = append(dst, byte(lower(rune(s[i]))))
	}
	return dst
}

// appendPython appends what Python's str.lower makes of s: as the database's,
// but for two letters.
func appendPython(dst []byte, s string) []byte {
	for i, r := range s {
		switch {
		case r == 'İ':
			dst = append(dst, "i\u0307"...)
		case r == 'Σ' && final(s, i):
			dst = append(dst, "ς"...)
		default:
			dst = utf8.AppendRune(dst, lower(r))
		}
	}
	return dst
}

func lower(r rune) rune {
	if r >= utf8.RuneSelf {
		return unicode.ToLower(r)
	}
	if 'A' <= r && r <= 'Z' {
		return r + ('a' - 'A')
	}
	return r
}

// final reports whether the sigma at s[i] ends a word: a letter with case stands
// before it and none after it, where marks and the like do not count (Unicode
// 3.13, Final_Sigma).
func final(s string, i int) bool {
	before := s[:i]
	for {
		r, n := utf8.DecodeLastRuneInString(before)
		if n == 0 || !caseIgnorable(r) {
			if n == 0 || !cased(r) {
				return false
			}
			break
		}
		before = before[:len(before)-n]
	}
	for _, r := range s[i+len("Σ"):] {
		if !caseIgnorable(r) {
			return !cased(r)
		}
	}
	return true
}

func cased(r rune) bool {
	return unicode.In(r, unicode.Upper, unicode.Lower, unicode.Title, unicode.Other_Uppercase, unicode.Other_Lowercase)
}

func caseIgnorable(r rune) bool {
	switch r {
	case '\'', '.', ':', '^', '`', 0xb7, 0x387, 0x55f, 0x5f4, 0x2018, 0x2019, 0x2024, 0x2027,
		0xfe13, 0xfe52, 0xfe55, 0xff07, 0xff0e, 0xff1a:
		return true // Word_Break is MidLetter, MidNumLet or Single_Quote; ^ and ` are Sk
	}
	return r >= utf8.RuneSelf && unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk)
}
