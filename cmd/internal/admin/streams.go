package admin

import (
	"io"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
)

// Streams is all that a command line sees of where it was typed. What is left
// out is the process's own, so that Streams{} is what main gives; a session
// over a network gives its own, and so do tests. This file alone asks the
// process.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// Env is the environment, as a process has it, name=value.
	Env []string
	// Terminal is at the other end of In, Out and Err, if it is none of this
	// machine. Nil: whether a stream is a terminal is asked of its file.
	Terminal *Terminal
	// Actor is who sits there, for the journal.
	Actor string
}

// Terminal is one that only the streams lead to. Keys come from it as they are
// pressed, and what is written gets a carriage return before each line feed on
// the way, as a terminal's driver adds it.
type Terminal struct {
	Size
	Resized <-chan Size // may be nil
}

// Size is that of a terminal, in cells.
type Size struct{ Width, Height int }

// withDefaults fills in what is left out.
func (s Streams) withDefaults() Streams {
	if s.In == nil {
		s.In = os.Stdin
	}
	if s.Out == nil {
		s.Out = os.Stdout
	}
	if s.Err == nil {
		s.Err = os.Stderr
	}
	if s.Env == nil {
		s.Env = os.Environ()
	}
	return s
}

// lookup asks the environment. The last of several values counts, as it does
// for a process that is started with them.
func (s Streams) lookup(name string) (string, bool) {
	for _, line := range slices.Backward(s.Env) {
		if v, ok := strings.CutPrefix(line, name+"="); ok {
			return v, true
		}
	}
	return "", false
}

func (s Streams) getenv(name string) string {
	v, _ := s.lookup(name)
	return v
}

// actor is who sits here, for the journal.
func (s Streams) actor() string {
	if s.Actor != "" {
		return s.Actor
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "uid " + strconv.Itoa(os.Getuid())
}

// interactive reports whether somebody can see the console and press its keys.
func (s Streams) interactive() bool { return s.isTerminal(s.In) && s.isTerminal(s.Out) }

// isTerminal reports whether one of the streams is a terminal.
func (s Streams) isTerminal(stream any) bool {
	f, ok := stream.(term.File)
	return s.Terminal != nil || ok && term.IsTerminal(f.Fd())
}

// program makes the program that shows app here, and stop, which ends what
// goes on beside it.
func (s Streams) program(app tea.Model, opts ...tea.ProgramOption) (_ *tea.Program, stop func()) {
	opts = append(opts, tea.WithInput(s.In), tea.WithOutput(s.Out), tea.WithEnvironment(s.Env))
	if s.Terminal != nil {
		// The signals of the process are no business of one session.
		opts = append(opts, tea.WithoutSignalHandler(), tea.WithColorProfile(colorprofile.Env(s.Env)),
			tea.WithWindowSize(s.Terminal.Width, s.Terminal.Height))
	}
	if s.noColor() { // any value counts; the library reads it as a boolean
		opts = append(opts, tea.WithColorProfile(colorprofile.ASCII))
	}
	p := tea.NewProgram(app, opts...)
	done := make(chan struct{})
	if s.Terminal != nil && s.Terminal.Resized != nil {
		go func() {
			for {
				select {
				case size, ok := <-s.Terminal.Resized:
					if !ok {
						return
					}
					p.Send(tea.WindowSizeMsg{Width: size.Width, Height: size.Height})
				case <-done:
					return
				}
			}
		}()
	}
	return p, func() { close(done) }
}

// noColor reports whether NO_COLOR asks for attributes alone.
func (s Streams) noColor() bool { return s.getenv("NO_COLOR") != "" }

// showsUnicode reports whether the terminal shows more than ASCII: whether its
// character set is UTF-8, by the usual order of the variables. Without any the
// answer is yes: containers often set none. The kernel's own console has
// letters and lines in its font, and none of the marks.
func (s Streams) showsUnicode() bool {
	if s.getenv("TERM") == "linux" {
		return false
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(s.getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true
}
