package authentik

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	api "goauthentik.io/api/v3"

	"github.com/romm-admin/romm-admin/model"
)

const (
	permAddMapping    = "authentik_providers_oauth2.add_scopemapping"
	permChangeMapping = "authentik_providers_oauth2.change_scopemapping"
	permDeleteMapping = "authentik_providers_oauth2.delete_scopemapping"
)

// ours says whether `managed` marks an object that romm-admin made. Nothing
// else is ever edited (S36): stock objects belong to Authentik's blueprints.
func ours(managed string) bool { return managed == ManagedEmail || managed == ManagedRoles }

// mappings lists all scope mappings that the token can see.
func (c *Client) mappings(ctx context.Context) ([]Mapping, error) {
	rows, err := mappingList().whole(ctx, c)
	if err != nil {
		return nil, err
	}
	out := make([]Mapping, len(rows))
	for i, row := range rows {
		out[i] = row.mapping()
	}
	return out, nil
}

func mappingList() list[wireMapping] {
	return list[wireMapping]{
		what: "scope mappings",
		call: call{
			op: "list scope mappings", path: "/propertymappings/provider/scope/", permission: permViewMapping,
			query: url.Values{"ordering": {"pk"}},
		},
		key: func(m wireMapping) (string, bool) { return m.PK, m.PK != "" },
	}
}

// mapping finds the mapping that carries the marker, or the zero Mapping: never
// by name (S36). Authentik keeps markers unique.
func (c *Client) mapping(ctx context.Context, managed string) (Mapping, error) {
	all, err := c.mappings(ctx)
	for _, m := range all {
		if m.Managed == managed {
			return m, err
		}
	}
	return Mapping{}, err
}

// SetMapping makes, changes or removes the scope mapping with that mark, which
// must be one of ours; nil is none. It refuses with CodeConflict what is not as
// before any more (S35), writes, and reads back. Making one that is there as
// wanted writes nothing, so that trying again never makes a second one.
func (c *Client) SetMapping(ctx context.Context, mark string, before, after *model.ScopeMapping) error {
	const op = "write a scope mapping"
	if err := oneObject(op, before, after, func(m model.ScopeMapping) bool { return m.Mark == mark }); err != nil {
		return err
	}
	if !ours(mark) {
		return refused(op, "only mappings that romm-admin makes can be written")
	}
	var want Mapping
	if after != nil {
		var err error
		if want, err = c.templates.render(op, *after); err != nil {
			return err
		}
		if want.Name == "" || want.Scope == "" {
			return invalidWrite(op, "name or scope is missing", "give both")
		}
	}
	now, err := c.mapping(ctx, mark)
	switch {
	case err != nil:
		return err
	case before == nil && now.ID == "":
		return c.createMapping(ctx, want)
	case before == nil && sameMapping(now, want):
		return nil
	case before == nil:
		return conflict(op, fmt.Sprintf("the mapping %q is there already and differs", now.Name))
	case now.ID == "":
		return conflict(op, fmt.Sprintf("Authentik has no mapping %q of romm-admin any more", before.Name))
	case !c.templates.describe(now).Same(*before):
		return conflict(op, fmt.Sprintf("the mapping %q is not as it was seen", now.Name))
	case after == nil:
		return c.deleteMapping(ctx, now)
	}
	return c.updateMapping(ctx, now, want)
}

func (c *Client) createMapping(ctx context.Context, want Mapping) error {
	req := api.NewScopeMappingRequest(want.Name.Raw(), want.Expression, want.Scope)
	req.SetManaged(want.Managed)
	_, err := change[Mapping]{
		call: call{
			op: "create a scope mapping", method: http.MethodPost, path: "/propertymappings/provider/scope/", permission: permAddMapping,
		},
		object: fmt.Sprintf("the mapping %q", want.Name),
		read:   func(ctx context.Context) (Mapping, error) { return c.mapping(ctx, want.Managed) },
		judge:  func(now Mapping) (standing, string) { return created(now.ID != "", sameMapping(now, want)) },
	}.send(ctx, c, req)
	return nameTaken(err)
}

func (c *Client) updateMapping(ctx context.Context, before, after Mapping) error {
	patch := api.PatchedScopeMappingRequest{}
	if before.Name != after.Name {
		patch.SetName(after.Name.Raw())
	}
	if before.Scope != after.Scope {
		patch.SetScopeName(after.Scope)
	}
	if before.Expression != after.Expression {
		patch.SetExpression(after.Expression)
	}
	_, err := change[Mapping]{
		call: call{
			op: "change a scope mapping", method: http.MethodPatch, path: mappingPath(before.ID), permission: permChangeMapping,
		},
		object: fmt.Sprintf("the mapping %q", before.Name),
		read:   func(ctx context.Context) (Mapping, error) { return c.mapping(ctx, before.Managed) },
		judge: func(now Mapping) (standing, string) {
			switch {
			case sameMapping(now, after):
				return standsAfter, ""
			case sameMapping(now, before):
				return standsBefore, ""
			}
			return standsOther, "it has other contents"
		},
	}.send(ctx, c, patch)
	return nameTaken(err)
}

// deleteMapping removes a mapping of ours. Authentik would take it from every
// provider that selects it, and the claims with it, so that one which is still
// selected, be it by another application's, is CodeConflict.
func (c *Client) deleteMapping(ctx context.Context, m Mapping) error {
	const op = "delete a scope mapping"
	users, err := c.providers(ctx, call{op: op})
	if err != nil {
		return err
	}
	for _, p := range users {
		if p.selects(m.ID) {
			return &model.Error{
				Code: model.CodeConflict, Op: op, Msg: fmt.Sprintf("the provider %q selects the mapping %q", p.Name, m.Name),
				Hint: "take it from that provider in Authentik first, if nothing needs what it sends",
			}
		}
	}
	return c.remove(ctx, call{op: op, path: mappingPath(m.ID), permission: permDeleteMapping},
		fmt.Sprintf("the mapping %q", m.Name), func(ctx context.Context) (bool, error) {
			now, err := c.mapping(ctx, m.Managed)
			return now.ID == m.ID, err
		})
}

func mappingPath(id string) string {
	return "/propertymappings/provider/scope/" + url.PathEscape(id) + "/"
}

// sameMapping compares what set-up writes. Authentik trims expressions.
func sameMapping(a, b Mapping) bool {
	return a.Name == b.Name && a.Scope == b.Scope && strings.TrimSpace(a.Expression) == strings.TrimSpace(b.Expression)
}

// oneObject refuses a write whose two ends are not the object that is meant, or
// are both nothing.
func oneObject[T any](op string, before, after *T, meant func(T) bool) error {
	if before == nil && after == nil || before != nil && !meant(*before) || after != nil && !meant(*after) {
		return invalidWrite(op, "before and after are not the same object", "reload and try again")
	}
	return nil
}

func invalidWrite(op, msg, hint string) error {
	return &model.Error{Code: model.CodeInvalid, Op: op, Msg: msg, Hint: hint}
}

func refused(op, msg string) error {
	return &model.Error{Code: model.CodeRefused, Op: op, Msg: msg, Hint: "change it in Authentik itself if it must be changed"}
}

// created judges an object that did not exist before the write.
func created(exists, asWanted bool) (standing, string) {
	switch {
	case !exists:
		return standsBefore, ""
	case asWanted:
		return standsAfter, ""
	}
	return standsOther, "it is there, with other contents"
}

// nameTaken gives a name that somebody else's object has a code of its own
// (docs/authentik.md 4.1).
func nameTaken(err error) error {
	var e *model.Error
	if !errors.As(err, &e) || e.Code != model.CodeInvalid || e.Err == nil {
		return err
	}
	if said := e.Err.Error(); !strings.Contains(said, "must be unique") && !strings.Contains(said, "already exists") {
		return err
	}
	out := *e
	out.Code, out.Msg = model.CodeConflict, "the name is taken by an object that romm-admin did not make"
	out.Hint = "rename or remove that object in Authentik, or choose another name"
	return &out
}

// remove deletes an object; there says whether it still exists.
func (c *Client) remove(ctx context.Context, k call, object string, there func(context.Context) (bool, error)) error {
	k.method = http.MethodDelete
	_, err := change[bool]{
		call: k, object: object, read: there,
		judge: func(there bool) (standing, string) {
			if there {
				return standsBefore, ""
			}
			return standsAfter, ""
		},
	}.send(ctx, c, nil)
	return err
}
