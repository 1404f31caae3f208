package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This is the one strict JSON decoder, for claims, imports and what is stored
// of a plan (S3, S39). What two readers could take for different things is
// refused: text that is not UTF-8, half of a surrogate pair, members that are
// there twice or differ only in case, and anything after the value.
// encoding/json alone takes EMAIL for email, and the last of two.

// ParseObject decodes one JSON object strictly, names as they are, numbers kept
// as [json.Number], nesting bounded.
func ParseObject(data []byte) (map[string]any, error) { return parseObject(data, false) }

// parseObject parses an object; with cased, members may differ only in case.
func parseObject(data []byte, cased bool) (map[string]any, error) {
	v, err := parseStrict(data, cased)
	if err != nil {
		return nil, err
	}
	obj, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	return obj, nil
}

// DecodeStrict decodes one JSON value into what into points to. A member that
// has no field of exactly its name is refused.
func DecodeStrict(data []byte, into any) error { return decodeInto(data, into, false) }

// DecodeKnown is DecodeStrict for what a newer sender may have added to:
// members without a field are left out, but not those that differ from a
// field's name only in case.
func DecodeKnown(data []byte, into any) error { return decodeInto(data, into, true) }

func decodeInto(data []byte, into any, others bool) error {
	v, err := parseStrict(data, false)
	if err != nil {
		return err
	}
	if v == nil {
		return errors.New("null where a value has to be")
	}
	if err := exact(v, reflect.TypeOf(into), others); err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

func parseStrict(data []byte, cased bool) (any, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, err := strictValue(dec, 0, cased)
	if errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the value")
	}
	return v, checkSurrogates(data)
}

// maxDepth bounds nesting, so that hostile text cannot exhaust the stack.
const maxDepth = 32

func strictValue(dec *json.Decoder, depth int, cased bool) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch tok {
	case json.Delim('{'):
		return strictObject(dec, depth, cased)
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := strictValue(dec, depth+1, cased)
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

func strictObject(dec *json.Decoder, depth int, cased bool) (any, error) {
	obj, seen := map[string]any{}, map[string]string{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name := key.(string) // the decoder accepts nothing else here
		folded := name
		if !cased {
			folded = foldCase(name)
		}
		switch other, twice := seen[folded]; {
		case twice && other == name:
			return nil, fmt.Errorf("duplicate member %q", Clean(name))
		case twice:
			return nil, fmt.Errorf("the members %q and %q differ only in case", Clean(other), Clean(name))
		}
		seen[folded] = name
		if obj[name], err = strictValue(dec, depth+1, cased); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return obj, err
}

// foldCase makes names equal that encoding/json finds equal: every letter
// becomes the first of those that differ from it in case.
func foldCase(s string) string {
	return strings.Map(func(r rune) rune {
		for {
			next := unicode.SimpleFold(r)
			if next <= r {
				return next
			}
			r = next
		}
	}, s)
}

// checkSurrogates refuses half of a surrogate pair, which no text has and
// encoding/json replaces. data is valid JSON.
func checkSurrogates(data []byte) error {
	if at := nextHalf(data, 0); at >= 0 {
		return fmt.Errorf(`%s is half of a surrogate pair`, bytes.ToLower(data[at:at+6]))
	}
	return nil
}

// nextHalf finds the next escape of half a surrogate pair, from a place that is
// not inside an escape on; -1 if there is none. data is valid JSON: a backslash is
// inside a string.
func nextHalf(data []byte, from int) int {
	for i := from; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		unit, size := escaped(data[i:])
		if size == 0 {
			i++
			continue
		}
		half := i
		i += size - 1
		if unit < 0xd800 || unit > 0xdfff {
			continue
		}
		low, size := escaped(data[i+1:])
		if unit > 0xdbff || low < 0xdc00 || low > 0xdfff {
			return half
		}
		i += size
	}
	return -1
}

// escaped reads a \uXXXX at the beginning; size 0 means that there is none.
func escaped(data []byte) (unit uint64, size int) {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return 0, 0
	}
	unit, err := strconv.ParseUint(string(data[2:6]), 16, 32)
	if err != nil {
		return 0, 0
	}
	return unit, 6
}

// exact checks that every member has a field of exactly its name, unless
// others are fine. Values of a wrong type are left to encoding/json, and so
// are types that decode themselves.
func exact(v any, t reflect.Type, others bool) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil
	}
	switch v := v.(type) {
	case []any:
		if t.Kind() != reflect.Slice && t.Kind() != reflect.Array {
			return nil
		}
		for _, x := range v {
			if err := exact(x, t.Elem(), others); err != nil {
				return err
			}
		}
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return nil
		}
		fields := fieldsOf(t)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			field, known := fields[name]
			if !known {
				if others && !slices.ContainsFunc(slices.Collect(maps.Keys(fields)), func(f string) bool { return foldCase(f) == foldCase(name) }) {
					continue
				}
				return fmt.Errorf("unknown field %q", Clean(name))
			}
			if err := exact(v[name], field, others); err != nil {
				return err
			}
		}
	}
	return nil
}

// fieldsOf are the types of a struct's fields by their name in JSON.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || f.Anonymous && name == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		out[name] = f.Type
	}
	return out
}
