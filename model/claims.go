package model

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Claims are the claims of an ID token: nil, bool, json.Number, string, []any
// or map[string]any by name. An absent claim and a null one differ.
type Claims map[string]any

// ParseClaims decodes a JSON object strictly, see [ParseObject] (S3).
func ParseClaims(data []byte) (Claims, error) {
	obj, err := ParseObject(data)
	if err != nil {
		return nil, fmt.Errorf("decode claims: %w", err)
	}
	return obj, nil
}

// ParseAsRomM is [ParseObject] for a case to decide about, with what RomM accepts
// beyond it: members may differ only in case, and a text may hold half of a
// surrogate pair, at which RomM fails later (docs/romm.md row 19). That is kept as
// the three bytes that UTF-8 would have for it, so that such a text is the only
// one that is not valid.
func ParseAsRomM(data []byte) (map[string]any, error) {
	at := nextHalf(data, 0)
	mark, ok := unused(data)
	if at < 0 || !ok {
		return parseObject(data, true) // which refuses halves
	}
	var marked []byte
	from := 0
	for ; at >= 0; at = nextHalf(data, from) {
		marked = append(append(marked, data[from:at]...), mark...)
		from = at + len(`\u`)
	}
	obj, err := parseObject(append(marked, data[from:]...), true)
	if err != nil {
		return nil, err
	}
	return unmark(obj, mark).(map[string]any), nil
}

// unused is a code point that is no character and is not in the text, as UTF-8.
func unused(data []byte) (string, bool) {
	lower := bytes.ToLower(data)
	for r := rune(0xfdd0); r <= 0xfdef; r++ {
		if !bytes.ContainsRune(data, r) && !bytes.Contains(lower, []byte(fmt.Sprintf(`\u%04x`, r))) {
			return string(r), true
		}
	}
	return "", false
}

// unmark puts the halves back, of which the mark and four digits are left.
func unmark(v any, mark string) any {
	switch v := v.(type) {
	case string:
		return unmarkText(v, mark)
	case []any:
		for i := range v {
			v[i] = unmark(v[i], mark)
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, value := range v {
			out[unmarkText(name, mark)] = unmark(value, mark)
		}
		return out
	}
	return v
}

func unmarkText(s, mark string) string {
	before, rest, found := strings.Cut(s, mark)
	if !found {
		return s
	}
	var b strings.Builder
	for found {
		b.WriteString(before)
		unit, _ := strconv.ParseUint(rest[:4], 16, 16) // they are digits
		b.Write([]byte{0xe0 | byte(unit>>12), 0x80 | byte(unit>>6&0x3f), 0x80 | byte(unit&0x3f)})
		before, rest, found = strings.Cut(rest[4:], mark)
	}
	b.WriteString(before)
	return b.String()
}

// half reads the three bytes that ParseAsRomM makes of half a surrogate pair, at
// the beginning of a text.
func half(s string) (unit rune, ok bool) {
	if len(s) < 3 || s[0] != 0xed || s[1] < 0xa0 || s[1] > 0xbf || s[2]&0xc0 != 0x80 {
		return 0, false
	}
	return 0xd000 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), true
}
