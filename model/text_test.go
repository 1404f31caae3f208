package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// hostile are texts that must not reach a terminal as they are.
var hostile = map[string]string{
	"colour":            "\x1b[31mred\x1b[0m",
	"title":             "\x1b]0;owned\x07",
	"clipboard":         "\x1b]52;c;AAAA\x07",
	"hyperlink":         "\x1b]8;;http://evil\x1b\\x\x1b]8;;\x1b\\",
	"device control":    "\x1bPq#0\x1b\\",
	"application":       "\x1b_Gf=1\x1b\\",
	"8-bit CSI":         "\u009b31m",
	"carriage return":   "alice\rmallory",
	"newline":           "alice\nadmin",
	"tab":               "a\tb",
	"backspace":         "adm\b\b\bbob",
	"delete":            "a\x7fb",
	"nul":               "a\x00b",
	"bidi override":     "alice\u202egro.live@bob",
	"bidi isolate":      "\u2066abc\u2069",
	"zero width space":  "ad\u200bmin",
	"zero width joiner": "ad\u200dmin",
	"word joiner":       "ad\u2060min",
	"byte order mark":   "\ufeffadmin",
	"soft hyphen":       "ad\u00admin",
	"tag characters":    "admin\U000e0041\U000e007f",
	"line separator":    "a\u2028b",
	"paragraph sep.":    "a\u2029b",
	"no-break space":    "a\u00a0b",
	"variation sel.":    "a\ufe0f",
	"hangul filler":     "\u3164",
	"private use":       "\ue000",
	"invalid utf-8":     "a\xff\xfeb",
	"interlinear":       "\ufff9x\ufffb",
	"khitan filler":     "ad\U00016fe4min",
	"stacked marks":     "a" + strings.Repeat("\u0301", 5),
	"many marks":        "x" + strings.Repeat("\u0301\u0489\u20dd", 400) + "y",
	"foreign mark":      "ad\u17d2min",
	"null notehead":     "a\U0001d159b",
}

// TestCleanHostile proves S30: nothing forbidden is left, and what was there
// is visible.
func TestCleanHostile(t *testing.T) {
	for name, in := range hostile {
		for kind, got := range map[string]string{
			"Clean": Clean(in), "%v": fmt.Sprint(Untrusted(in)), "%#v": fmt.Sprintf("%#v", Untrusted(in)),
			"Error": (&Error{Msg: in}).Error(),
		} {
			if bad := forbidden(got); bad != 0 {
				t.Errorf("%s through %s: %U is left in %q", name, kind, bad, got)
			}
			if !strings.Contains(got, `\`) {
				t.Errorf("%s through %s: nothing shows that something was there: %q", name, kind, got)
			}
		}
	}
}

// forbidden returns the first code point that must not reach a terminal.
func forbidden(s string) rune {
	if !utf8.ValidString(s) {
		return utf8.RuneError
	}
	marks := 0
	for _, r := range s {
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		}
		if !unicode.IsPrint(r) || marks > 6 || unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
			return r
		}
	}
	return 0
}

// TestCleanLeavesNothingInvisible proves S30 for every code point that Unicode
// calls Default_Ignorable_Code_Point, and for those that are blank by shape.
func TestCleanLeavesNothingInvisible(t *testing.T) {
	n := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		ignorable := unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Cf)
		if !ignorable && !strings.ContainsRune("\u2800\u2d7f\ufffc\U0001107f\U00013441\U00013442\U00016fe4\U0001bc9d\U0001d159\U0001da7f", r) {
			continue
		}
		n++
		if got := Clean("a" + string(r)); !strings.HasPrefix(got, `a\`) {
			t.Errorf("%U stays in %q", r, got)
		}
	}
	if n < 4000 {
		t.Errorf("only %d code points were looked at", n)
	}
	t.Logf("%d code points that are drawn as nothing", n)
}

// TestCleanBoundsMarks proves S30 for marks: four may stand on a letter, all
// others are spelled out, also when the text is cleaned again.
func TestCleanBoundsMarks(t *testing.T) {
	const acute = "\u0301"
	for in, want := range map[string]string{
		"a" + strings.Repeat(acute, 4) + "b":   "a" + strings.Repeat(acute, 4) + "b",
		"a" + strings.Repeat(acute, 7) + "b":   "a" + strings.Repeat(acute, 4) + strings.Repeat(`\u0301`, 3) + "b",
		strings.Repeat("e"+acute, 50):          strings.Repeat("e"+acute, 50),
		"a\u20dd\u20de\u0301\u0302\u0303":      "a\u20dd\u20de\u0301\u0302" + `\u0303`,
		"a\u0e31":                              `a\u0e31`, // a Thai vowel on a Latin letter
		"a\x01\u0301\u0302":                    `a\x01\u0301\u0302`,
		"\u0b95" + strings.Repeat("\u0bbe", 8): "\u0b95" + strings.Repeat("\u0bbe", 6) + strings.Repeat(`\u0bbe`, 2),
	} {
		if got := Clean(in); got != want || Clean(got) != got {
			t.Errorf("Clean(%+q) = %+q, want %+q", in, got, want)
		}
		data, err := json.Marshal(Untrusted(in))
		var back string
		if err != nil || json.Unmarshal(data, &back) != nil || back != in || forbidden(string(data)) != 0 {
			t.Errorf("JSON of %+q: %s, %v", in, data, err)
		}
	}
}

func TestCleanKeepsWhatPeopleWrite(t *testing.T) {
	for _, s := range []string{
		"", "alice", "O'Neil", "Zoë", "山田太郎", "Ω 👍", "naïve@exämple.org", "a\\b",
		"Nguye\u0302\u0303n", "नमस्ते", "กรุณาที่นี่", "ខ្មែរ", "မြန်မာ ကျွန်ုပ်", "བོད་རྒྱུད", "שָׁלוֹם", "مُحَمَّد", "తెలుగు", "ガ\u3099", "\u25cc\u093f",
	} {
		if got := Clean(s); got != s {
			t.Errorf("Clean(%q) = %q", s, got)
		}
	}
	long := strings.Repeat("x", 5000)
	if got := Clean(long); utf8.RuneCountInString(got) != cleanLimit+1 || !strings.HasSuffix(got, "…") {
		t.Errorf("a long text is not cut: %d code points", utf8.RuneCountInString(got))
	}
}

// FuzzClean holds Clean to its promise for any bytes.
func FuzzClean(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Add("http://user:pass\u0301@host/x@y ftp://a@b@c")
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if bad := forbidden(got); bad != 0 {
			t.Fatalf("%U is left in %q", bad, got)
		}
		if HideUser(got) != got {
			t.Fatalf("a user part is left in %q", got)
		}
		if Clean(got) != got {
			t.Fatalf("cleaning twice differs: %q, %q", got, Clean(got))
		}
	})
}

// TestUntrustedJSON: a reader of our JSON gets the exact value, a person who
// looks at it in a terminal is safe.
func TestUntrustedJSON(t *testing.T) {
	for name, in := range hostile {
		data, err := json.Marshal(Untrusted(in))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if bad := forbidden(string(data)); bad != 0 {
			t.Errorf("%s: %U is left in %q", name, bad, data)
		}
		var back Untrusted
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if utf8.ValidString(in) && back.Raw() != in {
			t.Errorf("%s: %q came back as %q", name, in, back.Raw())
		}
	}
}

// TestCleanHidesUsers proves S32 for addresses: whatever prints a text does not
// print the user part of an address in it.
func TestCleanHidesUsers(t *testing.T) {
	for in, want := range map[string]string{
		"https://romm.example.org/a@b?c=d@e":         "https://romm.example.org/a@b?c=d@e",
		"see https://x.org, or write to bob@x.org":   "see https://x.org, or write to bob@x.org",
		"https://bob:CANARY@x.org/a":                 "https://***@x.org/a",
		`Get "https://bob:CANARY@x.org:8": refused`:  `Get "https://***@x.org:8": refused`,
		`parse "https://b:CAN\"ARY@x.org": no`:       `parse "https://***@x.org": no`,
		"http://CANARY@a and socks5://b:CANARY@c:1 ": "http://***@a and socks5://***@c:1 ",
		"https://a:CAN@ARY@x.org#b@c":                "https://***@x.org#b@c",
	} {
		for kind, got := range map[string]string{
			"Clean": Clean(in), "%v": fmt.Sprint(Untrusted(in)), "Error": (&Error{Msg: "m", Err: errors.New(in)}).Error()[3:], "Hint": HintOf(&Error{Hint: in}),
		} {
			if got != want {
				t.Errorf("%s(%q) = %q, want %q", kind, in, got, want)
			}
		}
	}
}

// TestSecretNeverPrints proves S32 for the type: no verb, log or encoding
// shows the value.
func TestSecretNeverPrints(t *testing.T) {
	const canary = "CANARY-7f3a"
	s := struct{ Token Secret }{canary}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "token", s.Token, "all", s)
	asJSON, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{
		fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q %x "+"%d", s, s, s, s.Token, s.Token, s.Token, s.Token),
		fmt.Sprint(fmt.Errorf("with %v", s.Token)), log.String(), string(asJSON),
	} {
		if strings.Contains(out, canary) {
			t.Errorf("the secret is in %q", out)
		}
	}
	if s.Token.Reveal() != canary {
		t.Error("Reveal does not return the secret")
	}
}
