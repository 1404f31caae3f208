package tuitest

import (
	"io"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/romm-admin/romm-admin/tui"
)

// Wire is a console in Bubble Tea itself, and what a terminal at the other end
// is sent. It runs in a bubble of testing/synctest, on whose clock nothing
// waits in real time.
type Wire struct {
	Program *tea.Program

	mu     sync.Mutex
	sent   strings.Builder
	writes int

	keys *io.PipeWriter
	done chan error
}

// Dial is [Connect] with the options that a person at a terminal has.
func Dial(c tui.Console, width, height int) *Wire {
	return Connect(tui.Options{Console: c, Clock: Now, Actor: "ann", Rest: tui.RestTime}, width, height)
}

// Connect starts a console on a terminal of that size that takes 256 colours,
// and lets it settle.
func Connect(o tui.Options, width, height int) *Wire {
	in, keys := io.Pipe()
	w := &Wire{keys: keys, done: make(chan error, 1)}
	w.Program = tea.NewProgram(tui.New(o), tea.WithInput(in), tea.WithOutput(w), tea.WithWindowSize(width, height),
		tea.WithoutSignalHandler(), tea.WithColorProfile(colorprofile.ANSI256), tea.WithEnvironment([]string{"TERM=xterm-256color"}))
	go func() {
		_, err := w.Program.Run()
		w.done <- err
	}()
	w.Rest()
	return w
}

// Write takes what the program sends.
func (w *Wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes++
	return w.sent.Write(p)
}

// Taken returns what was sent since the last call, and in how many writes.
func (w *Wire) Taken() (text string, writes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text, writes = w.sent.String(), w.writes
	w.sent.Reset()
	w.writes = 0
	return text, writes
}

// Rest lets frames be drawn until nothing moves any more.
func (w *Wire) Rest() { w.pass(time.Second) }

// Send sends bytes as a terminal does and lets the console settle.
func (w *Wire) Send(keys string) {
	w.Type(keys, time.Second)
}

// Type sends bytes and lets that much time pass.
func (w *Wire) Type(keys string, pause time.Duration) {
	if _, err := io.WriteString(w.keys, keys); err != nil {
		panic(err)
	}
	w.pass(pause)
}

func (w *Wire) pass(d time.Duration) {
	time.Sleep(d) // of the bubble's clock
	synctest.Wait()
}

// Press sends bytes and returns all that comes back until the console rests.
func (w *Wire) Press(keys string) string {
	w.Taken()
	w.Send(keys)
	text, _ := w.Taken()
	return text
}

// Step is Press for a key that moves the cursor: key is what comes back at once,
// rest what comes once the cursor has stayed where it is for [tui.RestTime].
func (w *Wire) Step(keys string) (key, rest string) {
	w.Taken()
	w.Type(keys, tui.RestTime-time.Millisecond)
	key, _ = w.Taken()
	w.pass(tui.RestTime)
	rest, _ = w.Taken()
	return key, rest
}

// End waits until the console has ended and returns what it failed with.
func (w *Wire) End() error {
	err := <-w.done
	_ = w.keys.Close()
	return err
}

// Quit ends the console.
func (w *Wire) Quit() error {
	w.Send("q")
	return w.End()
}
