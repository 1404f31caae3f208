package db

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// chaosEnv makes the tests of this file long: its value is the number of kills.
// `make chaos` sets it.
const chaosEnv = "ROMM_ADMIN_CHAOS"

// chaos returns the number of kills, few unless asked for many, and whether
// many were asked for.
func chaos(t *testing.T, few int) (kills int, long bool) {
	t.Helper()
	v := os.Getenv(chaosEnv)
	if v == "" {
		return few, false
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is not a number of kills", chaosEnv, v)
	}
	return n, true
}

// chaosChildren are the other processes.
func chaosChildren() map[string]func(context.Context, []string) error {
	return map[string]func(context.Context, []string) error{
		"chaos-write": chaosWrite, "chaos-read": chaosRead, "chaos-create": chaosCreate,
		"cut-migration": cutMigration, "cut-plan": cutPlan, "under-way": underWay, "load": load, "limited": limited,
	}
}

// chaosRoles is the role of group 1 after change n.
func chaosRoles(n int) model.Role {
	return []model.Role{model.RoleAdmin, model.RoleUser, model.RoleViewer, model.RoleEditor}[n%4]
}

// chaosWrite makes changes one after the other, each announced and closed in
// the journal, and says so once it is committed, until it is killed. The
// change itself writes six rows of the map, one transaction each; the last one
// carries the number.
func chaosWrite(ctx context.Context, args []string) error {
	d, err := Open(ctx, args[0], Options{Now: epoch, MustExist: true})
	if err != nil {
		return err
	}
	if err := d.Verify(ctx); err != nil {
		return err
	}
	n, err := chaosCount(ctx, d)
	if err != nil {
		return err
	}
	fmt.Println("start", n)
	for {
		n++
		seq, err := d.OpenEntry(ctx, entry(n))
		if err != nil {
			return err
		}
		fmt.Println("ack journal", seq)
		m, err := d.RoleMap(ctx)
		if err != nil {
			return err
		}
		old, _ := m.Row(group(1))
		row := model.RoleRow{Group: group(1), Name: "g", Role: chaosRoles(n), Note: model.Untrusted(strconv.Itoa(n))}
		if err := d.SetRoleRow(ctx, row, old.Role); err != nil {
			return err
		}
		fmt.Println("ack change", n)
		if err := d.CloseEntry(ctx, seq, plan.OutcomeDone, ""); err != nil {
			return err
		}
		fmt.Println("ack journal", seq+1)
	}
}

// chaosCount is the number of the last change in the file.
func chaosCount(ctx context.Context, d *DB) (int, error) {
	m, err := d.RoleMap(ctx)
	if err != nil {
		return 0, err
	}
	row, ok := m.Row(group(1))
	if !ok {
		return 0, nil
	}
	n, err := strconv.Atoi(row.Note.Raw())
	if err == nil && row.Role != chaosRoles(n) {
		err = fmt.Errorf("torn: change %d has the role %s", n, row.Role)
	}
	return n, err
}

// chaosRead reads the map and the chain of the journal for as long as its
// input is open and says what does not fit: a map whose checksum or number is
// wrong, a change that is gone again, a chain that is broken.
func chaosRead(ctx context.Context, args []string) error {
	d, err := Open(ctx, args[0], Options{Now: epoch, MustExist: true})
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	reads, last, generation := 0, 0, int64(0)
	for {
		select {
		case <-ended:
			fmt.Println("reads", reads)
			return d.Close()
		default:
		}
		n, err := chaosCount(ctx, d)
		if err != nil {
			fmt.Println("torn", err)
		}
		m, err := d.RoleMap(ctx)
		if err != nil || n < last || m.Generation < generation {
			fmt.Println("torn", err, n, last, m.Generation, generation)
		}
		last, generation = n, m.Generation
		if reads%8 == 0 {
			if err := d.Verify(ctx); err != nil {
				fmt.Println("chain", err)
			}
		}
		reads++
	}
}

// process is a child that can be killed.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func startChild(t *testing.T, verb string, args ...string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), childEnv+"="+verb)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	return &process{cmd: cmd, in: in, out: bufio.NewScanner(out)}
}

// kill ends the process as a power cut would, and returns what it had said
// until then.
func (p *process) kill(t *testing.T) (lines []string) {
	t.Helper()
	must(t, p.cmd.Process.Kill())
	return p.rest()
}

func (p *process) rest() (lines []string) {
	for p.out.Scan() {
		lines = append(lines, p.out.Text())
	}
	_ = p.cmd.Wait() // it was killed
	return lines
}

// spin passes a random short while without a clock.
func spin(r *rand.Rand, most int) {
	for range r.IntN(most) {
		runtime.Gosched()
	}
}

// chaosTally is what the loop found.
type chaosTally struct {
	change, journal       int // the last acknowledged
	commits, lost         int
	torn, chain, problems []string
}

// take counts the lines of one writer's life.
func (c *chaosTally) take(lines []string) {
	for _, line := range lines {
		words := strings.Fields(line)
		if len(words) == 3 && words[0] == "ack" {
			n, _ := strconv.Atoi(words[2])
			c.commits++
			if words[1] == "change" {
				c.change = n
			} else {
				c.journal = n
			}
			continue
		}
		if len(words) == 2 && words[0] == "start" {
			// What was acknowledged is there; one more may have been
			// committed without the chance to say so.
			if n, _ := strconv.Atoi(words[1]); n < c.change || n > c.change+1 {
				c.lost += max(c.change-n, 1)
			}
			continue
		}
		c.problems = append(c.problems, line)
	}
}

// TestChaosKill kills a writer again and again, at any moment, with a reader
// beside it: nothing acknowledged is lost, nobody sees a half-written map, and
// the journal's chain holds.
func TestChaosKill(t *testing.T) {
	t.Parallel()
	// proves R1, S37
	kills, _ := chaos(t, 32)
	path := makeFile(t)
	r := rand.New(rand.NewPCG(1, uint64(kills)))
	var c chaosTally
	reads := 0
	var reader *process
	stop := func(kill bool) {
		if kill {
			must(t, reader.cmd.Process.Kill())
		}
		_ = reader.in.Close()
		for _, line := range reader.rest() {
			switch word, rest, _ := strings.Cut(line, " "); word {
			case "torn":
				c.torn = append(c.torn, line)
			case "chain":
				c.chain = append(c.chain, line)
			case "reads":
				n, _ := strconv.Atoi(rest)
				reads += n
			default:
				c.problems = append(c.problems, line)
			}
		}
	}
	for i := range kills {
		if i%10 == 0 { // readers die as well, every other one
			if reader != nil {
				stop(i%20 == 0)
			}
			reader = startChild(t, "chaos-read", path)
		}
		w := startChild(t, "chaos-write", path)
		acks := 1 + r.IntN(12)
		var lines []string
		for len(lines) <= acks && w.out.Scan() {
			lines = append(lines, w.out.Text())
		}
		spin(r, 20000)
		c.take(append(lines, w.kill(t)...))
	}
	stop(false)

	d := openAt(t, path, Options{})
	must(t, d.Verify(t.Context()))
	n, err := chaosCount(t.Context(), d)
	must(t, err)
	head, err := d.JournalHead(t.Context())
	must(t, err)
	if n < c.change || int(head.Seq) < c.journal {
		c.lost++
	}
	t.Logf("kills %d, acknowledged commits %d, reads %d, lost %d, torn reads %d, chain breaks %d",
		kills, c.commits, reads, c.lost, len(c.torn), len(c.chain))
	if c.lost+len(c.torn)+len(c.chain)+len(c.problems) > 0 || c.commits < kills || reads == 0 {
		t.Errorf("torn %q, chain %q, problems %q", c.torn, c.chain, c.problems)
	}
}

// chaosCreate opens a file that does not exist.
func chaosCreate(ctx context.Context, args []string) error {
	fmt.Println("start")
	d, err := Open(ctx, args[0], Options{Now: epoch})
	if err != nil {
		return err
	}
	fmt.Println("open")
	return d.Close()
}

// TestChaosCreate kills the making of a new file: it is whole or not there.
func TestChaosCreate(t *testing.T) {
	t.Parallel()
	// proves R7: complete or not at all
	kills, _ := chaos(t, 10)
	r := rand.New(rand.NewPCG(2, uint64(kills)))
	whole, absent := 0, 0
	for range kills {
		path := newPath(t)
		p := startChild(t, "chaos-create", path)
		p.out.Scan()
		spin(r, 800000)
		said := p.kill(t)
		if _, err := os.Lstat(path); err == nil {
			whole++
		} else {
			absent++
			if len(said) > 0 && said[0] == "open" {
				t.Error("a file that was open is gone")
			}
		}
		d := openAt(t, path, Options{})
		must(t, d.Verify(t.Context()))
		_, err := d.RoleMap(t.Context())
		must(t, err)
	}
	t.Logf("kills %d: %d files whole, %d not there", kills, whole, absent)
}
