package companion

import (
	"sync"
	"time"
)

// nonces remembers what was answered for as long as a request stays valid, so
// that a captured one cannot be sent again.
type nonces struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

// maxNonces bounds the memory; it is far more than one login a millisecond.
// When it is reached with all of them still valid, requests are refused.
const maxNonces = 1 << 17

// use reports whether the nonce is new.
func (n *nonces) use(nonce string, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seen == nil {
		n.seen = map[string]time.Time{}
	}
	if at, ok := n.seen[nonce]; ok && now.Sub(at) <= 2*window {
		return false
	}
	if len(n.seen) >= maxNonces {
		for k, at := range n.seen {
			if now.Sub(at) > 2*window {
				delete(n.seen, k)
			}
		}
		if len(n.seen) >= maxNonces {
			return false
		}
	}
	n.seen[nonce] = now
	return true
}
