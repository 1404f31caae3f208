package plan

import (
	"encoding/json"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// storedVersion numbers the form in which the changes of a plan are kept. A
// change of the form needs a new number and a migration of the old one.
const storedVersion = 1

type stored struct {
	V       int            `json:"v"`
	Changes []storedChange `json:"changes"`
}

type storedChange struct {
	Kind   ChangeKind      `json:"kind"`
	Side   Side            `json:"side"`
	Object string          `json:"object"`
	Label  model.Untrusted `json:"label"`
	Before model.Untrusted `json:"before"`
	After  model.Untrusted `json:"after"`
	Reason string          `json:"reason"`
}

// Encode writes changes as they are kept until their plan has ended.
func Encode(changes []Change) ([]byte, error) {
	out := stored{V: storedVersion, Changes: make([]storedChange, len(changes))}
	for i, c := range changes {
		out.Changes[i] = storedChange(c)
	}
	return json.Marshal(out)
}

// Decode reads what Encode wrote. What another release wrote in a form that this
// one does not know is CodeInvalid.
func Decode(text []byte) ([]Change, error) {
	var in stored
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, fmt.Errorf("read the changes of a plan: %w", err)
	}
	if in.V != storedVersion {
		return nil, &model.Error{
			Code: model.CodeInvalid, Msg: fmt.Sprintf("the changes of the plan are kept in form %d, which this release does not know", in.V),
			Hint: "finish or undo the plan with the release of romm-admin that began it",
		}
	}
	var out []Change
	for _, c := range in.Changes {
		out = append(out, Change(c))
	}
	return out, nil
}
