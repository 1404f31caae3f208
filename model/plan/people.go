package plan

import (
	"context"
	"errors"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// Draft is a plan about several people, and who had to be left out of it.
type Draft struct {
	Plan Plan
	Left []LeftOut
	// Everybody says that nobody was chosen, so that who is left out is no failure.
	Everybody bool
}

// Whole makes a draft that leaves nobody out of a plan, or passes its error on.
func Whole(p Plan, err error) (Draft, error) { return Draft{Plan: p}, err }

// LeftOut is somebody who is not in a plan. Of CodeNothing, what was asked for is
// the case already.
type LeftOut struct {
	Who model.Untrusted
	Why error
}

// Reason is why, in a phrase that is the same for everybody whom the same keeps
// out.
func (l LeftOut) Reason() string {
	if model.CodeOf(l.Why) == model.CodeNothing {
		return "it is so already"
	}
	var e *model.Error
	if errors.As(l.Why, &e) {
		return model.Clean(e.Msg)
	}
	return model.Clean(l.Why.Error())
}

// batch collects what can be planned for several people; one who is left out
// does not stop the others.
type batch struct {
	Draft
	asked int
}

func (b *batch) leave(who model.Untrusted, why error) { b.Left = append(b.Left, LeftOut{who, why}) }

func (b *batch) add(changes ...Change) { b.Plan.Changes = append(b.Plan.Changes, changes...) }

// addIfAllowed adds a change unless RomM is certain to refuse it to us.
func (b *batch) addIfAllowed(r *model.Review, c Change) error {
	if why := callerRefuses(r.World, c); why != nil {
		return why
	}
	b.add(c)
	return nil
}

// finish returns the draft. Where nobody is left in it, the error is nothing if
// that is all there is to say, the reason itself if one person was asked for,
// and else that it is possible for nobody.
func (b *batch) finish(nothing error) (Draft, error) {
	if len(b.Plan.Changes) > 0 {
		return b.Draft, nil
	}
	idle := true
	for _, l := range b.Left {
		idle = idle && model.CodeOf(l.Why) == model.CodeNothing
	}
	switch {
	case idle && nothing != nil:
		return Draft{}, nothing
	case b.asked == 1:
		return Draft{}, b.Left[0].Why
	}
	return Draft{Left: b.Left}, &model.Error{Code: model.CodeInvalid, Msg: "this is possible for nobody of those selected", Hint: "the reasons are below"}
}

func alreadySo(format string, args ...any) error {
	return &model.Error{Code: model.CodeNothing, Msg: fmt.Sprintf(format, args...), Hint: "nothing needs to be done"}
}

// people finds the rows of a review by their keys, for plans about many of
// them.
type people struct {
	r         *model.Review
	byAccount map[int64]*model.Pair
	byPK      map[int64]*model.Pair
}

func peopleOf(r *model.Review) people {
	p := people{r, make(map[int64]*model.Pair, len(r.Pairs)), make(map[int64]*model.Pair, len(r.Pairs))}
	for i := range r.Pairs {
		pair := &r.Pairs[i]
		if pair.Local != nil {
			p.byAccount[pair.Local.ID] = pair
		}
		if pair.Identity != nil {
			p.byPK[pair.Identity.PK] = pair
		}
	}
	return p
}

// eachAccount calls visit for each of these RomM accounts; who is gone, or for
// whom visit fails, is left out. It ends early when the context does.
func (b *batch) eachAccount(ctx context.Context, p people, ids []int64, visit func(pair *model.Pair) error) error {
	return b.each(ctx, ids, func(id int64) (model.Untrusted, error) {
		pair, ok := p.byAccount[id]
		if !ok {
			return "id " + decimal(id), noAccount(id)
		}
		return pair.Local.Username, visit(pair)
	})
}

// eachIdentity is eachAccount for Authentik users.
func (b *batch) eachIdentity(ctx context.Context, p people, pks []int64, visit func(pair *model.Pair) error) error {
	return b.each(ctx, pks, func(pk int64) (model.Untrusted, error) {
		pair, ok := p.byPK[pk]
		if !ok {
			return "key " + decimal(pk), notInAuthentik(pk)
		}
		return pair.Identity.Username, visit(pair)
	})
}

func (b *batch) each(ctx context.Context, ids []int64, visit func(id int64) (model.Untrusted, error)) error {
	b.asked = len(ids)
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		if who, err := visit(id); err != nil {
			b.leave(who, err)
		}
	}
	return nil
}

func notInAuthentik(pk int64) error {
	return &model.Error{Code: model.CodeNotFound, Msg: fmt.Sprintf("no Authentik user has the key %d", pk), Hint: "reload, the user may be gone"}
}

func noAccount(id int64) error {
	return &model.Error{Code: model.CodeNotFound, Msg: fmt.Sprintf("no RomM account has the id %d", id), Hint: "reload, the account may be gone"}
}
