"""Pages and cursors over an ordered query."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Row, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from aoi.exceptions import BadParameter
from aoi.extensions import db

Column = InstrumentedAttribute[Any]


@dataclass(frozen=True)
class Page:
    """One page of a list; `next_cursor` is None at its end."""

    rows: Sequence[Row[Any]]
    total: int
    page: int
    limit: int
    next_cursor: str | None

    def envelope(self, name: str, items: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the contract's form of a list: the figures, and the items under `name`."""
        return {
            "total": self.total,
            "page": self.page,
            "limit": self.limit,
            "next_cursor": self.next_cursor,
            name: items,
        }


@dataclass(frozen=True)
class Cursors:
    """Signs what a list goes on from, for the filters and the order that it was made with."""

    secret: str
    name: str

    def write(self, values: Sequence[Any], arguments: dict[str, Any]) -> str:
        written = [{"t": v.isoformat()} if isinstance(v, datetime) else v for v in values]
        return str(self._serializer.dumps([self._shape(arguments), *written]))

    def read(self, cursor: str, arguments: dict[str, Any]) -> tuple[Any, ...]:
        """Return the values; raise BadParameter."""
        try:
            made_for, *values = self._serializer.loads(cursor)
        except (BadSignature, ValueError, TypeError) as err:
            raise BadParameter(
                "cursor",
                "The cursor is not one of this server's. Begin again without it.",
            ) from err
        if made_for != self._shape(arguments):
            raise BadParameter(
                "cursor",
                "The cursor was made with other filters or another order. "
                "Keep them as they were, or begin again without it.",
            )
        return tuple(
            datetime.fromisoformat(value["t"]) if isinstance(value, dict) else value
            for value in values
        )

    def _shape(self, arguments: dict[str, Any]) -> str:
        kept = {k: v for k, v in arguments.items() if k not in ("page", "limit", "cursor")}
        text = json.dumps([self.name, kept], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self.secret, salt="cursor")


@dataclass(frozen=True)
class Pager:
    """Cuts pages out of a query, newest first, ordered by `keys`, which together are unique."""

    cursors: Cursors
    keys: tuple[Column, ...]

    def cut(self, query: Select[Any], total: int, arguments: dict[str, Any]) -> Page:
        """Run the query for the page or cursor in `arguments`; raise BadParameter."""
        page, limit = arguments["page"], arguments["limit"]
        ordered = query.order_by(*(key.desc() for key in self.keys))
        if cursor := arguments.get("cursor"):
            values = self.cursors.read(cursor, arguments)
            ordered = ordered.where(tuple_(*self.keys) < tuple_(*values))
        else:
            ordered = ordered.offset((page - 1) * limit)
        # One more than asked for tells whether anything follows.
        rows = db.session.execute(
            ordered.add_columns(*(k.label(f"_key{n}") for n, k in enumerate(self.keys))).limit(
                limit + 1
            )
        ).all()
        next_cursor = None
        if len(rows) > limit:
            last = rows[limit - 1]._mapping
            values = tuple(last[f"_key{n}"] for n in range(len(self.keys)))
            next_cursor = self.cursors.write(values, arguments)
        return Page(rows[:limit], total, page, limit, next_cursor)


class Ranked(Protocol):
    """Matches in an order, oldest or fewest first, each known by its key."""

    total: int

    def below(self, key: Any, or_at: bool = False) -> int:
        """Return how many come before a key, with `or_at` the one at it included."""

    def keys(self, first: int, last: int) -> Sequence[Any]:
        """Return the keys of the `first`-th to before the `last`-th."""


@dataclass(frozen=True)
class KeyPage:
    """One page of keys, and what the list's envelope tells."""

    keys: Sequence[Any]
    total: int
    next_cursor: str | None

    def of(self, rows: Sequence[Row[Any]], arguments: dict[str, Any]) -> Page:
        """Return the page with the rows that its keys mean."""
        return Page(rows, self.total, arguments["page"], arguments["limit"], self.next_cursor)


def cut_ranked(
    found: Ranked,
    key_type: Callable[..., Any],
    cursors: Cursors,
    arguments: dict[str, Any],
    descending: bool = True,
) -> KeyPage:
    """Return the keys of the page or cursor in `arguments`; raise BadParameter."""
    limit = arguments["limit"]
    if cursor := arguments.get("cursor"):
        key = key_type(*cursors.read(cursor, arguments))
        skipped = found.total - found.below(key) if descending else found.below(key, or_at=True)
    else:
        skipped = (arguments["page"] - 1) * limit
    if descending:
        last = max(found.total - skipped, 0)
        keys = list(reversed(found.keys(max(last - limit, 0), last)))
    else:
        keys = list(found.keys(skipped, skipped + limit))
    follows = skipped + len(keys) < found.total and keys
    return KeyPage(keys, found.total, cursors.write(keys[-1], arguments) if follows else None)
