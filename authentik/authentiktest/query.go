package authentiktest

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The permissions that the endpoints need (docs/authentik.md 4.2).
const (
	permViewUser        = "authentik_core.view_user"
	permChangeUser      = "authentik_core.change_user"
	permViewGroup       = "authentik_core.view_group"
	permViewApplication = "authentik_core.view_application"
	permViewProvider    = "authentik_providers_oauth2.view_oauth2provider"
	permViewMapping     = "authentik_providers_oauth2.view_scopemapping"
	permPreviewUser     = "authentik_core.preview_user"

	permAddMapping        = "authentik_providers_oauth2.add_scopemapping"
	permChangeMapping     = "authentik_providers_oauth2.change_scopemapping"
	permDeleteMapping     = "authentik_providers_oauth2.delete_scopemapping"
	permTestMapping       = "authentik_core.view_propertymapping"
	permAddAnyMapping     = "authentik_core.add_propertymapping"
	permAddProvider       = "authentik_providers_oauth2.add_oauth2provider"
	permChangeProvider    = "authentik_providers_oauth2.change_oauth2provider"
	permDeleteProvider    = "authentik_providers_oauth2.delete_oauth2provider"
	permAddApplication    = "authentik_core.add_application"
	permChangeApplication = "authentik_core.change_application"
	permDeleteApplication = "authentik_core.delete_application"
	permViewBinding       = "authentik_policies.view_policybinding"
	permAddBinding        = "authentik_policies.add_policybinding"
	permDeleteBinding     = "authentik_policies.delete_policybinding"
	permViewFlow          = "authentik_flows.view_flow"
	permViewKey           = "authentik_crypto.view_certificatekeypair"
	permViewEvent         = "authentik_events.view_event"
	permViewDefinition    = "authentik_core.view_objectattribute"
)

// Page sizes by release (docs/authentik.md 4.1).
const (
	oldDefaultSize = 100
	newDefaultSize = 20
	newMaxSize     = 100
)

// paginate cuts the page that the request asks for, renders it, and puts the
// envelope of the posed release around it.
func paginate[T any](s *Server, q url.Values, rows []T, render func(T) any) reply {
	size := oldDefaultSize
	if s.release.AtLeast(2025, 12) {
		size = newDefaultSize
	}
	if n, err := strconv.Atoi(q.Get("page_size")); err == nil && n > 0 {
		size = n
		if s.release.AtLeast(2025, 12) {
			size = min(n, newMaxSize)
		}
	}
	current := 1
	if text := q.Get("page"); text != "" {
		current, _ = strconv.Atoi(text) // the document says integer; 0 is no page
	}
	count := len(rows)
	pages := max(1, (count+size-1)/size)
	if current < 1 || current > pages {
		return problem(http.StatusNotFound, "Invalid page.")
	}
	start := (current - 1) * size
	end := min(start+size, count)
	results := make([]any, 0, end-start)
	for _, row := range rows[start:end] {
		results = append(results, render(row))
	}
	next, previous, first := current+1, current-1, start+1
	if current == pages {
		next = 0
	}
	if count == 0 {
		first = 0
	}
	body := map[string]any{
		"pagination": map[string]any{
			"next": float64(next), "previous": float64(previous), "count": float64(count), "current": float64(current),
			"total_pages": float64(pages), "start_index": float64(first), "end_index": float64(end),
		},
		"results": results,
	}
	if s.release.AtLeast(2025, 6) {
		body["autocomplete"] = s.autocomplete(any(rows))
	}
	return ok(body)
}

// autocomplete describes what the query language finds; the fake understands
// none of it. From 2026.5 on it finds groups too.
func (s *Server) autocomplete(rows any) map[string]any {
	var model string
	switch rows.(type) {
	case []*userState:
		model = "authentik_core.user"
	case []eventRow:
		model = "authentik_events.event"
	case []*groupState:
		if s.release.AtLeast(2026, 5) {
			model = "authentik_core.group"
		}
	}
	if model == "" {
		return map[string]any{}
	}
	return map[string]any{"current_model": model, "models": map[string]any{model: map[string]any{}}}
}

// keep filters rows; every filter must agree.
func keep[T any](rows []T, filters []func(T) bool) []T {
	if len(filters) == 0 {
		return rows
	}
	out := make([]T, 0, len(rows))
	for _, row := range rows {
		if !slices.ContainsFunc(filters, func(f func(T) bool) bool { return !f(row) }) {
			out = append(out, row)
		}
	}
	return out
}

// order sorts by the first field that exists, as Django does with unknown
// ones; "-" reverses. The first field of names is the default.
func order[T any](q url.Values, rows []T, names []string, by map[string]func(T) string) []T {
	name, reverse := names[0], false
	if text, minus := strings.CutPrefix(q.Get("ordering"), "-"); slices.Contains(names, text) {
		name, reverse = text, minus
	}
	out := slices.Clone(rows)
	slices.SortStableFunc(out, func(a, b T) int {
		c := cmp.Compare(by[name](a), by[name](b))
		if reverse {
			return -c
		}
		return c
	})
	return out
}

// exact adds a filter for equality when the parameter is given.
func exact[T any](q url.Values, name string, field func(T) string, filters []func(T) bool) []func(T) bool {
	if !q.Has(name) {
		return filters
	}
	want := q.Get(name)
	return append(filters, func(row T) bool { return field(row) == want })
}

// flag adds a filter for a boolean when the parameter is given.
func flag[T any](q url.Values, name string, field func(T) bool, filters []func(T) bool) []func(T) bool {
	if !q.Has(name) {
		return filters
	}
	want := q.Get(name) == "true"
	return append(filters, func(row T) bool { return field(row) == want })
}

// search adds the plain search over the given fields when asked for.
func search[T any](q url.Values, fields func(T) []string, filters []func(T) bool) []func(T) bool {
	want := strings.ToLower(q.Get("search"))
	if want == "" {
		return filters
	}
	return append(filters, func(row T) bool {
		return slices.ContainsFunc(fields(row), func(f string) bool { return strings.Contains(strings.ToLower(f), want) })
	})
}

// texts is a list as JSON decodes it.
func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
