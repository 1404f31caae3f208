package reconcile

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// proves S10: where two mappings of one scope leave only Authentik to tell,
// every active person is previewed, some at a time, with progress; and the
// previews decide.
func TestSweepOfEverybody(t *testing.T) {
	t.Parallel()
	o, s := consult(t, 40)
	o.ids[5].Active = false
	o.compute = func(id model.Identity) model.Claims {
		return model.Claims{"email": id.Email.Raw(), "email_verified": id.PK != 3, "preferred_username": id.Username.Raw(), model.RolesClaim: []any{"viewer"}}
	}
	var steps [][2]int
	r := load(t, s, model.ReadOptions{Progress: func(done, total int) { steps = append(steps, [2]int{done, total}) }})
	asked := o.asks()
	if len(asked) != 39 || slices.Contains(asked, 6) || len(slices.Compact(asked)) != 39 {
		t.Errorf("asked for %v", asked)
	}
	for i, step := range steps {
		if step[0] > step[1] || i > 0 && step[0] < steps[i-1][0] {
			t.Errorf("progress %v after %v", step, steps[max(0, i-1)])
		}
	}
	if last := steps[len(steps)-1]; last != [2]int{79, 79} {
		t.Errorf("progress ended at %v", last)
	}
	bad, good := pair(t, r, 3), pair(t, r, 4)
	if bad.Verdict == nil || bad.Verdict.OK() || good.Verdict == nil || !good.Verdict.OK() || good.Previewed != o.now || good.Differs != "" {
		t.Errorf("%+v, %+v", bad.Verdict, good)
	}
	if p := pair(t, r, 6); p.Verdict != nil || !p.Previewed.IsZero() {
		t.Errorf("the inactive one: %+v", p)
	}
}

// No more than previewers are under way at once, and no fewer.
func TestSweepIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, s := consult(t, 40)
		o.during = func(int) { time.Sleep(20 * time.Millisecond) } // the bubble's clock
		begun := time.Now()
		load(t, s, model.ReadOptions{})
		if took := time.Since(begun); o.most != previewers || took != 100*time.Millisecond {
			t.Errorf("%d previews at once, %v for 40", o.most, took)
		}
	})
}

// What can be predicted is not asked for.
func TestNoSweepWithoutNeed(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*model.Provider){
		"predictable": func(p *model.Provider) { p.Verified, p.Unknown = model.VerifiedAlways, nil },
		"missing":     func(p *model.Provider) { *p = model.Provider{} },
		// A preview would mix in what no login sends.
		"unrequested": func(p *model.Provider) { p.Unrequested = []model.Untrusted{"extra"} },
	} {
		o, s := consult(t, 3)
		change(&o.provider)
		r := load(t, s, model.ReadOptions{})
		if asked := o.asks(); len(asked) != 0 {
			t.Errorf("%s: asked for %v", name, asked)
		}
		if known := pair(t, r, 1).Verdict != nil; known != (name == "predictable") {
			t.Errorf("%s: verdict known %v: %s", name, known, pair(t, r, 1).Unknown)
		}
		if name == "unrequested" && !strings.Contains(pair(t, r, 1).Unknown, "mixes in what extra sends") {
			t.Errorf("%s: %s", name, pair(t, r, 1).Unknown)
		}
	}
}

// A preview that fails leaves that person out, and is counted with its reason.
func TestSweepLeavesOutFailures(t *testing.T) {
	t.Parallel()
	o, s := consult(t, 30)
	o.refuse = func(pk int64) error {
		if pk%10 == 0 { // three of them, never giveUp in a row
			return &model.Error{Code: model.CodeForbidden, Msg: "that one is hidden", Hint: "ask for it"}
		}
		return nil
	}
	r := load(t, s, model.ReadOptions{})
	if got := len(r.World.Provider.Previews); got != 27 || len(o.asks()) != 30 {
		t.Errorf("%d previews", got)
	}
	if p := pair(t, r, 20); p.Verdict != nil || !strings.Contains(p.Unknown, "its preview is missing") {
		t.Errorf("%+v", p)
	}
	if text := strings.Join(r.NoteTexts(), "\n"); !strings.Contains(text, "the claims of 3 of 30 people are not known: that one is hidden (ask for it)") {
		t.Errorf("notes %s", text)
	}
	// The next reading asks again for those alone.
	o.refuse = nil
	if load(t, s, model.ReadOptions{}); !slices.Equal(o.asks(), []int64{10, 20, 30}) {
		t.Error("the others were asked for again, or those were not")
	}
}

// A sweep that nobody may make does not ask for everybody.
func TestSweepGivesUp(t *testing.T) {
	t.Parallel()
	o, s := consult(t, 200)
	o.refuse = func(int64) error { return &model.Error{Code: model.CodeForbidden, Msg: "the token may not"} }
	r := load(t, s, model.ReadOptions{})
	if asked := o.asks(); len(asked) < giveUp || len(asked) > giveUp+previewers-1 {
		t.Errorf("asked %d times", len(asked))
	}
	if text := strings.Join(r.NoteTexts(), "\n"); !strings.Contains(text, "the claims of 200 of 200 people are not known: the token may not") {
		t.Errorf("notes %s", text)
	}
	// Failures that are not in a row end nothing.
	o, s = consult(t, 200)
	o.refuse = func(pk int64) error {
		if pk%2 == 0 {
			return errors.New("no")
		}
		return nil
	}
	if r := load(t, s, model.ReadOptions{}); len(r.World.Provider.Previews) != 100 {
		t.Errorf("%d previews", len(r.World.Provider.Previews))
	}
}

// Cancelling a sweep ends it at once, and gives nothing half.
func TestSweepIsCancelled(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(context.Context, *Service, *model.Review) (*model.Review, error){
		"load": func(ctx context.Context, s *Service, _ *model.Review) (*model.Review, error) {
			return s.Load(ctx, model.ReadOptions{})
		},
		"preview": func(ctx context.Context, s *Service, r *model.Review) (*model.Review, error) {
			return s.Preview(ctx, r, nil, nil)
		},
	} {
		o, s := consult(t, 200)
		r := load(t, s, model.ReadOptions{})
		o.asks()
		o.now = o.now.Add(PreviewAge) // they are old, so that a reading asks again
		ctx, cancel := context.WithCancel(t.Context())
		o.during = func(asked int) {
			if asked == 20 {
				cancel()
			}
		}
		got, err := do(ctx, s, r)
		if got != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if asked := o.asks(); len(asked) > 20+previewers {
			t.Errorf("%s: asked %d times", name, len(asked))
		}
	}
}

// A preview is kept for PreviewAge as long as nothing that it was computed
// from has changed.
func TestPreviewCache(t *testing.T) {
	t.Parallel()
	nobody, everybody := []int64{}, []int64{1, 2, 3}
	for name, c := range map[string]struct {
		change func(*oracle)
		again  []int64
	}{
		"nothing":          {func(*oracle) {}, nobody},
		"almost old":       {func(o *oracle) { o.now = o.now.Add(PreviewAge - time.Second) }, nobody},
		"old":              {func(o *oracle) { o.now = o.now.Add(PreviewAge) }, everybody},
		"a login":          {func(o *oracle) { o.ids[1].LastLogin = o.now }, nobody},
		"address":          {func(o *oracle) { o.ids[1].Email = "new@x.org" }, []int64{2}},
		"trusted address":  {func(o *oracle) { o.ids[1].TrustedEmail = "new@x.org" }, []int64{2}},
		"name":             {func(o *oracle) { o.ids[1].Name = "New" }, []int64{2}},
		"membership":       {func(o *oracle) { o.ids[1].Groups = nil }, []int64{2}},
		"group renamed":    {func(o *oracle) { o.groups[0].Name = "bosses" }, []int64{1}},
		"group has parent": {func(o *oracle) { o.groups[1].Parents = []model.GroupID{admins} }, []int64{2, 3}},
		"parent renamed": {func(o *oracle) {
			o.groups = append(o.groups, model.Group{ID: "c", Name: "new", Parents: nil})
		}, nobody},
		"mapping":  {func(o *oracle) { o.provider.Fingerprint = "f2" }, everybody},
		"provider": {func(o *oracle) { o.provider.PK = 8 }, everybody},
		"role map": {func(o *oracle) { o.roles.Generation++ }, everybody},
		"somebody joined": {func(o *oracle) {
			o.ids = append(o.ids, model.Identity{PK: 9, UID: "9", Username: "n", Email: "n@x.org", Active: true})
		}, []int64{9}},
		"somebody left": {func(o *oracle) { o.ids[2].Active = false }, nobody},
	} {
		o, s := consult(t, 3)
		load(t, s, model.ReadOptions{})
		first := o.now
		o.asks()
		c.change(o)
		r := load(t, s, model.ReadOptions{})
		if got := o.asks(); !slices.Equal(got, c.again) {
			t.Errorf("%s: asked again for %v, want %v", name, got, c.again)
		}
		for pk, p := range r.World.Provider.Previews {
			if want := slices.Contains(c.again, pk); want && p.At != o.now || !want && p.At != first {
				t.Errorf("%s: the preview of %d is of %v", name, pk, p.At)
			}
		}
	}
}

// One person, or everybody, can be asked for although it could be predicted.
// What Authentik computes counts, also after the next reading, until it is
// old.
func TestPreviewOnDemand(t *testing.T) {
	t.Parallel()
	o, s := consult(t, 3)
	o.provider.Verified, o.provider.Unknown = model.VerifiedAlways, nil
	o.ids[2].Active = false
	r := load(t, s, model.ReadOptions{})
	o.compute = func(id model.Identity) model.Claims {
		return model.Claims{"email": id.Email.Raw(), "email_verified": false, "preferred_username": id.Username.Raw(), model.RolesClaim: []any{"viewer"}}
	}
	var steps [][2]int
	one, err := s.Preview(t.Context(), r, []int64{2, 3}, func(done, total int) { steps = append(steps, [2]int{done, total}) })
	if err != nil || !slices.Equal(o.asks(), []int64{2}) || !slices.Equal(steps, [][2]int{{0, 1}, {1, 1}}) {
		t.Fatalf("%v, progress %v", err, steps)
	}
	if p := pair(t, r, 2); !p.Verdict.OK() || !p.Previewed.IsZero() {
		t.Error("the review from before has changed")
	}
	check := func(what string, r *model.Review) {
		t.Helper()
		p, other := pair(t, r, 2), pair(t, r, 1)
		if p.Verdict.OK() || p.Verified || p.Previewed.IsZero() || p.Differs != "email_verified is false and not true" {
			t.Errorf("%s: %+v, %+v", what, p, p.Verdict)
		}
		if !other.Previewed.IsZero() || !other.Verdict.OK() {
			t.Errorf("%s: the other: %+v", what, other)
		}
		if text := strings.Join(r.NoteTexts(), "\n"); !strings.Contains(text, "For 1 person Authentik computes other claims") || !strings.Contains(text, "user2: email_verified is false and not true") {
			t.Errorf("%s: notes %s", what, text)
		}
	}
	check("previewed", one)
	check("read again", load(t, s, model.ReadOptions{}))
	if got := o.asks(); len(got) != 0 {
		t.Errorf("asked for %v", got)
	}
	o.now = o.now.Add(PreviewAge)
	if p := pair(t, load(t, s, model.ReadOptions{}), 2); !p.Previewed.IsZero() || p.Differs != "" || !p.Verdict.OK() {
		t.Errorf("an old preview still counts: %+v", p)
	}
	if r, err = s.Preview(t.Context(), r, nil, nil); err != nil || !slices.Equal(o.asks(), []int64{1, 2}) || len(r.World.Provider.Previews) != 2 {
		t.Errorf("everybody: %v", err)
	}
}

func TestPreviewOnDemandFails(t *testing.T) {
	t.Parallel()
	o, s := consult(t, 3)
	o.provider.Verified, o.provider.Unknown = model.VerifiedAlways, nil
	r := load(t, s, model.ReadOptions{})
	o.refuse = func(pk int64) error {
		if pk == 2 {
			return &model.Error{Code: model.CodeForbidden, Msg: "hidden"}
		}
		return nil
	}
	// The others are previewed all the same.
	got, err := s.Preview(t.Context(), r, nil, nil)
	if model.CodeOf(err) != model.CodeForbidden || !slices.Equal(slices.Sorted(maps.Keys(got.World.Provider.Previews)), []int64{1, 3}) {
		t.Errorf("%v", err)
	}
	if p := pair(t, got, 2); p.Verdict == nil || !p.Verdict.OK() {
		t.Errorf("the one that failed is not predicted any more: %+v", p)
	}
	mixed := *r
	mixed.World.Provider.Unrequested = []model.Untrusted{"extra"}
	o.asks()
	if got, err := s.Preview(t.Context(), &mixed, nil, nil); got != &mixed || err == nil || !strings.Contains(err.Error(), "extra") || len(o.asks()) != 0 {
		t.Errorf("mixed: %v", err)
	}
	none := *r
	none.World.Provider = model.Provider{}
	if _, err := s.Preview(t.Context(), &none, nil, nil); model.CodeOf(err) != model.CodeNotFound {
		t.Errorf("no provider: %v", err)
	}
}

// A written user is previewed again where a preview told what they send; if
// that fails, nothing is known of them, and certainly not what was.
func TestPreviewAfterAWrite(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]bool{"answers": false, "fails": true} {
		o, s := consult(t, 3)
		r := load(t, s, model.ReadOptions{})
		draft, err := plan.IDPEmail(r, 2, "new@x.org")
		if err != nil {
			t.Fatal(err)
		}
		o.during = func(int) {
			if o.ids[1].Email != "user2@x.org" && fails {
				o.refuse = func(int64) error { return errors.New("gone") }
			}
		}
		o.asks()
		after, report := s.Apply(t.Context(), r, draft)
		if report.Err() != nil {
			t.Fatal(report.Err())
		}
		if asked := o.asks(); !slices.Equal(asked, []int64{2}) {
			t.Errorf("%s: asked for %v", name, asked)
		}
		preview, known := after.World.Provider.Previews[2]
		p := pair(t, after, 2)
		switch {
		case fails && (known || p.Verdict != nil):
			t.Errorf("%s: %+v", name, p)
		case !fails && (preview.Claims["email"] != "new@x.org" || p.Verdict == nil || p.Verdict.OK()):
			t.Errorf("%s: %v, %+v", name, preview.Claims, p.Verdict)
		}
	}
	// Who was predicted is predicted still.
	o, s := consult(t, 3)
	o.provider.Verified, o.provider.Unknown = model.VerifiedAlways, nil
	r := load(t, s, model.ReadOptions{})
	draft, err := plan.IDPEmail(r, 2, "new@x.org")
	if err != nil {
		t.Fatal(err)
	}
	if _, report := s.Apply(t.Context(), r, draft); report.Err() != nil || len(o.asks()) != 0 {
		t.Errorf("%v", report.Err())
	}
}

// proves S5, S35: what a preview told some minutes ago may be so no more while
// all that can be seen is as it was, an attribute that a mapping reads say. The
// people whom a plan and its guard lean on are asked for again before it begins,
// and nobody else.
func TestOldPreviewsAreAskedAgainBeforeAWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of     int64 // whose address the plan sets
		lost   int64 // who is not verified any more, although nothing shows it
		fails  bool  // Authentik does not answer at that moment
		asked  []int64
		code   model.Code
		writes bool
	}{
		"as before":               {2, 0, false, []int64{1, 2}, "", true},
		"no admin":                {5, 0, false, []int64{1, 2, 5}, "", true},
		"the other admin is lost": {2, 1, false, []int64{1, 2}, model.CodeRefused, false},
		"no answer":               {2, 0, true, nil, model.CodeUnavailable, false},
	} {
		o, s := consult(t, 12)
		o.ids[1].Groups, o.locals[1].Role = []model.GroupID{admins}, model.RoleAdmin
		r := load(t, s, model.ReadOptions{})
		p, err := plan.LocalEmail(r, c.of, "elsewhere@x.org")
		if err != nil {
			t.Fatal(err)
		}
		usual := o.compute
		o.compute = func(id model.Identity) model.Claims {
			claims := usual(id)
			claims["email_verified"] = id.PK != c.lost
			return claims
		}
		if c.fails {
			o.refuse = func(int64) error { return &model.Error{Code: model.CodeUnavailable, Msg: "gone"} }
		}
		o.asks()
		o.now = o.now.Add(PreviewAge - time.Minute)
		o.log = nil
		_, report := s.Apply(t.Context(), r, p)
		if err := report.Err(); model.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if asked := o.asks(); c.asked != nil && !slices.Equal(asked, c.asked) {
			t.Errorf("%s: asked for %v", name, asked)
		}
		if wrote := slices.ContainsFunc(o.log, func(call string) bool { return strings.HasPrefix(call, "SetEmail") }); wrote != c.writes {
			t.Errorf("%s: calls %q", name, o.log)
		}
	}
}
