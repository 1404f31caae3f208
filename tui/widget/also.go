package widget

import (
	"fmt"

	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/screen"
)

// The keys that take something in besides, or leave it out again: those of the
// same actions on the Users screen.
const (
	alsoRoleKey    = "A"
	alsoDisableKey = "x"
)

// offers reports whether something can be taken in besides, or is.
func (p Preview) offers() bool {
	return p.known && (p.also != plan.AlsoNothing || p.err == nil && len(p.impact.Keepers()) > 0)
}

// toggle has the plan made anew with that taken in, or left out where it is in.
func (p Preview) toggle(also plan.Also) screen.Effect {
	if !p.offers() {
		return screen.Effect{}
	}
	if p.also == also {
		also = plan.AlsoNothing
	}
	return screen.Want(screen.CloseReq{}, screen.PlanReq{Title: p.title, Make: p.make, Settles: p.ends, Also: also})
}

// offer says what can be done in the same plan about those who stay admin in
// RomM although they cannot sign in any more.
func (p Preview) offer(width int) []string {
	if !p.offers() {
		return nil
	}
	text := ""
	switch n := len(p.impact.Keepers()); {
	case p.also == plan.AlsoRole:
		text = fmt.Sprintf("The lower role in RomM is in this plan: %s leaves it out, %s disables the account instead.", alsoRoleKey, alsoDisableKey)
	case p.also == plan.AlsoDisable:
		text = fmt.Sprintf("Disabling the account in RomM is in this plan: %s leaves it out, %s writes a lower role instead.", alsoDisableKey, alsoRoleKey)
	case n == 1:
		text = fmt.Sprintf("In the same plan: %s writes a lower role in RomM, %s disables the account.", alsoRoleKey, alsoDisableKey)
	default:
		text = fmt.Sprintf("In the same plan: %s writes lower roles in RomM for these %d, %s disables their accounts.", alsoRoleKey, n, alsoDisableKey)
	}
	return append([]string{""}, Text(p.theme.Warning, p.theme.Clean(text), width)...)
}
