"""The door: who calls, whether they may, and where to send those who may not."""

from __future__ import annotations

import hmac
import ipaddress
import time
from datetime import timedelta
from typing import cast

from flask import Flask, Request, Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf.csrf import validate_csrf
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from wtforms import ValidationError

from aoi.access.actor import Actor, act_as
from aoi.access.cache import ShortCache
from aoi.access.keys import ValidKey, find_key
from aoi.access.models import ApiKey, Person
from aoi.access.scopes import needed
from aoi.access.sessions import LoggedIn, find_session
from aoi.access.tokens import hash_of
from aoi.config import Settings
from aoi.errors import MESSAGES, error_response, wants_page
from aoi.exceptions import Forbidden
from aoi.extensions import db

OPEN_PATHS = frozenset({"/health", "/health/live", "/docs", "/openapi.json", "/login", "/logout"})
OPEN_PREFIXES = ("/static/",)
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# How old the answer may be that nobody is asked for a key.
OPEN_SECONDS = 2.0
STAYS_CLOSED = (
    "This agent has neither keys nor people yet, so it answers only on the machine it runs on. "
    "There, make a key with `flask --app wsgi keys create --name line3 --scope upload`, or "
    "somebody who logs in with `flask --app wsgi people create --name anna --role admin`."
)
FOREIGN = (
    "A page of another site asked for this, and this agent asks nobody for a key. Name the site "
    "in CORS_ORIGINS if that is right."
)
NO_TOKEN = (
    "This call came from a page without the page's token. Load the page again, then try once more."
)


class PageUser(UserMixin):  # type: ignore[misc]
    """Somebody logged in, as Flask-Login wants them: its id is the token in the cookie."""

    def __init__(self, token: str, who: LoggedIn) -> None:
        self.token = token
        self.who = who

    def get_id(self) -> str:
        return self.token


class Guard:
    """What one process knows of those who call it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys: ShortCache[ValidKey] = ShortCache()
        self._sessions: ShortCache[LoggedIn] = ShortCache()
        self._closed = bool(settings.api_keys)
        self._asked = float("-inf")

    @property
    def is_closed(self) -> bool:
        """Tell whether callers need a key or a log-in: for ever, once there was any."""
        if not self._closed and time.monotonic() > self._asked + OPEN_SECONDS:
            try:
                with db.engine.connect() as connection:
                    self._closed = bool(connection.scalar(ANYBODY))
            except SQLAlchemyError:
                # A page without data may be shown while the database is away.
                if not wants_page():
                    raise
            else:
                self._asked = time.monotonic()
        return self._closed

    def user(self, token: str) -> PageUser | None:
        """Return who is logged in with the token of a cookie."""
        idle = timedelta(hours=self._settings.session_hours)
        who = self._sessions.get(hash_of(token), lambda: find_session(token, idle))
        return PageUser(token, who) if who else None

    def forget(self, token: str) -> None:
        """Let a token that was logged out be looked up anew."""
        self._sessions.forget(hash_of(token))

    def caller(self) -> Actor | None:
        """Return who calls, None where they do not say or what they say is not known."""
        if "caller" not in g:
            g.caller = self._identify()
        found: Actor | None = g.caller
        return found

    def _identify(self) -> Actor | None:
        address = request.remote_addr
        if not self.is_closed:
            return Actor("open", "anyone", address=address)
        if (sent := _sent_key()) is not None:
            return self._of_key(sent, address)
        if (user := logged_in()) is not None:
            return Actor("person", user.who.name, user.who.role, address)
        return None

    def _of_key(self, sent: str, address: str | None) -> Actor | None:
        number = _position(sent, self._settings.api_keys)
        if number:
            return Actor("key", f"API_KEYS {number}", address=address)
        found = self._keys.get(hash_of(sent), lambda: find_key(sent))
        return Actor("key", found.name, found.scope, address) if found else None

    def check(self) -> ResponseReturnValue | None:
        """Refuse a request that its caller may not make; else act as the caller."""
        if request.path in OPEN_PATHS or request.path.startswith(OPEN_PREFIXES):
            return None
        if request.method == "OPTIONS":
            return None  # a browser's preflight carries no key
        caller = self.caller()
        if caller is None:
            return _ask_who()
        if caller.kind == "open":
            self._check_open()
        elif caller.kind == "person" and request.method not in SAFE_METHODS:
            _check_token()
        if not caller.scope.allows(scope := needed(request.method, request.blueprint)):
            raise Forbidden(
                f"{caller.name} has the scope `{caller.scope}`; this needs `{scope}`. "
                "Ask whoever runs the agent for it."
            )
        act_as(caller)
        return None

    def _check_open(self) -> None:
        if not is_loopback(peer_of(request)):
            raise Forbidden(STAYS_CLOSED)
        foreign = request.headers.get("Sec-Fetch-Site") == "cross-site"
        known = request.headers.get("Origin") in self._settings.cors_origins
        if foreign and not known and request.method not in SAFE_METHODS:
            raise Forbidden(FOREIGN)


# Revoked and disabled ones too: nothing opens again because the last of them went.
ANYBODY = select(select(ApiKey.key_id).exists() | select(Person.person_id).exists())


def guard_requests(app: Flask, settings: Settings) -> None:
    """Have every request pass the guard."""
    guard = Guard(settings)
    app.extensions["aoi_guard"] = guard
    manager = LoginManager()
    manager.session_protection = None
    manager.user_loader(guard.user)
    # Not by init_app: its cookies that outlive a browser are not wanted, and looking for them
    # would make every answer vary by cookie.
    app.login_manager = manager  # type: ignore[attr-defined]
    app.before_request(guard.check)
    app.teardown_request(lambda _: act_as(None))


def the_guard() -> Guard:
    guard: Guard = current_app.extensions["aoi_guard"]
    return guard


def logged_in() -> PageUser | None:
    """Return who is logged in by the cookie of this request."""
    if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
        return None
    return current_user._get_current_object() if current_user.is_authenticated else None


def _ask_who() -> Response:
    if wants_page():
        there = request.full_path.rstrip("?")
        return cast(
            Response, redirect(url_for("pages.login", next=None if there == "/" else there))
        )
    response = error_response(401, MESSAGES[401])
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _check_token() -> None:
    # From the header only: a form would be the whole upload, read before its time.
    try:
        validate_csrf(request.headers.get("X-CSRF-Token"))
    except ValidationError as err:
        raise Forbidden(NO_TOKEN) from err


def _sent_key() -> str | None:
    authorization = request.authorization
    if authorization is not None and authorization.type == "bearer":
        return authorization.token or ""
    return request.headers.get("X-API-Key")


def _position(sent: str, keys: tuple[str, ...]) -> int:
    """Return which of the keys was sent, from 1; 0 for none of them."""
    found = 0
    # Every key is compared in full, so that the time taken tells nothing.
    for number, key in enumerate(keys, 1):
        # WSGI hands headers over as Latin-1, whatever they are.
        if hmac.compare_digest(sent.encode("latin-1", "replace"), key.encode()):
            found = number
    return found


def peer_of(request: Request) -> str:
    """Return the address that the connection itself comes from, whatever a proxy says."""
    environ = request.environ.get("werkzeug.proxy_fix.orig", request.environ)
    return str(environ.get("REMOTE_ADDR") or "")


def is_loopback(address: str) -> bool:
    """Tell whether an address is this machine's own; a Unix socket has none."""
    if not address:
        return True
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback
