package plan

import (
	"fmt"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// accountEdit says what a kind of change edits of a RomM account.
type accountEdit int

const (
	editsNoAccount accountEdit = iota
	editsAccount               // what RomM lets its owner edit as well
	editsSwitches              // what RomM lets nobody edit of themselves
)

// callerRefuses says why RomM would refuse or ignore a change, because of the
// account that our credentials belong to; nil if nothing is known against it.
// What is certain to be refused is known before the first change, not half-way
// through the plan.
func callerRefuses(w model.World, c Change) *model.Error {
	edit := c.kind().accountEdit()
	if edit == editsNoAccount {
		return nil
	}
	switches := edit == editsSwitches
	own := c.Object == decimal(w.Caller.ID).Raw()
	refused := func(hint, format string, args ...any) *model.Error {
		return &model.Error{Code: model.CodeRefused, Rule: string(RuleCannotBeWritten), Msg: fmt.Sprintf(format, args...), Hint: hint}
	}
	switch {
	case w.Caller.Lacks != "":
		return refused("give the token that scope in RomM, under Client API Tokens", "%s, so RomM would refuse the change", w.Caller.Lacks)
	case w.Caller.Unknown != "" && switches: // the last look before the write needs it
		return refused("give the token the scope me.read", "%s", w.Caller.Unknown)
	case w.Caller.ID == 0:
		return nil
	case own && switches: // docs/romm.md 2 PUT
		return refused("leave this account out, or use the credentials of another administrator",
			"%s is the account that our own credentials belong to: RomM ignores such a change of oneself", c.Label)
	case !own && !w.Caller.Admin: // docs/romm.md 1 Scopes
		return refused("use the credentials of an administrator of RomM",
			"our credentials belong to %s, who is no administrator: RomM lets nobody else change other people's accounts", w.Caller.Username)
	}
	return nil
}

// guardCaller refuses plans with a change that RomM is certain to refuse us.
func guardCaller(j judged) error {
	var first *model.Error
	var who []string
	for _, c := range j.plan.Changes {
		why := callerRefuses(j.before.World, c)
		switch {
		case why == nil:
		case first == nil:
			first, who = why, []string{c.Label.String()}
		default:
			who = append(who, c.Label.String())
		}
	}
	switch len(who) {
	case 0:
		return nil
	case 1:
		return first
	}
	first.Msg += fmt.Sprintf(" (this concerns %s)", strings.Join(who, ", "))
	return first
}
