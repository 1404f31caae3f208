package authentik

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// CheckAccess finds out what the token may do, without changing anything. An
// error means that it may do nothing: CodeUnauthorized for a refused token.
func (c *Client) CheckAccess(ctx context.Context) (model.Access, error) {
	version, err := c.version(ctx)
	if err != nil {
		return model.Access{}, err
	}
	s, err := c.session(ctx)
	if err != nil {
		return model.Access{}, err
	}
	a := model.Access{
		Version: model.Clean(version),
		Owner:   s.User.Username, Superuser: s.User.Superuser, Abilities: abilities(c.cfg.Application, version),
	}
	tries := probes(c.cfg.Application)
	var wg sync.WaitGroup
	for i := range a.Abilities {
		x := &a.Abilities[i]
		path, readable := tries[x.Permission]
		switch {
		case a.Superuser:
			x.State = model.AbilityYes
		case !readable:
			x.State = model.AbilityUntried
		default:
			wg.Go(func() { c.try(ctx, path, x) })
		}
	}
	expiry := ""
	wg.Go(func() { a.Expires, expiry = c.expiry(ctx, s.User.Username) })
	wg.Wait()
	c.tryTest(ctx, a.Abilities)
	if ctx.Err() != nil {
		return model.Access{}, fmt.Errorf("check the Authentik token: %w", context.Cause(ctx))
	}
	a.Warnings = accessWarnings(a, expiry)
	return a, nil
}

// abilities lists what romm-admin uses (docs/authentik.md 4.2).
func abilities(application, version string) []model.Ability {
	app := "the application " + application
	list := []model.Ability{
		{Permission: permViewUser, Needs: "reading people, which everything needs"},
		{Permission: permViewGroup, Needs: "reading groups and their roles, which everything needs"},
		{Permission: permViewApplication, Needs: "finding RomM's provider by " + app},
		{Permission: permViewProvider, Needs: "reading RomM's provider, checking it, and previews"},
		{Permission: permViewMapping, Needs: "telling what the provider's mappings send, and predicting logins"},
		{Permission: permPreviewUser, Needs: "asking Authentik for claims that only it can tell"},
		{Permission: permViewEvent, Needs: "seeing what happened at past logins"},
		{Permission: permViewFlow, Needs: "setting up the provider"},
		{Permission: permViewKey, Needs: "setting up the provider's signing key"},
		{Permission: permViewBinding, Needs: "seeing who may open RomM's application"},
		{Permission: permChangeUser, Needs: "changing an e-mail or trusting one in Authentik"},
	}
	if hasDefinitions(version) {
		list = append(list, model.Ability{Permission: permViewDefinition, Needs: "seeing definitions of attributes that concern romm-admin's"})
	}
	for _, p := range []string{
		permAddMapping, permChangeMapping, permDeleteMapping, permAddProvider, permChangeProvider, permDeleteProvider,
		permAddApplication, permChangeApplication, permDeleteApplication, permAddBinding, permDeleteBinding,
	} {
		list = append(list, model.Ability{Permission: p, Needs: "setting Authentik up, and undoing it"})
	}
	for _, p := range []string{permTestMapping, permAddAnyMapping} {
		list = append(list, model.Ability{Permission: p, Needs: "having Authentik test our mappings before logins depend on them; it has to be global"})
	}
	return list
}

// probes are reads that fail without the permission and cost little.
func probes(application string) map[string]string {
	return map[string]string{
		permViewUser: "/core/users/", permViewGroup: "/core/groups/", permViewApplication: applicationPath(application),
		permViewProvider: "/providers/oauth2/", permViewMapping: "/propertymappings/provider/scope/",
		permViewEvent: "/events/events/", permViewFlow: "/flows/instances/" + FlowImplicitConsent + "/",
		permViewKey: "/crypto/certificatekeypairs/", permViewBinding: "/policies/bindings/", permTestMapping: anyMappingPath,
		permViewDefinition: "/core/object_attributes/",
	}
}

// tryTest tries the second permission that a test of a mapping needs, once the
// first is known to be there: each try without it leaves an event in Authentik.
func (c *Client) tryTest(ctx context.Context, list []model.Ability) {
	of := func(permission string) *model.Ability {
		return &list[slices.IndexFunc(list, func(x model.Ability) bool { return x.Permission == permission })]
	}
	x := of(permAddAnyMapping)
	if x.State != model.AbilityUntried || of(permTestMapping).State != model.AbilityYes {
		return
	}
	switch may, tried, err := c.mayTest(ctx); {
	case err != nil:
		x.State, x.Why = model.AbilityUnknown, err.Error()
	case !tried:
	case may:
		x.State = model.AbilityYes
	default:
		x.State = model.AbilityNo
	}
}

// try reads one row. A missing object is no missing permission: only 403 says
// so, and even that may mean that no object is visible (docs/authentik.md 4.1),
// which has the same effect.
func (c *Client) try(ctx context.Context, path string, x *model.Ability) {
	k := call{op: "check " + x.Permission, path: path, permission: x.Permission, limit: listLimit}
	if !strings.HasPrefix(path, "/flows/") && !strings.HasPrefix(path, "/core/applications/") {
		k.query = url.Values{"page_size": {"1"}}
	}
	_, err := c.get(ctx, k)
	switch model.CodeOf(err) {
	case "":
		x.State = model.AbilityYes
	case model.CodeForbidden:
		x.State = model.AbilityNo
	case model.CodeNotFound:
		x.State, x.Why = model.AbilityUnknown, "there is no such object, or it is hidden from the token"
	default:
		x.State, x.Why = model.AbilityUnknown, err.Error()
	}
}

func (c *Client) session(ctx context.Context) (wireSession, error) {
	k := call{op: "read the token's user", path: "/core/users/me/", limit: documentLimit}
	var s wireSession
	body, err := c.get(ctx, k)
	if err == nil {
		err = decode(k, body, &s)
	}
	if err == nil && s.User.Username == "" {
		// Nobody is not the same as somebody who is no superuser (S34).
		err = notAPI(k, errors.New("the user has no name"))
	}
	return s, err
}

// expiry looks at the API tokens of the token's user. Why says why it is not
// known.
func (c *Client) expiry(ctx context.Context, owner model.Untrusted) (first time.Time, why string) {
	type wire struct {
		PK       string    `json:"pk"`
		Intent   string    `json:"intent"`
		Expiring bool      `json:"expiring"`
		Expires  time.Time `json:"expires"`
	}
	l := list[wire]{
		what: "tokens",
		call: call{op: "list the owner's tokens", path: "/core/tokens/", permission: "authentik_core.view_token", query: url.Values{
			"intent": {"api"}, "user__username": {owner.Raw()},
		}},
		key: func(t wire) (string, bool) { return t.PK, t.PK != "" },
	}
	tokens, short, err := l.read(ctx, c)
	if err != nil {
		return time.Time{}, err.Error()
	}
	if len(tokens) == 0 {
		short = "no API token of " + owner.String() + " is visible"
	}
	for _, t := range tokens {
		if t.Intent == "api" && t.Expiring && !t.Expires.IsZero() && (first.IsZero() || t.Expires.Before(first)) {
			first = t.Expires
		}
	}
	return first, short
}

// AnswersForOthers reports whether Authentik tells this token who else may open an
// application. It tells only the token of a superuser; asked with another one it
// answers 200, about the caller (docs/authentik.md 4.2), which is never to be
// mistaken for an answer.
func (c *Client) AnswersForOthers(ctx context.Context) (bool, error) {
	s, err := c.session(ctx)
	return err == nil && s.User.Superuser, err
}

// MayOpen asks Authentik whether a user may open the application now
// (check_access): it runs the policies, as at a login, but from here. The answer
// is about that user only while AnswersForOthers is true.
func (c *Client) MayOpen(ctx context.Context, slug string, userPK int64) (model.AccessAnswer, error) {
	k := call{
		op: "ask who may open the application", path: applicationPath(slug) + "check_access/", limit: documentLimit,
		query: url.Values{"for_user": {strconv.FormatInt(userPK, 10)}}, permission: permViewApplication, within: mappingTimeout,
	}
	var answer struct {
		Passing  *bool             `json:"passing"`
		Messages []model.Untrusted `json:"messages"`
	}
	body, err := c.get(ctx, k)
	if err == nil {
		err = decode(k, body, &answer)
	}
	if err == nil && answer.Passing == nil {
		err = notAPI(k, errors.New("it does not say whether the user passes"))
	}
	if err != nil {
		return model.AccessAnswer{}, err
	}
	return model.AccessAnswer{Passes: *answer.Passing, Messages: answer.Messages}, nil
}

func accessWarnings(a model.Access, expiry string) []string {
	release := ParseRelease(a.Version)
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if a.Superuser {
		out = append(out, superuserWarning(a.Owner))
	}
	if !release.Known() {
		add("Authentik's version %q cannot be read; it is treated as the newest", a.Version)
	} else if !release.AtLeast(oldestYear, oldestMonth) {
		add("Authentik %s is older than %d.%d, the oldest that romm-admin knows", a.Version, oldestYear, oldestMonth)
	}
	switch {
	case expiry != "":
		add("when the token expires is not known: %s", expiry)
	case !a.Expires.IsZero():
		add("an API token of %s expires on %s; Authentik then replaces its key, and the stored one stops working", a.Owner, a.Expires.UTC().Format(time.RFC3339))
	default:
		add("the token of %s never expires; anyone who copies it can use it until somebody deletes it", a.Owner)
	}
	for _, x := range a.Missing() {
		add("the token lacks %s, so this is not possible: %s", x.Permission, x.Needs)
	}
	return out
}

func superuserWarning(owner model.Untrusted) string {
	return fmt.Sprintf("the Authentik token belongs to the superuser %s and may do everything there; "+
		"a token with only the permissions that romm-admin needs is safer", owner)
}
