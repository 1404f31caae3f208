package rommsql

import (
	"context"
	"database/sql"
	"fmt"
	"unicode/utf8"

	"github.com/romm-admin/romm-admin/model"
)

// foldBatch is how many texts are asked at once.
const foldBatch = 200

// Fold asks the database which texts are equal in a column of users, email or
// username: nothing is assumed of its collation. Keys of different columns do not
// compare.
func (d *DB) Fold(ctx context.Context, name string, texts []string) ([]model.Folded, error) {
	out := make([]model.Folded, len(texts))
	err := d.reading(ctx, "compare texts in RomM's database", func(ctx context.Context, tx *sql.Tx) error {
		s, err := d.d.look(ctx, tx)
		if err == nil {
			err = s.check(d)
		}
		if err != nil {
			return err
		}
		c := s.columns[name]
		if c.unfit != "" {
			return &model.Error{
				Code: model.CodeInvalid, Msg: fmt.Sprintf("the database cannot be asked how users.%s compares: %s", model.Clean(name), model.Clean(c.unfit)),
				Hint: "RomM makes its tables in utf8mb4, or in UTF-8 on PostgreSQL",
			}
		}
		var at []int
		var ask []string
		flush := func() error {
			folded, err := d.d.fold(ctx, tx, c, ask)
			if err != nil {
				return err
			}
			for i, f := range folded {
				out[at[i]] = f
			}
			at, ask = at[:0], ask[:0]
			return nil
		}
		for i, t := range texts {
			// What cannot be stored equals itself alone. No key of a server
			// begins like this one.
			if !utf8.ValidString(t) || !d.d.storable(t) {
				out[i] = model.Folded{Exact: "\xff" + t, Lower: "\xff" + t}
				continue
			}
			at, ask = append(at, i), append(ask, t)
			if len(ask) == foldBatch {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		if len(ask) == 0 {
			return nil
		}
		return flush()
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
