package authentiktest

import (
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
)

// Definition says what an attribute has to be. Servers of 2026.8 and later hold
// every write that sends attributes against all that are enabled, old values
// included (docs/authentik.md 4.7).
type Definition struct {
	Key      string // with dots between nested names
	Type     string // text, number or boolean; "" is text
	Model    string // of the objects that have it; "" is user
	Disabled bool
	Required bool
	Unique   bool
	Regex    string
}

var definitionQuery = []string{"enabled", "object_type__app_label", "object_type__model", "ordering", "page", "page_size"}

func (s *Server) listDefinitions(r *http.Request) reply {
	q := r.URL.Query()
	f := flag(q, "enabled", func(d Definition) bool { return !d.Disabled }, nil)
	f = exact(q, "object_type__model", Definition.model, f)
	f = exact(q, "object_type__app_label", func(Definition) string { return "authentik_core" }, f)
	return paginate(s, q, keep(s.definitions, f), func(d Definition) any {
		at := timeOrNull(s.now.AddDate(-1, 0, 0))
		return map[string]any{
			"pk": uuidOf("definition", d.Key), "object_type": "authentik_core." + d.model(),
			"object_type_obj": map[string]any{
				"id": 1.0, "app_label": "authentik_core", "model": d.model(), "verbose_name_plural": d.model() + "s", "fully_qualified_model": "authentik_core." + d.model(),
			},
			"enabled": !d.Disabled, "created": at, "last_updated": at, "key": d.Key, "label": d.Key, "regex": d.Regex,
			"type": d.kind(), "group": "", "managed": nil, "is_unique": d.Unique, "is_required": d.Required,
		}
	})
}

func (d Definition) model() string {
	if d.Model == "" {
		return "user"
	}
	return d.Model
}

func (d Definition) kind() string {
	if d.Type == "" {
		return "text"
	}
	return d.Type
}

// defined refuses attributes of a user that a definition does not allow.
func (s *Server) defined(u *userState) (reply, bool) {
	if !s.release.AtLeast(2026, 8) {
		return reply{}, false
	}
	for _, d := range s.definitions {
		if d.Disabled || d.model() != "user" {
			continue
		}
		value, given := d.of(u.Attributes)
		why := d.refuses(value, given)
		for _, other := range s.world.users {
			if theirs, has := d.of(other.Attributes); d.Unique && given && has && other.PK != u.PK && reflect.DeepEqual(theirs, value) {
				why = "This value is already used."
			}
		}
		if why != "" {
			return answered(http.StatusBadRequest, map[string]any{"attributes": map[string]any{d.Key: []any{why}}}), true
		}
	}
	return reply{}, false
}

// of is the value that nested attributes have under the key.
func (d Definition) of(attributes map[string]any) (value any, given bool) {
	value = attributes
	for name := range strings.SplitSeq(d.Key, ".") {
		inner, is := value.(map[string]any)
		if !is {
			return nil, false
		}
		if value, given = inner[name]; !given {
			return nil, false
		}
	}
	return value, true
}

func (d Definition) refuses(value any, given bool) string {
	if !given {
		if d.Required {
			return "This field is required."
		}
		return ""
	}
	kind := map[string]string{"string": "text", "bool": "boolean", "json.Number": "number", "float64": "number"}[fmt.Sprintf("%T", value)]
	if kind != d.kind() {
		return "Value must be a " + d.kind() + "."
	}
	if text, is := value.(string); is && d.Regex != "" {
		if re, err := regexp.Compile("^(?:" + d.Regex + ")$"); err != nil || !re.MatchString(text) {
			return "Value does not match the pattern " + d.Regex + "."
		}
	}
	return ""
}
