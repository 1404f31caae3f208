-- The first schema. Times are nanoseconds since 1970 in UTC; NULL is "never".
-- Texts that came from outside are stored as they arrived.

-- +goose Up

-- One row. generation counts the changes to the role map; role_map_sum is the
-- checksum over the map and the generation, so that a damaged map, or one that
-- something else has edited, is refused instead of believed. The journal head
-- is kept beside the rows: cutting the tail is then noticed.
CREATE TABLE meta (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    generation   INTEGER NOT NULL DEFAULT 0 CHECK (generation >= 0),
    default_role TEXT NOT NULL DEFAULT '' CHECK (default_role IN ('', 'viewer', 'user', 'editor', 'admin')),
    role_map_sum BLOB NOT NULL CHECK (length(role_map_sum) = 32),
    journal_seq  INTEGER NOT NULL DEFAULT 0 CHECK (journal_seq >= 0),
    journal_head BLOB NOT NULL CHECK (length(journal_head) = 32)
) STRICT;

CREATE TABLE role_map (
    group_id   TEXT NOT NULL PRIMARY KEY CHECK (length(group_id) = 36 AND group_id NOT GLOB '*[^0-9a-f-]*'),
    name       TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('viewer', 'user', 'editor', 'admin')),
    note       TEXT NOT NULL DEFAULT '',
    changed_by TEXT NOT NULL DEFAULT '',
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER role_map_insert AFTER INSERT ON role_map BEGIN
    UPDATE meta SET generation = generation + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER role_map_update AFTER UPDATE ON role_map BEGIN
    UPDATE meta SET generation = generation + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER role_map_delete AFTER DELETE ON role_map BEGIN
    UPDATE meta SET generation = generation + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER meta_default_role AFTER UPDATE OF default_role ON meta BEGIN
    UPDATE meta SET generation = generation + 1;
END;
-- +goose StatementEnd

-- What must stay true of the role map: "user alice is admin", "group kids at
-- most viewer".
CREATE TABLE assertion (
    id           INTEGER PRIMARY KEY,
    subject_kind TEXT NOT NULL CHECK (subject_kind IN ('user', 'group')),
    subject      TEXT NOT NULL CHECK (subject <> ''),
    relation     TEXT NOT NULL CHECK (relation IN ('is', 'at-least', 'at-most')),
    role         TEXT NOT NULL CHECK (role IN ('', 'viewer', 'user', 'editor', 'admin')),
    note         TEXT NOT NULL DEFAULT '',
    changed_by   TEXT NOT NULL DEFAULT '',
    changed_at   INTEGER NOT NULL,
    UNIQUE (subject_kind, subject, relation)
) STRICT;

CREATE TABLE link (
    uid       TEXT NOT NULL PRIMARY KEY CHECK (uid <> ''),
    local_id  INTEGER NOT NULL UNIQUE,
    email     TEXT NOT NULL,
    pinned_by TEXT NOT NULL DEFAULT '',
    pinned_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE trusted_email (
    uid        TEXT NOT NULL PRIMARY KEY CHECK (uid <> ''),
    email      TEXT NOT NULL CHECK (email <> ''),
    trusted_by TEXT NOT NULL DEFAULT '',
    trusted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The embedded directory. NULL addresses do not collide, empty ones do, as in
-- RomM. Names and addresses are unique whatever their letter case.
CREATE TABLE local_user (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    username    TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (username <> ''),
    email       TEXT COLLATE NOCASE UNIQUE,
    role        TEXT NOT NULL CHECK (role IN ('user', 'admin')),
    enabled     INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    last_login  INTEGER,
    last_active INTEGER,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

-- Append-only. An 'open' row announces a change, a 'close' row says what became
-- of the one that ref names. Every row carries the hash over itself and the row
-- before it.
CREATE TABLE journal (
    seq     INTEGER PRIMARY KEY CHECK (seq > 0),
    row     TEXT NOT NULL CHECK (row IN ('open', 'close')),
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    session TEXT NOT NULL,
    plan_id TEXT NOT NULL,
    plan    TEXT NOT NULL,
    side    TEXT NOT NULL,
    kind    TEXT NOT NULL,
    object  TEXT NOT NULL,
    label   TEXT NOT NULL,
    before  TEXT NOT NULL,
    after   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    ref     INTEGER UNIQUE REFERENCES journal (seq),
    outcome TEXT NOT NULL CHECK (outcome IN ('open', 'done', 'failed')),
    detail  TEXT NOT NULL,
    hash    BLOB NOT NULL CHECK (length(hash) = 32),
    CHECK ((row = 'open') = (outcome = 'open')),
    CHECK ((row = 'open') = (ref IS NULL)),
    CHECK (ref IS NULL OR ref < seq)
) STRICT;

-- REPLACE would remove a row without a word.
-- +goose StatementBegin
CREATE TRIGGER journal_in_order BEFORE INSERT ON journal WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal) BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
-- +goose StatementEnd

CREATE TABLE login (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    purpose  TEXT NOT NULL,
    uid      TEXT NOT NULL,
    username TEXT NOT NULL,
    email    TEXT NOT NULL,
    roles    TEXT NOT NULL CHECK (json_valid(roles)),
    decision TEXT NOT NULL
) STRICT;

CREATE INDEX login_at ON login (at, id);

CREATE TABLE setting (
    key        TEXT NOT NULL PRIMARY KEY CHECK (key <> ''),
    value      TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
