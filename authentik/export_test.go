package authentik

import (
	"context"
	"time"
)

// OnSleep replaces waiting between tries, and takes the jitter out of it.
func (c *Client) OnSleep(f func(ctx context.Context, d time.Duration) error) {
	c.sleep = f
	c.jitter = func() float64 { return 0.5 }
}

// Canonical is exported for tests.
var Canonical = canonical

// RolesTemplate is exported for tests.
const RolesTemplate = rolesTemplate

// OnTimeout replaces the deadline of each try.
func (c *Client) OnTimeout(d time.Duration) { c.timeout = d }
