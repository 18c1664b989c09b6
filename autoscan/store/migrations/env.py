"""What Alembic runs first: it works on the connection, and in the transaction, that it is given."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    # SQLite changes little of a table in place: batch operations copy it.
    render_as_batch=True,
)
context.run_migrations()
