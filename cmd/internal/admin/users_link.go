package admin

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

func newUsersUnlink(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use: "unlink NAME...", Short: "Remove the links of RomM accounts, so that addresses decide again",
		Long: "RomM since 5.4 remembers who signed in to an account, and lets that person in there for good, whatever\n" +
			"the addresses say. This removes that link from the RomM accounts NAME: the next login with their\n" +
			"address gets in, and is linked anew.\n\n" + aboutLinks,
		Example: "  romm-admin users unlink mallory --dry-run\n  romm-admin users unlink mallory bob\n  romm-admin users unlink mallory --sql",
		Args:    cli.SomeArgs("a RomM account"),
	}
	l := linkCommand{
		accounts: func(r *model.Review, args []string) ([]model.LocalUser, error) { return localsOf(r, args) },
		to:       func(*model.Review, []string) (model.OIDCLink, error) { return model.Unlinked(), nil },
		build: func(ctx context.Context, r *model.Review, args []string) (plan.Draft, error) {
			ids, err := localIDs(r, args)
			if err != nil {
				return plan.Draft{}, err
			}
			return plan.Unlink(ctx, r, ids...)
		},
	}
	return l.running(g, cmd)
}

func newUsersLink(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use: "link NAME PERSON", Short: "Link a RomM account to an Authentik user, who then signs in there",
		Long: "Links the RomM account NAME to the Authentik user PERSON, as RomM since 5.4 does itself at a login:\n" +
			"that person then signs in there, whatever the addresses say. A link of the same person at another\n" +
			"account is removed first, in the same plan.\n\n" + aboutLinks,
		Example: "  romm-admin users link bob bob --dry-run\n  romm-admin users link robert bob\n  romm-admin users link robert bob --sql",
		Args:    cli.ExactArgs("a RomM account", "an Authentik user"),
	}
	l := linkCommand{
		accounts: func(r *model.Review, args []string) ([]model.LocalUser, error) { return localsOf(r, args[:1]) },
		to: func(r *model.Review, args []string) (model.OIDCLink, error) {
			id, err := findIdentity(r, args[1])
			if err != nil {
				return model.OIDCLink{}, err
			}
			return r.World.Provider.LinkOf(id)
		},
		build: func(_ context.Context, r *model.Review, args []string) (plan.Draft, error) {
			u, err := findLocal(r.World.Locals, args[0])
			if err != nil {
				return plan.Draft{}, err
			}
			id, err := findIdentity(r, args[1])
			if err != nil {
				return plan.Draft{}, err
			}
			return plan.Whole(plan.LinkTo(r, u.ID, id.PK))
		},
	}
	return l.running(g, cmd)
}

const aboutLinks = "Links stand in RomM's own database alone: it has to be configured (ROMM_DB_DRIVER, DB_HOST, DB_NAME,\n" +
	"DB_USER, DB_PASSWD), and ROMM_DB_WRITE=true allows to change them. --sql prints the statements instead, for\n" +
	"you to run; afterwards the same command reads the database again and says whether it is so."

// linkCommand changes links: by a plan, or as SQL where the links cannot be seen.
type linkCommand struct {
	accounts func(r *model.Review, args []string) ([]model.LocalUser, error)
	to       func(r *model.Review, args []string) (model.OIDCLink, error)
	build    func(ctx context.Context, r *model.Review, args []string) (plan.Draft, error)
}

func (l linkCommand) running(g *globals, cmd *cobra.Command) *cobra.Command {
	w := &writeFlags{}
	w.add(cmd)
	w.addAlso(cmd)
	cmd.Flags().BoolVar(&w.sql, "sql", false, "print the SQL instead of applying it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := w.check(); err != nil {
			return err
		}
		return withReview(cmd.Context(), g, func(s *session, r *model.Review) error {
			if w.sql {
				if done, err := l.unseen(cmd, w, r, args); done || err != nil {
					return err
				}
			}
			return w.carryOut(cmd, s, r, func(ctx context.Context, r *model.Review) (plan.Draft, error) { return l.build(ctx, r, args) })
		})
	}
	return cmd
}

// unseen prints the statements where it is not known whom the accounts are linked
// to, so that there is no plan; false where that is known.
func (l linkCommand) unseen(cmd *cobra.Command, w *writeFlags, r *model.Review, args []string) (done bool, err error) {
	users, err := l.accounts(r, args)
	if err != nil {
		return false, err
	}
	for _, u := range users {
		done = done || !u.Link.Known
	}
	v := r.World.Settings.Version
	switch {
	case !done:
		return false, nil
	case r.World.RomM.Embedded || v.Known() && !v.Dev && !v.Links():
		return false, &model.Error{Code: model.CodeInvalid, Msg: "this RomM has no links: they came with 5.4", Hint: "until then the address alone decides whose account it is"}
	}
	to, err := l.to(r, args)
	if err != nil {
		return false, err
	}
	note(cmd, "whom the account is linked to is not known, so nobody can say whose next login this changes: look first, with the SELECT;\n"+
		"  configure RomM's database (ROMM_DB_DRIVER, DB_HOST, DB_NAME, DB_USER, DB_PASSWD) to have it judged before, and shown after")
	out := appliedJSON{Schema: 1, DryRun: true, Changes: []changeJSON{}, Impact: impactOf(plan.Impact{})}
	if err := w.print(cmd, plan.UnseenLinkSQL(r.World.Settings.Database, to, users...), &out); err != nil || !w.json {
		return true, err
	}
	return true, writeJSON(cmd.OutOrStdout(), out)
}

// printSQL prints the plan as statements, and what to do with them.
func (w *writeFlags) printSQL(cmd *cobra.Command, r *model.Review, p plan.Plan, out *appliedJSON) error {
	all, err := p.LinkSQL(r.World.Settings.Database)
	if err != nil {
		return err
	}
	return w.print(cmd, all, out)
}

func (w *writeFlags) print(cmd *cobra.Command, all []plan.Statements, out *appliedJSON) error {
	for _, s := range all {
		out.SQL = append(out.SQL, statementsJSON{s.Database, s.SQL})
		if w.json {
			continue
		}
		text := strings.Join(s.SQL, "\n") + "\n"
		if len(all) > 1 {
			text = "-- on " + string(s.Database) + "\n" + text
		}
		if _, err := fmt.Fprint(cmd.OutOrStdout(), text); err != nil {
			return err
		}
	}
	note(cmd, "nothing was changed: run this in RomM's database; then the same command says whether it is so")
	return nil
}

// localsOf finds accounts, each once.
func localsOf(r *model.Review, names []string) ([]model.LocalUser, error) {
	ids, err := localIDs(r, names)
	if err != nil {
		return nil, err
	}
	out := make([]model.LocalUser, 0, len(ids))
	for _, id := range ids {
		u, _ := r.Account(id)
		out = append(out, u)
	}
	return out, nil
}
