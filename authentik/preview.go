package authentik

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/romm-admin/romm-admin/model"
)

// Preview returns what an ID token of that provider would hold for that user,
// as Authentik computes it (preview_user, reference/authentik.md 4.3). It runs
// the mappings for real, calls to other services included, and shows the
// claims of all selected mappings, also of scopes that RomM does not request.
// The claims are decoded strictly (S3).
func (c *Client) Preview(ctx context.Context, providerPK, userPK int64) (model.Claims, error) {
	k := call{
		op:         "preview the claims of a user",
		path:       "/providers/oauth2/" + strconv.FormatInt(providerPK, 10) + "/preview_user/",
		query:      url.Values{"for_user": {strconv.FormatInt(userPK, 10)}},
		limit:      documentLimit,
		permission: permViewProvider,
	}
	body, err := c.get(ctx, k)
	if model.CodeOf(err) == model.CodeInvalid {
		// Authentik says "User not found" for both (reference/authentik.md 4.3).
		return nil, &model.Error{
			Code: model.CodeForbidden, Op: k.op, Err: err,
			Msg:  fmt.Sprintf("user %d is gone, or the token lacks the permission %s", userPK, permPreviewUser),
			Hint: "add " + permPreviewUser + " to a role of the token's user in Authentik",
		}
	}
	if err != nil {
		return nil, err
	}
	answer, err := model.ParseClaims(body)
	if err != nil {
		return nil, notAPI(k, err)
	}
	claims, ok := answer["preview"].(map[string]any)
	if !ok {
		return nil, notAPI(k, errors.New("there is no object called preview"))
	}
	return claims, nil
}

// sweepGiveUp is the number of previews that may fail in a row before a sweep
// ends: a missing permission or a broken server fails them all.
const sweepGiveUp = 8

// sweep previews every active person. One that fails has no entry; how many
// did is a warning. Only a cancelled context is an error.
func (r *reading) sweep(ctx context.Context) error {
	var active []int64
	for _, id := range r.identities {
		if id.Active {
			active = append(active, id.PK)
		}
	}
	r.steps.expect(len(active))
	var (
		wg       sync.WaitGroup
		next     atomic.Int64
		mu       sync.Mutex
		previews = make(map[int64]model.Claims, len(active))
		inARow   int
		lastErr  error
	)
	record := func(pk int64, claims model.Claims, err error) (goOn bool) {
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			previews[pk], inARow = claims, 0
			return true
		}
		inARow, lastErr = inARow+1, err
		return inARow < sweepGiveUp
	}
	for range min(r.c.cfg.Concurrency, len(active)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(active) {
					return
				}
				claims, err := r.c.Preview(ctx, r.provider.PK, active[i])
				if !record(active[i], claims, err) {
					next.Store(int64(len(active)))
					return
				}
				r.steps.done(1)
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("preview the claims of users: %w", context.Cause(ctx))
	}
	r.provider.Previews = previews
	if missing := len(active) - len(previews); missing > 0 {
		r.previewWarning = withHint(fmt.Sprintf("the claims of %d of %d people are not known: ", missing, len(active)), lastErr)
	}
	return nil
}
