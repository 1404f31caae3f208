package plan

import "github.com/romm-admin/romm-admin/model"

// Providers, Applications and Bindings return what a change of that kind finds
// and leaves; nil is none.
func (c Change) Providers() (before, after *model.OAuthProvider, err error) {
	return ends(c, parseProvider)
}

// Applications is Providers for ChangeApplication.
func (c Change) Applications() (before, after *model.Application, err error) {
	return ends(c, func(text model.Untrusted) (model.Application, error) { return parseApplication(c.Object, text) })
}

// Bindings is Providers for ChangeBinding.
func (c Change) Bindings() (before, after *model.Binding, err error) {
	return ends(c, func(text model.Untrusted) (model.Binding, error) { return parseBinding(c.Object, text) })
}

// ScopeMappings is Providers for ChangeScopeMapping.
func (c Change) ScopeMappings() (before, after *model.ScopeMapping, err error) {
	return ends(c, func(text model.Untrusted) (model.ScopeMapping, error) {
		m, _, err := parseMapping(c.Object, text)
		return m, err
	})
}

func ends[T any](c Change, parse func(model.Untrusted) (T, error)) (before, after *T, err error) {
	read := func(text model.Untrusted) *T {
		if text == "" || err != nil {
			return nil
		}
		var v T
		v, err = parse(text)
		return &v
	}
	before, after = read(c.Before), read(c.After)
	if err != nil {
		return nil, nil, err
	}
	return before, after, nil
}

// same reports whether two values of this change say the same, labels aside.
func (c Change) same(a, b model.Untrusted) bool {
	if a == b {
		return true
	}
	if a == "" || b == "" {
		return false
	}
	c.Before, c.After = a, b
	switch c.Kind {
	case ChangeScopeMapping:
		x, y, err := c.ScopeMappings()
		return err == nil && x.Same(*y)
	case ChangeProvider:
		x, y, err := c.Providers()
		return err == nil && x.Same(*y)
	case ChangeApplication:
		x, y, err := c.Applications()
		return err == nil && x.Same(*y)
	case ChangeBinding:
		x, y, err := c.Bindings()
		return err == nil && *x == *y
	case ChangeLocalAccount:
		x, y, err := c.LocalAccounts()
		return err == nil && *x == *y
	}
	return false
}
