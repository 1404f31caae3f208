package tui

import (
	"slices"

	"github.com/romm-admin/romm-admin/tui/keys"
)

// Registry lists the actions of every screen, each with the global ones.
func (o Options) Registry() [][]keys.Item {
	a := New(o)
	out := make([][]keys.Item, len(a.screens))
	for i := range a.screens {
		a.active = i
		out[i] = a.Actions()
	}
	return out
}

// CheckKeys says what of Keys cannot be used, as [keys.Mistakes]: every id is an
// action's, and on no screen has one key two meanings. Each mistake is reported
// once, however many screens it is on.
func (o Options) CheckKeys() error {
	var wrong keys.Mistakes
	registry := o.Registry()
	for _, items := range registry {
		for _, m := range keys.Check(o.Keys, items) {
			if !slices.Contains(wrong, m) {
				wrong = append(wrong, m)
			}
		}
	}
	if wrong = append(wrong, keys.Unknown(o.Keys, slices.Concat(registry...))...); len(wrong) > 0 {
		return wrong
	}
	return nil
}
