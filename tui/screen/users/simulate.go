package users

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// simulation is the dialog that says what the next login of somebody does,
// or those of many, and that can have Authentik compute the claims instead of
// predicting them. It writes nothing and opens no plan.
type simulation struct {
	theme  *theme.Theme
	clock  func() time.Time
	data   screen.DataMsg
	chains model.Chains
	people []int64 // keys of Authentik users; nil is everybody
	one    bool    // about people[0] alone, step by step

	ask     screen.AskedMsg
	stopped bool
	note    string // why a key did nothing
	width   int
	body    []string // what does not change while an asking runs
	reader  widget.Reader
}

// simulate opens the dialog for those selected, or for the person under the
// cursor.
func (s Screen) simulate() (Screen, screen.Effect) {
	targets := s.targets()
	keys := make([]int64, 0, len(targets))
	for _, p := range targets {
		if p.Identity != nil {
			keys = append(keys, p.Identity.PK)
		}
	}
	return s, s.openSimulation(keys, len(targets) == 1)
}

func (s Screen) openSimulation(people []int64, one bool) screen.Effect {
	d := simulation{
		theme: s.theme, clock: s.clock, data: s.data, chains: s.data.Review.Chains(), people: people, one: one,
		reader: widget.Reader{Theme: s.theme},
	}
	return screen.Want(screen.OpenReq{Overlay: d})
}

// canSimulate says whether there is a login to simulate.
func canSimulate(s Screen) (bool, string) {
	if s.data.Review == nil {
		return false, "nothing has been read yet"
	}
	if _, ok := s.Selected(); !ok && s.picks.count == 0 {
		return false, "no person is selected"
	}
	for p := range s.eachTarget() {
		if p.Identity != nil {
			return true, ""
		}
	}
	return false, "no Authentik user belongs to this account, so nobody signs in to it"
}

// Capturing implements screen.Overlay.
func (simulation) Capturing() bool { return false }

// Update implements screen.Overlay.
func (d simulation) Update(msg tea.Msg) (screen.Overlay, screen.Effect) {
	switch msg := msg.(type) {
	case screen.AreaMsg:
		d.width = msg.Area.Width
		d = d.rebuild()
	case screen.DataMsg:
		return d.known(msg), screen.Effect{}
	case screen.AskedMsg:
		d.ask, d.stopped = msg, false
		if msg.Review != nil {
			next := d.data
			next.Review = msg.Review
			d = d.known(next)
		}
		return d.show(), screen.Effect{}
	case tea.KeyPressMsg:
		if d.note != "" {
			d.note = ""
			d = d.show()
		}
		switch key := msg.String(); {
		case d.ask.Running && (key == "esc" || key == "q"):
			d.ask, d.stopped = screen.AskedMsg{}, true
			return d.show(), screen.Want(screen.AskStopReq{})
		case d.ask.Running && key == "enter":
			return d, screen.Effect{}
		case key == "a" && !d.ask.Running:
			if d.note = d.cannotAsk(); d.note != "" {
				return d.show(), screen.Effect{}
			}
			return d, screen.Want(screen.AskReq{People: d.people})
		}
	}
	var effect screen.Effect
	d.reader, effect = d.reader.Read(msg)
	return d, effect
}

// cannotAsk says why Authentik cannot be asked now; "" when it can.
func (d simulation) cannotAsk() string {
	switch {
	case d.data.Reading:
		return "both sides are being read"
	case d.data.Applying:
		return "a change is being written"
	case !slices.ContainsFunc(d.pairs(), func(p model.Pair) bool { return p.Identity.Active }):
		return "Authentik computes nothing for inactive users"
	}
	return ""
}

// known takes newer data.
func (d simulation) known(data screen.DataMsg) simulation {
	fresh := data.Review != nil && data.Review != d.data.Review
	if data.Review == nil {
		data.Review = d.data.Review
	}
	d.data = data
	if !fresh {
		return d
	}
	d.chains = data.Review.Chains()
	return d.rebuild()
}

// pairs are the people that this is about, as they are known now.
func (d simulation) pairs() []model.Pair {
	wanted := make(map[int64]bool, len(d.people))
	for _, pk := range d.people {
		wanted[pk] = true
	}
	var out []model.Pair
	for _, p := range d.data.Review.Pairs {
		if p.Identity != nil && (d.people == nil || wanted[p.Identity.PK]) {
			out = append(out, p)
		}
	}
	return out
}

// rebuild works out everything anew.
func (d simulation) rebuild() simulation {
	people := d.pairs()
	switch {
	case len(people) == 0:
		d.reader.Title, d.body = "Simulate", widget.Wrap("Authentik has nobody of them any more.", d.width)
	case d.one:
		d.reader.Title = "The next login of " + theme.Escape(people[0].Identity.Username.Raw())
		d.body = d.steps(people[0])
	default:
		d.reader.Title = fmt.Sprintf("The next logins of %d people", len(people))
		d.body = d.summary(people)
	}
	return d.show()
}

// show puts the text together and keeps the place in it.
func (d simulation) show() simulation {
	lines := append(d.status(), d.body...)
	d.reader.Text = func(int) []string { return lines }
	d.reader.Keys = nil
	if !d.ask.Running {
		d.reader.Keys = []key.Binding{keys.Hint(d.theme, "ask Authentik", "a")}
	}
	d.reader.Back = "back"
	if d.ask.Running {
		d.reader.Back = "stop"
	}
	d.reader = d.reader.Refresh()
	return d
}

// status says how the asking stands.
func (d simulation) status() []string {
	t, w := d.theme, d.width
	var out []string
	switch {
	case d.ask.Running && d.ask.Total > 0:
		out = append(out, t.Accent.Render(fmt.Sprintf("Asking Authentik%s %d of %d", t.Glyphs.Ellipsis, d.ask.Done, d.ask.Total)), widget.Bar(t, d.ask.Done, d.ask.Total, w))
	case d.ask.Running:
		out = append(out, t.Accent.Render("Asking Authentik"+t.Glyphs.Ellipsis))
	case d.stopped:
		out = append(out, widget.Wrap("Stopped. What Authentik has computed so far is shown after the next reading.", w)...)
	case d.ask.Err != nil:
		out = append(out, widget.ErrorLines(t, d.ask.Err, w)...)
	case d.note != "":
		out = append(out, widget.Wrap(t.Clean("Not now: "+d.note+"."), w)...)
	default:
		return nil
	}
	return append(out, "")
}

// View implements screen.Overlay.
func (d simulation) View(a screen.Area) screen.Panel { return d.reader.View(a) }

// steps tells one login link by link.
func (d simulation) steps(p model.Pair) []string {
	t, w := d.theme, d.width
	out := append(widget.Wrap(lead(t, t.Clean("Next login: "+p.NextLogin), p), w), "")
	out = append(out, labelled(t, "Claims", p.Source(d.clock()), t.Text, w)...)
	if p.Differs != "" {
		out = append(out, labelled(t, "", "not as predicted: "+p.Differs, t.Warning, w)...)
	} else if !p.Previewed.IsZero() && d.chains.Predictable(*p.Identity) {
		out = append(out, labelled(t, "", "as predicted", t.Good, w)...)
	}
	for _, step := range d.chains.Of(p) {
		label := stepLabel(step.Name)
		if step.Name == model.StepClaims {
			label = ""
		}
		for _, fact := range step.Facts {
			out = append(out, labelled(t, label, fact, t.Text, w)...)
			label = ""
		}
	}
	out = append(out, "")
	if fix := p.Fix(); fix != "" {
		out = append(append(out, widget.Wrap(t.Clean("To do: "+fix+"."), w)...), "")
	}
	return append(out, d.harmless()...)
}

func (d simulation) harmless() []string {
	return widget.Text(d.theme.Muted, "This only looks: nobody signs in and nothing is written.", d.width)
}

// summary counts what the logins do, how many answers are Authentik's,
// and names whom it is not well with.
func (d simulation) summary(people []model.Pair) []string {
	t, w := d.theme, d.width
	var out []string
	add := func(text string) { out = append(out, widget.Wrap(t.Clean(text), w)...) }
	list := func(title string, st lipgloss.Style, lines []string) {
		if len(lines) == 0 {
			return
		}
		out = append(out, "", st.Render(title))
		for _, line := range lines {
			out = append(out, widget.Item("  ", t.Text, t.Clean(line), w)...)
		}
	}
	c := d.count(people)
	add(c.outcomes())
	add(c.sources(d.clock()))
	list("Not as predicted; what Authentik computes counts:", t.Warning, c.differ)
	list("These cannot sign in:", t.Danger, c.stuck)
	list("Not known:", t.Warning, c.unknown)
	return append(append(out, ""), d.harmless()...)
}

// counts is what becomes of many logins.
type counts struct {
	in, created, inactive  int
	asked, agree, compared int
	active                 int
	oldest                 time.Time
	differ, stuck, unknown []string // a line each
}

func (d simulation) count(people []model.Pair) counts {
	var c counts
	for _, p := range people {
		name := theme.Escape(p.Identity.Username.Raw())
		switch v := p.Verdict; {
		case !p.Identity.Active:
			c.inactive++
			continue
		case v == nil:
			c.unknown = append(c.unknown, name+": "+p.Unknown)
		case v.Outcome == model.Registers:
			c.created++
		case v.OK():
			c.in++
		default:
			status, text := v.Reply()
			c.stuck = append(c.stuck, fmt.Sprintf("%s: %d “%s” (rule %s)", name, status, text, v.Rule))
		}
		c.active++
		if p.Previewed.IsZero() {
			continue
		}
		c.asked++
		if c.oldest.IsZero() || p.Previewed.Before(c.oldest) {
			c.oldest = p.Previewed
		}
		switch {
		case p.Differs != "":
			c.compared++
			c.differ = append(c.differ, name+": "+p.Differs)
		case d.chains.Predictable(*p.Identity):
			c.compared++
			c.agree++
		}
	}
	return c
}

// outcomes is a sentence with everybody in it.
func (c counts) outcomes() string {
	var parts []string
	add := func(n int, one, many string) {
		if n == 1 {
			parts = append(parts, "1 "+one)
		} else if n > 1 {
			parts = append(parts, fmt.Sprintf("%d %s", n, many))
		}
	}
	add(c.in, "signs in", "sign in")
	add(c.created, "gets a new account", "get a new account")
	add(len(c.stuck), "cannot sign in", "cannot sign in")
	add(len(c.unknown), "is not known", "are not known")
	add(c.inactive, "is inactive in Authentik", "are inactive in Authentik")
	return strings.Join(parts, ", ") + "."
}

// sources says how many answers are Authentik's and how many of those are as
// predicted.
func (c counts) sources(now time.Time) string {
	if c.asked == 0 {
		return "All predicted from the provider's mappings; Authentik was not asked."
	}
	text := fmt.Sprintf("Authentik computed the claims of %d of %d, asked %s", c.asked, c.active, model.Ago(now.Sub(c.oldest)))
	switch {
	case c.compared == 0:
		return text + "; nothing was predicted to compare with."
	case len(c.differ) == 0:
		return text + ": all as predicted."
	}
	return text + fmt.Sprintf(": %d as predicted, %d not.", c.agree, len(c.differ))
}
