package admin

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/symptom"
)

func newExplain() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain TEXT|FILE|-",
		Short: "Say what an error text of RomM, Authentik or a browser means",
		Long: "explain takes what somebody sees who cannot sign in: the page of the browser, the end of RomM's\n" +
			"log or of Authentik's, what an app or a proxy shows. It says where that comes from, what to do,\n" +
			"and how to make sure. It asks no server, and shows nothing of the text, which may hold secrets.\n\n" +
			"    romm-admin explain \"mismatching_state: CSRF Warning! State not equal\"\n" +
			"    docker logs --tail 200 romm 2>&1 | romm-admin explain -\n\n" +
			"Exit codes: 0 a cause is known, 1 none is, or the file cannot be read.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Usagef("paste the text in quotes, name a file, or give - for standard input", "nothing to explain")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := pasted(cmd.InOrStdin(), args)
			if err != nil {
				return err
			}
			return showCauses(cmd, symptom.Causes(text), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// maxPasted bounds what is read to be explained, in bytes.
const maxPasted = 64 << 20

// pasted is the text of the command line, of the file that its only word names, or
// of standard input.
func pasted(in io.Reader, args []string) (string, error) {
	if len(args) == 1 && args[0] == "-" {
		text, err := io.ReadAll(io.LimitReader(in, maxPasted))
		return string(text), err
	}
	if len(args) == 1 {
		if _, err := os.Stat(args[0]); err == nil { // else it is no name but the text
			text, err := db.ReadRegular(args[0], maxPasted)
			return string(text), err
		}
	}
	return strings.Join(args, " "), nil
}

type causeJSON struct {
	ID   string `json:"id"`
	What string `json:"what"`
	Fix  string `json:"fix"`
	Look string `json:"look,omitempty"`
}

func showCauses(cmd *cobra.Command, causes []symptom.Cause, asJSON bool) error {
	var unknown error
	if len(causes) == 0 {
		unknown = &model.Error{
			Code: model.CodeNotFound, Msg: "no cause of such a text is known here",
			Hint: "paste more of RomM's log, from the request that failed on (docker logs --tail 200 romm); `romm-admin simulate USERNAME` and `romm-admin setup check` look at the installation itself",
		}
	}
	if asJSON {
		out := struct {
			Schema int         `json:"schema"`
			Causes []causeJSON `json:"causes"`
		}{1, []causeJSON{}}
		for _, c := range causes {
			out.Causes = append(out.Causes, causeJSON(c))
		}
		return errors.Join(writeJSON(cmd.OutOrStdout(), out), unknown)
	}
	for i, c := range causes {
		lines := []string{c.What, "to do: " + c.Fix}
		if c.Look != "" {
			lines = append(lines, "to make sure: "+c.Look)
		}
		if i > 0 {
			lines = append([]string{"", "or:"}, lines...)
		}
		if _, err := fmt.Fprintln(cmd.OutOrStdout(), strings.Join(lines, "\n")); err != nil {
			return err
		}
	}
	return unknown
}
