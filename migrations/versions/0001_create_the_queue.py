"""Create the queue's tables and functions, as procrastinate 3.10.0 has them."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

# A frozen copy: what a later release of procrastinate needs comes as a migration of its own.
SCHEMA = Path(__file__).parent.parent / "sql" / "procrastinate_3.10.0.sql"

DROP = """
DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs,
           procrastinate_workers CASCADE;
DO $$
DECLARE routine regprocedure;
BEGIN
    FOR routine IN SELECT oid::regprocedure FROM pg_proc WHERE proname LIKE 'procrastinate\\_%'
    LOOP EXECUTE 'DROP FUNCTION ' || routine || ' CASCADE';
    END LOOP;
END $$;
DROP TYPE procrastinate_job_to_defer_v1;
DROP TYPE procrastinate_job_event_type;
DROP TYPE procrastinate_job_status;
"""


def upgrade() -> None:
    _run(SCHEMA.read_text())


def downgrade() -> None:
    _run(DROP)


def _run(script: str) -> None:
    # Past SQLAlchemy, which would take colons and per cent signs for parameters.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(script)
