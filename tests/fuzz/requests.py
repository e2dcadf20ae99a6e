"""How schemathesis' requests reach the application, and what a schema cannot tell of them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.openapi.checks import RejectedPositiveData
from werkzeug.wsgi import ClosingIterator

# Refused although each value for itself is as documented.
BEYOND_A_SCHEMA = re.compile(
    r"not one of this server's|Must not be (after|greater than)|file's extension is not one of|"
    r"Not one file of the batch can be inspected|is not a PNG, JPEG|The file is empty|"
    r"no file in the field|has no name|is damaged or cut short|Only one image|"
    r"days are told at once|Idempotency-Key was used before|contain a NUL character"
)
UNNAMED = re.compile(rb'filename="(images?)"')


def as_sent(app: Flask) -> Callable[..., Iterable[bytes]]:
    """Let files have names of images, answers be plain, and files be closed once they are sent."""

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ.pop("HTTP_ACCEPT_ENCODING", None)
        if environ.get("CONTENT_TYPE", "").startswith("multipart/form-data"):
            body = UNNAMED.sub(rb'filename="\1.png"', environ["wsgi.input"].read())
            environ["wsgi.input"] = io.BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
        answer = app(environ, start_response)
        try:
            return [b"".join(answer)]
        finally:
            ClosingIterator(answer).close()

    return call


def can_be_told_by_a_schema(
    context: HookContext, failure: Failure, case: Case, response: Response
) -> bool:
    """Keep a failure unless it is a refusal for a reason that no schema can express."""
    return not (
        isinstance(failure, RejectedPositiveData)
        and response.status_code in (400, 422)
        and BEYOND_A_SCHEMA.search(response.content.decode(errors="replace"))
    )
