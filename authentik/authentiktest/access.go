package authentiktest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Policy is an expression policy, by what it answers and not by its text.
type Policy struct {
	Name    string
	Passes  []string // usernames
	Fails   []string // usernames for whom the expression raises
	Message string   // what it tells those whom it does not pass
}

// Binding lets a group, a user or whom a policy passes open an application. One of
// Group, User and Policy is set, by name.
type Binding struct {
	Application         string // slug
	Group, User, Policy string
	Order               int
	Disabled, Negate    bool
	FailureResult       bool      // the answer of a policy that raises
	Expires             time.Time // from 2026.8 on; zero if never
}

func policyID(name string) string { return uuidOf("policy", name) }

func (w *world) addBindings(seed Seed) error {
	w.policies = seed.Policies
	for i, b := range seed.Bindings {
		made := binding{
			id: uuidOf("seeded binding", strconv.Itoa(i)), target: uuidOf("application", b.Application), order: float64(b.Order),
			enabled: !b.Disabled, negate: b.Negate, failureResult: b.FailureResult, expires: b.Expires,
		}
		switch {
		case !slices.ContainsFunc(w.apps, func(a Application) bool { return a.Slug == b.Application }):
			return fmt.Errorf("seed: a binding of %q, which is no application", b.Application)
		case b.Group != "":
			id, err := w.findGroup(b.Group)
			if err != nil {
				return fmt.Errorf("seed: a binding: %w", err)
			}
			made.group = id
		case b.Policy != "":
			made.policy = policyID(b.Policy)
			if w.policy(made.policy) == nil {
				return fmt.Errorf("seed: a binding: there is no policy %q", b.Policy)
			}
		default:
			for _, u := range w.users {
				if u.Username == b.User {
					made.user = u.PK
				}
			}
			if made.user == 0 {
				return fmt.Errorf("seed: a binding: there is no user %q", b.User)
			}
		}
		w.bindings = append(w.bindings, made)
	}
	return nil
}

func (w *world) policy(id string) *Policy {
	at := slices.IndexFunc(w.policies, func(p Policy) bool { return policyID(p.Name) == id })
	if at < 0 {
		return nil
	}
	return &w.policies[at]
}

// checkAccess answers for another person only to a superuser; asked by anybody
// else it answers about the caller (docs/authentik.md 4.2). It needs no permission.
func (s *Server) checkAccess(r *http.Request) reply {
	at := s.applicationAt(r.PathValue("slug"))
	if at < 0 {
		return s.notFound(modelApplication)
	}
	who := s.world.users[s.world.owner]
	if asked := r.URL.Query().Get("for_user"); asked != "" && s.world.superuser(who) {
		pk, err := strconv.ParseInt(asked, 10, 64)
		if who = s.world.users[pk]; err != nil || who == nil {
			return fieldError("for_user", "User not found")
		}
	}
	passing, messages := s.access(s.world.apps[at], who)
	return ok(map[string]any{"passing": passing, "messages": texts(messages), "log_messages": []any{}})
}

// bindingPasses is the answer of one binding; membership in groups is inherited.
func (s *Server) bindingPasses(b binding, u *userState) (passes bool, message string) {
	switch p := s.world.policy(b.policy); {
	case !b.expires.IsZero() && !s.now.Before(b.expires):
		return false, "" // it grants nothing any more, negated or not
	case p != nil && slices.Contains(p.Fails, u.Username):
		passes = b.failureResult
	case p != nil:
		if passes = slices.Contains(p.Passes, u.Username); !passes {
			message = p.Message
		}
	case b.user != 0:
		passes = b.user == u.PK
	default:
		passes = slices.ContainsFunc(s.world.allGroups(u.groups), func(g *groupState) bool { return g.ID == b.group })
	}
	return passes != b.negate, message
}

// access is the policy engine. What the mode “all” is depends on the release
// (docs/authentik.md 3).
func (s *Server) access(a Application, u *userState) (passing bool, messages []string) {
	var each, static, policies []bool
	for _, b := range s.world.bindings {
		if b.target != uuidOf("application", a.Slug) || !b.enabled {
			continue
		}
		passes, message := s.bindingPasses(b, u)
		if message != "" {
			messages = append(messages, message)
		}
		each = append(each, passes)
		if b.policy == "" {
			static = append(static, passes)
		} else {
			policies = append(policies, passes)
		}
	}
	switch {
	case len(each) == 0:
		return true, nil
	case a.Mode != "all":
		passing = slices.Contains(each, true)
	case s.together() && len(static) > 0:
		passing = slices.Contains(static, true) && !slices.Contains(policies, false)
	default:
		passing = !slices.Contains(each, false)
	}
	return passing, messages
}

// together reports whether all bindings of groups and users count as one in the
// mode “all”: from 2025.8 on and until before 2026.5. Of 2026.2 that is not known;
// the seed says which.
func (s *Server) together() bool {
	switch {
	case s.release.AtLeast(2026, 5), !s.release.AtLeast(2025, 8):
		return false
	case s.release.AtLeast(2026, 2):
		return !s.eachIn2026
	}
	return true
}
