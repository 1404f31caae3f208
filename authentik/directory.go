package authentik

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/romm-admin/romm-admin/model"
)

// The permissions that reading needs (docs/authentik.md 4.2).
const (
	permViewUser        = "authentik_core.view_user"
	permViewGroup       = "authentik_core.view_group"
	permViewApplication = "authentik_core.view_application"
	permViewProvider    = "authentik_providers_oauth2.view_oauth2provider"
	permViewMapping     = "authentik_providers_oauth2.view_scopemapping"
	permPreviewUser     = "authentik_core.preview_user"
)

// ReadDirectory reads everything that deciding needs: people of the types
// internal and external, inactive ones included, service accounts if they are
// asked for, groups, and RomM's provider with its discovery document.
//
// A list that may be incomplete sets Directory.Incomplete (S9). A provider that
// is missing or may not be read is Found == false and a warning. An error
// means that nothing usable was read: model.CodeUnauthorized for a refused
// token, CodeForbidden for a missing permission, CodeUnavailable for
// everything on the way; a cancelled context is recognisable with errors.Is.
func (c *Client) ReadDirectory(ctx context.Context, o model.ReadOptions) (model.DirectoryReading, error) {
	version, err := c.version(ctx)
	if err != nil {
		return model.DirectoryReading{}, err
	}
	r := &reading{c: c, version: version, types: []string{"internal", "external"}, steps: &steps{report: o.Progress}}
	if o.ServiceAccounts {
		r.types = append(r.types, "service_account", "internal_service_account")
	}
	if err := r.fetch(ctx); err != nil {
		return model.DirectoryReading{}, err
	}
	return r.result(), nil
}

// reading is the state of one ReadDirectory.
type reading struct {
	c       *Client
	version string
	types   []string // of users
	steps   *steps

	identities []model.Identity
	groups     []model.Group
	provider   model.Provider
	setup      model.Setup
	// application is RomM's, as read; nil if it was not.
	application      *wireApplication
	applicationKnown bool // also that there is none
	mappings         []Mapping
	mappingsShort    string
	// Reasons and warnings are kept by their source, so that their order does
	// not depend on who answered first.
	usersShort, groupsShort string
	tokenWarning            string
	providerWarnings        []string
}

// fetch reads people, groups, token and provider at once. The first failure
// that makes the reading useless ends the others.
func (r *reading) fetch(ctx context.Context) error {
	g, all := errgroup.WithContext(ctx)
	for _, part := range []func(context.Context) error{r.readUsers, r.readGroups, r.readToken, r.readProvider} {
		g.Go(func() error { return model.CatchPanic(func() error { return part(all) }) })
	}
	err := g.Wait()
	// A reading may take being cancelled for a part that cannot be read.
	return cmp.Or(context.Cause(ctx), err)
}

// version asks for the server's version first: any valid token may, so a
// refusal here is about the token and not about a permission
// (docs/authentik.md 4.1).
func (c *Client) version(ctx context.Context) (string, error) {
	k := call{op: "read Authentik's version", path: "/admin/version/", limit: documentLimit, first: true}
	body, err := c.get(ctx, k)
	if model.CodeOf(err) == model.CodeNotFound {
		return "", c.notAuthentik(k, "404 Not Found", errors.Unwrap(err))
	}
	if err != nil {
		return "", err
	}
	var v wireVersion
	if json.Unmarshal(body, &v) != nil || v.Current == "" {
		what := "with text that is not JSON"
		if json.Valid(body) {
			what = "with JSON of another program"
		}
		return "", c.notAuthentik(k, what+", “"+excerpt(string(body))+"”", nil)
	}
	return v.Current, nil
}

func (r *reading) readUsers(ctx context.Context) error {
	l := list[wireUser]{
		what: "users",
		call: call{op: "list users", path: "/core/users/", permission: permViewUser, query: url.Values{
			"type":           r.types,
			"include_groups": {"false"},
			// The default order is by username, which people change.
			"ordering": {"pk"},
		}},
		key:      func(u wireUser) (string, bool) { return strconv.FormatInt(u.PK, 10), u.PK > 0 },
		announce: r.steps.expect,
		arrived:  r.steps.done,
	}
	if ParseRelease(r.version).AtLeast(2025, 12) {
		l.call.query.Set("include_roles", "false") // older ones have none
	}
	users, short, err := l.read(ctx, r.c)
	if err != nil {
		return err
	}
	r.usersShort = short
	r.identities = make([]model.Identity, 0, len(users))
	for _, u := range users {
		r.identities = append(r.identities, u.identity())
	}
	return nil
}

func (r *reading) readGroups(ctx context.Context) error {
	l := list[wireGroup]{
		what: "groups",
		call: call{op: "list groups", path: "/core/groups/", permission: permViewGroup, query: url.Values{
			"include_users": {"false"},
			"ordering":      {"pk"},
		}},
		key: func(g wireGroup) (string, bool) { return string(groupID(g.PK)), g.PK != "" },
	}
	groups, short, err := l.read(ctx, r.c)
	if err != nil {
		return err
	}
	r.groupsShort = short
	r.groups = make([]model.Group, 0, len(groups))
	for _, g := range groups {
		if !g.parentsKnown() && r.groupsShort == "" {
			r.groupsShort = "Authentik did not say which groups belong to others"
		}
		r.groups = append(r.groups, g.group())
	}
	return nil
}

// readToken warns of a token that may do everything (S34).
func (r *reading) readToken(ctx context.Context) error {
	s, err := r.c.session(ctx)
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil:
		r.tokenWarning = "what the Authentik token may do is not known: " + err.Error()
	case s.User.Superuser:
		r.tokenWarning = superuserWarning(s.User.Username)
	}
	return nil
}

func (r *reading) result() model.DirectoryReading {
	out := model.DirectoryReading{
		System: model.System{Name: r.c.root.Host, Version: model.Clean(r.version)},
		Directory: model.Directory{
			Identities: r.identities, Groups: r.groups,
			Incomplete: r.incomplete(),
		},
		Provider: r.provider, Setup: r.setup, WriteWarning: UserWriteWarning(r.version),
	}
	if v := ParseRelease(r.version); v.Known() && !v.AtLeast(oldestYear, oldestMonth) {
		out.Warnings = append(out.Warnings, fmt.Sprintf("Authentik %s is older than %d.%d, the oldest that romm-admin knows",
			model.Clean(r.version), oldestYear, oldestMonth))
	}
	if r.tokenWarning != "" {
		out.Warnings = append(out.Warnings, r.tokenWarning)
	}
	if hidden := r.hiddenWarning(); hidden != "" {
		out.Warnings = append(out.Warnings, hidden)
	}
	out.Warnings = append(out.Warnings, r.providerWarnings...)
	return out
}

// incomplete says why the lists may not be whole.
func (r *reading) incomplete() string {
	var reasons []string
	for _, s := range []string{r.usersShort, r.groupsShort} {
		if s != "" {
			reasons = append(reasons, s)
		}
	}
	return strings.Join(reasons, "; ")
}

// hiddenWarning is about groups that somebody belongs to but that the token
// may not see. The lists are whole all the same; only for the members of such
// a group is it not known what else they belong to, and the model says so of
// each of them (S9).
func (r *reading) hiddenWarning() string {
	n := r.hiddenGroups()
	if n == 0 || r.groupsShort != "" {
		return ""
	}
	return fmt.Sprintf("%d of the groups that people belong to cannot be seen with this token, "+
		"so the roles of their members are not certain (permission %s)", n, permViewGroup)
}

func (r *reading) hiddenGroups() int {
	seen := make(map[model.GroupID]bool, len(r.groups))
	for _, g := range r.groups {
		seen[g.ID] = true
	}
	hidden := map[model.GroupID]bool{}
	note := func(ids []model.GroupID) {
		for _, id := range ids {
			if !seen[id] {
				hidden[id] = true
			}
		}
	}
	for _, id := range r.identities {
		note(id.Groups)
	}
	for _, g := range r.groups {
		note(g.Parents)
	}
	return len(hidden)
}

// steps counts progress for ReadOptions.Progress and keeps its calls apart.
type steps struct {
	report func(done, total int)

	mu            sync.Mutex
	count, target int
}

func (s *steps) expect(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.target += n
}

func (s *steps) done(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count += n
	if s.report != nil {
		s.report(s.count, s.target)
	}
}
