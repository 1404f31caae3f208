-- Plans of several changes, whole, so that one which was cut short can be
-- finished or taken back; and what must stay true of the role map as the lines
-- that a person wrote.

-- +goose Up

-- changes is a JSON list. resolved is set once somebody has finished the plan
-- or taken it back after it was cut short.
CREATE TABLE plan (
    id       TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    session  TEXT NOT NULL,
    title    TEXT NOT NULL,
    count    INTEGER NOT NULL CHECK (count > 0),
    changes  TEXT NOT NULL CHECK (json_valid(changes)),
    resolved INTEGER NOT NULL DEFAULT 0 CHECK (resolved IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX plan_unresolved ON plan (at) WHERE resolved = 0;
CREATE INDEX journal_plan ON journal (plan_id, seq) WHERE row = 'open';

-- Nothing ever wrote to the first form of this table.
DROP TABLE assertion;
CREATE TABLE assertion (
    position   INTEGER PRIMARY KEY CHECK (position > 0),
    line       TEXT NOT NULL UNIQUE CHECK (line <> ''),
    changed_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

-- Roles for groups that do not exist yet, by name. Such a row grants nothing;
-- somebody has to bind it to a group by hand (S8).
CREATE TABLE pending_role (
    name       TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
    role       TEXT NOT NULL CHECK (role IN ('viewer', 'user', 'editor', 'admin')),
    changed_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
