from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aoi.segformer import body as module
from aoi.segformer.body import BLOCK, PICTURES, Unreadable, members, read

LONG = base64.b64encode(bytes(range(256)) * 1200).decode()  # fills several blocks
LONG_BYTES = base64.b64decode(LONG)


def outcome(parse: Any, body: bytes) -> Any:
    try:
        return parse(body)
    except Unreadable:
        return "unreadable"


def whole(body: bytes) -> Any:
    """Parse without cutting anything out."""
    return module._read(body, [])


def both(body: bytes) -> tuple[Any, Any]:
    return outcome(read, body), outcome(whole, body)


texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [LONG, LONG[:-2], LONG + "=", LONG.replace("A", "\\"), "x" * 3 * BLOCK, LONG + '"' + LONG]
    ),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*PICTURES, "a", "b"]), inner, max_size=3),
    ),
    max_leaves=8,
)
keys = st.one_of(st.sampled_from([*PICTURES, "analysis_results", "success"]), texts)


@settings(
    deadline=None,
    max_examples=150,
    derandomize=True,
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
)
@given(
    pairs=st.lists(st.tuples(keys, values), max_size=6),
    space=st.sampled_from(["", " ", "\n\t "]),
    escape=st.booleans(),
    ascii_only=st.booleans(),
    cut=st.integers(0, 40),
)
def test_cutting_texts_out_changes_nothing(
    pairs: list[tuple[str, Any]], space: str, escape: bool, ascii_only: bool, cut: int
) -> None:
    def dump(value: Any) -> str:
        text = json.dumps(value, ensure_ascii=ascii_only)
        return text.replace("/", "\\/") if escape else text

    inner = f"{space},{space}".join(f"{dump(k)}{space}:{space}{dump(v)}" for k, v in pairs)
    text = f"{space}{{{space}{inner}{space}}}{space}"
    body = text[: len(text) - max(0, cut - 30)].encode(errors="surrogatepass")
    short, full = both(body)
    assert repr(short) == repr(full)


@pytest.mark.parametrize("name", PICTURES)
def test_a_long_picture_is_decoded(name: str) -> None:
    document, _ = read(json.dumps({name: LONG, "a": {name: "not this one"}}).encode())
    assert document == {name: LONG_BYTES, "a": {name: "not this one"}}


def test_long_pictures_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = module._members
    monkeypatch.setattr(module, "_members", lambda text: seen.append(len(text)) or real(text))
    read(json.dumps(dict.fromkeys(PICTURES, LONG)).encode())
    assert seen[0] < 1000 and len(seen) == 1


def test_escaped_base64_is_read() -> None:
    text = json.dumps({"mask_image": LONG}).replace("/", "\\/")
    assert read(text.encode())[0]["mask_image"] == LONG_BYTES


def test_a_long_text_elsewhere_is_kept() -> None:
    document, _ = read(json.dumps({"heat_map": LONG, "mask_image": LONG}).encode())
    assert document == {"heat_map": LONG, "mask_image": LONG_BYTES}


def test_the_analysis_comes_byte_for_byte() -> None:
    sent = '{ "x": 1.10000000000000000001,\n "名": "\\u540d 名", "y": [1e2, -0.0 ] }'
    body = f' {{"mask_image":"{LONG}", "analysis_results" : {sent} , "b": 1}}\n'.encode()
    assert read(body)[1] == sent.encode()


def test_without_an_analysis_there_are_no_bytes_of_it() -> None:
    assert read(b'{"a": {"analysis_results": 1}}') == ({"a": {"analysis_results": 1}}, None)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "an object is missing"),
        (b"[]", "an object is missing"),
        (b"<html>", "an object is missing"),
        (b"\xef\xbb\xbf{}", "an object is missing"),
        (b'{"a": 1', "a comma is missing"),
        (b'{"a" 1}', "a colon is missing"),
        (b"{a: 1}", "a key is missing"),
        (b'{"a": 1,}', "a key is missing"),
        (b'{"a": }', "not valid JSON"),
        (b"{} {}", "more text follows"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'{"a": -Infinity}', "-Infinity is no JSON number"),
        (b'{"a": 1, "a": 2}', "'a' stands twice"),
        (b'{"a": {"b": 1, "b": 1}}', "'b' stands twice"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": "\n"}', "not valid JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"a": ' + b"[" * 100_000 + b"}", "nested too deeply"),
        (b'{"mask_image": "????"}', "mask_image is not base64"),
        (b'{"mask_image": "QUJD\\n"}', "mask_image is not base64"),
        (b'{"mask_image": "QUJ"}', "mask_image is not base64"),
        ('{"mask_image": "é"}'.encode(), "mask_image is not base64"),
    ],
)
def test_what_is_not_json_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(body)


def test_members_reads_a_small_object() -> None:
    assert members(b'{"a": [1]}') == {"a": [1]}
