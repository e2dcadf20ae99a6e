"""Names of files, and multipart bodies, that are not as they should be."""

from __future__ import annotations

from tests.hostile.attack import BOUNDARY, END, MULTIPART, Attack, form, part
from tests.pictures import jpeg, png

IMAGE = png()
# Refused; names that can be made safe are taken, see TestNames in test_upload.py.
NAMES: dict[str, str | bytes] = {
    "empty": "",
    "only spaces": "   ",
    "only control characters": b"\x01\x02\x1f",
    "only a folder": "folder/",
    "the folder above": "../..",
    "no extension": "panel",
    "a reserved device": "NUL",
    "two extensions": "panel.png.exe",
    "an extension after NUL": b"panel.png\0.exe",
    "written backwards": "panel\u202egnp.exe",
    "full-width letters": "panel\uff0e\uff50\uff4e\uff47",
    "a dot at its end": "panel.png.",
    "a stream of NTFS": "panel.png:stream",
    "an address": "https://example.com/?panel.png/",
    "100,000 characters": "a" * 100_000,
    "a template": "{{7*7}}",
    "not UTF-8": b"caf\xe9.png",
    "over-long UTF-8": b"\xc0\xae\xc0\xae\xc0\xafpanel.png",
    "Windows path without name": "C:\\\\scans\\\\",
}
# Taken, under a safe name.
SAFE: dict[str, str | bytes] = {
    "the way up": "../../../../etc/passwd.png",
    "absolute": "/etc/cron.d/panel.png",
    "with NUL": b"pan\0el.png",
    "NUL in the extension": b"panel.p\0ng",
    "a device of Windows": "CON.png",
    "a formula": "=1+1.png",
    "an option": "--help.png",
    "another way of writing slashes": "..%2f..%2fpanel.png",
    "Windows' way up": "..\\\\..\\\\panel.png",
    "2,000 characters": "長" * 2000 + ".png",
    "hidden": ".png.png",
    "a script": "<img src=x onerror=alert(1)>.png",
    "SQL": "'; DROP TABLE uploads; --.png",
    "combining marks": "p" + "\u0301" * 500 + ".png",
}


def names() -> list[Attack]:
    return [
        Attack(f"a name: {name}", 400, body=form(IMAGE, said), headers=MULTIPART)
        for name, said in NAMES.items()
    ]


def safe_names() -> list[Attack]:
    headers = MULTIPART | {"Prefer": "respond-async"}
    return [
        Attack(f"a name: {name}", 202, body=form(png(), said), headers=headers)
        for name, said in SAFE.items()
    ]


def bodies() -> list[Attack]:
    """Return multipart bodies in which something is missing, twice, too long or a lie."""
    whole = form(IMAGE)
    many = part(b"x", 'name="note"') * 150 + whole
    long_header = part(IMAGE, 'name="image"; filename="a.png"; x="' + "x" * 2_000_000 + '"') + END
    headers = (b"X-%d: x\r\n" % number for number in range(200_000))
    many_headers = whole.replace(b"\r\n\r\n", b"\r\n" + b"".join(headers) + b"\r\n", 1)
    charset = MULTIPART["Content-Type"] + "; charset=utf-16"
    found = {
        "an empty body": (400, b""),
        "no parts": (400, END),
        "another boundary": (400, whole.replace(BOUNDARY.encode(), b"another")),
        "no final boundary": (400, whole[: -len(END)]),
        "half a final boundary": (400, whole[:-8]),
        "cut in its head": (400, whole[:40]),
        "cut in the image": (400, whole[: len(whole) // 2]),
        "another field": (400, part(IMAGE, 'name="file"; filename="a.png"') + END),
        "a field in capitals": (400, part(IMAGE, 'name="Image"; filename="a.png"') + END),
        "the field of batches": (400, part(IMAGE, 'name="images"; filename="a.png"') + END),
        "a field without a name": (400, part(IMAGE, 'filename="a.png"') + END),
        "an empty field name": (400, part(IMAGE, 'name=""; filename="a.png"') + END),
        "text in the field": (400, part(b"../../etc/passwd", 'name="image"') + END),
        "a text field with the image's bytes": (400, part(IMAGE, 'name="image"') + END),
        "the same field twice": (400, part(IMAGE) + part(jpeg()) + END),
        "the same file three times": (400, part(IMAGE) * 3 + END),
        "no disposition": (400, b"--b0undary\r\nX: y\r\n\r\n" + IMAGE + b"\r\n" + END),
        "no empty line": (400, whole.replace(b"\r\n\r\n", b"\r\n", 1)),
        "150 other parts": (413, many),
        "a header of 2 MB": (413, long_header),
        "200,000 headers": (413, many_headers),
        "only line ends": (400, b"\r\n" * 5000),
        "a preamble of a megabyte, no part": (413, b"x" * 1_000_000),
        "over 51 MB": (413, part(bytes(52_500_000)) + END),
    }
    types = {
        "no boundary": "multipart/form-data",
        "an empty boundary": "multipart/form-data; boundary=",
        "a boundary of 5,000 characters": f"multipart/form-data; boundary={'b' * 5000}",
        "a boundary that is not ASCII": "multipart/form-data; boundary=\xe9\xe8",
        "multipart/mixed": f"multipart/mixed; boundary={BOUNDARY}",
        "urlencoded": "application/x-www-form-urlencoded",
        "JSON": "application/json",
        "the image's own type": "image/png",
        "no type": "",
        "nonsense for a type": ";;;=",
    }
    return [
        *(Attack(name, status, body=body, headers=MULTIPART)
          for name, (status, body) in found.items()),
        *(Attack(f"a type: {name}", 400, body=whole, headers={"Content-Type": kind})
          for name, kind in types.items()),
        Attack("another character set", 202, body=form(png()),
               headers={"Content-Type": charset, "Prefer": "respond-async"}),
        Attack("a length over what comes", 400, body=whole, headers=MULTIPART,
               environ={"CONTENT_LENGTH": str(len(whole) + 1000)}),
        Attack("a length under what comes", 400, body=whole, headers=MULTIPART,
               environ={"CONTENT_LENGTH": str(len(whole) // 2)}),
        Attack("a length of 10^15", 413, body=whole, headers=MULTIPART,
               environ={"CONTENT_LENGTH": str(10**15)}),
        Attack("a negative length", 400, body=whole, headers=MULTIPART,
               environ={"CONTENT_LENGTH": "-5"}),
        Attack("a length that is no number", 400, body=whole, headers=MULTIPART,
               environ={"CONTENT_LENGTH": "abc"}),
        Attack("a batch of what is no image", 400, "/upload/batch", headers=MULTIPART,
               body=part(b"x", 'name="images"; filename="a.png"') * 3 + END),
        Attack("a batch in the wrong field", 400, "/upload/batch", body=whole, headers=MULTIPART),
        Attack("a batch without a form", 400, "/upload/batch", body=IMAGE),
        Attack("a batch of empty files", 400, "/upload/batch", headers=MULTIPART,
               body=part(b"", 'name="images"; filename="a.png"') * 3 + END),
        Attack("a batch of a bomb's name", 400, "/upload/batch", headers=MULTIPART,
               body=part(IMAGE, 'name="images"; filename="../.."') + END),
    ]  # fmt: skip
