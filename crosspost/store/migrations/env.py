"""Run the migrations in the transaction of opening.py's connection. Alembic imports this file."""

from __future__ import annotations

from alembic import context

from crosspost.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a column by creating the table again
)
with context.begin_transaction():
    context.run_migrations()
