package admin

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/romm-admin/romm-admin/model/reconcile"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/keys"
)

// TestConsoleCommandsExist: every command that the console's help names as the
// same job is a command of this program, with the flags that it names.
func TestConsoleCommandsExist(t *testing.T) {
	t.Parallel()
	root := newRoot(&globals{})
	named := 0
	for _, item := range everyAction() {
		words := strings.Fields(item.Command)
		if len(words) == 0 {
			continue
		}
		named++
		cmd, rest, err := root.Find(words[1:])
		if words[0] != "romm-admin" || err != nil || cmd == root || cmd.HasSubCommands() && len(rest) > 0 && rest[0] == strings.ToLower(rest[0]) {
			t.Errorf("%s names %q: found %q, %v", item.ID, item.Command, cmd.CommandPath(), err)
			continue
		}
		for _, w := range rest {
			if name, ok := strings.CutPrefix(w, "--"); ok && cmd.Flag(name) == nil {
				t.Errorf("%s names %q, but %s has no flag %s", item.ID, item.Command, cmd.CommandPath(), w)
			}
		}
	}
	if named < 10 {
		t.Errorf("only %d actions name a command", named)
	}
}

// everyAction collects the registry over all screens.
func everyAction() []keys.Item {
	o := tui.Options{Console: &reconcile.Service{}, Clock: time.Now}
	var out []keys.Item
	for _, items := range o.Registry() {
		for _, it := range items {
			if !slices.ContainsFunc(out, func(x keys.Item) bool { return x.ID == it.ID }) {
				out = append(out, it)
			}
		}
	}
	return out
}

// keyTable is the registry for people, by screen, in its own order.
func keyTable(items []keys.Item) string {
	var scopes []keys.Scope
	for _, it := range items {
		if it.Scope != keys.Global && !slices.Contains(scopes, it.Scope) {
			scopes = append(scopes, it.Scope)
		}
	}
	var b strings.Builder
	b.WriteString("| Key | What it does | Name in `[keys]` | Same as |\n|---|---|---|---|\n")
	for _, scope := range append(scopes, keys.Global) {
		title := "On every screen"
		if scope != keys.Global {
			title = strings.ToUpper(string(scope[:1])) + string(scope[1:])
		}
		fmt.Fprintf(&b, "| | **%s** | | |\n", title)
		for _, it := range items {
			if it.Scope != scope {
				continue
			}
			names := make([]string, len(it.Keys))
			for i, k := range it.Keys {
				names[i] = "`" + k + "`"
			}
			command := ""
			if it.Command != "" {
				command = "`" + strings.TrimPrefix(it.Command, "romm-admin ") + "`"
			}
			cells := []string{strings.Join(names, " "), it.Help, it.ID, command}
			for i := range cells {
				cells[i] = strings.ReplaceAll(cells[i], "|", "\\|")
			}
			fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
		}
	}
	return b.String()
}

// TestKeyTableIsWhole: every action that a file can give keys to is in it once.
func TestKeyTableIsWhole(t *testing.T) {
	t.Parallel()
	table := keyTable(everyAction())
	for _, it := range everyAction() {
		if strings.Count(table, "| "+it.ID+" |") != 1 {
			t.Errorf("%s is not in the table once", it.ID)
		}
	}
	if n := strings.Count(table, "\n"); n < 40 {
		t.Errorf("%d lines", n)
	}
}

// TestFlagsNameTheirValues: what stands between backquotes in the text of a
// flag is printed as the name of its value, so it is one word, and a flag
// without a value has none.
func TestFlagsNameTheirValues(t *testing.T) {
	t.Parallel()
	seen := 0
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			seen++
			if name, _ := pflag.UnquoteUsage(f); strings.Contains(name, " ") || f.Value.Type() == "bool" && name != "" {
				t.Errorf("%s: the value of --%s is called %q", cmd.CommandPath(), f.Name, name)
			}
		})
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(newRoot(&globals{}))
	if seen < 50 {
		t.Errorf("only %d flags were looked at", seen)
	}
}
