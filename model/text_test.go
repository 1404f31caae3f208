package model

import (
	"encoding/json"
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
	for _, r := range s {
		if !unicode.IsPrint(r) || unicode.Is(unicode.Cf, r) {
			return r
		}
	}
	return 0
}

func TestCleanKeepsWhatPeopleWrite(t *testing.T) {
	for _, s := range []string{"", "alice", "O'Neil", "Zoë", "山田太郎", "Ω 👍", "naïve@exämple.org", "a\\b"} {
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
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if bad := forbidden(got); bad != 0 {
			t.Fatalf("%U is left in %q", bad, got)
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
