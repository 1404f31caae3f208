package plan

import (
	"fmt"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// Rule names the guard that refuses a plan. The names are stable: JSON, scripts
// and tests use them. What each protects, and why, is in docs/rules.md.
type Rule string

// The rules, in the order in which they are checked.
const (
	RuleIncompleteLists   Rule = "incomplete-lists"    // S9
	RuleCannotBeWritten   Rule = "cannot-be-written"   // S12, S32
	RuleRoleMapDoubted    Rule = "role-map-doubted"    // S27
	RuleAddressFollows    Rule = "address-follows"     // S14
	RuleBindingsLost      Rule = "bindings-lost"       // S36
	RuleMappingShared     Rule = "mapping-shared"      // S35
	RuleLinksLost         Rule = "links-lost"          // S14
	RuleLastAdmin         Rule = "last-admin"          // S5
	RuleAdminNotKnown     Rule = "admin-not-known"     // S5
	RuleAdminDemoted      Rule = "admin-demoted"       // S5
	RuleAdminShutOut      Rule = "admin-shut-out"      // S5
	RuleFallbackAdmin     Rule = "fallback-admin"      // S5
	RuleAssertion         Rule = "assertion"           // S5
	RuleAnothersSession   Rule = "anothers-session"    // S4
	RuleLoginNotKnown     Rule = "login-not-known"     // S4
	RuleAnothersAccount   Rule = "anothers-account"    // S4
	RuleDisputedRole      Rule = "disputed-role"       // S4
	RuleNewAccountSquats  Rule = "new-account-squats"  // S4
	RuleAccountPinned     Rule = "account-pinned"      // S14
	RuleLastEmbeddedAdmin Rule = "last-embedded-admin" // S5
)

func refuse(rule Rule, hint, format string, args ...any) error {
	return &model.Error{Code: model.CodeRefused, Rule: string(rule), Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// judged is a plan with the reviews before and after it.
type judged struct {
	before, after *model.Review
	plan          Plan
	impact        Impact
}

// guards are checked in this order; the first that fails refuses the plan.
var guards = []func(judged) error{
	guardLists, guardWrites, guardCaller, guardDoubt, guardBindings, guardSharedMappings, guardLinks, guardAdmins, guardFallback, guardAssertions,
	guardPeople, guardNewAccounts, guardBlockedLogins,
}

// guard refuses plans that lose the last admin, that hand an account to
// somebody else, or that were made from incomplete lists.
func guard(j judged) error {
	for _, g := range guards {
		if err := g(j); err != nil {
			return err
		}
	}
	return nil
}

func guardLists(j judged) error {
	if why := j.before.World.Directory.Incomplete; why != "" {
		return refuse(RuleIncompleteLists, "reload until they are whole; nothing is written from half a list",
			"the lists from Authentik are incomplete: %s", why)
	}
	return nil
}

// guardDoubt refuses to change a role map that is not believed: what is built on
// it would confirm it without a word.
func guardDoubt(j judged) error {
	why := j.before.World.RolesDoubt
	if why == "" || !slices.ContainsFunc(j.plan.Changes, func(c Change) bool { return c.kind().writesRoleMap() }) {
		return nil
	}
	return refuse(RuleRoleMapDoubted, "settle that first, then change roles", "the role map is not believed: %s", why)
}

func guardWrites(j judged) error {
	for _, c := range j.plan.Changes {
		if why, hint := c.kind().refuses(c); why != "" {
			return refuse(RuleCannotBeWritten, hint, "%s", why)
		}
	}
	return nil
}

// guardAssertions refuses plans that break a sentence which holds. One that is
// broken already stops nothing else.
func guardAssertions(j judged) error {
	for _, a := range j.after.World.Assertions {
		why := a.Broken(j.after)
		if why == "" || slices.Contains(j.before.World.Assertions, a) && a.Broken(j.before) != "" {
			continue
		}
		return refuse(RuleAssertion, "change the plan, or the assertion", "the assertion “%s” would not hold: %s", a, why)
	}
	return nil
}
