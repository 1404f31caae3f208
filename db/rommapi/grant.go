package rommapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/patience"
)

const (
	opSignIn  = "sign in to RomM"
	pathToken = "/api/token"
	// grantScopes is all that the console may ask for. RomM grants it as a
	// whole or not at all (docs/romm.md 1 Password grant).
	grantScopes = scopeMe + " " + scopeWrite + " " + scopeRead + " " + scopeManage
	// unstated is the life of an access token whose answer gives none.
	unstated = time.Minute
	// earliest is how long before its end a token is given up, or a quarter
	// of its life: RomM crashes at expired ones.
	earliest = 30 * time.Second
	// remembered is how many tokens are kept to be hidden in messages.
	remembered = 8
)

// grant trades user name and password for tokens, which are quicker for RomM to
// check and end by themselves (docs/romm.md 1 Password grant).
type grant struct {
	username string
	password model.Secret
	// flights has one sign-in at a time, which all that need one wait for. One
	// begins with mu held, so that none follows a token that was just issued.
	flights singleflight.Group

	mu      sync.Mutex
	access  model.Secret
	ends    time.Time
	refresh model.Secret // single use from RomM 4.8 on
	seen    []model.Secret
	// basic is why RomM gave no token, so that HTTP Basic is used instead.
	basic string
}

// authorization is the value of the header for the next request. It signs in
// if need be; callers that come at the same time share one sign-in, which
// goes on when one of them gives up.
func (c *Client) authorization(ctx context.Context) (string, error) {
	g := c.grant
	if g == nil {
		return c.login.Load().auth, nil
	}
	for first := true; ; first = false {
		g.mu.Lock()
		switch {
		case g.basic != "":
			g.mu.Unlock()
			return c.login.Load().auth, nil
		// A token that was just issued serves at least the request that it
		// was issued for.
		case g.access != "" && (!first || c.now().Before(g.ends)):
			defer g.mu.Unlock()
			return "Bearer " + g.access.Reveal(), nil
		}
		done := g.flights.DoChan("", func() (any, error) {
			return nil, c.fly(context.WithoutCancel(ctx))
		})
		g.mu.Unlock()
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case r := <-done:
			if r.Err != nil {
				return "", r.Err
			}
		}
	}
}

// fly signs in, by the refresh token if there is one. A refresh that fails,
// for whatever reason, is followed by the password: the token may be used up.
// Each request has its deadline, so the flight ends.
func (c *Client) fly(ctx context.Context) error {
	g := c.grant
	g.mu.Lock()
	refresh := g.refresh
	g.refresh, g.access = "", ""
	g.mu.Unlock()
	if refresh != "" && c.byRefresh(ctx, refresh) {
		return nil
	}
	return c.byPassword(ctx)
}

func (c *Client) byRefresh(ctx context.Context, refresh model.Secret) (renewed bool) {
	_, _, err := c.token(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh.Reveal()}})
	return err == nil
}

// byPassword asks for tokens until RomM says yes or no. Where it cannot give
// any, HTTP Basic stays: to people without all the scopes, behind a proxy that
// keeps the endpoint back, and when it crashes, as it does for accounts made
// by OIDC; Basic then finds the words.
func (c *Client) byPassword(ctx context.Context) error {
	form := url.Values{
		"grant_type": {"password"}, "username": {c.grant.username}, "password": {c.grant.password.Reveal()}, "scope": {grantScopes},
	}
	for try := 1; ; try++ {
		rep, again, err := c.token(ctx, form)
		if err == nil {
			return nil
		}
		switch detail := c.detail(rep.body); {
		case rep.status == http.StatusForbidden && strings.HasPrefix(detail, "User account is disabled"):
			return &model.Error{
				Code: model.CodeUnauthorized, Op: opSignIn, Msg: "the RomM account in ROMM_USERNAME is disabled",
				Hint: "let another administrator enable it, or use the credentials of another one",
			}
		case rep.status == http.StatusForbidden:
			return c.grant.settle("the account lacks a scope that the console needs")
		case rep.status == http.StatusNotFound, rep.status == http.StatusMethodNotAllowed:
			return c.grant.settle("there is no " + pathToken)
		case rep.status == http.StatusInternalServerError:
			return c.grant.settle(pathToken + " answered 500")
		}
		if !again || try == patience.Tries {
			return err
		}
		if err := c.sleep(ctx, patience.Pause(try, 0.5)); err != nil {
			return c.lost(ctx, call{op: opSignIn}, err)
		}
	}
}

// settle makes HTTP Basic the way for good.
func (g *grant) settle(reason string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.basic = reason
	return nil
}

// fallback is why Basic is used instead of tokens, "" if it is not.
func (g *grant) fallback() string {
	if g == nil {
		return ""
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.basic
}

// token sends one request for tokens and keeps them. On an error the reply
// has what RomM answered, if it did, and again says that the next try may fare
// better.
func (c *Client) token(ctx context.Context, form url.Values) (rep reply, again bool, err error) {
	k := call{op: opSignIn, method: http.MethodPost, path: pathToken, form: form, limit: maxBody}
	asked := c.now()
	if rep, err = c.once(ctx, k); err != nil {
		return rep, passing(err), c.lost(ctx, k, err)
	}
	if problem := c.refusal(k, rep); problem != nil {
		return rep, patience.Busy(rep.status), problem
	}
	var t struct {
		Access  model.Secret `json:"access_token"`
		Refresh model.Secret `json:"refresh_token"`
		Expires int64        `json:"expires"`
	}
	if err := c.decode(k, rep, &t); err != nil {
		return rep, false, err
	}
	if !jwtForm.MatchString(t.Access.Reveal()) {
		return rep, false, foreign(k, errors.New("no access token"))
	}
	life := unstated
	if t.Expires > 0 && t.Expires < int64(time.Duration(1<<62)/time.Second) {
		life = time.Duration(t.Expires) * time.Second
	}
	c.grant.keep(t.Access, t.Refresh, asked.Add(life-min(earliest, life/4)))
	c.accepted.Store(true)
	return rep, false, nil
}

func (g *grant) keep(access, refresh model.Secret, ends time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.access, g.refresh, g.ends = access, refresh, ends
	for _, one := range []model.Secret{access, refresh} {
		if one != "" {
			g.seen = append(g.seen, one)
		}
	}
	g.seen = g.seen[max(0, len(g.seen)-remembered):]
}

// renew gives up the token that RomM did not accept, and reports whether
// another try with a new one makes sense. A JWT turns useless before its time
// when RomM gets a new key (docs/romm.md 1).
func (g *grant) renew(auth string) bool {
	token, isToken := strings.CutPrefix(auth, "Bearer ")
	if g == nil || !isToken {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if token == g.access.Reveal() {
		g.access = ""
	}
	return true
}

// hide masks the tokens in a text.
func (g *grant) hide(text string) string {
	if g == nil {
		return text
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, one := range g.seen {
		text = strings.ReplaceAll(text, one.Reveal(), "***")
	}
	return text
}
