package widget

import "strings"

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
