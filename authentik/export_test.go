package authentik

import (
	"context"
	"fmt"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// OnSleep replaces waiting between tries, and takes the jitter out of it.
func (c *Client) OnSleep(f func(ctx context.Context, d time.Duration) error) {
	c.sleep = f
	c.jitter = func() float64 { return 0.5 }
}

// Canonical is exported for tests.
var Canonical = canonical

// OnTimeout replaces the deadline of each try.
func (c *Client) OnTimeout(d time.Duration) { c.timeout = d }

// Release poses as a release whose newest texts are these, the released ones
// coming before them; "" is no text more.
func (c *Client) Release(roles, address, always string) {
	more := func(list []string, text string) []string {
		if text == "" {
			return list
		}
		return append(list[:len(list):len(list)], text)
	}
	c.templates = templates{more(released.roles, roles), more(released.address, address), more(released.always, always)}
}

// RenderNewest renders a table in the newest text that the client knows.
func (c *Client) RenderNewest(t model.RoleTable) (string, error) {
	return renderRoles(newest(c.templates.roles), t)
}

// ParseRoles reads the constants of a text that was released.
func ParseRoles(expression string) (model.RoleTable, error) {
	t, _, err := released.parseRoles(expression)
	return t, err
}

// Classify classifies by the released texts.
func Classify(version, claimRoles string, selected []Mapping) model.Provider {
	return released.classify(version, claimRoles, selected)
}

// Mappings lists all scope mappings.
func (c *Client) Mappings(ctx context.Context) ([]Mapping, error) { return c.mappings(ctx) }

// TestMapping runs a mapping for a user.
func (c *Client) TestMapping(ctx context.Context, id string, userPK int64) (ok bool, result model.Untrusted, err error) {
	got, err := c.testMapping(ctx, id, userPK)
	return got.OK, got.Result, err
}

// ApplicationID is the UUID of the application with that slug; "" for none.
func (c *Client) ApplicationID(ctx context.Context, slug string) (string, error) {
	app, err := c.application(ctx, slug)
	_, err = exists(err)
	return app.PK, err
}

// ReleasedTexts are the released texts by the name of their file.
func ReleasedTexts() map[string]string {
	out := map[string]string{}
	for name, list := range map[string][]string{"roles": released.roles, "email-address": released.address, "email-always": released.always} {
		for i, text := range list {
			out[fmt.Sprintf("%s.v%d", name, i+1)] = text
		}
	}
	return out
}

// CompanionIn reads the companion's address from a text that is none of ours.
func CompanionIn(text string) *string { return companionIn(text) }
