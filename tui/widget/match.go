package widget

import "strings"

// Spelled reports whether one line of text has the letters of word in their
// order, with others between them. It is how something is found whose words
// were not typed in full: `bbkr` is Bob Baker.
func Spelled(text, word string) bool {
	if word == "" {
		return true
	}
	for text != "" {
		i := strings.IndexByte(text, word[0])
		if i < 0 {
			return false
		}
		line := text[i+1:]
		if end := strings.IndexByte(line, '\n'); end >= 0 {
			line, text = line[:end], line[end+1:]
		} else {
			text = ""
		}
		n := 1
		for ; n < len(word); n++ {
			at := strings.IndexByte(line, word[n])
			if at < 0 {
				break
			}
			line = line[at+1:]
		}
		if n == len(word) {
			return true
		}
	}
	return false
}
