"""The frame of the pages: theme, language, keyboard, tabs of a phone, errors, documentation."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, Picture
from tests.browser.pages import assert_accessible, expect_result, has_no_sideways_scroll

pytestmark = pytest.mark.browser
MakePicture = Callable[..., Picture]


def test_the_theme_follows_the_system_until_switched(open_page: OpenPage) -> None:
    page = open_page(scheme="dark")
    html = page.locator("html")
    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(html).to_have_attribute("data-bs-theme", "light")
    page.get_by_role("button", name="Switch to the dark theme").click()
    page.reload()
    expect(html).to_have_attribute("data-bs-theme", "dark")


def test_the_language_is_switched_and_remembered(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_role("button", name="繁體中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant-TW")
    expect(page.get_by_role("heading", name="檢測面板影像")).to_be_visible()
    expect(page.locator(".state-badge")).to_contain_text("系統正常")  # of a script
    page.get_by_role("link", name="圖庫").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant-TW")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_an_image_is_inspected_in_chinese(open_page: OpenPage, picture: MakePicture) -> None:
    page = open_page(language="zh-TW")
    page.locator("[data-choose]").set_input_files([picture("面板.png").payload])  # type: ignore[list-item]
    expect(page.locator("[data-state-label]")).to_have_text("完成")
    expect(page.locator("[data-total-words]")).to_have_text("個瑕疵")
    expect(page).to_have_title(re.compile(r"^面板\.png, \d+ 個瑕疵 · "))
    assert_accessible(page)


def test_a_phone_has_its_tabs_and_a_menu(open_page: OpenPage) -> None:
    page = open_page(size=PHONE, language="zh-TW")
    tabs = page.locator(".bottomnav a")
    expect(tabs).to_have_text(["檢測", "批次", "圖庫", "儀表板"])
    expect(tabs.first).to_have_attribute("aria-current", "page")
    page.locator(".more summary").click()
    page.get_by_role("button", name="切換為深色主題").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert_accessible(page)
    page.locator(".more").get_by_role("link", name="系統").click()
    expect(page.get_by_role("heading", name="系統", level=1)).to_be_visible()
    assert has_no_sideways_scroll(page)


def test_all_keys_are_told_on_a_question_mark(page: Page) -> None:
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text("inspect another")
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/system", "/nothing-here"])
def test_everybody_can_use_it(open_page: OpenPage, path: str, scheme: str) -> None:
    page = open_page(path, scheme=scheme)
    expect(page.locator(".state-badge")).to_contain_text("All systems ready")
    assert_accessible(page)


def test_the_keyboard_alone_does_it_all(page: Page, picture: MakePicture) -> None:
    # From the start: Playwright does not wait until choosers are its own, and a key is fast.
    payload = picture("keys.png").payload
    page.on("filechooser", lambda chooser: chooser.set_files([payload]))  # type: ignore[list-item]
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    button = page.get_by_role("button", name="Choose files")
    for _ in range(16):
        page.keyboard.press("Tab")
        if button.evaluate("node => node === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect_result(page, "keys.png")
    expect(page.locator("[data-file-name]")).to_be_focused()

    page.get_by_role("tab", name="Input").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Combined")).to_be_focused()
    expect(page.get_by_role("tab", name="Combined")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="Overlay")).to_be_focused()

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    selected = page.locator(".region-name[aria-pressed=true]")
    expect(selected).to_have_count(1)
    selected.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".region-name[aria-pressed=true]")).to_be_focused()

    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Inspect a panel image")).to_be_visible()
    expect(button).to_be_focused()


def test_a_missing_page_says_so_as_a_page(open_page: OpenPage) -> None:
    page = open_page("/nothing-here")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.get_by_role("link", name="Inspect an image").click()
    expect(page.get_by_role("heading", name="Inspect a panel image")).to_be_visible()


def test_the_system_page_tells_part_by_part(open_page: OpenPage) -> None:
    page = open_page("/system")
    for part in ("segformer", "queue", "storage", "database"):
        expect(page.locator(f'[data-part="{part}"]')).to_have_attribute("data-level", "ok")
    expect(page.locator("[data-overall]")).to_have_text("Everything works.")
    expect(page.locator("[data-about]")).to_contain_text("PostgreSQL")
    expect(page.locator("[data-counts]")).to_contain_text("Images inspected")


def test_the_documentation_tries_a_call_out(open_page: OpenPage) -> None:
    page = open_page("/docs")
    health = page.locator(".opblock", has=page.locator('[data-path="/health"]'))
    health.locator(".opblock-summary-control").click()
    health.get_by_role("button", name="Execute").click()
    expect(health.locator(".live-responses-table .response-col_status").last).to_contain_text("200")


def test_the_documentation_tries_an_upload_out(open_page: OpenPage, picture: MakePicture) -> None:
    page = open_page("/docs")
    upload = page.locator(".opblock-post", has=page.locator('[data-path="/upload"]'))
    upload.locator(".opblock-summary-control").click()
    upload.locator("input[type=file]").set_input_files([picture("docs.png").payload])  # type: ignore[list-item]
    upload.get_by_role("button", name="Execute").click()
    answer = upload.locator(".live-responses-table")
    expect(answer).to_contain_text("img_unique_id")
    expect(answer).to_contain_text("docs.png")


@pytest.mark.parametrize(("size", "scheme"), [(None, "light"), (PHONE, "dark")])
def test_the_documentation_is_for_everyone(open_page: OpenPage, size: object, scheme: str) -> None:
    page = open_page("/docs", scheme=scheme, **({"size": size} if size else {}))
    expect(page.locator(".opblock").first).to_be_visible()
    expect(page.locator("[data-calls]")).to_have_count(0)
    assert_accessible(page)
    assert has_no_sideways_scroll(page)


def test_all_calls_are_told_without_a_script(open_page: OpenPage) -> None:
    page = open_page()
    page.route("**/docs.js", lambda route: route.abort())
    page.goto(f"{page.url}docs")
    expect(page.locator("[data-calls] li", has_text="/upload/batch")).to_contain_text("POST")
    assert_accessible(page)
    assert has_no_sideways_scroll(page)
