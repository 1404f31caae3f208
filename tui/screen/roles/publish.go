package roles

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// publishAction brings Authentik's copy of the role map up to date.
func publishAction() action {
	return action{
		Info: keys.Info{
			ID: "roles.publish", Title: "publish", Help: "bring Authentik's copy of the role map up to date",
			Keys: []string{"P"}, Dangerous: true, Command: "romm-admin roles publish",
		},
		Enabled: canPublish,
		Run: func(s Screen) (Screen, screen.Effect) {
			return s, s.propose(plan.Publish(s.data.Review))
		},
	}
}

func canPublish(s Screen) (bool, string) {
	if ok, why := writable(s); !ok {
		return false, why
	}
	switch {
	case s.copied.State == plan.PublishNone:
		return false, "the roles mapping of romm-admin is not installed in Authentik"
	case s.copied.State == plan.PublishCurrent:
		return false, "Authentik's copy of the role map is current"
	case s.copied.ByHand:
		return false, "the roles mapping was made by hand, so romm-admin does not write it"
	}
	return true, ""
}

// published is the line below the table about the state of Authentik's copy.
func (s Screen) published(l layout) string {
	r := widget.NewRow(s.theme, s.area.Width, false)
	r.Gap(1)
	r.Cell(copyLabel, l.group, s.theme.Muted)
	r.Gap(1)
	words, style := s.publicationText()
	width := s.area.Width - 2 - l.group
	r.Cell(fitting(words, width), width, style)
	return r.End()
}

// publicationText describes the state of the copy, the longest text first.
func (s Screen) publicationText() ([]string, lipgloss.Style) {
	t := s.theme
	n := fmt.Sprintf("%d answers differ", len(s.copied.Differences))
	switch len(s.copied.Differences) {
	case 0:
		n = "the order of roles differs"
	case 1:
		n = "1 answer differs"
	}
	do := ": " + s.key("publish") + " publishes"
	if s.copied.ByHand {
		do = "; made by hand"
	}
	switch s.copied.State {
	case plan.PublishNone:
		return []string{"none: its roles mapping is not installed", "none"}, t.Muted
	case plan.PublishCurrent:
		return []string{"current"}, t.Muted
	case plan.PublishBehind:
		return []string{
			"! behind, " + n + do + ". It answers while the companion does not.",
			"! behind, " + n + do, "! behind" + do, "! behind",
		}, t.Warning
	case plan.PublishDecides:
	}
	return []string{
		"! not this table, " + n + do + ". It decides at every login.",
		"! in force, and " + n + do, "! " + n + do, "! " + n,
	}, t.Danger
}

// unpublished says what the copy answers for a line of the table, if that is
// something else than the line says.
func (s Screen) unpublished(e entry) (plan.TableDifference, bool) {
	for _, d := range s.copied.Differences {
		if !e.kept() && d.Group == e.row.Group && d.Group != "" {
			return d, true
		}
	}
	return plan.TableDifference{}, false
}

// differences are the sentences of the pane about the copy.
func (s Screen) differences() []string {
	const most = 8
	set := s.data.Review.World.Settings
	var parts []string
	for i, d := range s.copied.Differences {
		if i == most {
			parts = append(parts, fmt.Sprintf("%d more", len(s.copied.Differences)-most))
			break
		}
		parts = append(parts, fmt.Sprintf("%s: %s there, %s here", theme.Escape(d.Name.Raw()), answer(set, d.From), answer(set, d.To)))
	}
	var out []string
	if len(parts) > 0 {
		out = append(out, "Authentik's copy differs: "+strings.Join(parts, "; ")+".")
	}
	if s.copied.RankMoved {
		out = append(out, "Authentik's copy has the roles in another order, or under other names.")
	}
	return out
}

// answer names what a token of the copy makes of somebody in RomM.
func answer(settings model.Settings, token string) string {
	if token == "" {
		return "no role"
	}
	for _, role := range settings.Version.Roles() {
		if settings.Token(role) == token {
			return model.Clean(string(role))
		}
	}
	return "“" + theme.Escape(token) + "” (no role of this RomM)"
}

// fitting returns the first of the texts that has room, or the last.
func fitting(texts []string, width int) string {
	for _, text := range texts {
		if widget.Width(text) <= width {
			return text
		}
	}
	return texts[len(texts)-1]
}
