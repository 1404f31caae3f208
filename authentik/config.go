package authentik

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	api "goauthentik.io/api/v3"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/patience"
)

// Limits of every conversation with Authentik (S24, R9).
const (
	requestTimeout = 15 * time.Second
	// mappingTimeout is for calls that run the provider's mappings, which may
	// call out. Unloaded they take half a second; RomM waits about 5 s at a login
	// (docs/authentik.md 2).
	mappingTimeout = 8 * time.Second
	dialTimeout    = 5 * time.Second
	documentLimit  = 1 << 20  // bytes of one object
	listLimit      = 64 << 20 // bytes of one page of a list
)

const (
	defaultApplication = "romm"
	defaultConcurrency = 8
	defaultPageSize    = 100
	userAgent          = "romm-admin"
)

// Config says which Authentik to read, and how.
type Config struct {
	// URL is the address of Authentik as browsers see it, with the sub-path
	// if it is installed under one. Plain http is accepted to loopback only
	// (S25).
	URL string
	// Token is an API token (intent "api").
	Token model.Secret
	// TokenFrom says where the token comes from; it is read there again when
	// Authentik refuses it.
	TokenFrom model.Origin
	// Application is the slug of RomM's application; "" is "romm".
	Application string
	// ClientID finds RomM's provider when no application has that slug.
	ClientID string
	// ClientSecret is the one that RomM is started with; "" if it is not known.
	ClientSecret model.Secret
	// ClaimRoles is RomM's OIDC_CLAIM_ROLES, which RomM requests as a scope
	// too; "" is model.RolesClaim.
	ClaimRoles string
	// HTTP supplies the transport, for a private CA; nil is the default one.
	// Its redirect policy and timeout are replaced.
	HTTP *http.Client
	// Concurrency bounds the requests in flight; 0 is 8.
	Concurrency int
	// PageSize is the page size to ask for; 0 is 100. Authentik 2025.12 and
	// later give 100 at most (docs/authentik.md 4.1).
	PageSize int
}

// Client reads one Authentik. Make it with [New]; it is safe for concurrent
// use.
type Client struct {
	cfg   Config
	root  *url.URL // no trailing slash
	conf  *api.Configuration
	slots chan struct{}
	token *keptToken
	// timeout bounds each try.
	timeout   time.Duration
	sleep     func(ctx context.Context, d time.Duration) error
	jitter    func() float64 // in [0, 1)
	templates templates      // of our mappings
}

var slugPattern = regexp.MustCompile(`^[-a-zA-Z0-9_]+$`)

// New checks the configuration and returns a client. It does not talk to
// Authentik yet.
func New(cfg Config) (*Client, error) {
	root, err := parseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	cfg.Token = model.Secret(strings.TrimSpace(cfg.Token.Reveal()))
	if err := checkToken(cfg.Token); err != nil {
		return nil, err
	}
	if cfg.Application == "" {
		cfg.Application = defaultApplication
	}
	if !slugPattern.MatchString(cfg.Application) {
		return nil, invalid(fmt.Sprintf("%q is not the slug of an application", model.Clean(cfg.Application)),
			"a slug has letters, digits, - and _; it is the part after /application/o/ in the provider's addresses")
	}
	if cfg.ClaimRoles == "" {
		cfg.ClaimRoles = model.RolesClaim
	}
	if cfg.Concurrency < 0 || cfg.PageSize < 0 {
		return nil, invalid("concurrency and page size cannot be negative", "leave them out for the defaults")
	}
	if cfg.Concurrency == 0 {
		cfg.Concurrency = defaultConcurrency
	}
	if cfg.PageSize == 0 {
		cfg.PageSize = defaultPageSize
	}
	conf := api.NewConfiguration()
	conf.Servers = api.ServerConfigurations{{URL: root.String() + "/api/v3"}}
	conf.UserAgent = userAgent
	// Error texts are translated otherwise, and two of them are recognised
	// (docs/authentik.md 4.1).
	conf.AddDefaultHeader("Accept-Language", "en")
	conf.HTTPClient = httpClient(cfg.HTTP, cfg.Concurrency)
	return &Client{
		cfg: cfg, root: root, conf: conf, token: &keptToken{now: cfg.Token},
		slots: make(chan struct{}, cfg.Concurrency), timeout: requestTimeout,
		sleep: patience.Wait, jitter: rand.Float64, templates: released,
	}, nil
}

func invalid(msg, hint string) error {
	return &model.Error{Code: model.CodeInvalid, Op: "configure Authentik", Msg: msg, Hint: hint}
}

func parseURL(raw string) (*url.URL, error) {
	const hint = "set AUTHENTIK_URL to the address of Authentik, such as https://auth.example.org"
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return nil, invalid("there is no address of Authentik", hint)
	}
	if model.HasUser(raw) { // not repeated: it may carry a password
		return nil, invalid("the address of Authentik has a user or a password in it", hint)
	}
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.Opaque != "" {
		return nil, invalid(fmt.Sprintf("%q is not an http address", model.Clean(raw)), hint)
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, invalid("the address of Authentik has a query or a fragment in it", hint)
	}
	if strings.Contains(u.Path, "/if/") {
		return nil, invalid("the address of Authentik is that of a page", "leave out /if/ and everything after it")
	}
	if u.Scheme == "http" && !model.Loopback(u.Hostname()) {
		return nil, invalid("plain http would send the token in the clear",
			"use https; http is accepted to this machine only (127.0.0.1, ::1, localhost)")
	}
	path := strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/api/v3")
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(path, "/")}, nil
}

func checkToken(token model.Secret) error {
	const hint = "set AUTHENTIK_TOKEN to the key of an API token: Directory > Tokens and App passwords, intent API"
	if token == "" {
		return invalid("there is no token for Authentik", hint)
	}
	for _, b := range []byte(token.Reveal()) {
		if b <= 0x20 || b >= 0x7f {
			return invalid("the token for Authentik has blanks or characters in it that no token has", hint)
		}
	}
	return nil
}

// httpClient gives every client the same redirect policy, and a transport that
// keeps as many connections as there are requests in flight: the default of
// two per host opens and closes the others all the time.
func httpClient(given *http.Client, concurrency int) *http.Client {
	out := &http.Client{}
	if given != nil {
		*out = *given
	}
	if out.Transport == nil {
		out.Transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSHandshakeTimeout: dialTimeout,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: concurrency,
			IdleConnTimeout:     90 * time.Second,
		}
	} else if t, ok := out.Transport.(*http.Transport); ok && t.MaxIdleConnsPerHost < concurrency {
		t = t.Clone()
		t.MaxIdleConnsPerHost = concurrency
		out.Transport = t
	}
	out.Timeout = 0 // each try has its own deadline
	out.Jar = nil
	out.CheckRedirect = checkRedirect
	return out
}

// maxRedirects bounds a chain of redirects within one origin.
const maxRedirects = 3

// redirectError is a redirect that is not followed (S24).
type redirectError struct{ to string }

func (e *redirectError) Error() string { return "redirect to " + e.to }

// checkRedirect follows a GET within its origin. A write is never redirected:
// net/http would make a GET of it, and a 200 would look like success.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	if via[0].Method != http.MethodGet || req.URL.Scheme != first.Scheme || req.URL.Host != first.Host || len(via) > maxRedirects {
		return &redirectError{to: req.URL.Scheme + "://" + req.URL.Host}
	}
	return nil
}
