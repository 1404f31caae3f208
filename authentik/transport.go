package authentik

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/patience"
)

// call is one request: a GET unless it has another method.
type call struct {
	op     string // for people: "list users"
	method string // "" is GET
	path   string // below /api/v3, or below the root when public
	query  url.Values
	body   []byte // JSON, nil for none
	limit  int64  // bytes of the answer's body
	// permission is named when Authentik answers 403; "" where none is
	// needed.
	permission string
	// attributes is set where a write sends a user's attributes, which a
	// definition may refuse (docs/authentik.md 4.7).
	attributes bool
	// first is set where nothing is known yet of what answers.
	first bool
	// within is a deadline shorter than that of others, for calls that run the
	// provider's mappings; 0 is none.
	within time.Duration
	// public is set for documents outside the API: the token is not sent.
	public bool
}

// get reads one document, with retries. Its errors are ready for people,
// except that of a cancelled context, which stays recognisable.
//
// The loop is not shared with db/rommapi, package patience is: here many reads
// wait for a slot, Authentik's own clock dates a Retry-After, which only
// lengthens the pause, and a try also says whether a write may have reached the
// server. RomM's loop renews its sign-in between tries, and takes a Retry-After
// at its word.
func (c *Client) get(ctx context.Context, k call) ([]byte, error) {
	for try := 1; ; try++ {
		body, f := c.attempt(ctx, k)
		if f == nil {
			return body, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", k.op, context.Cause(ctx))
		}
		if !f.again || try == patience.Tries || f.after > patience.Longest {
			return nil, f.err
		}
		wait := max(f.after, patience.Pause(try, c.jitter()))
		if err := c.sleep(ctx, wait); err != nil {
			return nil, fmt.Errorf("%s: %w", k.op, err)
		}
	}
}

// failure is a try that gave no usable answer.
type failure struct {
	err    error         // ready for people
	again  bool          // the same GET may succeed
	after  time.Duration // what the server asks us to wait, 0 if it does not
	unsent bool          // the request never reached a server
	status int           // of the answer; 0 if there was none
	// refused is set when the API itself said no, so that nothing was done.
	refused bool
	// ended is set when the server is done with the request: it answered. One
	// that got lost, or that a proxy gave up, may still be carried out.
	ended bool
}

// attempt is one try, or two when the token was refused and its file has another
// one by now: nothing was done then, so that goes for writes as well.
func (c *Client) attempt(ctx context.Context, k call) ([]byte, *failure) {
	token := c.token.get()
	body, f := c.send(ctx, k, token)
	if f != nil && f.refused && model.CodeOf(f.err) == model.CodeUnauthorized && c.token.renew(c.cfg.TokenFrom, token) {
		return c.send(ctx, k, c.token.get())
	}
	return body, f
}

// send sends the call once, with its own deadline.
func (c *Client) send(ctx context.Context, k call, token model.Secret) ([]byte, *failure) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil { // select takes either when both are there
		return nil, &failure{err: err, unsent: true}
	}
	ctx, cancel := context.WithTimeout(ctx, c.limit(k))
	defer cancel()
	req, err := c.request(ctx, k, token)
	if err != nil {
		return nil, &failure{err: fmt.Errorf("%s: %w", k.op, err), unsent: true}
	}
	resp, err := c.conf.HTTPClient.Do(req)
	if err != nil {
		return nil, c.netFailure(k, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := readAll(resp, k.limit)
	if errors.Is(err, errTooLarge) {
		return nil, &failure{ended: true, err: &model.Error{
			Code: model.CodeUnavailable, Op: k.op,
			Msg:  fmt.Sprintf("the answer is larger than %d MiB", k.limit>>20),
			Hint: "check that AUTHENTIK_URL points to Authentik itself",
		}}
	}
	if err != nil {
		return nil, c.netFailure(k, err)
	}
	page := isPage(resp, body)
	if resp.StatusCode >= 200 && resp.StatusCode < 300 && !page {
		return body, nil
	}
	f := &failure{status: resp.StatusCode, err: c.statusError(k, resp, body), after: retryAfter(resp.Header), again: patience.Busy(resp.StatusCode)}
	f.ended = resp.StatusCode <= http.StatusInternalServerError && resp.StatusCode != http.StatusRequestTimeout
	// A web page is not an answer of the API, and a 408 may come from a proxy that
	// waited for it.
	f.refused = resp.StatusCode >= 400 && resp.StatusCode < 500 && resp.StatusCode != http.StatusRequestTimeout && !page
	return nil, f
}

// limit is how long a try may take.
func (c *Client) limit(k call) time.Duration {
	if k.within > 0 {
		return min(k.within, c.timeout)
	}
	return c.timeout
}

func (c *Client) request(ctx context.Context, k call, token model.Secret) (*http.Request, error) {
	base := c.root.String()
	if !k.public {
		var err error
		if base, err = c.conf.Servers.URL(0, nil); err != nil {
			return nil, err
		}
	}
	target := base + k.path
	if len(k.query) > 0 {
		target += "?" + k.query.Encode()
	}
	method := k.method
	if method == "" {
		method = http.MethodGet
	}
	var payload io.Reader
	if k.body != nil {
		payload = bytes.NewReader(k.body)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, payload)
	if err != nil {
		return nil, err
	}
	if k.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.conf.UserAgent)
	if !k.public {
		for name, value := range c.conf.DefaultHeader {
			req.Header.Set(name, value)
		}
		req.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	return req, nil
}

var errTooLarge = errors.New("answer too large")

func readAll(resp *http.Response, limit int64) ([]byte, error) {
	var buf bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= limit {
		buf.Grow(int(n) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, errTooLarge
	}
	return buf.Bytes(), nil
}

// isPage reports whether the answer is a web page: a login page of a proxy, or
// another web server.
func isPage(resp *http.Response, body []byte) bool {
	return strings.Contains(strings.ToLower(resp.Header.Get("Content-Type")), "text/html") ||
		bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("<"))
}

// retryAfter reads the header in both of its forms. A date is measured against
// the server's own Date, so that our clock does not matter.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if secs, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(secs) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return max(0, at.Sub(now))
}
