"""The viewer: picture and table lead to each other, and nothing needs a mouse."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import PHONE, LiveServer, OpenPage
from tests.browser.pages import assert_accessible, drawn, has_no_sideways_scroll, rows
from tests.browser.stored import get, store, store_in_turn
from tests.sending import until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def batch(live_server: LiveServer) -> Any:
    """Three stored results of 1,200 x 900 px, newest last."""
    live_server.stub.reset()
    return store_in_turn(live_server, "a.png", "b.png", "c.png", width=1200, height=900)


@pytest.fixture
def address(batch: Any) -> str:
    """The middle one of the batch, found by a filter."""
    return f"/gallery/{batch['results'][1]['img_unique_id']}?batch_id={batch['batch_id']}"


@pytest.fixture
def page(open_page: OpenPage, address: str) -> Page:
    page = open_page(address)
    expect_shown(page, "b.png")
    return page


def expect_shown(page: Page, name: str) -> None:
    expect(page.locator("[data-name]")).to_have_text(name)
    expect(page.locator("[data-zoom-value]")).not_to_be_empty()
    # Looked up once the picture is there.
    expect(page.locator("[data-position]")).not_to_be_empty()


def zoom(page: Page) -> int:
    return int(page.locator("[data-zoom-value]").inner_text().removesuffix(" %"))


def middle(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def open_with(open_page: OpenPage, address: str, change: Callable[[int, Any], None]) -> Page:
    """Open an image with each of its regions changed, so that chance has no part in them."""

    def changed(route: Route) -> None:
        answer = route.fetch()
        document = answer.json()
        every = [each for group in document["classes"] for each in group["regions"]]
        for number, region in enumerate(every):
            change(number, region)
        route.fulfill(response=answer, json=document)

    page = open_page("/gallery")
    page.route(re.compile(r"/regions\?outlines=1"), changed)
    page.goto(page.url.replace("/gallery", address))
    expect_shown(page, "b.png")
    return page


def set_apart(number: int, region: Any) -> None:
    """Put a region where no other is near: at most 48 of them, in eight columns."""
    x, y = 40 + number % 8 * 145, 40 + number // 8 * 140
    region["bounding_box"] = {"x": x, "y": y, "width": 30, "height": 20}
    region["centroid"] = {"x": x + 15, "y": y + 10}
    region["outline"] = None


def test_row_and_region_lead_to_each_other(open_page: OpenPage, address: str) -> None:
    page = open_with(open_page, address, set_apart)
    whole = zoom(page)
    rows(page).nth(2).click()
    name = rows(page).nth(2).locator(".region-class").inner_text()
    expect(page.locator("[data-marks] .bracket")).to_have_count(1)
    expect(page.locator("[data-detail-title]")).to_have_text(name)
    until(lambda: zoom(page) > whole)
    # The region is in the middle now, or at the picture's edge.
    page.keyboard.press("j")
    expect(rows(page).nth(3)).to_have_class("is-selected")
    drawn(page)
    x, y = middle(page.locator("[data-marks] .bracket"))
    page.mouse.move(x, y)
    expect(page.locator("[data-region-tip]")).to_contain_text("Circularity")
    page.keyboard.press("k")
    expect(rows(page).nth(2)).to_have_class("is-selected")
    drawn(page)
    x, y = middle(page.locator("[data-marks] .bracket"))
    page.keyboard.press("j")
    expect(rows(page).nth(3)).to_have_class("is-selected")
    page.keyboard.press("k")
    expect(rows(page).nth(2)).to_have_class("is-selected")
    drawn(page)
    page.mouse.click(x, y)
    expect(page.locator("tr.is-selected")).to_have_count(1)


def test_the_table_sorts_and_filters(page: Page) -> None:
    def column(n: int) -> list[float]:
        texts = page.locator(f"[data-region-rows] td:nth-of-type({n})").all_inner_texts()
        return [float(text.replace(",", "")) for text in texts]

    total = rows(page).count()
    page.get_by_role("button", name="Circularity").click()
    assert column(2) == sorted(column(2), reverse=True)
    areas = sorted(column(1))
    limit = areas[len(areas) // 2]
    page.get_by_label("Area ≥").fill(f"{limit:.0f}")
    shown = sum(area >= limit for area in areas)
    expect(rows(page)).to_have_count(shown)
    assert min(column(1)) == limit
    expect(page.locator("[data-region-count]")).to_have_text(f"{shown} of {total}")
    page.get_by_label("Area ≥").fill("99999999")
    expect(page.get_by_text("No region passes the filter.")).to_be_visible()


def test_classes_are_switched_off_in_picture_and_table(page: Page) -> None:
    total = rows(page).count()
    counts = page.locator("[data-class-switches] .switch-count").all_inner_texts()
    count = max(int(text) for text in counts)
    switch = page.locator("[data-class-switches] li").nth(counts.index(str(count)))
    name = switch.locator(".class-name").inner_text()
    marks = page.locator(f'[data-marks] g[data-class="{name}"] .line')
    expect(marks).not_to_have_count(0)
    switch.locator("input").uncheck()
    expect(rows(page)).to_have_count(total - count)
    expect(marks).to_have_count(0)
    page.get_by_role("button", name="All on").click()
    expect(rows(page)).to_have_count(total)
    page.keyboard.press("r")
    expect(page.locator("[data-marks] .line")).to_have_count(0)
    page.get_by_role("button", name="Box", exact=True).click()
    expect(page.locator("[data-marks] .line")).not_to_have_count(0)


def test_an_outline_follows_the_region(open_page: OpenPage, address: str) -> None:
    def triangle(_: int, region: Any) -> None:
        box = region["bounding_box"]
        x, y, side = box["x"], box["y"], min(box["width"], box["height"])
        region["outline"] = [[x, y], [x + side, y], [x, y + side]]

    page = open_with(open_page, address, triangle)
    rows(page).first.click()
    expect(page.locator("[data-marks] .selected-line")).to_have_attribute(
        "d", re.compile(r"^M(-?[\d.]+ -?[\d.]+L){5}-?[\d.]+ -?[\d.]+Z$")
    )


def test_the_neighbours_are_those_of_the_filter(page: Page, batch: Any) -> None:
    first, second, third = (each["img_unique_id"] for each in batch["results"])
    expect(page.locator("[data-position]")).to_have_text("2 of 3")
    page.keyboard.press("3")
    expect(page.get_by_role("tab", name="Mask")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowRight")
    expect_shown(page, "a.png")
    expect(page).to_have_url(re.compile(rf"/gallery/{first}\?batch_id="))
    expect(page.locator("[data-position]")).to_have_text("3 of 3")
    expect(page.get_by_role("tab", name="Mask")).to_have_attribute("aria-selected", "true")
    page.go_back()
    expect_shown(page, "b.png")
    page.get_by_role("link", name="Previous image").click()
    expect_shown(page, "c.png")
    expect(page.locator("[data-position]")).to_have_text("1 of 3")
    expect(page.get_by_role("link", name="Previous image")).to_be_disabled()
    assert third in page.url and second not in page.url
    page.keyboard.press("g")
    expect(page).to_have_url(re.compile(r"/gallery\?batch_id="))


def test_the_neighbours_go_by_defects_too(open_page: OpenPage, live_server: LiveServer) -> None:
    batch = store(live_server, *(f"{n}.png" for n in range(4)))["batch_id"]
    query = {"batch_id": batch, "order": "-total_defects"}
    listed = get(live_server, "/images", **query)["images"]
    page = open_page(f"/gallery/{listed[0]['img_unique_id']}?batch_id={batch}&order=-total_defects")
    for at, image in enumerate(listed, 1):
        expect_shown(page, image["original_filename"])
        expect(page.locator("[data-position]")).to_have_text(f"{at} of 4")
        page.keyboard.press("ArrowRight")


def test_the_picture_is_adjusted_and_blinks(page: Page) -> None:
    canvas = page.locator("[data-stage-picture] canvas")
    page.get_by_label("Brightness").fill("30")
    page.keyboard.press("i")
    expect(canvas).to_have_attribute("style", re.compile(r"brightness\(1\.\d+\) invert\(1\)"))
    page.get_by_role("button", name="Reset").click()
    expect(canvas).not_to_have_attribute("style", re.compile("invert"))
    with page.expect_response(re.compile("/overlay")):
        page.keyboard.press("b")
    opacity = page.locator(".viewer-bar [data-opacity]")
    expect(opacity).to_have_value("100")
    page.keyboard.press("b")
    expect(opacity).to_have_value("0")


def test_distance_and_area_are_measured(page: Page) -> None:
    page.get_by_role("button", name="Show one pixel as one").click()
    expect(page.locator("[data-zoom-value]")).to_have_text("100 %")
    x, y = middle(page.locator("[data-stage]"))
    page.keyboard.press("m")
    page.mouse.click(x, y)
    page.mouse.click(x + 30, y + 40)
    label = page.locator(".measure-label")
    expect(label).to_have_text("50.0 px")
    page.get_by_label("Scale").fill("2")
    expect(label).to_have_text("50.0 px · 100 µm")
    page.locator('[data-measure="area"]').click()
    for dx, dy in ((-100, -100), (-60, -100), (-60, -50), (-100, -50)):
        page.mouse.click(x + dx, y + dy)
    page.keyboard.press("Enter")
    expect(label.nth(1)).to_have_text("2,000 px² · 8,000 µm²")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(label).to_have_count(0)
    page.reload()
    expect_shown(page, "b.png")
    rows(page).first.click()
    expect(page.locator("[data-detail-figures]")).to_contain_text("µm²")


def test_panels_fold_and_stay_folded(page: Page) -> None:
    stage = page.locator("[data-stage]")
    before = stage.bounding_box()
    page.keyboard.press("t")
    page.keyboard.press("y")
    expect(page.get_by_label("Brightness")).to_be_hidden()
    after = stage.bounding_box()
    assert before and after and after["width"] > before["width"] + 500
    page.reload()
    expect_shown(page, "b.png")
    expect(page.locator(".image-side")).to_be_hidden()


def test_all_of_it_can_be_taken_away(page: Page, batch: Any) -> None:
    image_id = batch["results"][1]["img_unique_id"]
    page.locator(".json-part > summary").click()
    page.locator(".json-tree summary", has_text="image_shape").click()
    expect(page.locator(".json-tree")).to_contain_text("width: 1200")
    page.locator(".image-head summary", has_text="Download").click()
    with page.expect_download() as download:
        page.locator('.image-head [data-download="mask"]').click()
    assert download.value.suggested_filename == f"{image_id}_mask.png"
    with page.expect_download() as download:
        page.locator("[data-regions-csv]").click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(lines) == rows(page).count() + 1


def test_keys_are_told_and_the_page_is_for_everyone(page: Page) -> None:
    assert_accessible(page)
    rows(page).first.click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("measure a distance")
    page.keyboard.press("Escape")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert_accessible(page)


def test_deleting_leads_to_the_next(open_page: OpenPage, live_server: LiveServer) -> None:
    batch = store_in_turn(live_server, "first.png", "second.png")
    gone = batch["results"][1]["img_unique_id"]
    page = open_page(f"/gallery/{gone}?batch_id={batch['batch_id']}")
    expect(page.locator("[data-position]")).to_have_text("1 of 2")
    page.keyboard.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect_shown(page, "first.png")
    assert requests.get(f"{live_server.url}/images/{gone}", timeout=30).status_code == 404
    page.goto(f"{live_server.url}/gallery/{gone}")
    expect(page.get_by_role("alert")).to_contain_text("There is no image under this address.")


def test_a_large_picture_comes_in_tiles(open_page: OpenPage, live_server: LiveServer) -> None:
    stored = store(live_server, "large.png", width=4200, height=300)["results"][0]
    page = open_page("/gallery")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_request(re.compile("/input_files/")):
        page.goto(f"{live_server.url}/gallery/{stored['img_unique_id']}")
    expect_shown(page, "large.png")
    rows(page).first.click()
    expect(page.locator("[data-marks] .bracket")).to_have_count(1)
    page.get_by_role("tab", name="Mask").click()
    expect(page.locator("[data-stage-empty]")).to_be_hidden()
    assert not any("/input?" in url for url in asked)


def test_a_phone_has_the_picture_first(open_page: OpenPage, address: str) -> None:
    page = open_page(address, size=PHONE, scheme="dark", language="zh-Hant-TW")
    expect_shown(page, "b.png")
    assert has_no_sideways_scroll(page)
    assert_accessible(page)
    sheet = page.locator(".image-side")
    half = sheet.bounding_box()
    page.get_by_role("button", name="縮小或放大面板").click()
    expect(sheet).to_have_attribute("data-size", "large")
    page.get_by_role("button", name="縮小或放大面板").click()
    assert half
    rows(page).first.locator("button").tap()
    expect(page.locator("[data-marks] .bracket")).to_have_count(1)
    page.get_by_role("button", name="工具").tap()
    expect(page.get_by_label("亮度")).to_be_visible()
    for target in page.locator("[data-tab], [data-fold='tools'], [data-sheet] ~ * button").all():
        box = target.bounding_box()
        assert box is None or box["height"] >= 32
    assert has_no_sideways_scroll(page)


def test_the_words_of_a_region_stand_beside_it(open_page: OpenPage, address: str) -> None:
    page = open_with(open_page, address, set_apart)
    page.locator("[data-scale]").fill("2.5")
    page.locator("[data-scale]").press("Tab")
    rows(page).nth(2).click()
    expect(page.locator("[data-detail-figures]")).to_contain_text(
        re.compile(r"[\d.]+ . [\d.]+ px · [\d.,]+ . [\d.,]+ µm")
    )
    page.mouse.move(*middle(page.locator("[data-marks] .bracket")))
    tip, region = page.locator("[data-region-tip]"), page.locator("[data-marks] .selected-line")
    expect(tip).to_be_visible()
    said, shown = tip.bounding_box(), region.bounding_box()
    assert said and shown
    assert said["x"] >= shown["x"] + shown["width"] or said["x"] + said["width"] <= shown["x"]


def test_a_large_sheet_leaves_the_picture_as_it_is(open_page: OpenPage, address: str) -> None:
    page = open_page(address, size=PHONE)
    expect_shown(page, "b.png")
    before, sheet = page.locator("[data-stage]").bounding_box(), page.locator("[data-sheet]")
    sheet.click()
    expect(page.locator(".image-side")).to_have_attribute("data-size", "large")
    expect(page.locator(".region-filters")).to_be_visible()
    after, side = (page.locator(at).bounding_box() for at in ("[data-stage]", ".image-side"))
    assert before and after and side
    assert abs(after["height"] - before["height"]) < 4
    assert side["height"] > before["height"] * 1.5
