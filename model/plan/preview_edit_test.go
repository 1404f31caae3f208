package plan

import (
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// proves S35: an edit of the person drops the preview of the person as they
// were, and of nobody else, in the edited world alone.
func TestEditDropsThePreview(t *testing.T) {
	t.Parallel()
	w := foreseen()
	w.Directory.Identities = append(w.Directory.Identities, model.Identity{PK: 2, UID: "2", Username: "bob", Email: "bob@x.org", Active: true})
	w = w.WithPreviews(map[int64]model.Preview{1: {Claims: computed(), At: previewedAt}, 2: {Claims: model.Claims{}, At: previewedAt}})
	edits := map[string]func() (model.World, error){
		"address": func() (model.World, error) {
			return After(w, Change{Kind: ChangeIDPEmail, Object: "1", Before: "alice@x.org", After: "new@x.org"})
		},
		"trust": func() (model.World, error) {
			return After(w, Change{Kind: ChangeTrustedEmail, Object: "1", Before: "alice@x.org", After: ""})
		},
		"read back": func() (model.World, error) {
			id := w.Directory.Identities[0]
			id.Email = "new@x.org"
			return w.WithIdentity(id), nil
		},
	}
	for name, edit := range edits {
		after, err := edit()
		if err != nil {
			t.Fatal(err)
		}
		if _, kept := after.Provider.Previews[1]; kept || len(after.Provider.Previews) != 1 || len(w.Provider.Previews) != 2 {
			t.Errorf("%s: %v", name, after.Provider.Previews)
		}
		if got := model.Judge(after).Chains().Claims(after.Directory.Identities[0]); !got.Previewed.IsZero() || got.Verified {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// Edits of other things keep them.
	after, err := After(w, Change{Kind: ChangeLocalEmail, Object: "1", Before: "alice@x.org", After: "x@x.org"})
	if err != nil || len(after.Provider.Previews) != 2 {
		t.Errorf("%v, %v", after.Provider.Previews, err)
	}
}
