package tui_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails if any test of the console, several of which run it in Bubble
// Tea itself, leaves a goroutine behind (R12). One is not ours: teatest waits for
// an interrupt of the test run in a goroutine that it never ends.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/charmbracelet/x/exp/teatest/v2.NewTestModel.func2"))
}
