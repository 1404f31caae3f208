package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

func newRolesExport(g *globals) *cobra.Command {
	return &cobra.Command{
		Use: "export", Short: "Print the role map, pins and assertions as one JSON file",
		Long: "Prints the role map, the pins, the assertions and the roles that are kept for groups which do not\n" +
			"exist yet as one JSON object, for `roles import`, a review or a repository. Equal contents give\n" +
			"equal files. Needs the SQLite file only.",
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd.Context(), g, func(ctx context.Context, d *db.DB) error {
				e, err := d.Export(ctx)
				if err != nil {
					return err
				}
				return printExport(cmd.OutOrStdout(), e)
			})
		},
	}
}

func printExport(w io.Writer, e db.Export) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(e)
}

func newRolesImport(g *globals) *cobra.Command {
	w := writeFlags{}
	withoutPins := false
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Make the role map, pins and assertions what a file says",
		Long: "Makes the role map, the pins, the assertions and the kept roles exactly what the file of\n" +
			"`roles export` says; what is not in it goes. It is only ever a plan: shown first, guarded,\n" +
			"recorded. FILE may be - for standard input. Pins name RomM accounts by id and belong to one RomM:\n" +
			"--without-pins leaves them alone.",
		Args: cli.ExactArgs("a file, or - for standard input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := readSmall(args[0], cmd.InOrStdin(), db.MaxExport)
			if err != nil {
				return err
			}
			e, err := db.ParseExport(data)
			if err != nil {
				return err
			}
			return importRoles(cmd, g, &w, e, withoutPins)
		},
	}
	w.add(cmd)
	w.addAlso(cmd)
	cmd.Flags().BoolVar(&withoutPins, "without-pins", false, "leave the pins as they are")
	return cmd
}

// importRoles plans what the file says and applies it.
func importRoles(cmd *cobra.Command, g *globals, w *writeFlags, e db.Export, withoutPins bool) error {
	nothing := errors.New("everything is as in the file")
	err := w.run(cmd, g, func(_ context.Context, r *model.Review) (plan.Draft, error) {
		goal := e.Store()
		if withoutPins {
			goal.Pins = r.World.Pins
		}
		p := plan.FromStore(r, "import the role map", "", goal)
		if len(p.Changes) == 0 {
			return plan.Draft{}, nothing
		}
		return plan.Whole(p, plan.CheckPins(r, p))
	})
	if !errors.Is(err, nothing) {
		return err
	}
	return w.nothing(cmd, "import the role map", nothing)
}
