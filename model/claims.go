package model

import "fmt"

// Claims are the claims of an ID token: nil, bool, json.Number, string, []any
// or map[string]any by name. An absent claim and a null one differ.
type Claims map[string]any

// ParseClaims decodes a JSON object strictly, see [ParseObject] (S3).
func ParseClaims(data []byte) (Claims, error) {
	obj, err := ParseObject(data)
	if err != nil {
		return nil, fmt.Errorf("decode claims: %w", err)
	}
	return obj, nil
}
