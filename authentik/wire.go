package authentik

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// wireUser names the keys of a user that all supported versions send
// (docs/authentik.md 4.2). There may be a hundred thousand, so texts are
// decoded as plain strings, which is twice as fast, and become untrusted in
// identity.
type wireUser struct {
	PK         int64      `json:"pk"`
	UUID       string     `json:"uuid"`
	UID        string     `json:"uid"`
	Username   string     `json:"username"`
	Name       string     `json:"name"`
	Email      string     `json:"email"`
	Active     bool       `json:"is_active"`
	Superuser  bool       `json:"is_superuser"`
	Type       string     `json:"type"`
	Path       string     `json:"path"`
	Groups     []string   `json:"groups"`
	Attributes attributes `json:"attributes"`
	LastLogin  string     `json:"last_login"` // null leaves it empty
}

// attributes are the three that are read. Their keys are matched exactly: the
// decoder would otherwise take ROMM_TRUSTED_EMAIL for one, which the mapping does
// not. Anything but a string is no address; the others are whatever they are, and
// verified is false where it is not there.
type attributes struct {
	trusted  string
	verified any
	upn      any
}

func (a *attributes) UnmarshalJSON(data []byte) error {
	*a = attributes{verified: false}
	trusts := bytes.Contains(data, []byte(model.AttrTrustedEmail))
	others := bytes.Contains(data, []byte(model.AttrEmailVerified)) || bytes.Contains(data, []byte(`"`+model.AttrUPN+`"`))
	if !trusts && !others && !bytes.Contains(data, []byte(`\u`)) {
		return nil
	}
	if !others && plain(data) && bytes.Count(bytes.ToLower(data), []byte(model.AttrTrustedEmail)) == 1 {
		// There is no other spelling to be taken for it, so the quick way is
		// as exact as the one below.
		var only struct {
			Address any `json:"romm_trusted_email"`
		}
		if json.Unmarshal(data, &only) == nil {
			address, _ := only.Address.(string)
			a.trusted = address
		}
		return nil
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(data, &all) != nil {
		return nil
	}
	if json.Unmarshal(all[model.AttrTrustedEmail], &a.trusted) != nil {
		a.trusted = ""
	}
	for name, into := range map[string]*any{model.AttrEmailVerified: &a.verified, model.AttrUPN: &a.upn} {
		if raw, ok := all[name]; ok {
			if value, err := model.ParseObject(slices.Concat([]byte(`{"value":`), raw, []byte(`}`))); err == nil {
				*into = value["value"]
			}
		}
	}
	return nil
}

// plain reports whether the JSON is ASCII without escapes: ſ is an s to the
// decoder, and an escape may be anything.
func plain(data []byte) bool {
	for _, b := range data {
		if b == '\\' || b >= 0x80 {
			return false
		}
	}
	return true
}

func (u wireUser) identity() model.Identity {
	id := model.Identity{
		PK: u.PK, UUID: u.UUID, UID: u.UID, UPN: u.Attributes.upn, Username: model.Untrusted(u.Username), Name: model.Untrusted(u.Name), Email: model.Untrusted(u.Email),
		Active: u.Active, Superuser: u.Superuser, Type: u.Type, Path: model.Untrusted(u.Path),
		TrustedEmail: model.Untrusted(u.Attributes.trusted), EmailVerified: u.Attributes.verified,
	}
	id.Groups = slices.Grow(id.Groups, len(u.Groups))
	for _, g := range u.Groups {
		id.Groups = append(id.Groups, groupID(g))
	}
	// A time that cannot be read is shown as "never"; it decides nothing.
	if at, err := time.Parse(time.RFC3339Nano, u.LastLogin); err == nil {
		id.LastLogin = at
	}
	return id
}

// wireGroup reads both shapes: one parent up to 2025.10, a list of them since
// 2025.12. The raw form of parent tells null from absent.
type wireGroup struct {
	PK        string          `json:"pk"`
	Name      model.Untrusted `json:"name"`
	Superuser bool            `json:"is_superuser"`
	Parent    json.RawMessage `json:"parent"`
	Parents   *[]string       `json:"parents"`
}

func (g wireGroup) group() model.Group {
	out := model.Group{ID: groupID(g.PK), Name: g.Name, Superuser: g.Superuser}
	if g.Parents != nil {
		for _, p := range *g.Parents {
			out.Parents = append(out.Parents, groupID(p))
		}
	}
	var parent string
	if json.Unmarshal(g.Parent, &parent) == nil && parent != "" {
		out.Parents = append(out.Parents, groupID(parent))
	}
	return out
}

// parentsKnown reports whether the server said anything about parents.
func (g wireGroup) parentsKnown() bool { return g.Parents != nil || g.Parent != nil }

func groupID(uuid string) model.GroupID { return model.GroupID(strings.ToLower(uuid)) }

type wireVersion struct {
	Current string `json:"version_current"`
}

type wireSession struct {
	User struct {
		Username  model.Untrusted `json:"username"`
		Superuser bool            `json:"is_superuser"`
	} `json:"user"`
}

type wireApplication struct {
	PK       string          `json:"pk"`
	Name     model.Untrusted `json:"name"`
	Slug     string          `json:"slug"`
	Provider *int64          `json:"provider"`
	Mode     string          `json:"policy_engine_mode"`
}

type wireProvider struct {
	PK       int64           `json:"pk"`
	Name     model.Untrusted `json:"name"`
	ClientID string          `json:"client_id"`
	Slug     *string         `json:"assigned_application_slug"`
	Mappings []string        `json:"property_mappings"`
	InToken  *bool           `json:"include_claims_in_id_token"`
	SubMode  string          `json:"sub_mode"`
}

// selects reports whether the provider selects the mapping with that UUID.
func (p wireProvider) selects(id string) bool {
	return slices.ContainsFunc(p.Mappings, func(m string) bool { return strings.EqualFold(m, id) })
}

type wireMapping struct {
	PK         string          `json:"pk"`
	Name       model.Untrusted `json:"name"`
	Scope      string          `json:"scope_name"`
	Managed    *string         `json:"managed"`
	Expression string          `json:"expression"`
}

func (m wireMapping) mapping() Mapping {
	out := Mapping{ID: m.PK, Name: m.Name, Scope: m.Scope, Expression: m.Expression}
	if m.Managed != nil {
		out.Managed = *m.Managed
	}
	return out
}
