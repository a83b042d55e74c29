"""Alembic's entry: the migrations, inside the connection and the transaction that `bridge.storage.migrate` gives."""

from alembic import context

from bridge.storage.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
