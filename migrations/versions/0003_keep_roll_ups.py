"""Keep roll-ups and a log of what changed, in the transactions that change results."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

OLD = "SELECT -1 AS sign, old_rows.* FROM old_rows WHERE status = 'done'"
NEW = "SELECT 1 AS sign, new_rows.* FROM new_rows WHERE status = 'done'"
# What each kind of change took from the results, and what it added.
SOURCES = {"insert": NEW, "delete": OLD, "update": f"{OLD} UNION ALL {NEW}"}
TABLES = {
    "insert": "NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
}

# Statement by statement, so that the delete of a batch counts once. The row of result_log is
# locked until the commit: versions are in the order in which changes become visible.
FUNCTION = """
CREATE FUNCTION count_results_on_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    turn bigint;
BEGIN
    PERFORM FROM ({source}) AS changed LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO result_log AS log (log_id, version) VALUES (1, 1)
        ON CONFLICT (log_id) DO UPDATE SET version = log.version + 1
        RETURNING version INTO turn;
    INSERT INTO result_changes (version, img_unique_id)
        SELECT DISTINCT turn, img_unique_id FROM ({source}) AS changed;
    INSERT INTO daily_totals AS kept (day, images, images_with_defects, defects,
                                      processing_seconds)
        SELECT (created_at AT TIME ZONE 'UTC')::date, sum(sign),
               coalesce(sum(sign) FILTER (WHERE total_defects > 0), 0),
               sum(sign * coalesce(total_defects, 0)),
               sum(sign * coalesce(processing_time_seconds, 0)::numeric)
          FROM ({source}) AS changed
         GROUP BY 1
        ON CONFLICT (day) DO UPDATE
           SET images = kept.images + excluded.images,
               images_with_defects = kept.images_with_defects + excluded.images_with_defects,
               defects = kept.defects + excluded.defects,
               processing_seconds = kept.processing_seconds + excluded.processing_seconds,
               median_seconds = NULL,
               p95_seconds = NULL,
               changes = kept.changes + 1;
    INSERT INTO daily_classes AS kept (day, class_id, class_name, inspected, images, regions,
                                       area_pixels)
        SELECT (created_at AT TIME ZONE 'UTC')::date, of_class.class_id, of_class.class_name,
               sum(sign), coalesce(sum(sign) FILTER (WHERE of_class.regions > 0), 0), sum(sign * of_class.regions), sum(sign * of_class.area_pixels)
          FROM ({source}) AS changed
         CROSS JOIN LATERAL json_to_recordset(class_totals)
               AS of_class(class_id integer, class_name varchar, regions integer,
                           area_pixels bigint)
         GROUP BY 1, 2, 3
        ON CONFLICT (day, class_id, class_name) DO UPDATE
           SET inspected = kept.inspected + excluded.inspected,
               images = kept.images + excluded.images,
               regions = kept.regions + excluded.regions,
               area_pixels = kept.area_pixels + excluded.area_pixels;
    RETURN NULL;
END
$$
"""
TRIGGER = """
CREATE TRIGGER count_results_on_{event} AFTER {event} ON uploads
    REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION count_results_on_{event}()
"""

CLASS_TOTALS = """
UPDATE uploads SET class_totals = found.totals
  FROM (SELECT img_unique_id,
               json_agg(json_build_object('class_id', class_id, 'class_name', class_name,
                                          'regions', total_regions,
                                          'area_pixels', total_area_pixels)
                        ORDER BY class_id) AS totals
          FROM classes GROUP BY img_unique_id) AS found
 WHERE uploads.img_unique_id = found.img_unique_id AND uploads.status = 'done'
"""
TOTALS = """
INSERT INTO daily_totals (day, images, images_with_defects, defects, processing_seconds)
SELECT (created_at AT TIME ZONE 'UTC')::date, count(*),
       count(*) FILTER (WHERE total_defects > 0), sum(coalesce(total_defects, 0)),
       sum(coalesce(processing_time_seconds, 0)::numeric)
  FROM uploads WHERE status = 'done' GROUP BY 1
"""
BY_CLASS = """
INSERT INTO daily_classes (day, class_id, class_name, inspected, images, regions, area_pixels)
SELECT (created_at AT TIME ZONE 'UTC')::date, of_class.class_id, of_class.class_name,
       count(*), count(*) FILTER (WHERE of_class.regions > 0), sum(of_class.regions), sum(of_class.area_pixels)
  FROM uploads
 CROSS JOIN LATERAL json_to_recordset(class_totals)
       AS of_class(class_id integer, class_name varchar, regions integer, area_pixels bigint)
 WHERE status = 'done' GROUP BY 1, 2, 3
"""


def upgrade() -> None:
    op.add_column("uploads", sa.Column("class_totals", sa.JSON(), nullable=True))
    op.create_table(
        "daily_totals",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.Column("images_with_defects", sa.BigInteger(), nullable=False),
        sa.Column("defects", sa.BigInteger(), nullable=False),
        sa.Column("processing_seconds", sa.Numeric(), nullable=False),
        sa.Column("median_seconds", sa.Double(), nullable=True),
        sa.Column("p95_seconds", sa.Double(), nullable=True),
        sa.Column("changes", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_daily_totals")),
    )
    op.create_table(
        "daily_classes",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("class_name", sa.String(length=100), nullable=False),
        sa.Column("inspected", sa.BigInteger(), nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.Column("regions", sa.BigInteger(), nullable=False),
        sa.Column("area_pixels", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "class_id", "class_name", name=op.f("pk_daily_classes")),
    )
    op.create_table(
        "result_log",
        sa.Column("log_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("cleared_version", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("epoch", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_result_log")),
    )
    op.create_table(
        "result_changes",
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("img_unique_id", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("version", "img_unique_id", name=op.f("pk_result_changes")),
    )
    # What was done before this migration is in no log.
    op.execute("INSERT INTO result_log (log_id, version, cleared_version) VALUES (1, 1, 1)")
    op.execute(CLASS_TOTALS)
    op.execute(TOTALS)
    op.execute(BY_CLASS)
    for event, source in SOURCES.items():
        op.execute(FUNCTION.format(event=event, source=source))
        op.execute(TRIGGER.format(event=event, tables=TABLES[event]))


def downgrade() -> None:
    for event in SOURCES:
        op.execute(f"DROP TRIGGER count_results_on_{event} ON uploads")
        op.execute(f"DROP FUNCTION count_results_on_{event}()")
    op.drop_table("result_changes")
    op.drop_table("result_log")
    op.drop_table("daily_classes")
    op.drop_table("daily_totals")
    op.drop_column("uploads", "class_totals")
