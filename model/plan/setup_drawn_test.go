package plan

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestNewClientID: a plan shows no client id that will not be; the one that is
// drawn stands everywhere in what is written, and a plan that names one keeps it.
func TestNewClientID(t *testing.T) {
	t.Parallel()
	w := standing()
	w.Setup.Provider, w.Setup.Application, w.Provider = nil, nil, model.Provider{}
	g := standingGoal()
	g.ClientID = NewClientID
	p, err := SetUp(model.Judge(w), g)
	if err != nil || !p.NeedsClientID() || len(p.Changes) != 2 {
		t.Fatalf("%+v, %v", p, err)
	}
	for i, want := range []string{"client id " + NewClientID, "provider with the client id " + NewClientID} {
		if _, added := p.Changes[i].Lines(); !strings.Contains(strings.Join(added, "|"), want) {
			t.Errorf("%q", added)
		}
	}
	shown := p.Changes[0].Object
	_, shownImpact, err := Simulate(t.Context(), model.Judge(w), p)
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := p.WithClientID("abc")
	if err != nil || drawn.NeedsClientID() || p.Changes[0].Object != shown {
		t.Fatalf("%+v, %v", drawn, err)
	}
	for _, c := range drawn.Changes {
		if strings.Contains(c.Object+c.After.Raw(), NewClientID) || !strings.Contains(c.After.Raw(), `"abc"`) {
			t.Errorf("%+v", c)
		}
	}
	after, impact, err := Simulate(t.Context(), model.Judge(w), drawn)
	if err != nil || after.World.Setup.ProviderSlug() != "romm" || len(impact.WorseThan(shownImpact)) > 0 {
		t.Errorf("%+v, %v, %v", after.World.Setup, impact, err)
	}
	if again, err := drawn.WithClientID("other"); err != nil || again.Changes[0].Object != "abc" {
		t.Errorf("%+v, %v", again, err)
	}
	g.ClientID = "chosen"
	p, err = SetUp(model.Judge(w), g)
	if same, derr := p.WithClientID("other"); err != nil || derr != nil || p.NeedsClientID() || same.Changes[0].Object != "chosen" {
		t.Errorf("%+v, %v, %v", same, err, derr)
	}
	broken := Plan{Changes: []Change{{Kind: ChangeProvider, Object: NewClientID, After: "x"}}}
	if _, err := broken.WithClientID("abc"); model.CodeOf(err) != model.CodeInvalid {
		t.Errorf("%v", err)
	}
}
