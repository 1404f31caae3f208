package authentik

import (
	"regexp"
	"strings"
)

var (
	// outward matches the calls by which a mapping may ask another service.
	outward = regexp.MustCompile(`\b(?:(?:requests|httpx|\w*[sS]ession)\.(?:get|post|put|patch|delete|head|options|request)|urlopen|create_connection|HTTPS?Connection)\(`)
	bounded = regexp.MustCompile(`\btimeout\s*=`)
)

// callsOut reports whether an expression seems to ask another service without a
// timeout of its own: it then waits 30 s, or for ever (docs/authentik.md 2). It
// goes by the text and names a suspect, no more.
func callsOut(expression string) bool {
	text := canonical(expression)
	for _, at := range outward.FindAllStringIndex(text, -1) {
		if !bounded.MatchString(arguments(text[at[1]:])) {
			return true
		}
	}
	return false
}

// arguments is what stands before the bracket that closes a call, texts left out.
func arguments(text string) string {
	var out strings.Builder
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		b := text[i]
		switch {
		case quote != 0 && b == '\\':
			i++
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '"' || b == '\'':
			quote = b
		case b == '(' || b == '[' || b == '{':
			depth++
		case depth == 0 && b == ')':
			return out.String()
		case b == ')' || b == ']' || b == '}':
			depth--
		case depth == 0:
			out.WriteByte(b)
		}
	}
	return out.String()
}
