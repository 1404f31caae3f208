package widget

import "strings"

// labels are what can be pressed in the preview. Apply is last and exists only
// while the plan may be applied.
func (p Preview) labels() []string {
	switch {
	case p.known && p.err != nil:
		return []string{"Close"}
	case !p.Ready():
		return []string{"Cancel"}
	}
	return []string{"Cancel", "Apply"}
}

// focus is the index of the label that enter presses.
func (p Preview) focus() int {
	if p.apply {
		return 1
	}
	return 0
}

// buttons draws the labels: side by side, and in linear mode numbered, one a
// line.
func (p Preview) buttons() []string {
	t := p.theme
	var out []string
	for i, label := range p.labels() {
		switch live := i == p.focus(); {
		case t.Linear && live:
			out = append(out, t.ButtonLive.Render("> "+Number(t, i)+label)+": enter presses it")
		case t.Linear:
			out = append(out, "  "+Number(t, i)+label)
		case live:
			out = append(out, t.ButtonLive.Render("[ "+label+" ]"))
		default:
			out = append(out, "  "+label+"  ")
		}
	}
	if t.Linear || len(out) == 1 {
		return out
	}
	return []string{strings.Join(out, "  ") + t.Muted.Render("   tab moves, enter presses")}
}
