"""SegFormer, the network or the server away: told in words, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import LiveServer, OpenPage, Picture
from tests.browser.pages import assert_accessible, choose, expect_result, notice, state

pytestmark = pytest.mark.browser
MakePicture = Callable[..., Picture]


@pytest.fixture
def outage(page: Page, live_server: LiveServer) -> Iterator[None]:
    """SegFormer is switched off; the test may switch it on again."""
    live_server.stub.stop()
    yield
    if live_server.stub.process is None:
        live_server.stub.start()


@pytest.mark.usefixtures("outage")
def test_an_image_waits_for_segformer_and_goes_on_by_itself(
    page: Page, picture: MakePicture, live_server: LiveServer
) -> None:
    choose(page, picture("patient.png"))
    expect(notice(page)).to_contain_text("SegFormer does not answer.")
    expect(notice(page)).to_contain_text("waits in the queue")
    expect(page.locator(".state-badge")).to_contain_text("SegFormer away")
    live_server.stub.start()
    expect(state(page)).to_have_text("Done")
    expect_result(page, "patient.png")
    expect(notice(page)).to_have_count(0)


def test_a_failed_inspection_is_told_found_again_and_retried(
    page: Page, picture: MakePicture, live_server: LiveServer
) -> None:
    live_server.stub.set_fault("not_png")
    choose(page, picture("kept.png"))
    expect(state(page)).to_have_text("Failed")
    expect(notice(page)).to_contain_text("The inspection failed.")
    page.reload()
    expect(state(page)).to_have_text("Failed")
    live_server.stub.reset()
    page.get_by_role("button", name="Retry").click()
    expect_result(page, "kept.png")
    expect(notice(page)).to_have_count(0)


def test_a_lost_network_is_told_and_heals_by_itself(
    page: Page, picture: MakePicture, live_server: LiveServer
) -> None:
    live_server.stub.hold()
    choose(page, picture("offline.png"))
    expect(state(page)).to_have_text("Inspecting")
    page.context.set_offline(True)
    expect(notice(page)).to_contain_text("The server does not answer.")
    live_server.stub.release()
    page.context.set_offline(False)
    expect_result(page, "offline.png")


def test_a_broken_sending_is_repeated_without_a_second_inspection(
    page: Page, picture: MakePicture, live_server: LiveServer
) -> None:
    page.route("**/upload", lambda route: route.abort("connectionreset"), times=1)
    choose(page, picture("twice.png"))
    expect_result(page, "twice.png")
    assert live_server.stub.stats()["answered"] == 1


def test_an_unknown_address_is_told(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/#20200101_000000_ZZZZZZZZ")
    expect(notice(page)).to_contain_text("no image under this address")
    expect(page.get_by_role("heading", name="Inspect a panel image")).to_be_visible()


def test_the_badge_tells_the_state_of_the_system(page: Page) -> None:
    badge = page.locator(".state-badge")
    expect(badge).to_contain_text("All systems ready")
    badge.click()
    expect(page.locator(".system-card")).to_contain_text("SegFormer")
    page.keyboard.press("Escape")
    expect(page.locator(".system-card")).to_be_hidden()


def test_a_lost_server_is_told_on_any_page_and_heals(open_page: OpenPage) -> None:
    page = open_page("/system")
    expect(page.locator(".state-badge")).to_contain_text("All systems ready")
    page.context.set_offline(True)
    page.evaluate("document.dispatchEvent(new Event('aoi:check-health'))")
    expect(page.locator(".state-badge")).to_contain_text("Server not reached")
    expect(page.locator(".banner")).to_contain_text("The server does not answer.")
    page.context.set_offline(False)
    expect(page.locator(".state-badge")).to_contain_text("All systems ready")
    expect(page.locator(".banner")).to_have_count(0)


def health_told(page: Page, **checks: dict[str, object]) -> None:
    """Let /health tell something else of some parts from now on."""

    def answer(route: Route) -> None:
        body = route.fetch().json()
        for name, found in checks.items():
            body["checks"][name] |= found
        body["status"] = "degraded"
        route.fulfill(json=body)

    page.route("**/health", answer)


def test_a_disk_that_does_not_answer_is_not_called_empty(page: Page) -> None:
    health_told(page, storage={"status": "warning", "used_percent": None})
    page.reload()
    badge = page.locator(".state-badge")
    expect(badge).to_contain_text("Disk")
    badge.click()
    row = page.locator("[data-system-rows] > div", has_text="Disk")
    expect(row).to_contain_text("Not known")


def test_the_system_page_says_what_to_do(open_page: OpenPage) -> None:
    page = open_page()
    away = "2026-01-01T00:00:00.000Z"
    health_told(page, segformer={"status": "no_model", "model_loaded": False, "since": away})
    page.goto(page.url + "system")
    expect(notice(page)).to_contain_text("SegFormer: No model loaded")
    expect(notice(page)).to_contain_text("to load a model")
    assert_accessible(page)


@pytest.mark.usefixtures("outage")
def test_what_waits_and_what_failed_is_listed_while_segformer_is_away(
    page: Page, picture: MakePicture, live_server: LiveServer
) -> None:
    live_server.stub.start()
    live_server.stub.set_fault("not_png")
    choose(page, picture("failing.png"))
    expect(state(page)).to_have_text("Failed")
    live_server.stub.stop()
    page.get_by_role("button", name="Inspect another").first.click()
    choose(page, picture("waiting.png"))
    expect(page.locator(".state-badge")).to_contain_text("SegFormer away")
    page.goto(live_server.url)
    listed = page.locator("[data-waiting] tbody tr")
    expect(listed.first).to_contain_text("waiting.png")
    expect(page.locator("[data-waiting]")).to_contain_text("SegFormer's answer was of no use.")
    assert_accessible(page)
