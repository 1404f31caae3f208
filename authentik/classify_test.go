package authentik_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/model"
)

const (
	stockTrue    = "return {\n    \"email\": request.user.email,\n    \"email_verified\": True\n}\n"
	stockFalse   = "return {\n    \"email\": request.user.email,\n    \"email_verified\": False\n}\n"
	stockNothing = "# This scope is required.\n# It grants nothing.\nreturn {}\n"
	stockProfile = "return {\n    # a comment\n    \"name\": request.user.name,\n    \"given_name\": request.user.name,\n" +
		"    \"preferred_username\": request.user.username,\n    \"nickname\": request.user.username,\n" +
		"    # another one\n    \"groups\": [group.name for group in request.user.ak_groups.all()],\n}\n"
)

func rolesText(t *testing.T, p model.RoleTable) string {
	t.Helper()
	text, err := authentik.RenderRoles(p)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// proves S10: what is not known to the letter, or stands twice, is unknown.
func TestClassify(t *testing.T) {
	t.Parallel()
	m := func(name, scope, managed, expression string) authentik.Mapping {
		return authentik.Mapping{Name: model.Untrusted(name), Scope: scope, Managed: managed, Expression: expression}
	}
	var (
		openid   = m("openid", "openid", authentik.ManagedStockOpenID, stockNothing)
		profile  = m("profile", "profile", authentik.ManagedStockProfile, stockProfile)
		profile2 = m("profile2", "profile", authentik.ManagedStockProfile, strings.Replace(stockProfile, "ak_groups", "groups", 1))
		old      = m("stock", "email", authentik.ManagedStockEmail, stockTrue)
		stock    = m("stock", "email", authentik.ManagedStockEmail, stockFalse)
		noText   = m("stock", "email", authentik.ManagedStockEmail, "")
		edited   = m("edited", "email", authentik.ManagedStockEmail, "return {\"email\": request.user.email, \"email_verified\": request.user.is_active}")
		guide    = m("guide", "email", "", "return {'email': request.user.email, 'email_verified': True}")
		ours     = m("ours", "email", authentik.ManagedEmail, authentik.EmailAddress()+"\n")
		tampered = m("tampered", "email", authentik.ManagedEmail, strings.Replace(authentik.EmailAddress(), "==", "!=", 1))
		roles    = m("roles", "romm_roles", authentik.ManagedRoles, rolesText(t, model.RoleTable{Rank: []string{"admin"}}))
		roles2   = m("roles2", "romm_roles", "", rolesText(t, model.RoleTable{Rank: []string{"user"}}))
		badRoles = m("bad roles", "romm_roles", authentik.ManagedRoles, roles.Expression+"  # x")
		groups   = m("groups", "groups", "", "return {'groups': []}")
		wrong    = m("wrong scope", "profile", authentik.ManagedRoles, roles.Expression)
		hidden   = authentik.Mapping{Name: "hidden", Hidden: true}
	)
	const now = "2026.5.3"
	for name, c := range map[string]struct {
		version  string
		claim    string
		selected []authentik.Mapping
		verified model.VerifiedRule
		profile  bool
		roleMap  bool
		unknown  []string
	}{
		"nothing":                   {now, "romm_roles", nil, model.VerifiedAbsent, false, false, nil},
		"stock 2025.8":              {"2025.8.1", "romm_roles", []authentik.Mapping{openid, old, profile}, model.VerifiedAlways, true, false, nil},
		"stock 2025.10":             {"2025.10.4", "romm_roles", []authentik.Mapping{openid, stock, profile}, model.VerifiedNever, true, false, nil},
		"stock 2026.5":              {now, "romm_roles", []authentik.Mapping{openid, stock, profile2}, model.VerifiedNever, true, false, nil},
		"text beats version":        {now, "romm_roles", []authentik.Mapping{old}, model.VerifiedAlways, false, false, nil},
		"no text 2025.8":            {"2025.8.1", "romm_roles", []authentik.Mapping{noText}, model.VerifiedAlways, false, false, nil},
		"no text 2025.10":           {"2025.10.0-rc1", "romm_roles", []authentik.Mapping{noText}, model.VerifiedNever, false, false, nil},
		"no text, no version":       {"?", "romm_roles", []authentik.Mapping{noText}, model.VerifiedNever, false, false, nil},
		"stock edited in place":     {now, "romm_roles", []authentik.Mapping{edited}, model.VerifiedUnknown, false, false, []string{"edited"}},
		"guide":                     {now, "romm_roles", []authentik.Mapping{openid, profile, guide}, model.VerifiedAlways, true, false, nil},
		"ours":                      {now, "romm_roles", []authentik.Mapping{openid, profile, ours, roles}, model.VerifiedAddress, true, true, nil},
		"ours changed":              {now, "romm_roles", []authentik.Mapping{tampered}, model.VerifiedUnknown, false, false, []string{"tampered"}},
		"roles changed":             {now, "romm_roles", []authentik.Mapping{ours, badRoles}, model.VerifiedAddress, false, false, []string{"bad roles"}},
		"roles twice":               {now, "romm_roles", []authentik.Mapping{ours, roles, roles2}, model.VerifiedAddress, false, false, []string{"roles", "roles2"}},
		"stock and ours":            {now, "romm_roles", []authentik.Mapping{stock, ours}, model.VerifiedUnknown, false, false, []string{"stock", "ours"}},
		"ours and stock":            {now, "romm_roles", []authentik.Mapping{ours, stock}, model.VerifiedUnknown, false, false, []string{"ours", "stock"}},
		"two that agree":            {now, "romm_roles", []authentik.Mapping{old, guide}, model.VerifiedAlways, false, false, nil},
		"three":                     {now, "romm_roles", []authentik.Mapping{guide, stock, old}, model.VerifiedUnknown, false, false, []string{"guide", "stock", "stock"}},
		"known and unknown":         {now, "romm_roles", []authentik.Mapping{guide, edited}, model.VerifiedUnknown, false, false, []string{"edited", "guide"}},
		"empty mapping for email":   {now, "romm_roles", []authentik.Mapping{m("nil", "email", "", "return {}")}, model.VerifiedAbsent, false, false, nil},
		"scope that is not asked":   {now, "romm_roles", []authentik.Mapping{ours, groups}, model.VerifiedAddress, false, false, nil},
		"scope of the claim":        {now, "groups", []authentik.Mapping{ours, groups}, model.VerifiedAddress, false, false, []string{"groups"}},
		"our roles, other claim":    {now, "groups", []authentik.Mapping{ours, roles}, model.VerifiedAddress, false, true, nil},
		"both, other claim":         {now, "groups", []authentik.Mapping{ours, roles, roles}, model.VerifiedAddress, false, false, nil},
		"our roles in other scope":  {now, "romm_roles", []authentik.Mapping{ours, wrong}, model.VerifiedAddress, false, false, []string{"wrong scope"}},
		"email text in openid":      {now, "romm_roles", []authentik.Mapping{m("x", "openid", "", stockTrue)}, model.VerifiedAbsent, false, false, []string{"x"}},
		"hidden":                    {now, "romm_roles", []authentik.Mapping{ours, hidden}, model.VerifiedUnknown, false, false, []string{"hidden", "ours"}},
		"new profile text too soon": {"2025.12.4", "romm_roles", []authentik.Mapping{profile2}, model.VerifiedAbsent, false, false, []string{"profile2"}},
	} {
		got := authentik.Classify(c.version, c.claim, c.selected)
		var unknown []string
		for _, u := range got.Unknown {
			unknown = append(unknown, u.Raw())
		}
		if got.Verified != c.verified || got.Profile != c.profile || got.RoleMap != c.roleMap || !slices.Equal(unknown, c.unknown) {
			t.Errorf("%s: verified %q, profile %v, roles %v, unknown %q; want %q, %v, %v, %q",
				name, got.Verified, got.Profile, got.RoleMap, unknown, c.verified, c.profile, c.roleMap, c.unknown)
		}
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	base := authentik.Canonical(authentik.EmailAlways())
	for _, same := range []string{
		stockTrue,
		"return {'email':request.user.email,'email_verified':True}",
		"\r\n\r\nreturn   { \"email\" : request.user.email ,\r\n\t\"email_verified\" : True , }  # fine\r\n",
		"# why\nreturn{\n# \"}\n\"email\": request.user.email, \"email_verified\": True}",
	} {
		if got := authentik.Canonical(same); got != base {
			t.Errorf("%q becomes %q, want %q", same, got, base)
		}
	}
	for _, other := range []string{
		stockFalse,
		"return\n{\"email\": request.user.email, \"email_verified\": True}", // returns nothing
		"return {\"email\": request.user.email, \"email_verified\": \"True\"}",
		"return {\"e mail\": request.user.email, \"email_verified\": True}",
		"return {\"email\": request.user.email, \"email_verified\": True, \"email_verified\": False}",
		"return {\"email\": request.user.email, f\"email_verified\": True}",
		"return {\"email\": request.user.email, \"email_verified\": True} if x else {}",
		"return {\"email\": request.user.email, \"email_verified\": T rue}",
		"return [{\"email\": request.user.email, \"email_verified\": True}]",
		"return ({\"email\": request.user.email, \"email_verified\": True},)",
		"x = 1\nreturn {\"email\": request.user.email, \"email_verified\": True}",
		"return {\"\"\"email\"\"\": request.user.email, \"email_verified\": True}",
		"return {\"email\": request.user.email, \"email_verified\": True",
		"return {\"email: request.user.email, \"email_verified\": True}",
		"return {\"email#\": request.user.email, \"email_verified\": True}",
		"return {'em\\ail': request.user.email, 'email_verified': True}",
		"",
	} {
		if got := authentik.Canonical(other); got == base {
			t.Errorf("%q is taken for the same", other)
		}
	}
}

// A comma makes a tuple, so it stays there.
func TestCanonicalTuple(t *testing.T) {
	t.Parallel()
	if authentik.Canonical("return (x,)") == authentik.Canonical("return (x)") {
		t.Error("a tuple is taken for its element")
	}
	if authentik.Canonical("return [x,]") != authentik.Canonical("return [x]") {
		t.Error("a trailing comma in a list counts")
	}
	for _, text := range []string{`return 'a"b'`, `return 'a\tb'`} {
		if got := authentik.Canonical(text); !strings.HasSuffix(got, "b'") {
			t.Errorf("%s becomes %s, which is another text", text, got)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{stockTrue, stockProfile, authentik.EmailAddress(), "'", "\"\\", "]]]", "[,],(,),{,}", "\xe0", "return é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := authentik.Canonical(s)
		if len(once) > len(s) {
			t.Errorf("%q grew to %q", s, once)
		}
		authentik.Recognise(s)
	})
}

func TestParseRelease(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]authentik.Release{
		"2025.10.4": {Year: 2025, Month: 10, Patch: 4}, "2026.2.3-rc1": {Year: 2026, Month: 2, Patch: 3}, "2026.5": {Year: 2026, Month: 5},
		"": {}, "2026": {}, "a.b": {}, "1.2.3.4": {}, "2026.-1": {},
	} {
		if got := authentik.ParseRelease(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
	r := authentik.ParseRelease("2025.10.4")
	if !r.AtLeast(2025, 10) || !r.AtLeast(2024, 12) || r.AtLeast(2025, 12) || r.AtLeast(2026, 2) || !(authentik.Release{}).AtLeast(2026, 5) {
		t.Error("AtLeast is wrong")
	}
}
