package admin

import (
	"context"
	"fmt"
	"time"

	"github.com/romm-admin/romm-admin/cmd/internal/config"
	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
)

// openStore opens the database; its folder may be made private first.
func (g *globals) openStore(ctx context.Context, path string, mustExist bool) (*db.DB, error) {
	if err := g.offerPrivate(ctx, path); err != nil {
		return nil, err
	}
	return db.Open(ctx, path, db.Options{Now: time.Now, ReadOnly: g.readOnly, MustExist: mustExist})
}

// askBeforeConsole asks what has to be asked before the console has the terminal.
func (g *globals) askBeforeConsole(ctx context.Context, src config.Source) error {
	defer func() { g.offered = true }()
	if path, err := g.database(src); err == nil && !g.demo { // where there is none, the console says so
		return g.offerPrivate(ctx, path)
	}
	return nil
}

// offerPrivate asks once whether to make the folder of the database private,
// where everybody may use it, which mkdir does, and it is this user's to do so.
// Where nobody can answer, or the answer is no, opening it says what to do.
func (g *globals) offerPrivate(ctx context.Context, path string) error {
	dir, exposed := db.Exposed(path)
	if !exposed || g.offered || g.readOnly || !g.isTerminal(g.In) {
		return nil
	}
	g.offered = true
	_, _ = fmt.Fprintf(g.Err, "Everybody on this machine may use the folder %s, and what romm-admin keeps there is not for everybody.\n", model.Clean(dir))
	if askFor(ctx, g.Streams, "make it yours alone (mode 0700)? type yes: ", "yes") != nil {
		return ctx.Err()
	}
	return db.MakePrivate(path)
}
