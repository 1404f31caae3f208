package model

import (
	"cmp"
	"fmt"
	"slices"
)

// Judge pairs both sides, decides everybody's next login and says what is the
// case for each person. It is deterministic: equal worlds give equal reviews.
func Judge(w World) *Review {
	w.Locals = slices.Clone(w.Locals)
	slices.SortFunc(w.Locals, func(a, b LocalUser) int { return cmp.Compare(a.ID, b.ID) })
	j := newJudge(&w)
	r := &Review{World: w, Pairs: make([]Pair, 0, len(w.Directory.Identities)+j.pairs.alone)}
	for i := range w.Directory.Identities {
		r.Pairs = append(r.Pairs, j.identity(i))
	}
	for i := range w.Locals {
		if j.pairs.idOf[i] < 0 {
			r.Pairs = append(r.Pairs, j.localOnly(i))
		}
	}
	sortPairs(r.Pairs, j.rank)
	r.Stats = stats(r)
	r.Notes = notes(r, j)
	return r
}

// judge holds the indexes of one review.
type judge struct {
	w     *World
	pairs *pairing
	acc   *Accounts
	predictor
	idsByEmail    map[string][]int // address key -> identities
	idsByName     map[string][]int // username key -> identities
	localsByName  map[string]int   // username key -> local
	localsByEmail map[string]int   // address key -> local
	localIndex    map[int64]int    // account id -> local
	signIns       signIns
	links         linkIndex
	opener        map[int64]int       // account id -> the first identity whose login opens it
	rank          map[FindingKind]int // 0 is the gravest
}

func newJudge(w *World) *judge {
	j := &judge{
		w: w, pairs: pair(w), acc: NewAccounts(w.Locals),
		predictor:    newPredictor(w),
		signIns:      newSignIns(w.Directory.Identities),
		links:        newLinkIndex(w),
		idsByEmail:   make(map[string][]int, len(w.Directory.Identities)),
		idsByName:    make(map[string][]int, len(w.Directory.Identities)),
		localsByName: make(map[string]int, len(w.Locals)), localsByEmail: make(map[string]int, len(w.Locals)),
		localIndex: make(map[int64]int, len(w.Locals)), opener: map[int64]int{}, rank: map[FindingKind]int{},
	}
	for i, k := range FindingKinds() {
		j.rank[k] = i
	}
	for i, id := range w.Directory.Identities {
		if k, ok := AddressKey(id.Email); ok {
			j.idsByEmail[k] = append(j.idsByEmail[k], i)
		}
		k, _ := UsernameKey(id.Username)
		j.idsByName[k] = append(j.idsByName[k], i)
	}
	for i, u := range w.Locals {
		j.localIndex[u.ID] = i
		if k, ok := UsernameKey(u.Username); ok {
			j.localsByName[k] = i
		}
		if k, ok := AddressKey(u.Email); ok {
			j.localsByEmail[k] = i
		}
	}
	return j
}

func newPredictor(w *World) predictor {
	p := predictor{
		provider: w.Provider, settings: w.Settings, roles: w.Roles,
		members: NewMemberships(w.Directory.Groups), setup: w.Setup, at: w.At, unreadable: w.Unreadable(), notSetUp: w.notSetUp(),
	}
	p.blocked, p.blockedFix = w.BlockedBy()
	return p
}

// identity judges one Authentik user with the account that it pairs with.
func (j *judge) identity(i int) Pair {
	id := &j.w.Directory.Identities[i]
	p := Pair{Identity: id, Basis: BasisNone}
	if u := j.pairs.localOf[i]; u >= 0 {
		p.Local, p.Basis = &j.w.Locals[u], j.pairs.basis[i]
	}
	pred := j.predict(*id)
	p.Verified, p.Resolution = pred.Verified, pred.Resolution
	p.Previewed, p.Differs = pred.Previewed, pred.Differs
	if id.Active {
		p.Barred, p.MayStop, p.AccessEnds = pred.Barred, pred.MayStop, pred.AccessEnds
	}
	toldGroups := false // the verdict says that not all groups are seen
	switch {
	case !id.Active:
		p.Unknown = "Authentik lets nobody sign in as an inactive user"
	case pred.Unknown != "":
		p.Unknown = pred.Unknown
	default:
		v := Decide(pred.Claims, j.acc, j.w.Settings)
		if j.unreadable != "" && v.Rule != "1" {
			v, _ = refuse("2", 500, detailServerError, SetupApplies)
		}
		if scopes := j.w.Provider.Flips; len(scopes) > 0 {
			p.Flips = fmt.Sprintf("several mappings of the scope %s are selected, and Authentik does not define which of them counts, so the next login may flip", Clean(Listed(scopes)))
		}
		if v.OK() {
			p.Unproven = j.unproven(*id, pred)
		}
		if pred.Incomplete && v.doubt() == "" {
			v.dependsOn("a group of this person is not visible to the token, so the role may be another one")
			toldGroups = p.Barred == ""
		}
		p.Verdict = &v
		var fix string
		if p.Cause, fix = j.cause(&p, pred.Claims); fix != "" {
			v.Remedy = fix
		}
		if _, known := j.opener[v.UserID]; v.Opens() && !known {
			j.opener[v.UserID] = i
		}
	}
	j.addressFindings(&p, i, pred.Unknown == "")
	j.verdictFindings(&p, i)
	j.linkFindings(&p)
	j.signInFinding(&p, i)
	switch {
	case pred.Incomplete:
		p.Findings = append(p.Findings, Finding{
			Kind: FindingIncomplete,
			Why:  "Not all groups of this person are visible to the token, so the role of the next login is not certain.",
			Fix:  "let the token's role view all groups (authentik_core.view_group)", Told: toldGroups,
		})
	case j.w.notSetUp() && id.Active:
		p.add(FindingIncomplete, "", "set Authentik up for RomM first: romm-admin setup apply")
	case p.Barred != "":
		p.add(FindingLoginRefused, "", pred.BarredFix)
	case pred.Unknown != "" && id.Active:
		p.add(FindingIncomplete, "", "see the notes: RomM's provider must be visible to the token")
	}
	j.keepsAdmin(&p)
	p.NextLogin = j.nextLogin(p)
	j.finish(&p)
	return p
}

// explain gives a sentence to every finding that has none of its own: those
// that the next login tells.
func (j *judge) explain(p *Pair) {
	for i := range p.Findings {
		f := &p.Findings[i]
		switch {
		case f.Why != "":
		case p.Identity == nil:
			f.Why, f.Told = "No Authentik user belongs to this account.", true
		case f.Kind == FindingOK:
			f.Why, f.Told = "Both sides agree, and the next login gets in.", true
		case f.Kind == FindingIDPInactive:
			f.Why, f.Told = "The user is inactive in Authentik, which lets nobody sign in then.", true
		case p.Verdict != nil:
			f.Why, f.Told = j.verdictReason(*p, *p.Verdict), true
		case p.Barred != "":
			f.Why, f.Told = j.keptOut()+": "+p.Barred+".", true
		default:
			f.Why, f.Told = "The next login cannot be known: "+p.Unknown+".", true
		}
	}
}

// localOnly judges an account that pairs with nobody.
func (j *judge) localOnly(i int) Pair {
	u := &j.w.Locals[i]
	p := Pair{Local: u, Basis: BasisNone}
	p.Unknown = "no Authentik user belongs to this account"
	p.NextLogin = j.nobodysLogin(u)
	if l, ok := j.pairs.brokenPin[i]; ok {
		p.add(FindingPinMoved, fmt.Sprintf("This account is pinned to the Authentik user with uid %s, who is gone.", ShortID(l.UID)),
			"find out who this person is now")
	}
	j.accountLink(&p)
	if k, ok := AddressKey(u.Email); ok && len(j.idsByEmail[k]) > 0 && j.pairs.basis[j.idsByEmail[k][0]] != BasisLink {
		other := j.w.Directory.Identities[j.idsByEmail[k][0]]
		p.NextLogin = fmt.Sprintf("%s's, who has this address in Authentik.", other.Username)
		p.add(FindingSquattedEmail, fmt.Sprintf("It carries %s, the address of Authentik's %s, who belongs to another account: a login of %[2]s is linked here.",
			u.Email, other.Username), "clear or correct the address of this account")
	}
	if u.Email != "" && !u.Email.ASCII() {
		p.add(FindingEmailNotASCII, notASCII("RomM", u.Email), "use an ASCII address")
	}
	if !u.Enabled {
		p.add(FindingLocalDisabled, "The account is disabled in RomM.", "")
	}
	p.add(FindingLocalOnly, "", "")
	j.finish(&p)
	return p
}

// addressFindings compares the two addresses and looks for others that carry
// them.
func (j *judge) addressFindings(p *Pair, i int, known bool) {
	id := p.Identity
	if !id.Active {
		p.add(FindingIDPInactive, "", "activate the user in Authentik, if this person should get in")
	}
	switch {
	case id.Email == "":
		p.add(FindingIDPEmailMissing, "Everybody who has no address in Authentik shares one RomM account.",
			"give the Authentik user an e-mail address")
	case !id.Email.ASCII():
		p.add(FindingEmailNotASCII, notASCII("Authentik", id.Email), "use an ASCII address in Authentik")
	case known && !p.Verified && id.Active && (p.Verdict == nil || p.Verdict.Rule != "4"):
		p.add(FindingEmailUnverified, "", "verify the address in Authentik, if it is this person's")
	}
	if k, ok := AddressKey(id.Email); ok && len(j.idsByEmail[k]) > 1 {
		p.add(FindingDuplicateIDPEmail, fmt.Sprintf("%s is also the address of %s in Authentik: RomM takes them for one person.",
			id.Email, j.others(j.idsByEmail[k], i)), "give each Authentik user an address of their own")
	}
	u := p.Local
	if u == nil {
		return
	}
	if u.Email != "" && !u.Email.ASCII() {
		p.add(FindingEmailNotASCII, notASCII("RomM", u.Email), "use an ASCII address in RomM")
	}
	switch {
	case id.Email == "":
	case p.Basis == BasisLink && !SameAddress(u.Email, id.Email): // RomM goes by the link, and takes the address itself
	case u.Email == "":
		p.add(FindingLocalEmailMissing, "The RomM account has no address, so no login can be linked to it.", j.fixLocal(p))
	case !SameAddress(u.Email, id.Email):
		if u.Email != id.Email {
			p.add(FindingEmailMismatch, fmt.Sprintf("RomM has %s, Authentik sends %s.", u.Email, id.Email), j.fixLocal(p))
		}
	case u.Email != id.Email:
		p.add(FindingCaseOnly, "The addresses differ in letter case only, which RomM ignores.", "")
	}
	j.squatted(p)
}

// fixLocal proposes to set the RomM address where RomM would accept it.
func (j *judge) fixLocal(p *Pair) string {
	if j.linkedAway(p) {
		return unlinkCommand(*p.Local) + " first"
	}
	address, err := CheckAddress(p.Identity.Email.Raw())
	if err != nil {
		return "give the Authentik user an address that RomM accepts"
	}
	k, _ := AddressKey(p.Identity.Email)
	if u, held := j.localsByEmail[k]; held {
		return fmt.Sprintf("the RomM account %s has %s: give that one another address first", j.w.Locals[u].Username, p.Identity.Email)
	}
	if len(j.idsByEmail[k]) > 1 {
		return "give each Authentik user an address of their own first"
	}
	p.Settable = address
	return fmt.Sprintf("set the RomM e-mail to %s", address)
}

// squatted finds accounts that carry somebody else's address (S4): paired by
// address although the usernames say that it is another person's account.
func (j *judge) squatted(p *Pair) {
	if p.Basis != BasisEmail {
		return
	}
	name, _ := UsernameKey(p.Local.Username)
	idName, _ := UsernameKey(p.Identity.Username)
	if name == idName {
		return
	}
	owner := len(j.idsByName[name]) > 0
	_, own := j.localsByName[idName]
	if !owner && !own {
		return
	}
	why := fmt.Sprintf("The RomM account %s carries %s, the address of Authentik's %s",
		p.Local.Username, p.Local.Email, p.Identity.Username)
	if own {
		why += fmt.Sprintf(", although there is an account %s.", p.Identity.Username)
	} else {
		why += ", whose own Authentik user has another address."
	}
	p.add(FindingSquattedEmail, why, "correct the address of the RomM account first")
}

// verdictFindings names what the next login leads to.
func (j *judge) verdictFindings(p *Pair, i int) {
	j.pinFindings(p, i)
	if p.Local != nil && !p.Local.Enabled {
		p.add(FindingLocalDisabled, "The account is disabled in RomM.", "enable it in RomM, if this person should get in")
	}
	v := p.Verdict
	if v == nil {
		return
	}
	j.openedFindings(p)
	switch {
	case v.Outcome == SignsIn && v.SessionID != 0:
		p.add(FindingSessionSwap, "", v.Remedy)
	case v.OK() && v.SessionID != 0:
		p.add(FindingSessionTakeover, "", v.Remedy)
	case v.Outcome == Registers:
		p.add(FindingWouldRegister, "", "")
	case v.Rule == "15b":
		p.add(FindingUsernameCollision, "", v.Remedy)
	case v.Rule == "12":
		p.add(FindingNoRole, "", v.Remedy)
	case v.Rule == RuleLinkedElsewhere: // linkFindings
	case !v.OK() && v.Rule != RuleDisabled && !p.Has(FindingEmailUnverified):
		p.add(FindingLoginRefused, "", v.Remedy)
	}
	if v.Opens() && v.RoleBefore != v.RoleAfter {
		change := Finding{Kind: FindingRoleChange, From: v.RoleBefore, To: v.RoleAfter}
		if v.RoleBefore == RoleAdmin {
			loss := change
			loss.Kind = FindingAdminLoss
			loss.Fix = "give one of their groups the role admin, if this person should stay admin"
			if p.Cause != "" {
				loss.Fix = v.Remedy
			}
			p.Findings = append(p.Findings, loss)
		}
		p.Findings = append(p.Findings, change)
	}
}

// pinFindings compares a remembered link with what RomM will do (S14).
func (j *judge) pinFindings(p *Pair, i int) {
	l, pinned := j.pairs.pinned[i]
	if !pinned {
		return
	}
	const fix = "find out who changed the address, then correct it, or pin the person again"
	switch {
	case p.Basis == BasisLink && p.Local.ID == l.LocalID:
	case p.Basis == BasisLink:
		p.add(FindingPinMoved, fmt.Sprintf("The pin says RomM account %d, but RomM has linked this person to %s.", l.LocalID, p.Local.Username),
			"find out whose account it is; then unlink it, or pin the person again")
	case p.Basis != BasisPin:
		p.add(FindingPinMoved, fmt.Sprintf("This person is pinned to RomM account %d, which is gone or pinned to somebody else.", l.LocalID), fix)
	case p.Verdict != nil && (p.Verdict.OK() || p.Verdict.Opens()) && p.Verdict.UserID != p.Local.ID:
		p.add(FindingPinMoved, fmt.Sprintf("The pin says %s, but the next login opens %s.", p.Local.Username, j.account(p.Verdict.UserID)), fix)
	}
}

func (j *judge) account(id int64) string {
	if u, ok := j.acc.User(id); ok {
		return u.Username.String()
	}
	return "a new account"
}

func (j *judge) others(ids []int, but int) string {
	s := ""
	for _, i := range ids {
		if i == but {
			continue
		}
		if s != "" {
			s += " and "
		}
		s += j.w.Directory.Identities[i].Username.String()
	}
	return s
}

func notASCII(side string, a Untrusted) string {
	return fmt.Sprintf("%s's %+q is not plain ASCII: look-alike addresses may open one another's accounts.", side, a.Raw())
}

// shortID shows the tail of a long identifier.
func ShortID(s string) string {
	if len(s) > 8 {
		return ".." + Clean(s[len(s)-8:])
	}
	return Clean(s)
}

func (p *Pair) add(k FindingKind, why, fix string) {
	p.Findings = append(p.Findings, Finding{Kind: k, Why: why, Fix: fix})
}

// finish orders the findings, drops doubles of one kind and explains the rest.
func (j *judge) finish(p *Pair) {
	slices.SortStableFunc(p.Findings, func(a, b Finding) int { return j.rank[a.Kind] - j.rank[b.Kind] })
	p.Findings = slices.CompactFunc(p.Findings, func(a, b Finding) bool { return a.Kind == b.Kind })
	if len(p.Findings) == 0 {
		p.add(FindingOK, "", "")
	}
	j.explain(p)
}
