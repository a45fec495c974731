"""The one error envelope (RFC 9457), by exception class."""

import sys
from typing import Any, NamedTuple

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_headers

from accounts.limits import Limited
from accounts.refusals import Refused

MEDIA_TYPE = "application/problem+json"
SPEAKS_JSON = ("/api/", "/v1/", "/health", "/ready", "/metrics")
log = structlog.get_logger("spendsense.problems")


class Problem(NamedTuple):
    status: int
    code: str
    title: str
    detail: str


# An empty detail means: say what the exception says.
SIGN_IN_FIRST = Problem(401, "AUTH_REQUIRED", "Sign in first", "This needs a signed-in caller.")
SECOND_FACTOR = Problem(401, "MFA_REQUIRED", "Sign in first", "Staff sign in with a second factor.")
TOKEN_INVALID = Problem(401, "TOKEN_INVALID", "Not accepted", "The token is not valid any more.")
NOT_ALLOWED = Problem(403, "FORBIDDEN_ROLE", "Not allowed", "Your role may not do this.")
NOT_UNDERSTOOD = Problem(400, "BAD_REQUEST", "Bad request", "The request cannot be understood.")
NOTHING_HERE = Problem(404, "NOT_FOUND", "Not found", "There is nothing here.")
NO_DATABASE = Problem(503, "DATABASE_UNAVAILABLE", "Away", "The database is away. Try again in a moment.")
BROKEN = Problem(500, "INTERNAL_ERROR", "Our fault", "Something broke here. The request id tells us what.")

BY_CLASS: list[tuple[type[BaseException], Problem]] = [
    (drf.ParseError, Problem(400, "INVALID_JSON", "Unreadable body", "The body is not valid JSON.")),
    (drf.NotAuthenticated, SIGN_IN_FIRST),
    (drf.AuthenticationFailed, TOKEN_INVALID),
    (drf.PermissionDenied, NOT_ALLOWED),
    (PermissionDenied, NOT_ALLOWED),
    (drf.NotFound, NOTHING_HERE),
    (Http404, NOTHING_HERE),
    (drf.MethodNotAllowed, Problem(405, "METHOD_NOT_ALLOWED", "Method not allowed", "")),
    (drf.NotAcceptable, Problem(406, "NOT_ACCEPTABLE", "Not acceptable", "This speaks application/json.")),
    (RequestDataTooBig, Problem(413, "BODY_TOO_LARGE", "Too large", "The body may have at most 1 MiB.")),
    (SuspiciousOperation, NOT_UNDERSTOOD),
    (drf.UnsupportedMediaType, Problem(415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported media type", "")),
    (
        drf.Throttled,
        Problem(429, "RATE_LIMITED", "Too many requests", "The limit is reached; try again later."),
    ),
    (OperationalError, NO_DATABASE),
]
REFUSAL_TITLES = {
    400: "Invalid input",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    409: "Conflict",
    429: "Too many requests",
    503: "Away",
}


def body(problem: Problem, request: HttpRequest, **extra: Any) -> dict[str, Any]:
    return {
        "type": "/problems/" + problem.code.lower().replace("_", "-"),
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        **extra,
        "request_id": getattr(request, "request_id", None),
    }


def handle(exc: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: every error of the API, the unexpected ones too."""
    request: HttpRequest = context["request"]._request
    headers: dict[str, str] = {}
    extra: dict[str, Any] = {}
    if isinstance(exc, Refused):
        problem, extra, headers = _refusal(request, exc)
    elif isinstance(exc, drf.ValidationError):
        errors = list(_flat(exc.get_full_details()))
        said = "1 field is invalid." if len(errors) == 1 else f"{len(errors)} fields are invalid."
        problem, extra = Problem(400, "VALIDATION_ERROR", "Invalid input", said), {"errors": errors}
    else:
        problem = _named(exc)
        if problem is BROKEN:
            noted(exc)
        elif (known := drf_headers(exc, context)) is not None:
            headers = {
                name: value for name, value in known.items() if name in ("Retry-After", "Allow", "WWW-Authenticate")
            }
    response = Response(body(problem, request, **extra), problem.status, headers=headers)
    response.content_type = MEDIA_TYPE
    return response


def _refusal(request: HttpRequest, exc: Refused) -> tuple[Problem, dict[str, Any], dict[str, str]]:
    problem = Problem(exc.status, exc.code, REFUSAL_TITLES.get(exc.status, "Refused"), str(exc))
    extra = dict(exc.extra)
    headers = {"Retry-After": str(extra.pop("retry_after"))} if "retry_after" in extra else {}
    if isinstance(exc, Limited):
        request.rate = exc.left  # type: ignore[attr-defined]
    return problem, extra, headers


def refused(request: HttpRequest, exc: Refused) -> HttpResponse:
    """The same where DRF does not see it: in the library's routes and on pages."""
    problem, extra, headers = _refusal(request, exc)
    return respond(problem, request, headers, **extra)


def _named(exc: BaseException) -> Problem:
    for cls, problem in BY_CLASS:
        if isinstance(exc, cls):
            code = getattr(exc, "default_code", "")
            if code.isupper():  # one of ours, raised in DRF's words
                problem = problem._replace(code=code, detail=str(exc))
            return problem if problem.detail else problem._replace(detail=str(exc))
    return BROKEN


def _flat(details: Any, path: str = "") -> Any:
    """DRF's nested details as a list of fields, each with its path, a code and a sentence."""
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        yield {
            "field": path or "body",
            "code": str(details["code"]).upper(),
            "message": str(details["message"]),
        }
    elif isinstance(details, dict):
        for name, inner in details.items():
            here = path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
            yield from _flat(inner, here)
    else:
        for at, inner in enumerate(details):
            leaf = isinstance(inner, dict) and set(inner) == {"message", "code"}
            yield from _flat(inner, path if leaf else f"{path}.{at}".lstrip("."))


def noted(exc: BaseException) -> None:
    log.error("unexpected", exc_info=exc)


def respond(
    problem: Problem, request: HttpRequest, headers: dict[str, str] | None = None, **extra: Any
) -> HttpResponse:
    """The envelope for a program, a calm page for a person."""
    if request.path.startswith(SPEAKS_JSON):
        told = body(problem, request, **extra)
        return JsonResponse(told, status=problem.status, content_type=MEDIA_TYPE, headers=headers)
    page = {"problem": problem, "request_id": getattr(request, "request_id", None)}
    response = render(request, "problem.html", page, status=problem.status)
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def database_away(request: HttpRequest) -> HttpResponse:
    return respond(NO_DATABASE, request, {"Retry-After": "5"})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return respond(NOTHING_HERE, request)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return respond(NOT_ALLOWED, request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return respond(NOT_UNDERSTOOD, request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    said = "The form is too old or came from elsewhere. Go back, reload the page and send it again."
    return respond(Problem(403, "CSRF_FAILED", "Not accepted", said), request)


def broken(request: HttpRequest) -> HttpResponse:
    if exc := sys.exception():
        noted(exc)
    return respond(BROKEN, request)
