package plan

import (
	"fmt"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// ChangeAssertion keeps a sentence that must stay true of the role map. Object
// and the values are the sentence.
const ChangeAssertion ChangeKind = "assertion"

type assertion struct{ scalar }

func (assertion) now(e *editor, c Change) (model.Untrusted, bool) {
	if slices.ContainsFunc(e.w.Assertions, func(a model.Assertion) bool { return a.Text() == c.Object }) {
		return model.Untrusted(c.Object), true
	}
	return "", true
}

func (assertion) set(e *editor, c Change) error {
	e.w.Assertions = slices.DeleteFunc(slices.Clone(e.w.Assertions), func(a model.Assertion) bool { return a.Text() == c.Object })
	if c.After == "" {
		return nil
	}
	a, err := model.ParseAssertion(c.After.Raw())
	if err == nil {
		e.w.Assertions = append(e.w.Assertions, a)
	}
	return err
}

func (assertion) made(c Change) string {
	if c.After != "" {
		return fmt.Sprintf("must stay true from now on: %s", c.After)
	}
	return fmt.Sprintf("need not stay true any more: %s", c.Before)
}

func (assertion) words() Words { return Words{Sets: "rule", About: "rule", None: "not kept"} }
