package users

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/lipgloss/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// pane is the detail pane of the person under the cursor: a rule with the
// name, what the next login does, what to do, and the keys that do it.
func (s Screen) pane() string {
	l := s.layout()
	p, ok := s.Selected()
	if !ok {
		return ""
	}
	width := s.area.Width - 2
	lines := s.explain(p, l, width, s.offered(p))
	if s.detail {
		lines = append(append(lines, ""), s.chain(p, width)...)
	}
	return widget.Pane{
		Title: s.name(p), Lines: lines, More: s.key("read") + " shows all", Hints: s.hints(p, width),
	}.View(s.theme, s.area.Width, l.detail-1)
}

// reader is all that is known of the person under the cursor, in a dialog that
// scrolls: nothing is out of reach in a small terminal.
func (s Screen) reader() widget.Reader {
	p, _ := s.Selected()
	return widget.Reader{Theme: s.theme, Title: s.name(p), Text: func(width int) []string {
		return append(append(s.explain(p, layout{}, width, false), ""), s.chain(p, width)...)
	}}
}

// name is the person's username and, if Authentik knows one, real name.
func (s Screen) name(p model.Pair) string {
	name := theme.Escape(p.Username().Raw())
	if p.Identity != nil && p.Identity.Name != "" && p.Identity.Name != p.Username() {
		name += " " + s.theme.Glyphs.Dot + " " + s.theme.Clean(p.Identity.Name.Raw())
	}
	return name
}

// explain is the short form: the verdict, the findings that it does not tell,
// and the remedy unless that is offered already.
func (s Screen) explain(p model.Pair, l layout, width int, offered bool) []string {
	t := s.theme
	var out []string
	for i, text := range s.sentences(p, l) {
		text = t.Clean(text)
		if i == 0 {
			text = lead(t, text, p)
		}
		out = append(out, widget.Wrap(text, width)...)
	}
	out = append(out, s.addresses(p, l, width)...)
	if p.Differs != "" {
		out = append(out, widget.Text(t.Warning, t.Clean("Not as predicted: "+p.Differs+"."), width)...)
	}
	if fix := p.Fix(); fix != "" && !offered {
		out = append(out, widget.Wrap(t.Clean("To do: "+fix+"."), width)...)
	}
	return append(out, s.nonASCII(p, width)...)
}

// sentences are those of the review, without what the row itself shows: that
// two addresses differ is plain where both can be read in full.
func (s Screen) sentences(p model.Pair, l layout) []string {
	if p.Has(model.FindingEmailMismatch) && widget.OutsideWidth(s.theme, p.Local.Email) <= l.email && widget.OutsideWidth(s.theme, p.Identity.Email) <= l.idEmail {
		return p.Explain(model.FindingEmailMismatch)
	}
	return p.Explain()
}

// offered reports whether the key line offers the remedy, so that it need not
// be said as well.
func (s Screen) offered(p model.Pair) bool {
	if ok, _ := writable(s); !ok || s.picks.count > 1 || p.Settable == "" || p.Has(model.FindingEmailUnverified) {
		return false
	}
	for _, f := range p.Findings {
		if f.Fix != "" {
			return f.Kind == model.FindingEmailMismatch || f.Kind == model.FindingLocalEmailMissing
		}
	}
	return false
}

// lead sets off the first words of the verdict by its tone.
func lead(t *theme.Theme, text string, p model.Pair) string {
	label := text[:min(len(text), len(model.NextLoginLabel))]
	return t.Style(theme.MarkOf(p.Worst().Kind).Tone).Render(label) + text[len(label):]
}

// addresses spells the addresses that neither the row nor the sentences show
// in full.
func (s Screen) addresses(p model.Pair, l layout, width int) []string {
	said := strings.Join(p.Explain(), " ")
	var parts []string
	add := func(side string, a model.Untrusted, column int) {
		if a != "" && widget.OutsideWidth(s.theme, a) > column && !strings.Contains(said, a.String()) {
			parts = append(parts, side+" has "+theme.Escape(a.Raw())+".")
		}
	}
	if p.Local != nil {
		add("RomM", p.Local.Email, l.email)
	}
	if p.Identity != nil {
		add("Authentik", p.Identity.Email, l.idEmail)
	}
	if len(parts) == 0 {
		return nil
	}
	return widget.Wrap(s.theme.Clean(strings.Join(parts, " ")), width)
}

func orNone(u model.Untrusted) string {
	if u == "" {
		return "no address"
	}
	return theme.Escape(u.Raw())
}

// nonASCII spells the names and addresses that are not plain ASCII (S31).
func (s Screen) nonASCII(p model.Pair, width int) []string {
	var texts []model.Untrusted
	if p.Local != nil {
		texts = append(texts, p.Local.Username, p.Local.Email)
	}
	if p.Identity != nil {
		texts = append(texts, p.Identity.Username, p.Identity.Email)
	}
	var parts []string
	for _, u := range texts {
		if e := theme.Escape(u.Raw()); !u.ASCII() && !slices.Contains(parts, e) {
			parts = append(parts, e)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return widget.Text(s.theme.Warning, s.theme.Glyphs.Odd+" not plain ASCII: "+strings.Join(parts, ", "), width)
}

// hints is the line of keys for this person, or for those who are selected;
// what helps most stands first.
func (s Screen) hints(p model.Pair, width int) string {
	var hints []key.Binding
	add := func(id, does string) { hints = append(hints, s.hint(id, does)) }
	switch ok, _ := writable(s); {
	case ok && s.picks.count > 1:
		n := fmt.Sprintf(" %d selected", s.picks.count)
		add("set-email", "match RomM e-mail of"+n)
		add("verify", "verify")
		add("pin", "pin")
		add("disable", "disable")
		add("enable", "enable")
		add("apply-role", "apply role")
		add("clear-filter", "select nobody")
		return keys.Hints(s.theme, width, hints...)
	case ok:
		hints = s.offers(p)
	}
	return s.withFixed(p, hints, width)
}

// hintWidth keeps the key line together on wide terminals, in cells.
const hintWidth = 118

// withFixed puts the keys that stay from person to person at the right end of
// the line, as far as there is room for them.
func (s Screen) withFixed(p model.Pair, hints []key.Binding, width int) string {
	width = min(width, hintWidth)
	word := "details"
	if s.detail {
		word = "less"
	}
	other, more := s.hint("set-idp-email", "set Authentik's"), s.hint("detail", word)
	choices := [][]key.Binding{{other, more}, {more}}
	ok, _ := canSetIDPEmail(s)
	switch {
	case !ok || s.picks.count > 0 || p.Local == nil || !p.Local.HasEmail() || p.Identity.Email == "":
		choices = choices[1:]
	case !model.SameAddress(p.Identity.Email, p.Local.Email):
		choices[1] = []key.Binding{other}
	}
	line := keys.Hints(s.theme, width, hints...)
	for _, fixed := range choices {
		right := keys.Hints(s.theme, width, fixed...)
		if room := width - lipgloss.Width(line); lipgloss.Width(right)+3 <= room {
			return line + lipgloss.PlaceHorizontal(room, lipgloss.Right, right)
		}
	}
	return line
}

// offers are the keys that do something about this person's findings.
func (s Screen) offers(p model.Pair) []key.Binding {
	var hints []key.Binding
	add := func(id, does string) { hints = append(hints, s.hint(id, does)) }
	differ := p.Local != nil && p.Identity != nil && p.Identity.Email != "" && !model.SameAddress(p.Identity.Email, p.Local.Email)
	unverified := p.Has(model.FindingEmailUnverified)
	if unverified && !differ {
		add("verify", "verify the address")
	}
	if ok, _ := canSetEmail(s); ok {
		// Without the address, which stands above: the line stays as it is
		// from one person to the next, and costs nothing over a slow line.
		add("set-email", "set RomM e-mail")
	}
	if unverified && differ { // the second thing to do
		add("verify", "verify the address")
	}
	if p.Identity == nil || p.Local == nil {
		add("pin", "pin to the other side")
	}
	switch {
	case p.Local != nil && !p.Local.Enabled:
		add("enable", "enable")
	case p.Has(model.FindingKeepsAdmin):
		add("disable", "disable")
		add("apply-role", "lower the role now")
	case p.Has(model.FindingRoleChange):
		add("apply-role", "apply role now")
	}
	return hints
}

// chain is the long form: every link from the address to RomM's answer, then
// the findings by name.
func (s Screen) chain(p model.Pair, width int) []string {
	t := s.theme
	var out []string
	add := func(label string, texts ...string) {
		for _, text := range texts {
			out = append(out, labelled(t, label, text, t.Text, width)...)
			label = ""
		}
	}
	s.sides(p, add)
	if p.Identity != nil {
		add("Claims", p.Source(s.at))
		if p.Differs != "" {
			out = append(out, labelled(t, "", "not as predicted: "+p.Differs, t.Warning, width)...)
		}
	}
	for _, step := range s.listing.chains.Of(p) {
		label := stepLabel(step.Name)
		if step.Name == model.StepClaims {
			label = ""
		}
		add(label, step.Facts...)
	}
	label := "Findings"
	for _, f := range p.Findings {
		text := strings.TrimSpace(t.Sign(theme.MarkOf(f.Kind)) + " " + string(f.Kind))
		if f.Fix != "" {
			text += ": " + f.Fix
		}
		add(label, text)
		label = ""
	}
	return out
}

// sides adds what both systems know of the person, and why the two are taken
// for one.
func (s Screen) sides(p model.Pair, add func(label string, texts ...string)) {
	if id := p.Identity; id != nil {
		state := "active"
		if !id.Active {
			state = "inactive"
		}
		if id.Type != "" && id.Type != "internal" {
			state += ", " + strings.ReplaceAll(model.Clean(id.Type), "_", " ")
		}
		add("Authentik", fmt.Sprintf("%s (uid %s), %s, %s", theme.Escape(id.Username.Raw()), widget.Tail(id.UID), state, s.claim(p)))
	}
	if u := p.Local; u != nil {
		state := "enabled"
		if !u.Enabled {
			state = "disabled"
		}
		add("RomM", fmt.Sprintf("%s (id %d), %s, %s, %s", theme.Escape(u.Username.Raw()), u.ID, orNone(u.Email), u.Role, state))
	}
	if p.Local != nil {
		if to := s.data.Review.World.LinkedTo(*p.Local); to != "" {
			add("Linked to", to)
		}
	}
	if p.Local != nil && p.Identity != nil {
		add("Paired by", string(p.Basis))
	} else {
		add("Likely", s.candidateNames(p))
	}
	if at := lastSeen(p); !at.IsZero() {
		add("Last seen", at.Format("2006-01-02 15:04"))
	}
}

// labelled is a text beside its label, wrapped.
func labelled(t *theme.Theme, label, text string, st lipgloss.Style, width int) []string {
	return widget.Item(t.Muted.Width(11).Render(label), st, t.Clean(text), width)
}

// stepLabel heads a link of the chain.
func stepLabel(n model.StepName) string {
	return strings.ToUpper(string(n[:1])) + string(n[1:])
}

func (s Screen) claim(p model.Pair) string {
	switch {
	case p.Identity.Email == "":
		return "no address"
	case p.Verified:
		return theme.Escape(p.Identity.Email.Raw()) + " verified"
	}
	return theme.Escape(p.Identity.Email.Raw()) + " not verified"
}
