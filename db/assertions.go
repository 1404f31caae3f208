package db

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// The bounds of the assertions.
const (
	maxAssertions = 1000
	maxAssertion  = 512 // bytes of one line
)

// Assertions returns what must stay true of the role map, in the order in which
// it was saved. What one means is decided where plans are guarded.
func (d *DB) Assertions(ctx context.Context) ([]model.Assertion, error) {
	var out []model.Assertion
	err := d.read(ctx, "read assertions", func(tx *sql.Tx) (err error) {
		out, err = assertions(ctx, tx)
		return err
	})
	return out, err
}

// assertions reads the lines, one for each assertion.
func assertions(ctx context.Context, tx *sql.Tx) ([]model.Assertion, error) {
	rows, err := tx.QueryContext(ctx, "SELECT line FROM assertion ORDER BY position")
	return collect(rows, err, func(s scanner) (model.Assertion, error) {
		var line string
		if err := s.Scan(&line); err != nil {
			return model.Assertion{}, err
		}
		return model.ParseAssertion(line)
	})
}

func assertionLines(all []model.Assertion) []string {
	lines := make([]string, len(all))
	for i, a := range all {
		lines[i] = a.Text()
	}
	return lines
}

// SetAssertions replaces them all. It refuses with CodeConflict unless the
// stored ones are still before, and those whose line is printed differently
// than it is stored, too long, there twice, or none that
// [model.ParseAssertion] reads.
func (d *DB) SetAssertions(ctx context.Context, after, before []model.Assertion, by model.Untrusted) error {
	lines := assertionLines(after)
	if err := checkAssertions(lines); err != nil {
		return err
	}
	return d.write(ctx, "save assertions", func(tx *sql.Tx) error {
		now, err := assertions(ctx, tx)
		if err != nil {
			return err
		}
		if !slices.Equal(now, before) {
			return &model.Error{
				Code: model.CodeConflict, Msg: "the assertions were changed in the meantime",
				Hint: "reload, check the change, and save it again",
			}
		}
		if slices.Equal(now, after) {
			return nil
		}
		return changing(ctx, tx, "assertion", func() error {
			if _, err := tx.ExecContext(ctx, "DELETE FROM assertion"); err != nil {
				return err
			}
			for i, line := range lines {
				_, err := tx.ExecContext(ctx, "INSERT INTO assertion (position, line, changed_by, changed_at) VALUES (?, ?, ?, ?)",
					i+1, line, by.Raw(), d.opts.Now().UnixNano())
				if err != nil {
					return err
				}
			}
			return nil
		}, "true")
	})
}

func checkAssertions(lines []string) error {
	bad := func(format string, args ...any) error {
		return &model.Error{
			Code: model.CodeInvalid, Op: "save assertions", Msg: fmt.Sprintf(format, args...),
			Hint: "one assertion a line, such as: user:alice is admin",
		}
	}
	if len(lines) > maxAssertions {
		return bad("%d assertions, at most %d are kept", len(lines), maxAssertions)
	}
	seen := make(map[string]bool, len(lines))
	for i, line := range lines {
		switch {
		case line == "":
			return bad("assertion %d is empty", i+1)
		case len(line) > maxAssertion:
			return bad("assertion %d is longer than %d bytes", i+1, maxAssertion)
		case model.Clean(line) != line:
			return bad("assertion %d holds characters that cannot be printed: %s", i+1, model.Clean(line))
		case seen[line]:
			return bad("assertion %d is there twice: %s", i+1, line)
		}
		seen[line] = true
		if _, err := model.ParseAssertion(line); err != nil {
			return bad("assertion %d: %v", i+1, err)
		}
	}
	return nil
}
