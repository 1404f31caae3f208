package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

func newSetupUndo(g *globals) *cobra.Command {
	w, words := writeFlags{}, ""
	cmd := &cobra.Command{
		Use: "undo", Short: "Undo the last set-up", Args: cli.NoArgs,
		Long: "Undoes what the last `setup apply` made and changed in Authentik, the last change first, as a plan:\n" +
			"shown, guarded, recorded. One that was cut short goes with the one that finished it. What was changed\n" +
			"again since is not touched.\n\n" +
			"It is refused while admins sign in to RomM through it. If an admin of RomM signs in with a password,\n" +
			"which RomM does not tell, say so with --lose-access: it asks for a sentence that says who loses access.\n" +
			"A script gives the sentence itself, --lose-access='...'; --yes alone is not enough.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := w.check(); err != nil {
				return err
			}
			return withReview(cmd.Context(), g, func(s *session, r *model.Review) error {
				p, cut, err := s.UndoSetup(cmd.Context(), r)
				if err == nil && words != "" {
					p = p.LosesAccess()
					w.confirm = func(s Streams, before, after *model.Review) (bool, error) {
						return confirmLoss(cmd.Context(), s, before, after, words)
					}
				}
				if err == nil {
					err = w.carryOut(cmd, s, r, func(context.Context, *model.Review) (plan.Draft, error) { return plan.Draft{Plan: p}, nil })
				}
				for _, i := range cut {
					if err == nil && !w.dryRun {
						err = s.Settle(cmd.Context(), r, i)
					}
				}
				return err
			})
		},
	}
	w.add(cmd)
	w.addLoseLinks(cmd)
	cmd.Flags().StringVar(&words, "lose-access", "", "undo it although no admin signs in through Authentik afterwards; asks for a `sentence` that says who loses access, or is given it")
	cmd.Flags().Lookup("lose-access").NoOptDefVal = askForWords
	return cmd
}

// askForWords is the value of --lose-access without one.
const askForWords = "?"

// confirmLoss wants the sentence that says which admins lose access and who
// signs in to RomM with a password all the same. Where nobody loses it, a yes is
// enough.
func confirmLoss(ctx context.Context, s Streams, before, after *model.Review, given string) (confirmed bool, err error) {
	lost := plan.AdminsLost(before, after)
	if after.Stats.UsableAdmins > 0 || len(lost) == 0 {
		return false, nil
	}
	var sentences, admins []string
	for _, name := range passwordAdmins(after, lost) {
		sentences, admins = append(sentences, lossSentence(lost, name)), append(admins, name)
	}
	switch {
	case slices.Contains(sentences, given):
		return true, nil
	case given == askForWords && s.isTerminal(s.In):
		_, _ = fmt.Fprintf(s.Err, "  RomM has these enabled admins: %s. It does not tell who has a password: sign in with one first.\n"+
			"  The sentence says who: “%s”.\n", strings.Join(admins, ", "), sentences[0])
		return true, askFor(ctx, s, "type the sentence: ", sentences...)
	}
	return false, cli.Usagef(
		"sign in to RomM with a password first, then say who did: --lose-access="+model.ShellWord(model.Untrusted(sentences[0]), ""),
		"--lose-access needs the sentence that says who loses access; --yes is not enough")
}

// passwordAdmins are the accounts of which a person may say that they sign in with
// a password: RomM's enabled admins, those first who are called like nobody that
// loses access. Without a RomM its accounts are not known.
func passwordAdmins(r *model.Review, lost []model.Untrusted) []string {
	if r.World.RomM.Embedded {
		return []string{"an admin of RomM"}
	}
	var others, same []string
	for _, u := range r.World.Locals {
		switch {
		case !u.Enabled || u.Role != model.RoleAdmin:
		case slices.Contains(lost, u.Username):
			same = append(same, u.Username.String())
		default:
			others = append(others, u.Username.String())
		}
	}
	return append(others, same...)
}

// lossSentence is what a person types: “ann and bob lose access, root signs in
// with a password”.
func lossSentence(lost []model.Untrusted, admin string) string {
	names := make([]string, 0, len(lost))
	for _, n := range lost {
		names = append(names, n.String())
	}
	if more := len(names) - maxNames; more > 0 {
		names = append(names[:maxNames:maxNames], fmt.Sprintf("%d more", more))
	}
	verb := "lose"
	if len(names) == 1 {
		verb = "loses"
	}
	return fmt.Sprintf("%s %s access, %s signs in with a password", model.Listed(names), verb, admin)
}
