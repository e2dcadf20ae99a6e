"""Map every error to its HTTP answer, in one place. Bodies are flask-smorest's."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from procrastinate.exceptions import ConnectorException
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from aoi import exceptions
from aoi.logs import request_id

log = logging.getLogger(__name__)

STATUS: dict[type[exceptions.AoiError], int] = {
    exceptions.Forbidden: 403,
    exceptions.Busy: 503,
    exceptions.TooManyAttempts: 429,
    exceptions.NotFound: 404,
    exceptions.Conflict: 409,
    exceptions.Unprocessable: 422,
    exceptions.ImageRefused: 400,
    exceptions.ImageTooLarge: 413,
    exceptions.BatchRefused: 400,
    exceptions.BatchTooLarge: 413,
    exceptions.StorageFull: 507,
    exceptions.IndexBuilding: 503,
    exceptions.TilesNotReady: 503,
    exceptions.ServiceUnreachable: 503,
    exceptions.ModelNotLoaded: 503,
    exceptions.InferenceTimeout: 504,
    exceptions.BadAnswer: 502,
}
# What an upload's stored `error_code` means to the client that waits for it.
INFERENCE_STATUS = {"unreachable": 503, "no_model": 503, "timeout": 504}
INFERENCE_STATUS_OTHERWISE = 502
DATABASE_AWAY = "The database cannot be reached at the moment. Try again in a few seconds."
# Classes of SQLSTATE that tell of the server, not of the statement: connection exception,
# insufficient resources, operator intervention.
AWAY_SQLSTATES = ("08", "53", "57")
MESSAGES = {
    401: "This needs an API key: send it as `Authorization: Bearer …` or `X-API-Key`.",
    408: "The request came too slowly. Nothing of it was kept; send it again.",
    429: "Too many requests. Wait as many seconds as Retry-After says, then go on.",
    404: "There is nothing at this address. See /docs for what there is.",
    405: "This address does not take this method. See /docs for what it takes.",
    413: "The request is larger than the limit.",
    415: "This content type is not taken here. See /docs for what is.",
    422: "The request has bad values; `errors` names them.",
}


def register_error_handlers(app: Flask) -> None:
    """Make every error of the application an answer that says what to do."""
    app.register_error_handler(exceptions.AoiError, answer_domain_error)
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_error_handler(OperationalError, answer_database_away)
    app.register_error_handler(InterfaceError, answer_database_away)
    app.register_error_handler(PoolTimeout, answer_database_away)
    app.register_error_handler(ConnectorException, answer_database_away)
    app.register_error_handler(DBAPIError, answer_database_error)
    app.register_error_handler(RecursionError, answer_too_deep)
    app.register_error_handler(Exception, answer_unexpected)


def error_body(code: int, message: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "status": HTTPStatus(code).phrase, "message": message, **more}


def error_response(code: int, message: str, **more: Any) -> Response:
    """Build an error answer in the contract's form."""
    response = jsonify(error_body(code, message, **more))
    response.status_code = code
    if code in (503, 507):
        response.headers["Retry-After"] = "5"
    return response


def answer_domain_error(err: exceptions.AoiError) -> ResponseReturnValue:
    for known in type(err).__mro__:
        if known in STATUS:
            errors = getattr(err, "errors", None)
            more = {"errors": errors} if errors else {}
            return error_response(STATUS[known], err.message, **more)
    return answer_unexpected(err)


def answer_http_error(err: HTTPException) -> ResponseReturnValue:
    code = err.code or 500
    if err.response is not None:
        return err.response
    if wants_page():
        from aoi.blueprints.pages import render_error

        return render_error(code, MESSAGES.get(code) or err.description or err.name)
    data = getattr(err, "data", None) or {}
    errors = data.get("errors") or data.get("messages")
    message = data.get("message") or MESSAGES.get(code) or err.description or err.name
    response = error_response(code, message, **({"errors": errors} if errors else {}))
    for name, value in err.get_headers(request.environ):
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def answer_database_away(err: Exception) -> ResponseReturnValue:
    log.error("database out of reach: %s", str(err).splitlines()[0])
    if wants_page():
        from aoi.blueprints.pages import render_error

        return render_error(503, DATABASE_AWAY)
    return error_response(503, DATABASE_AWAY)


def answer_database_error(err: DBAPIError) -> ResponseReturnValue:
    sqlstate = getattr(err.orig, "pgcode", None) or ""
    if err.connection_invalidated or sqlstate[:2] in AWAY_SQLSTATES:
        return answer_database_away(err)
    return answer_unexpected(err)


def answer_too_deep(err: RecursionError) -> ResponseReturnValue:
    if not request.is_json:
        return answer_unexpected(err)
    return error_response(400, "The body is nested too deeply.")


def answer_unexpected(err: Exception) -> ResponseReturnValue:
    log.error("unexpected error", exc_info=err)
    message = (
        "Something went wrong in the agent; it has been logged. Try again, and give the "
        f"administrator this request id: {request_id.get()}"
    )
    if wants_page():
        from aoi.blueprints.pages import render_error

        return render_error(500, message)
    return error_response(500, message)


def wants_page() -> bool:
    """Tell whether a browser asks for a page; below the API's addresses all errors are JSON."""
    accept = request.accept_mimetypes
    return bool(
        request.method in ("GET", "HEAD")
        and not _is_of_api()
        and accept.best_match(["application/json", "text/html"]) == "text/html"
        and accept["text/html"] > accept["application/json"]
    )


def _is_of_api() -> bool:
    if request.blueprint is not None:
        return request.blueprint != "pages"
    first = request.path.split("/")[1]
    return any(
        rule.rule.split("/")[1] == first and not rule.endpoint.startswith("pages.")
        for rule in current_app.url_map.iter_rules()
        if first
    )
