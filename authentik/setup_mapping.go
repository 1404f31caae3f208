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

// Mappings lists all scope mappings that the token can see. Unlike a reading
// it refuses a list that may not be whole, with CodeUnavailable: an object that
// is merely missing from it would be made a second time.
func (c *Client) Mappings(ctx context.Context) ([]Mapping, error) {
	l := mappingList()
	rows, short, err := l.read(ctx, c)
	if err == nil && short != "" {
		err = notWhole(l.call.op, short)
	}
	if err != nil {
		return nil, err
	}
	out := make([]Mapping, len(rows))
	for i, row := range rows {
		out[i] = row.mapping()
	}
	return out, nil
}

func notWhole(op, why string) error {
	return &model.Error{
		Code: model.CodeUnavailable, Op: op, Err: errors.New(why),
		Msg: "the list is not whole, so nothing can be told from it", Hint: "try again",
	}
}

func mappingList() list[wireMapping] {
	return list[wireMapping]{
		what: "scope mappings",
		call: call{
			op: "list scope mappings", path: "/propertymappings/provider/scope/", permission: permViewMapping,
			query: url.Values{"ordering": {"pk"}},
		},
		key:      func(m wireMapping) (string, bool) { return m.PK, m.PK != "" },
		announce: func(int) {},
		arrived:  func(int) {},
	}
}

// FindMapping finds the mapping that carries the marker, or the zero Mapping:
// never by name (S36). Authentik keeps markers unique.
func (c *Client) FindMapping(ctx context.Context, managed string) (Mapping, error) {
	all, err := c.Mappings(ctx)
	if err != nil {
		return Mapping{}, err
	}
	for _, m := range all {
		if m.Managed == managed {
			return m, nil
		}
	}
	return Mapping{}, nil
}

// CreateMapping makes the mapping that want describes; its marker must be one
// of ours. If the marker exists already nothing is written: the mapping is
// returned when it is as wanted, and otherwise the error is CodeConflict, also
// when only the name is taken. A lost answer is resolved by the marker, so
// trying again never makes a second one.
func (c *Client) CreateMapping(ctx context.Context, want Mapping) (Mapping, error) {
	const op = "create a scope mapping"
	if err := checkMapping(op, want); err != nil {
		return Mapping{}, err
	}
	now, err := c.FindMapping(ctx, want.Managed)
	switch {
	case err != nil:
		return Mapping{}, err
	case now.ID != "" && sameMapping(now, want):
		return now, nil
	case now.ID != "":
		return Mapping{}, conflict(op, fmt.Sprintf("the mapping %q is there already and differs", now.Name))
	}
	req := api.NewScopeMappingRequest(want.Name.Raw(), want.Expression, want.Scope)
	req.SetManaged(want.Managed)
	body, err := payload(op, req)
	if err != nil {
		return Mapping{}, err
	}
	made, err := change[Mapping]{
		call: call{
			op: op, method: http.MethodPost, path: "/propertymappings/provider/scope/", body: body,
			permission: permAddMapping, limit: documentLimit,
		},
		object: fmt.Sprintf("the mapping %q", want.Name),
		read:   func(ctx context.Context) (Mapping, error) { return c.FindMapping(ctx, want.Managed) },
		judge:  func(now Mapping) (standing, string) { return created(now.ID != "", sameMapping(now, want)) },
	}.make(ctx, c)
	return made, nameTaken(err)
}

// created judges something that did not exist before.
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
// (reference/authentik.md 4.1, 400).
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

// UpdateMapping brings the mapping before, found by its ID, to what after
// says: name, scope and expression. It refuses with CodeConflict what is not
// as before any more (S35), and with CodeRefused what is not marked as ours.
func (c *Client) UpdateMapping(ctx context.Context, before, after Mapping) (Mapping, error) {
	const op = "change a scope mapping"
	if err := checkMapping(op, after); err != nil {
		return Mapping{}, err
	}
	if before.Managed != after.Managed {
		return Mapping{}, refused(op, "the marker of a mapping never changes")
	}
	if err := c.mappingStands(ctx, op, before); err != nil {
		return Mapping{}, err
	}
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
	body, err := payload(op, patch)
	if err != nil {
		return Mapping{}, err
	}
	got, err := change[Mapping]{
		call: call{
			op: op, method: http.MethodPatch, path: mappingPath(before.ID), body: body,
			permission: permChangeMapping, limit: documentLimit,
		},
		object: fmt.Sprintf("the mapping %q", before.Name),
		read:   func(ctx context.Context) (Mapping, error) { return c.mapping(ctx, op, before.ID) },
		judge: func(now Mapping) (standing, string) {
			switch {
			case sameMapping(now, after):
				return standsAfter, ""
			case sameMapping(now, before):
				return standsBefore, ""
			}
			return standsOther, "it has other contents"
		},
	}.make(ctx, c)
	return got, nameTaken(err)
}

// DeleteMapping removes a mapping of ours that is still as before. Authentik
// would take it from every provider that selects it, and the claims with it, so
// that one which is still selected, be it by another application's, is
// CodeConflict.
func (c *Client) DeleteMapping(ctx context.Context, before Mapping) error {
	const op = "delete a scope mapping"
	if err := c.mappingStands(ctx, op, before); err != nil {
		return err
	}
	users, err := c.providers(ctx, call{op: op})
	if err != nil {
		return err
	}
	for _, p := range users {
		if p.selects(before.ID) {
			return &model.Error{
				Code: model.CodeConflict, Op: op, Msg: fmt.Sprintf("the provider %q selects the mapping %q", p.Name, before.Name),
				Hint: "take it from that provider in Authentik first, if nothing needs what it sends",
			}
		}
	}
	return c.remove(ctx, call{op: op, path: mappingPath(before.ID), permission: permDeleteMapping},
		fmt.Sprintf("the mapping %q", before.Name), func(ctx context.Context) error {
			_, err := c.mapping(ctx, op, before.ID)
			return err
		})
}

// mappingStands checks that the mapping is ours and as it was seen.
func (c *Client) mappingStands(ctx context.Context, op string, before Mapping) error {
	now, err := c.mapping(ctx, op, before.ID)
	if err != nil {
		return err
	}
	if !ours(now.Managed) {
		return refused(op, fmt.Sprintf("the mapping %q was not made by romm-admin", now.Name))
	}
	if now.Managed != before.Managed || !sameMapping(now, before) {
		return conflict(op, fmt.Sprintf("the mapping %q is not as it was seen", now.Name))
	}
	return nil
}

func (c *Client) mapping(ctx context.Context, op, id string) (Mapping, error) {
	if !uuidPattern.MatchString(strings.ToLower(id)) {
		return Mapping{}, &model.Error{Code: model.CodeInvalid, Op: op, Msg: fmt.Sprintf("%q is not the id of a mapping", model.Clean(id)), Hint: "reload and try again"}
	}
	k := call{op: op, path: mappingPath(id), permission: permViewMapping, limit: documentLimit}
	body, err := c.get(ctx, k)
	if err != nil {
		return Mapping{}, err
	}
	var m wireMapping
	if err := decode(k, body, &m); err != nil {
		return Mapping{}, err
	}
	if !strings.EqualFold(m.PK, id) {
		return Mapping{}, notAPI(k, fmt.Errorf("asked for mapping %s and got %s", id, m.PK))
	}
	return m.mapping(), nil
}

func mappingPath(id string) string { return "/propertymappings/provider/scope/" + id + "/" }

// sameMapping compares what set-up writes. Authentik trims expressions.
func sameMapping(a, b Mapping) bool {
	return a.Name == b.Name && a.Scope == b.Scope && strings.TrimSpace(a.Expression) == strings.TrimSpace(b.Expression)
}

func checkMapping(op string, m Mapping) error {
	switch {
	case !ours(m.Managed):
		return refused(op, "only mappings that romm-admin makes can be written")
	case m.Name == "" || m.Scope == "" || strings.TrimSpace(m.Expression) == "":
		return &model.Error{Code: model.CodeInvalid, Op: op, Msg: "name, scope or expression is missing", Hint: "give all three"}
	}
	return nil
}

func refused(op, msg string) error {
	return &model.Error{Code: model.CodeRefused, Op: op, Msg: msg, Hint: "change it in Authentik itself if it must be changed"}
}

// gone is what is left of a removed object.
type gone bool

// remove deletes an object; read must say CodeNotFound afterwards.
func (c *Client) remove(ctx context.Context, k call, object string, read func(context.Context) error) error {
	k.method, k.limit = http.MethodDelete, documentLimit
	_, err := change[gone]{
		call: k, object: object,
		read: func(ctx context.Context) (gone, error) {
			err := read(ctx)
			if model.CodeOf(err) == model.CodeNotFound {
				return true, nil
			}
			return false, err
		},
		judge: func(g gone) (standing, string) {
			if g {
				return standsAfter, ""
			}
			return standsBefore, ""
		},
	}.make(ctx, c)
	return err
}
