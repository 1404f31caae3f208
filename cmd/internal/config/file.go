package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/romm-admin/romm-admin/model"
)

// File is romm-admin.toml: what the environment can say as well, under
// friendlier names, and how the console looks and which keys it has. A nil
// File says nothing.
type File struct {
	Path string
	// Theme, Linear, Mouse and Every are "" when the file does not say.
	Theme, Linear, Mouse, Every string
	// Keys are keys of actions, by the action's id.
	Keys map[string][]string

	variables map[string]string // what it says, by variable
	named     map[string]string // the file's name of a variable
	lines     map[string]int    // by dotted name
	mistakes  []mistake
	warnings  []string
}

// mistake is one in the file; row is 0 when its line is not known.
type mistake struct {
	row  int
	text string
}

// maxFile bounds the file, in bytes.
const maxFile = 1 << 20

// Open reads the configuration file: the one at that path or, when it is "",
// $XDG_CONFIG_HOME/romm-admin/romm-admin.toml (by default below ~/.config),
// which need not exist. The error is about a file that cannot be read at all;
// single mistakes in it come with [File.Mistakes] or [Load].
func Open(src Source, path string) (*File, error) {
	src = src.complete()
	named := path != ""
	if !named {
		path = defaultFile(src)
	}
	if path == "" {
		return nil, nil
	}
	data, err := src.ReadFile(path)
	var why *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist) && !named:
		return nil, nil
	case errors.As(err, &why):
		return nil, unreadable(path, why.Err)
	case err != nil:
		return nil, unreadable(path, err)
	case len(data) > maxFile:
		return nil, unreadable(path, fmt.Errorf("larger than %d MiB", maxFile>>20))
	}
	f := &File{Path: path, Keys: map[string][]string{}, variables: map[string]string{}, named: map[string]string{}}
	tree := map[string]any{}
	if err := toml.Unmarshal(data, &tree); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			row, _ := at.Position()
			path += ":" + strconv.Itoa(row)
		}
		return nil, unreadable(path, errors.New(strings.TrimPrefix(err.Error(), "toml: ")))
	}
	f.lines = lines(data)
	f.take(src, "", tree)
	info, err := src.Stat(path)
	switch {
	case err != nil:
	case info.Mode().Perm()&0o002 != 0: // a warning would come after the tokens are sent
		return nil, &model.Error{
			Code: model.CodeRefused, Op: path, Msg: fmt.Sprintf("everybody on this machine may write to this file (mode %v), which says which servers get the tokens", info.Mode().Perm()),
			Hint: "look at what it says, then chmod go-w it",
		}
	case info.Mode().Perm()&0o020 != 0:
		f.warnings = append(f.warnings, fmt.Sprintf("others may write to %s (mode %v): chmod go-w it, for it says which servers get the tokens", path, info.Mode().Perm()))
	}
	return f, nil
}

func unreadable(where string, err error) error {
	return &model.Error{
		Code: model.CodeInvalid, Op: where, Err: err,
		Hint: "correct this file, or name another one with --config",
	}
}

func defaultFile(src Source) string {
	r := reader{Source: src}
	if dir := r.text("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "romm-admin", "romm-admin.toml")
	}
	if home := r.text("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".config", "romm-admin", "romm-admin.toml")
	}
	return ""
}

// lines finds the line of every name. The decoder tells the places of those
// that its target does not have, so it is given one that has the tables alone.
func lines(data []byte) map[string]int {
	dec := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	err := dec.Decode(&struct{ Authentik, Romm, Oidc, Keys struct{} }{})
	out := map[string]int{}
	var all *toml.StrictMissingError
	if errors.As(err, &all) {
		for _, e := range all.Errors {
			row, _ := e.Position()
			out[strings.Join(e.Key(), ".")] = row
		}
	}
	return out
}

// row is the line of a dotted name, or of the table that it is in; 0 when it is
// not known.
func (f *File) row(dotted string) int {
	for at := dotted; at != ""; at = at[:max(0, strings.LastIndexByte(at, '.'))] {
		if row, ok := f.lines[at]; ok {
			return row
		}
	}
	return 0
}

// where is the place of a dotted name, for messages: the path, and the line
// when it is known.
func (f *File) where(dotted string) string {
	if row := f.row(dotted); row > 0 {
		return fmt.Sprintf("%s:%d", f.Path, row)
	}
	return f.Path
}

// take walks through a table.
func (f *File) take(src Source, prefix string, table map[string]any) {
	known := names()
	for _, n := range slices.Sorted(maps.Keys(table)) {
		dotted, value := prefix+n, table[n]
		inner, isTable := value.(map[string]any)
		x, ok := known[dotted]
		switch {
		case dotted == keysTable && isTable:
			f.takeKeys("", inner)
		case ok:
			f.set(src, dotted, x, value)
		case isTable && slices.Contains(tables(), dotted):
			f.take(src, n+".", inner)
		default:
			f.Wrong(dotted, "%s", unknownName(dotted))
		}
	}
}

func (f *File) set(src Source, dotted string, x name, value any) {
	said, isText := value.(string)
	said = strings.TrimSpace(said)
	yes, isBool := value.(bool)
	if isBool {
		said = strconv.FormatBool(yes)
	}
	if n, isNumber := value.(int64); isNumber && x.kind == aNumber {
		said, isText = strconv.FormatInt(n, 10), true
	}
	switch {
	case x.kind == aSecret:
		f.Wrong(dotted, "a secret does not belong in this file: put it into a file that only you may read, and name that in %s_file", dotted)
		return
	case x.kind == aBoolean && !isBool:
		f.Wrong(dotted, "%s is true or false, without quotes", dotted)
		return
	case x.kind != aBoolean && !isText:
		f.Wrong(dotted, "%s is a text in quotes", dotted)
		return
	case x.kind == aPath:
		said = f.resolve(src, said)
	}
	switch dotted {
	case "theme":
		f.Theme = said
	case "linear":
		f.Linear = said
	case "mouse":
		f.Mouse = said
	case "every":
		f.Every = said
	default:
		f.variables[x.variable], f.named[x.variable] = said, dotted
	}
}

// resolve makes a path absolute: from the home folder, or from the folder of
// the file, because nobody knows where a timer starts the program.
func (f *File) resolve(src Source, p string) string {
	switch rest, home := strings.CutPrefix(p, "~/"); {
	case p == "" || filepath.IsAbs(p):
		return p
	case home:
		dir, _ := src.Lookup("HOME")
		return filepath.Join(dir, rest)
	}
	return filepath.Join(filepath.Dir(f.Path), p)
}

// takeKeys reads the keys of actions. Their ids hold dots, so that
// `users.fix = [...]` and `"users.fix" = [...]` are the same.
func (f *File) takeKeys(prefix string, table map[string]any) {
	for _, n := range slices.Sorted(maps.Keys(table)) {
		id := prefix + n
		list, isList := table[n].([]any)
		switch v := table[n].(type) {
		case map[string]any:
			f.takeKeys(id+".", v)
			continue
		case string:
			list, isList = []any{v}, true
		}
		f.Keys[id] = make([]string, 0, len(list))
		for _, k := range list {
			if s, ok := k.(string); ok {
				f.Keys[id] = append(f.Keys[id], s)
			}
		}
		if !isList || len(f.Keys[id]) < len(list) {
			f.Wrong(keysTable+"."+id, "keys are texts in quotes, such as %s = [\"x\", \"ctrl+x\"]", model.Clean(id))
		}
	}
}

// Wrong adds a mistake in the value of a dotted name.
func (f *File) Wrong(dotted, format string, args ...any) {
	f.mistakes = append(f.mistakes, mistake{f.row(dotted), f.where(dotted) + ": " + fmt.Sprintf(format, args...)})
}

// Mistakes are those in the file's names and in the kinds of its values, and
// those that were added, each with its place, from top to bottom; [Load] reports
// them too, together with all others.
func (f *File) Mistakes() []string {
	if f == nil {
		return nil
	}
	sorted := slices.SortedStableFunc(slices.Values(f.mistakes), func(a, b mistake) int { return a.row - b.row })
	out := make([]string, len(sorted))
	for i, m := range sorted {
		out[i] = m.text
	}
	return out
}

// Mistakes are all that is wrong with a configuration, to be reported at once.
type Mistakes []string

// Error implements error.
func (m Mistakes) Error() string { return strings.Join(m, "; ") }

// Each are the mistakes, for callers that print one a line.
func (m Mistakes) Each() []string { return m }

// Err is the error of these mistakes; nil when there are none.
func (m Mistakes) Err() error {
	if len(m) == 0 {
		return nil
	}
	return &model.Error{
		Code: model.CodeInvalid, Op: "configuration", Err: m,
		Hint: "correct this and start again; the README lists the variables, and the names of the file and of all actions",
	}
}
