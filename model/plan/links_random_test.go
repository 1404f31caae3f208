package plan

import (
	"context"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// randomLinks is a random world of that release, in which RomM has linked people:
// mostly those whose accounts they are, sometimes others, or nobody who is there.
func randomLinks(rng *rand.Rand, v model.Version) model.World {
	w := randomWorld(rng)
	if rng.IntN(3) == 0 { // one whose set-up is known, too
		s := standing()
		s.Locals, s.Directory.Identities = w.Locals, w.Directory.Identities
		w = s
	}
	w.Settings.Version, w.Settings.AllowRegistration = v, rng.IntN(2) == 0
	w.Provider.Issuer, w.Provider.SubMode = "https://auth.example.org/application/o/romm/", model.SubHashedUserID
	if !v.Links() {
		return w
	}
	taken := map[model.OIDCLink]bool{}
	for i := range w.Locals {
		u := &w.Locals[i]
		issuer, subject := w.Provider.Issuer, "of nobody "+strconv.Itoa(i)
		for _, id := range w.Directory.Identities {
			if id.Username == u.Username || rng.IntN(8) == 0 {
				subject = id.UID
			}
		}
		if rng.IntN(8) == 0 {
			issuer = "https://old.example.org/"
		}
		if u.Link = model.NewOIDCLink(model.Untrusted(issuer), model.Untrusted(subject)); taken[u.Link] || rng.IntN(3) == 0 {
			u.Link = model.Unlinked()
		}
		taken[u.Link] = true
	}
	return w
}

// builders are those that change who gets in where, on chance.
var builders = map[string]func(*rand.Rand, context.Context, *model.Review) (Draft, error){
	"unlink": func(rng *rand.Rand, ctx context.Context, r *model.Review) (Draft, error) {
		return Unlink(ctx, r, some(rng, r)...)
	},
	"link": func(rng *rand.Rand, _ context.Context, r *model.Review) (Draft, error) {
		return Whole(LinkTo(r, 1+rng.Int64N(4), 1+rng.Int64N(4)))
	},
	"set-email": func(rng *rand.Rand, _ context.Context, r *model.Review) (Draft, error) {
		return Whole(LocalEmail(r, 1+rng.Int64N(4), anAddress(rng)))
	},
	"set-email in Authentik": func(rng *rand.Rand, _ context.Context, r *model.Review) (Draft, error) {
		return Whole(IDPEmail(r, 1+rng.Int64N(4), anAddress(rng)))
	},
	"match emails": func(rng *rand.Rand, ctx context.Context, r *model.Review) (Draft, error) {
		return MatchEmails(ctx, r, some(rng, r)...)
	},
	"fix": func(_ *rand.Rand, ctx context.Context, r *model.Review) (Draft, error) { return SafeFixes(ctx, r) },
	"disable": func(rng *rand.Rand, ctx context.Context, r *model.Review) (Draft, error) {
		return Enabled(ctx, r, rng.IntN(4) == 0, some(rng, r)...)
	},
	"apply-role": func(rng *rand.Rand, ctx context.Context, r *model.Review) (Draft, error) {
		return RoleNow(ctx, r, some(rng, r)...)
	},
	"role": func(rng *rand.Rand, _ context.Context, r *model.Review) (Draft, error) {
		return Whole(RoleRow(r, []model.GroupID{gAdmins, gUsers, gChild}[rng.IntN(3)], []model.Role{model.RoleNone, model.RoleUser, model.RoleAdmin}[rng.IntN(3)]))
	},
	"pin": func(rng *rand.Rand, _ context.Context, r *model.Review) (Draft, error) {
		return Whole(Pin(r, 1+rng.Int64N(4), 1+rng.Int64N(4)))
	},
	"set up": func(rng *rand.Rand, _ context.Context, r *model.Review) (Draft, error) {
		have := r.World.Setup.Provider
		if have == nil {
			return Draft{}, &model.Error{Code: model.CodeNothing}
		}
		to := *have
		to.SubMode, to.IssuerMode = []string{"", model.SubEmail, model.SubUsername}[rng.IntN(3)], []string{"", model.IssuerGlobal}[rng.IntN(2)]
		p := Plan{Title: SetupTitle, Purpose: PurposeSetUp, Changes: []Change{{
			Kind: ChangeProvider, Side: SideAuthentik, Object: "id", Before: encodeProvider(*have), After: encodeProvider(to),
		}}}
		return Draft{Plan: p.LosesLinks()}, nil
	},
}

func some(rng *rand.Rand, r *model.Review) []int64 {
	var out []int64
	for _, u := range r.World.Locals {
		if rng.IntN(2) == 0 {
			out = append(out, u.ID)
		}
	}
	return out
}

func anAddress(rng *rand.Rand) string {
	return []string{"ann", "bob", "cid", "new"}[rng.IntN(4)] + "@x.org"
}

// adminsByHand counts the people of the group of admins who get in, told without
// Decide: by the link, else by the address (docs/romm.md rows 21 to 23).
func adminsByHand(w model.World) (n int) {
	for _, id := range w.Directory.Identities {
		admin := id.Active && id.AddressTrusted() && slices.ContainsFunc(w.Roles.Rows, func(row model.RoleRow) bool {
			return row.Role == model.RoleAdmin && (slices.Contains(id.Groups, row.Group) || row.Group == gUsers && slices.Contains(id.Groups, gChild))
		})
		if w.Provider.Table != nil {
			admin = id.Active && id.AddressTrusted() && slices.Contains(id.Groups, gAdmins)
		}
		if admin && opensByHand(w, id) {
			n++
		}
	}
	return n
}

func opensByHand(w model.World, id model.Identity) bool {
	link, err := w.Provider.LinkOf(id)
	var byAddress *model.LocalUser
	nameTaken := false
	for i := range w.Locals {
		u := &w.Locals[i]
		if err == nil && w.Settings.Version.Links() && u.Link == link {
			return u.Enabled
		}
		if strings.EqualFold(u.Email.Raw(), id.Email.Raw()) && id.Email != "" {
			byAddress = u
		}
		nameTaken = nameTaken || strings.EqualFold(u.Username.Raw(), id.Username.Raw())
	}
	if byAddress == nil {
		return w.Settings.AllowRegistration && !nameTaken && id.Email != ""
	}
	return byAddress.Enabled && !(w.Settings.Version.Links() && byAddress.Link.Linked() && byAddress.Link.Issuer == link.Issuer)
}

// TestNoPlanOfLinksLosesTheLastAdmin proves S5 with links: over random worlds of
// three families no accepted plan of any builder leaves RomM without an admin who
// can sign in, by our judgement and by a count of its own; a plan and its undo are
// the identity.
func TestNoPlanOfLinksLosesTheLastAdmin(t *testing.T) {
	t.Parallel()
	worlds := 1000
	if testing.Short() {
		worlds = 200
	}
	if os.Getenv("ROMM_ADMIN_LIMITS") != "" {
		worlds = 10000
	}
	for _, v := range []model.Version{{Major: 5, Minor: 2}, {Major: 5, Minor: 4}, {Major: 5, Minor: 5}} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(uint64(v.Minor), 14))
			accepted, refused := map[string]int{}, map[string]int{}
			for n := range worlds {
				r := model.Judge(randomLinks(rng, v))
				for name, build := range builders {
					rng := rand.New(rand.NewPCG(uint64(n), uint64(len(name)))) // the order of a map is chance
					d, err := build(rng, t.Context(), r)
					if err != nil {
						continue
					}
					after, _, err := Simulate(t.Context(), r, d.Plan)
					if err != nil {
						refused[name]++
						continue
					}
					accepted[name]++
					keepsAnAdmin(t, r, after, d.Plan)
				}
			}
			for name := range builders {
				few := !v.Links() && (name == "unlink" || name == "link") // there are none
				if (accepted[name] < worlds/100) != few {
					t.Errorf("%s: %d plans were accepted in %d worlds", name, accepted[name], worlds)
				}
			}
			t.Logf("accepted %v, refused %v", accepted, refused)
		})
	}
}

func keepsAnAdmin(t *testing.T, r, after *model.Review, p Plan) {
	t.Helper()
	if r.Stats.UsableAdmins > 0 && (after.Stats.UsableAdmins == 0 || adminsByHand(after.World) == 0) {
		t.Fatalf("plan %q leaves %d admins, counted by hand %d: %+v", p.Title, after.Stats.UsableAdmins, adminsByHand(after.World), p.Changes)
	}
	if p.Purpose.SetsUp() {
		return // what its undo is, is its own test
	}
	w := after.World
	var err error
	for _, c := range p.Inverse().Changes {
		if w, err = After(w, c); err != nil {
			t.Fatalf("undo of %q: %v", p.Title, err)
		}
	}
	if back := model.Judge(w); !reflect.DeepEqual(back.Pairs, r.Pairs) || !reflect.DeepEqual(back.World.Locals, r.World.Locals) {
		t.Fatalf("undo of %q is not the identity", p.Title)
	}
}
