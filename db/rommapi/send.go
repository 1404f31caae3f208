package rommapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/patience"
)

const (
	// deadline bounds one request, body included (R9, S24), but for calls that
	// are slow: those see [slowly].
	deadline = 15 * time.Second
	// connectDeadline bounds dialling, and the TLS handshake again.
	connectDeadline = 5 * time.Second
	maxBody         = 1 << 20
	maxList         = 64 << 20
	// maxDocument bounds /openapi.json, which describes all of RomM.
	maxDocument = 8 << 20
)

// call is a request to RomM.
type call struct {
	op     string // what it is for, in errors
	method string
	path   string
	scope  string     // what it needs; "" is sent without credentials
	form   url.Values // the body of a write, or
	json   []byte     // that in another shape
	limit  int64      // of the answer's body in bytes
	id     int64      // the user that it is about, 0 if none
	slow   bool       // RomM works the longer at it the more accounts it has
}

// reply is an answer, read whole.
type reply struct {
	status int
	header http.Header
	body   []byte
	auth   string // the Authorization header that was sent
}

var errTooLarge = errors.New("the answer is too large")

func transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: connectDeadline}).DialContext
	t.TLSHandshakeTimeout = connectDeadline
	return t
}

// sameOrigin lets reads follow a few redirects within RomM's origin. Anywhere
// else the credentials, or a login proxy, would go astray: the redirect itself
// is then the answer.
func sameOrigin(req *http.Request, via []*http.Request) error {
	from := via[0].URL
	if via[0].Method != http.MethodGet || len(via) > 3 || req.URL.Scheme != from.Scheme || req.URL.Host != from.Host {
		return http.ErrUseLastResponse
	}
	return nil
}

// once sends the call one time, and again when RomM refused the token and its file
// has another one by now: nothing was done then, so that goes for writes as well.
func (c *Client) once(ctx context.Context, k call) (reply, error) {
	rep, err := c.try(ctx, k)
	refused := rep.status == http.StatusUnauthorized || rep.status == http.StatusForbidden || // up to 5.1
		// A crash at an expired JWT; a write may have come further.
		rep.status == http.StatusInternalServerError && k.method == http.MethodGet && c.kind() == jwt
	if err == nil && k.scope != "" && refused && c.grant == nil && c.renew(rep.auth) {
		return c.try(ctx, k)
	}
	return rep, err
}

// try sends the call one time. Its error comes from the way to RomM; what
// RomM answered is in the reply.
func (c *Client) try(ctx context.Context, k call) (reply, error) {
	auth := ""
	if k.scope != "" {
		var err error
		if auth, err = c.authorization(ctx); err != nil {
			return reply{}, err
		}
	}
	ctx, due, cancel := c.bound(ctx, k)
	defer cancel()
	var body io.Reader
	kind := ""
	switch {
	case k.form != nil:
		body, kind = strings.NewReader(k.form.Encode()), "application/x-www-form-urlencoded"
	case k.json != nil:
		body, kind = bytes.NewReader(k.json), "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, k.method, c.base.String()+k.path, body)
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "romm-admin")
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return reply{}, due.late(ctx, err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(due.watch(res.Body), k.limit+1))
	switch {
	case err != nil:
		return reply{}, due.late(ctx, err)
	case int64(len(data)) > k.limit:
		return reply{}, errTooLarge
	}
	return reply{status: res.StatusCode, header: res.Header, body: data, auth: auth}, nil
}

// get sends a read, again if the way to RomM failed or RomM asks for it, and
// decodes the answer.
//
// The loop is not shared with package authentik, patience is: here a try may end
// with a new sign-in, which is not the call's fault and is made anew at once; an
// answer is kept as it is, because RomM's 500 means several things; and a
// Retry-After is taken at its word, in place of the pause. See the same remark
// there.
func (c *Client) get(ctx context.Context, k call, into any) error {
	k.method = http.MethodGet
	renewed := false
	for try := 1; ; try++ {
		rep, err := c.once(ctx, k)
		var problem *model.Error
		// Never sooner than Retry-After asks for.
		again, pause := false, patience.Pause(try, rand.Float64())
		switch {
		case err != nil:
			problem, again = c.lost(ctx, k, err), passing(err)
		case !renewed && useless(rep.status) && c.grant.renew(rep.auth):
			renewed = true
			continue
		default:
			if problem = c.refusal(k, rep); problem == nil {
				return c.decode(k, rep, into)
			}
			again = patience.Busy(rep.status)
			if asked, given := retryAfter(rep.header, c.now()); given {
				pause, again = asked, again && asked <= patience.Longest
			}
		}
		if !again || try == patience.Tries {
			return problem
		}
		if err := c.sleep(ctx, pause); err != nil {
			return c.lost(ctx, k, err)
		}
	}
}

// useless reports whether the token may be what the answer complains about:
// RomM crashes at JWTs that it cannot use.
func useless(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusInternalServerError
}

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseUint(v, 10, 31); err == nil {
		return time.Duration(n) * time.Second, true
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(now)), true
	}
	return 0, false
}

// decode reads a JSON answer; one that is cut off or of another shape is not
// RomM's.
func (c *Client) decode(k call, rep reply, into any) error {
	if err := json.Unmarshal(rep.body, into); err != nil {
		return &model.Error{
			Code: model.CodeUnavailable, Op: k.op, Msg: "the answer is not what RomM sends",
			Hint: "check that ROMM_BASE_URL leads to RomM itself", Err: errors.New(c.said(err.Error())),
		}
	}
	if k.scope != "" {
		c.accepted.Store(true)
	}
	return nil
}
