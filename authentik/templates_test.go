package authentik_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// TestReleasedTextsNeverChange: owners have these texts in Authentik. Who wants
// other words adds a file with the next number, and its sum here.
func TestReleasedTextsNeverChange(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"roles.v1":         "bb6a876f81e6ba480649a5353f3e4df9e9dd82b76b7a514459c96d3c362788a5",
		"roles.v2":         "134f3d83d82b588d732ee851fcf6a482438a8914ecaff6e8c6625ffb4ea94791",
		"email-address.v1": "cc9f9d0ee02c0a1e8e23314c628d9cfbab79814eb0e72daea3c0ed3abefcb9a8",
		"email-always.v1":  "e90e35c9076fac439f03b05fc8d5c7c467365afd388d24477c9cff61260700c5",
	}
	for name, text := range authentik.ReleasedTexts() {
		sum := sha256.Sum256([]byte(text))
		if got := hex.EncodeToString(sum[:]); got != want[name] {
			t.Errorf("%s has the sum %s, want %s", name, got, want[name])
		}
		delete(want, name)
	}
	if len(want) != 0 {
		t.Errorf("gone: %v", want)
	}
}

// newerTexts are those of a release that does not exist: other words in both
// texts, and nothing else.
func newerTexts(t *testing.T) (roles, address string) {
	t.Helper()
	texts := authentik.ReleasedTexts()
	roles = strings.Replace(texts["roles.v1"], "using the table", "using the published table", 1)
	address = strings.Replace(texts["email-address.v1"], "verified = (\n", "known = trusted is not None\nverified = (\n    known and\n", 1)
	if roles == texts["roles.v1"] || address == texts["email-address.v1"] {
		t.Fatal("the posed texts are no others")
	}
	return roles, address
}

// older is an Authentik that was set up by this release, and a client of the
// next one.
func older(t *testing.T) fixture {
	t.Helper()
	seed := setupSeed("")
	seed.Native = nil // it would know the released texts only
	setUps(t)["whole"](&seed)
	f := start(t, seed, nil, nil)
	roles, address := newerTexts(t)
	f.client.Release(roles, address, "")
	return f
}

func states(r *model.Review, g plan.SetupGoal) map[string]plan.SetupCheck {
	out := map[string]plan.SetupCheck{}
	for _, c := range plan.CheckSetup(r, g) {
		out[c.ID] = c
	}
	return out
}

// proves S11 and S35: a text of an older release is read as what it says, is
// told as older and not as somebody's change, is brought up to date by set-up,
// once, and comes back when that is undone.
func TestOlderTexts(t *testing.T) {
	t.Parallel()
	f := older(t)
	before := map[string]string{}
	for _, mark := range []string{model.MarkEmail, model.MarkRoles} {
		before[mark] = f.mapping(t, mark).Expression
	}
	r := f.rommWorld(t)
	if p := r.World.Provider; !p.Predictable() || p.Table == nil || p.RolesMark != model.MarkRoles || p.Verified != model.VerifiedAddress || r.Stats.UsableAdmins != 1 {
		t.Errorf("an older text is not predicted: %+v, %+v", p, r.Stats)
	}
	for _, id := range []string{"email-verified", "roles-mapping"} {
		c := states(r, f.goal(t))[id]
		if c.State != plan.CheckOlder || c.Fails() || !strings.Contains(c.Evidence, "is of an older release") ||
			strings.Contains(c.Evidence, "by hand") || !strings.Contains(c.Repair, "brings it up to date") || strings.Contains(c.Repair, "not kept") {
			t.Errorf("%+v", c)
		}
	}
	p, err := plan.SetUp(r, f.goal(t))
	if err != nil || len(p.Changes) != 2 {
		t.Fatalf("%v, %v", kindsOf(p), err)
	}
	if got := p.Changes[0].Before; got != `{"name":"RomM Email Verification","scope":"email","email_verified":"address"}` {
		t.Errorf("v1 is stored as %s", got.Raw())
	}
	for _, c := range p.Changes {
		removed, added := c.Lines()
		was, is, gone := `"email_verified":"address"}`, `,"template":2}`, []string(nil)
		text := "text v2 of romm-admin"
		if c.Object == model.MarkRoles {
			was, is, gone, text = `,"template":2}`, `,"template":3}`, []string{text}, "text v3 of romm-admin"
		}
		if c.Kind != plan.ChangeScopeMapping || !strings.HasSuffix(c.Before.Raw(), was) || !strings.HasSuffix(c.After.Raw(), is) ||
			!slices.Equal(removed, gone) || !slices.Equal(added, []string{text}) {
			t.Errorf("%s becomes %s: -%q +%q", c.Before.Raw(), c.After.Raw(), removed, added)
		}
	}
	if strings.Contains(p.Warning, "not kept") {
		t.Errorf("warning %q", p.Warning)
	}
	done := f.carry(t, r, p)
	f.isNewest(t)
	if again, err := plan.SetUp(done, f.goal(t)); err != nil || len(again.Changes) != 0 {
		t.Errorf("a second run: %v, %v", kindsOf(again), err)
	}
	for _, c := range states(done, f.goal(t)) {
		if c.Fails() || c.State == plan.CheckOlder {
			t.Errorf("afterwards %+v", c)
		}
	}
	var entries []plan.JournalEntry
	for i, c := range p.Changes {
		entries = append(entries, plan.JournalEntry{Seq: int64(i + 1), PlanID: "p", Plan: p.Title, Change: c, Outcome: plan.OutcomeDone})
	}
	undo, err := plan.Undo(done, entries)
	if err != nil {
		t.Fatal(err)
	}
	back := f.carry(t, done, undo)
	for mark, text := range before {
		if got := f.mapping(t, mark).Expression; got != text {
			t.Errorf("undone, %s is\n%s", mark, got)
		}
	}
	if c := states(back, f.goal(t))["roles-mapping"]; c.State != plan.CheckOlder {
		t.Errorf("undone: %+v", c)
	}
}

// isNewest holds both mappings to the texts of the release that is posed.
func (f fixture) isNewest(t *testing.T) {
	t.Helper()
	_, address := newerTexts(t)
	if got := f.mapping(t, model.MarkEmail).Expression; got != strings.TrimSpace(address) {
		t.Errorf("written:\n%s", got)
	}
	table := f.rommWorld(t).World.Provider.Compiled
	if want, err := f.client.RenderNewest(*table); err != nil || f.mapping(t, model.MarkRoles).Expression != want {
		t.Errorf("%v, written:\n%s", err, f.mapping(t, model.MarkRoles).Expression)
	}
}

// Publishing writes the newest text too, and a change that an older release
// recorded is undone in the text that it was made in.
func TestPublishBringsTheNewestText(t *testing.T) {
	t.Parallel()
	f := older(t)
	r := f.rommWorld(t)
	now, _ := r.World.Setup.Mapping(model.MarkRoles)
	recorded := now // by the older release, whose newest text had no number yet
	table := *now.Roles
	table.Default = "viewer"
	recorded.Roles = &table
	if err := f.client.SetMapping(t.Context(), model.MarkRoles, &now, &recorded); err != nil {
		t.Fatal(err)
	}
	if err := f.client.SetMapping(t.Context(), model.MarkRoles, &recorded, &now); err != nil {
		t.Fatalf("what the older release did cannot be undone: %v", err)
	}
	if got := f.mapping(t, model.MarkRoles).Expression; strings.Contains(got, "published table") {
		t.Errorf("undone in another text:\n%s", got)
	}
	r = f.rommWorld(t)
	r.World.Roles.Default = model.RoleUser
	p, err := plan.Publish(r)
	if err != nil || !strings.Contains(p.Changes[0].After.Raw(), `"template":3`) {
		t.Fatalf("%v, %v", kindsOf(p), err)
	}
	_, after, err := p.Changes[0].ScopeMappings()
	if err == nil {
		err = f.client.SetMapping(t.Context(), model.MarkRoles, &now, after)
	}
	if got, _ := f.rommWorld(t).World.Setup.Mapping(model.MarkRoles); err != nil || got.Template != 3 || got.Roles.Default == "" {
		t.Errorf("%+v, %v", got, err)
	}
}

// A text of a release that is newer than this one is neither guessed at nor
// written.
func TestLaterTexts(t *testing.T) {
	t.Parallel()
	f := older(t)
	r := f.rommWorld(t)
	p, err := plan.SetUp(r, f.goal(t))
	if err != nil {
		t.Fatal(err)
	}
	f.carry(t, r, p)
	f.client.Release("", "", "") // the older release is started again
	now := f.rommWorld(t)
	have, _ := now.World.Setup.Mapping(model.MarkRoles)
	if have.Unknown == "" || now.World.Provider.Predictable() {
		t.Errorf("%+v is read from a text that is not known", have)
	}
	before, after, err := p.Changes[1].ScopeMappings()
	if err != nil {
		t.Fatal(err)
	}
	writes := total(f.fake.Effects())
	for name, c := range map[string]struct {
		before, after *model.ScopeMapping
		code          model.Code
	}{
		"undone":  {after, before, model.CodeConflict},
		"written": {&have, after, model.CodeRefused},
	} {
		if err := f.client.SetMapping(t.Context(), model.MarkRoles, c.before, c.after); model.CodeOf(err) != c.code || model.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := total(f.fake.Effects()); n != writes {
		t.Errorf("%d writes", n-writes)
	}
}

// proves S10: the texts of the public guides are known in any layout, and no
// text that does something else is taken for one of them.
func TestGuides(t *testing.T) {
	t.Parallel()
	const always, attribute = authentik.KindEmailAlways, authentik.KindEmailAttribute
	const romm, docs = "RomM's guide", "Authentik's documentation"
	for text, want := range map[string]authentik.Known{
		"return {\n    \"email\": user.email,\n    \"email_verified\": True,\n}":                                                                       {Kind: always, Source: romm},
		"# from the guide\r\nreturn {'email': user.email, 'email_verified': True}  # all":                                                              {Kind: always, Source: romm},
		"return{\"email\":user.email,\"email_verified\":True,}\n\n":                                                                                    {Kind: always, Source: romm},
		"return {\n    \"email\": request.user.email,\n    \"email_verified\": True,\n}":                                                               {Kind: always, Source: docs, Template: 1},
		"return {\n    \"email\": request.user.email,\n    \"email_verified\": request.user.attributes.get(\"email_verified\", False),\n}":             {Kind: attribute, Source: docs},
		"return {'email': user.email,\n\t'email_verified': user.attributes.get('email_verified', False)}":                                              {Kind: attribute, Source: docs},
		"return {'email': user.email, 'email_verified': request.user.attributes.get('email_verified', False)}":                                         {Kind: attribute, Source: docs},
		"return {\"email\": user.email, \"email_verified\": False}":                                                                                    {},
		"return {\"email\": user.email, \"email_verified\": \"True\"}":                                                                                 {},
		"return {\"email\": user.username, \"email_verified\": True}":                                                                                  {},
		"return {\"email\": user.email.lower(), \"email_verified\": True}":                                                                             {},
		"return {\"email\": user.email, \"email_verified\": True} if user.is_active else {}":                                                           {},
		"user = request.http_request.user\nreturn {\"email\": user.email, \"email_verified\": True}":                                                   {},
		"return {\"email\": userXemail, \"email_verified\": True}":                                                                                     {},
		"return {\"email\": user.email, \"email_verified\": True, \"name\": user.name}":                                                                {},
		"return {\"email\": request.user.email, \"email_verified\": request.user.attributes.get(\"email_verified\", True)}":                            {},
		"return {\"email\": request.user.email, \"email_verified\": request.user.attributes.get(\"verified\", False)}":                                 {},
		"return {\"email\": request.user.email, \"email_verified\": request.user.group_attributes().get(\"email_verified\", False)}":                   {},
		"return {\"email\": request.user.email, \"email_verified\": request.user.attributes.get(\"email_verified\", False) or request.user.is_active}": {},
	} {
		got, ok := authentik.Recognise(text)
		if ok != (want.Kind != "") || got.Kind != want.Kind || got.Source != want.Source || got.Template != want.Template {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

// RomM's guide to the letter is predicted like the one mapping that it is, and
// set-up leaves it.
func TestRomMsGuideIsPredicted(t *testing.T) {
	t.Parallel()
	seed := setupSeed("")
	setUps(t)["the guide"](&seed)
	seed.Mappings[0].Expression = "return {\n    \"email\": user.email,\n    \"email_verified\": True,\n}"
	r := start(t, seed, nil, nil).rommWorld(t)
	if p := r.World.Provider; p.Verified != model.VerifiedAlways || !p.Predictable() || p.VerifiedSource != "RomM's guide" {
		t.Errorf("%+v", p)
	}
	c := states(r, plan.SetupGoal{RedirectURI: rommRedirect})["email-verified"]
	if c.State != plan.CheckNotice || !strings.Contains(c.Evidence, "every address counts as verified") || !strings.Contains(c.Evidence, "the one of RomM's guide") {
		t.Errorf("%+v", c)
	}
	stock := authentik.Classify("2025.8.1", model.RolesClaim, []authentik.Mapping{{
		Name: "stock", Scope: "email", Managed: authentik.ManagedStockEmail, Expression: authentik.EmailAlways(),
	}})
	if stock.Verified != model.VerifiedAlways || stock.VerifiedSource != "" {
		t.Errorf("Authentik's own mapping is said to be from a guide: %+v", stock)
	}
}

// A mapping of Authentik's documentation follows the user's own attribute, and
// set-up leaves it, with the notice that a changed address stays verified.
func TestAttributeIsPredicted(t *testing.T) {
	t.Parallel()
	seed := setupSeed("")
	setUps(t)["the guide"](&seed)
	seed.Mappings[0].Expression = attributeText
	seed.Users[0].Attributes = map[string]any{model.AttrEmailVerified: true}
	seed.Users[1].Attributes = map[string]any{model.AttrEmailVerified: "true", "Email_Verified": true}
	seed.Users[1].Groups = seed.Users[0].Groups
	f := start(t, seed, nil, nil)
	r := f.rommWorld(t)
	if p := r.World.Provider; p.Verified != model.VerifiedAttribute || !p.Predictable() || p.VerifiedSource != "Authentik's documentation" {
		t.Errorf("%+v", p)
	}
	for _, p := range r.Pairs {
		want := map[model.Untrusted]any{"user00000": true, "user00001": "true"}[p.Identity.Username]
		if p.Identity.EmailVerified != want || p.Verified != (want == true) {
			t.Errorf("%s: the attribute is %v, verified %v", p.Identity.Username, p.Identity.EmailVerified, p.Verified)
		}
	}
	c := states(r, f.goal(t))["email-verified"]
	if c.State != plan.CheckNotice || !strings.Contains(c.Evidence, "attribute email_verified") || !strings.Contains(c.Repair, "--verify address") {
		t.Errorf("%+v", c)
	}
	p, err := plan.SetUp(r, f.goal(t))
	if err != nil || slices.ContainsFunc(p.Changes, func(c plan.Change) bool { return c.Object == model.MarkEmail }) {
		t.Errorf("%v, %v", kindsOf(p), err)
	}
}

// An indented line is another program than one that is not.
func TestCanonicalKeepsIndentation(t *testing.T) {
	t.Parallel()
	const text = "if a:\n    b = 1\n    c = 2\nreturn {}"
	if authentik.Canonical(text) == authentik.Canonical(strings.Replace(text, "    c", "c", 1)) {
		t.Error("the end of a block makes no difference")
	}
	if authentik.Canonical(text) != authentik.Canonical("# x\nif a:\n    b = 1  \n\n      # y\n    c = 2\n\nreturn {\n  }") {
		t.Error("comments and empty lines make one")
	}
}

// proves S35: of a provider only what differs is sent, and it is named.
func TestOnlyWhatDiffersIsSent(t *testing.T) {
	t.Parallel()
	var sent []string
	f := start(t, authentiktest.Seed{Users: people(1)}, watch(nil, &sent), nil)
	install(t.Context(), t, f.client)
	is := *f.read(t).Setup.Provider
	for field, change := range map[string]func(*model.OAuthProvider){
		"name": func(p *model.OAuthProvider) { p.Name = "Games" }, "client_type": func(p *model.OAuthProvider) { p.Public = true },
		"authorization_flow": func(p *model.OAuthProvider) { p.AuthorizationFlow = p.InvalidationFlow },
		"invalidation_flow":  func(p *model.OAuthProvider) { p.InvalidationFlow = p.AuthorizationFlow },
		"signing_key":        func(p *model.OAuthProvider) { p.SigningKey = model.Ref{} },
		"encryption_key":     func(p *model.OAuthProvider) { p.EncryptionKey = p.SigningKey },
		"redirect_uris": func(p *model.OAuthProvider) {
			p.RedirectURIs = []model.RedirectURI{{URL: "https://games.example.org/api/oauth/openid"}}
		},
		"property_mappings":          func(p *model.OAuthProvider) { p.Mappings = nil },
		"include_claims_in_id_token": func(p *model.OAuthProvider) { p.NoClaimsInIDToken = true },
		"grant_types":                func(p *model.OAuthProvider) { p.GrantTypes = []string{"authorization_code"} },
		"sub_mode":                   func(p *model.OAuthProvider) { p.SubMode = "user_email" },
		"issuer_mode":                func(p *model.OAuthProvider) { p.IssuerMode = "global" },
	} {
		next := is
		change(&next)
		for _, step := range [][2]model.OAuthProvider{{is, next}, {next, is}} {
			sent = nil
			if err := f.client.SetProvider(t.Context(), is.ClientID, &step[0], &step[1]); err != nil {
				t.Errorf("%s: %v", field, err)
			}
			var fields map[string]json.RawMessage
			if err := json.Unmarshal([]byte(sent[len(sent)-1]), &fields); err != nil || len(fields) != 1 || fields[field] == nil {
				t.Errorf("%s: sent %s, %v", field, sent[len(sent)-1], err)
			}
			if now := f.read(t).Setup.Provider; !now.Same(step[1]) {
				t.Errorf("%s: %+v, want %+v", field, now, step[1])
			}
		}
	}
	next := is
	next.Name, next.SubMode = "Games", "user_email"
	if err := f.client.SetProvider(t.Context(), is.ClientID, nil, &next); model.CodeOf(err) != model.CodeConflict || !strings.Contains(err.Error(), "differs in name, subject mode") {
		t.Error(err)
	}
}
