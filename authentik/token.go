package authentik

import (
	"sync"

	"github.com/romm-admin/romm-admin/model"
)

// keptToken is the token that is sent, which may be replaced where it comes from.
type keptToken struct {
	mu  sync.Mutex
	now model.Secret
}

func (t *keptToken) get() model.Secret {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

// renew reads the token again where it comes from, after one was refused. It
// reports whether there is another one to try: once for each that is refused.
func (t *keptToken) renew(from model.Origin, refused model.Secret) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now != refused {
		return true // renewed by another call meanwhile
	}
	next, ok := from.Renewed(refused)
	if !ok || checkToken(next) != nil {
		return false
	}
	t.now = next
	return true
}
