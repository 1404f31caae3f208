package model

import (
	"fmt"
	"slices"
)

// NoteKind names a note. The names are stable.
type NoteKind string

// The notes, most serious first.
const (
	NoteIncomplete      NoteKind = "incomplete-lists"
	NoteBlocked         NoteKind = "login-blocked"
	NoteUnreadable      NoteKind = "token-unreadable"
	NoteNoAdmin         NoteKind = "no-admin"
	NoteNoEnabledAdmin  NoteKind = "no-enabled-admin"
	NoteNoUsableAdmin   NoteKind = "no-usable-admin"
	NoteRolesDoubted    NoteKind = "role-map-doubted"
	NoteCutShort        NoteKind = "plan-cut-short"
	NoteOIDCOff         NoteKind = "oidc-off"
	NoteUnpublished     NoteKind = "role-map-unpublished"
	NoteDiffers         NoteKind = "claims-differ"
	NoteVersion         NoteKind = "romm-version"
	NoteSettingsAssumed NoteKind = "settings-assumed"
	NoteLinksUnknown    NoteKind = "links-unknown"
	NoteReading         NoteKind = "reading" // about the reading itself
)

// Note is a fact about both systems, not about one person.
type Note struct {
	Kind NoteKind
	Text string // cleaned for a terminal
}

// Grave reports whether the note is about security: an incomplete reading, no
// admin, or a role map that is not believed (S5, S9, S27).
func (n Note) Grave() bool {
	switch n.Kind {
	case NoteIncomplete, NoteNoAdmin, NoteNoEnabledAdmin, NoteNoUsableAdmin, NoteRolesDoubted:
		return true
	default:
		return false
	}
}

// NoteTexts are the notes as sentences.
func (r *Review) NoteTexts() []string {
	out := make([]string, len(r.Notes))
	for i, n := range r.Notes {
		out[i] = n.Text
	}
	return out
}

// rolesDoubted says what it means that the role map is not believed.
func (w World) rolesDoubted() string {
	return fmt.Sprintf("The role map is not believed, so the companion gives nobody the role admin: %s.", Clean(w.RolesDoubt))
}

// notes are the facts about the whole, gravest first.
func notes(r *Review, j *judge) []Note {
	var out []Note
	add := func(k NoteKind, format string, args ...any) { out = append(out, Note{k, fmt.Sprintf(format, args...)}) }
	w := r.World
	if w.Directory.Incomplete != "" {
		add(NoteIncomplete, "The Authentik lists are incomplete, nothing can be written: %s", Clean(w.Directory.Incomplete))
	}
	if j.blocked != "" {
		add(NoteBlocked, "Nobody can sign in to RomM: %s.", j.blocked)
	}
	if j.unreadable != "" {
		add(NoteUnreadable, "Nobody can sign in to RomM: %s.", j.unreadable)
	}
	anyAdmin := slices.ContainsFunc(w.Locals, func(u LocalUser) bool { return u.Role == RoleAdmin })
	switch {
	case !anyAdmin && !w.RomM.Embedded:
		add(NoteNoAdmin, "RomM has no admin: as long as that is so, anybody may create one through its API.")
	case r.Stats.Admins == 0 && len(w.Locals) > 0:
		add(NoteNoEnabledAdmin, "No admin is enabled.")
	case w.Provider.Found && r.Stats.UsableAdmins == 0:
		add(NoteNoUsableAdmin, "No admin can sign in through Authentik.")
	}
	if w.RolesDoubt != "" {
		add(NoteRolesDoubted, "%s", w.rolesDoubted())
	}
	if why := w.RolesBehind(); why != "" {
		add(NoteRolesDoubted, "An old copy of the database seems to be back, or another one: %s. Restore the newest backup; or, if this one is wanted: romm-admin roles publish.", why)
	}
	for _, title := range w.CutShort {
		add(NoteCutShort, "A plan was cut short: finish it or undo it, on the History screen or with `romm-admin history interrupted`: %s.", Clean(title))
	}
	if w.Settings.Disabled {
		add(NoteOIDCOff, "RomM's OIDC login is off.")
	}
	if who := j.whoAnswers(); who != "" {
		add(NoteUnpublished, "%s", who)
	}
	if note := differing(r.Pairs); note != "" {
		add(NoteDiffers, "%s", note)
	}
	if v := w.Settings.Version; v.Known() && !v.Dev {
		switch {
		case !v.AtLeast(4, 3, 1):
			add(NoteVersion, "RomM %s is older than 4.3.1: it takes no roles from the token, and verdicts are not known to be right for it.", v)
		case v.Newer():
			add(NoteVersion, "%s", v.NewerNote())
		}
	}
	if w.Settings.Assumed {
		add(NoteSettingsAssumed, "RomM's OIDC_* settings were not given; verdicts assume OIDC_CLAIM_ROLES=%s and open registration.", OrNone(w.Settings.ClaimRoles))
	}
	if note := linksUnknown(r); note != "" {
		add(NoteLinksUnknown, "%s", note)
	}
	for _, warning := range w.Warnings {
		add(NoteReading, "%s", Clean(warning))
	}
	return out
}
