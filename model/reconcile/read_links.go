package reconcile

import (
	"context"
	"fmt"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// links is what one reading knows of whom RomM has linked.
type links struct {
	model.LinksReading
	known  bool  // the database was read
	failed error // why it could not be; nil without a database
}

// readLinks asks RomM's database, if there is one. That it fails ends no reading:
// everything else is known without it.
func (s *Service) readLinks(ctx context.Context) links {
	if s.Links == nil {
		return links{}
	}
	r, err := s.Links.ReadLinks(ctx)
	return links{LinksReading: r, known: err == nil, failed: err}
}

// putLinks says in the world whom RomM has linked, and how its database compares:
// what the database says of itself counts before the configuration. Without it
// the audit log tells at least who is linked to somebody.
func (s *Service) putLinks(ctx context.Context, w *model.World, l links) {
	warn := func(format string, args ...any) { w.Warnings = append(w.Warnings, fmt.Sprintf(format, args...)) }
	if l.failed != nil {
		warn("RomM's database cannot be read, so whom RomM has linked is not known: %s", inWords(l.failed))
	}
	var locals []model.LocalUser
	if l.known {
		locals = l.put(w.Locals)
	}
	if l.known && locals == nil && len(w.Locals) > 0 {
		warn("the database that the DB_ variables name is not that of this RomM: none of its accounts is the same (give DB_HOST and DB_NAME as RomM itself has them)")
		l.known = false
	}
	if l.known {
		w.Settings.Version.Columns = model.NoLinkColumns
		if l.Linking {
			w.Settings.Version.Columns = model.LinkColumns
		}
		if l.Kind != "" && l.Kind != model.DatabaseUnknown {
			w.Settings.Database = l.Kind
		}
	}
	// A build without a release is of 5.4 or later if it has an audit log.
	unreleased := !l.known && (w.Settings.Version.Dev || !w.Settings.Version.Known())
	switch {
	case !w.Settings.Version.Links() && !unreleased:
		return // RomM has no links
	case l.known:
		w.Locals = locals
		return
	}
	log, ok := s.Accounts.(AuditLog)
	if !ok {
		return
	}
	switch r, err := log.ReadSignIns(ctx); {
	case err == nil:
		w.SignIns = r.SignIns
		if unreleased {
			w.Settings.Version.Columns = model.LinkColumns
		}
	case model.CodeOf(err) != model.CodeRefused: // it has none
		warn("who has signed in through the provider is not known: %s", inWords(err))
	}
}

// put returns the accounts with their links; nil if the database has none of them.
// One that was made or renamed between the two readings stays as it is.
func (l links) put(accounts []model.LocalUser) []model.LocalUser {
	byID := make(map[int64]model.LocalUser, len(l.Accounts))
	for _, a := range l.Accounts {
		byID[a.ID] = a
	}
	out, found := slices.Clone(accounts), false
	for i := range out {
		if a, ok := byID[out[i].ID]; ok && a.Username == out[i].Username {
			out[i].Link = a.Link
			found = true
		}
	}
	if !found {
		return nil
	}
	return out
}
