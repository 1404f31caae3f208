package authentik_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/model"
)

const (
	groupA = "aaaaaaaa-0000-4000-8000-000000000001"
	groupB = "bbbbbbbb-0000-4000-8000-000000000002"
)

func params() model.RoleTable {
	return model.RoleTable{
		Companion: "http://companion:8080",
		Rows:      []model.RoleTableRow{{Group: groupA, Token: "admin"}, {Group: groupB, Token: "viewer"}},
		Rank:      []string{"admin", "editor", "viewer"},
	}
}

func TestRenderedRolesAreReadBack(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]model.RoleTable{
		"empty":     {},
		"full":      params(),
		"named":     {Rows: params().Rows, Rank: params().Rank, Generation: 12, Sum: strings.Repeat("0a", 32)},
		"table":     {Rows: params().Rows, Rank: params().Rank, Default: "viewer"},
		"odd words": {Rank: []string{`a"b\c`, "ünï", "'", "%s", "{}", "</script>", "é🙂"}, Default: `a"b\c`},
	} {
		text := rolesText(t, p)
		if text != strings.TrimSpace(text) {
			t.Errorf("%s: Authentik would trim the text", name)
		}
		for _, form := range []string{text, "\n" + text + "\n\n", strings.ReplaceAll(text, "\n", "\r\n")} {
			got, err := authentik.ParseRoles(form)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if again := rolesText(t, got); again != text {
				t.Errorf("%s: read back as %+v", name, got)
			}
		}
		if name == "odd words" && !strings.Contains(text, "</script>") {
			t.Error("the text is harder to read than it must be")
		}
		if known, ok := authentik.Recognise(text); !ok || known.Kind != authentik.KindRoles {
			t.Errorf("%s: not recognised", name)
		}
	}
	// The order of rows does not matter.
	p := params()
	slices.Reverse(p.Rows)
	if rolesText(t, p) != rolesText(t, params()) {
		t.Error("the order of rows changes the text")
	}
}

func TestParseRolesRefuses(t *testing.T) {
	t.Parallel()
	good := rolesText(t, params())
	for name, text := range map[string]string{
		"empty":        "",
		"other":        stockTrue,
		"added":        good + "\nreturn {}",
		"code changed": strings.Replace(good, "RANK.index(token) <", "RANK.index(token) >", 1),
		"constant":     strings.Replace(good, `DEFAULT = ""`, `DEFAULT = open("x")`, 1),
		"twice":        strings.Replace(good, `DEFAULT = ""`, "DEFAULT = \"\"\nDEFAULT = \"admin\"", 1),
		"spaced":       strings.Replace(good, `DEFAULT = ""`, `DEFAULT =  ""`, 1),
		"indented":     strings.Replace(good, "best = DEFAULT", " best = DEFAULT", 1),
	} {
		if _, err := authentik.ParseRoles(text); err == nil {
			t.Errorf("%s is taken for ours", name)
		}
	}
}

// proves S11: whatever is not a UUID, an address or a token is refused.
func TestRenderRolesRefuses(t *testing.T) {
	t.Parallel()
	row := func(group, token string) func(*model.RoleTable) {
		return func(p *model.RoleTable) {
			p.Rows = []model.RoleTableRow{{Group: model.GroupID(group), Token: token}}
		}
	}
	url := func(u string) func(*model.RoleTable) {
		return func(p *model.RoleTable) { p.Companion = u }
	}
	rank := func(tokens ...string) func(*model.RoleTable) {
		return func(p *model.RoleTable) { p.Rank = append(p.Rank, tokens...) }
	}
	for name, change := range map[string]func(*model.RoleTable){
		"no uuid":         row("family", "admin"),
		"upper uuid":      row(strings.ToUpper(groupA), "admin"),
		"uuid with line":  row(groupA+"\n", "admin"),
		"unranked":        row(groupA, "root"),
		"empty token":     row(groupA, ""),
		"group twice":     func(p *model.RoleTable) { p.Rows = append(p.Rows, p.Rows[0]) },
		"ranked twice":    rank("admin"),
		"empty rank":      rank(""),
		"control":         rank("a\x1bb"),
		"line":            rank("a\nb"),
		"separator":       rank("a\u2028b"),
		"bidi":            rank("a\u202eb"),
		"invalid utf-8":   rank("a\xff"),
		"long":            rank(strings.Repeat("x", 151)),
		"default":         func(p *model.RoleTable) { p.Default = "root" },
		"url scheme":      url("ftp://companion"),
		"url no host":     url("http://"),
		"url user":        url("http://a:b@companion"),
		"url query":       url("http://companion?x"),
		"url empty query": url("http://companion?"),
		"url fragment":    url("http://companion#"),
		"url slash":       url("http://companion/"),
		"url quote":       url(`http://companion/"+x+"`),
		"url line":        url("http://companion\n"),
		"url non-ascii":   url("http://cömpanion"),
		"url relative":    url("companion:8080"),
		"generation":      func(p *model.RoleTable) { p.Generation = -1 },
		"sum":             func(p *model.RoleTable) { p.Sum = `" + x + "` },
		"sum with line":   func(p *model.RoleTable) { p.Sum = strings.Repeat("a", 64) + "\n" },
		"table too large": func(p *model.RoleTable) {
			p.Rows = nil
			for i := range 2000 {
				id := "00000000-0000-4000-8000-" + strings.Repeat("0", 8) + string([]byte{"0123456789abcdef"[i>>12&15], "0123456789abcdef"[i>>8&15], "0123456789abcdef"[i>>4&15], "0123456789abcdef"[i&15]})
				p.Rows = append(p.Rows, model.RoleTableRow{Group: model.GroupID(id), Token: "admin"})
			}
		},
	} {
		p := params()
		change(&p)
		if text, err := authentik.RenderRoles(p); model.CodeOf(err) != model.CodeInvalid {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	p := params()
	for name, c := range map[string]struct {
		groups []model.GroupID
		def    string
		want   []string
	}{
		"none":           {nil, "", nil},
		"default":        {nil, "viewer", []string{"viewer"}},
		"one":            {[]model.GroupID{groupB}, "", []string{"viewer"}},
		"highest":        {[]model.GroupID{groupB, groupA}, "", []string{"admin"}},
		"default higher": {[]model.GroupID{groupB}, "editor", []string{"editor"}},
		"other group":    {[]model.GroupID{"x"}, "", nil},
	} {
		p.Default = c.def
		if got := p.Resolve(c.groups); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
