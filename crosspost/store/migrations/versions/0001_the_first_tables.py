"""Create the first tables. A migration does not import tables.py, which changes later."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE memory (
    scope TEXT NOT NULL, "key" TEXT NOT NULL,
    value TEXT NOT NULL, at {instant} NOT NULL,
    PRIMARY KEY (scope, "key")
);
CREATE TABLE newsletter (
    newsletter TEXT NOT NULL,
    baseline_at {instant} NOT NULL,
    PRIMARY KEY (newsletter)
);
CREATE TABLE file (
    newsletter TEXT NOT NULL, source TEXT NOT NULL, path TEXT NOT NULL,
    fingerprint TEXT NOT NULL, number BIGINT,
    PRIMARY KEY (newsletter, source, path)
);
CREATE TABLE issue (
    newsletter TEXT NOT NULL, number BIGINT NOT NULL,
    title TEXT NOT NULL, url TEXT NOT NULL, date DATE NOT NULL,
    source TEXT NOT NULL, path TEXT NOT NULL, fingerprint TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT NOT NULL,
    first_seen_at {instant} NOT NULL, changed_at {instant} NOT NULL, planned_at {instant}, settled_at {instant},
    PRIMARY KEY (newsletter, number)
);
CREATE TABLE delivery (
    id {row_id} NOT NULL,
    newsletter TEXT NOT NULL, number BIGINT NOT NULL, account TEXT NOT NULL, platform TEXT NOT NULL,
    state TEXT NOT NULL, "key" TEXT NOT NULL, post JSON NOT NULL,
    attempts INTEGER NOT NULL, looks INTEGER NOT NULL, adopted BOOLEAN NOT NULL,
    url TEXT, remote_id TEXT,
    not_before {instant}, claimed_at {instant}, claim TEXT, uncertain_since {instant},
    reason TEXT NOT NULL, planned_at {instant} NOT NULL, settled_at {instant},
    setbacks INTEGER NOT NULL, due_since {instant}, fence {instant},
    changed_at {instant}, revision INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT one_delivery_per_account UNIQUE (newsletter, number, account)
);
CREATE INDEX delivery_by_state ON delivery (newsletter, state);
CREATE TABLE backfill (
    newsletter TEXT NOT NULL, number BIGINT NOT NULL,
    state TEXT NOT NULL, url TEXT, reason TEXT NOT NULL,
    attempts INTEGER NOT NULL, not_before {instant},
    PRIMARY KEY (newsletter, number)
);
CREATE TABLE event (
    id {row_id} NOT NULL,
    at {instant} NOT NULL, newsletter TEXT NOT NULL, number BIGINT NOT NULL, account TEXT,
    before TEXT, after TEXT NOT NULL, reason TEXT NOT NULL, evidence JSON NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX event_by_issue ON event (newsletter, number, id)
"""


def upgrade() -> None:
    types = {"instant": "DATETIME", "row_id": "INTEGER"}
    if op.get_bind().dialect.name == "postgresql":
        types = {"instant": "TIMESTAMP WITH TIME ZONE", "row_id": "BIGSERIAL"}
    for statement in TABLES.format(**types).split(";"):
        op.execute(statement)
