package authentik

import (
	"bytes"
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

// maxConstant bounds each constant in bytes, so that an expression stays
// something that a person can read.
const maxConstant = 64 << 10

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// sumPattern is a SHA-256 in hexadecimal, or nothing.
var sumPattern = regexp.MustCompile(`^([0-9a-f]{64})?$`)

// RenderRoles returns the expression of the roles mapping, by the newest of the
// released texts. It refuses, with model.CodeInvalid, whatever is not a UUID, a
// plain address or one of the ranked tokens (S11). The same table gives the
// same text.
func RenderRoles(t model.RoleTable) (string, error) {
	return renderRoles(released.roles[len(released.roles)-1], t)
}

// renderRoles fills in the constants of a released text.
func renderRoles(text string, t model.RoleTable) (string, error) {
	invalid := func(err error) error {
		return &model.Error{Code: model.CodeInvalid, Op: "render the roles mapping", Err: err}
	}
	if err := checkTable(t); err != nil {
		return "", invalid(err)
	}
	rows := make(map[string]string, len(t.Rows))
	for _, row := range t.Rows {
		rows[string(row.Group)] = row.Token
	}
	var constants []string
	for name, v := range map[string]any{
		"COMPANION": t.Companion, "TABLE": rows, "RANK": append([]string{}, t.Rank...), "DEFAULT": t.Default,
		"GENERATION": t.Generation, "SUM": t.Sum,
	} {
		value, err := constant(v)
		if err != nil {
			return "", invalid(err)
		}
		constants = append(constants, name+" = ...\n", name+" = "+value+"\n")
	}
	return strings.NewReplacer(constants...).Replace(strings.TrimSpace(text)), nil
}

// constant encodes numbers, texts, lists and objects of texts, whose JSON form is a
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

// checkTable refuses what could be more than a constant in the text (S11).
func checkTable(t model.RoleTable) error {
	if err := checkCompanionURL(t.Companion); err != nil {
		return err
	}
	if t.Generation < 0 || !sumPattern.MatchString(t.Sum) {
		return errors.New("the generation or the sum of the role map is none")
	}
	ranked := map[string]bool{}
	for _, token := range t.Rank {
		if token == "" || len(token) > 150 || !utf8.ValidString(token) || model.Clean(token) != token {
			return fmt.Errorf("%q cannot be a role token", model.Clean(token))
		}
		if ranked[token] {
			return fmt.Errorf("the role token %q is ranked twice", token)
		}
		ranked[token] = true
	}
	if t.Default != "" && !ranked[t.Default] {
		return fmt.Errorf("the default role token %q has no rank", model.Clean(t.Default))
	}
	groups := map[model.GroupID]bool{}
	for _, row := range t.Rows {
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
	if model.HasUser(raw) { // not repeated: it may carry a password
		return errors.New("the companion's address has a user or a password in it")
	}
	if !model.Untrusted(raw).ASCII() || strings.ContainsAny(raw, " \"'\\<>`{}|^") {
		return errors.New("the companion's address has characters in it that no address has")
	}
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.Opaque != "" {
		return fmt.Errorf("%q is not an http address", model.Clean(raw))
	}
	if u.RawQuery != "" || u.ForceQuery || strings.Contains(raw, "#") || strings.HasSuffix(raw, "/") {
		return errors.New("the companion's address has a query, a fragment or a slash at its end")
	}
	return nil
}

// companionPattern finds whatever may give the name COMPANION a value.
var companionPattern = regexp.MustCompile(`\bCOMPANION\b\s*(:[^=\n]*)?([-+*/%&|^@<>]|//|\*\*|<<|>>)?=($|[^=])|\b(global|del|for|as|import)\b[^\n]*\bCOMPANION\b`)

// companionIn reads the companion's address from a text that is none of ours; nil
// unless it is certain: one line at the margin says it as ours do, nothing
// else can, and it is an address that we would write.
func companionIn(text string) *string {
	var found *string
	if strings.Contains(text, `"""`) || strings.Contains(text, "'''") || len(companionPattern.FindAllString(text, -1)) != 1 {
		return nil
	}
	for line := range strings.Lines(text) {
		value, is := strings.CutPrefix(line, "COMPANION = ")
		if !is {
			continue
		}
		var address string
		if json.Unmarshal([]byte(value), &address) != nil || checkCompanionURL(address) != nil {
			return nil
		}
		found = &address
	}
	return found
}

// parseRoles reads the constants back from a rendered expression, and the number
// of the text that they are in. It refuses every expression that none of the
// released texts makes of them.
func (x templates) parseRoles(expression string) (t model.RoleTable, number int, err error) {
	expression = strings.ReplaceAll(strings.TrimSpace(expression), "\r\n", "\n")
	var rows map[string]string
	constants := map[string]any{"COMPANION": &t.Companion, "TABLE": &rows, "RANK": &t.Rank, "DEFAULT": &t.Default, "GENERATION": &t.Generation, "SUM": &t.Sum}
	for line := range strings.Lines(expression) {
		name, value, _ := strings.Cut(line, " = ")
		dst, ok := constants[name]
		if !ok {
			continue
		}
		if err := json.Unmarshal([]byte(value), dst); err != nil {
			return model.RoleTable{}, 0, fmt.Errorf("the constant %s cannot be read: %w", name, err)
		}
		if delete(constants, name); len(constants) == 0 {
			break
		}
	}
	for _, group := range slices.Sorted(maps.Keys(rows)) {
		t.Rows = append(t.Rows, model.RoleTableRow{Group: model.GroupID(group), Token: rows[group]})
	}
	for i, text := range slices.Backward(x.roles) {
		again, err := renderRoles(text, t)
		if err != nil {
			return model.RoleTable{}, 0, err
		}
		if again == expression {
			return t, i + 1, nil
		}
	}
	return model.RoleTable{}, 0, errors.New("the text is none of the released ones")
}
