package rommapi

import (
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/patience"
)

// Config says where RomM is and who asks. Either Token or Username and
// Password are needed.
type Config struct {
	// URL is RomM's address as in ROMM_BASE_URL, without /api.
	URL string
	// Token is a client API token (rmm_…, RomM 4.8 and later) or a JWT of
	// /api/token. The console needs the scopes me.read, me.write and
	// users.read, and an administrator as the owner (docs/romm.md 1).
	Token model.Secret
	// TokenFrom says where the token comes from; it is read there again when
	// RomM refuses it.
	TokenFrom model.Origin
	Username  string
	Password  model.Secret
	// Grant trades user name and password for tokens of /api/token and keeps
	// them fresh, instead of sending the password with every request. HTTP
	// Basic stays the way where RomM gives no token.
	Grant bool
	// AllowHTTP (ROMM_ALLOW_HTTP) permits plain http to hosts other than
	// this one: the credentials then travel in the clear (S25).
	AllowHTTP bool
	// HTTP carries the requests; nil is a client of its own. Its cookie jar
	// and redirect policy are not used.
	HTTP *http.Client
	// Sleep waits between two tries and returns early with the context's
	// error; nil waits for real.
	Sleep func(ctx context.Context, d time.Duration) error
	// Now is the clock by which tokens end and a Retry-After with a date is
	// read; nil is the real one.
	Now func() time.Time
}

// Client talks to one RomM. Make one with [New]; it is safe for concurrent
// use.
type Client struct {
	base   *url.URL
	login  atomic.Pointer[login]
	renews sync.Mutex // one reading of the token's file at a time
	from   model.Origin
	grant  *grant // nil unless tokens come instead of it
	http   *http.Client
	sleep  func(context.Context, time.Duration) error
	now    func() time.Time
	// accepted is set once RomM has accepted the credentials: a 500 before that
	// usually means bad ones (docs/romm.md 1).
	accepted atomic.Bool

	mu      sync.Mutex
	version model.Version
}

// credential is the way in which the client signs in.
type credential int

const (
	clientToken credential = iota
	jwt
	password
)

// login is how the client signs in; it is replaced when its token is.
type login struct {
	auth    string // value of the Authorization header
	kind    credential
	secrets *strings.Replacer // hides it, and those before it
}

var (
	tokenForm = regexp.MustCompile(`^rmm_[!-~]+$`)
	jwtForm   = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)
)

// New checks the configuration without any traffic. Its errors have
// CodeInvalid and name the environment variable to look at.
func New(cfg Config) (*Client, error) {
	base, err := parseURL(cfg.URL, cfg.AllowHTTP)
	if err != nil {
		return nil, err
	}
	c := &Client{base: base, sleep: cfg.Sleep, now: cfg.Now, from: cfg.TokenFrom}
	if c.now == nil {
		c.now = time.Now
	}
	if err := c.credentials(cfg); err != nil {
		return nil, err
	}
	if c.sleep == nil {
		c.sleep = patience.Wait
	}
	c.http = &http.Client{Transport: transport()}
	if cfg.HTTP != nil {
		own := *cfg.HTTP
		c.http = &own
	}
	c.http.Jar = nil
	c.http.CheckRedirect = sameOrigin
	return c, nil
}

func invalid(msg, hint string) error {
	return &model.Error{Code: model.CodeInvalid, Op: "connect to RomM", Msg: msg, Hint: hint}
}

// parseURL checks RomM's address. The error never quotes an address with a
// password in it.
func parseURL(text string, allowHTTP bool) (*url.URL, error) {
	const hint = "set ROMM_BASE_URL to RomM's address, such as https://romm.example.org"
	if strings.TrimSpace(text) == "" {
		return nil, invalid("no address given", hint)
	}
	u, err := url.Parse(strings.TrimSpace(text))
	switch {
	case model.HasUser(strings.TrimSpace(text)):
		return nil, invalid("the address contains a user name or password", "set ROMM_USERNAME and ROMM_PASSWORD instead")
	case err != nil:
		return nil, invalid("the address cannot be read", hint)
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, invalid("the address is not like https://romm.example.org", hint)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, invalid("the address has a query or fragment", hint)
	case u.Scheme == "http" && !allowHTTP && !model.Loopback(u.Hostname()):
		return nil, invalid("plain http would send the credentials in the clear to "+u.Hostname(),
			"use https in ROMM_BASE_URL, or set ROMM_ALLOW_HTTP=true if the network between is trusted")
	}
	u.Path = strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/api")
	u.RawPath = ""
	return u, nil
}

func (c *Client) credentials(cfg Config) error {
	token, pass := cfg.Token.Reveal(), cfg.Password.Reveal()
	const hint = "set ROMM_TOKEN to a client API token of an administrator, or ROMM_USERNAME and ROMM_PASSWORD"
	basic := base64.StdEncoding.EncodeToString([]byte(cfg.Username + ":" + pass))
	switch {
	case token == "" && cfg.Username == "" && pass == "":
		return invalid("no credentials given", hint+"; to work without RomM, leave ROMM_BASE_URL out and give its address as OIDC_REDIRECT_URI")
	case token != "" && cfg.Grant:
		return invalid("a token is given, so none can be traded for a password", "set ROMM_USERNAME and ROMM_PASSWORD instead of ROMM_TOKEN")
	case token != "" && (cfg.Username != "" || pass != ""):
		return invalid("both a token and a user name or password are given", "keep one of them; "+hint)
	case token == "" && (cfg.Username == "" || pass == ""):
		return invalid("user name and password are both needed", hint)
	case strings.Contains(cfg.Username, ":"):
		return invalid("the user name contains a colon, which HTTP Basic cannot carry", hint)
	case token == "":
		c.login.Store(&login{"Basic " + basic, password, strings.NewReplacer(basic, "***", pass, "***", url.QueryEscape(pass), "***")})
		if cfg.Grant {
			c.grant = &grant{username: cfg.Username, password: cfg.Password}
		}
		return nil
	}
	kind, ok := kindOf(token)
	if !ok {
		// RomM answers 500 to such a value on every path.
		return invalid("the token in "+c.tokenName()+" is neither a client API token (rmm_…) nor a JWT", hint)
	}
	c.login.Store(&login{"Bearer " + token, kind, strings.NewReplacer(token, "***")})
	return nil
}

func kindOf(token string) (kind credential, ok bool) {
	switch {
	case tokenForm.MatchString(token):
		return clientToken, true
	case jwtForm.MatchString(token):
		return jwt, true
	}
	return 0, false
}

func (c *Client) kind() credential { return c.login.Load().kind }

// tokenName is where the token comes from, for hints.
func (c *Client) tokenName() string { return c.from.Or("ROMM_TOKEN") }

// renew reads the token again where it comes from, after RomM has refused that
// header. It reports whether there is another one to try.
func (c *Client) renew(refused string) bool {
	c.renews.Lock()
	defer c.renews.Unlock()
	now := c.login.Load()
	if now.kind == password {
		return false
	}
	if now.auth != refused {
		return true // renewed by another call meanwhile
	}
	old := strings.TrimPrefix(refused, "Bearer ")
	next, ok := c.from.Renewed(model.Secret(old))
	kind, fits := kindOf(next.Reveal())
	if !ok || !fits {
		return false
	}
	c.login.Store(&login{"Bearer " + next.Reveal(), kind, strings.NewReplacer(old, "***", next.Reveal(), "***")})
	return true
}

// name is the host for headings, with its port unless that is the default.
func (c *Client) name() string {
	host, port := c.base.Hostname(), c.base.Port()
	if port == "" || c.base.Scheme == "https" && port == "443" || c.base.Scheme == "http" && port == "80" {
		return host
	}
	return net.JoinHostPort(host, port)
}

func (c *Client) setVersion(v model.Version) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version = v
}

// lastVersion is the version that RomM reported last; zero if it was not
// asked yet.
func (c *Client) lastVersion() model.Version {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.version
}

// said makes text of the other side fit for a message: no secret that it may
// echo (S32), printable (S30), short.
func (c *Client) said(text string) string {
	const limit = 200
	out := []rune(model.Clean(c.grant.hide(c.login.Load().secrets.Replace(text))))
	if len(out) > limit {
		return string(out[:limit]) + "…"
	}
	return string(out)
}
