package widget

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
	t, labels := p.theme, p.labels()
	if t.Linear {
		var out []string
		for i, label := range labels {
			line := "  " + Number(t, i) + label
			if i == p.focus() {
				line = t.ButtonLive.Render("> "+Number(t, i)+label) + ": enter presses it"
			}
			out = append(out, line)
		}
		return out
	}
	line := ""
	for i, label := range labels {
		if i > 0 {
			line += "  "
		}
		if i == p.focus() {
			line += t.ButtonLive.Render("[ " + label + " ]")
		} else {
			line += "  " + label + "  "
		}
	}
	if len(labels) > 1 {
		line += t.Muted.Render("   tab moves, enter presses")
	}
	return []string{line}
}
