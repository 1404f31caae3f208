package widget

import "testing"

func TestSpelled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, word string
		want       bool
	}{
		{"bob baker", "bbkr", true},
		{"bob baker", "bob baker", true},
		{"bob baker", "rb", false},
		{"bob\nbaker", "bbkr", false}, // not over the end of a line
		{"ab\nbob\nbaker\n", "bkr", true},
		{"ab\nxb\nac\n", "abc", false},
		{"kkr", "kkkr", false},
		{"", "b", false},
		{"b", "", true},
		{"müller", "mülr", true},
	} {
		if got := Spelled(c.text, c.word); got != c.want {
			t.Errorf("Spelled(%q, %q) = %v", c.text, c.word, got)
		}
	}
}
