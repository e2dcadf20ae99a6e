from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from aoi.spreadsheet import csv_lines, neutral


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1+1", "\uff20SUM"]
)
def test_a_formula_becomes_text(text: str) -> None:
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("value", ["a=b", "", -5, -0.5, None])
def test_what_is_harmless_stays(value: Any) -> None:
    assert neutral(value) == value


def test_lines_are_those_of_rfc_4180() -> None:
    assert csv_lines([["a", None, 0.1], ['say "板", so', "two\nlines", True]]) == (
        'a,,0.1\r\n"say ""板"", so","two\nlines",True\r\n'.encode()
    )
    assert list(csv.reader(io.StringIO(csv_lines([["a,b"]]).decode()))) == [["a,b"]]
