package tuitest

import (
	"context"
	"errors"
	"maps"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// answers is what the made-up Authentik says when it is asked for claims.
type answers struct {
	other map[int64]model.Claims // what differs from the prediction
	err   error
	calls [][]int64
}

// Answers makes Authentik compute these claims for a person, over those that
// are predicted.
func (c *Console) Answers(pk int64, claims model.Claims) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answers.other == nil {
		c.answers.other = map[int64]model.Claims{}
	}
	c.answers.other[pk] = claims
}

// FailPreviews makes Authentik refuse to compute claims; nil lets it again.
func (c *Console) FailPreviews(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers.err = err
}

// Previews lists whom Authentik was asked about, call by call; an empty call
// is about everybody.
func (c *Console) Previews() [][]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([][]int64(nil), c.answers.calls...)
}

// Preview implements tui.Previewer. As the real one it keeps what it computed
// for the readings after it.
func (c *Console) Preview(ctx context.Context, r *model.Review, people []int64, progress func(done, total int)) (*model.Review, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers.calls = append(c.answers.calls, people)
	if _, limited := ctx.Deadline(); !limited {
		return nil, errors.New("the command has no deadline")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	wanted := map[int64]bool{}
	for _, pk := range people {
		wanted[pk] = true
	}
	chains, got := r.Chains(), map[int64]model.Preview{}
	for i, id := range r.World.Directory.Identities {
		if !id.Active || len(people) > 0 && !wanted[id.PK] {
			continue
		}
		if c.answers.err != nil {
			return r, c.answers.err
		}
		claims := maps.Clone(chains.Claims(id).Claims)
		maps.Copy(claims, c.answers.other[id.PK])
		got[id.PK] = model.Preview{Claims: claims, At: Now()}
		progress(i+1, len(r.World.Directory.Identities))
	}
	c.world = c.world.WithPreviews(got)
	return model.Judge(r.World.WithPreviews(got)), nil
}

// Allow sets what the token may do; err is why that cannot be found out.
func (c *Console) Allow(a model.Access, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.access, c.accessErr = a, err
}

// WithTests implements tui.Console: the token may have everything tested.
func (c *Console) WithTests(_ context.Context, p plan.Plan) (plan.Plan, error) { return p, nil }

// CheckAccess implements tui.AccessChecker.
func (c *Console) CheckAccess(ctx context.Context) (model.Access, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, limited := ctx.Deadline(); !limited {
		return model.Access{}, errors.New("the command has no deadline")
	}
	return c.access, c.accessErr
}
