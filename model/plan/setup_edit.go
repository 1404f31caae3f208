package plan

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// setup returns what the world holds where a change of set-up writes.
func setUpNow(w model.World, c Change) (model.Untrusted, bool) {
	s := w.Setup
	switch c.Kind {
	case ChangeScopeMapping:
		if m, ok := s.Mapping(c.Object); ok {
			return encodeMapping(m, w.GroupName), true
		}
	case ChangeProvider:
		if s.Provider != nil && s.Provider.ClientID == c.Object {
			return encodeProvider(*s.Provider), true
		}
		return "", s.Known && s.Provider == nil // RomM's is all that was read
	case ChangeApplication:
		if s.Application != nil && s.Application.Slug == c.Object {
			return encodeApplication(*s.Application), true
		}
		return "", s.Known && c.Object == s.Slug
	case ChangeBinding:
		for _, b := range s.Bindings {
			if b.Object() == c.Object {
				return encodeBinding(b), true
			}
		}
		return "", s.BindingsKnown
	}
	return "", s.Known
}

// setSetup puts one object of set-up into the world, and makes the provider
// what follows from it, so that the next logins are those of afterwards.
func (e *editor) setSetup(c Change) error {
	s := e.w.Setup
	var err error
	switch c.Kind {
	case ChangeScopeMapping:
		var after *model.ScopeMapping
		_, after, err = c.ScopeMappings()
		s = s.WithMapping(c.Object, after)
	case ChangeProvider:
		_, s.Provider, err = c.Providers()
		s.SecretDiffers = s.SecretDiffers && c.Before != "" && c.After != ""
		if old := e.w.Setup.Provider; s.Provider != nil && old != nil {
			s.Provider.PK = old.PK
		}
	case ChangeApplication:
		_, s.Application, err = c.Applications()
	case ChangeBinding:
		var after *model.Binding
		_, after, err = c.Bindings()
		s.Bindings = slices.DeleteFunc(slices.Clone(s.Bindings), func(b model.Binding) bool { return b.Object() == c.Object })
		if after != nil {
			s.Bindings = append(s.Bindings, *after)
			slices.SortFunc(s.Bindings, func(a, b model.Binding) int { return cmp.Compare(a.Object(), b.Object()) })
		}
	}
	if err != nil {
		return err
	}
	e.w = withSetup(e.w, s)
	return nil
}

// withSetup is the world with these objects. Previews were computed from what
// was: they are dropped when anything that claims hang on has changed, except
// the table of roles, which is followed by itself.
func withSetup(w model.World, s model.Setup) model.World {
	was := w.Setup
	w.Setup = s
	old := w.Provider
	switch {
	case s.Provider == nil && was.Provider == nil:
		return withTable(w)
	case s.Provider == nil:
		w.Provider = model.Provider{}
		return w
	}
	if reflect.DeepEqual(was.Mappings, s.Mappings) && was.Provider != nil && was.Provider.Same(*s.Provider) {
		w.Provider.Application, w.Provider.Found = s.ProviderSlug(), true
		return w
	}
	next := model.Provider{Unknown: []model.Untrusted{"mappings that were not read"}}
	if s.Classifier != nil {
		next = s.Classifier.Classify(*s.Provider, s.Mappings)
	}
	next.Found, next.PK, next.Name, next.Application = true, s.Provider.PK, s.Provider.Name, s.ProviderSlug()
	next.ClaimsSupported = old.ClaimsSupported
	if was.Provider != nil && was.Provider.Same(*s.Provider) && sameButTables(was.Mappings, s.Mappings) {
		next.Previews = old.Previews
	}
	next.RolesMoved = old.RolesMoved + 1
	w.Provider = next
	if w.Settings.Assumed && next.RoleMap {
		w.Settings.ClaimRoles = model.RolesClaim
	}
	return w
}

func sameButTables(a, b []model.ScopeMapping) bool {
	return slices.EqualFunc(a, b, func(x, y model.ScopeMapping) bool {
		if x.Roles != nil && y.Roles != nil {
			x.Roles, y.Roles = nil, nil
		}
		return x.Same(y)
	})
}

// withTable follows a new table where the provider is only known by what it
// sends.
func withTable(w model.World) model.World {
	p := &w.Provider
	m, ok := w.Setup.Mapping(p.RolesMark)
	switch {
	case p.Compiled == nil || p.RolesMark == "":
	case !ok || m.Roles == nil:
		p.Compiled, p.Table, p.RoleMap, p.Previews = nil, nil, false, nil
	default:
		p.Compiled, p.Table = m.Roles, nil
		p.RolesMoved++
		if m.Roles.Companion == "" {
			p.Table = m.Roles
		}
	}
	return w
}

// unwritable says why the write of this change would be refused, however
// Authentik stands, so that a plan with it does not begin; "" if nothing is
// known against it.
func (c Change) unwritable() (why, hint string) {
	switch c.Kind {
	case ChangeScopeMapping:
		if _, after, err := c.ScopeMappings(); err == nil && after != nil && after.Unknown != "" {
			return fmt.Sprintf("the text that the mapping %s had was not made by romm-admin, and is not kept", c.Label),
				"restore it in Authentik, from wherever it came; take the other changes back one by one"
		}
	case ChangeProvider:
		before, after, err := c.Providers()
		if err != nil || after == nil {
			return "", ""
		}
		for _, u := range after.RedirectURIs {
			if u.Regex && (before == nil || !slices.Contains(before.RedirectURIs, u)) { // S12
				return fmt.Sprintf("the redirect URI %s is a pattern, which lets others in", model.Clean(u.URL)),
					"add it in Authentik itself, if it must be; take the other changes back one by one"
			}
		}
	}
	return "", ""
}

// bindingsGo says why the plan may not remove the application that RomM has: its
// bindings would go with it, unseen, and taking that back would let everybody
// in. "" if nothing is known against it.
func bindingsGo(w model.World, p Plan) (why, hint string) {
	removes := func(kind ChangeKind, object string) bool {
		return slices.ContainsFunc(p.Changes, func(c Change) bool { return c.Kind == kind && c.Object == object && c.After == "" })
	}
	app := w.Setup.Application
	if app == nil || !removes(ChangeApplication, app.Slug) {
		return "", ""
	}
	if !w.Setup.BindingsKnown {
		return fmt.Sprintf("who may use the application %s is not known, and would be lost with it", app.Name),
			"give the token's role the permission authentik_policies.view_policybinding"
	}
	left := slices.DeleteFunc(slices.Clone(w.Setup.Bindings), func(b model.Binding) bool { return removes(ChangeBinding, b.Object()) })
	if len(left) > 0 {
		return fmt.Sprintf("the application %s has %s, lost with it for good", app.Name, model.Counted(len(left), "binding that would be", "bindings that would be")),
			"note who may use it, and remove the bindings in Authentik first"
	}
	return "", ""
}
