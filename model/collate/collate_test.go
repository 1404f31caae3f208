package collate

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"unicode"
)

// TestForms holds what people meet; the servers are asked about the rest.
func TestForms(t *testing.T) {
	for _, c := range []struct {
		rule         Rule
		stored, sent string
		finds        bool
		unique       bool
	}{
		{UCA1400, "admin@x.org", "aðmin@x.org", true, true},
		{UCA1400, "kim@kiss.org", "kim@kıss.org", false, false},
		{UCA1400, "ежик", "ЁЖИК", true, true},
		{UCA1400, "и", "й", false, false},
		{UCA1400, "й", "и\u0306", true, true},
		{UCA1400, "straße", "STRASSE", true, true},
		{UCA1400, "ﬁfi", "FIFI", true, true},
		{UCA1400, "ŀ", "l·", true, true},
		{UCA1400, "user1", "user\u0661", true, true},
		{UCA1400, "ΣΑΣ", "σας", true, true},
		{UCA1400, "bob", "b\u200bob\u20dd \u00a0", true, true},
		{UCA1400, "bob", " bob", false, false},
		{UCA1400, "bob", "bob\t", false, false},
		{UCA1400, "안", "\u110b\u1161\u11ab", false, false},
		{UCA1400, "😀", "🎮", false, false},
		{General, "jose", "JOSÉ", true, true},
		{General, "jose", "jose\u0301", false, false},
		{General, "straße", "strase", true, true},
		{General, "strasse", "straße", false, false},
		{General, "😀", "🎮", true, true},
		{General, "bob", "bob ", true, true},
		{General, "aðmin", "admin", false, false},
		{General, "İvan", "İvan", false, true},
		{General, "\u212aim", "kim", true, false},
		{Unicode, "strasse", "straße", true, true},
		{Unicode, "😀", "🎮", true, true},
		{Unicode, "bob", "b\u0301ob", true, true},
		{MySQL, "bob", "bob ", false, false},
		{MySQL, "bob ", "BÖB\u00a0", true, true},
		{MySQL, "straße", "STRASSE", true, true},
		{PostgreSQL, "BOB", "bob", true, false},
		{PostgreSQL, "bob", "bob ", false, false},
		{PostgreSQL, "josé", "JOSÉ", true, false},
		{PostgreSQL, "jose", "josé", false, false},
		{PostgreSQL, "ΣΑΣ", "ΣΑΣ", false, true},
		{PostgreSQL, "ΣΑΣ", "σασ", true, false},
		{PostgreSQL, "σας", "ΣΑΣ", true, false},
		{PostgreSQL, "İvan", "İvan", false, true},
		{PostgreSQL, "İvan", "ivan", true, false},
	} {
		if got := c.rule.Finds(c.stored, c.sent); got != c.finds {
			t.Errorf("rule %d: a look-up of %+q finds %+q: %v", c.rule, c.sent, c.stored, got)
		}
		if got := c.rule.Unique(c.stored, c.sent); got != c.unique {
			t.Errorf("rule %d: %+q is %+q to a unique index: %v", c.rule, c.sent, c.stored, got)
		}
	}
}

// TestPlain: whatever is plain has one form in all rules, and blanks at the end,
// control characters and everything outside ASCII are not plain.
func TestPlain(t *testing.T) {
	for r := rune(0); r < 0x100; r++ {
		s := "A" + string(r) + "z"
		if got, want := Plain(s), ' ' <= r && r <= '~'; got != want {
			t.Errorf("Plain(%+q) is %v", s, got)
		}
		for rule := range Rules {
			if want := strings.ToLower(s); Plain(s) && string(rule.AppendColumn(nil, s)) != want || Plain(s) && string(rule.AppendLookup(nil, s)) != want {
				t.Errorf("%q is not its lower case to rule %d: %q", s, rule, rule.AppendColumn(nil, s))
			}
		}
	}
	if Plain("a ") || !Plain(" a") || !Plain("") {
		t.Error("a blank counts at the end only")
	}
}

// TestAllocs: forms are made in what they are given.
func TestAllocs(t *testing.T) {
	for rule := range Rules {
		for _, s := range []string{"bob@example.org", "ⓤsér42@example.org, ΣΑΣ İvan и\u0306 " + strings.Repeat("é", 40)} {
			other := s + "x"
			if got := testing.AllocsPerRun(20, func() { rule.Finds(s, s); rule.Unique(s, other) }); got != 0 {
				t.Errorf("rule %d, %q: %v allocations", rule, s, got)
			}
		}
	}
}

// TestPython holds appendPython to Python itself: every letter alone, and capital
// sigmas between every kind of character.
func TestPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	var in strings.Builder
	for r := rune(1); r <= unicode.MaxRune; r++ {
		// What one of the two does not know yet may differ.
		if unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Cf) {
			s, _ := json.Marshal(string(r) + " aΣ" + string(r) + " Σ" + string(r) + "b a" + string(r) + "Σ")
			fmt.Fprintf(&in, "%s\n", s)
		}
	}
	cmd := exec.CommandContext(t.Context(), python, "-I", "-c", `import json, sys, unicodedata
for line in sys.stdin:
    s = json.loads(line)
    print(json.dumps([s, s.lower() if unicodedata.category(s[0]) != "Cn" else None]))`)
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for sc := bufio.NewScanner(strings.NewReader(string(out))); sc.Scan(); {
		var pair [2]*string
		if err := json.Unmarshal(sc.Bytes(), &pair); err != nil {
			t.Fatal(err)
		}
		if pair[1] == nil {
			continue
		}
		n++
		if got := string(appendPython(nil, *pair[0])); got != *pair[1] {
			t.Errorf("%+q: %+q, Python says %+q", *pair[0], got, *pair[1])
		}
	}
	if n < 100_000 {
		t.Errorf("%d compared", n)
	}
}
