package widget

import "strings"

// Find returns which of n texts contain what was typed; if none does, those that
// have its letters in order. Case does not matter, and nothing typed is in all.
func Find(n int, typed string, text func(i int) string) []int {
	typed = strings.ToLower(typed)
	for _, has := range []func(string, string) bool{strings.Contains, Spelled} {
		var found []int
		for i := range n {
			if has(strings.ToLower(text(i)), typed) {
				found = append(found, i)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// Spelled reports whether one line of text has the letters of word in their
// order, with others between them. It is how something is found whose words
// were not typed in full: `bbkr` is Bob Baker. From the first letter on it looks
// at each byte once, since the filter asks it of everybody at every key.
func Spelled(text, word string) bool {
	if word == "" {
		return true
	}
	from := strings.IndexByte(text, word[0])
	if from < 0 {
		return false
	}
	n := 0
	for i := from; i < len(text); i++ {
		switch text[i] {
		case word[n]:
			if n++; n == len(word) {
				return true
			}
		case '\n':
			n = 0
		}
	}
	return false
}
