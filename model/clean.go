package model

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// cleanLimit bounds one cleaned text in code points: longer ones are cut and end in
// an ellipsis. Nothing that a person needs to read is longer.
const cleanLimit = 1024

// Clean makes text printable: one line, no control or escape sequences (C0,
// DEL, C1), no bidirectional, zero-width, tag or invisible code points, no
// private or unassigned ones, no more than a few marks on one letter. What is
// removed is made visible as an escape such as \x1b or \u202e, so that a person
// sees that something is odd. Invalid UTF-8 shows as \xNN. The user part of an
// address gives way to ***, see [HideUser]. It is the one place where outside
// text becomes printable.
func Clean(s string) string {
	s = HideUser(s)
	if clean(s) {
		return s
	}
	var b strings.Builder
	n := 0 // code points written, so that cleaning twice changes nothing
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		piece := s[i : i+size]
		switch {
		case r == utf8.RuneError && size <= 1:
			piece = fmt.Sprintf(`\x%02x`, s[i])
		case printable(r) && joins(b.String(), r):
		case r < 0x100:
			piece = fmt.Sprintf(`\x%02x`, r)
		case r > 0xffff:
			piece = fmt.Sprintf(`\U%08x`, r)
		default:
			piece = fmt.Sprintf(`\u%04x`, r)
		}
		if n += utf8.RuneCountInString(piece); n > cleanLimit {
			b.WriteRune('…')
			break
		}
		b.WriteString(piece)
		i += size
	}
	return b.String()
}

// clean is the fast path: short and nothing to replace.
func clean(s string) bool {
	n := 0
	for i, r := range s {
		if n++; n > cleanLimit || r == utf8.RuneError || !printable(r) || !joins(s[:i], r) {
			return false
		}
	}
	return true
}

// printable is an allow-list: letters, marks, numbers, punctuation, symbols
// and the ASCII blank, less those among them that are drawn as nothing.
func printable(r rune) bool {
	if r < 0x7f {
		return r >= 0x20
	}
	return unicode.IsPrint(r) && !blank(r)
}

// blank reports whether a letter, mark or symbol is drawn as nothing: what
// Unicode calls Default_Ignorable_Code_Point (its third part, Cf, is not
// printable anyway), and what is blank by its own shape.
func blank(r rune) bool {
	if unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
		return true
	}
	switch r {
	case 0x2800, // braille blank
		0x2d7f,           // Tifinagh consonant joiner
		0xfffc,           // object replacement
		0x1107f,          // Brahmi number joiner
		0x13441, 0x13442, // Egyptian blanks
		0x16fe4,          // Khitan small script filler
		0x1bc9d,          // Duployan letter selector
		0x1d159,          // musical null notehead
		0x1da7f, 0x1da80: // sign writing spaces
		return true
	}
	return false
}

// How many marks may stand on one letter. No living script needs more than
// four above, below and through it; marks that take a cell of their own are
// counted in the second.
const (
	maxStacked = 4
	maxMarks   = 6
)

// joins reports whether a code point may follow what stands before it. All but
// marks may. A mark may not be one too many, may not stand on a letter of
// another script, where most are drawn as nothing, and may not follow an
// escape: that is what one too many became. It looks at nothing but the text
// before, so that cleaning twice changes nothing.
func joins(before string, mark rune) bool {
	if mark < 0x300 || !unicode.Is(unicode.M, mark) {
		return true
	}
	if endsInEscape(before) {
		return false
	}
	stacked, all, base := 0, 0, mark
	for unicode.Is(unicode.M, base) {
		if !unicode.Is(unicode.Mc, base) {
			stacked++
		}
		if all++; stacked > maxStacked || all > maxMarks {
			return false
		}
		r, size := utf8.DecodeLastRuneInString(before)
		if size == 0 {
			return true
		}
		base, before = r, before[:len(before)-size]
	}
	return sameScript(base, mark)
}

// sameScript reports whether a mark belongs on a letter.
func sameScript(base, mark rune) bool {
	if base>>7 == mark>>7 || unicode.In(mark, unicode.Inherited, unicode.Common) || base > 0x7f && unicode.Is(unicode.Common, base) {
		return true
	}
	for _, script := range unicode.Scripts {
		if unicode.Is(script, mark) {
			return unicode.Is(script, base)
		}
	}
	return false
}

// endsInEscape reports whether the text ends in an escape as Clean and JSON
// write it.
func endsInEscape(s string) bool {
	at := strings.LastIndexByte(s[max(0, len(s)-10):], '\\')
	if at < 0 {
		return false
	}
	escape := s[max(0, len(s)-10):][at+1:]
	if len(escape) != 3 && len(escape) != 5 && len(escape) != 9 || !strings.Contains("xuU", escape[:1]) {
		return false
	}
	return strings.Trim(escape[1:], "0123456789abcdef") == ""
}
