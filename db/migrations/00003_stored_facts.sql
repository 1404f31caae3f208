-- What was told by sentences becomes data: that a change was stopped, the
-- command that undoes a restore, what a plan is for; and the changes of a plan
-- get a form with a number and names of its own.

-- +goose Up

-- plan_sum is the checksum of a plan of several changes as it stands in the table
-- of plans, which is not in the chain. The row that begins its first change has
-- it; for plans that were stored before there were any, a row 'plan' of its own.
--
-- form is how a row is hashed. 1 is that of the rows from before this table:
-- it covers neither form nor undo, and knows no outcome but open, done and
-- failed. The table is made anew because of its checks; every row stays as it is.
CREATE TABLE journal_next (
    seq     INTEGER PRIMARY KEY CHECK (seq > 0),
    row     TEXT NOT NULL CHECK (row IN ('plan', 'open', 'close')),
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
    ref     INTEGER REFERENCES journal_next (seq),
    outcome TEXT NOT NULL CHECK (outcome IN ('', 'open', 'done', 'failed', 'stopped', 'unknown')),
    detail  TEXT NOT NULL,
    hash    BLOB NOT NULL CHECK (length(hash) = 32),
    form    INTEGER NOT NULL CHECK (form IN (1, 2)),
    undo    TEXT NOT NULL,
    plan_sum TEXT NOT NULL,
    CHECK ((row = 'plan') = (outcome = '')),
    CHECK ((row = 'open') = (outcome = 'open')),
    CHECK ((row = 'close') = (ref IS NOT NULL)),
    CHECK (ref IS NULL OR ref < seq)
) STRICT;

INSERT INTO journal_next
    SELECT seq, row, at, actor, session, plan_id, plan, side, kind, object, label, before, after, reason, ref,
        CASE WHEN outcome = 'failed' AND detail LIKE 'stopped: %' THEN 'stopped' ELSE outcome END, detail, hash, 1,
        CASE WHEN kind = 'restore' AND reason LIKE 'what was there is kept: `%` brings it back'
            THEN substr(reason, length('what was there is kept: `') + 1, length(reason) - length('what was there is kept: `` brings it back'))
            ELSE '' END, ''
    FROM journal ORDER BY seq;

DROP TABLE journal;
ALTER TABLE journal_next RENAME TO journal;
CREATE INDEX journal_plan ON journal (plan_id, seq) WHERE row = 'open';
-- What became of a change is written once; that it is not known may stand before.
CREATE UNIQUE INDEX journal_end ON journal (ref) WHERE outcome <> 'unknown';
CREATE INDEX journal_ref ON journal (ref);

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

UPDATE plan SET changes = (
    SELECT json_object('v', 1, 'changes', json_group_array(json_object(
        'kind', value -> '$.Kind', 'side', value -> '$.Side', 'object', value -> '$.Object', 'label', value -> '$.Label',
        'before', value -> '$.Before', 'after', value -> '$.After', 'reason', value -> '$.Reason')))
    FROM json_each(plan.changes));

-- Set-ups were known by their title, those that finished one by what stood
-- before it. A plan that is for something is remembered however short it is.
ALTER TABLE plan ADD COLUMN purpose TEXT NOT NULL DEFAULT '';
INSERT INTO plan (id, at, actor, session, title, count, changes)
    SELECT plan_id, min(at), actor, session, plan, count(*), '{"v":1,"changes":[]}' FROM journal
    WHERE row = 'open' AND plan LIKE '%set up Authentik for RomM' AND plan_id <> '' AND plan_id NOT IN (SELECT id FROM plan)
    GROUP BY plan_id;
UPDATE plan SET purpose = CASE title WHEN 'set up Authentik for RomM' THEN 'set-up' ELSE 'finish-set-up' END
    WHERE replace(title, 'finish: ', '') = 'set up Authentik for RomM';

-- A checksum over each table that neither that of the role map nor the chain of
-- the journal covers. The step after this one fills it.
CREATE TABLE table_sum (
    name TEXT NOT NULL PRIMARY KEY,
    sum  BLOB NOT NULL CHECK (length(sum) = 32)
) STRICT, WITHOUT ROWID;
