"""What cannot be inspected is told at once, in words that say what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from aoi.decoding.pool import BEYOND
from tests.browser.conftest import OpenPage, Picture
from tests.browser.pages import choose, expect_result, hand_over, notice

pytestmark = pytest.mark.browser
MakePicture = Callable[..., Picture]


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (Picture("notes.txt", "text/plain", b"hello"), "notes.txt is not an image"),
        (Picture("empty.png", "image/png", b""), "empty.png is empty"),
        (Picture("fake.png", "image/png", b"GIF89a" + bytes(64)), "not a PNG, JPEG, BMP or TIFF"),
    ],
)
def test_a_file_is_refused_before_it_is_sent(page: Page, refused: Picture, words: str) -> None:
    sent: list[str] = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    choose(page, refused)
    expect(notice(page)).to_contain_text(words)
    assert sent == []


def test_a_file_over_the_limit_is_refused_before_it_is_sent(page: Page, tmp_path: Path) -> None:
    large = tmp_path / "large.tif"
    with large.open("wb") as file:
        file.truncate(51 * 1024 * 1024)
    page.locator("[data-choose]").set_input_files(large)
    expect(notice(page)).to_contain_text("large.tif has 51 MB; at most 50 MB can be sent.")


def test_several_files_at_once_become_a_batch(page: Page, picture: MakePicture) -> None:
    hand_over(page, "drop", picture("a.png"), picture("b.png"))
    expect(page).to_have_url(re.compile("/batch$"))
    expect(page.get_by_role("main")).to_contain_text("2 images")


def test_the_server_s_own_words_tell_why_it_refused(page: Page, picture: MakePicture) -> None:
    whole = picture("cut.png")
    choose(page, Picture("cut.png", "image/png", whole.buffer[:2000]))
    expect(notice(page)).to_contain_text("The image was refused.")
    expect(notice(page).locator(".notice-text")).not_to_be_empty()
    expect(page.get_by_role("heading", name="Inspect a panel image")).to_be_visible()


def test_a_notice_goes_when_the_next_image_is_taken(page: Page, picture: MakePicture) -> None:
    choose(page, Picture("notes.txt", "text/plain", b"hello"))
    expect(notice(page)).to_be_visible()
    choose(page, picture("good.png"))
    expect_result(page, "good.png")
    expect(notice(page)).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (429, "Too many uploads just now."),
        (503, "The agent cannot do this just now."),
        (507, "The server's disk is full."),
    ],
)
def test_a_server_in_trouble_is_told_and_sending_again_works(
    page: Page, picture: MakePicture, status: int, words: str
) -> None:
    body = {"code": status, "status": "Trouble", "message": "What the server says."}
    page.route("**/upload", lambda route: route.fulfill(status=status, json=body), times=1)
    choose(page, picture())
    expect(notice(page)).to_contain_text(words)
    expect(notice(page)).to_contain_text("What the server says.")
    page.get_by_role("button", name="Send again").click()
    expect_result(page, "panel.png")


def test_a_refused_image_says_why_in_the_page_s_language(
    open_page: OpenPage, picture: MakePicture
) -> None:
    cut = picture("cut.png")
    cut.buffer = cut.buffer[: len(cut.buffer) // 2]
    page = open_page(language="zh-TW")
    choose(page, cut)
    expect(notice(page)).to_contain_text("檔案損毀或不完整")
    assert "decoded" not in notice(page).inner_text()


# As the agent says them: see aoi/imaging.py, aoi/intake.py, aoi/decoding, aoi/segformer, claims.
SAID = {
    "The file's extension is not one of bmp, jpeg: send": "by its name",
    "The file is not a PNG, JPEG, BMP or TIFF image. Export": "inside",
    "The image needs more memory to be decoded than one": "Takes too much",
    BEYOND: "Takes too much",
    "The image has 20000 x 30000 pixels, more than the limit of 300 megapixels. S": "limit of 300",
    "The file is empty. Check": "is empty",
    "The file is larger than the limit of 50 MB. Send": "Over the limit of 50 MB",
    "SegFormer at http://10.0.0.5:5000 did not answer within 30 s in 3 tries.": "in time",
    "SegFormer cannot be reached at http://10.0.0.5:5000 in 3 tries.": "cannot be reached",
    "SegFormer at http://10.0.0.5:5000 has no model loaded in 3 tries.": "no model",
    "SegFormer at http://10.0.0.5:5000 refused the image (400).": "could not inspect",
    "SegFormer's answer cannot be read: it is not UTF-8.": "of no use",
    "The inspection was interrupted 3 times: its worker": "interrupted again",
    "The upload has no stored input image.": "is missing",
}


def test_what_the_agent_says_of_an_image_is_known_to_the_pages(page: Page) -> None:
    tell = "async (all) => all.map((await import('/static/js/reasons.js')).known)"
    told = page.evaluate(tell, list(SAID))
    for (said, words), ours in zip(SAID.items(), told, strict=True):
        assert ours and words in ours, said
    assert page.evaluate(tell, ["Something new."]) == [None]
