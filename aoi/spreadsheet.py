"""CSV that spreadsheets open right: UTF-8 with BOM, no cell run as a formula."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable
from typing import Any

BOM = codecs.BOM_UTF8
# A cell that begins so is run as a formula by a spreadsheet (OWASP, CSV injection); the last four
# are = + - @ in full width, which East Asian ones read alike.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """Return rows as lines of CSV (RFC 4180), without BOM, each cell neutralised."""
    text = io.StringIO()
    csv.writer(text).writerows([neutral(value) for value in row] for row in rows)
    return text.getvalue().encode()


def neutral(value: Any) -> Any:
    """Return a cell that a spreadsheet shows rather than runs."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
