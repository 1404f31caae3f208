package model

import (
	"cmp"
	"fmt"
	"maps"
	"strings"
)

// driftedSince is why a change of set-up, or of a whole account, can neither be
// taken back nor finished: its object should be left, and is now. It says in what
// the two differ, since nothing else tells what somebody did in Authentik.
func (c Change) driftedSince(left, now Untrusted) error {
	out, place := &Error{
		Code: CodeConflict,
		Hint: "take that change back first, see `romm-admin history`; if it was made in Authentik itself, put it back there",
	}, "Authentik"
	if c.Kind == ChangeLocalAccount {
		out.Hint, place = "take that change back first, see `romm-admin history`", "the embedded directory"
	}
	what := map[ChangeKind]string{
		ChangeScopeMapping: "the mapping", ChangeProvider: "the provider", ChangeApplication: "the application", ChangeBinding: "the binding of",
		ChangeLocalAccount: "the account",
	}[c.Kind] + " " + c.Label.String()
	switch {
	case now == "":
		out.Msg = what + " is gone from " + place + " since"
		out.Hint = "take the other changes back one by one: `romm-admin history`"
	case left == "":
		out.Msg = "somebody made " + what + " in " + place + " since"
	default:
		gone, come := c.drift(left, now)
		var parts []string
		if len(come) > 0 {
			parts = append(parts, "it has now: "+strings.Join(come, ", "))
		}
		if len(gone) > 0 {
			parts = append(parts, "it had: "+strings.Join(gone, ", "))
		}
		out.Msg = fmt.Sprintf("%s was changed again since: %s", what, strings.Join(parts, "; "))
	}
	return out
}

// drift says in lines what left has that now has not, and the other way round.
// Names that only one of the two knows are labels, and no difference.
func (c Change) drift(left, now Untrusted) (gone, come []string) {
	c.Before, c.After = left, now
	switch c.Kind {
	case ChangeScopeMapping:
		x, labels, err := parseMapping(c.Object, left)
		y, newer, yerr := parseMapping(c.Object, now)
		if err == nil && yerr == nil {
			maps.Copy(labels, newer)
			name := func(g GroupID) Untrusted { return labels[g] }
			c.Before, c.After = x.encode(name), y.encode(name)
		}
	case ChangeProvider:
		if x, y, err := c.Providers(); err == nil {
			return apart(x.bare(*y).named(*x, *y).lines(), y.bare(*x).named(*x, *y).lines())
		}
	case ChangeApplication:
		if x, y, err := c.Applications(); err == nil {
			x.Mode, y.Mode = cmp.Or(x.Mode, defaultPolicyMode), cmp.Or(y.Mode, defaultPolicyMode)
			return apart(x.lines(), y.lines())
		}
	}
	return c.Lines()
}

// named gives the references of p the names that they have in one of the others:
// what was read carries no name of a flow or a key, and what was planned does.
func (p OAuthProvider) named(from ...OAuthProvider) OAuthProvider {
	names := map[string]Untrusted{}
	for _, o := range from {
		for _, r := range append([]Ref{o.AuthorizationFlow, o.InvalidationFlow, o.SigningKey, o.EncryptionKey}, o.Mappings...) {
			if r.Name != "" {
				names[r.ID] = r.Name
			}
		}
	}
	for _, r := range []*Ref{&p.AuthorizationFlow, &p.InvalidationFlow, &p.SigningKey, &p.EncryptionKey} {
		r.Name = names[r.ID]
	}
	for i := range p.Mappings {
		p.Mappings[i].Name = names[p.Mappings[i].ID]
	}
	return p
}
