package reconcile

import (
	"context"
	"errors"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// paced answers with its accounts only once it may.
type paced struct {
	*ports
	may chan struct{}
}

func (p paced) ReadAccounts(ctx context.Context) (model.AccountsReading, error) {
	<-p.may
	return p.ports.ReadAccounts(ctx)
}

// TestEarly: a caller that asks for it gets Authentik's people as soon as they are
// there, while RomM still works at its accounts; what is whole at once comes
// whole.
func TestEarly(t *testing.T) {
	t.Parallel()
	p, s, _ := start(t)
	late := make(chan struct{})
	s.Accounts = paced{p, late}
	var got []model.Identity
	r, err := s.Load(t.Context(), model.ReadOptions{Early: func(people []model.Identity) {
		got = people
		close(late)
	}})
	if err != nil || len(got) != 3 || got[0].Username != "root" || len(r.Pairs) != 3 {
		t.Errorf("%v, %v", got, err)
	}
	p.fail["ReadDirectory"] = errors.New("no")
	never := func([]model.Identity) { t.Error("told of what could not be read") }
	s.Accounts = p
	if _, err := s.Load(t.Context(), model.ReadOptions{Early: never}); err == nil {
		t.Error("a failure was passed over")
	}
}
