package authentiktest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
)

// binding is a policy binding of a group, a user or a policy.
type binding struct {
	id, target, group, policy string
	user                      int64
	order                     float64
	enabled, negate           bool
	failureResult             bool
	expires                   time.Time
}

var bindingQuery = []string{"ordering", "page", "page_size", "target"}

func (s *Server) listBindings(r *http.Request) reply {
	q := r.URL.Query()
	if target := q.Get("target"); target != "" && !s.bindable(target) {
		return fieldError("target", "Select a valid choice. That choice is not one of the available choices.")
	}
	f := exact(q, "target", func(b binding) string { return b.target }, nil)
	rows := order(q, keep(seen(s, permViewBinding, s.world.bindings, func(b binding) string { return b.id }), f), []string{"order"}, map[string]func(binding) string{
		"order": func(b binding) string { return fmt.Sprintf("%020.0f", b.order) },
	})
	return paginate(s, q, rows, func(b binding) any { return s.bindingJSON(b) })
}

// bindable reports whether bindings may have that target; flows have some, too.
func (s *Server) bindable(target string) bool {
	return slices.ContainsFunc(s.world.apps, func(a Application) bool { return uuidOf("application", a.Slug) == target }) ||
		slices.ContainsFunc(flowSlugs(), func(slug string) bool { return uuidOf("flow binding", slug) == target })
}

func (s *Server) createBinding(r *http.Request) reply {
	fields := body(r)
	s.world.made++
	b := binding{
		id: uuidOf("binding", strconv.Itoa(s.world.made)), target: text(fields, "target"), group: text(fields, "group"),
		policy: text(fields, "policy"), enabled: fields["enabled"] != false, negate: fields["negate"] == true, failureResult: fields["failure_result"] == true,
	}
	b.order, _ = fields["order"].(float64)
	pk, _ := fields["user"].(float64)
	b.user = int64(pk)
	switch {
	case count(b.group != "", b.user != 0, b.policy != "") != 1:
		return answered(http.StatusBadRequest, map[string]any{"non_field_errors": []any{"One of 'policy', 'group', 'user' must be set."}})
	case b.group != "" && s.world.groups[b.group] == nil:
		return fieldError("group", fmt.Sprintf("Invalid pk %q - object does not exist.", b.group))
	case b.policy != "" && s.world.policy(b.policy) == nil:
		return fieldError("policy", fmt.Sprintf("Invalid pk %q - object does not exist.", b.policy))
	case b.user != 0 && s.world.users[b.user] == nil:
		return fieldError("user", fmt.Sprintf("Invalid pk \"%d\" - object does not exist.", b.user))
	case !slices.ContainsFunc(s.world.apps, func(a Application) bool { return uuidOf("application", a.Slug) == b.target }):
		return fieldError("target", fmt.Sprintf("Invalid pk %q - object does not exist.", b.target))
	}
	s.world.bindings = append(s.world.bindings, b)
	s.made(permAddBinding, b.id)
	return answered(http.StatusCreated, s.bindingJSON(b))
}

func count(all ...bool) (n int) {
	for _, b := range all {
		if b {
			n++
		}
	}
	return n
}

func (s *Server) deleteBinding(r *http.Request) reply {
	n := len(s.world.bindings)
	s.world.bindings = slices.DeleteFunc(s.world.bindings, func(b binding) bool { return b.id == r.PathValue("policy_binding_uuid") })
	if len(s.world.bindings) == n {
		return s.notFound("PolicyBinding")
	}
	return reply{status: http.StatusNoContent}
}

func (s *Server) bindingJSON(b binding) map[string]any {
	out := map[string]any{
		"pk": b.id, "target": b.target, "policy": nil, "group": nil, "user": nil, "policy_obj": nil, "group_obj": nil, "user_obj": nil,
		"order": b.order, "enabled": b.enabled, "negate": b.negate, "timeout": 30.0, "failure_result": b.failureResult,
	}
	if s.release.AtLeast(2026, 8) {
		out["expiring"], out["expires"] = !b.expires.IsZero(), timeOrNull(b.expires)
	}
	short := s.release.AtLeast(2025, 10)
	switch {
	case b.policy != "":
		out["policy"], out["policy_obj"] = b.policy, map[string]any{
			"pk": b.policy, "name": s.world.policy(b.policy).Name, "execution_logging": false, "component": "ak-policy-expression-form",
			"verbose_name": "Expression Policy", "verbose_name_plural": "Expression Policies",
			"meta_model_name": "authentik_policies_expression.expressionpolicy", "bound_to": 1.0,
		}
	case b.group != "":
		out["group"] = b.group
		if g := s.world.groups[b.group]; short {
			out["group_obj"] = s.partialGroup(g)
		} else {
			out["group_obj"] = s.groupJSON(g, true, false, false)
		}
	case b.user != 0:
		out["user"] = float64(b.user)
		if u := s.world.users[b.user]; short {
			out["user_obj"] = s.partialUser(u)
		} else {
			out["user_obj"] = s.userJSON(u, true, true)
		}
	}
	return out
}

// flowSlugs are the flows that every Authentik has (docs/authentik.md 4.5).
func flowSlugs() []string {
	return []string{
		"default-authentication-flow", "default-invalidation-flow", "default-provider-authorization-explicit-consent",
		authentik.FlowImplicitConsent, authentik.FlowInvalidation,
	}
}

// flowTexts are what the flows are called, and who may run them.
func flowTexts() map[string]struct{ name, title, authentication string } {
	return map[string]struct{ name, title, authentication string }{
		"default-authentication-flow":                     {"Welcome to authentik!", "Welcome to authentik!", "none"},
		"default-invalidation-flow":                       {"Logout", "Default Invalidation Flow", "none"},
		"default-provider-authorization-explicit-consent": {"Authorize Application", "Redirecting to %(app)s", "require_authenticated"},
		authentik.FlowImplicitConsent:                     {"Authorize Application", "Redirecting to %(app)s", "require_authenticated"},
		authentik.FlowInvalidation:                        {"Logged out of application", "You've logged out of %(app)s.", "none"},
	}
}

var flowQuery = []string{"designation", "ordering", "page", "page_size", "slug"}

func (s *Server) listFlows(r *http.Request) reply {
	q := r.URL.Query()
	f := exact(q, "slug", func(slug string) string { return slug }, nil)
	f = exact(q, "designation", designationOf, f)
	return paginate(s, q, keep(flowSlugs(), f), s.flowJSON)
}

func (s *Server) getFlow(r *http.Request) reply {
	slug := r.PathValue("slug")
	if !slices.Contains(flowSlugs(), slug) {
		return s.notFound("Flow")
	}
	return ok(s.flowJSON(slug))
}

func designationOf(slug string) string {
	switch {
	case strings.Contains(slug, "invalidation"):
		return "invalidation"
	case strings.Contains(slug, "authentication"):
		return "authentication"
	}
	return "authorization"
}

func (s *Server) flowJSON(slug string) any {
	const picture = "/static/dist/assets/images/flow_background.jpg"
	text := flowTexts()[slug]
	out := map[string]any{
		"pk": uuidOf("flow", slug), "policybindingmodel_ptr_id": uuidOf("flow binding", slug), "name": text.name, "slug": slug,
		"title": text.title, "designation": designationOf(slug), "background": picture, "stages": []any{}, "policies": []any{}, "cache_count": 0.0,
		"policy_engine_mode": "any", "compatibility_mode": false, "layout": "stacked", "denied_action": "message_continue",
		"authentication": text.authentication, "export_url": "/api/v3/flows/instances/" + url.PathEscape(slug) + "/export/",
	}
	if s.release.AtLeast(2025, 12) {
		out["background"], out["background_url"], out["background_themed_urls"] = "", picture, nil
	}
	return out
}

func fingerprint(bytes int) string { return strings.TrimSuffix(strings.Repeat("5a:", bytes), ":") }

func signingKeyID() string { return uuidOf("key", authentik.SigningKeyName) }

var keyQuery = []string{"has_key", "ordering", "page", "page_size"}

func (s *Server) listKeys(r *http.Request) reply {
	return paginate(s, r.URL.Query(), []string{authentik.SigningKeyName}, func(name string) any {
		id := uuidOf("key", name)
		download := "/api/v3/crypto/certificatekeypairs/" + id + "/view_%s/?download"
		out := map[string]any{
			"pk": id, "name": name, "fingerprint_sha256": fingerprint(32), "fingerprint_sha1": fingerprint(20),
			"cert_expiry": timeOrNull(s.now.AddDate(1, 0, 0)), "cert_subject": "OU=Self-signed,O=authentik,CN=" + name,
			"private_key_available": true, "certificate_download_url": fmt.Sprintf(download, "certificate"),
			"private_key_download_url": fmt.Sprintf(download, "private_key"), "managed": nil,
		}
		if s.release.AtLeast(2025, 12) {
			out["key_type"] = "rsa"
		} else {
			out["private_key_type"] = "rsa"
		}
		return out
	})
}
