package tui_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// lagging is a console whose RomM answers long after Authentik.
type lagging struct {
	*tuitest.Console
	done chan struct{}
}

func (l lagging) Load(ctx context.Context, o model.ReadOptions) (*model.Review, error) {
	o.Early(tuitest.World().Directory.Identities)
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.done:
	}
	return l.Console.Load(ctx, o)
}

// TestAuthentikIsShownWhileRomMAnswers: RomM may work for a minute at its list.
// Authentik's people are there meanwhile, without a verdict.
func TestAuthentikIsShownWhileRomMAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := lagging{tuitest.NewConsole(tuitest.World()), make(chan struct{})}
		x := tuitest.Dial(c, 120, 40)
		x.Rest()
		text, _ := x.Taken()
		for _, want := range []string{"RomM is still answering", "Authentik has 10 people", "alice", "alice@example.org"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not shown: %q", want, text)
			}
		}
		time.Sleep(time.Minute) // of the bubble
		close(c.done)
		x.Rest()
		if text, _ := x.Taken(); !strings.Contains(text, "11 people") {
			t.Errorf("the people do not come: %q", text)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if text, _ := x.Taken(); text != "" {
			t.Errorf("an idle hour sends %q", text)
		}
		x.Send("q")
		if err := x.End(); err != nil {
			t.Error(err)
		}
	})
}
