package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/cmd/internal/demo"
)

func newDemo(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use: "demo", Short: "The made-up RomM and Authentik", Args: cli.NoArgs, RunE: cli.Group,
		Long: "The world of --demo: a made-up RomM and Authentik, reached as real ones are.\n\n" +
			"With " + demoPanicName + "=update or =command, F12 stops the console of --demo as a mistake in the\n" +
			"program would: in what handles a key, or in the reading that r has started, which waits for it.\n" +
			"It shows how the terminal is left, and that what was being typed is there at the next start\n" +
			"(with --db FILE, which outlives the world).",
	}
	var bare bool
	serve := &cobra.Command{
		Use: "serve", Short: "Serve the demo world on two loopback ports",
		Long: "Serves the made-up RomM and Authentik on two loopback ports until it is stopped, and prints\n" +
			"the environment that points any other process at them:\n\n" +
			"    romm-admin demo serve > demo.env &\n" +
			"    set -a; . ./demo.env; set +a; romm-admin users list",
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			g.demo = true
			if err := g.check(); err != nil {
				return err
			}
			w, err := demo.Start(cmd.Context(), demo.Options{People: g.people, DB: g.db, Now: time.Now, Bare: bare})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, w.Close()) }()
			for _, line := range w.Env() {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), line); err != nil {
					return err
				}
			}
			note("serving; stop with ctrl+c")
			<-cmd.Context().Done()
			return nil
		},
	}
	serve.Flags().BoolVar(&bare, "bare", false, "an Authentik that is not set up for RomM, to try `setup` on")
	cmd.AddCommand(serve)
	return cmd
}
