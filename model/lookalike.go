package model

import (
	"fmt"
	"strings"
	"unicode"
)

// Escape is [Clean] with every character outside printable ASCII spelled as an
// escape such as \u0430, so that look-alikes can be distinguished (S31).
func Escape(s string) string {
	s = Clean(s)
	if Untrusted(s).ASCII() {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r <= 0x7e:
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// Named is [Clean] for names, and for sentences with names in them, where somebody
// has to be sure who is meant: in their own letters, and beside each word that can
// be mistaken for another one its escaped form (S31). It needs no other names for
// that: of two that look alike at least one is such a word, unless both are ASCII,
// which no escape would tell apart.
func Named(s string) string {
	s = Clean(s)
	if Untrusted(s).ASCII() {
		return s
	}
	var b strings.Builder
	for s != "" {
		n := strings.IndexFunc(s, betweenWords)
		if n < 0 {
			n = len(s)
		}
		word := s[:n]
		b.WriteString(word)
		rest := strings.TrimLeftFunc(s[n:], unicode.IsPunct) // the quotation mark after it
		b.WriteString(s[n : len(s)-len(rest)])
		if mistakable(word) {
			b.WriteString(" (" + Escape(word) + ")")
		}
		for i, r := range rest {
			if !betweenWords(r) {
				rest = rest[i:]
				break
			}
			b.WriteRune(r)
			if i+len(string(r)) == len(rest) {
				rest = ""
			}
		}
		s = rest
	}
	return b.String()
}

func betweenWords(r rune) bool { return r == ' ' || strings.ContainsRune(`“”‘’"'(),;:`, r) }

// asian are scripts that are written together, and beside Latin letters, and have
// none that look like those.
var asian = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo}

// mistakable reports whether a word may look like another one: letters of several
// scripts, all of them like Latin ones, or drawn in two ways, as é and e with a mark.
func mistakable(word string) bool {
	var script *unicode.RangeTable
	plain, alike := false, true // has an ASCII letter; all letters are look-alikes
	for _, r := range word {
		switch {
		case r < 0x80:
			plain = plain || letter(byte(r))
			continue
		case unicode.IsMark(r) && unicode.Is(unicode.Inherited, r), unicode.IsDigit(r), likeLatin(r):
			return true
		case !unicode.IsLetter(r), unicode.Is(unicode.Latin, r):
			plain = plain || unicode.Is(unicode.Latin, r)
			continue
		case unicode.In(r, asian...):
			alike = false
			continue
		case script == nil:
			script = scriptOf(r)
		}
		if script == nil || !unicode.Is(script, r) {
			return true
		}
		alike = alike && (strings.ContainsRune(lookalikes, r) || unicode.In(r, unicode.Cherokee, unicode.Coptic, unicode.Lisu))
	}
	return script != nil && (plain || alike)
}

// likeLatin reports whether a letter is a Latin one in another dress: phonetic,
// dotless, full width, of mathematics.
func likeLatin(r rune) bool {
	switch {
	case r == 'ı', r == 'ȷ', 0xff00 <= r && r <= 0xffef && unicode.Is(unicode.Latin, r):
		return true
	case unicode.Is(unicode.Latin, r):
		return r >= 0x250 && (r < 0x1e00 || r > 0x1eff)
	}
	return unicode.IsLetter(r) && unicode.Is(unicode.Common, r) && r > 0x2100
}

func scriptOf(r rune) *unicode.RangeTable {
	for _, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return table
		}
	}
	return nil
}

// lookalikes are the letters of Cyrillic, Greek and Armenian that look like Latin
// ones: a word of nothing else can be read as one.
const lookalikes = "абгеорсухпкмтнѕіјһԁԛԝӏѵһьАВЕЗКМНОРСТХУІЈЅҺԌԚԜѴ" +
	"αβγεηικνορτυχωΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϳς" +
	"ոսօհցքզգլյՕՍԼՏ"
