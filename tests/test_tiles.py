from __future__ import annotations

import dataclasses
import io
import os
import struct
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageDraw

from aoi.config import Settings
from aoi.storage import Storage
from aoi.tiles import cache
from aoi.tiles.builds import Builds
from aoi.tiles.cache import TileCache
from aoi.tiles.places import Place
from aoi.tiles.pyramid import read_tile
from tests.pictures import chunk, encoded, jpeg, picture, png
from tests.sending import fetched, inspected, queued, until
from tests.workers import WorkerThread

UNKNOWN = "20260225_103045_7K3QH2ZD"
RED, YELLOW, BLACK = (255, 0, 0), (255, 255, 0), (0, 0, 0)
SIDE = 16_000


@pytest.fixture
def tiles(app: Flask) -> TileCache:
    cache: TileCache = app.extensions["aoi_tiles"]
    return cache


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    """The pyramids that processes were started for."""
    started: list[Place] = []
    make = Builds._make

    def counted(self: Builds, place: Place, *options: str) -> bool:
        started.append(place)
        return make(self, place, *options)

    monkeypatch.setattr(Builds, "_make", counted)
    return started


def panel(side: int) -> bytes:
    """Return a PNG of four grey stripes, one row of it compressed at a time."""
    header = struct.pack(">IIBBBBB", side, side, 2, 0, 0, 0, 0)
    squeeze = zlib.compressobj(1)
    rows = [b"\0" + bytes([shade * 0x55]) * (side // 4) for shade in range(4)]
    data = b"".join(squeeze.compress(rows[4 * y // side]) for y in range(side)) + squeeze.flush()
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def opened(data: bytes) -> Any:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def pyramids(app: Flask) -> list[str]:
    root: Path = app.extensions["aoi_storage"].tiles
    return sorted(path.name.split("-")[0] for path in root.glob("[0-9]*/*/*.zip"))


class TestLargePanels:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, segformer_timeout=200, upload_wait=200)

    @pytest.fixture(autouse=True)
    def long_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cache, "LONGEST_WAIT", 200.0)

    def test_a_panel_of_16000_px_is_shown_by_tiles(
        self, client: FlaskClient, worker: WorkerThread
    ) -> None:
        unique_id = inspected(client, panel(SIDE))["img_unique_id"]
        described = fetched(client, f"/tiles/{unique_id}/input.dzi")
        size = ElementTree.fromstring(described)[0]
        assert (size.get("Width"), size.get("Height")) == (str(SIDE), str(SIDE))
        address = f"/tiles/{unique_id}/input_files"
        whole = opened(fetched(client, f"{address}/8/0_0.jpg"))
        assert whole.size == (250, 250)
        assert [whole.getpixel((99, y)) for y in (20, 90, 150, 220)] == [0, 85, 170, 255]
        last = opened(fetched(client, f"{address}/14/31_31.jpg"))
        assert last.size == (SIDE - 31 * 510 + 1,) * 2
        assert last.getextrema() == (255, 255)
        assert client.get(f"{address}/14/32_31.jpg").status_code == 404
        # Twice as wide as a panel.
        edge = opened(fetched(client, f"/tiles/{unique_id}/combined_files/15/62_31.jpg"))
        assert edge.size == (2 * SIDE - 62 * 510 + 1, SIDE - 31 * 510 + 1)

    def test_they_are_made_before_anybody_asks(
        self, app: Flask, client: FlaskClient, worker: WorkerThread, builds: list[Place]
    ) -> None:
        inspected(client, encoded(Image.new("L", (64, 4097))))
        inspected(client, png())
        each = ["combined", "input", "mask", "overlay"]
        until(lambda: pyramids(app) == sorted(2 * each))
        assert len(builds) == 4


class TestAddresses:
    @pytest.fixture
    def address(self, client: FlaskClient) -> str:
        return f"/tiles/{queued(client, jpeg(1100, 700), 'a.jpg')}"

    def test_the_descriptor_is_one_that_viewers_read(
        self, client: FlaskClient, address: str
    ) -> None:
        with client.get(f"{address}/input.dzi") as answer:
            assert answer.headers["Content-Type"].startswith("application/xml")
            image = ElementTree.fromstring(answer.data)
        space = "{http://schemas.microsoft.com/deepzoom/2008}"
        assert image.tag == f"{space}Image"
        assert image.attrib == {"Format": "jpg", "Overlap": "1", "TileSize": "510"}
        assert image[0].tag == f"{space}Size"
        assert image[0].attrib == {"Width": "1100", "Height": "700"}

    def test_tiles_are_kept_for_long_and_not_sent_twice(
        self, client: FlaskClient, address: str
    ) -> None:
        tile = f"{address}/input_files/11/2_1.jpg"
        with client.get(tile) as answer:
            assert answer.headers["Content-Type"] == "image/jpeg"
            assert opened(answer.data).size == (81, 191)
            control = {part.strip() for part in answer.headers["Cache-Control"].split(",")}
            assert control == {"private", "immutable", "max-age=31536000"}
            tag = answer.headers["ETag"]
        with client.get(tile, headers={"If-None-Match": tag}) as again:
            assert (again.status_code, again.data) == (304, b"")
        with client.head(tile) as head:
            assert (head.status_code, head.data) == (200, b"")
            assert int(head.headers["Content-Length"]) == len(answer.data)

    def test_all_else_is_not_found(self, client: FlaskClient, address: str) -> None:
        for wrong in (
            f"/tiles/{UNKNOWN}/input.dzi",
            f"/tiles/{UNKNOWN}/input_files/0/0_0.jpg",
            f"{address}/thumbnail.dzi",
            f"{address}/mask.dzi",
            f"{address}/mask_files/0/0_0.png",
            f"{address}/input_files/0/0_0.png",
            f"{address}/input_files/11/3_0.jpg",
            f"{address}/input_files/12/0_0.jpg",
            f"{address}/input_files/-1/0_0.jpg",
            f"{address}/input_files/{10**30}/0_0.jpg",
            f"{address}/input_files/../../0_0.jpg",
        ):
            answer = client.get(wrong)
            assert answer.status_code == 404 and answer.json and answer.json["message"], wrong

    def test_a_damaged_picture_has_none(
        self, app: Flask, client: FlaskClient, address: str, builds: list[Place]
    ) -> None:
        (path,) = (app.extensions["aoi_storage"].root / "uploads").rglob("*.jpg")
        path.write_bytes(b"\xff\xd8\xff\xe0 this is no picture")
        for _ in range(3):
            assert client.get(f"{address}/input_files/0/0_0.jpg").status_code == 404
        assert len(builds) <= 1


class TestPictures:
    """What tiles show, by the kinds of pictures there are."""

    def tile(self, tiles: TileCache, kind: str, path: Path, level: int) -> Any:
        return opened(tiles.tile(UNKNOWN, kind, path, level, 0, 0).data)

    def test_a_masks_colours_stay_exact_and_no_defect_is_lost(
        self, tiles: TileCache, tmp_path: Path
    ) -> None:
        mask = Image.new("RGB", (512, 512))
        draw = ImageDraw.Draw(mask)
        draw.rectangle((101, 101, 103, 103), RED)
        draw.rectangle((301, 300, 303, 302), YELLOW)
        draw.rectangle((304, 300, 306, 302), RED)
        mask.save(tmp_path / "mask.png")
        full = self.tile(tiles, "mask", tmp_path / "mask.png", 9)
        assert full.convert("RGB").tobytes() == mask.tobytes()
        small = self.tile(tiles, "mask", tmp_path / "mask.png", 4).convert("RGB")
        assert small.size == (16, 16)
        assert {colour for _, colour in small.getcolors()} == {BLACK, RED, YELLOW}

    def test_masks_of_other_colours_keep_them(self, tiles: TileCache, tmp_path: Path) -> None:
        mask = Image.new("RGB", (512, 512), (10, 20, 30))
        ImageDraw.Draw(mask).rectangle((101, 101, 403, 303), (200, 100, 0))
        mask.save(tmp_path / "mask.png")
        small = self.tile(tiles, "mask", tmp_path / "mask.png", 5)
        assert {colour for _, colour in small.getcolors()} == {(10, 20, 30), (200, 100, 0)}

    @pytest.mark.parametrize(
        ("mode", "kind"),
        [("1", "BMP"), ("P", "BMP"), ("RGB", "BMP"), ("I;16", "TIFF"), ("I;16", "PNG"),
         ("F", "TIFF"), ("CMYK", "JPEG"), ("LA", "PNG"), ("RGBA", "PNG"), ("P", "PNG")],
    )  # fmt: skip
    def test_every_kind_of_input_has_them(
        self, mode: str, kind: str, tiles: TileCache, tmp_path: Path
    ) -> None:
        path = tmp_path / f"a.{kind.lower()}"
        picture(mode, 65, 33).save(path, kind)
        tile = self.tile(tiles, "input", path, 7)
        assert (tile.size, tile.format) == ((65, 33), "JPEG")

    def test_ten_bits_of_sixteen_are_seen(self, tiles: TileCache, tmp_path: Path) -> None:
        wide = Image.frombytes("I;16", (64, 16), struct.pack("<1024H", *range(1024)))
        wide.save(tmp_path / "a.png")
        low, high = self.tile(tiles, "input", tmp_path / "a.png", 6).getextrema()
        assert low < 10 and high > 245


class TestKeeping:
    def test_many_at_once_have_it_made_once(
        self, tiles: TileCache, builds: list[Place], tmp_path: Path
    ) -> None:
        path = tmp_path / "a.png"
        path.write_bytes(png(600, 600))
        found: list[bytes] = []

        def fetch() -> None:
            found.append(tiles.tile(UNKNOWN, "input", path, 9, 0, 0).data)

        threads = [threading.Thread(target=fetch) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8 and len(set(found)) == 1
        assert len(builds) == 1

    def test_a_replaced_result_has_new_ones(self, tiles: TileCache, tmp_path: Path) -> None:
        path = tmp_path / "overlay.png"
        for shade in (40, 200):
            Image.new("L", (30, 30), shade).save(path)
            os.utime(path, ns=(shade, shade))
            tile = tiles.tile(UNKNOWN, "overlay", path, 0, 0, 0)
            assert opened(tile.data).getpixel((0, 0)) == shade

    def test_a_damaged_pyramid_is_made_again(
        self, app: Flask, tiles: TileCache, tmp_path: Path
    ) -> None:
        path = tmp_path / "a.png"
        path.write_bytes(png())
        before = tiles.tile(UNKNOWN, "input", path, 6, 0, 0)
        until(lambda: pyramids(app) == ["input", "input"])
        for kept in tmp_path.glob("data/cache/tiles/2*/*/*.zip"):
            kept.write_bytes(kept.read_bytes()[:-30])
        assert tiles.tile(UNKNOWN, "input", path, 6, 0, 0) == before

    def test_the_least_recently_used_go_first(
        self, app: Flask, tiles: TileCache, tmp_path: Path
    ) -> None:
        storage: Storage = app.extensions["aoi_storage"]
        now = time.time()
        for age, size in [(5, 12), (400, 3), (9000, 4)]:
            kept = storage.tiles / "20260225" / f"image-{age}" / "input-1-1.zip"
            kept.parent.mkdir(parents=True)
            kept.write_bytes(bytes(size * 1024 * 1024))
            os.utime(kept, (now - age, now - age))
        draft = storage.tiles / ".drafts" / "broken-off"
        draft.parent.mkdir()
        draft.write_bytes(bytes(4096))
        os.utime(draft, (now - 7200, now - 7200))
        assert TileCache(storage, 16).trim() == 4 * 1024 * 1024 + 4096
        assert left(storage) == ["image-400", "image-5"] and not draft.exists()
        assert TileCache(storage, 16).trim(unused_seconds=100) == 3 * 1024 * 1024
        assert left(storage) == ["image-5"]

    def test_what_fills_the_screen_outlasts_the_rest(
        self, app: Flask, tiles: TileCache, tmp_path: Path, builds: list[Place]
    ) -> None:
        Image.new("RGB", (4100, 40), RED).save(tmp_path / "mask.png")
        sharp = tiles.tile(UNKNOWN, "mask", tmp_path / "mask.png", 13, 8, 0)
        coarse = tiles.tile(UNKNOWN, "mask", tmp_path / "mask.png", 11, 0, 0)
        until(lambda: pyramids(app) == ["mask", "mask"])
        (full,) = {*tmp_path.glob("**/*.zip")} - {*tmp_path.glob("**/*.coarse.zip")}
        full.unlink()
        assert tiles.tile(UNKNOWN, "mask", tmp_path / "mask.png", 11, 0, 0) == coarse
        assert len(builds) == 1
        assert tiles.tile(UNKNOWN, "mask", tmp_path / "mask.png", 13, 8, 0) == sharp
        assert len(builds) == 2

    def test_what_fills_the_screen_comes_first(
        self, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from aoi.tiles import build

        Image.linear_gradient("L").resize((4100, 40)).save(tmp_path / "a.png")
        storage: Storage = app.extensions["aoi_storage"]
        place = Place.of(storage.tiles_folder(UNKNOWN), "input", tmp_path / "a.png")
        made: list[tuple[Path, Any]] = []
        publish: Callable[..., None] = build.publish

        def noted(draft: Path, target: Path) -> None:
            publish(draft, target)
            tile = read_tile(target, 10, 1, 0)
            made.append((target, tile and opened(tile.data)))

        monkeypatch.setattr(build, "publish", noted)
        build.make(place, storage.tiles)
        assert [target for target, _ in made] == [place.coarse, place.full, place.coarse]
        first, whole, _ = (tile for _, tile in made)
        assert first.size == whole.size == (513 - 509, 5)
        assert abs(first.getpixel((1, 2)) - whole.getpixel((1, 2))) <= 3

    def test_they_go_with_their_image(self, app: Flask, client: FlaskClient) -> None:
        unique_id = queued(client)
        fetched(client, f"/tiles/{unique_id}/input_files/0/0_0.jpg")
        until(lambda: pyramids(app) == ["input", "input"])
        assert client.delete(f"/uploads/{unique_id}").status_code == 204
        assert pyramids(app) == []

    def test_a_picture_deleted_meanwhile_leaves_none(
        self, app: Flask, tiles: TileCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from aoi.tiles import build

        path = tmp_path / "a.png"
        path.write_bytes(png())
        storage: Storage = app.extensions["aoi_storage"]
        place = Place.of(storage.tiles_folder(UNKNOWN), "input", path)
        publish: Callable[..., None] = build.publish
        monkeypatch.setattr(build, "publish", lambda *both: (publish(*both), path.unlink()))
        with pytest.raises(FileNotFoundError):
            build.make(place, storage.tiles)
        assert pyramids(app) == []

    def test_a_full_disk_is_told(
        self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unique_id = queued(client)
        monkeypatch.setattr(Storage, "has_room", lambda *_: False)
        answer = client.get(f"/tiles/{unique_id}/input_files/0/0_0.jpg")
        assert answer.status_code == 507 and answer.json
        assert client.get(f"/tiles/{unique_id}/input.dzi").status_code == 200

    def test_nobody_waits_for_ever(
        self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unique_id = queued(client)
        monkeypatch.setattr(cache, "LONGEST_WAIT", -1.0)
        answer = client.get(f"/tiles/{unique_id}/input_files/0/0_0.jpg")
        assert answer.status_code == 503 and answer.headers["Retry-After"]


def left(storage: Storage) -> list[str]:
    return sorted(path.name for path in storage.tiles.glob("2*/*"))
