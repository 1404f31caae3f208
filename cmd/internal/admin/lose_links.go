package admin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
)

// addLoseLinks adds the flag of the commands that may change what RomM knows
// people by.
func (w *writeFlags) addLoseLinks(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.loseLinks, "lose-links", "", "do it although RomM then no longer knows people by their links; asks for a `sentence` that says whom, or is given it")
	cmd.Flags().Lookup("lose-links").NoOptDefVal = askForWords
}

// confirmLinks wants the sentence that says who is locked out and who is linked
// anew by address. Where nobody is, a yes is enough.
func confirmLinks(ctx context.Context, s Streams, sentence, given string) (confirmed bool, err error) {
	switch {
	case sentence == "":
		return false, nil
	case given == sentence:
		return true, nil
	case given == askForWords && s.isTerminal(s.In):
		_, _ = fmt.Fprintf(s.Err, "  RomM would no longer know these people by their links. The sentence says whom: “%s”.\n", sentence)
		return true, askFor(ctx, s, "type the sentence: ", sentence)
	}
	return false, cli.Usagef("see who that is, then say so: --lose-links="+model.ShellWord(model.Untrusted(sentence), ""),
		"--lose-links needs the sentence that says whom RomM no longer knows; --yes is not enough")
}
