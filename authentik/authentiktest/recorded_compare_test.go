package authentiktest_test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// unstated are fields whose values the recordings do not decide: keys, times
// and what is drawn. Their type is compared.
func unstated() []string {
	return []string{
		"uid", "uuid", "num_pk", "sub", "iat", "exp", "auth_time", "jti", "sid", "access_token", "id_token", "password_change_date", "date_joined", "last_updated", "expires",
		"request_id", "avatar", "description", "identifier", "fingerprint_sha256", "fingerprint_sha1", "cert_expiry", "cache_count",
		"policybindingmodel_ptr_id", "client_secret", "client_id", "kid", "n", "x5c[]", "x5t", "x5t#S256", "app", "version_latest", "version_latest_valid",
	}
}

// differs lists what the answer has otherwise than the recorded one.
func (a answered) differs(x exchange, names *strings.Replacer) (out []string) {
	if a.status != x.Response.Status {
		return []string{fmt.Sprintf("status %d, recorded %d: %.200v", a.status, x.Response.Status, a.body)}
	}
	kind, _, _ := strings.Cut(x.Response.ContentType, ";")
	if a.kind != kind && a.status != 204 {
		out = append(out, fmt.Sprintf("content %q, recorded %q", a.kind, kind))
	}
	data, _ := json.Marshal(x.Response.Body)
	var want any
	_ = json.Unmarshal([]byte(names.Replace(string(data))), &want)
	if o, is := want.(object); is && x.Request.Method == "POST" && a.status == 201 {
		o["pk"] = fmt.Sprintf("<%v>", o["pk"])
		if made, is := a.body.(object); is {
			made["pk"] = fmt.Sprint(made["pk"])
		}
	}
	if x.Response.Location != "" {
		if want, got := openCode(x.Response.Location), openCode(a.location); want != got {
			out = append(out, "sent to "+got+", recorded "+want)
		}
	}
	for _, body := range []any{want, a.body} { // the order of scopes is none
		if o, is := body.(object); is && o["access_token"] != nil {
			scopes := strings.Fields(str(o, "scope"))
			slices.Sort(scopes)
			o["scope"] = strings.Join(scopes, " ")
		}
	}
	if x.Response.IDToken != nil {
		o, _ := a.body.(object)
		out = append(out, differ("id_token", x.Response.IDToken, payload(str(o, "id_token")))...)
	}
	if strings.Contains(x.Request.Path, "/core/tokens/") || strings.Contains(x.Request.Path, "/events/events/") || strings.Contains(x.Request.Path, "/policies/bindings/") ||
		strings.Contains(x.Request.Path, "/core/applications/") {
		walk(want, func(o object) {
			if o["intent"] != nil || o["action"] != nil || o["negate"] != nil || o["meta_launch_url"] != nil {
				o["pk"] = "<pk>"
			}
		})
	}
	if page, is := want.(string); is && kind == "text/html" { // of pages only that there is one
		want = nil
		if page != "" {
			want = "<html>"
		}
	}
	return append(out, differ("", want, a.body)...)
}

func differ(at string, want, got any) (out []string) {
	name := at[strings.LastIndex(at, ".")+1:]
	switch w := want.(type) {
	case object:
		g, is := got.(object)
		if !is {
			return []string{fmt.Sprintf("%s is %T, recorded an object", at, got)}
		}
		if name == "attributes" || name == "settings" || name == "models" || name == "context" || name == "brand" {
			return nil
		}
		for _, k := range sortedKeys(w) {
			v, has := g[k]
			if !has {
				out = append(out, at+"."+k+" is missing")
				continue
			}
			out = append(out, differ(at+"."+k, w[k], v)...)
		}
		for _, k := range sortedKeys(g) {
			if _, has := w[k]; !has {
				out = append(out, at+"."+k+" is new")
			}
		}
	case []any:
		g, is := got.([]any)
		if !is {
			return []string{fmt.Sprintf("%s is %T, recorded a list", at, got)}
		}
		if slices.Contains(sets(), name) {
			w, g = sorted(w), sorted(g)
		}
		if name == "system_permissions" && len(w) > 0 && len(g) > 0 {
			w, g = w[:1], []any{w[0]}
		}
		if len(w) != len(g) {
			out = append(out, fmt.Sprintf("%s has %d rows, recorded %d", at, len(g), len(w)))
		}
		for i := range min(len(w), len(g)) {
			out = append(out, differ(at+"[]", w[i], g[i])...)
		}
	default:
		s, _ := want.(string)
		open := slices.Contains(unstated(), name) || strings.HasPrefix(s, "<") && strings.HasSuffix(s, ">")
		if fmt.Sprintf("%T", want) != fmt.Sprintf("%T", got) || !open && want != got {
			out = append(out, fmt.Sprintf("%s is %#.80v, recorded %#.80v", at, got, want))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// openCode hides the code of an address.
func openCode(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	q := u.Query()
	if q.Has("code") {
		q.Set("code", "<code>")
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// payload reads a token without checking it.
func payload(jwt string) (out any) {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return nil
	}
	data, _ := base64.RawURLEncoding.DecodeString(parts[1])
	_ = json.Unmarshal(data, &out)
	return out
}

// sets are lists without an order: what Authentik shows first varies.
func sets() []string {
	return []string{
		"property_mappings", "users", "users_obj", "groups", "groups_obj", "roles", "roles_obj", "children", "parents",
		"scopes_supported", "claims_supported",
	}
}

func sorted(rows []any) []any {
	rows = slices.Clone(rows)
	key := func(v any) string {
		if o, is := v.(object); is {
			v = o["pk"]
		}
		return plainText(v)
	}
	slices.SortFunc(rows, func(a, b any) int { return cmp.Compare(key(a), key(b)) })
	return rows
}

// notPosed are the lines that the fake cannot answer, and why.
func notPosed() []struct {
	path, name string // beginnings; "" is any
	shows      string // a field that is not null in the answer
	why        string
} {
	return []struct{ path, name, shows, why string }{
		{path: "/api/v3/flows/executor/", why: "the fake has a login page of its own, without passwords"},
		{path: "/api/v3/core/tokens/", name: "tokens", why: "the fake has one token"},
		{path: "/application/o/authorize/", name: "authorize-denied", why: "the line does not say who is asking"},
		{path: "/api/v3/core/users/", name: "denied-german", why: "the words follow a header of the request that is not recorded"},
		{path: "/api/v3/policies/bindings/", shows: "policy", why: "the fake has no bindings of policies, such as every Authentik has at its flows"},
	}
}

// unposed says why a line is left out; "" if it is not.
func unposed(x exchange) string {
	for _, c := range notPosed() {
		shown := c.shows == ""
		walk(x.Response.Body, func(o object) { shown = shown || o[c.shows] != nil })
		if strings.HasPrefix(x.Request.Path, c.path) && strings.HasPrefix(x.Name, c.name) && shown {
			return c.why
		}
	}
	return ""
}
