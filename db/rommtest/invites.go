package rommtest

import (
	"crypto/rand"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// inviteToken is the type claim of an invite link.
const inviteToken = "invite"

// inviteLife is how long an invite link works unless its maker says otherwise
// (INVITE_TOKEN_EXPIRY_SECONDS).
const inviteLife = 600 * time.Second

// createInvite is POST /api/users/invite-link. Like the creation of a user it
// answers wrong credentials with 403 (docs/romm.md 1).
func (s *Server) createInvite(r *request) *answer {
	q := r.URL.Query()
	var faults []fault
	if !q.Has("role") {
		faults = append(faults, missing(nil, "query", "role"))
	}
	seconds := int64(inviteLife.Seconds())
	if text := q.Get("expiration"); q.Has("expiration") {
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			faults = append(faults, notAnInteger(text, "query", "expiration"))
		}
		seconds = n
	}
	role := model.Role(q.Get("role"))
	switch {
	case faults != nil:
		return invalid(faults...)
	case !slices.Contains(r.caller.scopes, r.scope):
		return forbidden()
	case !slices.Contains(s.version.Roles(), role):
		return detail(http.StatusBadRequest, "Role "+string(role)+" is not valid")
	case s.version.AtLeast(5, 0, 0) && role == model.RoleAdmin && r.caller.account.Role != model.RoleAdmin:
		return detail(http.StatusForbidden, "Only an administrator can create admin invite links")
	case seconds < 1:
		return detail(http.StatusBadRequest, "Invite link expiration must be a positive integer")
	}
	id := rand.Text()
	s.store.invites[id] = true
	body := map[string]any{"token": sign(s.key, jwtClaims{
		Subject: r.caller.account.Username, Issuer: issuer, Type: inviteToken, Scopes: string(role), ID: id,
		Expires: s.store.now().Add(time.Duration(seconds) * time.Second).Unix(),
	})}
	if s.version.AtLeast(5, 2, 0) {
		body["url"] = s.inviteURL(body["token"].(string))
	}
	return &answer{status: http.StatusCreated, body: body}
}

// inviteURL is null without a base URL that others can reach.
func (s *Server) inviteURL(token string) *string {
	u, err := url.Parse(s.seed.BaseURL)
	if err != nil || u.Host == "" {
		return nil
	}
	ip := net.ParseIP(u.Hostname())
	if u.Hostname() == "localhost" || ip.IsLoopback() || ip.IsUnspecified() {
		return nil
	}
	link := strings.TrimSuffix(s.seed.BaseURL, "/") + "/register?token=" + token
	return &link
}

// register is POST /api/users/register: an invite link makes an account, once.
// The fields are checked before the link is used up.
func (s *Server) register(r *request) *answer {
	fields, refused := r.fields("username", "email", "password", "token")
	if refused != nil {
		return refused
	}
	name, email, password := fields[0], fields[1], fields[2]
	if refused := s.newcomer(name, email, password); refused != nil {
		return refused
	}
	c, err := s.verify(fields[3])
	switch {
	case err != nil || c.Issuer != issuer || c.Type != inviteToken:
		return detail(http.StatusBadRequest, "Invalid token")
	case s.ended(c):
		return unimplemented("an invite link that has ended on", r.URL.Path)
	case !s.store.invites[c.ID]:
		return detail(http.StatusBadRequest, "Invite token has already been used or is invalid.")
	}
	delete(s.store.invites, c.ID)
	return s.add(name, email, password, model.Role(c.Scopes))
}
