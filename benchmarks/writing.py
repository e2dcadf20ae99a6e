"""How long the transaction of an inspection takes: rows of an answer, roll-ups, commit."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import delete

from aoi import create_app
from aoi.config import Settings
from aoi.extensions import db
from aoi.ids import new_id
from aoi.models import Image, Status, Upload
from aoi.recording import add_rows, mark_done
from aoi.segformer.analysis import Analysis, Answer, ClassResult, Region
from aoi.storage import Storage

TIMES = 200
CLASSES = ("PI_Particle", "PR_Peeling", "Copper_Nodule", "Env_Particle")
REGIONS = 10  # of each class


def measure(url: str, folder: Path) -> dict[str, float]:
    """Return the median and the 95th percentile in milliseconds; what was added is deleted."""
    settings = Settings(
        database_url=url, data_dir=folder, log_dir=folder / "logs", log_level="WARNING",
        secret_key="benchmark",
    )  # fmt: skip
    app = create_app(settings)
    with app.app_context():
        storage: Storage = app.extensions["aoi_storage"]
        ids = [_upload() for _ in range(TIMES)]
        found = [_inspection(each, storage) for each in ids]
        db.session.execute(delete(Image).where(Image.img_unique_id.in_(ids)))
        db.session.execute(delete(Upload).where(Upload.img_unique_id.in_(ids)))
        db.session.commit()
    return {"median": statistics.median(found), "p95": statistics.quantiles(found, n=20)[-1]}


def _upload() -> str:
    now = datetime.now(UTC)
    unique_id = new_id(now)
    db.session.add(
        Upload(
            img_unique_id=unique_id, original_filename="panel.png", size_bytes=1,
            sha256="0" * 64, input_image_path=f"uploads/x/{unique_id}.png",
            status=Status.PROCESSING, created_at=now, updated_at=now,
        )
    )  # fmt: skip
    db.session.commit()
    return unique_id


def _inspection(unique_id: str, storage: Storage) -> float:
    answer = _answer()
    started = time.perf_counter()
    upload = db.session.get_one(Upload, unique_id, with_for_update=True)
    add_rows(upload, answer, storage)
    mark_done(upload, answer, "benchmark")
    db.session.commit()
    return 1000 * (time.perf_counter() - started)


def _answer() -> Answer:
    classes = [
        ClassResult(number, name, REGIONS, 40 * REGIONS, [_region(n) for n in range(REGIONS)])
        for number, name in enumerate(CLASSES, 1)
    ]
    analysis = Analysis(1792, 1792, classes, 0.6)
    return Answer(b"", b"", b"", b"{}", analysis, 0.6, analysis.total_defects)


def _region(number: int) -> Region:
    return Region(number, 100.5, 200.5, 90, 190, 21, 21, 40, 24.0, 9.0, 6.0, 0.8, 1.5)
