package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// PublishState says how the role table in Authentik compares with the role
// map.
type PublishState string

// The states. A table that is behind only answers while the companion does
// not; one that decides answers at every login.
const (
	// PublishNone: our roles mapping is not among those of RomM's provider.
	PublishNone    PublishState = "not-installed"
	PublishCurrent PublishState = "current"
	PublishBehind  PublishState = "behind"
	PublishDecides PublishState = "decides"
)

// TableDifference is one answer that the published table and the role map give
// differently. Tokens are what RomM is sent; "" is no role.
type TableDifference struct {
	Group    model.GroupID // "" for people in none of the groups
	Name     model.Untrusted
	From, To string
}

// Publication compares the role table in our mapping in Authentik with the
// role map.
type Publication struct {
	State PublishState
	// Companion is the address that the mapping asks first; "" if it answers
	// from its table alone.
	Companion string
	// Differences are the groups whose answer is not the role map's, by name,
	// then the people in none of them.
	Differences []TableDifference
	// RankMoved is true when the order of the roles differs too, or the words
	// that RomM takes for them.
	RankMoved bool
	// ByHand is true when the mapping has our text but not our mark: somebody
	// pasted it, and it is not ours to write.
	ByHand bool
}

// Published compares the table in Authentik with the role map.
func Published(r *model.Review) Publication {
	have := r.World.Provider.Compiled
	if have == nil {
		return Publication{State: PublishNone}
	}
	want := r.World.RoleTable()
	p := Publication{Companion: have.Companion, ByHand: r.World.Provider.RolesMark != model.MarkRoles}
	p.Differences = tableDifferences(r.World, *have, want)
	p.RankMoved = !slices.Equal(have.Rank, want.Rank)
	switch {
	case len(p.Differences) == 0 && !p.RankMoved:
		p.State = PublishCurrent
	case r.World.Provider.Deciding() == nil:
		p.State = PublishBehind
	default:
		p.State = PublishDecides
	}
	return p
}

// String says it in one sentence.
func (p Publication) String() string {
	behind := model.Counted(len(p.Differences), "answer differs", "answers differ")
	if len(p.Differences) == 0 {
		behind = "the order of the roles differs"
	}
	switch p.State {
	case PublishNone:
		return "The roles mapping is not installed in Authentik, so the role map decides nothing there."
	case PublishCurrent:
		return "Authentik's copy of the role map is current."
	case PublishBehind:
		return fmt.Sprintf("Authentik's copy of the role map is behind: %s. It answers only while the companion does not.", behind)
	case PublishDecides:
	}
	if p.Companion != "" {
		return fmt.Sprintf("The companion does not answer now, so Authentik answers from its own copy of the role map, and %s: publish it.", behind)
	}
	return fmt.Sprintf("Authentik answers from its own copy of the role map, and %s: publish it.", behind)
}

func tableDifferences(w model.World, have, want model.RoleTable) []TableDifference {
	var out []TableDifference
	seen := map[model.GroupID]bool{}
	for _, row := range slices.Concat(have.SortedRows(), want.SortedRows()) {
		from, to := have.Token(row.Group), want.Token(row.Group)
		if from != to && !seen[row.Group] {
			out = append(out, TableDifference{row.Group, w.GroupName(row.Group), from, to})
		}
		seen[row.Group] = true
	}
	slices.SortStableFunc(out, func(a, b TableDifference) int { return cmp.Compare(a.Name, b.Name) })
	if have.Default != want.Default {
		out = append(out, TableDifference{Name: "everybody else", From: have.Default, To: want.Default})
	}
	return out
}

// Publish builds the plan that brings the table in Authentik up to date
// with the role map.
func Publish(r *model.Review) (Plan, error) {
	pub := Published(r)
	now, ok := r.World.Setup.Mapping(model.MarkRoles)
	switch {
	case pub.State == PublishNone:
		return Plan{}, &model.Error{
			Code: model.CodeNotFound, Msg: "RomM's provider in Authentik does not use the roles mapping of romm-admin",
			Hint: "it has to be installed first; without it the role map decides nothing",
		}
	case pub.ByHand || !ok || now.Roles == nil:
		return Plan{}, &model.Error{
			Code: model.CodeRefused, Msg: "the roles mapping of RomM's provider was not made by romm-admin, so it is not written",
			Hint: "let romm-admin install its own in its place",
		}
	case pub.State == PublishCurrent && r.World.RolesBehind() == "":
		return Plan{}, &model.Error{Code: model.CodeNothing, Msg: "Authentik's copy of the role map is current", Hint: "nothing needs to be done"}
	}
	after, table := now, r.World.RoleTable()
	after.Roles = &table
	after.Template = r.World.Setup.Newest.Of(after)
	reason := "Authentik answers from this table at each login"
	if pub.Companion != "" {
		reason = "Authentik answers from this table while the companion does not"
	}
	p := Plan{
		Title: "publish the role map to Authentik", Command: "romm-admin roles publish",
		Changes: []Change{{
			Kind: ChangeScopeMapping, Side: SideAuthentik, Object: model.MarkRoles, Label: now.Name,
			Before: encodeMapping(now, r.World.GroupName), After: encodeMapping(after, r.World.GroupName), Reason: reason,
		}},
	}
	if why := r.World.RolesBehind(); why != "" {
		p.Warning = "an old copy of the database seems to be back, or another one: " + why
	}
	return withWarnings(r, p), nil
}
