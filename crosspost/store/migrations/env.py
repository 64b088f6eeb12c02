"""Alembic's entry: it gets the open connection, and the transaction around it, from opening.py."""

from __future__ import annotations

from alembic import context

from crosspost.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a column by making the table again
)
with context.begin_transaction():
    context.run_migrations()
