package model

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// World is everything that decisions are made from, in one reading.
type World struct {
	At        time.Time
	RomM      System
	Authentik System
	Locals    []LocalUser
	Caller    Caller // whom RomM takes us for
	Directory Directory
	Pins      []Pin
	Roles     RoleMap
	// RolesDoubt is why Roles are not believed, such as that the file was rolled
	// back, and what to do; the companion then grants nobody admin (S27).
	RolesDoubt string
	// Pending are roles for groups that do not exist yet; they grant nothing.
	Pending []PendingRole
	// Assertions are kept with the role map; no plan may break one.
	Assertions []Assertion
	Provider   Provider
	// Setup holds the objects in Authentik that Provider is made of.
	Setup    Setup
	Settings Settings
	// ServiceAccounts is true when Authentik's service accounts were taken in;
	// the readings before a write then take them in as well.
	ServiceAccounts bool
	// SignIns is what RomM's audit log tells of links that are not known.
	SignIns []SignIn
	// WriteWarning says what else any write to an Authentik user loses.
	WriteWarning string
	// Warnings are facts about the reading itself that a person should know,
	// such as a token that is a superuser's.
	Warnings []string
	// CutShort are the titles of the plans that were cut short, and wait to be
	// finished or undone.
	CutShort []string
}

// FindingKind names a finding. The names are stable: JSON and tests use them.
type FindingKind string

// The findings, gravest first.
const (
	FindingSessionTakeover FindingKind = "session-takeover"
	// FindingSessionSwap is a login that ends in another account's session: both
	// are there, and their usernames differ in letter case only.
	FindingSessionSwap FindingKind = "session-swap"
	// The findings about links, of RomM 5.4 and later (docs/romm.md 3 Links).
	FindingLinkedToAnothers   FindingKind = "linked-to-anothers"
	FindingFirstLinkTakesOver FindingKind = "first-link-takes-over"
	FindingLinkedElsewhere    FindingKind = "linked-elsewhere"
	FindingRelinkByEmail      FindingKind = "relink-by-email"
	FindingLinksOfTwoIssuers  FindingKind = "links-of-two-issuers"
	FindingLinkOrphaned       FindingKind = "link-orphaned"
	FindingEmailWillFollow    FindingKind = "email-will-follow"
	FindingLinkUnknown        FindingKind = "link-unknown"

	FindingSquattedEmail     FindingKind = "squatted-email"
	FindingPinMoved          FindingKind = "pin-moved"
	FindingDuplicateIDPEmail FindingKind = "duplicate-idp-email"
	FindingIDPEmailMissing   FindingKind = "idp-email-missing"
	FindingEmailNotASCII     FindingKind = "email-not-ascii"
	FindingAdminLoss         FindingKind = "admin-loss"
	FindingIncomplete        FindingKind = "incomplete"
	FindingEmailMismatch     FindingKind = "email-mismatch"
	FindingLocalEmailMissing FindingKind = "local-email-missing"
	FindingUsernameCollision FindingKind = "username-collision"
	FindingEmailUnverified   FindingKind = "email-unverified"
	FindingNoRole            FindingKind = "no-role"
	// FindingLoginRefused is a refusal or failure that no other finding
	// names: OIDC off, a claim missing from the token, registration off.
	FindingLoginRefused FindingKind = "login-refused"
	// FindingSignInTaken is a username or an address that Authentik's login page
	// takes for somebody else's, because they differ in letter case only.
	FindingSignInTaken   FindingKind = "sign-in-name-taken"
	FindingLocalDisabled FindingKind = "local-disabled"
	FindingIDPInactive   FindingKind = "idp-inactive"
	// FindingKeepsAdmin is an enabled account with the role admin whose person
	// Authentik or the role map lets in no more: RomM writes a role only at a
	// login that succeeds, and ends no session (docs/romm.md row 12).
	FindingKeepsAdmin    FindingKind = "keeps-admin"
	FindingWouldRegister FindingKind = "would-register"
	FindingRoleChange    FindingKind = "role-change"
	FindingLocalOnly     FindingKind = "local-only"
	FindingCaseOnly      FindingKind = "case-only"
	FindingOK            FindingKind = "ok"
)

// FindingKinds lists every finding, gravest first.
func FindingKinds() []FindingKind {
	return []FindingKind{
		FindingSessionTakeover, FindingSessionSwap, FindingLinkedToAnothers, FindingFirstLinkTakesOver, FindingSquattedEmail, FindingPinMoved,
		FindingDuplicateIDPEmail, FindingIDPEmailMissing, FindingEmailNotASCII,
		FindingAdminLoss, FindingIncomplete, FindingLinkedElsewhere, FindingRelinkByEmail, FindingLinksOfTwoIssuers, FindingEmailMismatch,
		FindingLocalEmailMissing, FindingUsernameCollision, FindingEmailUnverified,
		FindingNoRole, FindingLoginRefused, FindingSignInTaken, FindingLinkOrphaned, FindingLocalDisabled, FindingIDPInactive,
		FindingKeepsAdmin,
		FindingWouldRegister, FindingRoleChange, FindingEmailWillFollow, FindingLocalOnly,
		FindingLinkUnknown, FindingCaseOnly, FindingOK,
	}
}

// Problem reports whether somebody whose gravest finding this is counts as a
// problem.
func (k FindingKind) Problem() bool {
	return k != FindingOK && k != FindingCaseOnly && k != FindingLinkUnknown
}

// Finding is one thing that is the case for a person.
type Finding struct {
	Kind FindingKind
	// Why says what is the case and why it matters, cleaned for a terminal.
	Why string
	// Told is true when Pair.NextLogin says the same already, so that a screen
	// need not say it twice.
	Told bool
	// Fix says what to do; "" when there is nothing to do.
	Fix string
	// From and To are set for role-change and admin-loss.
	From, To Role
}

// Basis says why the two sides of a pair belong together.
type Basis string

// The ways of pairing, strongest first.
const (
	BasisLink     Basis = "link" // RomM's own, by issuer and subject
	BasisPin      Basis = "pin"
	BasisEmail    Basis = "email"
	BasisUsername Basis = "username"
	BasisNone     Basis = "none"
)

// Pair is one row of the Users screen: a person, seen from both sides. At
// least one of Local and Identity is set.
type Pair struct {
	Local    *LocalUser
	Identity *Identity
	Basis    Basis
	// Findings has at least one element, gravest first.
	Findings []Finding
	// Verdict is what happens at the next login of Identity; nil when there
	// is none to judge: no identity, an inactive one, or claims that cannot
	// be known. Unknown says why, in a sentence.
	Verdict *Verdict
	Unknown string
	// Barred says why Authentik itself keeps the person out, before RomM hears
	// of it; "" if it does not, or if that is not known.
	Barred string
	// SignIn says, in a short sentence, what typing this person's name or address at
	// Authentik's login page does where it is taken for somebody else's; NoSignIn
	// is that neither leads to this person.
	SignIn   string
	NoSignIn bool
	// Cause says what led to the verdict where more is known of it than the row of
	// the decision table, such as a group in other letter case; "" where not.
	Cause string
	// NextLogin says in one or two sentences what the next login does and
	// why, cleaned for a terminal.
	NextLogin string
	// Settable is the address of Authentik's side if RomM's account can get it
	// as things are; "" where it has it already, RomM would refuse it, or
	// another account holds it.
	Settable string
	// Verified is the email_verified claim that Authentik will send: true
	// only as JSON true. Meaningless without Identity.
	Verified bool
	// Previewed is when Authentik computed the claims behind Verdict; zero
	// when they are predicted. Differs says where its answer is not the
	// predicted one; Authentik's counts.
	Previewed time.Time
	Differs   string
	// Resolution is the answer of the role map; nil when RomM's role claim
	// does not come from it.
	Resolution *Resolution
	// Flips says why the verdict, which is today's, may become another one by
	// itself; "" if it cannot.
	Flips string
	// MayStop says what may keep the person out before RomM hears of it, such as a
	// policy that only Authentik can evaluate; Verdict is for the case that it
	// does not. "" if nothing may.
	MayStop string
	// AccessEnds is when bindings that expire let the person in no longer; zero if
	// none does.
	AccessEnds time.Time
	// Unproven says why Authentik's own answer, or ours, may not be what the next
	// login brings; "" if nothing is known that speaks against it.
	Unproven string
}

// Uncertain says why the verdict is not certain; "" if it is.
func (p Pair) Uncertain() string {
	if why := p.depends(); p.MayStop == "" || why == "" {
		return cmp.Or(p.MayStop, why)
	}
	return p.MayStop + "; " + p.depends()
}

// depends says what the verdict depends on, once Authentik lets the person in.
func (p Pair) depends() string {
	var why []string
	if p.Verdict != nil && p.Verdict.doubt() != "" {
		why = append(why, p.Verdict.doubt())
	}
	if p.Flips != "" {
		why = append(why, p.Flips)
	}
	if p.Unproven != "" {
		why = append(why, p.Unproven)
	}
	return strings.Join(why, "; ")
}

// Worst returns the gravest finding.
func (p Pair) Worst() Finding { return p.Findings[0] }

// Has reports whether the pair has that finding.
func (p Pair) Has(k FindingKind) bool {
	for _, f := range p.Findings {
		if f.Kind == k {
			return true
		}
	}
	return false
}

// hasAny reports whether the pair has one of those findings.
func (p Pair) hasAny(kinds ...FindingKind) bool { return slices.ContainsFunc(kinds, p.Has) }

// Username is the name to call the person by: RomM's username, else
// Authentik's.
func (p Pair) Username() Untrusted {
	if p.Local != nil {
		return p.Local.Username
	}
	return p.Identity.Username
}

// Squats reports whether the two sides pair only because the account carries the
// address of an Authentik user whose account it does not seem to be.
func (p Pair) Squats() bool {
	if p.Basis != BasisEmail || !p.Has(FindingSquattedEmail) {
		return false
	}
	account, _ := UsernameKey(p.Local.Username)
	user, _ := UsernameKey(p.Identity.Username)
	return account != user
}

// NextLoginLabel begins the first sentence of [Pair.Explain].
const NextLoginLabel = "Next login:"

// Explain returns the sentences of the detail pane: what the next login does,
// then the findings that it does not already tell, but for those kinds.
func (p Pair) Explain(without ...FindingKind) []string {
	out := []string{NextLoginLabel + " " + p.NextLogin}
	for _, f := range p.Findings {
		if !f.Told && !slices.Contains(without, f.Kind) {
			out = append(out, f.Why)
		}
	}
	return out
}

// Fix returns what to do about the gravest finding that has a remedy, and also
// about an address that is not verified, and about a role that stays; "" when
// there is nothing to do.
func (p Pair) Fix() string {
	fix := ""
	for _, f := range p.Findings {
		switch {
		case f.Fix == "" || f.Fix == fix:
		case fix == "":
			fix = f.Fix
		case f.Kind == FindingEmailUnverified:
			return fix + "; then verify the address"
		case f.Kind == FindingKeepsAdmin:
			return fix + "; " + f.Fix
		}
	}
	return fix
}

// CanSignIn reports whether the person gets in at the next login. It is false
// for people without an identity and for unknown verdicts.
func (p Pair) CanSignIn() bool {
	return p.Verdict != nil && p.Verdict.OK() && p.Identity.Active
}

// unknownLogin reports whether it is not known what the person's next login does.
func (p Pair) unknownLogin() bool {
	return p.Identity != nil && p.Identity.Active && p.Verdict == nil && p.Barred == ""
}

// Inactive reports whether the person is inactive in Authentik, which lets
// nobody sign in then.
func (p *Pair) Inactive() bool { return p.Identity != nil && !p.Identity.Active }

// Stats are the counts of the title bar.
type Stats struct {
	People       int // rows
	CannotSignIn int // active Authentik users whose next login is refused or fails
	Admins       int // enabled RomM admins
	UsableAdmins int // people who can sign in through Authentik as admin
	// RoleOnlyAdmins are the enabled RomM admins whom no login through Authentik
	// opens as admin: with a password, or with a session from before.
	RoleOnlyAdmins int
	Problems       int // rows whose gravest finding is a problem
}

// Review is the world with every person judged.
type Review struct {
	World World
	Pairs []Pair // gravest first, then by username
	Stats Stats
	// Notes are facts about the whole, gravest first.
	Notes []Note
}

func (r *Review) Account(id int64) (LocalUser, bool) {
	i, ok := slices.BinarySearchFunc(r.World.Locals, id, func(u LocalUser, id int64) int { return cmp.Compare(u.ID, id) }) // Judge sorts
	if !ok {
		return LocalUser{}, false
	}
	return r.World.Locals[i], true
}

// SafeFix returns the address that the pair's RomM account should get, when
// setting it is safe without asking: both sides surely are one person (pinned,
// or of one username), Authentik sends a verified address that is this
// person's alone and that RomM accepts, and RomM's account has another one or
// none. Letter case is not something to fix.
func (p Pair) SafeFix() (string, bool) {
	if !p.surelyDiffers() || p.hasAny(FindingSquattedEmail, FindingFirstLinkTakesOver, FindingPinMoved) {
		return "", false
	}
	return p.Settable, p.Settable != ""
}

// SafeFixWith is SafeFix for somebody whose address another account carries,
// which their login opens: it is safe only in one plan with a change that takes
// the address from that account.
func (p Pair) SafeFixWith() (string, bool) {
	if !p.surelyDiffers() || p.Has(FindingPinMoved) && p.Basis != BasisPin {
		return "", false
	}
	address, err := CheckAddress(p.Identity.Email.Raw())
	return address, err == nil
}

// surelyDiffers reports whether the pair is surely one person, whose verified
// address is theirs alone, and whose RomM account has another one.
func (p Pair) surelyDiffers() bool {
	return p.Local != nil && p.Identity != nil && p.Identity.Active && p.Verified &&
		(p.Basis == BasisPin || p.Basis == BasisUsername) &&
		p.hasAny(FindingEmailMismatch, FindingLocalEmailMissing) &&
		!p.hasAny(FindingSessionTakeover, FindingSessionSwap, FindingLinkedElsewhere, FindingDuplicateIDPEmail, FindingEmailNotASCII, FindingIncomplete)
}

// stats counts for the title bar.
func stats(r *Review) Stats {
	s := Stats{People: len(r.Pairs)}
	opened := make(map[int64]bool) // as admin, or it is not known
	for _, p := range r.Pairs {
		switch {
		case p.UsableAdmin():
			opened[p.Verdict.UserID] = true
		case p.Local != nil && p.unknownLogin():
			opened[p.Local.ID] = true
		}
	}
	for _, u := range r.World.Locals {
		if u.Enabled && u.Role == RoleAdmin {
			s.Admins++
			if !opened[u.ID] {
				s.RoleOnlyAdmins++
			}
		}
	}
	for _, p := range r.Pairs {
		if p.Worst().Kind.Problem() {
			s.Problems++
		}
		if p.Barred != "" || p.Verdict != nil && !p.Verdict.OK() {
			s.CannotSignIn++
		}
		if p.UsableAdmin() {
			s.UsableAdmins++
		}
	}
	return s
}
