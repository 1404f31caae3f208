package authentik

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/romm-admin/romm-admin/model"
)

// RolesParams are the constants of the roles mapping, all that varies in it
// (S11).
type RolesParams struct {
	// CompanionURL is where Authentik reaches the companion, without a path
	// of ours; "" for a mapping that decides by Table alone.
	CompanionURL string
	// Table is the role map as compiled at the last publish, used when the
	// companion does not answer.
	Table []RoleTableRow
	// Rank lists the role tokens that RomM accepts, highest first. Every
	// token in Table and Default is one of them.
	Rank []string
	// Default is the token of people in none of the groups; "" is none.
	Default string
}

// RoleTableRow gives the members of a group, direct or inherited, a token.
type RoleTableRow = model.RoleTableRow

// maxConstant bounds each constant in bytes, so that an expression stays
// something that a person can read.
const maxConstant = 64 << 10

// rolesTemplate asks the companion at each login and falls back to the
// compiled table. It raises nothing: a mapping that raises loses its claim,
// and RomM up to 4.7 turns admins into viewers then (security.md, property 2).
//
// The signature is keyed by the provider's client secret, so that no secret
// stands in the text, which many may read (reference/authentik.md 2). The
// connection may take 0.5 s and each read 1 s.
//
// Authentik puts a session called requests into the namespace; importing the
// module of that name would hide it.
const rolesTemplate = `# Made by romm-admin: roles for RomM by group. The constants are rewritten at
# each publish; anything else that changes here makes romm-admin distrust it.
import hashlib
import hmac
import json
import secrets
import time

COMPANION = %s
TABLE = %s
RANK = %s
DEFAULT = %s

person = request.user
if getattr(person, "username", "AnonymousUser") == "AnonymousUser":
    return {"romm_roles": []}

groups = []
try:
    for group in person.all_groups():
        groups.append({"pk": str(group.pk), "name": str(group.name)})
except Exception as exc:
    ak_logger.warning("romm_roles: groups cannot be read", error=str(exc))
    return {"romm_roles": []}

if COMPANION != "":
    try:
        path = str(getattr(getattr(request, "http_request", None), "path", ""))
        purpose = "login"
        if "/application/o/userinfo/" in path:
            purpose = "userinfo"
        elif "/.well-known/openid-configuration" in path:
            purpose = "discovery"
        elif "/api/v3/" in path:
            purpose = "preview"
        key = provider.client_secret
        if not isinstance(key, str) or key == "":
            raise ValueError("the provider has no client secret")
        body = json.dumps({
            "version": 1,
            "purpose": purpose,
            "uid": str(person.uid),
            "username": person.username,
            "email": person.email,
            "groups": groups,
            "at": int(time.time()),
            "nonce": secrets.token_hex(16),
        }).encode("utf-8")
        signature = hmac.new(key.encode("utf-8"), body, hashlib.sha256).hexdigest()
        response = requests.post(
            COMPANION + "/v1/claims",
            data=body,
            headers={
                "Content-Type": "application/json",
                "X-Romm-Admin-Signature": "v1=" + signature,
            },
            timeout=(0.5, 1),
            allow_redirects=False,
        )
        if response.status_code != 200:
            raise ValueError("the companion answers %%s" %% response.status_code)
        roles = response.json()["roles"]
        if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
            raise ValueError("the companion sends no list of roles")
        return {"romm_roles": roles}
    except Exception as exc:
        ak_logger.warning("romm_roles: no answer from the companion, using the table", error=str(exc))

best = DEFAULT
for group in groups:
    token = TABLE.get(group["pk"])
    if token is not None and (best == "" or RANK.index(token) < RANK.index(best)):
        best = token
return {"romm_roles": [best] if best != "" else []}`

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// RenderRoles returns the expression of the roles mapping. It refuses, with
// model.CodeInvalid, whatever is not a UUID, a plain address or one of the
// ranked tokens (S11). The same parameters give the same text.
func RenderRoles(p RolesParams) (string, error) {
	if err := p.check(); err != nil {
		return "", &model.Error{Code: model.CodeInvalid, Op: "render the roles mapping", Err: err}
	}
	table := make(map[string]string, len(p.Table))
	for _, row := range p.Table {
		table[string(row.Group)] = row.Token
	}
	var constants []any
	for _, v := range []any{p.CompanionURL, table, append([]string{}, p.Rank...), p.Default} {
		text, err := constant(v)
		if err != nil {
			return "", &model.Error{Code: model.CodeInvalid, Op: "render the roles mapping", Err: err}
		}
		constants = append(constants, text)
	}
	return fmt.Sprintf(rolesTemplate, constants...), nil
}

// constant encodes texts, lists and objects of texts, whose JSON form is a
// Python literal of the same value: the tokens hold nothing that JSON would
// write as a surrogate pair.
func constant(v any) (string, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	if buf.Len() > maxConstant {
		return "", fmt.Errorf("a constant is longer than %d KiB", maxConstant>>10)
	}
	return strings.TrimSpace(buf.String()), nil
}

func (p RolesParams) check() error {
	if err := checkCompanionURL(p.CompanionURL); err != nil {
		return err
	}
	ranked := map[string]bool{}
	for _, token := range p.Rank {
		if token == "" || len(token) > 150 || !utf8.ValidString(token) || model.Clean(token) != token {
			return fmt.Errorf("%q cannot be a role token", model.Clean(token))
		}
		if ranked[token] {
			return fmt.Errorf("the role token %q is ranked twice", token)
		}
		ranked[token] = true
	}
	if p.Default != "" && !ranked[p.Default] {
		return fmt.Errorf("the default role token %q has no rank", model.Clean(p.Default))
	}
	groups := map[model.GroupID]bool{}
	for _, row := range p.Table {
		if !uuidPattern.MatchString(string(row.Group)) {
			return fmt.Errorf("%q is not the id of a group", model.Clean(string(row.Group)))
		}
		if groups[row.Group] {
			return fmt.Errorf("the group %s is in the table twice", row.Group)
		}
		groups[row.Group] = true
		if !ranked[row.Token] {
			return fmt.Errorf("the role token %q has no rank", model.Clean(row.Token))
		}
	}
	return nil
}

func checkCompanionURL(raw string) error {
	if raw == "" {
		return nil
	}
	if !model.Untrusted(raw).ASCII() || strings.ContainsAny(raw, " \"'\\<>`{}|^") {
		return errors.New("the companion's address has characters in it that no address has")
	}
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.Opaque != "" {
		return fmt.Errorf("%q is not an http address", model.Clean(raw))
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(raw, "#") || strings.HasSuffix(raw, "/") {
		return errors.New("the companion's address has a user, a query, a fragment or a slash at its end")
	}
	return nil
}

// ParseRoles reads the constants back from a rendered expression. It refuses
// every text that RenderRoles would not have made of them.
func ParseRoles(expression string) (RolesParams, error) {
	expression = strings.ReplaceAll(strings.TrimSpace(expression), "\r\n", "\n")
	var (
		p     RolesParams
		table map[string]string
	)
	found := 0
	for line := range strings.Lines(expression) {
		name, value, _ := strings.Cut(line, " = ")
		dst, ok := map[string]any{"COMPANION": &p.CompanionURL, "TABLE": &table, "RANK": &p.Rank, "DEFAULT": &p.Default}[name]
		if !ok {
			continue
		}
		if err := json.Unmarshal([]byte(value), dst); err != nil {
			return RolesParams{}, fmt.Errorf("the constant %s cannot be read: %w", name, err)
		}
		if found++; found == 4 {
			break
		}
	}
	for _, group := range slices.SortedFunc(maps.Keys(table), cmp.Compare[string]) {
		p.Table = append(p.Table, RoleTableRow{Group: model.GroupID(group), Token: table[group]})
	}
	again, err := RenderRoles(p)
	if err != nil {
		return RolesParams{}, err
	}
	if again != expression {
		return RolesParams{}, errors.New("the text is not the template of this release")
	}
	return p, nil
}

// Compiled returns the table that the expression answers from when it asks no
// companion, or gets no answer.
func (p RolesParams) Compiled() model.RoleTable {
	return model.RoleTable{Companion: p.CompanionURL, Rows: p.Table, Rank: p.Rank, Default: p.Default}
}

// Resolve is what the expression returns from its table.
func (p RolesParams) Resolve(groups []model.GroupID) []string { return p.Compiled().Resolve(groups) }
