// Package admin is romm-admin: the console and all its subcommands.
package admin

import (
	"context"
	"fmt"
	"net/http"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/cmd/internal/config"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui"
)

// globals are the flags that every command knows.
type globals struct {
	Streams
	console   func(tui.Options) tea.Model // makes the console
	transport *http.Client                // carries requests to both sides; nil: the network

	demo     bool
	people   int
	romm     string
	db       string
	config   string
	readOnly bool
	snapshot string

	peopleSet, dbSet, configSet bool

	src     *config.Source // once it was asked for
	offered bool           // to make the folder of the database private
}

// maxPeople bounds the demo world.
const maxPeople = 1_000_000

// check refuses flags that contradict each other.
func (g *globals) check() error {
	posed, err := model.ParseVersion(g.romm)
	switch {
	case g.peopleSet && !g.demo:
		return cli.Usagef("add --demo", "--people is for the demo world only")
	case g.peopleSet && (g.people < 1 || g.people > maxPeople):
		return cli.Usagef(fmt.Sprintf("give a number from 1 to %d", maxPeople), "--people %d", g.people)
	case g.romm != "" && !g.demo:
		return cli.Usagef("add --demo", "--romm is for the demo world only")
	case g.romm != "" && (err != nil || !posed.AtLeast(5, 0, 0)): // the roles of the cast are those of 5.0
		return cli.Usagef("give a release from 5.0.0 on, such as 5.4.0", "--romm %s", model.Clean(g.romm))
	case g.dbSet && g.db == "":
		return cli.Usagef("name a file, or leave the flag out", "--db is empty")
	case g.configSet && g.config == "":
		return cli.Usagef("name a file, or leave the flag out", "--config is empty")
	}
	return nil
}

// Main executes one command line and returns the exit code. Several can run at
// the same time, each with its own streams.
func Main(ctx context.Context, args []string, s Streams) int {
	return run(ctx, args, &globals{Streams: s.withDefaults(), console: newConsole})
}

func newConsole(o tui.Options) tea.Model { return tui.New(o) }

func run(ctx context.Context, args []string, g *globals) int { return cli.Run(ctx, newRoot(g), args) }

func newRoot(g *globals) *cobra.Command {
	l := look{}
	root := &cobra.Command{
		Use:   "romm-admin",
		Short: "Who can sign in to RomM behind Authentik, and why not",
		Long: "romm-admin shows RomM's users and Authentik's users side by side, says what the next\n" +
			"login of each will do and why, and fixes what is wrong. Without a subcommand it opens the console.\n\n" +
			"Try it without any server:  romm-admin --demo\n" +
			"Exit codes: 0 fine, 1 error, 2 usage, 3 findings, 4 refused by a guard, 5 partly applied.",
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runConsole(cmd, g, l) },
		PersistentPreRun: func(cmd *cobra.Command, _ []string) {
			g.peopleSet, g.dbSet, g.configSet = cmd.Flags().Changed("people"), cmd.Flags().Changed("db"), cmd.Flags().Changed("config")
		},
	}
	root.SetIn(g.In)
	root.SetOut(g.Out)
	root.SetErr(g.Err)
	f := root.PersistentFlags()
	f.BoolVar(&g.demo, "demo", false, "use a made-up RomM and Authentik in this process; nothing is kept")
	f.IntVar(&g.people, "people", 0, "how many people the demo world has (default: its cast of about 30)")
	f.StringVar(&g.romm, "romm", "", "which release the demo world's RomM poses as, e.g. 5.4.0 (default: "+rommtest.DefaultVersion+")")
	f.StringVar(&g.db, "db", "", "path of the SQLite file (default: $ROMM_ADMIN_DB, else in the data folder)")
	f.StringVar(&g.config, "config", "", "path of the configuration file (default: romm-admin.toml in the configuration folder, if it is there)")
	f.BoolVar(&g.readOnly, "read-only", false, "write nothing, whatever is asked")
	root.Flags().StringVar(&g.snapshot, "snapshot", "", "print the first full frame as plain text, e.g. 120x40, and exit")
	l.add(root.Flags())
	root.AddCommand(newUsers(g), newRoles(g), newSetup(g), newHistory(g), newBackup(g), newSimulate(g), newCheck(g), newDemo(g), newVersion(), newDecide(), newExplain())
	return root
}

// note prints a message for people on stderr.
func note(cmd *cobra.Command, format string, args ...any) {
	_, _ = fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...)
}
