package collate

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// What a real MariaDB gives as weights, a line each: the weights, a tab, and the
// code points and sequences (with +) that have them. A code point that is not
// listed is equal to itself alone. "lower" in front of the weights says that
// LOWER() gives the code point these, and so a look-up, but not a unique index.

//go:generate go test -count=1 -run ^TestWeights$ . -update

//go:embed data/utf8mb4_uca1400_ai_ci.tsv
var uca1400 string

//go:embed data/utf8mb4_general_ci.tsv
var general string

//go:embed data/utf8mb4_unicode_ci.tsv
var unicodeCI string

// tables are read when the first text is met that they are needed for.
var tables = [PostgreSQL]func() *table{
	UCA1400: sync.OnceValue(func() *table { return parse(uca1400, 8) }),
	General: sync.OnceValue(func() *table { return parse(general, 4) }),
	Unicode: sync.OnceValue(func() *table { return parse(unicodeCI, 8) }),
}

func weights(r Rule) *table {
	if r == MySQL {
		r = UCA1400
	}
	return tables[r]()
}

// table gives code points their form: for each weight a code point that has this
// weight alone, so that ASCII letters stay what they are.
type table struct {
	// pages hold, for 256 code points each, the index in forms; nil and 0: the
	// code point itself. starts is added where a sequence may start.
	pages     [unicode.MaxRune>>8 + 1]*[256]uint16
	forms     []string
	sequences map[rune][]sequence // by their first code point, the longest first
	lowered   map[rune]string
}

const starts = 1 << 15

// sequence is a contraction: code points that have a form of their own together.
type sequence struct{ rest, form string }

// weigh appends the form of s, of the lower-cased column if so. Where it is padded
// (PAD SPACE), trailing blanks do not count, nor does anything that weighs as they do.
func weigh[T string | []byte](t *table, dst []byte, s T, lowered, padded bool) []byte {
	start := len(dst)
	for i := 0; i < len(s); {
		// No sequence goes on with ASCII.
		if c := s[i]; printable(c) && (i+1 == len(s) || s[i+1] < utf8.RuneSelf) {
			dst = append(dst, byte(lower(rune(c))))
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		i += n
		var form uint16
		if page := t.pages[r>>8]; page != nil {
			form = page[r&0xff]
		}
		if form&starts != 0 {
			if q := longest(t.sequences[r], s[i:]); q != nil {
				dst = append(dst, q.form...)
				i += len(q.rest)
				continue
			}
			form &^= starts
		}
		switch {
		case lowered && t.lowered[r] != "":
			dst = append(dst, t.lowered[r]...)
		case form == 0:
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, t.forms[form]...)
		}
	}
	for padded && len(dst) > start && dst[len(dst)-1] == ' ' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// longest returns the first of the sequences that goes on as rest does.
func longest[T string | []byte](sequences []sequence, rest T) *sequence {
	for i := range sequences {
		if q := &sequences[i]; len(q.rest) <= len(rest) && string(rest[:len(q.rest)]) == q.rest {
			return q
		}
	}
	return nil
}

// parse reads data as the test wrote it. Weights are 4 hexadecimal digits, those
// that begin with FB as many as implicit says.
func parse(data string, implicit int) *table {
	t := &table{forms: []string{""}, sequences: map[rune][]sequence{}, lowered: map[rune]string{}}
	form := map[string]rune{} // by weight
	for w, members := range lines(data) {
		if len(w) == 4 || len(w) == implicit && strings.HasPrefix(w, "FB") {
			form[w] = representative(members)
		}
	}
	for all, members := range lines(data) {
		all, lowered := strings.CutPrefix(all, "lower ")
		var whole []rune
		for all != "" {
			n := 4
			if strings.HasPrefix(all, "FB") {
				n = implicit
			}
			whole = append(whole, form[all[:n]])
			all = all[n:]
		}
		t.add(members, string(whole), lowered)
	}
	for first, list := range t.sequences {
		slices.SortFunc(list, func(a, b sequence) int { return len(b.rest) - len(a.rest) })
		t.page(first)[first&0xff] |= starts
	}
	return t
}

// lines yields weights and members of each line.
func lines(data string) func(yield func(string, []string) bool) {
	return func(yield func(string, []string) bool) {
		for line := range strings.Lines(data) {
			if line[0] == '#' {
				continue
			}
			w, members, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			if !yield(w, strings.Fields(members)) {
				return
			}
		}
	}
}

// representative is the member that the others are written as: the first, in
// lower case when it is an ASCII letter. No sequence comes first.
func representative(members []string) rune {
	first, _ := codePoints(members[0])
	if first < utf8.RuneSelf {
		return lower(first)
	}
	return first
}

func (t *table) add(members []string, form string, lowered bool) {
	index := uint16(len(t.forms))
	t.forms = append(t.forms, form)
	var whole *[256]uint16 // shared by ranges that fill pages
	for _, m := range members {
		if first, rest, ok := strings.Cut(m, "+"); ok {
			r, _ := codePoints(first)
			t.sequences[r] = append(t.sequences[r], sequence{text(rest), form})
			continue
		}
		first, last := codePoints(m)
		for r := first; r <= last; r++ {
			switch {
			case lowered:
				t.lowered[r] = form
			case r&0xff == 0 && r+0xff <= last:
				if whole == nil {
					whole = new([256]uint16)
					for i := range whole {
						whole[i] = index
					}
				}
				t.pages[r>>8] = whole
				r += 0xff
			case form != string(r):
				t.page(r)[r&0xff] = index
			}
		}
	}
}

func (t *table) page(r rune) *[256]uint16 {
	p := &t.pages[r>>8]
	if *p == nil {
		*p = new([256]uint16)
	}
	return *p
}

// text returns the code points of a sequence.
func text(s string) string {
	var b strings.Builder
	for hex := range strings.SplitSeq(s, "+") {
		r, _ := codePoints(hex)
		b.WriteRune(r)
	}
	return b.String()
}

// codePoints reads one code point, or a range.
func codePoints(s string) (first, last rune) {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		to = from
	}
	for _, end := range []struct {
		hex string
		r   *rune
	}{{from, &first}, {to, &last}} {
		n, err := strconv.ParseUint(end.hex, 16, 21)
		if err != nil {
			panic(fmt.Sprintf("data of this package: %v", err))
		}
		*end.r = rune(n)
	}
	return first, last
}
