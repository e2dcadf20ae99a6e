"""Many images: chosen, sent in groups, followed, retried, taken away, deleted."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PHONE, LiveServer, OpenPage, Picture
from tests.browser.pages import assert_accessible, hand_over, has_no_sideways_scroll, notice

pytestmark = pytest.mark.browser
MakePicture = Callable[..., Picture]
BATCH = re.compile(r"/batch/\d{8}_\d{6}_[0-9A-Z]{8}")


def files(page: Page, *pictures: Picture) -> None:
    page.locator("[data-add-files]").set_input_files([p.payload for p in pictures])  # type: ignore[misc]


def send(page: Page, *pictures: Picture) -> None:
    """Choose images on /batch, send them, and be on the page of their batch."""
    files(page, *pictures)
    page.locator("[data-send]").click()
    expect(page).to_have_url(BATCH)


def expect_counts(page: Page, **counts: int) -> None:
    for state, n in counts.items():
        expect(page.locator(f"[data-count={state}] strong")).to_have_text(str(n))


@pytest.fixture
def many(picture: MakePicture) -> list[Picture]:
    """Three groups of ten."""
    return [picture(f"panel_{i:02}.png", 64, 48) for i in range(1, 31)]


def test_refused_files_are_told_before_any_is_sent(
    open_page: OpenPage, picture: MakePicture
) -> None:
    page = open_page("/batch")
    sent: list[str] = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    good = [picture("a.png"), picture("b.jpg")]
    files(page, *good, Picture("notes.txt", "text/plain", b"words"), Picture("empty.png", "", b""))
    expect(page.get_by_role("heading", name="2 images")).to_be_visible()
    expect(page.locator("[data-refused]")).to_contain_text("notes.txt is not an image")
    expect(page.locator("[data-refused]")).to_contain_text("empty.png is empty.")
    assert_accessible(page)
    assert sent == []
    page.get_by_role("button", name="Send 2 images").click()
    expect(page).to_have_url(BATCH)
    expect_counts(page, done=2, failed=0, rejected=0)


def test_a_batch_is_sent_in_groups_and_each_image_once(
    open_page: OpenPage, many: list[Picture], live_server: LiveServer
) -> None:
    page = open_page("/batch")
    groups: list[str] = []
    page.on("request", lambda request: request.method == "POST" and groups.append(request.url))
    send(page, *many)
    expect_counts(page, done=30)
    expect(page.locator("[data-batch-state]")).to_have_text("Done")
    expect(page.locator("[data-percent]")).to_have_text("100 %")
    assert len(groups) == 3 and all("batch_id=" in url for url in groups[1:])
    assert live_server.stub.stats()["answered"] == 30
    total = page.locator("[data-defects]").inner_text().replace(",", "")
    shares = page.locator("[data-class-lines] strong").all_inner_texts()
    assert sum(int(share.replace(",", "")) for share in shares) == int(total) > 0


def test_a_lost_connection_sends_nothing_twice(
    open_page: OpenPage, many: list[Picture], live_server: LiveServer
) -> None:
    page = open_page("/batch")
    # The first group arrives, but its answer does not.
    broken: list[str] = []

    def lose_once(route: Route) -> None:
        if broken:
            route.continue_()
        else:
            broken.append(route.fetch().text())
            route.abort("connectionreset")

    page.route("**/upload/batch*", lose_once)
    send(page, *many)
    expect_counts(page, done=30)
    assert len(broken) == 1 and live_server.stub.stats()["answered"] == 30
    batches = requests.get(f"{live_server.url}/batches", timeout=60).json()["batches"]
    assert batches[0]["total_images"] == 30


def test_sending_pauses_goes_on_and_is_cancelled(open_page: OpenPage, picture: MakePicture) -> None:
    page = open_page("/batch")
    held: list[Route] = []
    is_held = True
    page.route(
        "**/upload/batch?batch_id=*",
        lambda route: held.append(route) if is_held else route.continue_(),
    )
    send(page, *[picture(f"p{i:02}.png", 64, 48) for i in range(60)])
    strip = page.locator("[data-strip]")
    expect(strip).to_contain_text("10 of 60 sent")
    strip.get_by_role("button", name="Pause").click()
    expect(strip).to_contain_text("Sending is paused")
    strip.get_by_role("button", name="Resume").click()
    expect(strip).to_contain_text("Sending from this browser")
    strip.get_by_role("button", name="Cancel the other 20").click()
    is_held = False
    for route in held:
        route.continue_()
    expect_counts(page, done=40)
    expect(strip).to_be_hidden()


def test_what_a_closed_tab_had_not_sent_is_told_and_sent(
    open_page: OpenPage, many: list[Picture]
) -> None:
    page = open_page("/batch")
    page.route("**/upload/batch?batch_id=*", lambda route: route.abort("connectionreset"))
    send(page, *many)
    expect(page.locator("[data-strip]")).to_contain_text("10 of 30 sent")
    page.on("dialog", lambda dialog: dialog.accept())
    address = page.url
    page.goto("about:blank")
    page.unroute_all()
    page.clock.set_fixed_time("2035-01-01T08:00:00Z")
    page.goto(address)
    expect(notice(page)).to_contain_text("20 images were not sent")
    files(page, *many)
    expect_counts(page, done=30)
    expect(notice(page)).to_have_count(0)


def test_failed_images_tell_why_and_are_retried(
    open_page: OpenPage, picture: MakePicture, live_server: LiveServer
) -> None:
    live_server.stub.set_fault("not_png", count=3)
    page = open_page("/batch")
    send(page, *[picture(f"<b>bad {i}.png") for i in range(3)])
    expect_counts(page, failed=3)
    row = page.locator("[data-list-rows] [role=row]").first
    expect(row).to_contain_text("<b>bad")
    expect(row.locator(".row-error")).not_to_be_empty()
    assert_accessible(page)
    live_server.stub.reset()
    row.get_by_role("button", name="Retry").click()
    expect_counts(page, failed=2, done=1)
    page.get_by_role("button", name="Retry 2 failed").click()
    expect_counts(page, failed=0, done=3)


def test_the_list_filters_by_state_and_name_and_keeps_it_in_the_address(
    open_page: OpenPage, picture: MakePicture
) -> None:
    page = open_page("/batch")
    cut = picture("cut.png")
    cut.buffer = cut.buffer[:200]
    send(page, picture("one.png"), picture("two.png"), cut)
    expect_counts(page, done=2, rejected=1)
    page.get_by_role("button", name="Refused 1").click()
    shown = page.locator("[data-list-rows] [role=row]")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("cut.png")
    page.reload()
    expect(shown).to_have_count(1)
    page.get_by_role("button", name="All 3").click()
    page.get_by_role("searchbox").fill("TWO")
    expect(shown).to_have_count(1)
    expect(shown.get_by_role("link", name="two.png")).to_have_attribute(
        "href", re.compile("/gallery/")
    )


def test_a_batch_is_taken_away_and_deleted(open_page: OpenPage, picture: MakePicture) -> None:
    page = open_page("/batch")
    send(page, picture("one.png"), picture("two.png"))
    expect_counts(page, done=2)
    for name, ending in [("zip", ".zip"), ("images-csv", ".csv"), ("coco", ".json")]:
        with page.expect_download() as download:
            page.locator(f"[data-{name}]").click()
        assert download.value.suggested_filename.endswith(ending)
        assert download.value.path().stat().st_size > 0
    address = page.url
    page.get_by_role("button", name="Delete this batch").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Delete this batch").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile(r"/batch$"))
    page.goto(address)
    expect(page.locator("main")).to_contain_text("There is no such batch.")


def test_a_batch_tells_that_it_waits_for_segformer(
    open_page: OpenPage, picture: MakePicture, live_server: LiveServer
) -> None:
    live_server.stub.stop()
    try:
        page = open_page("/batch", size=PHONE, scheme="dark", language="zh-Hant-TW")
        send(page, picture("patient.png"))
        expect(notice(page)).to_contain_text("SegFormer 沒有回應")
        assert_accessible(page)
        assert has_no_sideways_scroll(page)
    finally:
        live_server.stub.start()
    expect_counts(page, done=1)
    expect(notice(page)).to_have_count(0)


def test_many_files_dropped_on_the_first_page_become_a_batch(
    open_page: OpenPage, picture: MakePicture
) -> None:
    page = open_page("/")
    expect(page.locator(".state-badge")).to_contain_text("ready")
    hand_over(page, "drop", picture("one.png"), picture("two.png"))
    page.get_by_role("button", name="Send 2 images").click()
    expect(page).to_have_url(BATCH)
    expect_counts(page, done=2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_batches_are_listed_as_one_scrolls(
    open_page: OpenPage, picture: MakePicture, live_server: LiveServer, scheme: str
) -> None:
    there = requests.get(f"{live_server.url}/batches", timeout=60).json()["total"]
    for _ in range(max(1, 22 - there)):
        image = ("images", ("one.png", picture().buffer, "image/png"))
        requests.post(f"{live_server.url}/upload/batch", files=[image], timeout=90)
    page = open_page("/batch", scheme=scheme)
    expect(page.locator("[data-batch-rows] tr").nth(19)).to_be_attached()
    page.mouse.wheel(0, 2000)
    expect(page.locator("[data-batch-rows] tr").nth(21)).to_be_attached()
    expect(page.locator("[data-batch-rows] tr").first).to_contain_text("Done")
    assert_accessible(page)
    page.locator("[data-batch-rows] a").first.click()
    expect(page).to_have_url(BATCH)
