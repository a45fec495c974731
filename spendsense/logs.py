"""One line a request and a task, with an id to follow and nothing personal in it."""

import logging
import logging.config
import re
import sys
import time
import traceback
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from celery.signals import task_postrun, task_prerun
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars

from accounts.pseudonyms import subject_ref
from spendsense.masking import masked, masked_value

SLOW_SECONDS = 0.1
REQUEST_ID_HEADERS = ("X-Request-ID", "X-Trace-ID", "X-Correlation-ID")
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
log = structlog.get_logger("spendsense.requests")

Respond = Callable[[HttpRequest], HttpResponse]


def configure() -> None:
    """structlog for our own events, the same processors for everybody else's."""
    logging.raiseExceptions = settings.AT_HOME  # a line that cannot be made is lost, not printed raw with its values
    shared: list[Any] = [
        merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        faults_as_type_and_place,
        without_personal_data,
    ]
    render: Any = (
        structlog.dev.ConsoleRenderer(colors=False, timestamp_key="time")
        if settings.LOG_FORMAT == "text"
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
                }
            },
            "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["out"], "level": settings.LOG_LEVEL},
            "loggers": {
                "django.request": {"level": "CRITICAL"},  # RequestLog says it once, without the path's ids
                "django.security.DisallowedHost": {"level": "CRITICAL"},
                **{name: {"level": "WARNING"} for name in ("openai", "httpx")},  # below it they quote questions
            },
        }
    )


def faults_as_type_and_place(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """An exception is its type and where it came from: its words may quote a row, its frames hold values."""
    given = event.pop("exc_info", None)
    fault = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(fault, BaseException):
        event["exception"] = type(fault).__name__
        event["at"] = places(fault)
        for said in _words(fault):
            event["event"] = str(event["event"]).replace(said, type(fault).__name__)
    return event


def places(fault: BaseException) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(fault.__traceback__)]


def _words(fault: BaseException) -> list[str]:
    """How a library may have quoted the exception in its own message, the longest form first."""
    return [said for said in (repr(fault), str(fault)) if said]


def without_personal_data(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    return {masked(name): value if name.startswith("_") else masked_value(value) for name, value in event.items()}


def request_id(request: HttpRequest) -> str:
    """The caller's id where it is a plain one, else a new one."""
    for header in REQUEST_ID_HEADERS:
        given = request.headers.get(header, "")
        if _ID.fullmatch(given):
            return given
    return str(uuid.uuid4())


class RequestLog:
    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = request_id(request)  # type: ignore[attr-defined]
        clear_contextvars()
        bind_contextvars(request_id=request.request_id)  # type: ignore[attr-defined]
        statements = Statements()
        began = time.perf_counter()
        with connection.execute_wrapper(statements):
            response = self.get_response(request)
        took = round((time.perf_counter() - began) * 1000)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        match = request.resolver_match
        if match is None or match.route not in ("health", "ready", "metrics"):
            log.info(
                "request",
                route=match.route if match else None,
                method=request.method,
                status=response.status_code,
                ms=took,
                sql=statements.count,
                **people(request),
            )
        return response


def people(request: HttpRequest) -> dict[str, str | None]:
    """Whose institution it is, who acts and about whom, nobody by name; a consumer acts about nobody else."""
    known = getattr(request, "known", None)
    if known is None:
        return {"tenant": None, "subject_ref": None, "actor_ref": None}
    actor = _short(known.user.pk)
    named = request.resolver_match.kwargs.get("user_id") if request.resolver_match else None
    about = actor if known.user.is_consumer else _short(named) if named else None
    return {"tenant": vars(known.user).get("tenant_slug"), "subject_ref": about, "actor_ref": actor}


def _short(user_id: object) -> str:
    return subject_ref(str(user_id).lower())[:12]


class Statements:
    """Counts the SQL of one request or task and names what was slow, without its values.

    Opening a request and telling PostgreSQL who is looking are not of its own.
    """

    not_counted = ("SELECT set_config(", "SAVEPOINT", "RELEASE", "ROLLBACK TO")

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += not sql.startswith(self.not_counted)
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            took = time.perf_counter() - began
            if took > SLOW_SECONDS:
                structlog.get_logger("spendsense.sql").warning("slow", statement=sql, ms=round(took * 1000))


@task_prerun.connect
def _task_began(task_id: str, task: Any, **_: Any) -> None:
    clear_contextvars()
    bind_contextvars(task_id=task_id, task=task.name)
    task.request.statements = Statements()
    connection.execute_wrappers.append(task.request.statements)


@task_postrun.connect
def _task_ended(task: Any, state: str, **_: Any) -> None:
    connection.execute_wrappers.remove(task.request.statements)
    structlog.get_logger("spendsense.tasks").info("task", state=state, sql=task.request.statements.count)
    clear_contextvars()
