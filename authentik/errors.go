package authentik

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"github.com/romm-admin/romm-admin/model"
)

// tokenHint is the advice for every refused token. An expiring API token is not
// deleted at expiry: its key is changed (docs/authentik.md 4.4).
func (c *Client) tokenHint() string {
	return "check " + c.cfg.TokenFrom.Or("AUTHENTIK_TOKEN") + ": it must be an API token (intent API); " +
		"the key of an expiring token is replaced at expiry, so copy it again or make one that does not expire"
}

// statusError turns an answer that is not a usable 200 into words.
func (c *Client) statusError(k call, resp *http.Response, body []byte) error {
	if crashed(k, resp, body) {
		return &model.Error{
			Code: model.CodeUnavailable, Op: k.op,
			Msg:  "Authentik crashed over the request: it answers 405 with an empty page, and its newest event system_exception holds the error",
			Hint: "look at that event in Authentik, under Events > Logs",
		}
	}
	if isPage(resp, body) {
		return c.pageError(k, resp.StatusCode, body)
	}
	e := &model.Error{Code: model.CodeUnavailable, Op: k.op}
	stranger := fmt.Sprintf("%s answers %d %s", c.address(k), resp.StatusCode, http.StatusText(resp.StatusCode))
	answered := fmt.Sprintf("Authentik answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	if k.first {
		answered = stranger
	}
	said := detail(body)
	switch {
	case resp.StatusCode == http.StatusForbidden && badToken(said):
		e.Code, e.Msg, e.Hint = model.CodeUnauthorized, "Authentik refused the token", c.tokenHint()
	case resp.StatusCode == http.StatusUnauthorized:
		// Authentik says 403 to a bad token (docs/authentik.md 4.1).
		e.Code, e.Msg = model.CodeUnauthorized, stranger+", as Authentik itself does not"
		e.Hint = "let a proxy in front of Authentik pass /api/v3/ through without a login of its own; if there is none, " + c.tokenHint()
	case resp.StatusCode == http.StatusForbidden && k.permission != "":
		e.Code = model.CodeForbidden
		e.Msg = "the token lacks the permission " + k.permission
		e.Hint = "add " + k.permission + " to a role of the token's user in Authentik"
	case resp.StatusCode == http.StatusForbidden:
		e.Code, e.Msg = model.CodeForbidden, stranger+" to what any token may ask Authentik"
		e.Hint = urlHint + ", and that no proxy in front of it refuses /api/v3/"
	case resp.StatusCode == http.StatusNotFound:
		e.Code, e.Msg = model.CodeNotFound, "Authentik has no such object"
	case resp.StatusCode == http.StatusBadRequest && k.attributes && namesField(body):
		e.Code, e.Msg, e.Err = model.CodeInvalid, "not changed", fmt.Errorf("%w: %s", model.ErrDefinition, said)
		e.Hint = "correct what it names at this person in Authentik, or the definition under Directory > Object attributes; then try again"
		return e
	case resp.StatusCode == http.StatusBadRequest:
		e.Code, e.Msg = model.CodeInvalid, "Authentik did not accept the request"
	case resp.StatusCode == http.StatusTooManyRequests:
		e.Msg, e.Hint = "too many requests", "try again in a minute"
	case resp.StatusCode < http.StatusInternalServerError:
		e.Msg, e.Hint = answered, urlHint
	case k.first:
		e.Msg, e.Hint = answered, urlHint+"; if it is, look at the log of its server"
	default:
		e.Msg = answered
		e.Hint = "try again; if it stays, look at the log of Authentik's server, and of a proxy in front of it"
	}
	if said != "" {
		e.Err = errors.New(said)
	}
	return e
}

// crashed reports whether a request that is no GET failed inside Authentik: it
// answers 405 with an empty page then, as no proxy does (docs/authentik.md 4.1).
func crashed(k call, resp *http.Response, body []byte) bool {
	return k.method != "" && k.method != http.MethodGet && resp.StatusCode == http.StatusMethodNotAllowed && len(bytes.TrimSpace(body)) == 0
}

func badToken(said string) bool {
	said = strings.ToLower(said)
	return strings.Contains(said, "token invalid") || strings.Contains(said, "credentials were not provided")
}

// detail reads the error bodies that Authentik is known to send: {"detail": …},
// an object of fields with a text, a list or nested lists as value, or a list
// alone (docs/authentik.md 4.1). Of text that is not JSON it returns the
// beginning, and "" for anything else.
func detail(body []byte) string {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return excerpt(string(body))
	}
	if obj, ok := v.(map[string]any); ok {
		if s, ok := obj["detail"].(string); ok {
			return model.Clean(s)
		}
	}
	return model.Clean(strings.Join(texts(v), "; "))
}

// namesField reports whether a refusal is about a field, and not about the
// request as a whole.
func namesField(body []byte) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return false
	}
	delete(fields, "non_field_errors")
	delete(fields, "detail")
	return len(fields) > 0
}

func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, x := range v {
			out = append(out, texts(x)...)
		}
		return out
	case map[string]any:
		var out []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			for _, s := range texts(v[name]) {
				if name != "non_field_errors" {
					s = name + ": " + s
				}
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// netFailure turns the failure of a connection into words. It marks those
// that may pass, and those of which no server got anything.
func (c *Client) netFailure(k call, err error) *failure {
	e := &model.Error{Code: model.CodeUnavailable, Op: k.op, Err: unwrapURL(err)}
	host := c.root.Host
	var (
		redirect  *redirectError
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		sent      *tls.CertificateVerificationError
		wrongHost x509.HostnameError
		badCert   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		op        *net.OpError
	)
	f := &failure{err: e}
	switch {
	case errors.Is(err, context.DeadlineExceeded) && k.within > 0:
		e.Msg, e.Err = fmt.Sprintf("Authentik was not done within %d seconds", int(c.limit(k).Seconds())), model.ErrMappingSlow
		e.Hint = "a login at RomM waits for the same mappings, and is given up after about 5 seconds"
	case errors.Is(err, context.DeadlineExceeded):
		e.Msg = fmt.Sprintf("%s did not answer within %d seconds", host, int(c.timeout.Seconds()))
		e.Hint, e.Err = "check that Authentik is up and not overloaded, then try again", nil
	case errors.As(err, &redirect):
		f.ended = true // what redirects carries nothing out
		e.Msg, e.Err = fmt.Sprintf("%s redirects to %s, and the token is not sent there", host, redirect.to), nil
		e.Hint = "set AUTHENTIK_URL to the address that Authentik itself answers on"
	case errors.As(err, &authority):
		e.Msg = "the certificate of " + host + " is signed by an authority that this machine does not know"
		e.Hint = "give the CA's certificate as a file; checking is never switched off"
		if errors.As(err, &sent) && alone(sent.UnverifiedCertificates) {
			e.Msg = fmt.Sprintf("%s sends its own certificate alone, without the one of %s, which issued it and which this machine does not know",
				host, model.Clean(sent.UnverifiedCertificates[0].Issuer.String()))
			e.Hint = "have the server send the whole chain (often fullchain.pem), intermediate certificates included; for an authority of your own, give the CA's certificate as a file"
		}
	case errors.As(err, &wrongHost):
		e.Msg, e.Hint = "the certificate is not for "+host, "use the name that the certificate is for in AUTHENTIK_URL"
	case errors.As(err, &badCert) && badCert.Reason == x509.Expired:
		e.Msg = "the certificate of " + host + " has expired or is not valid yet"
		e.Hint = "renew it, and check this machine's clock"
	case errors.As(err, &badCert):
		e.Msg, e.Hint = "the certificate of "+host+" is not valid", "renew it"
	case errors.As(err, &record), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		e.Msg, e.Hint = host+" does not speak TLS on this port", "check scheme and port in AUTHENTIK_URL"
	case errors.As(err, &dns) && dns.IsNotFound:
		e.Msg, e.Hint = "there is no host called "+dns.Name, "check AUTHENTIK_URL and this machine's DNS"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Msg, e.Hint = host+" refuses the connection", "check that Authentik is up and that the port is right"
		f.again = true
	default:
		e.Msg, e.Hint = "the connection to "+host+" failed", "check that Authentik is up, then try again"
		f.again = true
	}
	f.unsent = authority.Cert != nil || wrongHost.Certificate != nil || badCert.Cert != nil ||
		errors.As(err, &record) || errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial"
	return f
}

// alone reports whether a server sent one certificate, which another one issued:
// an intermediate is missing, or the authority is private.
func alone(chain []*x509.Certificate) bool {
	return len(chain) == 1 && !bytes.Equal(chain[0].RawIssuer, chain[0].RawSubject)
}

// unwrapURL drops the method and address that net/http puts before the cause:
// the operation says it already.
func unwrapURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// decode reads an answer into v; what cannot be read is named as such.
func decode(k call, body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return notAPI(k, err)
	}
	return nil
}

func notAPI(k call, err error) error {
	return &model.Error{
		Code: model.CodeUnavailable, Op: k.op, Err: err,
		Msg:  "the answer is not one of Authentik's API",
		Hint: "check AUTHENTIK_URL; Authentik 2024.12 to 2026.8 are supported",
	}
}
