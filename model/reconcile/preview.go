package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// PreviewAge is how long a preview counts, as long as nothing that it was
// computed from has changed: a mapping may ask other services, whose answers
// we do not see change.
const PreviewAge = 10 * time.Minute

const (
	// previewers is how many previews are under way at once; the directory
	// may bound them further.
	previewers = 8
	// giveUp is the number of previews that may fail in a row before a sweep
	// ends: a missing permission or a broken server fails them all.
	giveUp = 8
)

// previewCache remembers previews with what they were computed from. The zero
// value is empty and ready.
type previewCache struct {
	mu    sync.Mutex
	known map[int64]cachedPreview
}

type cachedPreview struct {
	model.Preview
	basis basis
}

// basis is what a preview depends on, as far as it can be seen.
type basis struct {
	provider    int64
	fingerprint string
	generation  int64 // of the role map
	identity    model.Identity
	groups      []model.Group // all that the person is in
}

// get returns the preview if it is of the same and younger than PreviewAge.
func (c *previewCache) get(b basis, now time.Time) (model.Preview, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.known[b.identity.PK]
	if !ok || now.Sub(k.At) >= PreviewAge || !reflect.DeepEqual(k.basis, b) {
		return model.Preview{}, false
	}
	return k.Preview, true
}

func (c *previewCache) put(b basis, p model.Preview) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[int64]cachedPreview{}
	}
	c.known[b.identity.PK] = cachedPreview{p, b}
}

// previewBases returns what everybody's preview depends on.
func previewBases(w model.World) func(model.Identity) basis {
	members := model.NewMemberships(w.Directory.Groups)
	byID := make(map[model.GroupID]model.Group, len(w.Directory.Groups))
	for _, g := range w.Directory.Groups {
		byID[g.ID] = g
	}
	return func(id model.Identity) basis {
		id.LastLogin = time.Time{} // every login moves it, no claim shows it
		b := basis{
			provider: w.Provider.PK, fingerprint: w.Provider.Fingerprint,
			generation: w.Roles.Generation, identity: id,
		}
		all, _ := members.Of(id.Groups)
		for _, g := range all {
			b.groups = append(b.groups, byID[g])
		}
		return b
	}
}

// Preview asks Authentik what it would send for these people, by their keys,
// or for everybody active when there are none, and judges everybody anew. One
// that fails leaves the person as it was; the error is of the first failure
// then, and the review is still good. Only a cancelled context gives none.
func (s *Service) Preview(ctx context.Context, r *model.Review, people []int64, progress func(done, total int)) (*model.Review, error) {
	if !r.World.Provider.Found {
		return nil, &model.Error{
			Code: model.CodeNotFound, Msg: "Authentik has no provider for RomM that this token can see",
			Hint: "the notes say what is missing",
		}
	}
	if len(r.World.Provider.Unrequested) > 0 {
		return r, mixedPreviewError(r.World.Provider)
	}
	chosen := make(map[int64]bool, len(people))
	for _, pk := range people {
		chosen[pk] = true
	}
	var ask []model.Identity
	for _, id := range r.World.Directory.Identities {
		if id.Active && (len(people) == 0 || chosen[id.PK]) {
			ask = append(ask, id)
		}
	}
	got, failed, err := s.previewAll(ctx, r.World, ask, true, &counter{report: progress})
	if err != nil {
		return nil, err
	}
	return model.Judge(r.World.WithPreviews(got)), failed
}

// mixedPreviewError is why a preview would be wrong: it shows claims that
// Authentik leaves out when RomM asks.
func mixedPreviewError(p model.Provider) error {
	var names []string
	for _, n := range p.Unrequested {
		names = append(names, n.String())
	}
	return &model.Error{
		Code: model.CodeInvalid,
		Msg:  "a preview would mix in what " + strings.Join(names, ", ") + " sends, which RomM never asks for",
		Hint: "take it out of the property mappings of RomM's provider in Authentik",
	}
}

// withPreviews adds the previews that are known and, for a provider that
// cannot be predicted, asks for the others.
func (s *Service) withPreviews(ctx context.Context, w model.World, count *counter) (model.World, error) {
	if !w.Provider.Found || len(w.Provider.Unrequested) > 0 {
		return w, nil
	}
	known := make(map[int64]model.Preview)
	var ask []model.Identity
	access := false // who may open the application was asked before
	basisOf := previewBases(w)
	for _, id := range w.Directory.Identities {
		if !id.Active {
			continue
		}
		p, ok := s.previews.get(basisOf(id), s.Now())
		access = access || ok && p.Access != nil
		if ok {
			known[id.PK] = p
		} else if !w.Provider.Predictable() {
			ask = append(ask, id)
		}
	}
	if len(known) > 0 {
		w = w.WithPreviews(known)
	}
	if len(ask) == 0 {
		return w, nil
	}
	got, failed, err := s.previewAll(ctx, w, ask, access, count)
	if err != nil {
		return w, err
	}
	w = w.WithPreviews(got)
	if missing := len(ask) - len(got); missing > 0 {
		text := fmt.Sprintf("the claims of %d of %d people are not known: %v", missing, len(ask)+len(known), failed)
		if hint := model.HintOf(failed); hint != "" {
			text += " (" + hint + ")"
		}
		w.Warnings = append(w.Warnings[:len(w.Warnings):len(w.Warnings)], text)
	}
	return w, nil
}

// whoAnswers finds out with one preview whether the companion answers, where the
// table that answers in its place differs from the role map for somebody: the
// verdicts follow the one that does. A preview from before does not tell.
func (s *Service) whoAnswers(ctx context.Context, w model.World) (model.World, error) {
	id, ok := w.Telling()
	if !ok {
		return w, nil
	}
	var claims model.Claims
	err := model.CatchPanic(func() (err error) {
		claims, err = s.Directory.Preview(ctx, w.Provider.PK, id.PK)
		return err
	})
	if ctx.Err() != nil {
		return w, fmt.Errorf("preview the claims of users: %w", context.Cause(ctx))
	}
	if err != nil {
		w.Provider.AnswersWhy = inWords(w.Provider.Blame(err))
		return w, nil
	}
	return w.Answered(id, model.Preview{Claims: claims, At: s.Now()}), nil
}

// TryPreview asks Authentik for the claims of one person, unless some are known
// already, and says in the review why it computes none: nobody's token is made
// then either, unless it is our own token that may not ask.
func (s *Service) TryPreview(ctx context.Context, r *model.Review) (*model.Review, error) {
	p := r.World.Provider
	i := slices.IndexFunc(r.World.Directory.Identities, func(id model.Identity) bool { return id.Active })
	if !p.Found || i < 0 || len(p.Previews) > 0 {
		return r, nil
	}
	_, failed, err := s.previewAll(ctx, r.World, r.World.Directory.Identities[i:i+1], false, &counter{})
	out := *r
	if model.CodeOf(failed) == model.CodeForbidden {
		out.World.Provider.Untried = inWords(failed)
	} else {
		out.World.Provider.NoPreview = inWords(failed)
	}
	return &out, err
}

// previewAgain puts a user that was read back into the world, with a preview
// where only Authentik can tell what it sends. One that fails is left out: the
// next reading asks again.
func (s *Service) previewAgain(ctx context.Context, w model.World, id model.Identity) model.World {
	was, asked := w.Provider.Previews[id.PK]
	w = w.WithIdentity(id)
	if !asked || !id.Active {
		return w
	}
	got, _, err := s.previewAll(ctx, w, []model.Identity{id}, was.Access != nil, &counter{})
	if err != nil {
		return w
	}
	return w.WithPreviews(got)
}

// previewAll previews these people, some at a time; access asks too who of them
// may open the application, which no preview shows. Failed is the first failure
// of single previews; err is a cancelled context.
func (s *Service) previewAll(ctx context.Context, w model.World, people []model.Identity, access bool, count *counter) (got map[int64]model.Preview, failed, err error) {
	count.expect(len(people))
	access = access && s.answersForOthers(ctx, w)
	var (
		wg     sync.WaitGroup
		next   atomic.Int64
		mu     sync.Mutex
		inARow int
	)
	basisOf := previewBases(w)
	got = make(map[int64]model.Preview, len(people))
	record := func(id model.Identity, claims model.Claims, err error) (goOn bool) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			inARow, failed = inARow+1, cmp.Or(failed, w.Provider.Blame(err))
			return inARow < giveUp
		}
		inARow = 0
		p := model.Preview{Claims: claims, At: s.Now()}
		got[id.PK] = p
		s.previews.put(basisOf(id), p)
		return true
	}
	opens := make(map[int64]*model.AccessAnswer)
	ask := func(id model.Identity) {
		answer, err := s.mayOpen(ctx, w, id)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			failed = cmp.Or(failed, err) // the preview is good all the same
			return
		}
		opens[id.PK] = &answer
	}
	for range min(previewers, len(people)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(people) {
					return
				}
				var claims model.Claims
				err := model.CatchPanic(func() (err error) {
					claims, err = s.Directory.Preview(ctx, w.Provider.PK, people[i].PK)
					return err
				})
				if !record(people[i], claims, err) {
					next.Store(int64(len(people)))
					return
				}
				if err == nil && access {
					ask(people[i])
				}
				count.done()
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil, nil, fmt.Errorf("preview the claims of users: %w", context.Cause(ctx))
	}
	if len(opens) > 0 && s.answersForOthers(ctx, w) { // still: else they are about the caller
		for _, id := range people {
			if answer := opens[id.PK]; answer != nil {
				p := got[id.PK]
				p.Access = answer
				got[id.PK] = p
				s.previews.put(basisOf(id), p)
			}
		}
	}
	return got, failed, nil
}

// answersForOthers reports whether there is anything to ask of who may open RomM's
// application, and whether Authentik tells this token. When that is not known it
// does not.
func (s *Service) answersForOthers(ctx context.Context, w model.World) bool {
	if w.AccessKey() == "" {
		return false
	}
	tells := false
	err := model.CatchPanic(func() (err error) {
		tells, err = s.Directory.AnswersForOthers(ctx)
		return err
	})
	return err == nil && tells
}

// mayOpen asks Authentik whether it lets somebody open RomM's application.
func (s *Service) mayOpen(ctx context.Context, w model.World, id model.Identity) (answer model.AccessAnswer, err error) {
	err = model.CatchPanic(func() (err error) {
		answer, err = s.Directory.MayOpen(ctx, w.Setup.Application.Slug, id.PK)
		return err
	})
	answer.Of = w.AccessKey()
	return answer, err
}

// CheckAccess finds out what the token may do.
func (s *Service) CheckAccess(ctx context.Context) (model.Access, error) {
	return s.Directory.CheckAccess(ctx)
}

// counter adds up the progress of the directory's own reading and of the
// previews after it, and keeps the calls apart.
type counter struct {
	report func(done, total int)

	mu                   sync.Mutex
	finished, target     int
	readDone, readTarget int
}

// directory records the progress of the directory's own reading.
func (c *counter) directory(done, total int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readDone, c.readTarget = done, total
	c.notify()
}

func (c *counter) expect(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.target += n
	if n > 0 {
		c.notify()
	}
}

func (c *counter) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finished++
	c.notify()
}

func (c *counter) notify() {
	if c.report != nil {
		c.report(c.readDone+c.finished, c.readTarget+c.target)
	}
}
