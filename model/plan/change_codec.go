package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

type mappingJSON struct {
	Name     model.Untrusted    `json:"name"`
	Scope    model.Untrusted    `json:"scope"`
	Verified model.VerifiedRule `json:"email_verified,omitempty"`
	Roles    *tableJSON         `json:"roles,omitempty"`
	Unknown  string             `json:"unknown_sha256,omitempty"`
}

type tableJSON struct {
	Companion model.Untrusted   `json:"companion"`
	Groups    []groupJSON       `json:"groups"`
	Default   model.Untrusted   `json:"default"`
	Rank      []model.Untrusted `json:"rank"`
}

type groupJSON struct {
	Group model.GroupID `json:"group"`
	// Name is what the group was called when this was written: a label that
	// nothing compares.
	Name model.Untrusted `json:"name,omitempty"`
	Role model.Untrusted `json:"role"`
}

// encode writes the mapping as Change.Before and After: JSON of one line,
// equal for mappings that say the same but for the labels of groups, which
// name gives; nil gives none.
func encodeMapping(m model.ScopeMapping, name func(model.GroupID) model.Untrusted) model.Untrusted {
	out := mappingJSON{Name: m.Name, Scope: model.Untrusted(m.Scope), Verified: m.Verified, Unknown: m.Unknown}
	if t := m.Roles; t != nil {
		out.Roles = &tableJSON{Companion: model.Untrusted(t.Companion), Groups: []groupJSON{}, Default: model.Untrusted(t.Default), Rank: []model.Untrusted{}}
		for _, token := range t.Rank {
			out.Roles.Rank = append(out.Roles.Rank, model.Untrusted(token))
		}
		for _, row := range t.SortedRows() {
			g := groupJSON{Group: row.Group, Role: model.Untrusted(row.Token)}
			if name != nil {
				g.Name = name(row.Group)
			}
			out.Roles.Groups = append(out.Roles.Groups, g)
		}
	}
	return canonicalJSON(out)
}

// canonicalJSON encodes texts and lists of texts, which cannot fail.
func canonicalJSON(v any) model.Untrusted {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return model.Untrusted(fmt.Sprintf("%q", err.Error())) // equal to nothing that is read
	}
	return model.Untrusted(bytes.TrimSpace(b.Bytes()))
}

// parseMapping reads what encode wrote, with the labels of its groups. It
// refuses unknown members: they would be lost at the next write.
func parseMapping(mark string, text model.Untrusted) (model.ScopeMapping, map[model.GroupID]model.Untrusted, error) {
	var in mappingJSON
	if err := strictJSON(text, &in); err != nil {
		return model.ScopeMapping{}, nil, err
	}
	m := model.ScopeMapping{Mark: mark, Name: in.Name, Scope: in.Scope.Raw(), Verified: in.Verified, Unknown: in.Unknown}
	labels := map[model.GroupID]model.Untrusted{}
	if in.Roles != nil {
		m.Roles = &model.RoleTable{Companion: in.Roles.Companion.Raw(), Default: in.Roles.Default.Raw()}
		for _, token := range in.Roles.Rank {
			m.Roles.Rank = append(m.Roles.Rank, token.Raw())
		}
		for _, g := range in.Roles.Groups {
			m.Roles.Rows = append(m.Roles.Rows, model.RoleTableRow{Group: g.Group, Token: g.Role.Raw()})
			labels[g.Group] = g.Name
		}
	}
	return m, labels, nil
}

func strictJSON(text model.Untrusted, into any) error {
	dec := json.NewDecoder(bytes.NewReader([]byte(text.Raw())))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return &model.Error{
			Code: model.CodeInvalid, Msg: "the change does not say what it sets", Err: err,
			Hint: "it was recorded by another release of romm-admin: make the change anew",
		}
	}
	return nil
}

type providerJSON struct {
	Name              model.Untrusted     `json:"name"`
	ClientID          model.Untrusted     `json:"client_id"`
	Public            bool                `json:"public,omitempty"`
	AuthorizationFlow model.Ref           `json:"authorization_flow"`
	InvalidationFlow  model.Ref           `json:"invalidation_flow"`
	SigningKey        model.Ref           `json:"signing_key"`
	EncryptionKey     model.Ref           `json:"encryption_key"`
	RedirectURIs      []model.RedirectURI `json:"redirect_uris"`
	Mappings          []model.Ref         `json:"mappings"`
	ClaimsInIDToken   bool                `json:"claims_in_id_token"`
	GrantTypes        []string            `json:"grant_types"`
	SubMode           string              `json:"sub_mode,omitempty"`
	IssuerMode        string              `json:"issuer_mode,omitempty"`
}

func encodeProvider(p model.OAuthProvider) model.Untrusted {
	return canonicalJSON(providerJSON{
		p.Name, model.Untrusted(p.ClientID), p.Public, p.AuthorizationFlow, p.InvalidationFlow, p.SigningKey, p.EncryptionKey,
		append([]model.RedirectURI{}, p.RedirectURIs...), model.ByID(p.Mappings), !p.NoClaimsInIDToken, p.GrantTypes, p.SubMode, p.IssuerMode,
	})
}

func parseProvider(text model.Untrusted) (model.OAuthProvider, error) {
	var in providerJSON
	err := strictJSON(text, &in)
	return model.OAuthProvider{
		Name: in.Name, ClientID: in.ClientID.Raw(), Public: in.Public, AuthorizationFlow: in.AuthorizationFlow,
		InvalidationFlow: in.InvalidationFlow, SigningKey: in.SigningKey, EncryptionKey: in.EncryptionKey,
		RedirectURIs: in.RedirectURIs, Mappings: in.Mappings, NoClaimsInIDToken: !in.ClaimsInIDToken,
		GrantTypes: in.GrantTypes, SubMode: in.SubMode, IssuerMode: in.IssuerMode,
	}, err
}

type applicationJSON struct {
	Name     model.Untrusted `json:"name"`
	Provider model.Untrusted `json:"provider"` // client id
	Mode     string          `json:"policy_engine_mode,omitempty"`
}

func encodeApplication(a model.Application) model.Untrusted {
	return canonicalJSON(applicationJSON{a.Name, model.Untrusted(a.Provider), a.Mode})
}

func parseApplication(slug string, text model.Untrusted) (model.Application, error) {
	var in applicationJSON
	err := strictJSON(text, &in)
	return model.Application{Name: in.Name, Slug: slug, Provider: in.Provider.Raw(), Mode: in.Mode}, err
}

type bindingJSON struct {
	Order   int  `json:"order"`
	Enabled bool `json:"enabled"`
	Negate  bool `json:"negate,omitempty"`
}

func encodeBinding(b model.Binding) model.Untrusted {
	return canonicalJSON(bindingJSON{b.Order, !b.Disabled, b.Negate})
}

func parseBinding(object string, text model.Untrusted) (model.Binding, error) {
	slug, who, _ := strings.Cut(object, "/")
	b := model.Binding{Application: slug}
	if pk, ok := strings.CutPrefix(who, "user:"); ok {
		n, err := strconv.ParseInt(pk, 10, 64)
		if err != nil {
			return b, &model.Error{Code: model.CodeInvalid, Msg: "the binding names no user", Err: err, Hint: "make the change anew"}
		}
		b.User = n
	} else if policy, ok := strings.CutPrefix(who, "policy:"); ok {
		b.Policy = policy
	} else {
		b.Group = model.GroupID(who)
	}
	var in bindingJSON
	err := strictJSON(text, &in)
	b.Order, b.Disabled, b.Negate = in.Order, !in.Enabled, in.Negate
	return b, err
}

// accountJSON is an account of the embedded directory in Change.Before and After.
type accountJSON struct {
	Email      model.Untrusted `json:"email"`
	EmptyEmail bool            `json:"empty_email,omitempty"`
	Role       model.Role      `json:"role"`
	Enabled    bool            `json:"enabled"`
}

// encode writes the account but for its name, which is the change's object, and
// its id, which the directory gives.
func encodeAccount(u model.LocalUser) model.Untrusted {
	return canonicalJSON(accountJSON{u.Email, u.EmptyEmail, u.Role, u.Enabled})
}
