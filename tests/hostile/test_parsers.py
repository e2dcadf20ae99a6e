"""Whatever a parser is given: a value, or the domain's own error."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, cast

from flask import Flask, request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import RequestEntityTooLarge

from aoi.blueprints.multipart import receive_files
from aoi.exceptions import AoiError, BadAnswer, ImageRefused, Unprocessable
from aoi.imaging import check_image, extension_of
from aoi.intake import Received
from aoi.paging import Cursors
from aoi.segformer.answer import parse
from aoi.segformer.failures import own_error
from aoi.storage import MAX_STEM_BYTES, IncomingFile, Storage, safe_stem
from tests.pictures import encoded, picture
from tests.segformer.answers import document
from tests.segformer.answers import encoded as answer_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
WHOLE = {kind: encoded(picture("RGB", 20, 20, seed=1), kind) for kind in ("PNG", "JPEG", "TIFF")}
CURSORS = Cursors("secret", "images")
quickly = settings(
    deadline=None, derandomize=True, max_examples=150, suppress_health_check=list(HealthCheck)
)


@quickly
@given(st.binary() | st.text().map(str.encode) | JSON.map(json.dumps).map(str.encode))
def test_any_bytes_as_an_answer(body: bytes) -> None:
    with suppress(BadAnswer):
        parse(body)
    own_error(body)


@quickly
@given(st.data(), JSON)
def test_anything_anywhere_in_an_answer(data: st.DataObject, value: Any) -> None:
    answer = document()
    place: Any = answer
    while True:
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else [0]))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = value
    with suppress(BadAnswer):
        parse(answer_of(answer))


@quickly
@given(st.text() | st.text("./\\\0\r\n\u202e a\u0301%:", max_size=400))
def test_any_name(name: str) -> None:
    stem = safe_stem(name)
    assert stem and "/" not in stem and "\\" not in stem and stem.isprintable()
    assert not stem.startswith(".") and len(stem.encode()) <= MAX_STEM_BYTES
    shown = Received(cast(IncomingFile, SimpleNamespace()), name).name
    assert len(shown) <= 255 and "/" not in shown and (shown == "" or shown.isprintable())
    with suppress(ImageRefused):
        extension_of(shown)


@quickly
@given(st.text() | st.binary().map(lambda made: made.decode("latin-1")))
def test_any_cursor(cursor: str) -> None:
    with suppress(Unprocessable):
        CURSORS.read(cursor, {})


@quickly
@given(st.data())
def test_a_changed_cursor(data: st.DataObject) -> None:
    cursor = CURSORS.write(["20260225_103045_7K3QH2ZD", 7], {"order": "timestamp"})
    at = data.draw(st.integers(0, len(cursor) - 1))
    changed = cursor[:at] + data.draw(st.characters()) + cursor[at + 1 :]
    try:
        values = CURSORS.read(changed, {"order": "timestamp"})
    except Unprocessable:
        return
    assert values == ("20260225_103045_7K3QH2ZD", 7)


@quickly
@given(st.binary() | st.lists(st.sampled_from([
    b"--b", b"--b--", b"\r\n", b"\r\n\r\n", b"Content-Disposition: form-data", b'; name="image"',
    b'; filename="a.png"', b'; filename*=utf-8\'\'%ff', b"x", b"\0", b"\xff", b";", b'"', b":",
])).map(b"".join))  # fmt: skip
def test_any_body_of_a_form(body: bytes) -> None:
    app = Flask(__name__)
    kind = "multipart/form-data; boundary=b"
    with (
        TemporaryDirectory() as folder,
        app.test_request_context(method="POST", data=body, content_type=kind),
    ):
        storage = Storage(Path(folder), 100)
        with suppress(AoiError, RequestEntityTooLarge):
            for received in receive_files(request, storage, "image", 10_000, 1_000):
                assert received.file.size <= 1_001
                received.file.discard()
        assert [path for path in Path(folder).rglob("*") if path.is_file()] == []


@quickly
@given(st.data())
def test_any_damage_to_an_image(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(WHOLE)))
    damaged = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        path.write_bytes(damaged)
        with suppress(ImageRefused):
            check_image(path, "a.png", 1_000_000)
