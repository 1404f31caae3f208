package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

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

// ParseObject decodes one JSON object strictly: valid UTF-8, exactly one
// value, no duplicate members at any depth, names compared exactly, numbers
// kept as [json.Number], nesting bounded.
func ParseObject(data []byte) (map[string]any, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, err := decodeStrict(dec, 0)
	if errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	obj, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the object")
	}
	return obj, nil
}

// maxDepth bounds nesting, so that hostile claims cannot exhaust the stack.
const maxDepth = 32

func decodeStrict(dec *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch tok {
	case json.Delim('{'):
		obj := map[string]any{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			name := key.(string) // the decoder accepts nothing else here
			if _, dup := obj[name]; dup {
				return nil, fmt.Errorf("duplicate member %q", Clean(name))
			}
			if obj[name], err = decodeStrict(dec, depth+1); err != nil {
				return nil, err
			}
		}
		_, err = dec.Token()
		return obj, err
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := decodeStrict(dec, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = dec.Token()
		return list, err
	}
	return tok, nil
}
