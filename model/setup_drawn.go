package model

import "slices"

// NewClientID stands in a plan for the client id of a provider that is not made
// yet. It is drawn when the plan is applied, so that nobody copies one before
// that will never be; no plan with it is written (Plan.Drawn).
const NewClientID = "(new, drawn when it is applied)"

// Undrawn reports whether the plan has an id that is still to be drawn.
func (p Plan) Undrawn() bool {
	return slices.ContainsFunc(p.Changes, func(c Change) bool { return c.Kind == ChangeProvider && c.Object == NewClientID })
}

// Drawn is the plan with an id that was drawn in the place of NewClientID, on
// the provider and on the application that holds it.
func (p Plan) Drawn(id string) (Plan, error) {
	if !p.Undrawn() {
		return p, nil
	}
	p.Changes = slices.Clone(p.Changes)
	for i := range p.Changes {
		c := &p.Changes[i]
		switch c.Kind {
		case ChangeProvider:
			_, after, err := c.Providers()
			if err != nil {
				return p, err
			}
			if c.Object == NewClientID && after != nil {
				after.ClientID = id
				c.Object, c.After = id, after.encode()
			}
		case ChangeApplication:
			_, after, err := c.Applications()
			if err != nil {
				return p, err
			}
			if after != nil && after.Provider == NewClientID {
				after.Provider = id
				c.After = after.encode()
			}
		}
	}
	return p, nil
}
