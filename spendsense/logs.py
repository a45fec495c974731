"""One line a request and a task, with an id to follow and nothing personal in it."""

import logging
import logging.config
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from celery.signals import task_postrun, task_prerun
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars

REQUEST_ID_HEADERS = ("X-Request-ID", "X-Trace-ID", "X-Correlation-ID")
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
log = structlog.get_logger("spendsense.requests")

Respond = Callable[[HttpRequest], HttpResponse]


def configure() -> None:
    """structlog for our own events, the same processors for everybody else's."""
    shared: list[Any] = [
        merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    render: Any = (
        structlog.dev.ConsoleRenderer(colors=False)
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
            },
        }
    )


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
            )
        return response


class Statements:
    """Counts the SQL of one request; opening it and telling PostgreSQL who is looking are not of its own."""

    not_counted = ("SELECT set_config(", "SAVEPOINT", "RELEASE", "ROLLBACK TO")

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += not sql.startswith(self.not_counted)
        return execute(sql, params, many, context)


@task_prerun.connect
def _task_began(task_id: str, task: Any, **_: Any) -> None:
    clear_contextvars()
    bind_contextvars(task_id=task_id, task=task.name)


@task_postrun.connect
def _task_ended(state: str, **_: Any) -> None:
    structlog.get_logger("spendsense.tasks").info("task", state=state)
    clear_contextvars()
