package plan

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

// ChangePin ties an Authentik user to a RomM account. Object is the user's uid,
// the values are the account's id in decimal.
const ChangePin ChangeKind = "pin"

type pin struct{ scalar }

func (pin) now(e *editor, c Change) (model.Untrusted, bool) {
	for _, l := range e.w.Pins {
		if l.UID == c.Object {
			return decimal(l.LocalID), true
		}
	}
	return "", true
}

func (pin) set(e *editor, c Change) error {
	e.w.Pins = slices.DeleteFunc(slices.Clone(e.w.Pins), func(l model.Pin) bool { return l.UID == c.Object })
	if id, err := strconv.ParseInt(c.After.Raw(), 10, 64); err == nil {
		e.w.Pins = append(e.w.Pins, model.Pin{UID: c.Object, LocalID: id})
	}
	return nil
}

func (pin) lines(_ Change, v model.Untrusted) []string {
	return []string{"RomM account with id " + v.String()}
}

func (pin) subject(c Change) (subject, bool) { return subject{uid: c.Object}, true }

func (pin) words() Words {
	return Words{Sets: "pin", About: "pin of", None: "not pinned", TellApart: true}
}

// decimal is an id as a value, or as the object, of a change.
func decimal(id int64) model.Untrusted { return model.Untrusted(strconv.FormatInt(id, 10)) }

// CheckPins refuses a plan that pins people to accounts which are not there.
func CheckPins(r *model.Review, p Plan) error {
	e := newEditor(r.World)
	for _, c := range p.Changes {
		if c.Kind == ChangePin && c.After != "" && e.account(c.After.Raw()) == nil {
			return &model.Error{
				Code: model.CodeNotFound, Msg: fmt.Sprintf("the file pins %s to the RomM account %s, which is not there", c.Label, c.After),
				Hint: "pins belong to one RomM; import with --without-pins",
			}
		}
	}
	return nil
}
