"""Put a dump into the database: all of it or nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryFile

import psycopg2
from psycopg2.extensions import connection

from aoi.backup import programs
from aoi.backup.failure import RestoreFailed
from aoi.backup.moment import count_rows

# Those of the product hold rows; others in the same database are not ours to judge.
KNOWN = ("uploads", "images", "batches")
WORKING = """
    SELECT string_agg(DISTINCT application_name || ' from ' || coalesce(host(client_addr), 'here'),
                      ', ')
      FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND application_name = 'aoi'
"""
BEATING = """
    SELECT 'a worker' FROM procrastinate_workers
     WHERE last_heartbeat > now() - interval '10 s' LIMIT 1
"""
# A setting that servers before 17 do not know; it is 0 by default.
NOT_KNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"
HEADER_LINES = 60
# Emptied by each restore, see END.
NOT_KEPT = "result_changes"
# Not the schema itself: before PostgreSQL 15 it is not the database's owner's.
BEGIN = b"""
BEGIN;
DO $$
DECLARE
    statement text;
    statements text[] := ARRAY(
        SELECT format('DROP VIEW IF EXISTS public.%I CASCADE', viewname)
          FROM pg_views WHERE schemaname = 'public')
        || ARRAY(
        SELECT format('DROP MATERIALIZED VIEW IF EXISTS public.%I CASCADE', matviewname)
          FROM pg_matviews WHERE schemaname = 'public')
        || ARRAY(
        SELECT format('DROP TABLE IF EXISTS public.%I CASCADE', tablename)
          FROM pg_tables WHERE schemaname = 'public')
        || ARRAY(
        SELECT format('DROP SEQUENCE IF EXISTS public.%I CASCADE', sequencename)
          FROM pg_sequences WHERE schemaname = 'public')
        || ARRAY(
        SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure)
          FROM pg_proc WHERE pronamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e'))
        || ARRAY(
        SELECT format('DROP TYPE IF EXISTS %s CASCADE', oid::regtype)
          FROM pg_type WHERE typnamespace = 'public'::regnamespace
           AND (typtype IN ('d', 'e')
                OR EXISTS (SELECT FROM pg_class WHERE pg_class.oid = typrelid AND relkind = 'c'))
           AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_type.oid AND deptype = 'e'));
BEGIN
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE statement;
    END LOOP;
END $$;
"""
# Versions go on from another past, so the search index must not take them for those it knows.
# The roll-ups themselves are in the dump.
END = b"""
DO $$ BEGIN
    IF to_regclass('public.result_log') IS NOT NULL THEN
        UPDATE public.result_log SET epoch = gen_random_uuid(), cleared_version = version;
        TRUNCATE public.result_changes;
    END IF;
END $$;
COMMIT;
ANALYZE;
"""


def who_works(link: connection) -> str | None:
    """Return whose connections there are, if the product is at work."""
    with link.cursor() as cursor:
        cursor.execute(WORKING)
        (found,) = cursor.fetchone() or (None,)
        cursor.execute("SELECT to_regclass('public.procrastinate_workers') IS NOT NULL")
        if found is None and (cursor.fetchone() or (False,))[0]:
            cursor.execute(BEATING)
            (found,) = cursor.fetchone() or (None,)
    return None if found is None else str(found)


def has_rows(link: connection) -> bool:
    """Tell whether images or uploads are in the database."""
    with link.cursor() as cursor:
        for name in KNOWN:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (f"public.{name}",))
            if (cursor.fetchone() or (False,))[0]:
                cursor.execute(f"SELECT EXISTS (SELECT FROM public.{name})")
                if (cursor.fetchone() or (False,))[0]:
                    return True
    return False


def load(url: str, dump: Path, dumped_major: int) -> None:
    """Replace all that is in the database by a dump, in one transaction."""
    with closing(psycopg2.connect(url, connect_timeout=10)) as link:
        server_major = link.server_version // 10000
    major = max(dumped_major, server_major)
    where, env = programs.address(url)
    # psql's own commands, as PostgreSQL's programs of one release understand each other.
    reading = [
        programs.find("pg_restore", major), "--no-owner", "--no-privileges", "--file=-",
        str(dump),
    ]  # fmt: skip
    writing = [
        programs.find("psql", major), f"--dbname={where}", "--no-psqlrc", "--quiet",
        "--set=ON_ERROR_STOP=1", "--output=/dev/null",
    ]  # fmt: skip
    with TemporaryFile() as said, TemporaryFile() as complained:
        psql = subprocess.Popen(writing, stdin=subprocess.PIPE, stderr=said, env=env)
        dumped = subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=complained)
        assert psql.stdin is not None and dumped.stdout is not None
        try:
            psql.stdin.write(BEGIN)
            psql.stdin.writelines(_without_unknown(dumped.stdout))
            if dumped.wait() == 0:
                # Without it nothing is committed.
                psql.stdin.write(END)
            psql.stdin.close()
        except BrokenPipeError:
            dumped.kill()
        finally:
            dumped.stdout.close()
            codes = psql.wait(), dumped.wait()
        if any(codes):
            said.seek(0)
            complained.seek(0)
            why = programs.reason(said.read() or complained.read())
            raise RestoreFailed(f"The database is as it was before: {why}")


def _without_unknown(lines: Iterable[bytes]) -> Iterable[bytes]:
    for number, line in enumerate(lines):
        if number < HEADER_LINES and line == NOT_KNOWN_BEFORE_17:
            continue
        yield line


def compare(url: str, told: dict[str, int]) -> int:
    """Count all rows; raise RestoreFailed unless they are as many as were backed up."""
    with closing(psycopg2.connect(url, connect_timeout=10)) as link, link.cursor() as cursor:
        found = count_rows(cursor)
    differing = [
        f"{name} has {found.get(name)} instead of {count}"
        for name, count in told.items()
        if name != NOT_KEPT and found.get(name) != count
    ]
    if differing:
        raise RestoreFailed(f"Not all rows came back: {'; '.join(differing)}.")
    return sum(found.values())
