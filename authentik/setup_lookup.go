package authentik

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	api "goauthentik.io/api/v3"

	"github.com/romm-admin/romm-admin/model"
)

const (
	permViewFlow = "authentik_flows.view_flow"
	permViewKey  = "authentik_crypto.view_certificatekeypair"
	// A mapping is tested by who holds both of these globally, on no single
	// object (docs/authentik.md 4.2).
	permTestMapping   = "authentik_core.view_propertymapping"
	permAddAnyMapping = "authentik_core.add_propertymapping"
)

// flowID returns the UUID of the flow with that slug (docs/authentik.md 4.5).
func (c *Client) flowID(ctx context.Context, slug string) (string, error) {
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

// SigningKeyName is that of the pair that Authentik makes at its first start
// (docs/authentik.md 4.5).
const SigningKeyName = "authentik Self-signed Certificate"

// signingKeys lists the certificates whose private key Authentik has.
func (c *Client) signingKeys(ctx context.Context) ([]model.Ref, error) {
	type wire struct {
		PK   string          `json:"pk"`
		Name model.Untrusted `json:"name"`
		Key  bool            `json:"private_key_available"`
	}
	rows, err := list[wire]{
		what: "certificates",
		call: call{
			op: "list signing keys", path: "/crypto/certificatekeypairs/", permission: permViewKey,
			query: url.Values{"has_key": {"true"}, "ordering": {"name"}},
		},
		key: func(w wire) (string, bool) { return w.PK, w.PK != "" },
	}.whole(ctx, c)
	if err != nil {
		return nil, err
	}
	var out []model.Ref
	for _, w := range rows {
		if w.Key {
			out = append(out, model.Ref{ID: w.PK, Name: w.Name})
		}
	}
	return out, nil
}

// mappingTest is what a scope mapping returned when Authentik ran it.
type mappingTest struct {
	OK bool
	// Result is JSON text, or a traceback when it raised.
	Result model.Untrusted
}

// testMapping runs a mapping for a user, 0 for nobody, really, calls to other services
// included; provider and token are not defined there (docs/authentik.md 4.3).
// Authentik says 405 to who may not, and when the test fails inside it; both
// are CodeForbidden here, and [Client.untested] tells them apart.
func (c *Client) testMapping(ctx context.Context, id string, userPK int64) (mappingTest, error) {
	const op = "test a scope mapping"
	if userPK < 0 || userPK > math.MaxInt32 || !uuidPattern.MatchString(strings.ToLower(id)) {
		return mappingTest{}, &model.Error{Code: model.CodeInvalid, Op: op, Msg: "there is no such mapping or user", Hint: "reload and try again"}
	}
	req := api.NewPropertyMappingTestRequest()
	if userPK != 0 {
		req.SetUser(int32(userPK))
	}
	body, err := req.MarshalJSON()
	if err != nil {
		return mappingTest{}, fmt.Errorf("%s: %w", op, err)
	}
	k := call{
		op: op, method: http.MethodPost, path: "/propertymappings/all/" + id + "/test/", body: body,
		query: url.Values{"format_result": {strconv.FormatBool(true)}}, limit: documentLimit,
		permission: permTestMapping,
	}
	answer, f := c.attempt(ctx, k)
	if f != nil && f.status == http.StatusMethodNotAllowed {
		return mappingTest{}, &model.Error{
			Code: model.CodeForbidden, Op: op, Msg: "Authentik does not run the test", Err: f.err,
			Hint: "look at the event system_exception in Authentik",
		}
	}
	if f != nil {
		return mappingTest{}, f.err
	}
	var w struct {
		Successful *bool           `json:"successful"`
		Result     model.Untrusted `json:"result"`
	}
	if err := decode(k, answer, &w); err != nil {
		return mappingTest{}, err
	}
	if w.Successful == nil {
		return mappingTest{}, notAPI(k, errors.New("successful is missing"))
	}
	return mappingTest{OK: *w.Successful, Result: w.Result}, nil
}

// untested says why Authentik tests no mapping for this token; "" if it does. A
// list needs one of the two permissions, and the test of a mapping that does
// nothing the other. Without such a mapping the second is taken to be there:
// each try without it leaves an event in Authentik.
func (c *Client) untested(ctx context.Context) (string, error) {
	me, err := c.session(ctx)
	if err != nil || me.User.Superuser {
		return "", err
	}
	_, err = c.get(ctx, call{
		op: "check " + permTestMapping, path: anyMappingPath, permission: permTestMapping, limit: listLimit, query: url.Values{"page_size": {"1"}},
	})
	may := false
	if err == nil { // which it may be by a permission on one mapping alone
		may, _, err = c.mayTest(ctx)
	}
	if may || err != nil && model.CodeOf(err) != model.CodeForbidden {
		return "", err
	}
	return "the token needs the global permissions " + permTestMapping + " and " + permAddAnyMapping + " for it", nil
}

const anyMappingPath = "/propertymappings/all/"

// mayTest tries to test a mapping that does nothing; tried is false where there
// is none.
func (c *Client) mayTest(ctx context.Context) (may, tried bool, err error) {
	all, err := c.mappings(ctx)
	if err != nil {
		return false, false, err
	}
	for _, m := range all {
		if known, _ := c.templates.recognise(m.Expression); known.Kind != KindNothing {
			continue
		}
		_, err := c.testMapping(ctx, m.ID, 0)
		if model.CodeOf(err) == model.CodeForbidden {
			return false, true, nil
		}
		return err == nil, true, err
	}
	return true, false, nil
}

// SetupNeeds looks up what set-up builds on: flows and a key to sign with, and
// whether mappings can be tested. One that is not there, or that the token may
// not see, is left empty.
func (c *Client) SetupNeeds(ctx context.Context) (model.SetupNeeds, error) {
	var out model.SetupNeeds
	for slug, ref := range map[string]*model.Ref{FlowImplicitConsent: &out.AuthorizationFlow, FlowInvalidation: &out.InvalidationFlow} {
		id, err := c.flowID(ctx, slug)
		if err != nil && !absent(err) {
			return out, err
		}
		if err == nil {
			*ref = model.Ref{ID: id, Name: model.Untrusted(slug)}
		}
	}
	keys, err := c.signingKeys(ctx)
	if err != nil && !absent(err) {
		return out, err
	}
	// The pair that Authentik made at its first start, or else the only one
	// that there is: which of several to take is for an admin to say.
	for _, k := range keys {
		if k.Name == SigningKeyName || len(keys) == 1 {
			out.SigningKey = k
		}
	}
	_, err = c.get(ctx, call{op: "list the providers", path: "/providers/oauth2/", permission: permViewProvider, limit: listLimit, query: url.Values{"page_size": {"1"}}})
	if out.ProvidersHidden = model.CodeOf(err) == model.CodeForbidden; err != nil && !absent(err) {
		return out, err
	}
	out.Untested, err = c.untested(ctx)
	if absent(err) { // the reading says what is missing
		err = nil
	}
	return out, err
}

// absent reports whether the error means that the token does not see an object,
// for whatever reason.
func absent(err error) bool {
	code := model.CodeOf(err)
	return code == model.CodeNotFound || code == model.CodeForbidden
}

// ClientSecret reads the secret of RomM's provider.
func (c *Client) ClientSecret(ctx context.Context, clientID string) (model.Secret, error) {
	p, err := c.providerOf(ctx, opFindProvider, clientID)
	if err == nil && (p.PK == 0 || p.Secret == "") {
		err = &model.Error{
			Code: model.CodeNotFound, Op: "read the client secret", Msg: "Authentik has no provider with that client id that this token can see",
			Hint: "see `romm-admin setup check`",
		}
	}
	return p.Secret, err
}
