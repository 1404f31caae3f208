package model

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Untrusted is text that came from outside: names, addresses, error messages of
// either server (S30). It keeps the bytes as they arrived, because decisions
// compare and send exact values; whatever prints it gets the cleaned form,
// because String is the only way that fmt, logs and screens have to it.
// [Untrusted.Raw] is for comparing and for the wire.
type Untrusted string

// Raw returns the text exactly as it arrived. Never print it.
func (u Untrusted) Raw() string { return string(u) }

// String returns the printable form, see [Clean].
func (u Untrusted) String() string { return Clean(string(u)) }

// GoString implements fmt.GoStringer, so that %#v is safe as well.
func (u Untrusted) GoString() string { return fmt.Sprintf("%q", u.String()) }

// ASCII reports whether the text is pure printable ASCII. Anything else is
// marked on screens, because it may look like something it is not (S31).
func (u Untrusted) ASCII() bool {
	for i := range len(u) {
		if u[i] < 0x20 || u[i] > 0x7e {
			return false
		}
	}
	return true
}

// MarshalJSON encodes the exact value, with every code point that is
// forbidden on a terminal written as a \u escape: a JSON reader gets the
// original, and `romm-admin … --json` is safe to look at.
func (u Untrusted) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range string(u) {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case printable(r) && joins(b.String(), r):
			b.WriteRune(r)
		case r > 0xffff:
			hi, lo := surrogates(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return []byte(b.String()), nil
}

// UnmarshalJSON accepts a JSON string or null (which leaves it empty).
func (u *Untrusted) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	*u = Untrusted(s)
	return nil
}

func surrogates(r rune) (hi, lo rune) {
	r -= 0x10000
	return 0xd800 + (r>>10)&0x3ff, 0xdc00 + r&0x3ff
}

// ShellWord writes a name so that a shell reads exactly it; a name that cannot
// be shown as it is gives way to the id.
func ShellWord(name Untrusted, id string) string {
	if id != "" && !clean(name.Raw()) {
		return id
	}
	plain := func(c byte) bool { return letter(c) || '0' <= c && c <= '9' || strings.IndexByte("@%_-+=:,./", c) >= 0 }
	for i := range len(name) {
		if !plain(name[i]) {
			return "'" + strings.ReplaceAll(name.Raw(), "'", `'\''`) + "'"
		}
	}
	if name == "" {
		return "''"
	}
	return name.Raw()
}

func people(n int) string { return Counted(n, "person", "people") }

// Listed joins names as people do.
func Listed(names []string) string {
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}

// Counted is a number with its noun.
func Counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func OrNone(s string) string {
	if s == "" {
		return "(empty)"
	}
	return Clean(s)
}

// CommandLine writes the words so that a shell reads exactly them.
func CommandLine(words ...string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = ShellWord(Untrusted(w), "")
	}
	return strings.Join(out, " ")
}
