package admin

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui"
)

// reportCrash writes what is known of a panic beside the database, and what
// was being typed to files of its own, from which the next console of the same
// actor offers it again. It returns the incident's id, which is the file's
// name.
func reportCrash(database, actor string, c tui.Crash) string {
	id := newID()
	text := fmt.Sprintf("romm-admin %s stopped: %s\n\n%s\n", buildVersion(), model.HideUser(c.Value), model.HideUser(c.Stack))
	for i, d := range c.Drafts {
		text += fmt.Sprintf("\nwas being typed into “%s”: %s\n", model.Clean(d.Dialog), model.Clean(d.Text))
		if d.ID != "" {
			continue // kept since an earlier crash
		}
		name := fmt.Sprintf("%s%s-%d%s", incidentPrefix, id, i+1, draftSuffix)
		if err := keepDraft(filepath.Join(filepath.Dir(database), name), draftFile{1, id, actor, model.Clean(d.Dialog), model.Clean(d.Text)}); err != nil {
			text += "\nnot kept for the next start: " + model.Clean(err.Error()) + "\n"
		}
	}
	path := filepath.Join(filepath.Dir(database), incidentPrefix+id+".txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return id + " (no report could be written)"
	}
	return id + ", see " + path
}

const (
	incidentPrefix = "incident-"
	draftSuffix    = ".draft"
	// The bounds of what is read back: a draft is one line of a dialog.
	maxDraft  = 16 << 10
	maxDrafts = 20
)

// draftFile is one text that was being typed.
type draftFile struct {
	Version  int    `json:"version"`
	Incident string `json:"incident"`
	Actor    string `json:"actor"`
	Dialog   string `json:"dialog"`
	Text     string `json:"text"`
}

func keepDraft(path string, d draftFile) error {
	data, err := json.Marshal(d)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// keptDrafts reads the drafts of this actor beside the database, oldest first.
// What cannot be read is nothing to stop for: it is left where it is.
func keptDrafts(database, actor string) []tui.Draft {
	type aged struct {
		tui.Draft
		at int64
	}
	dir := filepath.Dir(database)
	names, _ := filepath.Glob(filepath.Join(quoteGlob(dir), incidentPrefix+"*"+draftSuffix)) // the pattern is sound
	var found []aged
	for _, path := range names {
		info, err := os.Lstat(path)
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 || info.Size() > maxDraft {
			continue
		}
		data, err := db.ReadRegular(path, maxDraft)
		var d draftFile
		if err != nil || json.Unmarshal(data, &d) != nil || d.Version != 1 || d.Actor != actor {
			continue
		}
		found = append(found, aged{
			tui.Draft{ID: filepath.Base(path), Incident: model.Clean(d.Incident), Dialog: model.Clean(d.Dialog), Text: model.Clean(d.Text)},
			info.ModTime().UnixNano(),
		})
	}
	slices.SortStableFunc(found, func(a, b aged) int { return cmp.Compare(a.at, b.at) })
	out := make([]tui.Draft, 0, len(found))
	for _, d := range found[max(0, len(found)-maxDrafts):] {
		out = append(out, d.Draft)
	}
	return out
}

// quoteGlob escapes a folder's name for use in a pattern.
func quoteGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

// forgetDraft returns what removes a draft that keptDrafts has read.
func forgetDraft(database string) func(tui.Draft) error {
	return func(d tui.Draft) error {
		err := os.Remove(filepath.Join(filepath.Dir(database), filepath.Base(d.ID)))
		if errors.Is(err, fs.ErrNotExist) {
			return nil // another console was faster
		}
		return err
	}
}
