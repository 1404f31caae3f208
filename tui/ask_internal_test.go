package tui

import (
	"context"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
)

// oracle is a console that answers at once.
type oracle struct{ still }

func (oracle) Preview(_ context.Context, r *model.Review, _ []int64, _ func(done, total int)) (*model.Review, error) {
	return model.Judge(r.World), nil
}

// listener is a dialog that keeps what it was told.
type listener struct{ told *[]screen.AskedMsg }

func (l listener) Update(msg tea.Msg) (screen.Overlay, screen.Effect) {
	if m, ok := msg.(screen.AskedMsg); ok {
		*l.told = append(*l.told, m)
	}
	return l, screen.Effect{}
}

func (listener) View(screen.Area) screen.Panel { return screen.Panel{} }
func (listener) Capturing() bool               { return true }

// Should a dialog ask while both sides are being read, or should they be read
// while it asks, the answer of the older state is not taken.
func TestAnAnswerNeverReplacesANewerReading(t *testing.T) {
	t.Parallel()
	var told []screen.AskedMsg
	a := New(Options{Console: oracle{still{at: clock}}, Clock: clock}).push(listener{&told})
	a, _ = a.loaded(a.loadCmd()().(loadedMsg))
	a, _ = a.startLoad()
	a, cmd := a.startAsk(screen.AskReq{})
	if cmd != nil || len(told) != 1 || model.CodeOf(told[0].Err) != model.CodeUnavailable {
		t.Fatalf("asked during a reading: %+v", told)
	}
	a, _ = a.loaded(a.loadCmd()().(loadedMsg))
	a, cmd = a.startAsk(screen.AskReq{})
	answer := askedMsgOf(t, cmd)
	a, _ = a.startLoad()
	before := a.data.Review
	a, _ = a.answered(answer)
	if last := told[len(told)-1]; a.data.Review != before || last.Review != nil || model.CodeOf(last.Err) != model.CodeConflict {
		t.Errorf("the answer replaced a newer reading, told %+v", last)
	}
}

// askedMsgOf runs the first command of a batch that brings an answer.
func askedMsgOf(t *testing.T, cmd tea.Cmd) askedMsg {
	t.Helper()
	for _, c := range cmd().(tea.BatchMsg) {
		if c == nil {
			continue
		}
		if m, ok := c().(askedMsg); ok {
			return m
		}
	}
	t.Fatal("no answer came")
	return askedMsg{}
}

func clock() time.Time { return time.Date(2026, 11, 23, 3, 7, 0, 0, time.UTC) }
