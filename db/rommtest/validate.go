package rommtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"regexp"
	"strings"
)

// RomM's own patterns (backend/utils/validation.py). Python's $ also matches
// before a newline at the end, so one is let through.
var (
	emailPattern    = regexp.MustCompile(`^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}\n?$`)
	usernamePattern = regexp.MustCompile(`^[a-zA-Z0-9_-]+\n?$`)
)

// The checks return RomM's `detail` text, "" for good values.

func checkEmail(v string) string {
	switch {
	case v == "":
		return ""
	case !isASCII(v):
		return "Email must contain only ASCII characters"
	case !emailPattern.MatchString(v):
		return "Invalid email format"
	}
	return ""
}

func checkUsername(v string) string {
	switch {
	case strings.TrimSpace(v) == "":
		return "Username cannot be empty"
	case !isASCII(v):
		return "Username must contain only ASCII characters"
	case len(v) < 3:
		return "Username must be at least 3 characters long"
	case len(v) > maxColumn:
		return "Username must be no more than 255 characters long"
	case !usernamePattern.MatchString(v):
		return "Username can only contain letters, numbers, underscores, and hyphens"
	}
	return ""
}

func checkPassword(v string) string {
	switch {
	case v == "":
		return "Password cannot be empty"
	case !isASCII(v):
		return "Password must contain only ASCII characters"
	case len(v) < 6:
		return "Password must be at least 6 characters long"
	case len(v) > maxColumn:
		return "Password must be no more than 255 characters long"
	}
	return ""
}

// isJSON reports whether FastAPI takes the body for JSON.
func (r *request) isJSON() bool {
	header := r.Header.Get("Content-Type")
	kind, _, err := mime.ParseMediaType(header)
	return header == "" || err == nil && kind == "application/json"
}

// decode reads a JSON body; broken JSON is a fault in FastAPI's words, which
// are Python's.
func (r *request) decode() (any, *fault) {
	dec := json.NewDecoder(bytes.NewReader(r.raw))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	if err == nil && !dec.More() {
		return v, nil
	}
	reason, at := "Extra data", int(dec.InputOffset())
	if err != nil {
		reason, at = complaint(string(r.raw), err)
	}
	return nil, &fault{
		Type: "json_invalid", Loc: []any{"body", at}, Msg: "JSON decode error",
		Input: map[string]any{}, Ctx: map[string]any{"error": reason},
	}
}

// object reads a body that must be a JSON object.
func (r *request) object() (map[string]any, *answer) {
	if len(r.raw) == 0 {
		return nil, invalid(missing(nil, "body"))
	}
	var body any = string(r.raw)
	if r.isJSON() {
		v, broken := r.decode()
		if broken != nil {
			return nil, invalid(*broken)
		}
		body = v
	}
	obj, isObject := body.(map[string]any)
	if !isObject {
		return nil, invalid(fault{
			Type: "model_attributes_type", Loc: []any{"body"}, Input: body,
			Msg: "Input should be a valid dictionary or object to extract fields from",
		})
	}
	return obj, nil
}

// complaint names what Python's JSON decoder dislikes and where, for text cut
// short and for values that are none. Its other messages are not imitated.
func complaint(text string, err error) (reason string, at int) {
	at = len(text)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && int(syntax.Offset) < len(text) {
		at = max(0, int(syntax.Offset)-1)
	}
	if strings.HasSuffix(strings.TrimSpace(text[:at]), "{") {
		return "Expecting property name enclosed in double quotes", at
	}
	return "Expecting value", at
}

// pythonJSON is the same complaint as json.JSONDecodeError prints it.
func pythonJSON(text string, err error) string {
	reason, at := complaint(text, err)
	line := 1 + strings.Count(text[:at], "\n")
	column := at - strings.LastIndex(text[:at], "\n")
	return fmt.Sprintf("%s: line %d column %d (char %d)", reason, line, column, at)
}

func isASCII(v string) bool {
	for i := range len(v) {
		if v[i] >= 0x80 {
			return false
		}
	}
	return true
}
