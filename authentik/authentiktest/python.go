package authentiktest

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
)

//go:embed standin.py
var standin string

// FindPython reports whether expressions can be run here: a nil error means
// that there is a python3. Tests that run expressions skip with it otherwise.
func FindPython() error {
	_, err := interpreter()
	return err
}

// interpreter finds python3 itself behind a launcher, which may take longer to
// start than Python does.
var interpreter = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("python3", "-I", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		return "", fmt.Errorf("python3 is needed to run expressions as Authentik does: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
})

// Python runs expressions as Authentik does, in one python3 that is started
// when it is first needed and ends with Close. The zero value is ready; it is
// safe for concurrent use, and an expression that waits holds up no other.
type Python struct {
	mu      sync.Mutex
	cmd     *exec.Cmd
	in      io.WriteCloser
	ended   chan struct{} // closed after the last answer
	failed  error         // why there are no more answers
	serial  int64
	waiting map[int64]chan pythonAnswer
}

// Case is one evaluation. What is nil or empty does not exist for the
// expression.
type Case struct {
	Text    string `json:"text"`
	Version string `json:"version"` // Authentik's, decides what there is
	Mapping string `json:"mapping"` // its name
	// User holds the attributes of the user; nil is nobody.
	User       map[string]any `json:"user,omitempty"`
	Groups     []CaseGroup    `json:"groups,omitempty"` // direct and inherited
	GroupsFail bool           `json:"groups_fail,omitempty"`
	// Path is that of the HTTP request under way.
	Path        string         `json:"path,omitempty"`
	Provider    map[string]any `json:"provider,omitempty"`
	Application map[string]any `json:"application,omitempty"` // the provider's
	Token       map[string]any `json:"token,omitempty"`
}

// CaseGroup is a group of the user.
type CaseGroup struct {
	PK         string         `json:"pk"`
	NumPK      int64          `json:"num_pk"`
	Name       string         `json:"name"`
	Superuser  bool           `json:"is_superuser"`
	Attributes map[string]any `json:"attributes"`
	Direct     bool           `json:"direct"`
}

// Outcome is what an expression did.
type Outcome struct {
	// Result is nil if the expression raised, or returned no dict.
	Result map[string]any `json:"result"`
	Raised string         `json:"raised"` // type and text of the exception
	// Unencodable says why the result cannot be part of a token; then Result
	// is what the preview makes of it.
	Unencodable string `json:"unencodable"`
	// Crashed says why the whole endpoint fails, whichever it is.
	Crashed string       `json:"crashed"`
	Log     []LogLine    `json:"log"`
	Calls   []PythonCall `json:"calls"`
	Events  []struct {
		Action  string         `json:"action"`
		Context map[string]any `json:"context"`
	} `json:"events"`
}

// LogLine is level, event and fields.
type LogLine []any

// PythonCall is an HTTP request that an expression made. Timeout is what it
// passed: nil, a number, or a list of two, in seconds.
type PythonCall struct {
	Method, URL, Body string
	Timeout           any
	Redirects         bool
	Headers           map[string]string
}

// Program is what Python's parser makes of an expression.
type Program struct {
	Syntax string `json:"syntax"` // why it is none; "" for a program
	// Tree is the program without its constants, which are the assignments
	// of literals to names in capitals.
	Tree      string          `json:"program"`
	Constants json.RawMessage `json:"constants"`
}

type pythonAnswer struct {
	ID     int64           `json:"id"`
	Reply  json.RawMessage `json:"reply"`
	Failed string          `json:"failed"`
}

// Run evaluates one expression. An error is about the interpreter, never about
// the expression.
func (p *Python) Run(ctx context.Context, c Case) (out Outcome, err error) {
	err = p.ask(ctx, "run", c, &out)
	return out, err
}

// Parse reads an expression without running it, as Authentik does when a
// mapping is saved.
func (p *Python) Parse(ctx context.Context, text string) (out Program, err error) {
	err = p.ask(ctx, "parse", map[string]string{"text": text}, &out)
	return out, err
}

// Close ends the interpreter, whatever it is doing. It cannot be used again.
func (p *Python) Close() error {
	p.mu.Lock()
	cmd := p.cmd
	p.cmd = nil
	if p.failed == nil {
		p.failed = errors.New("python3 was ended")
	}
	p.mu.Unlock()
	if cmd == nil {
		return nil
	}
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end python3: %w", err)
	}
	<-p.ended
	_ = cmd.Wait() // it was killed, and that is what Wait says
	return nil
}

func (p *Python) ask(ctx context.Context, op string, asked, into any) error {
	got, err := p.send(op, asked)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("run an expression: %w", context.Cause(ctx))
	case <-p.ended:
		select {
		case a := <-got: // it came first
			return a.read(into)
		default:
			return p.why()
		}
	case a := <-got:
		return a.read(into)
	}
}

func (a pythonAnswer) read(into any) error {
	if a.Failed != "" {
		return fmt.Errorf("the stand-in for Authentik's objects failed: %s", a.Failed)
	}
	return json.Unmarshal(a.Reply, into)
}

func (p *Python) why() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// send starts the interpreter if need be.
func (p *Python) send(op string, asked any) (<-chan pythonAnswer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil && p.failed == nil {
		p.failed = p.start()
	}
	if p.failed != nil {
		return nil, p.failed
	}
	p.serial++
	line, err := json.Marshal(map[string]any{"id": p.serial, "op": op, "asked": asked})
	if err != nil {
		return nil, fmt.Errorf("run an expression: %w", err)
	}
	got := make(chan pythonAnswer, 1)
	p.waiting[p.serial] = got
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		delete(p.waiting, p.serial)
		return nil, fmt.Errorf("run an expression: %w", err)
	}
	return got, nil
}

// start runs the stand-in, isolated from the user's own Python.
func (p *Python) start() error {
	path, err := interpreter()
	if err != nil {
		return err
	}
	// Close ends it: it outlives the call that needs it first.
	cmd := exec.CommandContext(context.Background(), path, "-I", "-S", "-X", "utf8", "-c", standin)
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start python3: %w", err)
	}
	p.cmd, p.in, p.ended, p.waiting = cmd, in, make(chan struct{}), map[int64]chan pythonAnswer{}
	go p.receive(out)
	return nil
}

// receive hands the answers out until there are no more.
func (p *Python) receive(out io.Reader) {
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		var a pythonAnswer
		if err == nil {
			err = json.Unmarshal(line, &a)
		}
		p.mu.Lock()
		if err != nil {
			if p.failed == nil {
				p.failed = fmt.Errorf("python3 ended: %w", err)
			}
			p.mu.Unlock()
			close(p.ended)
			return
		}
		if got := p.waiting[a.ID]; got != nil {
			delete(p.waiting, a.ID)
			got <- a
		}
		p.mu.Unlock()
	}
}
