package plan

import (
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

// guardNewAccounts refuses a plan that makes an account of the embedded
// directory with another person's address (S4), that removes one somebody is
// pinned to, or that leaves no enabled admin there (S5).
func guardNewAccounts(j judged) error {
	made, removed := map[model.Untrusted]bool{}, map[model.Untrusted]bool{}
	for _, c := range j.plan.Changes {
		if c.Kind == ChangeLocalAccount {
			made[model.Untrusted(c.Object)] = c.Before == ""
			removed[model.Untrusted(c.Object)] = c.After == ""
		}
	}
	if len(made) == 0 {
		return nil
	}
	for _, pair := range j.after.Pairs {
		if pair.Local != nil && made[pair.Local.Username] && pair.Has(model.FindingSquattedEmail) {
			return refuse(RuleNewAccountSquats, "correct its address", "the new account %s would carry the address of another person", pair.Local.Username)
		}
	}
	pinned := map[int64]bool{}
	for _, l := range j.after.World.Links {
		pinned[l.LocalID] = true
	}
	for _, u := range j.before.World.Locals {
		if removed[u.Username] && pinned[u.ID] {
			return refuse(RuleAccountPinned, "take the pin away first: romm-admin users unpin, with the id "+strconv.FormatInt(u.ID, 10),
				"the account %s is pinned to an Authentik user", u.Username)
		}
	}
	if j.before.Stats.Admins > 0 && j.after.Stats.Admins == 0 {
		return refuse(RuleLastEmbeddedAdmin, "make somebody else admin first", "afterwards no account of the embedded directory would be an enabled admin")
	}
	return nil
}
