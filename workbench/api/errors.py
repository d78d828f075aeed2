"""Refusals as HTTP: one shape for all, `{error, message, fields: [{field, message}]}`, and never a traceback."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from workbench.errors import (
    EngineUnavailable,
    InvalidInput,
    Misconfigured,
    NotFound,
    OutOfCredits,
    Problem,
    StorageFailed,
    UnsafeAddress,
    WorkbenchError,
)
from workbench.views import as_json

LOG = logging.getLogger(__name__)

STATUS: dict[type[WorkbenchError], int] = {
    InvalidInput: 422,
    NotFound: 404,
    OutOfCredits: 402,
    EngineUnavailable: 503,
    UnsafeAddress: 422,
    StorageFailed: 507,
    Misconfigured: 500,
}
_PROTOCOL = {400: "BadRequest", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed", 413: "TooLarge"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The body of every answer that is no success."""

    error: str
    message: str
    fields: tuple[Problem, ...] = ()


def refused(status: int, error: str, message: str, fields: Sequence[Problem] = ()) -> JSONResponse:
    """The answer itself."""
    return JSONResponse(as_json(Refusal(error, message, tuple(fields))), status)


def add_error_handlers(app: FastAPI) -> None:
    """Answer whatever goes wrong below `app` in the one shape."""
    app.add_exception_handler(WorkbenchError, _workbench)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _protocol)
    app.add_exception_handler(Exception, _unexpected)


def _workbench(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, WorkbenchError)  # noqa: S101 - what it is registered for
    status = STATUS.get(type(error), 400)
    if status >= 500:
        LOG.error("%s: %s", error.name, error)
    return refused(status, error.name, str(error), error.problems)


def _validation(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    found = [_problem(each) for each in error.errors()]
    return refused(422, InvalidInput.__name__, str(InvalidInput(*found)), found)


def _problem(error: Mapping[str, Any]) -> Problem:
    """One field of a route's own parameters or body; a body that is no JSON object has none."""
    where = [str(part) for part in error["loc"][1:]]
    if error["type"] == "json_invalid":
        return Problem("", f"the body is no JSON: {error['ctx']['error']} at character {where[-1]}")
    if not where:
        return Problem("", "the body must be a JSON object, sent with Content-Type: application/json")
    return Problem(".".join(where), str(error["msg"]))


def _protocol(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    return refused(error.status_code, _PROTOCOL.get(error.status_code, "Refused"), str(error.detail))


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return refused(500, "InternalError", "Something went wrong on this side; the log says what. Trying again may help.")
