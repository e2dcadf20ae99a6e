from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from aoi.ids import day_of, is_id, new_id


def test_an_id_begins_with_its_second_in_utc() -> None:
    moment = datetime(2026, 2, 25, 1, 30, 45, tzinfo=timezone(timedelta(hours=8)))
    assert new_id(moment).startswith("20260224_173045_")
    assert day_of(new_id(moment)) == "20260224"
    before, made, after = datetime.now(UTC), new_id(), datetime.now(UTC)
    assert f"{before:%Y%m%d_%H%M%S}" <= made[:15] <= f"{after:%Y%m%d_%H%M%S}"


def test_ids_do_not_repeat_and_are_valid() -> None:
    ids = {new_id() for _ in range(10_000)}
    assert len(ids) == 10_000
    assert all(map(is_id, ids))


@pytest.mark.parametrize(
    "text",
    [
        "", "20260225_103045", "20260225_103045_7K3QH2ZI", "20260225_103045_7k3qh2zd",
        "20260225_103045_7K3QH2ZD\n", "../20260225_103045_7K3QH2ZD",
        "\u0662\u0660260225_103045_7K3QH2ZD",
    ],
)  # fmt: skip
def test_what_is_no_id(text: str) -> None:
    assert not is_id(text)
