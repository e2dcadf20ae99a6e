"""One image on the first page: in by every way, out as a result."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, LiveServer, OpenPage, Picture
from tests.browser.pages import (
    choose,
    expect_result,
    hand_over,
    has_no_sideways_scroll,
    rows,
    state,
)
from tests.sending import until

pytestmark = pytest.mark.browser
MakePicture = Callable[..., Picture]
ID = re.compile(r"#\d{8}_\d{6}_[0-9A-HJKMNP-TV-Z]{8}$")


def test_a_chosen_image_ends_in_its_result(page: Page, picture: MakePicture) -> None:
    choose(page, picture("panel.png"))
    expect_result(page, "panel.png")
    expect(page).to_have_url(ID)
    expect(page).to_have_title(re.compile(r"panel\.png, \d+ defects? · "))


def test_a_dropped_image_is_inspected(page: Page, picture: MakePicture) -> None:
    panel = picture("dropped.jpg")
    hand_over(page, "dragenter", panel)
    expect(page.get_by_text("Drop to inspect")).to_be_visible()
    hand_over(page, "drop", panel)
    expect_result(page, "dropped.jpg")
    expect(page.get_by_text("Drop to inspect")).to_be_hidden()


def test_a_pasted_image_is_inspected(page: Page, picture: MakePicture) -> None:
    hand_over(page, "paste", picture("image.png"))
    expect_result(page, "image.png")


def test_a_sample_is_inspected(page: Page) -> None:
    samples = page.locator(".sample")
    name = (samples.first.get_attribute("data-sample") or "").rpartition("/")[2]
    samples.first.click()
    expect_result(page, name)


def test_a_tiff_is_shown_though_browsers_cannot(page: Page, picture: MakePicture) -> None:
    choose(page, picture("panel.tif"))
    expect_result(page, "panel.tif")
    expect(page.locator("[data-stage-empty]")).to_be_hidden()


def test_progress_tells_the_state_and_the_time(
    page: Page, picture: MakePicture, live_server: LiveServer
) -> None:
    live_server.stub.hold()
    choose(page, picture())
    expect(state(page)).to_have_text("Inspecting")
    step = page.locator('[data-step="inspected"]')
    expect(step.locator("[data-step-detail]")).to_have_text(re.compile(r"^\d+\.\d+ s$"))
    assert page.get_by_role("progressbar").get_attribute("aria-valuenow") is None
    expect(page.locator("[data-announcer]")).to_have_text("Inspecting")
    live_server.stub.release()
    expect_result(page, "panel.png")
    expect(page.locator("[data-announcer]")).to_have_text(re.compile(r"^Done: \d+ defects?$"))


def test_the_result_is_found_again_at_its_address(page: Page, picture: MakePicture) -> None:
    choose(page, picture("again.png"))
    expect_result(page, "again.png")
    page.reload()
    expect_result(page, "again.png")


def test_an_inspection_goes_on_through_a_reload(
    page: Page, picture: MakePicture, live_server: LiveServer
) -> None:
    live_server.stub.hold()
    choose(page, picture("reloaded.png"))
    expect(page).to_have_url(ID)
    page.reload()
    expect(state(page)).to_have_text("Inspecting")
    live_server.stub.release()
    expect_result(page, "reloaded.png")


def test_inspect_another_begins_anew_and_lists_the_last(page: Page, picture: MakePicture) -> None:
    choose(page, picture("earlier.png"))
    expect_result(page, "earlier.png")
    page.get_by_role("button", name="Inspect another").first.click()
    expect(page.get_by_role("heading", name="Inspect a panel image")).to_be_visible()
    page.locator(".recent-item").first.click()
    expect_result(page, "earlier.png")
    page.go_back()
    expect(page.get_by_role("heading", name="Inspect a panel image")).to_be_visible()


def test_regions_sort_by_the_column_clicked(page: Page, picture: MakePicture) -> None:
    choose(page, picture())
    expect_result(page, "panel.png")

    def column(n: int) -> list[float]:
        texts = page.locator(f"[data-region-rows] td:nth-of-type({n})").all_inner_texts()
        return [float(text.replace(",", "")) for text in texts]

    assert column(1) == sorted(column(1), reverse=True)
    page.get_by_role("button", name="Circularity").click()
    assert column(2) == sorted(column(2), reverse=True)
    page.get_by_role("button", name="Circularity").click()
    assert column(2) == sorted(column(2))


def test_a_row_leads_to_its_region(page: Page, picture: MakePicture) -> None:
    choose(page, picture("large.png", 1200, 900))
    expect_result(page, "large.png")
    zoom = page.locator("[data-zoom-value]")
    expect(zoom).to_have_text(re.compile(r"^\d+ %$"))
    before = int(zoom.inner_text().removesuffix(" %"))
    rows(page).nth(1).click()
    expect(page.locator("[data-region-detail]")).to_contain_text("Centroid")
    expect(page.locator("[data-marks] .bracket")).to_have_count(1)
    until(lambda: int(zoom.inner_text().removesuffix(" %")) > before)


def test_every_picture_has_its_tab(page: Page, picture: MakePicture) -> None:
    choose(page, picture())
    expect_result(page, "panel.png")
    for name in ("Combined", "Mask", "Overlay", "Input"):
        page.get_by_role("tab", name=name).click()
        expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("tabpanel", name=name).locator("canvas")).to_be_visible()
        expect(page.locator("[data-stage-empty]")).to_be_hidden()


def test_all_five_files_can_be_downloaded(page: Page, picture: MakePicture) -> None:
    choose(page, picture("panel.jpg"))
    expect_result(page, "panel.jpg")
    image_id = page.url.rpartition("#")[2]
    names = {
        "input": f"{image_id}_input.jpg",
        "combined": f"{image_id}_combined.png",
        "mask": f"{image_id}_mask.png",
        "overlay": f"{image_id}_overlay.png",
        "json": f"{image_id}_analysis.json",
    }
    for kind, name in names.items():
        with page.expect_download() as download:
            page.locator(f'[data-download="{kind}"]').click()
        assert download.value.suggested_filename.replace(".jpeg", ".jpg") == name


def test_markup_in_a_file_name_stays_text(page: Page, picture: MakePicture) -> None:
    name = "<img src=x onerror=alert(1)>.png"
    choose(page, picture(name))
    expect(state(page)).to_have_text("Done")
    expect(page.locator("[data-file-name]")).to_contain_text("<img src=x onerror=alert(1)>")
    page.get_by_role("button", name="Inspect another").first.click()
    expect(page.locator(".recent-name").first).to_contain_text("<img src=x")


def test_a_phone_shows_all_of_it_without_sideways_scroll(
    open_page: OpenPage, picture: MakePicture
) -> None:
    page = open_page(size=PHONE)
    expect(page.get_by_text("Take a picture")).to_be_visible()
    assert has_no_sideways_scroll(page)
    choose(page, picture("phone_with_quite_a_long_file_name_from_the_clean_room.png"))
    expect(state(page)).to_have_text("Done")
    expect(rows(page).first).to_be_visible()
    assert has_no_sideways_scroll(page)


def test_fingers_find_targets_of_44_pixels(open_page: OpenPage, picture: MakePicture) -> None:
    page = open_page(size=PHONE)
    choose(page, picture())
    expect_result(page, "panel.png")
    targets = page.locator("[data-tab], [data-zoom], .region-name, .download-buttons a, .btn")
    for target in targets.all():
        box = target.bounding_box()
        assert box is None or box["height"] >= 44, target.inner_text()


def test_nothing_moves_when_the_result_comes(
    page: Page, picture: MakePicture, live_server: LiveServer
) -> None:
    live_server.stub.set_latency(1.5)
    choose(page, picture())
    expect(state(page)).to_have_text("Inspecting")
    parts = [page.locator("#tab-input"), page.locator("[data-stage]")]
    before = [part.bounding_box() for part in parts]
    expect_result(page, "panel.png")
    assert [part.bounding_box() for part in parts] == before
