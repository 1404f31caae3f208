package model

import (
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// loginCase is one login to decide about, in the form of `romm-admin decide`.
type loginCase struct {
	version  string
	settings Settings
	users    []LocalUser
	claims   Claims // nil: no userinfo
	userinfo *UserInfo
}

// line encodes the case as one line of JSON.
func (c loginCase) line(name string) []byte {
	column := func(c NullText) any {
		if !c.Valid {
			return nil
		}
		return c.Text.Raw()
	}
	users := make([]map[string]any, 0, len(c.users))
	for _, u := range c.users {
		j := map[string]any{"id": u.ID, "username": u.Username.Raw(), "email": column(u.email()), "role": u.Role, "enabled": u.Enabled}
		if u.Link.Known {
			j["oidc_issuer"], j["oidc_sub"] = column(u.Link.Issuer), column(u.Link.Subject)
		}
		users = append(users, j)
	}
	var userinfo any
	if c.userinfo != nil {
		userinfo = map[string]any{"status": c.userinfo.Status, "claims": standIns(c.userinfo.Claims)}
	}
	s := c.settings
	b, err := json.Marshal(map[string]any{
		"name": name, "users": users, "claims": standInsOf(c.claims), "userinfo": userinfo,
		"settings": map[string]any{
			"version": c.version, "database": s.Database, "oidc_enabled": !s.Disabled,
			"claim_roles": s.ClaimRoles, "role_admin": s.RoleAdmin, "role_editor": s.RoleEditor, "role_viewer": s.RoleViewer,
			"allow_registration": s.AllowRegistration, "username_attribute": s.UsernameAttribute,
			"claims_supported": s.ClaimsSupported,
		},
	})
	if err != nil {
		panic(err) // the case holds nothing that JSON cannot
	}
	return append(halves.ReplaceAll(b, []byte(`\ud8$1`)), '\n')
}

// A claim may hold half of a surrogate pair, which [json.Marshal] replaces: it goes
// by a stand-in.
var halves = regexp.MustCompile("\ufdd0([0-9a-f]{2})")

func standIns(v any) any {
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, "\xed\xa0\x80", "\ufdd000")
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = standIns(v[i])
		}
		return out
	case map[string]any:
		return standInsOf(v)
	}
	return v
}

func standInsOf(c map[string]any) map[string]any {
	if c == nil {
		return nil
	}
	out := make(map[string]any, len(c))
	for name, v := range c {
		out[name] = standIns(v)
	}
	return out
}

func (c loginCase) decide() Verdict {
	return DecideWithUserInfo(c.claims, c.userinfo, NewAccounts(c.users), c.settings)
}

// clone copies what shrinking changes.
func (c loginCase) clone() loginCase {
	c.users = slices.Clone(c.users)
	if c.claims != nil {
		claims := make(Claims, len(c.claims))
		for k, v := range c.claims {
			claims[k] = v
		}
		c.claims = claims
	}
	return c
}

// generator makes random logins in which something happens: names and
// addresses come from small pools and are varied in the ways that databases
// look through.
type generator struct{ *rand.Rand }

func generate(seed, number uint64) loginCase {
	g := generator{rand.New(rand.NewPCG(seed, number))}
	version := pick(g, "4.3.1", "4.3.9", "4.4.0", "4.4.1", "4.5.0", "4.6.1", "4.7.9", "4.8.0", "4.9.2",
		"5.0.0", "5.1.0", "5.2.0", "5.2.1", "development", "5.3.0", "5.3.1", "5.4.0", "5.4.1", "5.4.0", "5.5.0", "5.5.1", "5.5.0", "6.0.0")
	c := loginCase{version: version}
	c.settings = g.settings(version)
	c.users = g.users(c.settings.Version)
	if c.settings.Version.Links() {
		g.link(c.users)
	}
	switch {
	case g.chance(2): // no userinfo
	case g.chance(2):
		c.claims = Claims{}
	default:
		c.claims = g.claims(c)
		if g.chance(30) {
			c.userinfo = g.userinfo(c)
		}
	}
	return c
}

const someIssuer = "https://idp.x.org/"

func (g generator) subject() string {
	return pick(g, "1", "1", "1", "2", "1abc", "S", "s", "é", " 1", "1.0e0x", "0", "", "-", "{1}", "['1']", "true")
}

// link links accounts, as the unique index has it, all known, or some, or none.
func (g generator) link(users []LocalUser) {
	known := pick(g, 100, 100, 100, 60, 0)
	held := map[linkKey]bool{}
	for i := range users {
		k := OIDCLink{Known: g.chance(known)}
		if g.chance(70) {
			k.Issuer = NullText{Untrusted(pick(g, someIssuer, someIssuer, someIssuer, "https://old.x.org/", "")), true}
		}
		if k.Issuer.Valid && g.chance(95) || g.chance(3) {
			k.Subject = NullText{Untrusted(g.subject()), true}
		}
		key := linkKey{k.Issuer.Text, k.Subject.Text}
		if k.Known && !held[key] {
			users[i].Link = k
		} else {
			users[i].Link.Known = k.Known
		}
		held[key] = held[key] || k.Issuer.Valid && k.Subject.Valid
	}
}

// identity adds issuer and subject to the claims.
func (g generator) identity(c Claims) {
	c["iss"], c["sub"] = someIssuer, g.subject()
	switch {
	case g.chance(5):
		c["iss"] = pick(g, "https://old.x.org/", "", strings.Repeat("x", maxColumn+1), "https://idp.x.org/ ")
	case g.chance(15):
		c["sub"] = pick[any](g, nil, json.Number("1"), json.Number("1.0"), json.Number("0"), true, false, []any{"1"}, []any{json.Number("1")},
			map[string]any{"1": nil}, "a\x00", "\xed\xa0\x80", strings.Repeat("x", maxColumn+1), "1"+strings.Repeat(" ", maxColumn))
	case g.chance(8):
		delete(c, pick(g, "iss", "sub"))
	}
}

// userinfo leaves claims to the UserInfo endpoint.
func (g generator) userinfo(c loginCase) *UserInfo {
	u := &UserInfo{Status: pick(g, 200, 200, 200, 200, 201, 401, 500)}
	answer := g.claims(c)
	if g.chance(85) {
		answer["sub"] = c.claims["sub"]
	}
	if g.chance(50) {
		answer["email"] = c.claims["email"]
	}
	for name := range answer {
		if g.chance(25) {
			delete(answer, name)
		}
	}
	for _, name := range []string{"email", "email_verified", "preferred_username", "nickname", "groups"} {
		if g.chance(25) {
			delete(c.claims, name)
		}
	}
	u.Claims = map[string]any(answer)
	if g.chance(5) {
		u.Claims = g.anything(1)
	}
	return u
}

func (g generator) chance(percent int) bool { return g.IntN(100) < percent }

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

func (g generator) settings(version string) Settings {
	v, err := ParseVersion(version)
	if err != nil {
		panic(err) // a mistake in the list above
	}
	value := func(likely string) string {
		if g.chance(60) {
			return likely
		}
		return pick(g, "", "", "*", "a", "admin,user", "user", "kids", "é", "romm-admin", "a, admin,,", "x,*", ",", "romm-admin,viewer")
	}
	return Settings{
		Version: v, Database: pick(g, append(databases[:], DatabaseUnknown, DatabaseUnknown, DatabaseMySQL, DatabaseMySQL0900)...), Disabled: g.chance(2),
		ClaimRoles: pick(g, "", "groups", "groups", "groups", "groups", "realm.roles", "email", "preferred_username"),
		RoleAdmin:  value("admin"), RoleEditor: value("editor"), RoleViewer: value("viewer"),
		AllowRegistration: g.chance(80),
		UsernameAttribute: pick(g, "", "preferred_username", "preferred_username", "nickname", "email", "preferred_username", "nickname", " "),
		ClaimsSupported: pick(g, nil, nil, []string{}, []string{"sub", "email"}, []string{"email_verified"},
			[]string{"sub", "email", "email_verified"}),
	}
}

var (
	someNames = []string{
		"bob", "alice", "admin", "kim", "ivan", "jess", "fifi", "joe.doe", "x", "", "user_1",
		"ёжик", "ΣΑΣ", "níκος", "kırmızı", "straße", "안녕", "l·l", "йод",
	}
	someAddresses = []string{
		"bob@x.org", "alice@x.org", "kim@kiss.org", "ivan@x.org", "jess@x.org", "fifi@x.org", "o'neil@x",
		"ёжик@x.org", "ΣΑΣ@x.org", "user1@x.org", "йод@x.org",
	}
)

func (g generator) users(v Version) []LocalUser {
	var users []LocalUser
	id := int64(0)
	for range g.IntN(6) {
		id += 1 + g.Int64N(3)
		u := LocalUser{
			ID: id, Username: Untrusted(g.varied(pick(g, someNames...), 25)),
			Role: pick(g, append(v.Roles(), RoleAdmin, RoleUser)...), Enabled: g.chance(85),
		}
		switch {
		case g.chance(12): // NULL
		case g.chance(8):
			u.EmptyEmail = true
		default:
			u.Email = Untrusted(g.varied(pick(g, someAddresses...), 20))
		}
		if askable(u.Username.Raw(), DatabasePostgreSQL) && len([]rune(u.Username)) <= maxColumn &&
			askable(u.Email.Raw(), DatabasePostgreSQL) && len([]rune(u.Email)) <= maxColumn {
			users = append(users, u) // a database can hold it
		}
	}
	if g.chance(20) {
		g.Shuffle(len(users), func(i, j int) { users[i], users[j] = users[j], users[i] })
	}
	return users
}

func (g generator) claims(c loginCase) Claims {
	claims := Claims{}
	g.identity(claims)
	put := func(name string, usual int, text func() any) {
		switch {
		case g.chance(usual):
			claims[name] = text()
		case g.chance(75):
			claims[name] = g.anything(2)
		}
	}
	put("email", 92, func() any {
		if len(c.users) > 0 && g.chance(60) {
			return g.varied(pick(g, c.users...).Email.Raw(), 40)
		}
		return g.varied(pick(g, someAddresses...), 30)
	})
	put("email_verified", 80, func() any { return true })
	for _, name := range []string{"preferred_username", "nickname"} {
		put(name, 90, func() any {
			if len(c.users) > 0 && g.chance(40) {
				return g.varied(pick(g, c.users...).Username.Raw(), 40)
			}
			return g.varied(pick(g, someNames...), 30)
		})
	}
	put("groups", 60, func() any {
		list := []any{}
		for range g.IntN(4) {
			list = append(list, pick(g, "admin", "editor", "viewer", "romm-admin", "other", "*", "user", "Admin", "admin,user", "é"))
		}
		return list
	})
	if g.chance(10) {
		claims["realm.roles"] = g.anything(2)
	}
	return claims
}

// anything is a JSON value of any type.
func (g generator) anything(depth int) any {
	switch g.IntN(8) {
	case 0:
		return nil
	case 1:
		return g.chance(50)
	case 2:
		return json.Number(pick(g, "0", "-0", "0.0", "0e9", "1e-400", "1", "5", "-1", "0.5", "1e400", "12345678901234567890123"))
	case 3, 4:
		return pick(g, "", "true", "false", "admin", "romm-admin-retired", "editor viewer", "*", "x", "é")
	case 5, 6:
		list := []any{}
		for range g.IntN(3) {
			list = append(list, g.deeper(depth))
		}
		return list
	}
	obj := map[string]any{}
	for range g.IntN(3) {
		obj[pick(g, "admin", "editor", "roles", "é")] = g.deeper(depth)
	}
	return obj
}

func (g generator) deeper(depth int) any {
	if depth == 0 {
		return "admin"
	}
	return g.anything(depth - 1)
}

// varied returns s, or with that chance one of its look-alikes.
func (g generator) varied(s string, percent int) string {
	for g.chance(percent) {
		s = g.alike(s)
		percent /= 3
	}
	return s
}

// farSwaps are pairs that only a collation takes for equal, one of them, or none
// though they look so: other scripts, signs that lower-case in several ways,
// digits, marks of several weights, sequences, characters outside 16 bits.
var farSwaps = []string{
	"d", "ð", "l", "ŀ", "l", "\u2113", "s", "ẞ", "ß", "ẞ", "i", "\u0131", "ı", "i", "ı", "I", "i", "İ", "i", "i\u0307", "k", "\u212a",
	"ё", "е", "ё", "Ё", "ё", "е\u0308", "и", "й", "и", "и\u0306", "й", "и\u0306", "й", "и", "й", "Й", "ж", "Ж", "í", "ì", "κ", "Κ", "ο", "ό", "ς", "σ", "ς", "Σ", "Σ", "σ", "Σ", "ς", "Α", "ά",
	"1", "\u0661", "1", "①", "1", "\u06f1", "1", "\U0001d7cf", "o", "º", "o", "\u043e", "e", "\u212f", "a", "ª", "a", "a\u0363", "a", "\U0001f130",
	"l·", "l\u0387", "l·", "ŀ", "·", "\u0387", ".", "\u2024", ".", "\u3002", "@", "@\u0483", "@", "@\u20dd", "@", "@\u0903", "@", "@\u0640",
	"안", "\u110b\u1161\u11ab", "녕", "\u4e00", "x", "\u2169", "x", "\u2179", "x", "x\u0488", "x", "\u0445", "fi", "ﬁ", "ff", "\ufb00", "b", "😀", "b", "🎮", "b", "\ufffd",
	"@", "'@", "@", ".@", "s", "sΣ", "s", "Σs", "S", "S\u0301Σ'", "x", "\u3000", "x", "\u02c6",
}

func (g generator) alike(s string) string {
	if g.chance(30) {
		_, first := utf8.DecodeRuneInString(s)
		if _, isHalf := half(s); isHalf {
			first = 0
		}
		return pick(g, strings.ToUpper(s), strings.ToUpper(s[:first])+s[first:])
	}
	swaps := []string{
		"o", "ö", "o", "ø", "o", "\uff4f", "o", "O", "o", "o\u0308", "b", "ⓑ", "b", "𝐛", "b", "B", "e", "é", "e", "É", "a", "\uff21",
		"k", "\u212a", "s", "ſ", "ss", "ß", "i", "ı", "i", "İ", "fi", "ﬁ", "d", "đ", "l", "ł", "c", "ç", "@", "\uff20", "x", "x\u200b",
	}
	if g.chance(50) {
		swaps = nil
		for i := 0; i < len(farSwaps); i += 2 {
			if strings.Contains(s, farSwaps[i]) {
				swaps = append(swaps, farSwaps[i:i+2]...)
			}
		}
	}
	if i := 2 * g.IntN(max(1, len(swaps)/2)); len(swaps) > 0 && strings.Contains(s, swaps[i]) {
		return strings.Replace(s, swaps[i], swaps[i+1], 1)
	}
	return pick(g, s+" ", s+"  ", " "+s, s+"\u00a0", s+"\u200b", s+" \u200b", s+"\n", s+"\t", "\u202e"+s, s+"\x01", "+"+s, s+"2", s+"\x00", s+"\xed\xa0\x80",
		strings.Repeat(s, 90), s+strings.Repeat(" ", 255), s+strings.Repeat("é", 254))
}
