"""Ids, query parameters and headers that are wrong in each way."""

from __future__ import annotations

from tests.hostile.attack import MULTIPART, Attack, form
from tests.pictures import png

ID = "20260225_103045_7K3QH2ZD"
IDS = (
    ID, ID.lower(), ID[:-1], ID + "A", "20260225_103045_7K3QH2ZI", "99999999_999999_ZZZZZZZZ", "0",
    "-1", "null", "undefined", "%00", f"{ID}%00", "..%2f..%2fetc%2fpasswd", "%2e%2e",
    "1%20OR%201=1", "';DROP%20TABLE%20uploads;--", "%F0%9F%92%A9", "%C0%AE", "%FF%FE", "a" * 4000,
    "%E2%80%AE", "*", "{id}", "%0d%0aSet-Cookie:a=b", "\uff11\uff12",
)  # fmt: skip
OF_IDS = (
    ("GET", "/images/{}"), ("DELETE", "/images/{}"), ("GET", "/images/{}/regions"),
    ("GET", "/uploads/{}"), ("DELETE", "/uploads/{}"), ("POST", "/uploads/{}/retry"),
    ("GET", "/batches/{}"), ("DELETE", "/batches/{}"), ("POST", "/batches/{}/retry"),
    ("GET", "/download/image/{}/input"), ("GET", "/download/json/{}"),
    ("GET", "/download/batch/{}"), ("GET", "/tiles/{}/input.dzi"),
)  # fmt: skip
# Bad values, each with its path.
QUERIES = {
    "/images": (
        "page=0", "page=-1", "page=1.5", "page=a", "page=", "page=1e3", "page=99999999999999999999",
        "limit=0", "limit=101", "limit=-5", "limit=NaN", "limit=0x10", "limit=%00", "limit=1;2",
        "start_date=yesterday", "start_date=2026-02-30", "start_date=0000-00-00", "start_date=",
        "start_date=99999-01-01", "start_date=2026-02-25T25:00:00",
        "start_date=0001-01-01T00:00%2B23:59",
        "start_date=2026-02-26&end_date=2026-02-25", "end_date=%F0%9F%92%A9",
        "min_defects=5&max_defects=4", "min_defects=-1", "min_defects=2147483648",
        "min_defects=inf",
        "order=name", "order=timestamp;DROP", "order=", "class_name=%00", "filename=a%00b",
        "batch_id=%00", "cursor=x", "cursor=" + "A" * 5000, "cursor=WzFd.x", "cursor=%00",
        "cursor=.",
    ),
    "/query/defects": (
        "min_area=-1", "min_area=1.5", "min_area=9&max_area=8", "min_circularity=NaN",
        "min_circularity=inf", "min_circularity=-0.1", "max_circularity=1e999",
        "min_aspect_ratio=a",
        "min_aspect_ratio=2&max_aspect_ratio=1", "cursor=e30.x", "limit=1e2", "class_name=%00",
    ),
    "/uploads": ("status=gone", "status=", "limit=1000", "batch_id=%00", "cursor=a.b.c"),
    "/batches": ("limit=a", "page=0", "cursor=%FF"),
    "/stats/heatmap": ("bins=0", "bins=-1", "bins=100000", "bins=a", "bins=1.5"),
    "/stats/daily": ("start_date=x", "start_date=0001-01-01&end_date=9999-12-31"),
    "/stats/pareto": ("end_date=31.12.2026",),
    "/export/images.csv": ("start_date=x", "min_defects=a", "ids=%00"),
    "/export/coco.json": ("min_defects=a",),
}  # fmt: skip
# Odd, and all the same no fault: unknown ones are ignored, the first of a repeated one counts.
HARMLESS = (
    "/images?unknown=1", "/images?page=1&page=2", "/images?" + "&".join(["a=b"] * 2000),
    "/images?filename=%25%5F%27%22%5C", "/images?class_name=" + "a" * 5000, "/images?%FF=%FF",
    "/images?filename=%F0%9F%92%A9", "/images?page=2147483647", "/query/defects?min_area=0",
)  # fmt: skip


def ids() -> list[Attack]:
    """Return each wrong id in an address of its own in turn; the right but unknown one in all."""
    found = [(*OF_IDS[n % len(OF_IDS)], each) for n, each in enumerate(IDS)]
    found += [(method, path, ID) for method, path in OF_IDS]
    found += [("GET", "/download/image/{}/" + kind, ID) for kind in ("passwd", "..%2f", "INPUT")]
    return [
        Attack(f"{method} {path} {each[:40]}", 404, path.format(each), method)
        for method, path, each in found
    ]


def queries() -> list[Attack]:
    return [
        Attack(f"{path}?{query[:60]}", 422, f"{path}?{query}", "GET")
        for path, all_of_it in QUERIES.items()
        for query in all_of_it
    ] + [
        Attack("wait=-1", 422, "/upload/batch?wait=-1"),
        Attack("wait=601", 422, "/upload/batch?wait=601"),
        Attack("wait=NaN", 422, "/upload/batch?wait=NaN"),
        Attack("a batch that is not there", 404, f"/upload/batch?batch_id={ID}"),
        Attack("a batch of no id", 404, "/upload/batch?batch_id=..%2f.."),
    ]


def harmless() -> list[Attack]:
    odd = {
        "Accept": "text/nonsense;q=9", "Accept-Language": "x" * 900, "If-None-Match": '"',
        "Range": "bytes=9-1,-,a-b", "If-Modified-Since": "never", "X-Forwarded-For": "' OR 1=1",
        "X-HTTP-Method-Override": "DELETE", "Prefer": ",;=,,wait=x", "Cookie": "session=\"';--",
        "Accept-Encoding": "gzip;q=x, *;q=-1", "Authorization": "Basic ????", "Origin": "null",
    }  # fmt: skip
    return [Attack(path[:60], 200, path, "GET") for path in HARMLESS] + [
        Attack(f"a header: {name}", 200, "/images", "GET", headers={name: value})
        for name, value in odd.items()
    ]


def headers() -> list[Attack]:
    """Return headers that are refused, or an upload with them is."""
    whole = form(png())
    keys = {"too long": "k" * 256, "far too long": "k" * 60_000, "empty": ""}
    return [
        *(
            Attack(f"a key: {name}", 422, body=whole, headers=MULTIPART | {"Idempotency-Key": key})
            for name, key in keys.items()
        ),
        Attack("a method", 405, "/upload", "PUT"),
        Attack("a method that is none", 405, "/images", "BREW"),
        Attack("deleting all", 405, "/images", "DELETE"),
        Attack("an address of controls", 404, "/%0d%0aX: y", "GET"),
        Attack("a way up", 404, "/static/../../etc/passwd", "GET"),
        Attack("a way up, encoded", 404, "/static/..%2f..%2fwsgi.py", "GET"),
        Attack("a long address", 404, "/" + "a" * 60_000, "GET"),
        Attack(
            "deep JSON", 400, "/export/images.csv", body=b"[" * 100_000,
            headers={"Content-Type": "application/json"},
        ),
        Attack(
            "JSON that is a list", 422, "/export/images.csv", body=b"[1]",
            headers={"Content-Type": "application/json"},
        ),
        Attack(
            "JSON with NaN", 422, "/export/images.csv", body=b'{"min_defects": NaN}',
            headers={"Content-Type": "application/json"},
        ),
        Attack(
            "JSON that is no UTF-8", 400, "/export/images.csv", body=b'{"filename": "\xff"}',
            headers={"Content-Type": "application/json"},
        ),
        Attack("an export of another type", 415, "/export/images.csv", body=b"ids=1"),
    ]  # fmt: skip
