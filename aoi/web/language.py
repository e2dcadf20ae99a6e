"""The languages of the pages: which one a request asks for, and its words."""

from __future__ import annotations

import io
from functools import cache

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, request
from flask_babel import Babel, Domain, get_locale

from aoi.config import ROOT

# By the tag a browser knows it by: the name of its folder in translations/, and its own name.
LANGUAGES = {"en": ("en", "English"), "zh-Hant-TW": ("zh_Hant_TW", "繁體中文")}
DEFAULT = "en"
# The choice made on a page (static/js/language.js); it goes before what the browser asks for.
COOKIE = "aoi_language"
TRANSLATIONS = ROOT / "translations"
SCRIPTS = "static/js/"

Words = dict[str, str | tuple[str, ...]]


def register_languages(app: Flask) -> None:
    """Let templates and views speak the language of the request."""
    babel = Babel(app, default_locale=DEFAULT, locale_selector=lambda: LANGUAGES[language()][0])
    babel.domain_instance = SourceDomain()
    app.jinja_env.globals.update(
        page_language=language,
        other_languages=_other_languages,
        script_words=lambda: script_words(LANGUAGES[language()][0]),
    )


def language() -> str:
    """Return the tag of the request's language."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    for tag in request.accept_languages.values():
        primary = tag.lower().split("-")[0]
        for known in LANGUAGES:
            if known.split("-")[0] == primary:
                return known
    return DEFAULT


@cache
def catalogue(locale: str) -> Catalog | None:
    """Return the translations into `locale`, None where there are none."""
    path = TRANSLATIONS / locale / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=locale)


@cache
def script_words(locale: str) -> Words:
    """Return the translations that the scripts need, by their English."""
    words: Words = {}
    for message in catalogue(locale) or ():
        if not message.id or not any(name.startswith(SCRIPTS) for name, _ in message.locations):
            continue
        key = message.id if isinstance(message.id, str) else message.id[0]
        if message.string and not message.fuzzy:
            words[key] = (
                message.string if isinstance(message.string, str) else tuple(message.string)
            )
    return words


class SourceDomain(Domain):  # type: ignore[misc]
    """The words straight from the .po files: a clone needs no step to compile them."""

    def get_translations(self) -> NullTranslations:
        return _translations(str(get_locale()))


@cache
def _translations(locale: str) -> NullTranslations:
    found = catalogue(locale)
    if found is None:
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, found)
    compiled.seek(0)
    return Translations(compiled)


def _other_languages() -> dict[str, str]:
    tag = language()
    return {other: name for other, (_, name) in LANGUAGES.items() if other != tag}
