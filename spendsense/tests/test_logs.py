"""One line a request, with nothing personal in it, whoever writes the line."""

import io
import json
import logging

import pytest
import structlog
from django.db import DataError, connection

from accounts import rowsecurity
from accounts.models import User
from accounts.pseudonyms import subject_ref
from spendsense import logs

PERSONAL = {
    "e-mail": "maya.lopez@example.test",
    "phone": "+1 (555) 010-4477",
    "card": "4111 1111 1111 1111",
    "access token": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl",
    "key": "ss_9f8e7d6c5b4a39281706",
}
FROM_ELSEWHERE = [
    "django.request", "django.server", "django.db.backends", "django.security.csrf", "celery", "celery.task",
    "celery.app.trace", "gunicorn.error", "gunicorn.access", "allauth", "urllib3.connectionpool", "psycopg.pool",
]  # fmt: skip


def lines(caplog):
    return [record.msg for record in caplog.records if record.name == "spendsense.requests"]


@pytest.fixture(params=["json", "text"])
def written(request, settings):
    """What leaves the process, in each format, when everything is logged."""
    settings.LOG_FORMAT, settings.LOG_LEVEL = request.param, "DEBUG"
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure()
    out = io.StringIO()
    (handler,) = root.handlers
    handler.setStream(out)
    yield out
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_request_is_one_line_with_its_route_and_no_values(calling, maya, caplog):
    with caplog.at_level("INFO"):
        answer = calling(maya).get("/api/transactions?merchant=Corner+Clinic&start=2025-01-01")
    (line,) = lines(caplog)
    assert line["route"].startswith("api/transactions") and line["status"] == 200 and line["sql"] == 2
    assert line["request_id"] == answer["X-Request-ID"]
    said = json.dumps(line, default=str)
    assert "Clinic" not in said and "maya" not in said and str(maya.pk) not in said


def test_a_line_names_nobody_and_can_be_followed(calling, maya, omar, caplog):
    of = {user: subject_ref(user.pk)[:12] for user in (maya, omar)}
    with caplog.at_level("INFO"):
        calling(maya).get("/api/users/me")
        calling(omar).get(f"/api/users/{str(maya.pk).upper()}/profile")
        calling(omar).get("/api/users/me")
        calling().get("/api/users/me")
    seen = [(line["tenant"], line["subject_ref"], line["actor_ref"]) for line in lines(caplog)]
    assert seen == [
        ("default", of[maya], of[maya]),
        ("default", of[maya], of[omar]),
        ("default", None, of[omar]),
        (None, None, None),
    ]
    assert set(lines(caplog)[0]) - {"logger", "event"} == {
        "time", "level", "request_id", "route", "method", "status", "ms", "tenant", "subject_ref", "actor_ref", "sql",
    }  # fmt: skip


def test_probes_are_not_worth_a_line(calling, db, caplog):
    with caplog.at_level("INFO"):
        calling().get("/health")
        calling().get("/ready")
    assert lines(caplog) == []


def test_no_logger_lets_a_person_through(written):
    for name in {*FROM_ELSEWHERE, *logging.root.manager.loggerDict, "root"}:
        log = logging.getLogger(name)
        if log.handlers and not log.propagate:
            continue  # pytest's own
        for said in PERSONAL.values():
            log.critical("in the text %s", said)
            log.critical("as %(given)s", {"given": {"deep": [said]}})
            try:
                raise ValueError(said)
            except ValueError as fault:
                log.critical("%s was raised", fault, exc_info=True)
    for name in ("spendsense.requests", "accounts.tasks"):
        for said in PERSONAL.values():
            structlog.get_logger(name).error("said", given=said, deep={"in": [said]}, fault=ValueError(said))
            structlog.get_logger(name).error(said, **{said: 1})
    for kind, said in PERSONAL.items():
        assert said not in written.getvalue(), kind
        assert said.replace(" ", "") not in written.getvalue().replace(" ", ""), kind
    assert written.getvalue().count("ValueError") > len(FROM_ELSEWHERE)
    assert "test_no_logger_lets_a_person_through" in written.getvalue()  # the place of the fault


def test_an_exception_is_its_type_and_its_place(written, db):
    """PostgreSQL quotes the value, Python's own traceback would show it, and celery puts it in its text."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::integer", ["Dora Lopez"])
    except DataError as fault:
        assert "Dora Lopez" in str(fault)
        logging.getLogger("celery.app.trace").error("Task %s raised unexpected: %r", "x", fault, exc_info=True)
    assert "Task x raised unexpected: DataError" in written.getvalue()
    assert "Dora" not in written.getvalue()


def test_slow_sql_is_named_without_its_values(calling, maya, monkeypatch, caplog):
    monkeypatch.setattr(logs, "SLOW_SECONDS", 0.0)
    with caplog.at_level("WARNING"):
        calling(maya).get("/api/transactions?merchant=Corner+Clinic")
    slow = [record.msg for record in caplog.records if record.name == "spendsense.sql"]
    assert any('FROM "transactions"' in line["statement"] and "%s" in line["statement"] for line in slow)
    assert "Clinic" not in repr(slow) and str(maya.pk) not in repr(slow)


def test_fast_sql_is_not_worth_a_line(db, caplog):
    with connection.execute_wrapper(logs.Statements()), rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.count()
        assert "spendsense.sql" not in {record.name for record in caplog.records}


def test_a_line_that_cannot_be_made_prints_nothing_instead(written, capsys):
    logging.raiseExceptions = False
    logging.getLogger("accounts").error("%d people", "maya@example.test")
    logging.raiseExceptions = True
    assert "maya" not in capsys.readouterr().err + written.getvalue()
