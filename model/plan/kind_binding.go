package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// ChangeBinding lets a group or a user use RomM's application, or no longer.
// Object is the slug and the group's UUID, see [model.Binding.Object].
const ChangeBinding ChangeKind = "binding"

type binding struct{ object[model.Binding] }

var bindings = object[model.Binding]{parse: parseBinding, equal: model.Binding.Same, show: bindingLines}

// Bindings is [Change.Providers] for ChangeBinding.
func (c Change) Bindings() (before, after *model.Binding, err error) { return bindings.beforeAfter(c) }

type bindingJSON struct {
	Order   int  `json:"order"`
	Enabled bool `json:"enabled"`
	Negate  bool `json:"negate,omitempty"`
}

func encodeBinding(b model.Binding) model.Untrusted {
	return canonicalJSON(bindingJSON{b.Order, !b.Disabled, b.Negate})
}

func parseBinding(object string, text model.Untrusted) (model.Binding, error) {
	slug, who, _ := strings.Cut(object, "/")
	b := model.Binding{Application: slug}
	if pk, ok := strings.CutPrefix(who, "user:"); ok {
		n, err := strconv.ParseInt(pk, 10, 64)
		if err != nil {
			return b, &model.Error{Code: model.CodeInvalid, Msg: "the binding names no user", Err: err, Hint: "make the change again"}
		}
		b.User = n
	} else if policy, ok := strings.CutPrefix(who, "policy:"); ok {
		b.Policy = policy
	} else {
		b.Group = model.GroupID(who)
	}
	var in bindingJSON
	err := strictJSON(text, &in)
	b.Order, b.Disabled, b.Negate = in.Order, !in.Enabled, in.Negate
	return b, err
}

func bindingLines(b model.Binding) []string {
	text := fmt.Sprintf("may use the application %s, order %d", model.Clean(b.Application), b.Order)
	if b.Negate {
		text = fmt.Sprintf("may not use the application %s, order %d", model.Clean(b.Application), b.Order)
	}
	if b.Disabled {
		text += ", switched off"
	}
	return []string{text}
}

func (binding) now(e *editor, c Change) (model.Untrusted, bool) {
	for _, b := range e.w.Setup.Bindings {
		if b.Object() == c.Object {
			return encodeBinding(b), true
		}
	}
	return "", e.w.Setup.BindingsKnown
}

func (k binding) set(e *editor, c Change) error {
	_, after, err := k.beforeAfter(c)
	if err != nil {
		return err
	}
	s := e.w.Setup
	s.Bindings = slices.DeleteFunc(slices.Clone(s.Bindings), func(b model.Binding) bool { return b.Object() == c.Object })
	if after != nil {
		s.Bindings = append(s.Bindings, *after)
		slices.SortFunc(s.Bindings, func(a, b model.Binding) int { return cmp.Compare(a.Object(), b.Object()) })
	}
	e.w = withSetup(e.w, s)
	return nil
}

func (binding) keepsAdmin(a *admins, _ Change) bool { return a.editor.w.Provider.Found }

func (binding) words() Words {
	return Words{Sets: "binding", About: "binding of", None: "not bound", TellApart: true, Whole: "the binding of", Place: inAuthentik}
}
