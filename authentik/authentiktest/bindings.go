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
	f := exact(q, "target", func(b binding) string { return b.target }, nil)
	rows := order(q, keep(seen(s, permViewBinding, s.world.bindings, func(b binding) string { return b.id }), f), []string{"order"}, map[string]func(binding) string{
		"order": func(b binding) string { return fmt.Sprintf("%020.0f", b.order) },
	})
	return paginate(s, q, rows, func(b binding) any { return s.bindingJSON(b) })
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
		return problem(http.StatusNotFound, "No PolicyBinding matches the given query.")
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

func (s *Server) getFlow(r *http.Request) reply {
	slug := r.PathValue("slug")
	if !slices.Contains(flowSlugs(), slug) {
		return problem(http.StatusNotFound, "No Flow matches the given query.")
	}
	designation := "authorization"
	switch {
	case strings.Contains(slug, "invalidation"):
		designation = "invalidation"
	case strings.Contains(slug, "authentication"):
		designation = "authentication"
	}
	out := map[string]any{
		"pk": uuidOf("flow", slug), "policybindingmodel_ptr_id": uuidOf("flow binding", slug), "name": slug, "slug": slug,
		"title": slug, "designation": designation, "background": "", "stages": []any{}, "policies": []any{}, "cache_count": 0.0,
		"export_url": "/api/v3/flows/instances/" + url.PathEscape(slug) + "/export/",
	}
	if s.release.AtLeast(2025, 12) {
		out["background_url"], out["background_themed_urls"] = "", nil
	}
	return ok(out)
}

func signingKeyID() string { return uuidOf("key", authentik.SigningKeyName) }

var keyQuery = []string{"has_key", "ordering", "page", "page_size"}

func (s *Server) listKeys(r *http.Request) reply {
	return paginate(s, r.URL.Query(), []string{authentik.SigningKeyName}, func(name string) any {
		out := map[string]any{
			"pk": uuidOf("key", name), "name": name, "fingerprint_sha256": nil, "fingerprint_sha1": nil, "cert_expiry": nil,
			"cert_subject": nil, "private_key_available": true, "certificate_download_url": "", "private_key_download_url": "", "managed": nil,
		}
		if s.release.AtLeast(2025, 12) {
			out["key_type"] = "rsa"
		} else {
			out["private_key_type"] = "rsa"
		}
		return out
	})
}
