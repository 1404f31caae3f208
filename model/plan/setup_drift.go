package plan

import (
	"cmp"
	"fmt"
	"maps"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// driftedSince is why a change of set-up, or of a whole account, can neither be
// taken back nor finished: its object should be left, and is now. It says in what
// the two differ, since nothing else tells what somebody did in Authentik.
func (c Change) driftedSince(left, now model.Untrusted) error {
	out, place := &model.Error{
		Code: model.CodeConflict,
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
func (c Change) drift(left, now model.Untrusted) (gone, come []string) {
	c.Before, c.After = left, now
	switch c.Kind {
	case ChangeScopeMapping:
		x, labels, err := parseMapping(c.Object, left)
		y, newer, yerr := parseMapping(c.Object, now)
		if err == nil && yerr == nil {
			maps.Copy(labels, newer)
			name := func(g model.GroupID) model.Untrusted { return labels[g] }
			c.Before, c.After = encodeMapping(x, name), encodeMapping(y, name)
		}
	case ChangeProvider:
		if x, y, err := c.Providers(); err == nil {
			return linesApart(providerLines(named(x.Comparable(*y), *x, *y)), providerLines(named(y.Comparable(*x), *x, *y)))
		}
	case ChangeApplication:
		if x, y, err := c.Applications(); err == nil {
			x.Mode, y.Mode = cmp.Or(x.Mode, model.DefaultPolicyMode), cmp.Or(y.Mode, model.DefaultPolicyMode)
			return linesApart(applicationLines(*x), applicationLines(*y))
		}
	}
	return c.Lines()
}

// named gives the references of p the names that they have in one of the others:
// what was read carries no name of a flow or a key, and what was planned does.
func named(p model.OAuthProvider, from ...model.OAuthProvider) model.OAuthProvider {
	names := map[string]model.Untrusted{}
	for _, o := range from {
		for _, r := range append([]model.Ref{o.AuthorizationFlow, o.InvalidationFlow, o.SigningKey, o.EncryptionKey}, o.Mappings...) {
			if r.Name != "" {
				names[r.ID] = r.Name
			}
		}
	}
	for _, r := range []*model.Ref{&p.AuthorizationFlow, &p.InvalidationFlow, &p.SigningKey, &p.EncryptionKey} {
		r.Name = names[r.ID]
	}
	for i := range p.Mappings {
		p.Mappings[i].Name = names[p.Mappings[i].ID]
	}
	return p
}
