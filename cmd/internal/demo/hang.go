package demo

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"sync"
)

// Hang makes the world keep quiet at some of the writes that reach either
// side, counted together from 1, until the client has gone away: so a
// program can be ended just there.
type Hang struct {
	Before []int // not made, not answered
	After  []int // made, not answered
	// Told is called when the world keeps quiet, with what it keeps quiet
	// about.
	Told func(n int, request string, made bool)

	mu     sync.Mutex
	writes int
}

// wrap returns h with this in front.
func (h *Hang) wrap(next http.Handler) http.Handler {
	if h == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		h.mu.Lock()
		h.writes++
		n := h.writes
		h.mu.Unlock()
		before, after := slices.Contains(h.Before, n), slices.Contains(h.After, n)
		if !before && !after {
			next.ServeHTTP(w, r)
			return
		}
		// The server notices that a client is gone only once it has read all
		// that the client sent.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if after {
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(unheard{w.Header().Clone()}, r)
		}
		h.Told(n, r.Method+" "+r.URL.Path, after)
		<-r.Context().Done()
	})
}

// unheard is an answer that is discarded.
type unheard struct{ header http.Header }

func (u unheard) Header() http.Header          { return u.header }
func (unheard) Write(data []byte) (int, error) { return len(data), nil }
func (unheard) WriteHeader(int)                {}
