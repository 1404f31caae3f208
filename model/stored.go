package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What the databases behind RomM keep of a value (docs/romm.md 3 What the database
// stores). RomM hands claims to its database as they are, whatever their type.

// maxColumn is the length of RomM's columns for usernames, addresses and links, in
// characters.
const maxColumn = 255

// askable reports whether RomM can hand the text to its database at all, to look
// something up: no database takes half of a surrogate pair, and PostgreSQL no NUL.
func askable(s string, db Database) bool {
	return utf8.ValidString(s) && (db != DatabasePostgreSQL || strings.IndexByte(s, 0) < 0)
}

// storable returns what the database keeps of a text; false if it refuses it. What
// is too long is cut only where it is blanks.
func storable(s string, db Database) (string, bool) {
	if !askable(s, db) {
		return "", false
	}
	if len(s) <= maxColumn {
		return s, true
	}
	n := 0
	for i := range s {
		if n++; n > maxColumn {
			return s[:i], strings.Trim(s[i:], " ") == ""
		}
	}
	return s, true
}

// databaseText is the text that the database makes of a claim of any type; false
// where RomM, its driver or the database fails on it.
func databaseText(v any, db Database) (string, bool) {
	if s, ok := v.(string); ok {
		return storable(s, db)
	}
	text, ok := "", false
	switch {
	case v == nil:
	case db == DatabasePostgreSQL:
		text, ok = postgresText(v)
	default:
		text, ok = mariaText(v)
	}
	if !ok {
		return "", false
	}
	return storable(text, db)
}

// mariaText: numbers and booleans are numbers to MariaDB's driver, everything else
// is what Python prints.
func mariaText(v any) (string, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return "1", true
		}
		return "0", true
	case json.Number:
		if f, isFloat := pythonFloat(v); isFloat {
			return mariaFloat(f), !math.IsInf(f, 0)
		}
		return mariaInt(v.String()), true
	}
	var b strings.Builder
	appendRepr(&b, v)
	return b.String(), true
}

// mariaInt: the driver has 64 bits, and gives all ones for what does not fit.
func mariaInt(digits string) string {
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return strconv.FormatInt(n, 10) // of -0, too
	}
	if strings.HasPrefix(digits, "-") {
		return "-1"
	}
	n, _ := strconv.ParseUint(digits, 10, 64) // the greatest, if it is greater
	return strconv.FormatUint(n, 10)
}

// pythonFloat reads a number as Python does; false for an integer.
func pythonFloat(n json.Number) (f float64, isFloat bool) {
	if !strings.ContainsAny(n.String(), ".eE") {
		return 0, false
	}
	f, _ = strconv.ParseFloat(n.String(), 64) // out of range is infinite
	return f, true
}

// pythonInt is an integer's text: -0 is 0.
func pythonInt(n json.Number) string {
	if n == "-0" {
		return "0"
	}
	return n.String()
}

func mariaFloat(f float64) string {
	text := floatText(f, -15, 15)
	mantissa, exponent, found := strings.Cut(text, "e")
	if !found {
		return text
	}
	n, _ := strconv.Atoi(exponent)
	return mantissa + "e" + strconv.Itoa(n)
}

// floatText is the shortest decimal that is read as the same number, with an
// exponent of two digits at least when the number is below 10^low or from 10^high
// on.
func floatText(f float64, low, high int) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	text := strconv.FormatFloat(f, 'e', -1, 64)
	_, exponent, _ := strings.Cut(text, "e")
	if n, _ := strconv.Atoi(exponent); f != 0 && (n < low || n >= high) {
		return text
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// postgresText: PostgreSQL casts numbers and booleans itself, takes a list for an
// array, and its driver knows nothing to do with an object.
func postgresText(v any) (string, bool) {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return postgresNumber(v), true
	case []any:
		return postgresArray(v)
	}
	return "", false
}

func postgresNumber(n json.Number) string {
	if f, isFloat := pythonFloat(n); isFloat {
		return floatText(f, -4, 15)
	}
	return pythonInt(n)
}

// postgresArray writes a list as the driver does. Its elements have to be of one
// type, at any depth. Text is not looked at further; numbers and booleans are
// read by PostgreSQL, whose arrays are rectangular and have six dimensions at
// most.
func postgresArray(list []any) (string, bool) {
	kind, ok := elementKind(list, "")
	if !ok {
		return "", false
	}
	if kind != "" && kind != "text" {
		if dims, ok := dimensions(list); !ok || len(dims) > 6 {
			return "", false
		}
	}
	var b strings.Builder
	appendArray(&b, list)
	return b.String(), true
}

// elementKind finds the one kind of the elements, "" if all are null; false if
// there are two, or an object.
func elementKind(list []any, kind string) (string, bool) {
	for _, e := range list {
		is := ""
		switch e := e.(type) {
		case nil:
			continue
		case []any:
			var ok bool
			if kind, ok = elementKind(e, kind); !ok {
				return "", false
			}
			continue
		case string:
			is = "text"
		case bool:
			is = "boolean"
		case json.Number:
			is = "integer"
			if _, isFloat := pythonFloat(e); isFloat {
				is = "float"
			}
		default:
			return "", false
		}
		if kind != "" && kind != is {
			return "", false
		}
		kind = is
	}
	return kind, true
}

// dimensions are the lengths at each depth; false if they are not the same
// everywhere, or a list is empty.
func dimensions(list []any) ([]int, bool) {
	var inner []int
	lists := 0
	for _, e := range list {
		sub, isList := e.([]any)
		if !isList {
			continue
		}
		dims, ok := dimensions(sub)
		if lists++; !ok || lists > 1 && !slices.Equal(dims, inner) {
			return nil, false
		}
		inner = dims
	}
	if len(list) == 0 || lists != 0 && lists != len(list) {
		return nil, false
	}
	return append([]int{len(list)}, inner...), true
}

func appendArray(b *strings.Builder, list []any) {
	b.WriteByte('{')
	for i, e := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		switch e := e.(type) {
		case nil:
			b.WriteString("NULL")
		case []any:
			appendArray(b, e)
		case bool:
			b.WriteString(strconv.FormatBool(e)[:1])
		case json.Number:
			b.WriteString(postgresNumber(e))
		case string:
			if e == "" || strings.EqualFold(e, "null") || strings.ContainsAny(e, "\"{},\\ \t\n\r\f\v") {
				e = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(e) + `"`
			}
			b.WriteString(e)
		}
	}
	b.WriteByte('}')
}

// appendRepr writes a value as Python prints it. The members of an object are in
// the order of their names: that of the token is not known here.
func appendRepr(b *strings.Builder, v any) {
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		text := strconv.FormatBool(v)
		b.WriteString(strings.ToUpper(text[:1]) + text[1:])
	case json.Number:
		b.WriteString(reprNumber(v))
	case string:
		appendQuoted(b, v)
	case []any:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			appendRepr(b, e)
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for i, name := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b.WriteString(", ")
			}
			appendQuoted(b, name)
			b.WriteString(": ")
			appendRepr(b, v[name])
		}
		b.WriteByte('}')
	}
}

func reprNumber(n json.Number) string {
	f, isFloat := pythonFloat(n)
	if !isFloat {
		return pythonInt(n)
	}
	if math.IsInf(f, 0) {
		return strings.TrimSuffix(strings.ToLower(floatText(f, 0, 0)), "inity")
	}
	text := floatText(f, -4, 16)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

func appendQuoted(b *strings.Builder, s string) {
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	b.WriteByte(quote)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if unit, isHalf := half(s[i:]); isHalf {
			r, size = unit, 3
		}
		i += size
		switch {
		case r == rune(quote) || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			fmt.Fprintf(b, `\U%08x`, r)
		}
	}
	b.WriteByte(quote)
}
