package plan

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// withSetup is the world with these objects. Previews were computed from what
// was: they are dropped when anything that claims depend on has changed, except
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
		w.Provider.Issuer = issuer(old, s)
		w.Provider.Application, w.Provider.Found = s.ProviderSlug(), true
		return w
	}
	next := model.Provider{Unknown: []model.Untrusted{"mappings that were not read"}}
	if s.Classifier != nil {
		next = s.Classifier.Classify(*s.Provider, s.Mappings)
	}
	next.Found, next.PK, next.Name, next.Application = true, s.Provider.PK, s.Provider.Name, s.ProviderSlug()
	next.ClaimsSupported = old.ClaimsSupported
	next.SubMode, next.Issuer = cmp.Or(s.Provider.SubMode, model.DefaultSubMode), issuer(old, s)
	if c := old.Compiled; c != nil && next.Compiled != nil && c.Companion == next.Compiled.Companion {
		next.Answers, next.AnswersWhy = old.Answers, old.AnswersWhy
	}
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

// issuer is what the provider sends as iss under its slug and issuer mode; ""
// where no discovery document has told under which address Authentik is known.
func issuer(old model.Provider, s model.Setup) string {
	const path = "/application/o/"
	base, perProvider := strings.CutSuffix(old.Issuer, path+old.Application+"/")
	if !perProvider {
		base = strings.TrimSuffix(old.Issuer, "/")
	}
	switch slug := s.ProviderSlug(); {
	case base == "" || slug == "":
		return ""
	case s.Provider.IssuerMode == model.IssuerGlobal:
		return base + "/"
	default:
		return base + path + slug + "/"
	}
}

func sameButTables(a, b []model.ScopeMapping) bool {
	return slices.EqualFunc(a, b, func(x, y model.ScopeMapping) bool {
		if x.Roles != nil && y.Roles != nil {
			x.Roles, y.Roles = nil, nil
		}
		return x.Same(y)
	})
}

// withTable applies a new table where the provider is only known by what it
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
