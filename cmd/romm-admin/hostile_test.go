package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

// hostileNames are names that would do something to a terminal which receives
// them, and that this program itself never writes.
func hostileNames() []string {
	return []string{
		"\x1b[9;53mstruck", "\x1b[5i", "\x1b[?5h", "\x1b[66;66Hx", "\x1b]0;title\a", "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
		"\x1b]52;c;ZXZpbA==\a", "\x1bP1$r0m\x1b\\", "\x1b_apc\x1b\\", "\x1b^pm\x1b\\", "\x1bXsos\x1b\\", "\x1bc", "\x1b#8", "\u009b9mutf8-c1", "\u0085nel",
		"over\rwritten", "two\nlines", "tab\tbed", "bell\a", "back\b\b\bspace", "del\x7f", "\u202egnp.exe", "\u2066iso\u2069", "\u200fright",
		"zero\u200bwidth", "join\u200der", "bom\ufeff", "tag\U000e0041s", "\u2028separator\u2029", "漢字の名前", "😀😀😀", "👨‍👩‍👧‍👦", "Z̷̧̛a̷l̶g̴o̷",
		strings.Repeat("long", 30), strings.Repeat("漢", 60),
	}
}

// hostileEnv serves an Authentik and a RomM in which everybody and everything
// is called by a payload, and returns the environment that points at them.
func hostileEnv(t *testing.T) []string {
	t.Helper()
	token := "rmm_" + strings.Repeat("a", 64)
	romm := rommtest.Seed{
		Version: "5.2.0", Database: model.DatabaseMariaDB, OIDCEnabled: true, Provider: "authentik",
		Users:  []rommtest.User{{Username: "admin", Role: "admin"}},
		Tokens: []rommtest.Token{{Value: model.Secret(token), Owner: "admin", Scopes: []string{"me.read", "me.write", "users.read", "users.write"}}},
	}
	idp := authentiktest.Seed{Users: []authentiktest.User{{Username: "admin", Name: "Admin", Email: "admin@example.org"}}}
	for i, p := range hostileNames() {
		email := fmt.Sprintf("p%d@example.org", i)
		local := email
		if i%3 == 0 {
			local = "old" + p + "@example.org"
		}
		romm.Users = append(romm.Users, rommtest.User{Username: p + fmt.Sprint(i), Email: &local, Role: "user"})
		idp.Groups = append(idp.Groups, authentiktest.Group{Name: "g" + p})
		idp.Users = append(idp.Users, authentiktest.User{
			Username: p + fmt.Sprint(i), Name: p, Email: email, Groups: []string{"g" + p},
			Attributes: map[string]any{model.AttrTrustedEmail: email},
		})
	}
	if err := idp.AddRomM(authentiktest.RomM{ClientID: "romm", ClientSecret: "secret"}); err != nil {
		t.Fatal(err)
	}
	a, err := strict.New(idp)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rommtest.New(romm)
	if err != nil {
		t.Fatal(err)
	}
	as, rs := httptest.NewServer(a.Handler()), httptest.NewServer(r)
	t.Cleanup(func() {
		as.Close()
		rs.Close()
		_ = a.Close()
	})
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return []string{
		"AUTHENTIK_URL=" + as.URL, "AUTHENTIK_TOKEN=" + authentiktest.DefaultToken, "ROMM_BASE_URL=" + rs.URL,
		"ROMM_TOKEN=" + token, "ROMM_ADMIN_DB=" + filepath.Join(dir, "h.db"), "OIDC_ENABLED=true", "OIDC_PROVIDER=authentik",
		"OIDC_CLIENT_ID=romm", "OIDC_CLIENT_SECRET=secret", "OIDC_REDIRECT_URI=https://romm.example.org/api/oauth/openid",
		"OIDC_SERVER_APPLICATION_URL=" + as.URL + "/application/o/romm", "OIDC_CLAIM_ROLES=romm_roles",
		"OIDC_ROLE_ADMIN=admin", "OIDC_ROLE_EDITOR=editor", "OIDC_ROLE_VIEWER=viewer",
	}
}

// proves S30 where it counts: in the bytes that the real program writes to a
// terminal, over two real servers in which everything has a hostile name. What
// it writes is text and the control sequences of the renderer, nothing else; and
// no name moves the columns.
func TestHostileNamesOnAPty(t *testing.T) {
	t.Parallel()
	if err := authentiktest.FindPython(); err != nil {
		t.Skip(err)
	}
	bin := programs(t)
	term := startTerminal(t, 120, 60, hostileEnv(t), filepath.Join(bin, "romm-admin"))
	term.wait("36 people")
	term.wait("d details") // the end of the frame
	term.aligned()
	const esc = "\x1b"
	for _, step := range []struct{ key, opens string }{
		{"?", "Keys: Users"},
		{"n", "┌─ Notes"},
		{"y", "┌─ Copy"},
		{":", "What do you want to do?"},
		{"s", "┌─ Sort by"},
		{"F", "[ Cancel ]"},
		{"p", "┌─"},
		{"*e", "[ Cancel ]"},
		{"v", "┌─"},
		{"2a", "Which group gets a role?"},
		{"t", "┌─"},
		{"D", "┌─"},
	} {
		term.keys(step.key)
		term.wait(step.opens)
		term.keys(esc)
		term.until("the end of "+step.opens, func() bool { return !strings.Contains(term.text(), "┌─") })
	}
	term.keys("1")
	term.wait("[1 Users]")
	term.keys(esc)
	term.until("the end of the selection", func() bool { return !strings.Contains(term.text(), "selected") })
	term.keys("d")
	term.wait("Paired by")
	for i := range 34 {
		term.keys("j")
		term.until(fmt.Sprint("row ", i+1), func() bool { return strings.Contains(term.text(), "Paired by") })
	}
	term.keys("2a")
	term.wait("Which group gets a role?")
	term.keys(esc + "[B")
	term.keys("\r")
	term.wait("Role for the group")
	term.keys("\r")
	term.apply()
	term.wait("role is now")
	term.keys("5")
	term.wait("By " + whoami(t))
	term.keys("u")
	term.wait("Undo: ")
	term.keys(esc)
	term.until("the end of the dialog", func() bool { return !strings.Contains(term.text(), "┌─") })
	term.keys("q")
	term.exit(0)
	term.mu.Lock()
	defer term.mu.Unlock()
	raw := term.raw.Bytes()
	if n := bytes.Count(raw, []byte(`\x1b`)); n < 100 {
		t.Errorf("only %d payloads were shown, escaped", n)
	}
	t.Logf("%d bytes, %d control sequences, all of them the renderer's", len(raw), sequences(t, raw))
}

// whoami is the name that this process's changes are journalled under.
func whoami(t *testing.T) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return u.Username
}

// ours are the control sequences that Bubble Tea's renderer writes for this
// program: to move and erase, to style, to switch modes on and off, to ask what
// the terminal can do, and to set its title.
var ours = regexp.MustCompile(`^\x1b(?:` +
	`\[\d*(?:;\d*)?[HJKABCDGdXPLMST@bfrE]` + // move, erase, scroll
	`|\[(?:[0-57]|2[2-7]|3\d|4\d|9[0-7]|10[0-7]|;)*m` + // style: no strike, no overline
	`|\[\?(?:7|25|1002|1003|1004|1006|1049|2004|2026|2027)[hl]` +
	`|\[\?(?:2026|2027)\$p` +
	`|\[>4(?:;[012])?m|\[[<>=]?\d*u|\[\?u|\[\?5W` + // keyboard
	`|\[(?:\?|>)?c|\[>q|\[\d q|M` + // questions, the shape of the cursor, up
	`|\]2;[^\x00-\x1f\x7f]*(?:\a|\x1b\\)` +
	`)`)

// sequences fails the test if raw holds anything but printable text, line ends,
// backspaces, tabs and the sequences that are ours; it counts those.
func sequences(t *testing.T, raw []byte) int {
	t.Helper()
	n := 0
	for i := 0; i < len(raw); {
		if raw[i] == '\x1b' {
			seq := ours.Find(raw[i:])
			if seq == nil {
				t.Fatalf("not ours: %q", raw[i:min(len(raw), i+60)])
			}
			n++
			i += len(seq)
			continue
		}
		r, size := utf8.DecodeRune(raw[i:])
		harmless := strings.ContainsRune("\r\n\b\t", r)
		if r == utf8.RuneError && size == 1 || !harmless && (unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp) || r >= 0xfe00 && r <= 0xfe0f) {
			t.Fatalf("%U in %q", r, raw[max(0, i-60):min(len(raw), i+60)])
		}
		i += size
	}
	return n
}

// aligned fails the test unless the columns of the list stand below each other.
func (term *terminal) aligned() {
	term.t.Helper()
	want, rows := "", 0
	for line := range strings.SplitSeq(term.text(), "\n") {
		at := ""
		for i := range line {
			if strings.HasPrefix(line[i:], "│") {
				at += fmt.Sprint(ansi.StringWidth(line[:i]), " ")
			}
		}
		if at == "" {
			continue
		}
		if rows++; want == "" {
			want = at
		}
		if at != want {
			term.t.Errorf("the columns of %q are at %s, want %s", line, at, want)
		}
	}
	if rows < 30 {
		term.t.Errorf("only %d rows:\n%s", rows, term.text())
	}
}
