-- Ownership, progress and truth. Column order is that of the rows in diramoja.core.ports.records.

CREATE TABLE partition (
    n             integer PRIMARY KEY CHECK (n BETWEEN 0 AND 63),
    owner         text        NOT NULL DEFAULT '',
    epoch         bigint      NOT NULL DEFAULT 0,
    cursor        bigint      NOT NULL DEFAULT 0,
    seen          bigint[]    NOT NULL DEFAULT array_fill(0::bigint, ARRAY[64]) CHECK (cardinality(seen) = 64),
    out_seq       bigint      NOT NULL DEFAULT 0,
    told_seq      bigint      NOT NULL DEFAULT 0,
    published_seq bigint      NOT NULL DEFAULT 0,
    clock         timestamptz NOT NULL DEFAULT '1970-01-01 00:00:00Z',
    attempts      integer     NOT NULL DEFAULT 0,
    lease_until   timestamptz NOT NULL DEFAULT '-infinity',
    claimed_at    bigint      NOT NULL DEFAULT -1
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
COMMENT ON COLUMN partition.claimed_at IS 'cursor at the last claim: a crash there again raises attempts';
INSERT INTO partition (n) SELECT generate_series(0, 63);

CREATE TABLE worker (
    id             text PRIMARY KEY,
    roles          text        NOT NULL,
    host           text        NOT NULL,
    pid            integer     NOT NULL,
    started_at     timestamptz NOT NULL,
    seen_at        timestamptz NOT NULL,
    lease_until    timestamptz NOT NULL,
    commit_pid     integer,
    commit_started timestamptz
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
COMMENT ON COLUMN worker.commit_pid IS 'backend that commits for this worker; with commit_started it means one session';

CREATE TABLE snapshot (
    kind        text        NOT NULL,
    agent       text        NOT NULL,
    version     integer     NOT NULL,
    revision    bigint      NOT NULL,
    channel_seq bigint      NOT NULL,
    mode        text        NOT NULL,
    parked      bigint      NOT NULL,
    failures    integer     NOT NULL,
    at          timestamptz NOT NULL,
    body        bytea       NOT NULL,
    PRIMARY KEY (kind, agent)
) WITH (fillfactor = 80);
-- Only columns that hardly ever change are indexed, so that a new state is a HOT update.
CREATE INDEX snapshot_mode ON snapshot (kind, mode, agent);

CREATE TABLE own_row (
    kind       text    NOT NULL,
    agent      text    NOT NULL,
    collection text    NOT NULL,
    key        text    NOT NULL,
    version    integer NOT NULL,
    body       bytea   NOT NULL,
    PRIMARY KEY (kind, agent, collection, key)
);

CREATE TABLE event_log (
    partition   integer     NOT NULL,
    seq         bigint      NOT NULL,
    kind        text        NOT NULL,
    agent       text        NOT NULL,
    name        text        NOT NULL,
    version     integer     NOT NULL,
    channel_seq bigint,
    at          timestamptz NOT NULL,
    correlation text        NOT NULL,
    causation   text        NOT NULL,
    body        bytea       NOT NULL,
    PRIMARY KEY (partition, seq, at)
) PARTITION BY RANGE (at);
CREATE INDEX event_log_channel ON event_log (kind, agent, channel_seq) WHERE channel_seq IS NOT NULL;
CREATE INDEX event_log_correlation ON event_log (correlation);
-- Takes what no month takes: a commit never fails for lack of a month.
CREATE TABLE event_log_rest PARTITION OF event_log DEFAULT;

CREATE TABLE tell (
    partition integer NOT NULL,
    seq       bigint  NOT NULL,
    kind      text    NOT NULL,
    agent     text    NOT NULL,
    verb      text    NOT NULL,
    envelope  bytea   NOT NULL,
    PRIMARY KEY (partition, seq)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE request (
    id     text PRIMARY KEY,
    digest bytea       NOT NULL,
    status integer,
    answer bytea,
    at     timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX request_at ON request (at);

CREATE TABLE reminder (
    kind      text        NOT NULL,
    agent     text        NOT NULL,
    name      text        NOT NULL,
    partition integer     NOT NULL,
    due       timestamptz NOT NULL,
    verb      text        NOT NULL,
    envelope  bytea       NOT NULL,
    repeat    text        NOT NULL,
    PRIMARY KEY (kind, agent, name)
);
CREATE INDEX reminder_due ON reminder (partition, due);

CREATE TABLE job (
    id           text PRIMARY KEY,
    kind         text        NOT NULL,
    agent        text        NOT NULL,
    name         text        NOT NULL,
    version      integer     NOT NULL,
    payload      bytea       NOT NULL,
    correlation  text        NOT NULL,
    causation    text        NOT NULL,
    hops         integer     NOT NULL,
    state        text        NOT NULL CHECK (state IN ('ready', 'running', 'done', 'failed', 'cancelled')),
    attempts     integer     NOT NULL,
    due          timestamptz NOT NULL,
    deadline     timestamptz NOT NULL,
    error        text        NOT NULL,
    locked_until timestamptz,
    ended_at     timestamptz
);
CREATE INDEX job_ready ON job (due) WHERE state = 'ready';
CREATE INDEX job_running ON job (locked_until) WHERE state = 'running';
CREATE INDEX job_ended ON job (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX job_correlation ON job (correlation);

CREATE TABLE dead_letter (
    id            text PRIMARY KEY,
    partition     integer     NOT NULL,
    stream_seq    bigint      NOT NULL,
    kind          text        NOT NULL,
    agent         text        NOT NULL,
    verb          text        NOT NULL,
    command_id    text        NOT NULL,
    sender        text        NOT NULL,
    correlation   text        NOT NULL,
    causation     text        NOT NULL,
    code          text        NOT NULL,
    detail        text        NOT NULL,
    traceback     text        NOT NULL,
    state_version integer     NOT NULL,
    version       integer     NOT NULL,
    payload       bytea       NOT NULL,
    at            timestamptz NOT NULL
);
CREATE INDEX dead_letter_at ON dead_letter (at, id);
CREATE INDEX dead_letter_correlation ON dead_letter (correlation);

CREATE TABLE parked (
    kind        text        NOT NULL,
    agent       text        NOT NULL,
    seq         bigint      NOT NULL,
    verb        text        NOT NULL,
    at          timestamptz NOT NULL,
    envelope    bytea       NOT NULL,
    correlation text        NOT NULL,
    causation   text        NOT NULL,
    PRIMARY KEY (kind, agent, seq)
);
CREATE INDEX parked_correlation ON parked (correlation);

CREATE TABLE kind_control (
    kind text PRIMARY KEY,
    mode text NOT NULL
);

CREATE TABLE view_cursor (
    view text PRIMARY KEY,
    seqs bigint[] NOT NULL CHECK (cardinality(seqs) = 64)
) WITH (fillfactor = 50);

CREATE TABLE meta (
    key   text PRIMARY KEY,
    value text NOT NULL
);
