"""Logging in and out, with forms that need no script."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, Response, make_response, redirect, render_template, request, session
from flask_babel import gettext as _
from flask_login import login_user
from flask_wtf.csrf import generate_csrf, validate_csrf
from sqlalchemy.exc import SQLAlchemyError
from wtforms import ValidationError

from aoi.access import attempts, people, sessions
from aoi.access.sessions import LoggedIn
from aoi.blueprints import parts
from aoi.blueprints.pages import bp
from aoi.exceptions import Busy, TooManyAttempts
from aoi.web.guard import PageUser, logged_in, the_guard

MAX_FORM_BYTES = 16 * 1024


@bp.get("/login")
def login() -> Response:
    """Render the log-in; who need not log in goes on at once."""
    if the_guard().caller() is not None:
        return _go_on(request.args.get("next"))
    return _form(request.args.get("next"))


@bp.post("/login")
def log_in() -> Response:
    """Log somebody in by name and password."""
    request.max_content_length = MAX_FORM_BYTES
    name, wanted = request.form.get("name", ""), request.form.get("next")
    if not _has_token():
        return _form(wanted, 400, _("The page had been open too long. Try once more."), name)
    address = request.remote_addr or ""
    try:
        attempts.begin_attempt(name, address)
        person = people.find_by_password(name, request.form.get("password", ""))
    except TooManyAttempts as err:
        words = _("Too many log-ins failed. Try again in %(n)s s.", n=err.seconds)
        response = _form(wanted, 429, words, name)
        response.headers["Retry-After"] = str(err.seconds)
        return response
    except Busy:
        return _form(wanted, 503, _("Too many log in just now. Try again in a moment."), name)
    if person is None:
        return _form(wanted, 401, _("The name or the password is not right."), name)
    attempts.succeed(name, address)
    idle = timedelta(hours=parts.settings().session_hours)
    token = sessions.begin_session(person, address, idle)
    # What was in the cookie before may be another's.
    session.clear()
    login_user(PageUser(token, LoggedIn.of(person)))
    return _go_on(wanted)


@bp.post("/logout")
def log_out() -> Response:
    """End the log-in."""
    request.max_content_length = MAX_FORM_BYTES
    if _has_token() and (user := logged_in()) is not None:
        sessions.end_session(user.token)
        the_guard().forget(user.token)
        session.clear()
    return cast(Response, redirect(f"{request.script_root}/login", 303))


def _form(wanted: str | None, status: int = 200, problem: str = "", name: str = "") -> Response:
    html = render_template("login.html", wanted=wanted or "", problem=problem, name=name)
    response = make_response(html, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _go_on(wanted: str | None) -> Response:
    return cast(Response, redirect(request.script_root + safe_path(wanted), 303))


def safe_path(wanted: str | None) -> str:
    """Return where to go on: an address of this server, or its first page."""
    text = wanted or "/"
    parts_of = urlsplit(text)
    plain = text.isprintable() and "\\" not in text
    if text.startswith("/") and plain and not parts_of.scheme and not parts_of.netloc:
        return text
    return "/"


def _has_token() -> bool:
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return False
    return True


def register_session(app: Flask) -> None:
    """Let templates tell who is logged in and what they may do, and carry the page's token."""
    app.jinja_env.globals.update(
        who=lambda: _quietly(_who),
        scope=lambda: _quietly(_scope) or "",
        may_log_in=lambda: _quietly(lambda: the_guard().caller() is None),
        csrf_token=generate_csrf,
    )


def _who() -> LoggedIn | None:
    user = logged_in()
    return user.who if user else None


def _scope() -> str:
    caller = the_guard().caller()
    return caller.scope if caller else ""


def _quietly(ask: Any) -> Any:
    # An error page must come out also while the database is away.
    try:
        return ask()
    except SQLAlchemyError:
        return None
