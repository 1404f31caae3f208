// Package db keeps what belongs to romm-admin itself in one SQLite file: the
// role map, the pins, the embedded directory, the journal and the record of
// logins. There is a table for settings, which nothing uses yet.
//
// Both programs open the file at once, for months. It is in WAL mode with
// synchronous=FULL; writes take the write lock at their start, so that nobody
// sees "database is locked" halfway (R1, R4). A file that is not ours, damaged
// or unsafe is refused and left as it is (R6, S38).
//
// The package must not import the use cases, any HTTP, or the UI; it reads
// the time only through Options.Now, and it never stores a secret.
//
// One rule for anyone who works on it: never open the database file, its -wal or
// its -shm with package os. Closing such a descriptor drops the POSIX locks
// that SQLite holds in the same process.
package db
