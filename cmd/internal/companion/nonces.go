package companion

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// nonces remembers what was answered for as long as a request stays valid, so
// that a captured one cannot be sent again. Two generations take turns: when
// the newer one is as old as the longest life of a request, the older one holds
// only what has expired, and is dropped as a whole.
type nonces struct {
	mu         sync.Mutex
	since      time.Time // when newer began
	newer, old map[nonce]struct{}
}

// nonce is a hash, so that long nonces take no more memory than short ones.
type nonce [sha256.Size]byte

const (
	// nonceLife is how long a request stays valid at most: its sender's clock
	// may be ahead by one window, and then be behind by another.
	nonceLife = 2 * window
	// maxNonces bounds one generation, and so the memory to twice that. It is
	// more than one login a millisecond.
	maxNonces = 1 << 17
)

// use remembers the nonce. It fails if the nonce was used already, and, because
// an answer whose nonce is not remembered could be asked for again, also when
// no more can be remembered.
func (n *nonces) use(text string, now time.Time) error {
	key := nonce(sha256.Sum256([]byte(text)))
	n.mu.Lock()
	defer n.mu.Unlock()
	switch age := now.Sub(n.since); {
	case n.newer == nil || age > 2*nonceLife: // everything has expired
		n.since, n.old, n.newer = now, nil, map[nonce]struct{}{}
	case age > nonceLife:
		n.since, n.old, n.newer = now, n.newer, map[nonce]struct{}{}
	}
	_, again := n.newer[key]
	_, before := n.old[key]
	switch {
	case again || before:
		return &model.Error{Code: model.CodeUnauthorized, Msg: "this request was answered already", Hint: "every request needs a nonce of its own"}
	case len(n.newer) >= maxNonces:
		return &model.Error{
			Code: model.CodeUnavailable, Msg: fmt.Sprintf("%d requests within %s, which is too many to tell new ones from repeated ones", maxNonces, nonceLife),
			Hint: "see what asks so often; requests are answered again after that time",
		}
	}
	n.newer[key] = struct{}{}
	return nil
}
