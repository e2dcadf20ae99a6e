from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image, ImageDraw

from aoi.config import ROOT
from aoi.segformer.analysis import Analysis, Answer, ClassResult, Region
from aoi.segformer.check import check_service, check_service_command
from aoi.segformer.checks.finding import Finding, Level
from aoi.segformer.checks.mask import oddities
from aoi.segformer.checks.picture import SIZE, draw
from tests.stub import StubService
from tests.stub.faults import BREAKERS


def differing(found: list[Finding]) -> list[str]:
    return [f"{one.place}: {one.text}" for one in found if one.level is Level.DIFFERS]


def check(stub: StubService, timeout: float = 60) -> list[Finding]:
    return list(check_service(stub.url, timeout=timeout))


def test_a_service_that_keeps_the_contract_has_nothing_that_differs(stub: StubService) -> None:
    found = check(stub)
    assert differing(found) == []
    assert {one.place for one in found} == {
        "GET /health",
        "GET /api/model/current",
        "GET /api/status",
        "POST /upload",
        "POST /upload without a file",
        "POST /upload with an empty file name",
        "POST /upload with the extension .gif",
        "POST /upload with an unreadable image",
    }


@pytest.mark.parametrize("mode", [*BREAKERS, "500", "bad_json", "cut", "timeout", "redirect"])
def test_an_answer_that_differs_is_told(stub: StubService, mode: str) -> None:
    stub.set_fault(mode)
    (told, *_) = differing(check(stub, timeout=3 if mode == "timeout" else 60))
    assert told.startswith("POST /upload: ")


@pytest.mark.parametrize("path", ["/health", "/api/model/current", "/api/status"])
@pytest.mark.parametrize("mode", ["500", "html200", "html502", "close"])
def test_a_question_badly_answered_is_told(stub: StubService, path: str, mode: str) -> None:
    stub.set_fault(mode, path=path)
    (told,) = differing(check(stub))
    assert told.startswith(f"GET {path}: ")


def test_nobody_there_is_told_everywhere() -> None:
    found = list(check_service("http://127.0.0.1:9", timeout=1))
    assert len(differing(found)) == 8


def test_a_finding_says_what_it_means() -> None:
    text = str(Finding(Level.DIFFERS, "GET /health", "no model is loaded", "Images fail."))
    assert text == "DIFFERS  GET /health: no model is loaded\n         -> Images fail."


def test_the_own_image_is_of_one_channel() -> None:
    with Image.open(io.BytesIO(draw())) as image:
        assert (image.mode, image.size) == ("L", (SIZE, SIZE))


def test_the_command_ends_well(app: Flask, stub: StubService) -> None:
    result = app.test_cli_runner().invoke(check_service_command, [stub.url])
    assert result.exit_code == 0
    assert f"{stub.url} keeps the contract" in result.output


def test_the_command_takes_the_configured_service_and_an_image(
    app: Flask, stub: StubService, tmp_path: Path
) -> None:
    path = tmp_path / "some.bmp"
    Image.new("L", (40, 30)).save(path)
    result = app.test_cli_runner().invoke(check_service_command, ["--image", str(path)])
    assert result.exit_code == 0
    assert app.config["AOI"].segformer_service_url in result.output


def test_the_command_ends_with_1_if_anything_differs(app: Flask, stub: StubService) -> None:
    stub.set_fault("text_total")
    result = app.test_cli_runner().invoke(check_service_command, [stub.url])
    assert result.exit_code == 1
    assert "total_defects must be a whole number" in result.output
    assert "differs from the contract in 1 point" in result.output


def test_the_command_needs_no_database(stub: StubService, tmp_path: Path) -> None:
    folders = {"DATA_DIR": str(tmp_path / "data"), "LOG_DIR": str(tmp_path / "logs")}
    inherited = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "check-service", stub.url],
        cwd=ROOT,
        env=inherited | folders,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "keeps the contract" in done.stdout) == (0, True), done.stderr


def test_the_command_wants_an_address(app: Flask) -> None:
    result = app.test_cli_runner().invoke(check_service_command, ["127.0.0.1:5000"])
    assert result.exit_code == 1
    assert "must begin with http://" in result.output


def region(x: int, y: int, width: int, height: int, **changes: float) -> Region:
    centre = {"centroid_x": x + (width - 1) / 2, "centroid_y": y + (height - 1) / 2}
    values = {"area_pixels": 4, "perimeter": 1.0, "major_axis": 1.0, "minor_axis": 1.0}
    shape = {"circularity": 1.0, "aspect_ratio": 1.0}
    box = {"bbox_x": x, "bbox_y": y, "bbox_width": width, "bbox_height": height}
    return Region(**({"region_id": 1} | centre | box | values | shape | changes))  # type: ignore[arg-type]


def answer(regions: list[Region], mask: Image.Image | None = None) -> Answer:
    if mask is None:
        mask = Image.new("RGB", (40, 30))
        ImageDraw.Draw(mask).rectangle((10, 5, 14, 9), fill=(255, 0, 0))
    file = io.BytesIO()
    mask.save(file, "PNG")
    found = ClassResult(1, "PI_Particle", len(regions), 4, regions)
    analysis = Analysis(30, 40, [found], 0.1)
    return Answer(b"", file.getvalue(), b"", b"", analysis, len(regions))


def test_mask_and_regions_that_agree_are_not_odd() -> None:
    assert list(oddities(answer([region(10, 5, 5, 5)]))) == []


@pytest.mark.parametrize(
    ("regions", "said"),
    [
        ([], "25 pixels of PI_Particle in the mask belong to no listed region"),
        ([region(10, 5, 6, 5)], "the bounding box of region 1 of PI_Particle does not fit"),
        ([region(10, 5, 50, 5)], "is not within the image"),
        ([region(10, 5, 5, 5, centroid_x=20)], "the centroid of region 1"),
        ([region(10, 5, 5, 5, area_pixels=26)], "the area of region 1"),
    ],
)
def test_mask_and_regions_that_disagree_are_odd(regions: list[Region], said: str) -> None:
    assert any(said in text for text in oddities(answer(regions)))


def test_a_mask_of_other_colours_is_odd() -> None:
    (text,) = oddities(answer([], Image.new("RGB", (40, 30), (9, 9, 9))))
    assert text == "1200 pixels of the mask have a colour that stands for no class"


def test_a_mask_of_another_mode_is_odd() -> None:
    (text,) = oddities(answer([], Image.new("L", (40, 30))))
    assert text == "the mask has the mode L instead of RGB"


def test_a_mask_of_another_size_is_not_compared() -> None:
    assert list(oddities(answer([], Image.new("RGB", (4, 3), (255, 0, 0))))) == []


def test_a_mask_that_cannot_be_decoded_is_odd() -> None:
    whole = answer([])
    broken = Answer(b"", whole.mask[:50], b"", b"", whole.analysis, 0)
    (text,) = oddities(broken)
    assert text.startswith("the mask cannot be decoded")
