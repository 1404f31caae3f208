package plan

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// scalar is a kind whose value is its own text; it has the defaults of all
// kinds.
type scalar struct{}

func (scalar) same(Change, model.Untrusted, model.Untrusted) bool { return false }

func (scalar) lines(_ Change, v model.Untrusted) []string { return []string{v.String()} }

func (scalar) drift(Change, model.Untrusted, model.Untrusted) (gone, come []string) { return nil, nil }

func (scalar) subject(Change) (who subject, wanted bool) { return subject{}, false }

func (scalar) keepsAdmin(*admins, Change) bool { return false }

func (scalar) accountEdit() accountEdit { return editsNoAccount }

func (scalar) writesRoleMap() bool { return false }

func (scalar) losses(Change) []string { return nil }

func (scalar) refuses(Change) (why, hint string) { return "", "" }

func (scalar) withClientID(c Change, _ string) (Change, error) { return c, nil }

func (scalar) made(Change) string { return "" }

// unknown is a kind of another release: nothing can be done with it.
type unknown struct{ scalar }

func (unknown) now(*editor, Change) (model.Untrusted, bool) { return "", false }

func (unknown) set(*editor, Change) error { return nil }

func (unknown) words() Words { return Words{} }

// object is a kind whose value is a whole object, kept as JSON of one line.
type object[T any] struct {
	scalar
	parse func(object string, v model.Untrusted) (T, error)
	equal func(a, b T) bool
	show  func(T) []string // a line each fact
}

// beforeAfter decodes the change's two values; nil is an absent object.
func (o object[T]) beforeAfter(c Change) (before, after *T, err error) {
	read := func(v model.Untrusted) *T {
		if v == "" || err != nil {
			return nil
		}
		var out T
		out, err = o.parse(c.Object, v)
		return &out
	}
	before, after = read(c.Before), read(c.After)
	if err != nil {
		return nil, nil, err
	}
	return before, after, nil
}

func (o object[T]) same(c Change, a, b model.Untrusted) bool {
	c.Before, c.After = a, b
	x, y, err := o.beforeAfter(c)
	return err == nil && o.equal(*x, *y)
}

func (o object[T]) lines(c Change, v model.Untrusted) []string {
	x, err := o.parse(c.Object, v)
	if err != nil {
		return []string{v.String()}
	}
	return o.show(x)
}

func (o object[T]) drift(c Change, left, now model.Untrusted) (gone, come []string) {
	return diffLines(o.lines(c, left), o.lines(c, now))
}

// canonicalJSON encodes texts and lists of texts, which cannot fail.
func canonicalJSON(v any) model.Untrusted {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return model.Untrusted(fmt.Sprintf("%q", err.Error())) // equal to nothing that is read
	}
	return model.Untrusted(bytes.TrimSpace(b.Bytes()))
}

// strictJSON reads what canonicalJSON wrote. It refuses unknown members: they
// would be lost at the next write.
func strictJSON(text model.Untrusted, into any) error {
	if err := model.DecodeStrict([]byte(text.Raw()), into); err != nil {
		return &model.Error{
			Code: model.CodeInvalid, Msg: "the change does not say what it sets", Err: err,
			Hint: "it was recorded by another release of romm-admin: make the change again",
		}
	}
	return nil
}
