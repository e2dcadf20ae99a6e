from __future__ import annotations

from pathlib import Path

from tests.crash.folder import orphans

KNOWN, OTHER = "20260225_103045_7K3QH2ZD", "20260225_103045_7K3QH2ZE"


def test_only_files_that_no_upload_explains_are_told(tmp_path: Path) -> None:
    files = [
        f"uploads/20260225/{KNOWN}_panel.png",
        f"results/20260225/{KNOWN}/{KNOWN}_mask.png",
        f"thumbnails/20260225/{KNOWN}.jpg",
        f"uploads/20260225/{OTHER}_panel.png",
        f"results/20260225/.{KNOWN}.1/{KNOWN}_mask.png",
        "incoming/incoming-x",
    ]
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    told = list(orphans(tmp_path, {KNOWN: {}}))
    assert [line.split(" ")[0] for line in told] == [files[5], files[3], files[4]]
