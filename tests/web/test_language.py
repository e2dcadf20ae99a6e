"""The pages' languages: which one a request gets, and that none of its words is missing."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from flask.testing import FlaskClient

from aoi.config import ROOT
from aoi.web.language import LANGUAGES, catalogue

FOLDERS = ("aoi", "templates", "static/js")
CHINESE = "zh_Hant_TW"
PLACES = re.compile(r"\{\w+\}|%\(\w+\)[sd]")


@pytest.mark.parametrize(
    ("accepted", "chosen", "language"),
    [
        ("", "", "en"),
        ("de-DE,de;q=0.9", "", "en"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "", "zh-Hant-TW"),
        ("zh-HK", "", "zh-Hant-TW"),
        ("en-GB,zh-TW;q=0.5", "", "en"),
        ("en", "zh-Hant-TW", "zh-Hant-TW"),
        ("zh-TW", "en", "en"),
        ("zh-TW", "../../etc/passwd", "zh-Hant-TW"),
    ],
)
def test_the_cookie_goes_before_what_the_browser_accepts(
    client: FlaskClient, accepted: str, chosen: str, language: str
) -> None:
    if chosen:
        client.set_cookie("aoi_language", chosen)
    answer = client.get("/", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}"' in answer.text
    assert answer.headers["Content-Language"] == language
    assert {"cookie", "accept-language"} <= {name.lower() for name in answer.vary}


def test_templates_and_scripts_get_their_words(client: FlaskClient) -> None:
    client.set_cookie("aoi_language", "zh-Hant-TW")
    html = client.get("/").text
    assert "檢測面板影像" in html
    assert '"Refused":"已拒絕"' in html


def test_a_missing_page_speaks_the_language_alone(client: FlaskClient) -> None:
    headers = {"Accept": "text/html", "Accept-Language": "zh-TW"}
    answer = client.get("/nothing-here", headers=headers)
    assert (answer.status_code, "找不到此頁面" in answer.text) == (404, True)
    # What the API tells programs would say it twice, and in English.
    assert "There is nothing at this address." not in answer.text


def test_the_api_speaks_english_whatever_is_accepted(client: FlaskClient) -> None:
    answer = client.get("/images/20200101_000000_ZZZZZZZZ", headers={"Accept-Language": "zh-TW"})
    assert answer.json is not None and answer.json["message"].isascii()


@pytest.fixture(scope="module")
def in_use() -> Catalog:
    """All words of the pages, gathered as `make translations` does."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog()
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "t": None, "tn": (1, 2)}
    for folder in FOLDERS:
        for _, _, words, _, _ in extract_from_dir(
            str(ROOT / folder), methods, options, keywords=keywords
        ):
            found.add(words)
    return found


def test_no_word_lacks_its_translation(in_use: Catalog) -> None:
    translated = catalogue(CHINESE)
    assert translated is not None
    missing = [message.id for message in in_use if message.id and not _is_done(translated, message)]
    assert missing == [], "run `make translations` and translate these"


def _is_done(translated: Catalog, message: Message) -> bool:
    found = translated.get(message.id)
    if found is None or found.fuzzy:
        return False
    return all([found.string] if isinstance(found.string, str) else found.string)


def test_translations_keep_the_places_of_values() -> None:
    wrong = []
    for message in catalogue(CHINESE) or ():
        if not message.id:
            continue
        english = message.id if isinstance(message.id, str) else message.id[1]
        chinese = message.string if isinstance(message.string, str) else message.string[0]
        if chinese and set(PLACES.findall(english)) != set(PLACES.findall(chinese)):
            wrong.append(english)
    assert wrong == []


def test_every_language_but_english_has_its_words() -> None:
    for tag, (locale, _) in LANGUAGES.items():
        assert (catalogue(locale) is None) == (tag == "en")
