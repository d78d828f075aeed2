"""Alembic's entry. `workbench.store.database.migrate` hands in the connection, in a transaction that it commits."""

from alembic import context

from workbench.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
