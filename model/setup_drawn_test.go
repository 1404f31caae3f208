package model

import (
	"strings"
	"testing"
)

// TestNewClientID: a plan shows no client id that will not be; the one that is
// drawn stands everywhere in what is written, and a plan that names one keeps it.
func TestNewClientID(t *testing.T) {
	t.Parallel()
	w := standing()
	w.Setup.Provider, w.Setup.Application, w.Provider = nil, nil, Provider{}
	g := standingGoal()
	g.ClientID = NewClientID
	p, err := Judge(w).PlanSetup(g)
	if err != nil || !p.Undrawn() || len(p.Changes) != 2 {
		t.Fatalf("%+v, %v", p, err)
	}
	for i, want := range []string{"client id " + NewClientID, "provider with the client id " + NewClientID} {
		if _, added := p.Changes[i].Lines(); !strings.Contains(strings.Join(added, "|"), want) {
			t.Errorf("%q", added)
		}
	}
	shown := p.Changes[0].Object
	_, shownImpact, err := Judge(w).Simulate(p)
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := p.Drawn("abc")
	if err != nil || drawn.Undrawn() || p.Changes[0].Object != shown {
		t.Fatalf("%+v, %v", drawn, err)
	}
	for _, c := range drawn.Changes {
		if strings.Contains(c.Object+c.After.Raw(), NewClientID) || !strings.Contains(c.After.Raw(), `"abc"`) {
			t.Errorf("%+v", c)
		}
	}
	after, impact, err := Judge(w).Simulate(drawn)
	if err != nil || after.World.Setup.slug() != "romm" || len(impact.Unseen(shownImpact)) > 0 {
		t.Errorf("%+v, %v, %v", after.World.Setup, impact, err)
	}
	if again, err := drawn.Drawn("other"); err != nil || again.Changes[0].Object != "abc" {
		t.Errorf("%+v, %v", again, err)
	}
	g.ClientID = "chosen"
	p, err = Judge(w).PlanSetup(g)
	if same, derr := p.Drawn("other"); err != nil || derr != nil || p.Undrawn() || same.Changes[0].Object != "chosen" {
		t.Errorf("%+v, %v, %v", same, err, derr)
	}
	broken := Plan{Changes: []Change{{Kind: ChangeProvider, Object: NewClientID, After: "x"}}}
	if _, err := broken.Drawn("abc"); CodeOf(err) != CodeInvalid {
		t.Errorf("%v", err)
	}
}
