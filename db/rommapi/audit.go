package rommapi

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

const opAudit = "read RomM's audit log"

// RomM gives at most auditPage events at once; auditMost bounds what is read of a
// log that nobody clears.
const (
	auditPage = 200
	auditMost = 20_000
)

// auditEvent is the part of an event that we read (docs/romm.md 7 Audit log).
type auditEvent struct {
	ID     int64  `json:"id"`
	Action string `json:"action"`
	At     stamp  `json:"occurred_at"`
	Actor  *struct {
		ID int64 `json:"id"`
	} `json:"actor"` // null once the account is gone
	Data struct {
		Method string `json:"method"`
		Via    string `json:"via"`
	} `json:"data"`
}

// oidc reports whether somebody signed in through the provider.
func (e auditEvent) oidc() bool {
	return e.Action == "auth.login" && e.Data.Method == "oidc" || e.Action == "user.register" && e.Data.Via == "oidc"
}

// ReadSignIns reads who signed in through the provider, and when last, newest
// first and page by page: max_id keeps what happens meanwhile from moving the
// pages. RomM before 5.4 has no audit log: CodeRefused.
func (c *Client) ReadSignIns(ctx context.Context) (model.SignInsReading, error) {
	var r model.SignInsReading
	if err := c.hasAudit(ctx); err != nil {
		return r, err
	}
	newest := map[int64]model.SignIn{}
	q := url.Values{"action": {"auth.login", "user.register"}, "limit": {strconv.Itoa(auditPage)}}
	for offset := 0; ; {
		var page struct {
			Items *[]auditEvent `json:"items"`
			Total int           `json:"total"`
			MaxID *int64        `json:"max_id"`
		}
		q.Set("offset", strconv.Itoa(offset))
		k := call{op: opAudit, path: "/api/audit-events?" + q.Encode(), scope: scopeMe, limit: maxBody}
		if err := c.get(ctx, k, &page); err != nil {
			return model.SignInsReading{}, err
		}
		if page.Items == nil {
			return model.SignInsReading{}, foreign(k, fmt.Errorf("a page of events without items"))
		}
		for _, e := range *page.Items {
			r.Oldest = e.At.Time
			if !e.oidc() || e.Actor == nil {
				continue
			}
			s, known := newest[e.Actor.ID]
			if !known {
				s = model.SignIn{LocalID: e.Actor.ID, At: e.At.Time}
			}
			s.Registered = s.Registered || e.Action == "user.register"
			newest[e.Actor.ID] = s
		}
		offset += len(*page.Items)
		r.CutShort = offset < page.Total
		if !r.CutShort || len(*page.Items) == 0 || offset >= auditMost {
			break
		}
		if page.MaxID != nil {
			q.Set("max_id", strconv.FormatInt(*page.MaxID, 10))
		}
	}
	for _, s := range newest {
		r.SignIns = append(r.SignIns, s)
	}
	slices.SortFunc(r.SignIns, func(a, b model.SignIn) int { return cmp.Compare(a.LocalID, b.LocalID) })
	return r, nil
}

func (c *Client) hasAudit(ctx context.Context) error {
	v := c.lastVersion()
	if !v.Known() {
		var err error
		if _, v, _, err = c.beat(ctx); err != nil {
			return err
		}
	}
	has := v.AtLeast(5, 4, 0)
	if v.Dev || !v.Known() {
		paths, err := c.paths(ctx)
		if err != nil {
			return err
		}
		has = paths["/api/audit-events"]
	}
	if has {
		return nil
	}
	return &model.Error{Code: model.CodeRefused, Op: opAudit, Msg: fmt.Sprintf("RomM %s keeps no audit log", v), Hint: "it came with RomM 5.4"}
}
