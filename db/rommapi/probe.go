package rommapi

import (
	"cmp"
	"context"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// heartbeat is the part of RomM's heartbeat that we read (docs/romm.md 4). A
// nil switch is one that the release does not have.
type heartbeat struct {
	System struct {
		Version string `json:"VERSION"`
		Wizard  bool   `json:"SHOW_SETUP_WIZARD"`
	} `json:"SYSTEM"`
	Version string `json:"VERSION"` // before 3.7
	OIDC    *struct {
		Enabled   bool   `json:"ENABLED"`
		Provider  string `json:"PROVIDER"`
		Autologin bool   `json:"AUTOLOGIN"`
		RPLogout  bool   `json:"RP_INITIATED_LOGOUT"`
	} `json:"OIDC"`
	Frontend struct {
		HidePassword bool `json:"DISABLE_USERPASS_LOGIN"`
	} `json:"FRONTEND"`
}

// oidcOff reports whether OIDC is switched off; it came with 3.7.
func (b heartbeat) oidcOff(v model.Version) bool {
	return b.OIDC != nil && !b.OIDC.Enabled || b.OIDC == nil && !v.AtLeast(3, 7, 0)
}

// beat asks RomM for its heartbeat and remembers the version. The warning is
// not "" if the version cannot be read.
func (c *Client) beat(ctx context.Context) (b heartbeat, v model.Version, warning string, err error) {
	k := call{op: "ask RomM for its version", path: "/api/heartbeat", limit: maxBody}
	if err = c.get(ctx, k, &b); err != nil {
		return b, v, "", err
	}
	reported := cmp.Or(b.System.Version, b.Version)
	if reported == "" {
		return b, v, "", &model.Error{
			Code: model.CodeUnavailable, Op: k.op, Msg: "what answers there is not RomM: it reports no version", Hint: hintPage,
		}
	}
	if v, err = model.ParseVersion(reported); err != nil {
		warning = fmt.Sprintf("RomM reports the version %q, which cannot be read; the newest rules are assumed", c.said(reported))
	}
	c.setVersion(v)
	return b, v, warning, nil
}

// Features is what a RomM can do and how it is set up, as far as it tells
// somebody who is not signed in.
type Features struct {
	Version model.Version
	// NoAdmin is true while RomM has no administrator: anybody may then create
	// one (docs/romm.md 2).
	NoAdmin bool

	OIDC         bool            // OIDC_ENABLED
	OIDCProvider model.Untrusted // OIDC_PROVIDER, a label
	Autologin    bool            // OIDC_AUTOLOGIN, RomM 4.7 and later
	RPLogout     bool            // OIDC_RP_INITIATED_LOGOUT, 4.8 and later
	// HidePassword is DISABLE_USERPASS_LOGIN, which hides the form alone.
	HidePassword bool

	Roles            []model.Role // the vocabulary, highest first
	PermissionGroups bool         // RomM 5.0 and later
	ClientTokens     bool         // RomM 4.8 and later
	Identifiers      bool         // GET /api/users/identifiers, 4.7 and later
	Writable         bool         // the user endpoint takes a form, 4.0 and later

	// FromPaths is true if the list of RomM's endpoints decided on the
	// features; without it they follow from the version, and a build from
	// source or a version that cannot be read counts as the newest release.
	FromPaths bool
	Warnings  []string
}

// Probe asks heartbeat and /openapi.json, both without credentials
// (docs/romm.md 4). Only the heartbeat must answer: a proxy may keep the
// document back.
func (c *Client) Probe(ctx context.Context) (Features, error) {
	b, v, warning, err := c.beat(ctx)
	if err != nil {
		return Features{}, err
	}
	f := Features{
		Version: v, NoAdmin: b.System.Wizard, OIDC: !b.oidcOff(v) && b.OIDC != nil, HidePassword: b.Frontend.HidePassword,
		Roles: v.Roles(), PermissionGroups: v.AtLeast(5, 0, 0), ClientTokens: v.AtLeast(4, 8, 0),
		Identifiers: v.AtLeast(4, 7, 0), Writable: writable(v),
	}
	if b.OIDC != nil {
		f.OIDCProvider = model.Untrusted(b.OIDC.Provider)
		f.Autologin, f.RPLogout = b.OIDC.Autologin, b.OIDC.RPLogout
	}
	if warning != "" {
		f.Warnings = append(f.Warnings, warning)
	}
	if f.NoAdmin {
		f.Warnings = append(f.Warnings, "RomM has no administrator: anyone who reaches it can create one")
	}
	paths, err := c.paths(ctx)
	switch {
	case ctx.Err() != nil:
		return Features{}, err
	case err != nil:
		f.Warnings = append(f.Warnings, "RomM's list of endpoints (/openapi.json) cannot be read: its features follow from the version")
		return f, nil
	}
	f.byPaths(paths)
	return f, nil
}

// byPaths lets the endpoints decide what there is.
func (f *Features) byPaths(paths map[string]bool) {
	f.FromPaths = true
	f.PermissionGroups = paths["/api/permissions/groups"]
	f.ClientTokens = paths["/api/client-tokens"]
	f.Identifiers = paths["/api/users/identifiers"]
	// Roles and groups came in one release. Where the two disagree with the
	// version, it is a build from source or a number that cannot be read.
	f.Roles = model.Version{Major: 4}.Roles()
	if f.PermissionGroups {
		f.Roles = model.Version{Major: 5}.Roles()
	}
}

// paths lists the endpoints of RomM's OpenAPI document.
func (c *Client) paths(ctx context.Context) (map[string]bool, error) {
	var doc struct {
		Paths map[string]struct{} `json:"paths"`
	}
	k := call{op: "ask RomM for its endpoints", path: "/openapi.json", limit: maxDocument}
	if err := c.get(ctx, k, &doc); err != nil {
		return nil, err
	}
	out := make(map[string]bool, len(doc.Paths))
	for p := range doc.Paths {
		out[p] = true
	}
	if !out["/api/users"] {
		return nil, foreign(k, fmt.Errorf("a document without /api/users"))
	}
	return out, nil
}

// roles is RomM's vocabulary: a version that says nothing is not enough to
// write by.
func (c *Client) roles(ctx context.Context) ([]model.Role, error) {
	v := c.lastVersion()
	if v.Known() && !v.Dev {
		return v.Roles(), nil
	}
	f, err := c.Probe(ctx)
	return f.Roles, err
}
