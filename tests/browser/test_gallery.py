"""The gallery: found by filters, seen at a glance, taken away or deleted."""

from __future__ import annotations

import re
import zipfile
from typing import Any

import pytest
import requests
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import PHONE, LiveServer, OpenPage
from tests.browser.pages import assert_accessible, drawn, has_no_sideways_scroll
from tests.browser.stored import get, store
from tests.sending import until

pytestmark = pytest.mark.browser
NAMES = [f"panel_{n}.png" for n in range(6)] + ["edge_6.png", "<b>edge_7.png"]


@pytest.fixture(scope="module")
def batch(live_server: LiveServer) -> Any:
    """Eight stored results, newest last."""
    live_server.stub.reset()
    return store(live_server, *NAMES)


def tiles(page: Page) -> Locator:
    return page.locator(".tile")


def expect_total(page: Page, total: int) -> None:
    expect(page.locator("[data-total]")).to_have_text(re.compile(rf"^{total:,} (images?|張影像)$"))


def expect_selected(page: Page, words: str) -> None:
    expect(page.locator("[data-selected-words]")).to_have_text(words)


def test_the_filter_is_in_the_address(
    open_page: OpenPage, live_server: LiveServer, batch: Any
) -> None:
    page = open_page(f"/gallery?batch_id={batch['batch_id']}")
    expect_total(page, 8)
    page.get_by_role("checkbox", name="PR_Peeling").check()
    found = get(
        live_server, "/images", batch_id=batch["batch_id"], class_name="PR_Peeling", limit=100
    )
    expect(page).to_have_url(re.compile("class_name=PR_Peeling"))
    expect_total(page, found["total"])
    page.get_by_role("button", name="Today").click()
    expect(page.get_by_role("button", name="Take out Today")).to_be_visible()
    expect_total(page, found["total"])
    page.go_back()
    expect(page.get_by_role("button", name="Today", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )
    page.get_by_role("button", name="Take out PR_Peeling").click()
    page.keyboard.press("/")
    page.keyboard.type("EDGE")
    expect_total(page, 2)
    expect(page.get_by_text("<b>edge_7.png")).to_be_visible()
    page.reload()
    expect_total(page, 2)
    expect(page.get_by_placeholder("File name")).to_have_value("EDGE")
    page.get_by_label("At least so many defects").fill("100000")
    expect(page.get_by_text("No images match")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_text("No images match")).to_be_hidden()
    expect(page).to_have_url(f"{live_server.url}/gallery")


def test_thumbnails_tell_class_and_count(
    open_page: OpenPage, live_server: LiveServer, batch: Any
) -> None:
    page = open_page(f"/gallery?batch_id={batch['batch_id']}&order=-total_defects", scheme="dark")
    expect(tiles(page)).to_have_count(8)
    listed = get(
        live_server, "/images", batch_id=batch["batch_id"], order="-total_defects", limit=8
    )
    first = listed["images"][0]
    tile = page.locator(f'[data-id="{first["img_unique_id"]}"]')
    for name, count in first["defect_classes"].items():
        badge = tile.locator(f'.class-badge[data-class="{name}"]')
        expect(badge).to_have_text(f"{name} {count}")
        expect(badge.locator("svg use")).to_have_count(1)
    expect(tiles(page).first).to_have_attribute("data-id", first["img_unique_id"])
    assert_accessible(page)
    page.get_by_role("button", name="List").click()
    expect(tile).to_contain_text(str(first["image_width"]))
    page.emulate_media(color_scheme="light")
    assert_accessible(page)


def test_all_of_it_goes_by_keyboard(
    open_page: OpenPage, live_server: LiveServer, batch: Any
) -> None:
    page = open_page(f"/gallery?batch_id={batch['batch_id']}")
    expect(tiles(page)).to_have_count(8)
    page.keyboard.press("ArrowRight")
    expect(tiles(page).nth(0).locator("a")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect_selected(page, "3 selected")
    expect(tiles(page).nth(3).get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.locator(".selection-bar")).to_be_hidden()
    page.keyboard.press("Enter")
    listed = get(live_server, "/images", batch_id=batch["batch_id"])["images"]
    chosen = listed[3]["img_unique_id"]
    expect(page).to_have_url(re.compile(rf"/gallery/{chosen}\?batch_id="))
    page.go_back()
    expect(page.locator(f'[data-id="{chosen}"] a')).to_be_focused()


def test_a_range_is_selected_and_taken_away(open_page: OpenPage, batch: Any) -> None:
    page = open_page(f"/gallery?batch_id={batch['batch_id']}")
    tiles(page).nth(1).get_by_role("checkbox").click()
    tiles(page).nth(4).click(modifiers=["Shift"])
    expect_selected(page, "4 selected")
    tiles(page).nth(6).click()
    expect_selected(page, "5 selected")
    page.locator(".selection-bar summary").click()
    with page.expect_download() as download:
        page.locator('[data-export="images.csv"]').click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(lines) == 6
    with page.expect_download() as download:
        page.get_by_role("button", name="Download ZIP").click()
    with zipfile.ZipFile(download.value.path()) as zipped:
        assert len([name for name in zipped.namelist() if name.endswith("_overlay.png")]) == 5


def test_deleting_is_asked_first(open_page: OpenPage, live_server: LiveServer) -> None:
    batch = store(live_server, "keep.png", "go.png")
    gone = batch["results"][1]["img_unique_id"]
    page = open_page(f"/gallery?batch_id={batch['batch_id']}")
    page.get_by_role("checkbox", name="Select go.png").click()
    page.keyboard.press("Delete")
    expect(page.get_by_role("dialog")).to_contain_text("go.png")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete 1 image").click()
    expect_total(page, 1)
    expect(tiles(page)).to_have_count(1)
    assert requests.get(f"{live_server.url}/images/{gone}", timeout=30).status_code == 404


def test_hundreds_scroll_with_few_elements(open_page: OpenPage, batch: Any) -> None:
    total = 800

    def page_of(route: Route) -> None:
        at = int(re.search(r"cursor=(\d+)", route.request.url + "cursor=0").group(1))  # type: ignore[union-attr]
        end = min(total, at + (100 if at else 60))
        images = [
            template
            | {"img_unique_id": f"20260225_103045_{n:08d}", "original_filename": f"{n}.png"}
            for n in range(at, end)
        ]
        following = str(end) if end < total else None
        route.fulfill(json={"total": total, "next_cursor": following, "images": images})

    template = {
        "timestamp": "2026-02-25T10:30:45.123Z", "image_height": 240, "image_width": 320,
        "total_defects": 3, "defect_classes": {"PI_Particle": 3}, "batch_id": None,
    }  # fmt: skip
    page = open_page("/batch")
    page.route(re.compile(r"/images\?"), page_of)
    page.route(re.compile(r"/thumbnail\?"), lambda route: route.fulfill(status=404))
    page.goto(page.url.replace("/batch", "/gallery"))
    expect_total(page, total)

    def is_at_the_end() -> bool:
        page.evaluate("document.querySelector('[data-scroller]').scrollTop = 1e9")
        drawn(page)
        assert tiles(page).count() < 150
        return page.locator('.tile:has-text("799.png")').count() > 0

    until(is_at_the_end)
    expect(page.get_by_text("799.png")).to_be_visible()


def test_a_failed_upload_is_told_and_retried(
    open_page: OpenPage, live_server: LiveServer, batch: Any
) -> None:
    page = open_page("/gallery?status=failed")
    live_server.stub.set_fault("not_png")
    failed = store(live_server, "failing.png")["results"][0]["img_unique_id"]
    live_server.stub.reset()
    page.reload()
    row = page.locator(f'.failed-row[data-id="{failed}"]')
    expect(row).to_contain_text("failing.png")
    expect(row.locator(".failed-reason")).not_to_be_empty()
    assert_accessible(page)
    row.get_by_role("button", name="Retry").click()
    expect(row).to_contain_text("Queued again.")
    row.get_by_role("link", name="Follow it").click()
    expect(page.locator("[data-state-label]")).to_have_text("Done")


def test_a_phone_filters_in_a_drawer(open_page: OpenPage, batch: Any) -> None:
    page = open_page(
        f"/gallery?batch_id={batch['batch_id']}", size=PHONE, scheme="dark", language="zh-Hant-TW"
    )
    expect_total(page, 8)
    assert has_no_sideways_scroll(page)
    assert_accessible(page)
    page.get_by_role("button", name="篩選").click()
    page.get_by_role("dialog").get_by_placeholder("檔名").fill("edge")
    page.get_by_role("button", name="查看影像").click()
    expect_total(page, 2)
    expect(tiles(page)).to_have_count(2)
    for box in tiles(page).get_by_role("checkbox").all():
        box.tap()
    expect_selected(page, "已選 2 張")
    bar = page.locator(".selection-bar button, .selection-bar summary")
    assert min(each.bounding_box()["height"] for each in bar.all() if each.is_visible()) >= 44  # type: ignore[index]
    assert has_no_sideways_scroll(page)


def test_a_long_file_name_keeps_its_end_and_days_are_named(
    open_page: OpenPage, live_server: LiveServer
) -> None:
    name = "line_3_lot_20260224_A12_panel_0001_left_upper_corner_retake_2.png"
    batch = store(live_server, name)
    days = "start_date=2025-12-30&end_date=2035-01-02"
    page = open_page(f"/gallery?batch_id={batch['batch_id']}&{days}")
    expect(page.locator(".tile-name")).to_have_text(name)
    head, tail = page.locator(".tile-name .file-name > *").all()
    assert tail.inner_text() == "retake_2.png"
    assert head.evaluate("head => head.scrollWidth > head.clientWidth")
    assert tail.evaluate("tail => tail.scrollWidth <= tail.clientWidth")
    expect(page.get_by_role("button", name=re.compile("30 Dec 2025 . 2 Jan 2035"))).to_be_visible()
