package model

// Providers, Applications and Bindings return what a change of that kind finds
// and leaves; nil is none.
func (c Change) Providers() (before, after *OAuthProvider, err error) {
	return ends(c, parseProvider)
}

// Applications is Providers for ChangeApplication.
func (c Change) Applications() (before, after *Application, err error) {
	return ends(c, func(text Untrusted) (Application, error) { return parseApplication(c.Object, text) })
}

// Bindings is Providers for ChangeBinding.
func (c Change) Bindings() (before, after *Binding, err error) {
	return ends(c, func(text Untrusted) (Binding, error) { return parseBinding(c.Object, text) })
}

// ScopeMappings is Providers for ChangeScopeMapping.
func (c Change) ScopeMappings() (before, after *ScopeMapping, err error) {
	return ends(c, func(text Untrusted) (ScopeMapping, error) {
		m, _, err := parseMapping(c.Object, text)
		return m, err
	})
}

func ends[T any](c Change, parse func(Untrusted) (T, error)) (before, after *T, err error) {
	read := func(text Untrusted) *T {
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
func (c Change) same(a, b Untrusted) bool {
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
