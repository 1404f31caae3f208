package rommtest

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// form is a parsed form body. Of a field given twice the last value counts.
type form struct {
	values map[string][]string
	files  map[string][]byte
}

func (f form) last(name string) (value string, given bool) {
	v := f.values[name]
	if len(v) == 0 {
		return "", false
	}
	return v[len(v)-1], true
}

// form parses the body by its content type. A body of any other type is no
// form and gives no fields: RomM then changes nothing and answers 200.
func (r *request) form() (form, *answer) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return form{}, nil
	case kind == "application/x-www-form-urlencoded":
		values, _ := url.ParseQuery(string(r.raw)) // pairs that cannot be read are left out
		return form{values: values}, nil
	case kind == "multipart/form-data":
		if params["boundary"] == "" {
			return form{}, detail(http.StatusBadRequest, "Missing boundary in multipart.")
		}
		return parts(multipart.NewReader(bytes.NewReader(r.raw), params["boundary"]))
	}
	return form{}, nil
}

func parts(mr *multipart.Reader) (form, *answer) {
	f := form{values: map[string][]string{}, files: map[string][]byte{}}
	for {
		p, err := mr.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		var data []byte
		if err == nil {
			data, err = io.ReadAll(p)
		}
		if err != nil {
			return form{}, detail(http.StatusBadRequest, "There was an error parsing the body")
		}
		if p.FileName() != "" {
			f.files[p.FormName()] = data
			continue
		}
		f.values[p.FormName()] = append(f.values[p.FormName()], string(data))
	}
}

// boolean reads a form value as pydantic does: true/false, 1/0, on/off,
// yes/no, t/f, y/n, in any letter case.
func boolean(v string) (value, valid bool) {
	switch strings.ToLower(v) {
	case "1", "true", "on", "yes", "t", "y":
		return true, true
	case "0", "false", "off", "no", "f", "n":
		return false, true
	}
	return false, false
}
