package admin

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/cmd/internal/config"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// look is how the console looks and behaves in this terminal.
type look struct {
	theme   string
	name    theme.Name // what theme names, once fill has checked it
	linear  bool
	noMouse bool
	every   time.Duration
	keys    keys.Map // from the file; there is no flag for them
}

func (l *look) add(f *pflag.FlagSet) {
	names := make([]string, 0, len(theme.Names()))
	for _, n := range theme.Names() {
		names = append(names, string(n))
	}
	f.StringVar(&l.theme, "theme", "", "colours: "+strings.Join(names, ", ")+" (default: the terminal's own)")
	f.BoolVar(&l.linear, "linear", false, "no borders, one column, numbered prompts: for screen readers")
	f.BoolVar(&l.noMouse, "no-mouse", false, "leave the mouse to the terminal")
	f.DurationVar(&l.every, "every", usual, "read both sides again this often while the terminal has the focus; 0 leaves it to r")
}

// usual is how often both sides are read again by default: what
// a console shows that was left open over night is not of yesterday.
const usual = 5 * time.Minute

// shortest is the least interval of --every: each reading is a full one.
const shortest = 30 * time.Second

// fill takes from the file what no flag has said, and checks all of it: every
// mistake is reported, those in the file with their lines.
func (l *look) fill(flags *pflag.FlagSet, f *config.File) error {
	var wrong config.Mistakes
	byFile := map[string]bool{}
	say := func(name, format string, args ...any) {
		if byFile[name] {
			f.Wrong(name, format, args...)
		} else {
			wrong = append(wrong, "--"+name+": "+fmt.Sprintf(format, args...))
		}
	}
	if f != nil {
		byFile["theme"] = f.Theme != "" && !flags.Changed("theme")
		byFile["every"] = f.Every != "" && !flags.Changed("every")
		if byFile["theme"] {
			l.theme = f.Theme
		}
		if f.Linear != "" && !flags.Changed("linear") {
			l.linear = f.Linear == "true"
		}
		if f.Mouse != "" && !flags.Changed("no-mouse") {
			l.noMouse = f.Mouse == "false"
		}
		if byFile["every"] {
			var err error
			if l.every, err = time.ParseDuration(f.Every); err != nil {
				f.Wrong("every", "every is a time such as \"5m\" or \"90s\"")
			}
		}
		l.keys = f.Keys
		checkKeys(f)
	}
	var err error
	if l.name, err = theme.ParseName(l.theme); err != nil {
		say("theme", "%v; %s", err, model.HintOf(err))
	}
	if l.every != 0 && l.every < shortest {
		say("every", "reading every %s is too often, give at least %s", l.every, shortest)
	}
	if err := append(wrong, f.Mistakes()...).Err(); err != nil {
		return cli.Usage(err)
	}
	return nil
}

// checkKeys adds what is wrong with the keys of the file to its mistakes.
func checkKeys(f *config.File) {
	o := tui.Options{Console: &reconcile.Service{}, Clock: time.Now} // can only be asked for the registry
	var ids []string
	for _, items := range o.Registry() {
		for _, it := range items {
			ids = append(ids, it.ID)
		}
	}
	o.Keys = f.Keys
	var wrong keys.Mistakes
	_ = errors.As(o.CheckKeys(), &wrong)
	for _, m := range wrong {
		why := m.Why
		if m.Unknown {
			why += config.Meant(m.ID, ids)
		}
		f.Wrong("keys."+m.ID, "%s", why)
	}
}
