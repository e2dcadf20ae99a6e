"""Run the migrations on the application's database."""

from __future__ import annotations

from alembic import context
from flask import current_app

# One migration at a time, whoever starts it: any number, the same for all.
LOCK = 7264951034


def belongs_to_us(name: str | None, kind: str, parents: dict[str, str | None]) -> bool:
    """Keep the queue's own tables out of autogenerate, which would drop them."""
    return kind != "table" or not (name or "").startswith("procrastinate_")


def run() -> None:
    db = current_app.extensions["migrate"].db
    with db.engine.connect() as connection:
        # Building an index over a large table may take longer than any request.
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK})")
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=db.metadatas[None],
            include_name=belongs_to_us,
            compare_server_default=False,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.exec_driver_sql(f"SELECT pg_advisory_unlock({LOCK})")


run()
