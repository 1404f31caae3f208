package db

import (
	"database/sql"
	"fmt"
	"net/url"
	"time"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// connMode says what a pool of connections is for.
type connMode int

const (
	// modePeek reads the file alone, without lock, log or side files: it can
	// neither wait nor change anything.
	modePeek connMode = iota
	// modeVet opens the file read-only. It recovers nothing into the file.
	modeVet
	// modeRead may recover after a crash, as any reader of a WAL file must,
	// and refuses to write.
	modeRead
	// modeWrite takes the write lock when a transaction begins.
	modeWrite
)

// readers is the size of the reader pool: the screens and the companion read
// little, and each connection has its own page cache.
const readers = 4

// connect makes a pool. Nothing is opened before its first use.
func connect(path string, mode connMode, busy time.Duration) (*sql.DB, error) {
	q := url.Values{}
	pragma := func(name, value string) { q.Add("_pragma", name+"("+value+")") }
	pragma("busy_timeout", fmt.Sprint(busy.Milliseconds()))
	pragma("foreign_keys", "1")
	pragma("trusted_schema", "0")
	pragma("synchronous", "FULL")
	pragma("cell_size_check", "1")
	q.Set("_defensive", "1")
	size := 1
	switch mode {
	case modePeek:
		q.Set("mode", "ro")
		q.Set("immutable", "1")
	case modeVet:
		q.Set("mode", "ro")
		size = readers
	case modeRead:
		q.Set("mode", "rw")
		pragma("query_only", "1")
		size = readers
	case modeWrite:
		q.Set("mode", "rw")
		q.Set("_txlock", "immediate")
	}
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	pool, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open SQLite: %w", err)
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return pool, nil
}
