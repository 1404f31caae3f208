package tui_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// payloads are texts that somebody might choose as a name to harm people
// who look at it.
func payloads() []string {
	return []string{
		"\x1b[31mred", "\x1b[2J\x1b[H", "\x1b]0;title\x07", "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
		"\x1b]52;c;ZXZpbA==\x07", "\x1bP1$r0m\x1b\\", "\x1b_apc\x1b\\", "\x9b31mc1", "\u009b31mutf8-c1", "\u0085nel",
		"over\rwritten", "two\nlines", "tab\tbed", "bell\a", "back\b\b\bspace", "\x00nul", "del\x7f",
		"\u202egnp.exe", "\u2066iso\u2069", "\u200fright", "zero\u200bwidth", "join\u200der", "bom\ufeff", "soft\u00adhyphen",
		"tag\U000e0041s", "\u2028separator\u2029", "\ufe0fvariation", "\u0301combining", "Z̷̧̛a̷l̶g̴o̷",
		"漢字の名前", "😀😀😀", "👨‍👩‍👧‍👦", "🇩🇪🇫🇷", "한글", "שלום", "مرحبا", "ﬀligature", "\xff\xfeinvalid", "\ue000private",
		strings.Repeat("long", 75), strings.Repeat("漢", 300), strings.Repeat("e\u0301", 200), "", " ", "a b",
	}
}

// hostileConsole has them in its journal as well.
func hostileConsole() *tuitest.Console {
	c := tuitest.NewConsole(hostileWorld())
	var entries []plan.JournalEntry
	for i, p := range payloads() {
		u := model.Untrusted(p)
		entries = append(entries, plan.JournalEntry{
			Seq: int64(i), At: tuitest.Now(), Actor: u, Session: p, PlanID: p, Plan: p, Outcome: []string{"done", "failed", "open", p}[i%4], Detail: p,
			Change: plan.Change{Kind: plan.ChangeKind([]string{"local-email", p}[i%2]), Object: p, Label: u, Before: u, After: u, Reason: p},
		})
	}
	all := strings.Join(payloads(), " ")
	c.Journal(entries, plan.Interruption{PlanID: all, Title: all, Actor: model.Untrusted(all), At: tuitest.Now(), Entries: entries})
	return c
}

func hostileWorld() model.World {
	w := tuitest.World()
	w.RomM = model.System{Name: payloads()[0] + "romm", Version: payloads()[1]}
	w.Authentik = model.System{Name: "idp" + payloads()[7], Version: payloads()[17]}
	w.Warnings = []string{strings.Join(payloads(), " ")}
	for i, p := range payloads() {
		u := model.Untrusted(p)
		w.Locals = append(w.Locals, model.LocalUser{ID: int64(1000 + i), Username: u, Email: u + "@l.example", Role: model.Role(p), Enabled: true})
		w.Directory.Identities = append(w.Directory.Identities, model.Identity{
			PK: int64(1000 + i), UID: p, Username: u, Name: u, Email: u + "@i.example", Active: i%2 == 0,
			Groups: []model.GroupID{model.GroupID(fmt.Sprintf("group-%d", i))},
		})
		w.Directory.Groups = append(w.Directory.Groups, model.Group{ID: model.GroupID(fmt.Sprintf("group-%d", i)), Name: u})
		w.Roles.Rows = append(w.Roles.Rows, model.RoleRow{
			Group: model.GroupID(fmt.Sprintf("group-%d", i)), Name: u, Role: model.RoleUser, Note: u, ChangedBy: u,
		})
		kept := model.PendingRole{Name: u, Role: model.RoleUser, ChangedBy: u}
		if i%2 == 0 {
			kept.Name = u + "kept"
		}
		w.Pending = append(w.Pending, kept)
		w.Assertions = append(w.Assertions, model.Assertion{Group: i%2 == 0, Name: u, Role: model.RoleUser})
	}
	return w
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// tooSmall is a terminal on which nothing is drawn but that it is.
func tooSmall(width, height int) bool { return width < 60 || height < 15 }

// check fails the test if the frame is wider than the terminal, has not its
// height, or holds anything but printable text and our own styles.
func check(t *testing.T, d *tuitest.Driver, width, height int) {
	t.Helper()
	checker{}.check(t, d, width, height)
}

// checker remembers the lines that were good, with how wide they are: most
// lines of a frame stood in the frame before it.
type checker map[string]int

func (c checker) check(t *testing.T, d *tuitest.Driver, width, height int) {
	t.Helper()
	content := d.View().Content
	lines := strings.Split(content, "\n")
	if len(lines) != height && (!tooSmall(width, height) || len(lines) > height) {
		t.Fatalf("%d lines on a terminal of %d x %d:\n%s", len(lines), width, height, d.Screen())
	}
	for _, line := range lines {
		w, known := c[line]
		if !known {
			w = ansi.StringWidth(line)
			onlyText(t, line)
			c[line] = w
		}
		if w > width {
			t.Fatalf("a line of %d cells on a terminal of %d: %q", w, width, line)
		}
	}
}

// onlyText fails the test if the line holds anything but printable text and
// our own styles.
func onlyText(t *testing.T, line string) {
	t.Helper()
	plain := sgr.ReplaceAllString(line, "")
	if !utf8.ValidString(plain) {
		t.Fatalf("invalid UTF-8 in %q", plain)
	}
	for _, r := range plain {
		forbidden := unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp) ||
			r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0000 && r <= 0xe0fff
		if forbidden {
			t.Fatalf("forbidden code point %U in %q", r, plain)
		}
	}
}

// walks are key presses that lead to every kind of view.
func walks() [][]string {
	return [][]string{
		{},
		{"G"},
		{"d", "G", "k", "k"},
		{"/", "example"},
		{"/", "\U0001f600", "enter"},
		{"e"},
		{"e", "enter"},
		{"?"},
		{"n"},
		{"2"},
		{"2", "G"},
		{"2", "a"},
		{"2", "a", "down", "enter"},
		{"2", "x"},
		{"2", "enter", "j", "enter"},
		{"2", "?"},
		{"2", "t", "space", "down", "space"},
		{"2", "t", "e", "enter"},
		{"2", "/", "kept"},
		{"2", "G", "k"},
		{"2", "G", "b"},
		{"2", "G", "d"},
		{"2", "P"},
		{"5", "d"},
		{"5", "j", "d"},
		{"5", "j", "o"},
		{"5", "p"},
		{"2", "a", "\u202e\U0001f600new", "enter"},
		{"2", "m", "j", "j", "enter"},
		{"2", "m", "a", "e"},
		{"2", "m", "a", "down", "down", "enter"},
		{"2", "D", "j"},
		{"2", "m"},
		{"*", "e"},
		{"*", "x"},
		{"*", "p"},
		{"s"},
		{"y"},
		{"y", "enter"},
		{":", "e"},
		{"L"},
		{"V", "J", "v"},
		{"E"},
		{"5"},
		{"5", "j", "j"},
		{"5", "j", "u"},
		{"5", "enter"},
		{"5", "/", "is:done"},
	}
}

// proves S30
func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	for _, o := range []tuitest.Option{tuitest.Size(120, 40), tuitest.Size(60, 15), tuitest.Size(90, 200)} {
		for _, keys := range walks() {
			d := tuitest.New(t, hostileConsole(), o)
			size := strings.Count(d.Screen(), "\n") + 1
			check(t, d.Press(keys...), map[int]int{40: 120, 15: 60, 200: 90}[size], size)
		}
	}
	// Every person once under the cursor, with details.
	d := tuitest.New(t, hostileConsole()).Press("d")
	for range 2*len(payloads()) + 12 {
		check(t, d.Press("j"), 120, 40)
	}
	d = tuitest.New(t, hostileConsole()).Press("5")
	for range payloads() {
		check(t, d.Press("j"), 120, 40)
	}
	// Errors of either side.
	c := tuitest.NewConsole(tuitest.World())
	d = tuitest.New(t, c)
	c.FailLoads(errors.New(strings.Join(payloads(), " ")))
	check(t, d.Press("r"), 120, 40)
	c.FailChanges(&model.Error{Msg: payloads()[3], Hint: strings.Join(payloads(), "")})
	check(t, d.Press("e", "enter", "tab", "enter"), 120, 40)
	// Typed and pasted text.
	for _, p := range payloads() {
		check(t, tuitest.New(t, tuitest.NewConsole(tuitest.World())).Press("/").Paste(p), 120, 40)
		check(t, tuitest.New(t, tuitest.NewConsole(tuitest.World())).Press("e").Paste(p).Press("enter"), 120, 40)
	}
}

// proves S30: no name moves the columns of its row.
func TestHostileTextKeepsColumnsAligned(t *testing.T) {
	t.Parallel()
	for _, width := range []int{80, 120} {
		d := tuitest.New(t, tuitest.NewConsole(hostileWorld()), tuitest.Size(width, 160))
		var want []int
		rows := 0
		for line := range strings.SplitSeq(d.Screen(), "\n") {
			var at []int
			for rest := line; ; {
				i := strings.Index(rest, "│")
				if i < 0 {
					break
				}
				at = append(at, ansi.StringWidth(line[:len(line)-len(rest)+i]))
				rest = rest[i+len("│"):]
			}
			if len(at) == 0 {
				continue
			}
			if rows++; want == nil {
				want = at
			}
			if fmt.Sprint(at) != fmt.Sprint(want) {
				t.Errorf("width %d: the columns of %q are at %v, want %v", width, line, at, want)
			}
		}
		if rows < 50 {
			t.Errorf("only %d rows seen", rows)
		}
	}
}
