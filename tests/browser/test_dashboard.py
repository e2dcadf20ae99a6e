"""The dashboard: figures of a range, each mark a way into the gallery."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, LiveServer, OpenPage
from tests.browser.pages import assert_accessible, has_no_sideways_scroll
from tests.pictures import png

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", autouse=True)
def inspected(live_server: LiveServer) -> None:
    """Images of today, and nothing under way any more that would change the figures."""
    now = datetime.now(UTC)
    midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    if midnight - now < timedelta(seconds=100):
        # It would be another day before the last of these tests.
        time.sleep((midnight - now).total_seconds())
    images = [("images", (f"panel_{i}.png", png(), "image/png")) for i in range(6)]
    answer = requests.post(f"{live_server.url}/upload/batch?wait=150", files=images, timeout=180)
    assert answer.json()["counts"]["done"] == 6
    states = {"queued": 1}
    while states["queued"] or states.get("processing"):
        stats = requests.get(f"{live_server.url}/stats", timeout=30)
        states = stats.json()["uploads_by_status"]


def figure(page: Page, name: str) -> str:
    return page.locator(f"[data-tile={name}] [data-value]").inner_text()


def filters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def expect_drawn(page: Page) -> None:
    expect(page.locator("[data-tile=images] [data-value]")).to_have_text(re.compile(r"\d"))
    expect(page.locator("[data-heat-hot] li")).not_to_have_count(0)
    expect(page.locator("[data-class-rows] tr")).not_to_have_count(0)
    expect(page.locator("main")).not_to_have_attribute("aria-busy", "true")


def test_the_figures_are_those_of_the_api(open_page: OpenPage, live_server: LiveServer) -> None:
    page = open_page("/dashboard")
    expect_drawn(page)
    days = requests.get(f"{live_server.url}/stats/daily", timeout=60).json()["days"]
    images = sum(day["images"] for day in days)
    assert figure(page, "images") == f"{images:,}"
    defects = sum(day["defects"] for day in days)
    assert figure(page, "each") == f"{defects / images:.2f}"
    page.get_by_text("The same as tables").click()
    expect(page.locator("[data-table-rows] tr").last).to_contain_text(f"{images:,}")


def test_a_range_stands_in_the_address_and_back_returns(open_page: OpenPage) -> None:
    page = open_page("/dashboard")
    expect_drawn(page)
    page.get_by_role("button", name="7 days").click()
    expect(page).to_have_url(re.compile(r"days=7$"))
    page.get_by_label("From", exact=True).fill("2020-01-01")
    page.get_by_label("To", exact=True).fill("2020-01-31")
    expect(page).to_have_url(re.compile("start_date=2020-01-01&end_date=2020-01-31"))
    expect(page.locator("main")).to_contain_text("No images in these days")
    page.go_back()
    page.go_back()
    expect(page.get_by_role("button", name="7 days")).to_have_attribute("aria-pressed", "true")
    expect_drawn(page)


def test_marks_lead_into_the_gallery_by_pointer_and_by_keys(open_page: OpenPage) -> None:
    page = open_page("/dashboard?days=1")
    expect_drawn(page)
    today = datetime.now(UTC).date().isoformat()
    bars = page.locator("[data-days-card] canvas")
    bars.focus()
    page.keyboard.press("End")
    expect(page.locator("[data-days-card] .chart-tip")).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/gallery"))
    found = filters(page)
    assert found["start_date"][0].startswith(today) and found["class_name"]
    page.go_back()
    expect_drawn(page)
    box = page.locator("[data-pareto-card] canvas").bounding_box()
    assert box
    page.mouse.click(box["x"] + 40, box["y"] + box["height"] - 60)
    expect(page).to_have_url(re.compile("/gallery.*class_name="))


def test_hot_cells_are_found_by_keys(open_page: OpenPage) -> None:
    page = open_page("/dashboard")
    expect_drawn(page)
    page.locator("[data-heat-class]").select_option("PI_Particle")
    hottest = page.locator("[data-heat-hot] button").first
    hottest.focus()
    expect(page.locator("[data-heat-title]")).to_have_text("Hottest cell")
    expect(page.locator("[data-heat-link]")).to_have_attribute(
        "href", re.compile("class_name=PI_Particle")
    )
    page.locator("[data-heat]").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-announcer]")).to_have_text(re.compile(r"row \d+, column \d+: \d+"))


def test_the_data_are_saved_as_csv(open_page: OpenPage) -> None:
    page = open_page("/dashboard?days=7")
    expect_drawn(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("date,images,images_with_defects,defects,defects_")
    assert len(lines) == 8 and lines[-1].startswith(datetime.now(UTC).date().isoformat())


def test_it_prints_on_one_page_in_light(open_page: OpenPage) -> None:
    page = open_page("/dashboard", scheme="dark")
    expect_drawn(page)
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


@pytest.mark.parametrize(
    ("size", "scheme", "language"),
    [(None, "dark", "en"), (PHONE, "light", "zh-Hant-TW")],
)
def test_it_is_for_everyone(open_page: OpenPage, size: object, scheme: str, language: str) -> None:
    page = open_page(
        "/dashboard", scheme=scheme, language=language, **({"size": size} if size else {})
    )
    expect_drawn(page)
    expect(page.locator("h1")).to_have_text("Dashboard" if language == "en" else "儀表板")
    assert_accessible(page)
    assert has_no_sideways_scroll(page)
