package plan

import (
	"fmt"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// Sharers are the providers, other than RomM's, that the plan changes too,
// because they select a mapping whose contents it changes: in order, each once.
func Sharers(w model.World, p Plan) []model.Untrusted {
	var out []model.Untrusted
	for _, c := range p.Changes {
		if c.alters() {
			out = append(out, w.Setup.Selectors.Names[c.Object]...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// CheckSharers refuses a plan, with CodeConflict, that changes a provider of which it
// does not say so: it has begun to select a mapping of the plan since (S35).
func CheckSharers(w model.World, p Plan) error {
	for _, name := range Sharers(w, p) {
		if !slices.Contains(p.Sharers, name) {
			return &model.Error{
				Code: model.CodeConflict, Msg: fmt.Sprintf("in the meantime other things changed, and the plan would change the provider %s too", name),
				Hint: "reload and look again at what it changes",
			}
		}
	}
	return nil
}

// maxSharers bounds the providers that a warning names; Plan.Sharers has all.
const maxSharers = 10

// shared says of a change which other providers it changes too, or that nobody
// knows; "" for none.
func shared(w model.World, c Change) string {
	s := w.Setup.Selectors
	list := s.Names[c.Object]
	switch {
	case !c.alters():
		return ""
	case s.Unknown != "":
		return fmt.Sprintf("which other providers select the mapping %s, and change with it, is not known: %s", c.Label, model.Clean(s.Unknown))
	case len(list) == 0:
		return ""
	}
	say := "the provider %s selects the mapping %s too: the logins of its application change with it"
	if len(list) > 1 {
		say = "the providers %s select the mapping %s too: the logins of their applications change with it"
	}
	return fmt.Sprintf(say, enumerated(list, maxSharers), c.Label)
}

// enumerated writes names as a list with "and", at most limit of them.
func enumerated(list []model.Untrusted, limit int) string {
	texts := make([]string, 0, limit+1)
	for _, n := range list[:min(len(list), limit)] {
		texts = append(texts, n.String())
	}
	if more := len(list) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("%d more", more))
	}
	return model.Listed(texts)
}

// guardSharedMappings refuses to remove a mapping that another provider selects:
// it would go on without its claims.
func guardSharedMappings(j judged) error {
	for _, c := range j.plan.Changes {
		list := j.before.World.Setup.Selectors.Names[c.Object]
		if !c.removesMapping() || len(list) == 0 {
			continue
		}
		verb := "the provider %s selects the mapping %s too, and would lose what it sends"
		if len(list) > 1 {
			verb = "the providers %s select the mapping %s too, and would lose what it sends"
		}
		return refuse(RuleMappingShared, "take it from there in Authentik first, if nothing needs what it sends; undo the other changes one by one",
			verb, enumerated(list, maxSharers), c.Label)
	}
	return nil
}

// checkSharers reports each of our mappings that other providers select
// too.
func checkSharers(r *model.Review) []SetupCheck {
	const id = "shared-mappings"
	s := r.World.Setup
	if why := s.Selectors.Unknown; why != "" {
		return []SetupCheck{{id, CheckUnknown, "which other providers select the mappings of romm-admin is not known: " + model.Clean(why), ""}}
	}
	var out []SetupCheck
	for _, m := range s.Mappings {
		list := s.Selectors.Names[m.Mark]
		if len(list) == 0 {
			continue
		}
		verb := "selects"
		if len(list) > 1 {
			verb = "select"
		}
		out = append(out, SetupCheck{
			id, CheckNotice, fmt.Sprintf("%s %s %s too, and what romm-admin changes in it changes there", enumerated(list, maxSharers), verb, m.Name),
			"give that provider a mapping of its own, unless it is meant to follow RomM's",
		})
	}
	return out
}
