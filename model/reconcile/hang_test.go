package reconcile

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// stuck is an Authentik whose previews do not come to an end.
type stuck struct {
	idp
	asked *atomic.Int32
}

func (s stuck) ReadDirectory(ctx context.Context, o model.ReadOptions) (model.DirectoryReading, error) {
	r, err := s.idp.ReadDirectory(ctx, o)
	r.Provider.Verified, r.Provider.Unknown = model.VerifiedUnknown, []model.Untrusted{"weather"}
	r.Provider.CallsOut = []model.Untrusted{"weather"}
	for i := range 100 {
		r.Directory.Identities = append(r.Directory.Identities, model.Identity{PK: int64(100 + i), UID: "more", Active: true})
	}
	return r, err
}

func (s stuck) Preview(context.Context, int64, int64) (model.Claims, error) {
	s.asked.Add(1)
	return nil, &model.Error{Code: model.CodeUnavailable, Op: "preview", Msg: "not done", Hint: "logins wait, too", Err: model.ErrMappingSlow}
}

// TestPreviewsThatHang: the mapping that keeps everybody's claims waiting is
// named, and not asked again and again.
func TestPreviewsThatHang(t *testing.T) {
	t.Parallel()
	p, s, _ := start(t)
	asked := new(atomic.Int32)
	s.Directory = stuck{idp{p}, asked}
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(r.World.Warnings, "\n"); !strings.Contains(text, "look at the mapping “weather”") || !strings.Contains(text, "logins wait, too") {
		t.Errorf("warnings %q", text)
	}
	if n := asked.Load(); n > 2*giveUp {
		t.Errorf("%d previews were asked for", n)
	}
}
