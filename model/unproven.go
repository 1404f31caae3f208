package model

import "fmt"

// unproven says why the claims behind a verdict may not be those of the next
// login: it is not known who answers for the roles, or a preview is all that is
// known of a mapping. A preview shows values that no token can hold as text or
// list, while the token endpoint fails on them for everybody (docs/authentik.md
// 2), so only a text that is known proves anything.
func (j *judge) unproven(id Identity, pred Prediction) string {
	if pred.Previewed.IsZero() {
		return j.mayBeTheTables(id)
	}
	if len(j.provider.Unknown) == 0 {
		return ""
	}
	return fmt.Sprintf("not proven by the preview, which also shows what no token can hold; see what %s sends", Names(j.provider.Unknown))
}
