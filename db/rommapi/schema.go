package rommapi

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// user is the part of RomM's UserSchema that we read; all else is ignored, so
// that later releases may add to it (R10).
type user struct {
	ID         *int64  `json:"id"`
	Username   *string `json:"username"`
	Email      *string `json:"email"`
	Enabled    *bool   `json:"enabled"`
	Role       *string `json:"role"`
	LastLogin  stamp   `json:"last_login"`
	LastActive stamp   `json:"last_active"`
	Group      *int64  `json:"permission_group_id"`
}

// account is what we know of a user: the domain's part, and the permission
// group, nil for the default one (RomM 5.0 and later).
type account struct {
	model.LocalUser
	group *int64
}

// stamp is a time as RomM sends it: ISO 8601, before 5.0 without a zone, which
// is UTC then. What cannot be read is no time: nothing depends on it.
type stamp struct{ time.Time }

func (s *stamp) UnmarshalJSON(data []byte) error {
	*s = stamp{}
	var text string
	if json.Unmarshal(data, &text) != nil {
		return nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			s.Time = t.UTC()
			return nil
		}
	}
	return nil
}

// local maps a user to the domain. A role that is not known becomes RoleNone,
// with a warning.
func (c *Client) local(u user) (out account, warning string, err error) {
	if u.ID == nil || u.Username == nil || u.Enabled == nil || u.Role == nil {
		return out, "", fmt.Errorf("a user without id, username, enabled or role")
	}
	out.LocalUser = model.LocalUser{
		ID: *u.ID, Username: model.Untrusted(*u.Username), Enabled: *u.Enabled,
		LastLogin: u.LastLogin.Time, LastActive: u.LastActive.Time,
	}
	out.group = u.Group
	if u.Email != nil {
		out.Email, out.EmptyEmail = model.Untrusted(*u.Email), *u.Email == ""
	}
	if out.Role, err = model.ParseRole(*u.Role); err != nil {
		warning = fmt.Sprintf("user %q has a role that is not known: %q", c.said(*u.Username), c.said(*u.Role))
	}
	return out, warning, nil
}
