package reconcile

import (
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestDoubtIsSaid proves S27: that the role map is not believed, or cannot be
// remembered, is no reason to read nothing, and is said.
func TestDoubtIsSaid(t *testing.T) {
	p, s, r := start(t)
	graver := func(r *model.Review) (out []model.Note) {
		for _, n := range r.Notes {
			if n.Kind == model.NoteRolesDoubted {
				out = append(out, n)
			}
		}
		return out
	}
	if got := graver(r); len(got) != 0 {
		t.Errorf("nothing is wrong, and yet: %v", got)
	}
	p.fail["RoleMapDoubt"] = &model.Error{Code: model.CodeConflict, Msg: "it is old", Hint: "confirm it\x1b[2J"}
	p.fail["remember"] = &model.Error{Code: model.CodeUnavailable, Msg: "the disk is full"}
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := graver(r)
	if len(got) != 1 || !got[0].Grave() || !strings.Contains(got[0].Text, `it is old (confirm it\x1b[2J)`) {
		t.Errorf("notes %q", got)
	}
	if !slices.Contains(r.NoteTexts(), "the disk is full") {
		t.Errorf("notes %q", r.NoteTexts())
	}
}
