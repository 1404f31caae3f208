package plan

import (
	"context"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// Also says what a plan does besides for those who stay admin in RomM although
// they cannot sign in any more. RomM writes a role only at a login that succeeds
// and ends no session, so the plan alone takes nothing from them
// (docs/romm.md row 12).
type Also string

// What a plan may do besides. The values are those of the flag --also.
const (
	AlsoNothing Also = ""
	AlsoRole    Also = "apply-role" // write a lower role
	AlsoDisable Also = "disable"    // disable the account
)

// WithAlso takes that into a draft. Where nobody stays admin the draft is
// returned as it is.
func WithAlso(ctx context.Context, r *model.Review, d Draft, also Also) (Draft, error) {
	if also == AlsoNothing {
		return d, nil
	}
	after, impact, err := Simulate(ctx, r, d.Plan)
	if after == nil {
		return d, err
	}
	keeps := map[model.Untrusted]bool{}
	for _, k := range impact.Keepers() {
		keeps[k.Who] = true
	}
	var ids []int64
	for _, p := range after.Pairs {
		if p.Identity != nil && p.Local != nil && keeps[p.Identity.Username] {
			ids = append(ids, p.Local.ID)
		}
	}
	if len(ids) == 0 {
		return d, nil
	}
	var more Draft
	if also == AlsoDisable {
		more, err = Enabled(ctx, after, false, ids...)
	} else {
		more, err = RoleNow(ctx, after, ids...)
	}
	if err != nil {
		return d, err
	}
	d.Left = slices.Concat(d.Left, more.Left)
	d.Plan.Changes = slices.Concat(d.Plan.Changes, more.Plan.Changes)
	d.Plan.Title += ", and " + more.Plan.Title
	if strings.HasPrefix(d.Plan.Command, "romm-admin roles ") || d.Plan.Purpose == PurposeSetUp {
		d.Plan.Command += " --also " + string(also)
	} else {
		d.Plan.Command = ""
	}
	return d, nil
}
