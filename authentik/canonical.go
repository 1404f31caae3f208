package authentik

import "strings"

// canonical brings an expression into a form in which only meaning is left:
// comments go, blanks stay only where they part two words or indent a line, line
// ends stay only outside of brackets, trailing commas in brackets go, and plain
// single-quoted texts become double-quoted. Two expressions that differ
// otherwise are never equal, so that "the same but for white space" can be
// asked without reading Python.
func canonical(expression string) string {
	s := scanner{src: strings.ReplaceAll(strings.TrimSpace(expression), "\r\n", "\n")}
	for s.pos < len(s.src) {
		s.step()
	}
	return strings.Trim(string(s.out), "\n")
}

type scanner struct {
	src   string
	pos   int
	depth int // open brackets
	out   []byte
	last  byte // last byte written
	blank bool // blanks were skipped since
	// indent is the white space at the start of this line, outside of brackets.
	indent string
}

func (s *scanner) step() {
	b := s.src[s.pos]
	switch {
	case b == ' ' || b == '\t':
		s.blank = true
		s.pos++
		if s.last == '\n' && s.depth == 0 {
			s.indent += string(b)
		}
	case b == '\n':
		s.pos++
		s.indent = ""
		if s.depth > 0 {
			s.blank = true
			return
		}
		s.blank = false
		if s.last != '\n' {
			s.write("\n")
		}
	case b == '#':
		for s.pos < len(s.src) && s.src[s.pos] != '\n' {
			s.pos++
		}
	case b == '\'' || b == '"':
		s.text(b)
	default:
		s.pos++
		s.symbol(b)
	}
}

func (s *scanner) symbol(b byte) {
	switch b {
	case '(', '[', '{':
		s.depth++
	case ')', ']', '}':
		s.depth--
		// (x,) is a tuple and (x) is not, so only lists and dicts lose it.
		if b != ')' && s.last == ',' {
			s.out = s.out[:len(s.out)-1]
		}
	}
	if s.blank && word(s.last) && word(b) {
		s.out = append(s.out, ' ')
	}
	s.write(s.src[s.pos-1 : s.pos]) // the byte as it is, also within a rune
}

// text copies a string literal. A quote that does not end leaves the rest of
// the source as it is.
func (s *scanner) text(quote byte) {
	end := s.pos + 1
	for end < len(s.src) && s.src[end] != quote && s.src[end] != '\n' {
		if s.src[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(s.src) || s.src[end] != quote {
		s.write(s.src[s.pos:])
		s.pos = len(s.src)
		return
	}
	body := s.src[s.pos+1 : end]
	if s.blank && word(s.last) {
		// `return "x"` and a prefix as in f"x" must stay apart.
		s.out = append(s.out, ' ')
	}
	if quote == '\'' && !strings.ContainsAny(body, `"\`) {
		quote = '"'
	}
	s.write(string(quote) + body + string(quote))
	s.pos = end + 1
}

func (s *scanner) write(text string) {
	s.out = append(append(s.out, s.indent...), text...)
	s.indent = ""
	s.last = text[len(text)-1]
	s.blank = false
}

func word(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}
