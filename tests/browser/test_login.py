"""People on the pages: logging in and out, and what each role is offered."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import Page, expect

from aoi.config import ROOT
from tests.browser.conftest import PHONE, LiveServer, OpenPage, Picture, inspecting_product
from tests.browser.pages import assert_accessible, choose, expect_result, hand_over, notice
from tests.pictures import png

pytestmark = pytest.mark.browser
MakePicture = Callable[..., Picture]
PASSWORD = "correct horse battery"
KEY = {"X-API-Key": "key-of-the-tests"}
PEOPLE = f"""
from aoi import create_app
from aoi.access.people import create_person
from aoi.access.scopes import Scope
with create_app().app_context():
    for role in Scope:
        create_person(role.value, role, {PASSWORD!r})
"""


@pytest.fixture(scope="module")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A product of its own, with somebody of each role, named after it."""
    folder = tmp_path_factory.mktemp("closed")
    with inspecting_product(folder, API_KEYS=KEY["X-API-Key"]) as (product, stub):
        command = [sys.executable, "-c", PEOPLE]
        subprocess.run(command, env=product.env, cwd=ROOT, check=True)
        yield LiveServer(product.url, stub)


@pytest.fixture
def image(live_server: LiveServer) -> str:
    """An image that is there already; its id."""
    files = {"image": ("seen.png", png(), "image/png")}
    answer = requests.post(f"{live_server.url}/upload", files=files, headers=KEY, timeout=200)
    return str(answer.json()["img_unique_id"])


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    with page.expect_navigation():
        page.get_by_role("button", name="Log in").click()


def test_the_right_password_leads_to_the_page_one_came_for(open_page: OpenPage) -> None:
    page = open_page("/gallery?min_defects=3")
    expect(page).to_have_url(re.compile("/login"))
    log_in(page, "read", "wrong")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is not right.")
    expect(page.get_by_label("Name")).to_have_value("read")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    log_in(page, "read")
    expect(page).to_have_url(re.compile(r"/gallery\?min_defects=3$"))


def test_an_image_in_the_address_is_kept_through_the_log_in(
    open_page: OpenPage, image: str
) -> None:
    page = open_page(f"/#{image}")
    log_in(page, "read")
    expect_result(page, "seen.png")


def test_who_may_look_is_offered_nothing_else(open_page: OpenPage, image: str) -> None:
    page = open_page("/")
    log_in(page, "read")
    expect(page.locator("[data-look-only]")).to_contain_text("This account may look, not send")
    expect(page.get_by_role("button", name="Choose files")).to_be_hidden()
    expect(page.get_by_role("button", name=re.compile("panel"))).to_have_count(0)  # samples
    sent: list[str] = []
    page.on("request", lambda request: request.method != "GET" and sent.append(request.url))
    hand_over(page, "drop", Picture("a.png", "image/png", b""))
    expect(notice(page)).to_contain_text("This account may look, not send.")
    assert_accessible(page)

    page.get_by_role("link", name="Batches").first.click()
    expect(page.locator("[data-look-only]")).to_be_visible()
    expect(page.get_by_role("button", name="Choose images")).to_be_hidden()

    page.get_by_role("link", name="Gallery").first.click()
    page.get_by_role("checkbox", name="Select seen.png").first.click()
    expect(page.get_by_role("button", name="Download ZIP")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    page.keyboard.press("Delete")

    page.locator(f'[data-id="{image}"] .tile-link').focus()
    page.keyboard.press("Enter")
    expect(page.locator(".image-name")).to_have_text("seen.png")
    expect(page.locator("[data-stage] canvas")).to_be_visible()
    page.locator(".image-head").get_by_label("More").click()
    expect(page.get_by_role("button", name="Copy the address")).to_be_visible()
    expect(page.get_by_role("button", name="Delete the image")).to_have_count(0)
    page.keyboard.press("Delete")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert sent == []


def test_who_may_send_sees_what_was_sent_and_cannot_delete(
    open_page: OpenPage, picture: MakePicture, live_server: LiveServer
) -> None:
    page = open_page("/")
    log_in(page, "upload")
    choose(page, picture("sent.png"))
    expect_result(page, "sent.png")
    page.goto(f"{live_server.url}/gallery?filename=sent.png")
    thumbnail = page.locator(".tile-picture img").first
    expect(thumbnail).to_be_visible()
    page.wait_for_function("document.querySelector('.tile-picture img').naturalWidth > 0")
    page.get_by_role("checkbox", name="Select sent.png").first.click()
    expect(page.get_by_role("button", name="Download ZIP")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)


def test_who_may_do_everything_deletes(
    open_page: OpenPage, image: str, live_server: LiveServer
) -> None:
    page = open_page(f"/gallery/{image}")
    log_in(page, "admin")
    expect(page.locator(".image-name")).to_have_text("seen.png")
    page.locator(".image-head").get_by_label("More").click()
    page.get_by_role("button", name="Delete the image").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page).not_to_have_url(re.compile(image))
    gone = requests.get(f"{live_server.url}/images/{image}", headers=KEY, timeout=30)
    assert gone.status_code == 404


def test_logging_out_ends_it(open_page: OpenPage, live_server: LiveServer) -> None:
    page = open_page("/dashboard")
    log_in(page, "read")
    page.get_by_label("Account of read").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto(f"{live_server.url}/dashboard")
    expect(page).to_have_url(re.compile("/login"))


def test_a_log_in_that_ended_meanwhile_is_told_and_renewed(
    open_page: OpenPage, picture: MakePicture
) -> None:
    page = open_page("/")
    log_in(page, "upload")
    expect(page.get_by_role("button", name="Choose files")).to_be_visible()
    page.context.clear_cookies()
    choose(page, picture("late.png"))
    banner = page.locator(".banner")
    expect(banner).to_contain_text("You are logged out.")
    expect(notice(page)).to_contain_text("You are logged out.")
    assert_accessible(page)
    page.on("dialog", lambda dialog: dialog.accept())
    banner.get_by_role("link", name="Log in").click()
    log_in(page, "upload")
    choose(page, picture("late.png"))
    expect_result(page, "late.png")


@pytest.mark.parametrize(
    ("size", "scheme", "language", "words"),
    [(None, "light", "en", "Log in"), (PHONE, "dark", "zh-TW", "登入")],
)
def test_everybody_can_log_in(
    open_page: OpenPage, size: object, scheme: str, language: str, words: str
) -> None:
    page = open_page("/login", scheme=scheme, language=language, **({"size": size} if size else {}))
    expect(page.get_by_role("heading", name=words)).to_be_visible()
    assert_accessible(page)
