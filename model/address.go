package model

import (
	"fmt"
	"strings"
)

// SameAddress reports whether two addresses are equal: both pure ASCII and
// equal after ASCII lower-casing (S2). Nothing is stripped. The empty string
// is no address and equals nothing.
func SameAddress(a, b Untrusted) bool {
	ka, ok := AddressKey(a)
	if !ok {
		return false
	}
	kb, ok := AddressKey(b)
	return ok && ka == kb
}

// addressKey returns the form under which addresses are equal; false for
// those that equal nothing.
func AddressKey(a Untrusted) (string, bool) {
	if a == "" || !a.ASCII() {
		return "", false
	}
	return asciiLower(string(a)), true
}

// asciiLower folds A to Z alone: Unicode lower-casing turns the KELVIN SIGN
// into k.
func asciiLower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// maxAddress is the longest address that RomM stores: its API answers 500 to
// longer ones (docs/romm.md 2).
const maxAddress = 255

// CheckAddress returns the address as RomM's API would store it, trimmed and
// lower-cased, or says in RomM's own words why it would refuse it
// (docs/romm.md 2 Email rule). It is for addresses that we are about to write;
// it does not apply to clearing one.
func CheckAddress(s string) (string, error) {
	bad := func(reason, hint string) (string, error) {
		return "", &Error{Code: CodeInvalid, Msg: fmt.Sprintf("%q: %s", Clean(s), reason), Hint: hint}
	}
	t := strings.TrimSpace(s)
	switch {
	case t == "":
		return bad("no address given", "type the whole address, such as bob@example.org")
	case !Untrusted(t).ASCII():
		return bad("Email must contain only ASCII characters",
			"RomM stores ASCII addresses only; use another address for this person on both sides")
	case len(t) > maxAddress:
		return bad(fmt.Sprintf("longer than %d characters", maxAddress), "RomM cannot store it")
	case !rommPattern(t):
		return bad("Invalid email format",
			"RomM accepts letters, digits and . _ % + - before the @ and a domain with a dot after it")
	}
	return asciiLower(t), nil
}

// rommPattern is RomM's own pattern,
// ^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}$, written out because every
// account is checked at each review.
func rommPattern(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || !only(local, "._%+-") || !only(domain, ".-") {
		return false
	}
	dot := strings.LastIndexByte(domain, '.')
	if dot < 1 || len(domain)-dot-1 < 2 {
		return false
	}
	for _, c := range []byte(domain[dot+1:]) {
		if !letter(c) {
			return false
		}
	}
	return true
}

func only(s, extra string) bool {
	for _, c := range []byte(s) {
		if !letter(c) && (c < '0' || c > '9') && strings.IndexByte(extra, c) < 0 {
			return false
		}
	}
	return true
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
