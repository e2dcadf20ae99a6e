"""The cookie of a log-in, and what every answer tells browsers not to do."""

from __future__ import annotations

from flask import Flask, Response, g, request
from flask.sessions import SecureCookieSessionInterface

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    # What is no page of ours runs and loads nothing, should a browser show it as one.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Permissions-Policy": (
        "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
}
TLS_ONLY = "max-age=31536000"
COOKIES = {
    "SESSION_COOKIE_NAME": "aoi_session",
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    # A page may stay open all night; its token holds as long as the log-in.
    "WTF_CSRF_TIME_LIMIT": None,
}


class CookieSession(SecureCookieSessionInterface):
    """Flask's signed cookie, `Secure` wherever the request came by TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def secure_answers(app: Flask) -> None:
    """Add the headers to each answer that does not have its own."""
    app.session_interface = CookieSession()

    @app.after_request
    def secure(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", TLS_ONLY)
        caller = g.get("caller")
        if caller is not None and caller.kind != "open":
            # No cache in between may give it to somebody else.
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response
