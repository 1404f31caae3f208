package widget_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// locked is the impact of a plan that shuts n admins out.
func locked(n int) plan.Impact {
	var im plan.Impact
	for i := range n {
		im.CannotSignIn = append(im.CannotSignIn, plan.Delta{
			Who:    model.Untrusted(fmt.Sprintf("p%d", i)),
			Before: model.Verdict{Outcome: model.SignsIn, RoleAfter: model.RoleAdmin},
			After:  model.Verdict{Outcome: model.Refused, Status: 403},
		})
	}
	return im
}

func TestImpactTopKeepsToItsHeight(t *testing.T) {
	t.Parallel()
	for n := 1; n < 12; n++ {
		whole := widget.Impact(plain(), "Changes", locked(n), 70)
		if len(whole) != n+2 {
			t.Fatalf("%d people take %d lines", n, len(whole))
		}
		for height := -1; height < n+4; height++ {
			got := widget.ImpactTop(plain(), "Changes", locked(n), 70, height)
			switch want := min(len(whole), max(0, height)); {
			case len(got) != want:
				t.Errorf("%d people in %d lines: %d lines", n, height, len(got))
			case height >= len(whole) && strings.Join(got, "\n") != strings.Join(whole, "\n"):
				t.Errorf("%d people in %d lines: it is not the whole", n, height)
			case height > 2 && height < len(whole):
				if want, last := fmt.Sprintf("  … %d more", n-(height-3)), ansi.Strip(got[height-1]); last != want {
					t.Errorf("%d people in %d lines: the last line is %q, want %q", n, height, last, want)
				}
			}
		}
	}
}

// The names of lost admins stand first, in the colour of danger, and are not
// without end.
func TestLostAdminsStandFirst(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{
		1: "An admin is lost: p0.",
		2: "2 admins are lost: p0 and p1.",
		5: "5 admins are lost: p0, p1, p2, p3 and p4.",
		9: "9 admins are lost: p0, p1, p2, p3, p4 and 4 more.",
	} {
		line := widget.ImpactTop(plain(), "Changes", locked(n), 70, 3)[0]
		if ansi.Strip(line) != want || !strings.HasPrefix(line, opening(plain().Danger)) {
			t.Errorf("%d: %q, want %q in the danger style", n, line, want)
		}
	}
	im := locked(1)
	im.CannotSignIn[0].Before.RoleAfter = model.RoleUser
	if line := widget.Impact(plain(), "Changes", im, 70)[0]; ansi.Strip(line) != "Changes" {
		t.Errorf("without an admin the first line is %q", line)
	}
	im = plan.Impact{Accounts: locked(1).CannotSignIn}
	if line := widget.Impact(plain(), "Changes", im, 70)[0]; ansi.Strip(line) != "An admin is lost: p0." {
		t.Errorf("an admin who gets another account: %q", line)
	}
}

// A reason that keeps people out of a plan is told once, with who they are, so
// that the one person whom something else keeps out is not lost among them.
func TestAReasonIsToldOnce(t *testing.T) {
	p := plan.Plan{Changes: []plan.Change{{Kind: plan.ChangeRoleRow, Object: "x", Label: "g"}}}
	var left []plan.LeftOut
	for i := range 1000 {
		left = append(left, plan.LeftOut{Who: model.Untrusted(fmt.Sprintf("p%d", i)), Why: &model.Error{Code: model.CodeNothing}})
	}
	left = append(left, plan.LeftOut{Who: "zoe", Why: errors.New("no RomM account")})
	area := screen.Area{Width: 76, Height: 30}
	o, _ := widget.NewPreview(plain(), p).Update(screen.AreaMsg{Area: area})
	text := ansi.Strip(strings.Join(o.(widget.Preview).Known(plan.Draft{Plan: p, Left: left}, plan.Impact{}, nil).View(area).Lines, "\n"))
	for _, want := range []string{"Not in the plan (1001)", "  . p0, p1, ", "and 980 more: it is so", "  . zoe: no RomM account"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for i := range 30 {
		left = append(left, plan.LeftOut{Who: "ann", Why: fmt.Errorf("reason %d", i)})
	}
	area.Height = 60
	o, _ = o.Update(screen.AreaMsg{Area: area})
	text = ansi.Strip(strings.Join(o.(widget.Preview).Known(plan.Draft{Plan: p, Left: left}, plan.Impact{}, nil).View(area).Lines, "\n"))
	if !strings.Contains(text, "reason 17") || strings.Contains(text, "reason 18") || !strings.Contains(text, "and for 12 more reasons") {
		t.Errorf("reasons without end:\n%s", text)
	}
}

// A plan may be about ten thousand people: a frame must not write of them all.
func TestAFrameOfAPreviewDoesNotGrowWithTheImpact(t *testing.T) {
	frame := func(n int) float64 {
		draft := plan.Plan{Changes: []plan.Change{{Kind: plan.ChangeRoleRow, Object: "x", Label: "g"}}}
		area := screen.Area{Width: 70, Height: 20}
		o, _ := widget.NewPreview(plain(), draft).Update(screen.AreaMsg{Area: area})
		p := o.(widget.Preview).Known(plan.Draft{Plan: draft}, locked(n), nil)
		return testing.AllocsPerRun(10, func() { _ = p.View(area) })
	}
	if small, large := frame(50), frame(10_000); large > small+5 {
		t.Errorf("a frame allocates %.0f times for 10,000 people and %.0f times for 50", large, small)
	}
}
