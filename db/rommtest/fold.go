package rommtest

import (
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// lookup is the form in which RomM finds usernames and addresses:
// `lower(column) = lower(value)`, compared by the database. save relies on
// unique(a) == unique(b) implying lookup(a) == lookup(b).
func (s *store) lookup(v string) string {
	if s.database == model.DatabasePostgreSQL {
		return strings.ToLower(v)
	}
	return collate(v)
}

// unique is the form that the unique indexes compare: exact on PostgreSQL,
// without case and accents on MariaDB.
func (s *store) unique(v string) string {
	if s.database == model.DatabasePostgreSQL {
		return v
	}
	return collate(v)
}

// accents lists, for each plain letter, what MariaDB's default collation
// (utf8mb4_uca1400_ai_ci) takes for it among the Latin letters. The real table
// is far longer.
var accents = map[rune]string{
	'a': "àáâãäåāăą", 'c': "çćĉċč", 'd': "ď", 'e': "èéêëēĕėęě", 'g': "ĝğġģ", 'h': "ĥ",
	'i': "ìíîïĩīĭį", 'j': "ĵ", 'k': "ķ", 'l': "ĺļľ", 'n': "ñńņň", 'o': "òóôõöōŏő",
	'r': "ŕŗř", 's': "śŝşšſ", 't': "ţť", 'u': "ùúûüũūŭůűų", 'w': "ŵ", 'y': "ýÿŷ", 'z': "źżž",
}

// plain is accents the other way round.
var plain = func() map[rune]rune {
	out := map[rune]rune{}
	for base, list := range accents {
		for _, r := range list {
			out[r] = base
		}
	}
	return out
}()

// collate imitates that collation: no letter case, no accents, full-width
// letters as plain ones, blanks at the end ignored.
func collate(v string) string {
	v = strings.TrimRight(v, " ")
	if isASCII(v) {
		return strings.ToLower(v)
	}
	return strings.Map(func(r rune) rune {
		if r >= 0xff01 && r <= 0xff5e {
			r -= 0xfee0
		}
		if base, ok := plain[r]; ok {
			return base
		}
		return r
	}, strings.ToLower(v))
}

func isASCII(v string) bool {
	for i := range len(v) {
		if v[i] >= 0x80 {
			return false
		}
	}
	return true
}
