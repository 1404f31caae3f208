package history

import (
	"slices"

	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// The columns that sort, by id.
const (
	byTime    = "when"
	byActor   = "who"
	byLabel   = "of"
	byNoun    = "what"
	byValue   = "value"
	byOutcome = "outcome"
)

// columns are what the journal can be sorted by, the order at first before all.
func columns() []widget.Column {
	return []widget.Column{
		{ID: byTime, Label: "time", Note: "newest first", Falling: true},
		{ID: byActor, Label: "who"},
		{ID: byLabel, Label: "of whom or what"},
		{ID: byNoun, Label: "what"},
		{ID: byValue, Label: "from and to"},
		{ID: byOutcome, Label: "how it ended", Note: "what went wrong first"},
	}
}

// sortKey is what a change is sorted by. Changes that are equal in it stay with
// the newest on top, so that those of one plan stay together as far as they can.
func (s Screen) sortKey(l line) widget.Key {
	e := l.entry
	switch s.Sort.By {
	case byActor:
		return widget.TextKey(e.Actor.Raw())
	case byLabel:
		return widget.TextKey(e.Change.Label.Raw())
	case byNoun:
		return widget.TextKey(e.Change.Words().Sets)
	case byValue:
		return widget.TextKey(s.brief(e.Change))
	case byOutcome:
		worst := []string{plan.OutcomeOpen, plan.OutcomeUnknown, plan.OutcomeFailed, plan.OutcomeStopped, plan.OutcomeDone}
		return widget.Key{Number: int64(slices.Index(worst, e.Outcome))}
	}
	return widget.Key{Number: e.Seq} // the order in which they were made, whatever the clock did
}

// headed reports whether a heading tells that the journal is sorted by that
// column.
func (l layout) headed(by string) bool { return by != byOutcome && (by != byActor || l.actor > 0) }
