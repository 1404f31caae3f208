package admin

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

func newRolesPublish(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use: "publish", Short: "Bring Authentik's copy of the role map up to date",
		Long: "The roles mapping in Authentik holds a copy of the role map. It answers from it while the companion\n" +
			"does not, or at every login where it asks no companion. This brings the copy up to date, after\n" +
			"showing whose next login changes. `roles list` says whether it is.",
		Args: cli.NoArgs,
	}
	return roleCommand(g, cmd, func(_ context.Context, r *model.Review, _ []string) (plan.Draft, error) {
		return plan.Whole(plan.Publish(r))
	})
}

type publicationJSON struct {
	State       plan.PublishState `json:"state"`
	Companion   string            `json:"companion"` // "" asks none
	ByHand      bool              `json:"by_hand,omitempty"`
	RankMoved   bool              `json:"rank_moved,omitempty"`
	Differences []differenceJSON  `json:"differences"`
}

type differenceJSON struct {
	Group model.GroupID   `json:"group"` // "" is everybody else
	Name  model.Untrusted `json:"name"`
	From  model.Untrusted `json:"published"`
	To    model.Untrusted `json:"role_map"`
}

func publicationOf(p plan.Publication) publicationJSON {
	out := publicationJSON{
		State: p.State, Companion: model.Clean(p.Companion), ByHand: p.ByHand, RankMoved: p.RankMoved, Differences: []differenceJSON{},
	}
	for _, d := range p.Differences {
		out.Differences = append(out.Differences, differenceJSON{d.Group, d.Name, model.Untrusted(d.From), model.Untrusted(d.To)})
	}
	return out
}

// printPublication says on stderr how Authentik's copy differs.
func printPublication(cmd *cobra.Command, p plan.Publication) {
	note(cmd, "%s", p)
	for _, d := range p.Differences {
		note(cmd, "  %s: %s there, %s here", d.Name, orDash(model.Clean(d.From)), orDash(model.Clean(d.To)))
	}
	switch {
	case p.State == plan.PublishNone || p.State == plan.PublishCurrent:
	case p.ByHand:
		note(cmd, "  that mapping was made by hand, so romm-admin does not write it")
	default:
		note(cmd, "  bring it up to date: romm-admin roles publish")
	}
}
