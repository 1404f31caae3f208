package theme

import (
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/romm-admin/romm-admin/model"
)

// Tone is how grave something is; it only chooses a style.
type Tone int

// The tones, gravest first. ToneDanger is a security matter, ToneWarning
// keeps a person out, ToneNotice changes something at the next login.
const (
	ToneDanger Tone = iota
	ToneWarning
	ToneNotice
	ToneQuiet
	ToneGood
)

// Style returns the style of a tone.
func (t *Theme) Style(tone Tone) lipgloss.Style {
	switch tone {
	case ToneDanger:
		return t.Danger
	case ToneWarning:
		return t.Warning
	case ToneNotice:
		return t.Accent
	case ToneGood:
		return t.Good
	case ToneQuiet:
		return t.Muted
	}
	return t.Text
}

// MarkWidth is the width in cells of the longest word of a mark.
const MarkWidth = 12

// Mark is how a finding looks in the link column: a glyph of one cell, its
// ASCII form, and a word of at most [MarkWidth] cells.
type Mark struct {
	Glyph, ASCII, Word string
	Tone               Tone
}

// Sign returns the glyph that this theme's terminal can show. Linear mode has
// none: a screen reader would read its name.
func (t *Theme) Sign(m Mark) string {
	switch {
	case t.Linear:
		return ""
	case t.ASCII:
		return m.ASCII
	}
	return m.Glyph
}

// Said is the mark as it stands in a row: sign and word, never nothing.
func (t *Theme) Said(m Mark) string {
	switch {
	case t.Linear && m.Tone == ToneGood:
		return "fine"
	case t.Linear && m.Word == "":
		return "unknown"
	}
	return strings.TrimSpace(t.Sign(m) + " " + m.Word)
}

// MarkOf returns the mark of a finding. A kind that it does not know gets a
// question mark and no word, so that nothing looks fine by accident.
func MarkOf(k model.FindingKind) Mark {
	switch k {
	case model.FindingSessionTakeover:
		return Mark{"✗", "X", "takeover", ToneDanger}
	case model.FindingSessionSwap:
		return Mark{"⇄", "&", "session swap", ToneDanger}
	case model.FindingLinkedToAnothers:
		return Mark{"⊕", "L", "in another's", ToneDanger}
	case model.FindingFirstLinkTakesOver:
		return Mark{"⊳", ">", "takes over", ToneDanger}
	case model.FindingSquattedEmail:
		return Mark{"⊗", "S", "squatted", ToneDanger}
	case model.FindingPinMoved:
		return Mark{"↯", "P", "pin moved", ToneDanger}
	case model.FindingDuplicateIDPEmail:
		return Mark{"≡", "D", "shared email", ToneDanger}
	case model.FindingIDPEmailMissing:
		return Mark{"⊘", "N", "no IdP email", ToneDanger}
	case model.FindingEmailNotASCII:
		return Mark{"≈", "^", "not ASCII", ToneDanger}
	case model.FindingAdminLoss:
		return Mark{"▼", "v", "loses admin", ToneDanger}
	case model.FindingIncomplete:
		return Mark{"?", "?", "incomplete", ToneDanger}
	case model.FindingLinkedElsewhere:
		return Mark{"⊬", "E", "linked away", ToneWarning}
	case model.FindingRelinkByEmail:
		return Mark{"↻", "@", "relinked", ToneWarning}
	case model.FindingLinksOfTwoIssuers:
		return Mark{"⊎", "2", "two issuers", ToneWarning}
	case model.FindingEmailMismatch:
		return Mark{"≠", "~", "mismatch", ToneWarning}
	default:
		return lesserMark(k)
	}
}

// lesserMark holds the second half of the table, from "keeps a person out"
// down to "all is well".
func lesserMark(k model.FindingKind) Mark {
	switch k {
	case model.FindingLocalEmailMissing:
		return Mark{"∅", "0", "no address", ToneWarning}
	case model.FindingUsernameCollision:
		return Mark{"×", "x", "name taken", ToneWarning}
	case model.FindingEmailUnverified:
		return Mark{"!", "!", "unverified", ToneWarning}
	case model.FindingNoRole:
		return Mark{"○", "o", "no role", ToneWarning}
	case model.FindingLoginRefused:
		return Mark{"⊠", "R", "refused", ToneWarning}
	case model.FindingSignInTaken:
		return Mark{"∼", "t", "name shared", ToneWarning}
	case model.FindingLinkOrphaned:
		return Mark{"⌀", "/", "orphan link", ToneWarning}
	case model.FindingLocalDisabled:
		return Mark{"⊖", "-", "disabled", ToneQuiet}
	case model.FindingIDPInactive:
		return Mark{"◇", "i", "inactive", ToneQuiet}
	case model.FindingKeepsAdmin:
		return Mark{"♦", "k", "keeps admin", ToneDanger}
	case model.FindingWouldRegister:
		return Mark{"+", "+", "new account", ToneNotice}
	case model.FindingRoleChange:
		return Mark{"Δ", "r", "role change", ToneNotice}
	case model.FindingEmailWillFollow:
		return Mark{"→", "f", "email moves", ToneNotice}
	case model.FindingLinkUnknown:
		return Mark{"⋯", "u", "link unknown", ToneQuiet}
	case model.FindingLocalOnly:
		return Mark{"·", ".", "RomM only", ToneQuiet}
	case model.FindingCaseOnly:
		return Mark{"≃", "c", "case differs", ToneQuiet}
	case model.FindingOK:
		return Mark{"=", "=", "", ToneGood}
	default:
		return Mark{"?", "?", "", ToneWarning}
	}
}
