"""The daily roll-ups: read by the statistics, recounted from the plant's tables."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text

from aoi.extensions import db

# What the trigger of migration 0003 keeps, counted anew from what the service told.
RECOUNT = """
CREATE TEMPORARY TABLE recounted_totals ON COMMIT DROP AS
SELECT (images.timestamp AT TIME ZONE 'UTC')::date AS day, count(*) AS images,
       count(*) FILTER (WHERE found.regions > 0) AS images_with_defects,
       coalesce(sum(found.regions), 0)::bigint AS defects,
       sum(processing_time_seconds::numeric) AS processing_seconds,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY processing_time_seconds) AS median_seconds,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY processing_time_seconds) AS p95_seconds
  FROM images
  LEFT JOIN (SELECT img_unique_id, sum(total_regions) AS regions FROM classes GROUP BY 1)
    AS found USING (img_unique_id)
 GROUP BY 1;
CREATE TEMPORARY TABLE recounted_classes ON COMMIT DROP AS
SELECT (images.timestamp AT TIME ZONE 'UTC')::date AS day, class_id, class_name,
       count(*) AS inspected, count(*) FILTER (WHERE total_regions > 0) AS images,
       sum(total_regions)::bigint AS regions,
       sum(total_area_pixels)::bigint AS area_pixels
  FROM classes JOIN images USING (img_unique_id)
 GROUP BY 1, 2, 3;
"""
# A day or class whose last image was deleted is kept with zeros.
DIFFERENCES = """
SELECT day FROM (
    SELECT day, images, images_with_defects, defects, processing_seconds
      FROM daily_totals WHERE (images, images_with_defects, defects, processing_seconds)
                              IS DISTINCT FROM (0, 0, 0, 0)
    EXCEPT SELECT day, images, images_with_defects, defects, processing_seconds
             FROM recounted_totals) AS totals
UNION
SELECT day FROM (
    SELECT day, images, images_with_defects, defects, processing_seconds FROM recounted_totals
    EXCEPT SELECT day, images, images_with_defects, defects, processing_seconds
             FROM daily_totals) AS missing_totals
UNION
SELECT day FROM (
    SELECT * FROM daily_classes
     WHERE (inspected, images, regions, area_pixels) IS DISTINCT FROM (0, 0, 0, 0)
    EXCEPT SELECT * FROM recounted_classes) AS classes
UNION
SELECT day FROM (
    SELECT * FROM recounted_classes EXCEPT SELECT * FROM daily_classes) AS missing_classes
ORDER BY day
"""
REPLACE = """
DELETE FROM daily_totals;
INSERT INTO daily_totals (day, images, images_with_defects, defects, processing_seconds,
                          median_seconds, p95_seconds)
SELECT day, images, images_with_defects, defects, processing_seconds, median_seconds, p95_seconds
  FROM recounted_totals;
DELETE FROM daily_classes;
INSERT INTO daily_classes SELECT * FROM recounted_classes;
"""

BEGIN_ANEW = """
UPDATE result_log SET epoch = gen_random_uuid(), cleared_version = version;
TRUNCATE result_changes;
"""


def recount() -> list[date]:
    """Count the roll-ups anew, in one transaction; return the days on which they differed.

    Results that come meanwhile wait. The search index is told to begin anew as well.
    """
    connection = db.session.connection()
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SELECT FROM result_log FOR UPDATE")
    connection.exec_driver_sql(RECOUNT)
    differed = [row.day for row in connection.execute(text(DIFFERENCES))]
    connection.exec_driver_sql(REPLACE)
    connection.exec_driver_sql(BEGIN_ANEW)
    db.session.commit()
    return differed
