"""The scripts of a page are all known to its head."""

from aoi.modules import SCRIPTS, imported


def test_every_import_is_followed() -> None:
    found = imported("gallery/page.js")
    assert found[0] == "gallery/page.js"
    assert {"api.js", "gallery/tile.js", "language.js"} <= set(found)
    assert all((SCRIPTS / name).is_file() for name in found)
