package model

import (
	"encoding/json"
	"maps"
	"slices"
)

// UserInfo is the answer of the provider's UserInfo endpoint, which RomM from 5.4
// on asks when the ID token lacks a claim that it wants (docs/romm.md 3 UserInfo).
type UserInfo struct {
	Status int
	Claims any // what the body is as JSON; nil if it is none
}

// WantsUserInfo reports whether RomM asks the UserInfo endpoint, if it knows one.
func WantsUserInfo(c Claims, s Settings) bool {
	return c != nil && s.Version.family().links && (lacks(c, "email") || lacks(c, "email_verified") ||
		lacks(c, s.usernameAttribute()) || s.ClaimRoles != "" && lacks(c, s.ClaimRoles))
}

func lacks(c Claims, name string) bool {
	_, present := c[name]
	return !present
}

// fillGaps returns the claims with the gaps filled; false where RomM fails on the
// answer. A claim in the ID token counts, even null.
func fillGaps(c Claims, u *UserInfo, s Settings) (Claims, bool) {
	if u == nil || !WantsUserInfo(c, s) {
		return c, true
	}
	answer, isObject := u.Claims.(map[string]any)
	if u.Status < 200 || u.Status > 299 || !isObject || !pythonEqual(answer["sub"], c["sub"]) {
		return c, true
	}
	address := answer["email"]
	text, isText := address.(string)
	if address != nil && !isText {
		return nil, false
	}
	out := maps.Clone(c)
	for _, name := range []string{"email", "email_verified", s.usernameAttribute(), s.ClaimRoles} {
		if v, present := answer[name]; present && lacks(c, name) && name != "" {
			out[name] = v
		}
	}
	if own, isText := c["email"].(string); !lacks(c, "email") && lacks(c, "email_verified") &&
		(address == nil || !isText || !sameLower(own, text)) {
		delete(out, "email_verified") // it is about another address
	}
	return out, true
}

// pythonEqual is Python's ==, for what JSON holds: numbers are equal whatever their
// type, and true is 1.
func pythonEqual(a, b any) bool {
	x, isNumber := pythonNumber(a)
	y, both := pythonNumber(b)
	if isNumber && both {
		return x == y
	}
	switch a := a.(type) {
	case nil:
		return b == nil
	case string:
		return a == b
	case []any:
		b, isList := b.([]any)
		return isList && slices.EqualFunc(a, b, pythonEqual)
	case map[string]any:
		b, isObject := b.(map[string]any)
		return isObject && maps.EqualFunc(a, b, pythonEqual)
	}
	return false
}

func pythonNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case json.Number:
		f, _ := v.Float64() // out of range is infinite
		return f, true
	}
	return 0, false
}
