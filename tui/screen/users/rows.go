package users

import (
	"fmt"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// View implements screen.Screen.
func (s Screen) View(a screen.Area) screen.Frame {
	if lines := s.empty(a); lines != nil {
		return s.Frame(s.theme, a, widget.Block(s.theme, lines, a))
	}
	l := s.layout()
	row := func(i int, selected bool) string { return s.row(l, s.pair(i), selected) }
	return s.Frame(s.theme, a, s.Draw(s.header(l), row, nil, s.pane))
}

// empty is what stands in place of the list when there is nothing to list;
// nil when there is.
func (s Screen) empty(a screen.Area) []string {
	t := s.theme
	switch {
	case s.listing.review == nil:
		return widget.Unread(t, s.data, a.Width)
	case s.listing.len() == 0 && s.listing.hidden > 0:
		return []string{
			t.Strong.Render("Everybody is inactive in Authentik."),
			t.Key.Render(s.key("inactive")) + " shows them.",
		}
	case len(s.listing.review.Pairs) == 0:
		return []string{
			t.Strong.Render("Nobody is here yet."),
			"Neither RomM nor Authentik has any people that this token can see.",
			"Add people in Authentik, then press " + t.Key.Render(s.data.Retry) + " to read again.",
		}
	case s.List.Len() == 0 && s.found.wrong != "":
		return []string{
			t.Strong.Render("The filter does not know ") + widget.Quoted(t, s.found.wrong) + ".",
			filterTerms,
			t.Key.Render(s.key("clear-filter")) + " shows everybody again.",
		}
	case s.List.Len() == 0:
		lines := []string{
			t.Strong.Render("Nobody matches ") + widget.Quoted(t, s.Filter.Text()) + ".",
			t.Key.Render(s.key("clear-filter")) + " shows everybody again.",
		}
		if s.found.colon {
			lines = append(lines, filterTerms)
		}
		if strings.Contains(s.Filter.Text(), "type:") && !s.listing.review.World.ServiceAccounts {
			lines = append(lines, "Authentik's service accounts are not read; "+t.Key.Render(s.key("service-accounts"))+" takes them in.")
		}
		if s.listing.hidden > 0 {
			lines = append(lines, fmt.Sprintf("%d inactive are hidden; ", s.listing.hidden)+t.Key.Render(s.key("inactive"))+" shows them.")
		}
		return lines
	}
	return nil
}

// filterTerms is shown when a term finds nobody: it may be misspelt.
const filterTerms = "The filter knows words, is:PROBLEM such as is:mismatch, is:unverified, is:stuck, is:fixable, is:disabled, is:inactive, " +
	"is:pinned, role:admin, group:NAME, type:service_account, last:>30d, last:<12h, last:never; ! before a term turns it round."

// header names the columns and marks the one that sorts. It stays while the
// list scrolls.
func (s Screen) header(l layout) string {
	first, mail, inner := "person", "Authentik e-mail", 0
	if l.idUser > 0 {
		first, mail, inner = "RomM user", "e-mail", l.gap
	}
	next := widget.Head{Text: "next login", By: byGravity, Width: l.link, Divided: true}
	if l.oneSided() {
		next.Gap, next.Divided = 1, false
	}
	return s.listing.sort.Heads(s.theme, s.area.Width, columns(),
		widget.Head{Text: first, By: byUser, Width: l.user, Gap: gutter}, widget.Head{Text: "e-mail", By: byEmail, Width: l.email, Gap: l.gap},
		widget.Head{Text: "role", By: byRole, Width: roleWidth, Gap: l.gap}, next,
		widget.Head{Text: "Authentik", By: byIDUser, Width: l.idUser, Divided: true},
		widget.Head{Text: mail, By: byIDEmail, Width: l.idEmail, Gap: inner, Divided: l.idUser == 0},
		widget.Head{Text: "state", By: byState, Width: l.state, Gap: l.gap})
}

// row draws a person. Of the one under the cursor the name stands out and not
// the whole line, which over SSH is half of what a cursor key sends.
func (s Screen) row(l layout, p model.Pair, selected bool) string {
	t := s.theme
	r := widget.NewRow(t, s.area.Width, selected)
	if t.Linear {
		return r.Spoken(selected, s.picks.has(p), p.Username(), s.spoken(p)...)
	}
	r.Bar(selected)
	pick := ""
	if s.picks.has(p) {
		pick = t.Glyphs.Picked
	}
	r.Cell(pick, 1, t.Strong)
	if l.oneSided() {
		s.person(r, l, p)
		r.Gap(1)
		s.mark(r, l, p)
		return r.End()
	}
	if l.idUser == 0 && p.Local == nil {
		s.nameless(r, l, p)
	} else {
		s.local(r, l, p.Local)
	}
	r.Divider()
	s.mark(r, l, p)
	r.Divider()
	s.identity(r, l, p)
	return r.End()
}

// spoken is what linear mode says of a person, what is the matter first.
func (s Screen) spoken(p model.Pair) []string {
	t := s.theme
	address := func(a model.Untrusted) string {
		if a == "" {
			return "without e-mail"
		}
		return widget.Said(t, a)
	}
	out := []string{t.Said(theme.MarkOf(p.Worst().Kind))}
	if u := p.Local; u == nil {
		out = append(out, "no RomM account")
	} else {
		out = append(out, "RomM "+address(u.Email), "role "+t.Clean(string(u.Role)))
		if !u.Enabled {
			out = append(out, "disabled in RomM")
		}
	}
	if p.Identity == nil {
		return append(out, "no Authentik user")
	}
	return append(out, "Authentik "+address(p.Identity.Email), stateOf(&p).String())
}

// nameless stands on RomM's side for somebody who has no account there, where
// Authentik's side has no room for the name.
func (s Screen) nameless(r *widget.Row, l layout, p model.Pair) {
	r.Outside(p.Identity.Username, l.user, s.theme.Text)
	r.Unselect()
	r.Gap(2*l.gap + l.email)
	r.Cell("IdP only", roleWidth, s.theme.Muted)
}

func (s Screen) mark(r *widget.Row, l layout, p model.Pair) {
	m := theme.MarkOf(p.Worst().Kind)
	style := s.theme.Style(m.Tone)
	r.Cell(s.theme.Said(m), l.link, style)
}

func (s Screen) local(r *widget.Row, l layout, u *model.LocalUser) {
	t := s.theme
	if u == nil {
		r.Gap(l.user)
		r.Unselect()
		r.Gap(l.email + 2*l.gap + roleWidth)
		return
	}
	r.Outside(u.Username, l.user, t.Text)
	r.Unselect()
	r.Gap(l.gap)
	s.address(r, u.Email, l.email)
	r.Gap(l.gap)
	s.role(r, u)
}

func (s Screen) address(r *widget.Row, a model.Untrusted, width int) {
	if a == "" {
		r.Cell(s.theme.Glyphs.Dash, width, s.theme.Muted)
		return
	}
	r.Outside(a, width, s.theme.Text)
}

func (s Screen) role(r *widget.Row, u *model.LocalUser) {
	t := s.theme
	switch {
	case !u.Enabled:
		r.Cell("disabled", roleWidth, t.Muted)
	case u.Role == model.RoleAdmin:
		r.Cell("admin", roleWidth, t.Strong)
	default:
		r.Cell(t.Clean(string(u.Role)), roleWidth, t.Text)
	}
}

func (s Screen) identity(r *widget.Row, l layout, p model.Pair) {
	t, id := s.theme, p.Identity
	if id == nil {
		return
	}
	if l.idUser > 0 {
		r.Outside(id.Username, l.idUser, t.Text)
		r.Gap(l.gap)
	}
	s.address(r, id.Email, l.idEmail)
	if l.state == 0 {
		return
	}
	r.Gap(l.gap)
	state, style := stateOf(&p), t.Muted
	if state <= unverified {
		style = t.Warning
	}
	r.Cell(state.String(), l.state, style)
}

// state is how the Authentik user of a person stands, what needs a look first.
type state int

const (
	unknown state = iota
	unverified
	verified
	inactive
	service
)

// String is the word for it.
func (s state) String() string {
	return [...]string{"unknown", "unverified", "verified", "inactive", "service"}[s]
}

// stateOf is the state of somebody who has an Authentik user.
func stateOf(p *model.Pair) state {
	switch {
	case !p.Identity.Active:
		return inactive
	case p.Identity.Service():
		return service
	case p.Verdict == nil:
		return unknown
	case p.Verified:
		return verified
	}
	return unverified
}

// person is the one-sided form for narrow terminals: RomM's side if there is
// one, else Authentik's. Both addresses are in the detail pane.
func (s Screen) person(r *widget.Row, l layout, p model.Pair) {
	if p.Local != nil {
		s.local(r, l, p.Local)
		return
	}
	r.Outside(p.Identity.Username, l.user, s.theme.Text)
	r.Unselect()
	r.Gap(l.gap)
	s.address(r, p.Identity.Email, l.email)
	r.Gap(1)
	r.Cell("IdP only", roleWidth, s.theme.Muted)
}
