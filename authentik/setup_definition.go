package authentik

import (
	"context"
	"net/url"

	"github.com/romm-admin/romm-admin/model"
)

const permViewDefinition = "authentik_core.view_objectattribute"

// hasDefinitions reports whether that release has definitions of attributes.
func hasDefinitions(version string) bool {
	r := ParseRelease(version)
	return r.Known() && r.AtLeast(2026, 8)
}

// definitions lists the enabled definitions of user attributes, which servers
// before 2026.8 do not have (docs/authentik.md 4.7).
func (r *reading) definitions(ctx context.Context) (out []model.AttributeDefinition, unknown string) {
	if !hasDefinitions(r.version) {
		return nil, ""
	}
	type wire struct {
		PK   string          `json:"pk"`
		Key  model.Untrusted `json:"key"`
		Type model.Untrusted `json:"type"`
	}
	rows, err := list[wire]{
		what: "definitions of attributes",
		call: call{
			op: "list definitions of attributes", path: "/core/object_attributes/", permission: permViewDefinition,
			query: url.Values{"object_type__model": {"user"}, "enabled": {"true"}, "ordering": {"key"}},
		},
		key: func(d wire) (string, bool) { return d.PK, d.PK != "" },
	}.whole(ctx, r.c)
	if err != nil {
		return nil, withHint("", err)
	}
	for _, d := range rows {
		out = append(out, model.AttributeDefinition{Key: d.Key, Type: d.Type})
	}
	return out, ""
}
