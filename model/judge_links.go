package model

import (
	"fmt"
	"strconv"
)

// linkIndex finds whom a link names, and the accounts of one subject. It is empty
// where RomM has no links, or none is known.
type linkIndex struct {
	owner     map[OIDCLink]int    // identity, by what RomM stores of it
	bySubject map[Untrusted][]int // locals that are linked
	whole     bool                // every subject of the provider is in owner
	signedIn  map[int64]SignIn    // by account, where only the audit log tells
}

func newLinkIndex(w *World) linkIndex {
	x := linkIndex{owner: map[OIDCLink]int{}, bySubject: map[Untrusted][]int{}, signedIn: map[int64]SignIn{}}
	if !w.Settings.Version.Links() {
		return x
	}
	for _, s := range w.SignIns {
		x.signedIn[s.LocalID] = s
	}
	for i := range w.Locals {
		if k := w.Locals[i].Link; k.Linked() {
			x.bySubject[k.Subject.Text] = append(x.bySubject[k.Subject.Text], i)
		}
	}
	if len(x.bySubject) == 0 {
		return x
	}
	x.whole = w.Directory.Incomplete == ""
	for i := range w.Directory.Identities {
		k, err := w.Provider.LinkOf(w.Directory.Identities[i])
		x.whole = x.whole && err == nil
		if _, taken := x.owner[k]; err == nil && !taken {
			x.owner[k] = i
		}
	}
	return x
}

// ourIssuer reports whether the link is of the provider that RomM uses now.
func (j *judge) ourIssuer(k OIDCLink) bool {
	return k.Linked() && k.Issuer.Text.Raw() == j.provider.Issuer
}

// linkedAway reports whether the account of a pair is linked to another identity of
// the provider: whatever its address becomes, the person is refused there.
func (j *judge) linkedAway(p *Pair) bool {
	if p.Local == nil || p.Identity == nil || !j.settings.Version.Links() || !j.ourIssuer(p.Local.Link) {
		return false
	}
	own, err := j.provider.LinkOf(*p.Identity)
	return err == nil && own != p.Local.Link
}

// linkedTo says whom an account is linked to that refuses somebody else.
func (j *judge) linkedTo(id int64) string {
	if u, ok := j.acc.User(id); ok {
		if i, ok := j.links.owner[u.Link]; ok {
			return "Authentik's " + j.w.Directory.Identities[i].Username.String()
		}
	}
	return "somebody else at the provider"
}

// linkFindings says what RomM's links lead to at the next login (docs/romm.md 3
// Links).
func (j *judge) linkFindings(p *Pair) {
	if !j.settings.Version.Links() {
		return
	}
	j.accountLink(p)
	j.linkedToAnothers(p)
	v := p.Verdict
	if j.linkedAway(p) && (v == nil || v.Rule != RuleLinkedElsewhere) {
		p.add(FindingLinkedElsewhere, fmt.Sprintf("The account %s is linked to %s: this person is refused there whatever its address is.", p.Local.Username, j.linkedTo(p.Local.ID)),
			"if it is this person's account: "+unlinkCommand(*p.Local)+", then correct the address")
	}
	if v == nil {
		return
	}
	u, _ := j.acc.User(v.UserID)
	switch {
	case v.Rule == RuleLinkedElsewhere:
		p.add(FindingLinkedElsewhere, "", "if it is this person's account: "+unlinkCommand(u)+", and the next login is linked to it")
	case v.Rule == RuleLinks && u.Link.Linked() && v.LinkAfter != u.Link:
		p.add(FindingRelinkByEmail, fmt.Sprintf("The account %s is linked to another issuer, %s: the next login by this address takes it over, and the old link is gone.", u.Username, u.Link.Issuer.Text),
			"if it is not this person's account, give it another address; else nothing has to be done")
	case v.Rule == RuleByLink && v.EmailAfter != u.email():
		p.add(FindingEmailWillFollow, "", "")
	}
	j.firstLink(p, u)
	if v.LinkUnknown {
		j.linkUnknown(p)
	}
}

// openedFindings makes sure that nobody who opens somebody else's account
// is shown without a finding: RomM pairs by the address alone, the review by
// more.
func (j *judge) openedFindings(p *Pair) {
	v := p.Verdict
	if !v.Opens() || p.Local != nil && p.Local.ID == v.UserID {
		return
	}
	if p.hasAny(FindingPinMoved, FindingDuplicateIDPEmail, FindingIDPEmailMissing) {
		return // said already, and in better words
	}
	opens := fmt.Sprintf("The address %s opens the RomM account %s", p.Identity.Email, j.account(v.UserID))
	if v.Rule == RuleByLink {
		opens = fmt.Sprintf("RomM has linked this person to the account %s", j.account(v.UserID))
	}
	why := opens + ", which belongs to somebody else"
	if u, ok := j.localIndex[v.UserID]; ok && j.pairs.idOf[u] >= 0 {
		why += fmt.Sprintf(", Authentik's %s", j.w.Directory.Identities[j.pairs.idOf[u]].Username)
	}
	p.add(FindingSquattedEmail, why+".", "correct the address of one of the two first")
}

// firstLink finds a first login that is linked for good to an account which does
// not seem to be the person's: by an address that is another one's, or that the
// database only takes for the same.
func (j *judge) firstLink(p *Pair, u LocalUser) {
	v := p.Verdict
	if v.Rule != RuleLinks || v.Outcome != SignsIn || u.Link.Linked() || p.Local != nil && p.Local.ID == u.ID && !p.Squats() {
		return
	}
	p.add(FindingFirstLinkTakesOver, fmt.Sprintf("The first login links the account %s to %s for good, whoever's it is: from then on its owner is refused, and correcting the address changes nothing.", u.Username, p.Identity.Username),
		fmt.Sprintf("correct the address of the account %s before that login, or link it to its owner: romm-admin users link %s PERSON", u.Username, accountWord(u)))
}

// linkedToAnothers finds somebody whom RomM has linked to an account of another
// name, while one of their own name is there.
func (j *judge) linkedToAnothers(p *Pair) {
	if p.Basis != BasisLink {
		return
	}
	name, _ := UsernameKey(p.Identity.Username)
	i, has := j.localsByName[name]
	if linked, _ := UsernameKey(p.Local.Username); !has || linked == name {
		return
	}
	own := j.w.Locals[i]
	if !own.Link.Known || j.ourIssuer(own.Link) {
		return
	}
	p.add(FindingLinkedToAnothers, fmt.Sprintf("RomM has linked this person to the account %s, although there is an account %s that is not: addresses do not change that.", p.Local.Username, own.Username),
		fmt.Sprintf("if %s is this person's account: romm-admin users link %s %s", own.Username, accountWord(own), ShellWord(p.Identity.Username, strconv.FormatInt(p.Identity.PK, 10))))
}

// accountLink looks at the link of the account itself, whoever signs in.
func (j *judge) accountLink(p *Pair) {
	u := p.Local
	if u == nil || !u.Link.Linked() {
		return
	}
	if _, known := j.links.owner[u.Link]; !known && j.links.whole && j.ourIssuer(u.Link) {
		p.add(FindingLinkOrphaned, fmt.Sprintf("The account %s is linked to the subject %s, which is nobody's in Authentik: a login by its address is refused.", u.Username, ShortID(u.Link.Subject.Text.Raw())),
			unlinkCommand(*u)+", if its owner should sign in again")
	}
	for _, i := range j.links.bySubject[u.Link.Subject.Text] {
		other := j.w.Locals[i]
		if other.ID == u.ID || other.Link.Issuer == u.Link.Issuer {
			continue
		}
		gone := other
		if j.ourIssuer(other.Link) {
			gone = *u
		}
		p.add(FindingLinksOfTwoIssuers, fmt.Sprintf("One subject is linked to %s and to %s, by two issuers: if the provider takes the other issuer again, that account opens.", u.Username, other.Username),
			"remove the link of the issuer that is gone: "+unlinkCommand(gone))
		return
	}
}

// linkUnknown is one fact about the whole world, so only what the audit log has is
// said of the person.
func (j *judge) linkUnknown(p *Pair) {
	f := Finding{Kind: FindingLinkUnknown, Why: "Whom RomM has linked is not known, so the verdict rests on the address.", Told: true}
	if s, ok := j.links.signedIn[p.Verdict.UserID]; ok && p.Verdict.UserID != 0 {
		u, _ := j.acc.User(s.LocalID)
		f.Why, f.Told = fmt.Sprintf("RomM has linked the account %s: somebody signed in to it through Authentik on %s. Who that was, the audit log does not say.", u.Username, s.At.UTC().Format("2006-01-02")), false
	}
	p.Findings = append(p.Findings, f)
}

// linksUnknown is what to know of verdicts that rest on addresses, for the whole
// world; "" if none does.
func linksUnknown(r *Review) string {
	n := 0
	for i := range r.Pairs {
		if v := r.Pairs[i].Verdict; v != nil && v.LinkUnknown {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("RomM %s knows people by a link that its API does not tell, so the verdicts of %s rest on addresses: let romm-admin read RomM's database (ROMM_DB_DRIVER, DB_HOST, DB_NAME, DB_USER and DB_PASSWD; docs/permissions.md).",
		r.World.Settings.Version, people(n))
}

func accountWord(u LocalUser) string { return ShellWord(u.Username, strconv.FormatInt(u.ID, 10)) }

func unlinkCommand(u LocalUser) string { return "romm-admin users unlink " + accountWord(u) }
