package model

import (
	"fmt"
	"strings"
	"time"
)

// StepName names a link of a chain. The names are stable: JSON and tests use
// them.
type StepName string

// The steps from the claims to RomM's answer, in the order in which a login
// takes them.
const (
	StepAccess  StepName = "access" // only where something is bound to the application
	StepClaims  StepName = "claims"
	StepAccount StepName = "account"
	StepGroups  StepName = "groups"
	StepRows    StepName = "rows"
	StepRole    StepName = "role"
	StepAnswer  StepName = "answer"
)

// Step is one link of the chain from somebody's address to RomM's answer: one
// fact or several, in words that are cleaned for a terminal.
type Step struct {
	Name  StepName
	Facts []string // at least one
}

// Chains builds the chains of many people from one review. It is cheap to copy
// and does not change. Create it with [Review.Chains].
type Chains struct {
	predictor predictor
	review    *Review
}

// Chains prepares the chains of everybody in the review.
func (r *Review) Chains() Chains { return Chains{newPredictor(&r.World), r} }

// Members are the groups of the review.
func (c Chains) Members() Memberships { return c.predictor.members }

// Claims returns what Authentik will put into that user's next ID token, as
// far as RomM reads it: predicted, or computed by Authentik where it was asked.
func (c Chains) Claims(id Identity) Prediction { return c.predictor.predict(id) }

// Predictable reports whether that user's claims can be predicted, so that a
// preview has something to be compared with.
func (c Chains) Predictable(id Identity) bool {
	return c.predictor.provider.Found && c.predictor.expect(id).Unknown == ""
}

// Of returns the chain of a person of the review; nil without an Authentik
// user, who alone can sign in.
func (c Chains) Of(p Pair) []Step {
	if p.Identity == nil {
		return nil
	}
	pred := c.predictor.predict(*p.Identity)
	var out []Step
	if len(c.predictor.setup.Bindings) > 0 {
		out = append(out, Step{StepAccess, []string{c.access(*p.Identity)}})
	}
	return append(out, []Step{
		{StepClaims, c.claims(pred)},
		{StepAccount, []string{c.account(p, pred.Claims)}},
		{StepGroups, []string{c.groups(p)}},
		{StepRows, c.rows(p)},
		{StepRole, []string{c.role(p)}},
		{StepAnswer, answerFacts(p)},
	}...)
}

// access is whether Authentik lets the person open RomM's application.
func (c Chains) access(id Identity) string {
	switch door := c.predictor.admission(id); {
	case door.denied != "":
		return "denied: " + door.denied
	case door.doubt != "":
		return door.doubt
	case door.checked:
		return "the application is open to this person, as Authentik says itself"
	}
	return "the bindings of the application let this person in"
}

// claims are those that RomM reads, one a fact.
func (c Chains) claims(pred Prediction) []string {
	if pred.Claims == nil {
		return []string{"not known: " + pred.Unknown}
	}
	names := []string{"email", "email_verified", c.predictor.settings.usernameAttribute()}
	if r := c.predictor.settings.ClaimRoles; r != "" {
		names = append(names, r)
	}
	var out []string
	seen := map[string]bool{}
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			value, sent := pred.Claims[name]
			text := "absent"
			if sent {
				text = jsonText(value)
			}
			out = append(out, Clean(name)+" "+text)
		}
	}
	return out
}

// jsonText is a claim's value as it is in the token; null is not absent.
func jsonText(v any) string {
	if v == nil {
		return "null"
	}
	return claimText(v)
}

// account is the one that the address in the claims leads to.
func (c Chains) account(p Pair, claims Claims) string {
	v := p.Verdict
	if v == nil {
		return "not known"
	}
	email, _ := claims["email"].(string)
	none := "no RomM account has " + OrNone(email)
	user := "account " + fmt.Sprint(v.UserID)
	if u, ok := c.review.Account(v.UserID); ok {
		user = accountText(u)
	}
	if u, ok := c.review.Account(v.OtherID); ok {
		user += "; or " + accountText(u) + ", which has this address too"
	}
	switch v.Rule {
	case "14":
		return none
	case "15":
		return none + "; RomM makes one"
	case "15b":
		return none + "; the username is that of " + user
	case RuleByLink:
		return user + "; RomM has linked it to this person"
	case RuleLinkedElsewhere:
		return user + "; RomM has linked it to somebody else at the provider"
	case RuleLinks:
		return user + "; RomM links it to this person now"
	case RuleDisabled, RuleSignsIn:
		return user
	case "19", "20":
		if v.UserID == 0 {
			return none
		}
		return user
	case "8":
		if v.Status >= 500 {
			return none
		}
	}
	return "not looked up: RomM refuses before that"
}

func accountText(u LocalUser) string {
	state := "enabled"
	if !u.Enabled {
		state = "disabled"
	}
	email := "no address"
	if u.HasEmail() {
		email = u.Email.String()
	}
	return fmt.Sprintf("%s (id %d), %s, %s, %s", u.Username, u.ID, email, u.Role, state)
}

// groups names all groups of a person; inherited ones say through which.
func (c Chains) groups(p Pair) string {
	m := c.predictor.members
	all, whole := m.Of(p.Identity.Groups)
	if len(all) == 0 {
		return "none"
	}
	var out []string
	for _, id := range all {
		name := m.Name(id).String()
		if path := m.Path(p.Identity.Groups, id); len(path) > 1 {
			name += fmt.Sprintf(" (through %s)", m.Name(path[len(path)-2]))
		}
		out = append(out, name)
	}
	if !whole {
		out = append(out, "and some that this token cannot see")
	}
	return strings.Join(out, ", ")
}

// rows are those of the role map that are about one of the groups.
func (c Chains) rows(p Pair) []string {
	res := p.Resolution
	if res == nil && c.predictor.ownRoles() && c.predictor.provider.Deciding() != nil {
		return []string{"Authentik answers from its own role table now"}
	}
	if res == nil {
		return []string{"the role claim does not come from the role map"}
	}
	var out []string
	if w := res.Winner; w != nil {
		text := fmt.Sprintf("%s gives %s", w.Name, w.Role)
		if res.Source() == nil {
			text += ", outranked by the default role"
		}
		out = append(out, text)
	}
	for _, l := range res.Losers {
		out = append(out, fmt.Sprintf("%s gives %s, outranked", l.Name, l.Role))
	}
	if out == nil {
		out = []string{"none is about a group of this person"}
	}
	return out
}

// role is what the role map gives, and what RomM makes of the account's.
func (c Chains) role(p Pair) string {
	var text string
	switch res := p.Resolution; {
	case res == nil:
		text = "what the role claim says"
	case res.Source() != nil:
		text = fmt.Sprintf("%s, decided by group %s", res.Role, res.Source().Name)
	case res.Role != RoleNone:
		text = fmt.Sprintf("%s, the default role", res.Role)
	default:
		text = "none: no group of this person has a role"
	}
	v := p.Verdict
	switch {
	case v == nil || v.Rule != "17" && v.Rule != "18":
		return text
	case v.RoleBefore == v.RoleAfter:
		return fmt.Sprintf("%s; the account stays %s", text, v.RoleAfter)
	}
	return fmt.Sprintf("%s; the account turns from %s into %s", text, v.RoleBefore, v.RoleAfter)
}

// answerFacts is RomM's reply: status, exact text, and the row of the decision
// table (docs/romm.md 3) that ended the login.
func answerFacts(p Pair) []string {
	v := p.Verdict
	if v == nil {
		return []string{"not known: " + p.Unknown}
	}
	text := fmt.Sprintf("%d %s (rule %s)", v.Status, strings.ReplaceAll(string(v.Outcome), "-", " "), v.Rule)
	if v.Detail != "" {
		text = fmt.Sprintf("%d “%s” (rule %s)", v.Status, Clean(v.Detail), v.Rule)
	}
	out := []string{text}
	for _, f := range p.Findings {
		if f.Kind == FindingSignInTaken {
			out = append(out, f.Why)
		}
	}
	if u := p.Uncertain(); u != "" {
		out = append(out, "uncertain: "+Clean(u))
	}
	return out
}

// Source says where the claims behind a verdict come from and, of a preview,
// how old it is.
func (p Pair) Source(now time.Time) string {
	if p.Previewed.IsZero() {
		return "predicted from the provider's mappings"
	}
	text := "computed by Authentik, asked " + Ago(now.Sub(p.Previewed))
	if p.MayStop != "" {
		text += "; whether it lets this person in at all, it tells only the token of a superuser"
	}
	return text
}

// Ago says how long ago something was, in its largest unit.
func Ago(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours ago", int(d.Hours()))
	case d >= time.Minute:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	}
	return "just now"
}
