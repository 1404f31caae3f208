package authentiktest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"syscall"
)

// Client returns an HTTP client that talks to this server within the process,
// whatever host it is asked for. It needs no listener and no real time, so it
// works where the clock is a test's own.
func (s *Server) Client() *http.Client { return &http.Client{Transport: Transport(s.Handler())} }

// Transport answers requests from a handler, for tests that put something in
// front of the server. A handler that aborts before its first byte is a reset
// connection, one that aborts later an answer that ends early; a request that
// is given up ends at once.
func Transport(h http.Handler) http.RoundTripper { return transport{h} }

type transport struct{ handler http.Handler }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if given := r.Context().Err(); given != nil { // as in net/http, nothing is sent then
		return nil, given
	}
	in := r.Clone(r.Context())
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), "192.0.2.1:1"
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if r.URL.Scheme == "https" {
		in.TLS = &tls.ConnectionState{HandshakeComplete: true}
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := &answer{header: http.Header{}}
	done := make(chan error, 1)
	go func() { done <- w.run(t.handler, in) }()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case err := <-done:
		if given := r.Context().Err(); given != nil { // given up before the answer: select takes either when both are there
			return nil, given
		}
		if err != nil && w.body.Len() == 0 {
			return nil, err
		}
		var body io.Reader = &w.body
		if err != nil {
			body = io.MultiReader(&w.body, failing{io.ErrUnexpectedEOF})
		}
		if w.status == 0 {
			w.status = http.StatusOK
		}
		return &http.Response{
			Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: w.header, Body: io.NopCloser(body), ContentLength: -1, Request: r,
		}, nil
	}
}

// answer keeps what a handler writes.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *answer) Header() http.Header { return w.header }

func (w *answer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *answer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *answer) run(h http.Handler, r *http.Request) (err error) {
	defer func() {
		v := recover()
		if cause, ok := v.(error); ok && errors.Is(cause, http.ErrAbortHandler) {
			err = syscall.ECONNRESET
		} else if v != nil {
			panic(v)
		}
	}()
	h.ServeHTTP(w, r)
	return nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
