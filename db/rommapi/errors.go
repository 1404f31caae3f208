package rommapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/romm-admin/romm-admin/model"
)

const (
	hintURL  = "check ROMM_BASE_URL, and that RomM is running"
	hintPage = "set ROMM_BASE_URL to RomM itself, and let a login proxy in front of it pass /api through"
)

// passing reports whether the way to RomM may be free at the next try. A
// deadline that passed is not tried again: it has cost enough.
func passing(err error) bool {
	var (
		said    *model.Error
		dns     *net.DNSError
		timeout net.Error
		record  tls.RecordHeaderError
		cert    *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &said): // of a sign-in, which had its own tries
		return false
	case errors.Is(err, context.Canceled), errors.Is(err, errTooLarge),
		errors.As(err, &record), errors.As(err, &cert), plainHTTP(err):
		return false
	case errors.As(err, &dns):
		return !dns.IsNotFound
	case errors.As(err, &timeout) && timeout.Timeout():
		return false
	}
	return true
}

// unsent reports whether the request certainly never reached RomM.
func unsent(err error) bool {
	var (
		op     *net.OpError
		record tls.RecordHeaderError
		cert   *tls.CertificateVerificationError
		said   *model.Error
	)
	// A sign-in that failed comes before the request.
	return errors.As(err, &said) || errors.As(err, &op) && op.Op == "dial" || errors.As(err, &record) || errors.As(err, &cert) || plainHTTP(err)
}

// plainHTTP recognises https spoken to a server of plain http, for which
// net/http has no type.
func plainHTTP(err error) bool {
	return strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

// lost puts into words why no answer came.
func (c *Client) lost(ctx context.Context, k call, err error) *model.Error {
	var said *model.Error
	if errors.As(err, &said) { // of a sign-in
		return said
	}
	cause := err
	var outer *url.Error
	if errors.As(err, &outer) {
		cause = outer.Err // without the method and the whole address
	}
	// Errors of net/http may quote what came over the wire.
	e := &model.Error{Code: model.CodeUnavailable, Op: k.op, Hint: hintURL, Err: errors.New(c.said(cause.Error()))}
	var (
		dns     *net.DNSError
		timeout net.Error
		record  tls.RecordHeaderError
		cert    *tls.CertificateVerificationError
	)
	host := c.name()
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		e.Msg, e.Hint, e.Err = "cancelled", "", context.Canceled
	case errors.Is(err, errTooLarge):
		e.Msg, e.Err = fmt.Sprintf("the answer is larger than %d MiB", k.limit>>20), nil
		e.Hint = hintPage
	case errors.As(err, &dns) && dns.IsNotFound:
		e.Msg = fmt.Sprintf("no host is called %s", c.base.Hostname())
	case errors.As(err, &record), plainHTTP(err):
		e.Msg, e.Hint = host+" does not speak https on that port", "try http in ROMM_BASE_URL, or the port of the proxy in front of RomM"
	case errors.As(err, &cert):
		e.Msg, e.Hint = certificate(host, cert)
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Msg = "nothing listens at " + host
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Msg, e.Err = host+" did not answer in time", context.DeadlineExceeded
	default:
		e.Msg = "the connection to " + host + " was lost"
	}
	return e
}

func certificate(host string, err *tls.CertificateVerificationError) (msg, hint string) {
	var (
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		bad     x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &name):
		return "the certificate of " + host + " is for another name", "use the name in ROMM_BASE_URL that the certificate is for"
	case errors.As(err, &unknown):
		return "the certificate of " + host + " comes from an unknown authority", "install its authority's certificate on this machine (SSL_CERT_FILE)"
	case errors.As(err, &bad) && bad.Reason == x509.Expired:
		return "the certificate of " + host + " has expired, or is not valid yet", "renew it, and check this machine's clock"
	}
	return "the certificate of " + host + " is not valid", "check the proxy in front of RomM"
}

// refusal puts into words why an answer is not the one that was wanted; nil if
// it is (docs/romm.md 1 and 2).
func (c *Client) refusal(k call, rep reply) *model.Error {
	kind, _, _ := mime.ParseMediaType(rep.header.Get("Content-Type"))
	isJSON := kind == "application/json"
	e := &model.Error{Code: model.CodeUnavailable, Op: k.op, Hint: hintURL}
	switch s := rep.status; {
	case s == http.StatusOK && isJSON:
		return nil
	case s >= 300 && s < 400:
		return c.redirected(e, rep)
	case strings.HasPrefix(string(rep.body), "CSRF token verification failed"):
		e.Code = model.CodeUnauthorized
		e.Msg = "the Authorization header was lost on the way (a proxy?)"
		e.Hint = "let the proxy in front of RomM pass the Authorization header on, or set ROMM_BASE_URL to RomM itself"
	case s >= 502 && s <= 504:
		e.Msg = fmt.Sprintf("RomM is not available (status %d)", s)
		e.Hint = "check that RomM is running; the proxy in front of it answers"
	case s == http.StatusTooManyRequests:
		e.Msg, e.Hint = "too many requests", "try again later"
		if after := rep.header.Get("Retry-After"); after != "" {
			e.Hint = fmt.Sprintf("try again later (Retry-After: %s)", c.said(after))
		}
	case s == http.StatusInternalServerError && !strings.Contains(kind, "html"):
		c.crashed(e, k)
	case !isJSON:
		e.Msg = fmt.Sprintf("a web page or other text came back instead of RomM's API (status %d)", s)
		e.Hint = hintPage
	case s == http.StatusUnauthorized:
		c.unauthorized(e)
	case s == http.StatusForbidden:
		c.forbidden(e, k)
	case s == http.StatusNotFound && k.id != 0:
		e.Code, e.Msg = model.CodeNotFound, fmt.Sprintf("RomM has no user with id %d", k.id)
		e.Hint = "reload: the account may have been deleted"
	case s == http.StatusNotFound:
		e.Code, e.Msg = model.CodeNotFound, "there is no RomM API at that address"
		e.Hint = hintPage
	case s == http.StatusBadRequest:
		e.Code, e.Msg = model.CodeInvalid, "RomM refuses: "+c.detail(rep.body)
		e.Hint = "change the value"
	case s == http.StatusUnprocessableEntity:
		e.Code, e.Msg = model.CodeInvalid, "RomM does not accept the request: "+c.detail(rep.body)
		e.Hint = "this version of RomM may not be supported yet"
	default:
		e.Msg = fmt.Sprintf("RomM answered with status %d: %s", s, c.detail(rep.body))
	}
	return e
}

func (c *Client) redirected(e *model.Error, rep reply) *model.Error {
	e.Msg = "the address redirects elsewhere"
	e.Hint = "set ROMM_BASE_URL to the address that it leads to"
	to, err := url.Parse(rep.header.Get("Location"))
	if err != nil || to.Host == "" {
		return e
	}
	e.Msg = "the address redirects to " + c.said(to.Scheme+"://"+to.Host)
	if to.Hostname() != c.base.Hostname() {
		e.Hint = hintPage
	}
	return e
}

// crashed words a 500. Before RomM has accepted the credentials they are the
// likely cause.
func (c *Client) crashed(e *model.Error, k call) {
	e.Msg, e.Hint = "RomM answered 500", "look into RomM's log"
	switch {
	case k.scope == "":
	case !c.accepted.Load():
		e.Code = model.CodeUnauthorized
		e.Msg = "RomM answered 500; with it that usually means a malformed or expired token or a wrong user name/password form"
		e.Hint = "set " + c.tokenName() + " to a client API token (rmm_…) of an administrator; accounts made by OIDC have no password that works"
		if c.kind() == clientToken && !c.lastVersion().AtLeast(4, 8, 0) {
			e.Hint = "client API tokens came with RomM 4.8: set ROMM_USERNAME and ROMM_PASSWORD instead of " + c.tokenName()
		}
	case c.kind() == jwt:
		e.Hint = "look into RomM's log; the token in " + c.tokenName() + " may have expired, a client API token (rmm_…) lasts longer"
	}
}

func (c *Client) unauthorized(e *model.Error) {
	e.Code = model.CodeUnauthorized
	switch c.kind() {
	case password:
		e.Msg = "RomM does not accept the user name and password"
		e.Hint = "check ROMM_USERNAME and ROMM_PASSWORD, and that the account is enabled"
	case jwt:
		e.Msg = "RomM does not accept the token"
		e.Hint = "set " + c.tokenName() + " to an access token of this RomM, better to a client API token (rmm_…)"
	case clientToken:
		e.Msg = "RomM does not accept the token"
		e.Hint = "it is unknown, expired or revoked, or its owner is disabled: make a new one in RomM under Client API Tokens and put it into " + c.tokenName()
	}
}

func (c *Client) forbidden(e *model.Error, k call) {
	e.Code = model.CodeForbidden
	e.Msg = "RomM forbids it"
	switch {
	case k.scope == "":
		e.Hint = hintPage
	case c.kind() == password:
		e.Hint = fmt.Sprintf("the account in ROMM_USERNAME must be an administrator (scope %s)", k.scope)
	case k.scope == scopeWrite:
		e.Hint = c.tokenName() + " needs the scope me.write, and other people can only be edited by an administrator's token"
	default:
		e.Hint = fmt.Sprintf("%s needs the scope %s, and an administrator as its owner", c.tokenName(), k.scope)
	}
	if v := c.lastVersion(); k.scope != "" && (!v.Known() || !v.AtLeast(5, 2, 0)) {
		e.Hint += "; up to 5.1 RomM says the same when it does not accept the credentials at all"
	}
}

// detail extracts FastAPI's `detail`: a text, or a list of faults.
func (c *Client) detail(body []byte) string {
	var d struct {
		Detail json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &d) != nil {
		return "no reason given"
	}
	var text string
	if json.Unmarshal(d.Detail, &text) == nil && text != "" {
		return c.said(text)
	}
	var faults []struct {
		Loc []any  `json:"loc"`
		Msg string `json:"msg"`
	}
	if json.Unmarshal(d.Detail, &faults) != nil || len(faults) == 0 {
		return "no reason given"
	}
	var out []string
	for _, f := range faults {
		where := make([]string, len(f.Loc))
		for i, l := range f.Loc {
			where[i] = fmt.Sprint(l)
		}
		out = append(out, strings.Join(where, ".")+": "+f.Msg)
	}
	return c.said(strings.Join(out, "; "))
}
