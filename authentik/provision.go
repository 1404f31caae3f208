package authentik

import (
	"context"
	"fmt"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// setupOf picks out what set-up made; whole says that nothing is missing from
// the list.
func setupOf(all []wireMapping, whole bool) model.Setup {
	out := model.Setup{Known: whole}
	for _, w := range all {
		if m := w.mapping(); ours(m.Managed) {
			out.Mappings = append(out.Mappings, describeMapping(m))
		}
	}
	return out
}

// describeMapping says what a mapping does; a text that is not one of our
// templates is only known by its sum.
func describeMapping(m Mapping) model.ScopeMapping {
	out := model.ScopeMapping{Mark: m.Managed, Name: m.Name, Scope: m.Scope}
	known, _ := Recognise(m.Expression)
	switch known.Kind {
	case KindEmailAlways:
		out.Verified = model.VerifiedAlways
	case KindEmailAddress:
		out.Verified = model.VerifiedAddress
	case KindRoles:
		table := known.Roles.Compiled()
		out.Roles = &table
	default:
		out.Unknown = model.UnknownText(strings.TrimSpace(m.Expression))
	}
	return out
}

// renderMapping is the mapping that does what m says.
func renderMapping(op string, m model.ScopeMapping) (Mapping, error) {
	out := Mapping{Name: m.Name, Scope: m.Scope, Managed: m.Mark}
	switch {
	case m.Roles != nil:
		t := *m.Roles
		text, err := RenderRoles(RolesParams{CompanionURL: t.Companion, Table: t.Rows, Rank: t.Rank, Default: t.Default})
		out.Expression = text
		return out, err
	case m.Verified == model.VerifiedAddress:
		out.Expression = EmailAddress
	case m.Verified == model.VerifiedAlways:
		out.Expression = EmailAlways
	default:
		return out, &model.Error{
			Code: model.CodeRefused, Op: op, Msg: fmt.Sprintf("the text that the mapping %q had was not made by romm-admin, and is not kept", m.Name),
			Hint: "restore it in Authentik, from wherever it came",
		}
	}
	return out, nil
}

// SetMapping makes, changes or removes the scope mapping with that mark, which
// must be one of ours; nil is none. It refuses with CodeConflict what is not
// as before any more (S35), writes, and reads back.
func (c *Client) SetMapping(ctx context.Context, mark string, before, after *model.ScopeMapping) error {
	const op = "write a scope mapping"
	if before == nil && after == nil || before != nil && before.Mark != mark || after != nil && after.Mark != mark {
		return &model.Error{Code: model.CodeInvalid, Op: op, Msg: "before and after are not the same mapping", Hint: "reload and try again"}
	}
	var want Mapping
	if after != nil {
		var err error
		if want, err = renderMapping(op, *after); err != nil {
			return err
		}
	}
	if before == nil {
		_, err := c.CreateMapping(ctx, want)
		return err
	}
	now, err := c.FindMapping(ctx, mark)
	switch {
	case err != nil:
		return err
	case now.ID == "":
		return conflict(op, fmt.Sprintf("Authentik has no mapping %q of romm-admin any more", before.Name))
	case !describeMapping(now).Same(*before):
		return conflict(op, fmt.Sprintf("the mapping %q is not as it was seen", now.Name))
	case after == nil:
		return c.DeleteMapping(ctx, now)
	}
	want.ID = now.ID
	_, err = c.UpdateMapping(ctx, now, want)
	return err
}
