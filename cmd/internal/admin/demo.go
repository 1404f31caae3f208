package admin

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/cmd/internal/demo"
	"github.com/romm-admin/romm-admin/model"
)

func newDemo(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use: "demo", Short: "The made-up RomM and Authentik", Args: cli.NoArgs, RunE: cli.Group,
		Long: "The world of --demo: a made-up RomM and Authentik, reached as real ones are.",
	}
	var bare bool
	var before, after []int
	serve := &cobra.Command{
		Use: "serve", Short: "Serve the demo world on two loopback ports",
		Long: "Serves the made-up RomM and Authentik on two loopback ports until it is stopped, and prints\n" +
			"the environment that points any other process at them:\n\n" +
			"    romm-admin demo serve > demo.env &\n" +
			"    set -a; . ./demo.env; set +a; romm-admin users list\n\n" +
			"With --hang-before and --hang-after it keeps quiet once that write has come, counted from 1, until\n" +
			"the client has gone away. So a plan of several changes can be cut short just there, to see\n" +
			"what `romm-admin history` makes of it.",
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			g.demo = true
			if err := g.check(); err != nil {
				return err
			}
			o := demo.Options{People: g.people, RomM: g.romm, DB: g.db, Now: time.Now, Bare: bare}
			if len(before)+len(after) > 0 {
				o.Hang = &demo.Hang{Before: before, After: after, Told: func(n int, request string, made bool) {
					note(cmd, "write %d hangs, %s: %s", n, map[bool]string{false: "not made", true: "made"}[made], model.Clean(request))
				}}
			}
			w, err := demo.Start(cmd.Context(), o)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, w.Close()) }()
			for _, line := range w.Env() {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), line); err != nil {
					return err
				}
			}
			note(cmd, "serving; stop with ctrl+c")
			<-cmd.Context().Done()
			return nil
		},
	}
	serve.Flags().BoolVar(&bare, "bare", false, "an Authentik that is not set up for RomM, to try setup on")
	serve.Flags().IntSliceVar(&before, "hang-before", nil, "keep quiet at these writes, without making them")
	serve.Flags().IntSliceVar(&after, "hang-after", nil, "keep quiet at these writes, after making them")
	cmd.AddCommand(serve)
	return cmd
}
