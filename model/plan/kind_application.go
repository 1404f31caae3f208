package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// ChangeApplication makes, alters or removes the application that ties RomM's
// address in Authentik to its provider. Object is the slug.
const ChangeApplication ChangeKind = "application"

type application struct{ object[model.Application] }

var applications = object[model.Application]{parse: parseApplication, equal: model.Application.Same, show: applicationLines}

// Applications is [Change.Providers] for ChangeApplication.
func (c Change) Applications() (before, after *model.Application, err error) {
	return applications.beforeAfter(c)
}

type applicationJSON struct {
	Name     model.Untrusted `json:"name"`
	Provider model.Untrusted `json:"provider"` // client id
	Mode     string          `json:"policy_engine_mode,omitempty"`
}

func encodeApplication(a model.Application) model.Untrusted {
	return canonicalJSON(applicationJSON{a.Name, model.Untrusted(a.Provider), a.Mode})
}

func parseApplication(slug string, text model.Untrusted) (model.Application, error) {
	var in applicationJSON
	err := strictJSON(text, &in)
	return model.Application{Name: in.Name, Slug: slug, Provider: in.Provider.Raw(), Mode: in.Mode}, err
}

func applicationLines(a model.Application) []string {
	out := []string{fmt.Sprintf("name %s", a.Name), "slug " + model.Clean(a.Slug), "provider with the client id " + model.OrNone(a.Provider)}
	if a.Mode != "" {
		out = append(out, "policy engine mode "+model.Clean(a.Mode))
	}
	return out
}

func (k application) drift(c Change, left, now model.Untrusted) (gone, come []string) {
	c.Before, c.After = left, now
	x, y, err := k.beforeAfter(c)
	if err != nil {
		return k.object.drift(c, left, now)
	}
	x.Mode, y.Mode = cmp.Or(x.Mode, model.DefaultPolicyMode), cmp.Or(y.Mode, model.DefaultPolicyMode)
	return diffLines(applicationLines(*x), applicationLines(*y))
}

func (application) now(e *editor, c Change) (model.Untrusted, bool) {
	s := e.w.Setup
	if s.Application != nil && s.Application.Slug == c.Object {
		return encodeApplication(*s.Application), true
	}
	return "", s.Known && c.Object == s.Slug
}

func (k application) set(e *editor, c Change) error {
	_, after, err := k.beforeAfter(c)
	if err == nil {
		s := e.w.Setup
		s.Application = after
		e.w = withSetup(e.w, s)
	}
	return err
}

func (application) keepsAdmin(a *admins, c Change) bool {
	return c.Before != "" && a.editor.w.Provider.Found
}

func (k application) withClientID(c Change, id string) (Change, error) {
	_, after, err := k.beforeAfter(c)
	if err == nil && after != nil && after.Provider == NewClientID {
		after.Provider = id
		c.After = encodeApplication(*after)
	}
	return c, err
}

func (application) words() Words {
	return Words{Sets: "application", About: "application", None: "none", Whole: "the application", Place: inAuthentik}
}

// guardBindings refuses to remove the application that RomM has while it has
// bindings: they would go with it, unseen, and undoing that would let everybody
// in.
func guardBindings(j judged) error {
	w, removed := j.before.World, map[string]bool{}
	gone := false
	for _, c := range j.plan.Changes {
		switch {
		case c.After != "":
		case c.Kind == ChangeBinding:
			removed[c.Object] = true
		case c.Kind == ChangeApplication:
			gone = gone || w.Setup.Application != nil && w.Setup.Application.Slug == c.Object
		}
	}
	app := w.Setup.Application
	if !gone {
		return nil
	}
	if !w.Setup.BindingsKnown {
		return refuse(RuleBindingsLost, "give the token's role the permission authentik_policies.view_policybinding",
			"who may use the application %s is not known, and would be lost with it", app.Name)
	}
	left := slices.DeleteFunc(slices.Clone(w.Setup.Bindings), func(b model.Binding) bool { return removed[b.Object()] })
	if len(left) > 0 {
		return refuse(RuleBindingsLost, "note who may use it, and remove the bindings in Authentik first",
			"the application %s has %s, lost with it for good", app.Name, model.Counted(len(left), "binding that would be", "bindings that would be"))
	}
	return nil
}
