package plan

import "slices"

// NewClientID stands in a plan for the client id of a provider that is not made
// yet. It is drawn when the plan is applied, so that nobody copies one before
// that will never be; no plan with it is written (Plan.Drawn).
const NewClientID = "(new, drawn when it is applied)"

// Undrawn reports whether the plan has an id that is still to be drawn.
func (p Plan) NeedsClientID() bool {
	return slices.ContainsFunc(p.Changes, func(c Change) bool { return c.Kind == ChangeProvider && c.Object == NewClientID })
}

// Drawn is the plan with an id that was drawn in the place of NewClientID, on
// the provider and on the application that holds it.
func (p Plan) WithClientID(id string) (Plan, error) {
	if !p.NeedsClientID() {
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
				c.Object, c.After = id, encodeProvider(*after)
			}
		case ChangeApplication:
			_, after, err := c.Applications()
			if err != nil {
				return p, err
			}
			if after != nil && after.Provider == NewClientID {
				after.Provider = id
				c.After = encodeApplication(*after)
			}
		}
	}
	return p, nil
}
