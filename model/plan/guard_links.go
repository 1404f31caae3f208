package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// LostLinks are the people whom RomM has linked and whose link no longer fits,
// because the provider sends another issuer or another subject for them: by their
// names in Authentik.
type LostLinks struct {
	// LockedOut get a refusal until somebody changes the link in RomM's database
	// (docs/romm.md row 22).
	LockedOut []model.Untrusted
	// Relinked get in by address, into whatever account has it, and are linked to
	// that one for good (docs/romm.md row 23).
	Relinked []model.Untrusted
}

// LinksLost compares two reviews. Nobody is lost where both send the same.
func LinksLost(before, after *model.Review) LostLinks {
	var out LostLinks
	was, is := before.World.Provider, after.World.Provider
	if !is.Found || was.Found && was.Issuer == is.Issuer && was.SubMode == is.SubMode {
		return out
	}
	after = withIssuer(after)
	old := make(map[int64]model.Pair, len(before.Pairs))
	for _, p := range before.Pairs {
		if p.Identity != nil {
			old[p.Identity.PK] = p
		}
	}
	for _, p := range after.Pairs {
		if p.Identity == nil || p.Verdict == nil {
			continue
		}
		v, before := p.Verdict, old[p.Identity.PK].Verdict
		rule, known := "", before != nil && before.OK() && before.Rule == model.RuleByLink
		if before != nil {
			rule = before.Rule
		}
		switch {
		case v.Rule == model.RuleLinkedElsewhere && rule != v.Rule, known && !v.OK():
			out.LockedOut = append(out.LockedOut, p.Identity.Username)
		case known && v.Rule != model.RuleByLink, v.Rule == model.RuleLinks && rule != v.Rule && accountLinked(after, v.UserID):
			out.Relinked = append(out.Relinked, p.Identity.Username)
		}
	}
	slices.Sort(out.LockedOut)
	slices.Sort(out.Relinked)
	return out
}

func accountLinked(r *model.Review, account int64) bool {
	u, ok := r.Account(account)
	return ok && u.Link.Linked()
}

// withIssuer is the review with the issuer that a provider which is made anew
// will have: its discovery document cannot be read yet, and most links that RomM
// has kept say under which address Authentik is known.
func withIssuer(r *model.Review) *model.Review {
	w := r.World
	if w.Provider.Issuer != "" || w.Setup.Provider == nil {
		return r
	}
	bases, best := map[string]int{}, ""
	for _, u := range w.Locals {
		if !u.Link.Linked() {
			continue
		}
		base, _, _ := strings.Cut(u.Link.Issuer.Text.Raw(), issuerPath)
		base = strings.TrimSuffix(base, "/")
		if bases[base]++; bases[base] > bases[best] || bases[base] == bases[best] && base < best {
			best = base
		}
	}
	if best == "" {
		return r
	}
	w.Provider.Issuer = issuer(model.Provider{Issuer: best + "/"}, w.Setup)
	return model.Judge(w)
}

// Sentence says what becomes of them, which is also what a person types to accept
// it; "" where nobody is lost.
func (l LostLinks) Sentence() string {
	var parts []string
	say := func(names []model.Untrusted, one, many string) {
		if len(names) == 0 {
			return
		}
		texts := make([]string, 0, maxLostNames+1)
		for _, n := range names[:min(len(names), maxLostNames)] {
			texts = append(texts, n.String())
		}
		if more := len(names) - maxLostNames; more > 0 {
			texts = append(texts, fmt.Sprintf("%d more", more))
		}
		verb := many
		if len(names) == 1 {
			verb = one
		}
		parts = append(parts, model.Listed(texts)+" "+verb)
	}
	say(l.LockedOut, "is locked out", "are locked out")
	say(l.Relinked, "is linked anew by address", "are linked anew by address")
	return strings.Join(parts, ", ")
}

// maxLostNames bounds the sentence.
const maxLostNames = 10

// guardLinks refuses to change what the provider sends as issuer or subject while
// RomM knows people by it, except with a person's words (S14). A subject that
// changes locks everybody out, and another issuer has addresses decide again.
func guardLinks(j judged) error {
	if !j.plan.setsUp() || j.plan.accepts(RuleLinksLost) {
		return nil
	}
	lost := LinksLost(j.before, j.after).Sentence()
	if lost == "" {
		return nil
	}
	command := "with the command and --lose-links"
	if c := j.plan.Command; strings.HasPrefix(c, "romm-admin setup ") {
		command = c + " --lose-links"
	}
	return refuse(RuleLinksLost, "keep subject mode, issuer mode and slug of RomM's provider as they were; or, if that is meant: "+command,
		"RomM knows people by the issuer and subject that its provider sends, and would get others: %s", lost)
}

// LosesLinks is the plan with the consent of a person to what LinksLost says; a
// plan that sets nothing up accepts nothing.
func (p Plan) LosesLinks() Plan {
	if p.setsUp() {
		p.Accepts = append(slices.Clone(p.Accepts), RuleLinksLost)
	}
	return p
}
