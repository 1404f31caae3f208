package keys_test

import (
	"slices"
	"strings"
	"testing"

	"charm.land/bubbles/v2/key"
	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// press is a key by its name.
type press string

func (p press) String() string { return string(p) }

type action = keys.Action[int, string]

func table() []action {
	add := func(n int) func(int) (int, string) {
		return func(s int) (int, string) { return s + n, "added" }
	}
	return []action{
		{Info: keys.Info{ID: "one", Title: "add one", Help: "add one", Keys: []string{"a", "up"}, Footer: 1}, Run: add(1)},
		{
			Info:    keys.Info{ID: "ten", Title: "add ten", Help: "add ten", Keys: []string{"t"}, Footer: 2, Command: "sum --ten"},
			Enabled: func(s int) (bool, string) { return s < 5, "it is large enough" }, Run: add(10),
		},
		{
			Info:    keys.Info{ID: "never", Title: "never", Help: "do nothing", Keys: []string{"n"}},
			Enabled: func(int) (bool, string) { return false, "" }, Run: add(100),
		},
	}
}

func TestDispatch(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		key            string
		state, next    int
		effect, reason string
		found          bool
	}{
		{"a", 1, 2, "added", "", true},
		{"up", 1, 2, "added", "", true},
		{"t", 1, 11, "added", "", true},
		{"t", 7, 7, "", "it is large enough", true},
		{"n", 1, 1, "", "not possible now", true},
		{"z", 1, 1, "", "", false},
	} {
		next, effect, found, reason := keys.Dispatch(table(), tc.state, press(tc.key))
		if next != tc.next || effect != tc.effect || found != tc.found || reason != tc.reason {
			t.Errorf("Dispatch(%d, %q) = %d, %q, %v, %q", tc.state, tc.key, next, effect, found, reason)
		}
	}
}

func TestFooterDropsTheLastRankedAndKeepsPinned(t *testing.T) {
	t.Parallel()
	th := theme.New(theme.Options{})
	items := keys.Items("s", table(), 0)
	items = append(items, keys.Item{Info: keys.Info{Title: "help", Keys: []string{"?"}, Footer: 9, Pinned: true}})
	for width, want := range map[int]string{
		60: " a add one  t add ten  ? help ", 30: " a add one  t add ten  ? help ", 29: " a add one  ? help ", 18: " ? help ", 3: "",
	} {
		if got := ansi.Strip(keys.Footer(th, items, width)); got != want {
			t.Errorf("width %d: %q, want %q", width, got, want)
		}
	}
	if got := ansi.Strip(keys.Footer(th, keys.Items("s", table(), 7), 60)); strings.Contains(got, "ten") {
		t.Errorf("the footer offers a disabled action: %q", got)
	}
}

func TestHelpListsEverythingWithReasons(t *testing.T) {
	t.Parallel()
	th := theme.New(theme.Options{})
	got := widget.Strip(strings.Join(keys.Help(th, keys.Items("s", table(), 7), 50), "\n"))
	want := strings.Join([]string{
		"a ↑  add one",
		"t    add ten",
		"     not now: it is large enough",
		"     same as: sum --ten",
		"n    do nothing",
		"     not now: not possible now",
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for width := 12; width < 40; width++ {
		for _, line := range keys.Help(th, keys.Items("s", table(), 7), width) {
			if w := ansi.StringWidth(line); w > width {
				t.Errorf("width %d: %q has %d cells", width, line, w)
			}
		}
	}
	if th := theme.New(theme.Options{ASCII: true}); keys.Name(th, "up") != "up" {
		t.Error("an ASCII terminal gets an arrow")
	}
}

// A command is broken at its blanks, so that each line can be copied.
func TestCommandsBreakAtBlanks(t *testing.T) {
	t.Parallel()
	got := keys.WrapCommand("same as: romm-admin users set-email bob b@x.io --side authentik", 51)
	want := []string{"same as: romm-admin users set-email bob b@x.io", "--side authentik"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	const other = "romm-admin users set-email a\u2011b" // a name with a hyphen of another kind stays that name
	if got := keys.WrapCommand(other, 80); !slices.Equal(got, []string{other}) {
		t.Errorf("%q, want %q", got, other)
	}
	if long := keys.WrapCommand(strings.Repeat("a-", 20), 15); len(long) != 3 {
		t.Errorf("%q", long)
	}
}

// A command about who is selected is put together for who reads it: the footer,
// which is drawn with every key, does not ask.
func TestCommandsArePutTogetherWhenTheyAreRead(t *testing.T) {
	t.Parallel()
	asked := 0
	items := keys.Items("s", []action{
		{
			Info: keys.Info{ID: "ten", Title: "add ten", Help: "add ten", Keys: []string{"t"}, Footer: 1, Command: "sum N"},
			Same: func(n int) string { asked++; return strings.Repeat("sum 10", n) },
		},
	}, 1)
	if keys.Footer(theme.New(theme.Options{}), items, 80); asked != 0 {
		t.Errorf("the footer asked %d times", asked)
	}
	if got := items[0].CommandLine(); got != "sum 10" || asked != 1 {
		t.Errorf("%q, asked %d times", got, asked)
	}
	if got := keys.Items("s", []action{{Info: items[0].Info, Same: func(int) string { return "" }}}, 1)[0].CommandLine(); got != "sum N" {
		t.Errorf("of nobody in particular: %q", got)
	}
}

// The library's short help goes over its width, or cuts a hint in two.
func TestHintsAreLeftOutWhole(t *testing.T) {
	t.Parallel()
	th := theme.New(theme.Options{})
	hints := []key.Binding{keys.Hint(th, "preview", "enter"), keys.Hint(th, "nowhere"), keys.Hint(th, "more", "down"), keys.Hint(th, "back", "esc", "q")}
	for width := range 40 {
		want := ""
		for _, line := range []string{"enter preview", "enter preview   ↓ more", "enter preview   ↓ more   esc back"} {
			if ansi.StringWidth(line) <= width {
				want = line
			}
		}
		if got := ansi.Strip(keys.Hints(th, width, hints...)); got != want {
			t.Errorf("width %d: %q, want %q", width, got, want)
		}
	}
}
