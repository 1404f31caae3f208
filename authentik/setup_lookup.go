package authentik

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	api "goauthentik.io/api/v3"

	"github.com/romm-admin/romm-admin/model"
)

const (
	permViewFlow    = "authentik_flows.view_flow"
	permViewKey     = "authentik_crypto.view_certificatekeypair"
	permTestMapping = "authentik_core.view_propertymapping"
)

// FlowID returns the UUID of the flow with that slug
// (reference/authentik.md 4.5).
func (c *Client) FlowID(ctx context.Context, slug string) (string, error) {
	k := call{
		op: "find the flow " + model.Clean(slug), path: "/flows/instances/" + url.PathEscape(slug) + "/",
		permission: permViewFlow, limit: documentLimit,
	}
	body, err := c.get(ctx, k)
	if err != nil {
		return "", err
	}
	var f struct{ PK, Slug string }
	if err := decode(k, body, &f); err != nil {
		return "", err
	}
	if f.PK == "" || f.Slug != slug {
		return "", notAPI(k, errors.New("the flow has no key or another slug"))
	}
	return f.PK, nil
}

// Slugs of the flows that RomM's provider uses.
const (
	FlowImplicitConsent = "default-provider-authorization-implicit-consent"
	FlowInvalidation    = "default-provider-invalidation-flow"
)

// SigningKey is a certificate with its private key.
type SigningKey struct {
	ID   string
	Name model.Untrusted
}

// SigningKeyName is that of the pair that Authentik makes at its first start
// (reference/authentik.md 4.5).
const SigningKeyName = "authentik Self-signed Certificate"

// SigningKeys lists the certificates whose private key Authentik has.
func (c *Client) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	type wire struct {
		PK   string          `json:"pk"`
		Name model.Untrusted `json:"name"`
		Key  bool            `json:"private_key_available"`
	}
	l := list[wire]{
		what: "certificates",
		call: call{
			op: "list signing keys", path: "/crypto/certificatekeypairs/", permission: permViewKey,
			query: url.Values{"has_key": {"true"}, "ordering": {"name"}},
		},
		key:      func(w wire) (string, bool) { return w.PK, w.PK != "" },
		announce: func(int) {},
		arrived:  func(int) {},
	}
	rows, short, err := l.read(ctx, c)
	if err == nil && short != "" {
		err = notWhole(l.call.op, short)
	}
	if err != nil {
		return nil, err
	}
	var out []SigningKey
	for _, w := range rows {
		if w.Key {
			out = append(out, SigningKey{ID: w.PK, Name: w.Name})
		}
	}
	return out, nil
}

// MappingTest is what a scope mapping returned when Authentik ran it.
type MappingTest struct {
	OK bool
	// Result is JSON text, or a traceback when it raised.
	Result model.Untrusted
}

// TestMapping runs a mapping for a user, really, calls to other services
// included; provider and token are not defined there
// (reference/authentik.md 4.3).
func (c *Client) TestMapping(ctx context.Context, id string, userPK int64) (MappingTest, error) {
	const op = "test a scope mapping"
	if userPK < 1 || userPK > math.MaxInt32 || !uuidPattern.MatchString(strings.ToLower(id)) {
		return MappingTest{}, &model.Error{Code: model.CodeInvalid, Op: op, Msg: "there is no such mapping or user", Hint: "reload and try again"}
	}
	req := api.NewPropertyMappingTestRequest()
	req.SetUser(int32(userPK))
	body, err := payload(op, req)
	if err != nil {
		return MappingTest{}, err
	}
	k := call{
		op: op, method: http.MethodPost, path: "/propertymappings/all/" + id + "/test/", body: body,
		query: url.Values{"format_result": {strconv.FormatBool(true)}}, limit: documentLimit,
		permission: permTestMapping,
	}
	answer, f := c.attempt(ctx, k)
	if f != nil {
		return MappingTest{}, f.err
	}
	var w struct {
		Successful *bool           `json:"successful"`
		Result     model.Untrusted `json:"result"`
	}
	if err := decode(k, answer, &w); err != nil {
		return MappingTest{}, err
	}
	if w.Successful == nil {
		return MappingTest{}, notAPI(k, errors.New("successful is missing"))
	}
	return MappingTest{OK: *w.Successful, Result: w.Result}, nil
}
