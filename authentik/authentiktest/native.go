package authentiktest

import (
	"slices"
	"sync"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/model"
)

// Native makes a fake compute in Go what the expressions that are known return
// (see [authentik.Recognise]); any other raises. It is for programs that must
// start at once on machines without Python. A test holds it equal to running
// the very texts.
type Native struct {
	// Roles stands in for the companion; nil is one that is down. It is asked
	// only by roles mappings that name a companion.
	Roles RolesFunc
}

// RolesFunc stands in for the companion: it gets what the roles mapping would
// send, the user's uid and the ids of all groups. An error is a companion that
// does not answer.
type RolesFunc func(uid string, groups []string) ([]string, error)

// native evaluates for one server, and remembers what it has recognised: a
// preview of everybody asks for the same few texts again and again.
type native struct {
	roles RolesFunc

	mu    sync.Mutex
	known map[string]knownExpression
}

type knownExpression struct {
	authentik.Known
	ok bool
}

func (n *native) recognise(expression string) knownExpression {
	n.mu.Lock()
	defer n.mu.Unlock()
	k, seen := n.known[expression]
	if !seen {
		k.Known, k.ok = authentik.Recognise(expression)
		n.known[expression] = k
	}
	return k
}

// evaluate computes what a known expression returns; any other raises.
func (n *native) evaluate(m authentik.Mapping, r run) outcome {
	raised := outcome{raised: "the fake computes known expressions only"}
	if m.Expression == "raise SkipObject()" {
		return outcome{crashed: "SkipObject"}
	}
	known := n.recognise(m.Expression)
	if !known.ok {
		return raised
	}
	user := User{Username: anonymousName}
	if r.who.user != nil {
		user = r.who.user.User
	}
	switch known.Kind {
	case authentik.KindNothing:
		return outcome{claims: map[string]any{}}
	case authentik.KindEmailAlways, authentik.KindEmailNever:
		return outcome{claims: map[string]any{"email": user.Email, "email_verified": known.Kind == authentik.KindEmailAlways}}
	case authentik.KindEmailAttribute:
		verified, is := user.Attributes[model.AttrEmailVerified]
		if !is {
			verified = false
		}
		return outcome{claims: map[string]any{"email": user.Email, "email_verified": verified}}
	case authentik.KindEmailAddress:
		trusted, is := user.Attributes[model.AttrTrustedEmail].(string)
		verified := is && user.Email != "" && ascii(user.Email) && trusted == user.Email
		return outcome{claims: map[string]any{"email": user.Email, "email_verified": verified}}
	case authentik.KindProfile, authentik.KindProfileGroups:
		return profile(known.Kind, user, r)
	case authentik.KindEntitlements:
		if r.app == nil || r.bare {
			return raised
		}
		return outcome{claims: map[string]any{"entitlements": []any{}, "roles": []any{}}}
	case authentik.KindRoles:
		return outcome{claims: map[string]any{model.RolesClaim: n.rolesOf(known.Roles, r)}}
	}
	return raised
}

func profile(kind authentik.Kind, user User, r run) outcome {
	renamed := r.release.AtLeast(2026, 2)
	groups := []any{}
	for _, g := range r.who.groups {
		// Before the renaming, the new name is an unused relation, and empty.
		if g.direct && (kind == authentik.KindProfile || renamed) {
			groups = append(groups, g.Name)
		}
	}
	out := outcome{claims: map[string]any{
		"name": user.Name, "given_name": user.Name, "preferred_username": user.Username, "nickname": user.Username, "groups": groups,
	}}
	if kind == authentik.KindProfile && renamed {
		out.events = []Event{{Action: actionWarning}}
	}
	return out
}

func (n *native) rolesOf(params model.RoleTable, r run) []any {
	if r.who.user == nil {
		return []any{}
	}
	var ids []model.GroupID
	var all []string
	for _, g := range r.who.groups {
		ids, all = append(ids, model.GroupID(g.ID)), append(all, g.ID)
	}
	// Without a secret nothing can be signed; there is none where a mapping is
	// tested without a provider.
	if params.Companion != "" && n.roles != nil && r.provider.ClientSecret != "" {
		if roles, err := n.roles(r.who.user.uid, slices.Clone(all)); err == nil {
			return texts(roles)
		}
	}
	return texts(params.Resolve(ids))
}

func ascii(text string) bool {
	return !slices.ContainsFunc([]byte(text), func(b byte) bool { return b >= 0x80 })
}
