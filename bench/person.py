"""One person through the whole stack: assign and every read, cold and kept, against the same statements issued raw."""

import statistics
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction

from accounts import rowsecurity
from accounts.models import Tenant, User
from accounts.tests.callers import client_of
from accounts.tests.senders import AROUND
from bench.populated import people, superuser
from personas import profiles

USERS = 200
READS = {
    "who am I": "/api/users/me",
    "persona": "/api/personas/me",
    "tenure": "/api/personas/me/tenure",
    "transitions": "/api/personas/me/transitions",
    "counterfactual": "/api/personas/me/counterfactual",
    "signals": "/api/users/me/signals",
    "profile": "/api/users/me/profile",
    "persona history": "/api/users/me/persona-history",
    "insights": "/api/insights",
}
KEPT = ("signals", "profile")


@dataclass(frozen=True)
class Statement:
    """As Django or one of our own cursors sent it; what writes values into the text is another cursor than theirs."""

    text: str
    values: Any
    many: bool
    binary: bool


@dataclass
class Door:
    """A request, what it asks of PostgreSQL, and how long both took, in seconds."""

    ask: Callable[[], int]
    sql: list[Statement] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)

    def told(self, name: str) -> str:
        ms = [value * 1000 for value in (*_typical(self.wall), *_typical(self.own), statistics.median(self.floor))]
        wall, wall_95, own, own_95, floor = ms
        return (
            f"{name:<18} {len(self.sql):>2} {wall:7.1f} {wall_95:7.1f} {own:7.1f} {own_95:7.1f} {floor:7.1f}"
            f" {wall / floor:6.1f} x"
        )


def _typical(taken: list[float]) -> tuple[float, float]:
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


def main(arguments: list[str]) -> None:
    rounds = int(arguments[0]) if arguments else 200
    settings.API_REQUESTS_PER_HOUR = 10**9
    print(f"{USERS} users, {people(USERS):,} transactions, {rounds} rounds; milliseconds")
    with superuser() as raw:
        raw.execute("VACUUM ANALYZE")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        one = User.objects.filter(consent_status=True).order_by("user_id").first()
    tenant, now = Tenant.objects.get(slug="default"), datetime.now(UTC)
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        profiles.refresh(user_ids=profiles.due(tenant_id=tenant.pk), tenant_id=tenant.pk, now=now)
    doors = _doors(one)
    for number in range(rounds + 1):
        for door in doors.values():
            _round(door, warm=number > 0)
    print(f"{'':<18} {'':>2} {'wall':>7} {'p95':>7} {'own':>7} {'p95':>7} {'raw':>7} {'wall/raw':>8}")
    for name, door in doors.items():
        print(door.told(name))


def _doors(one: User) -> dict[str, Door]:
    client = client_of(one, SERVER_NAME="127.0.0.1")

    def got(path: str) -> int:
        return int(client.get(path).status_code)

    def cold(path: str) -> int:
        cache.delete_many([f"{name}:{one.pk}" for name in KEPT])
        return got(path)

    doors = {"assign": Door(lambda: client.post("/api/personas/assign/me", {}, format="json").status_code)}
    for name, path in READS.items():
        doors[name] = Door(lambda path=path: cold(path))
        if name in KEPT:
            doors[f"{name}, kept"] = Door(lambda path=path: got(path))
    return doors


def _round(door: Door, *, warm: bool) -> None:
    """Own time is the processor time of this process: what waits for PostgreSQL or for other programs is not in it."""
    if not warm:
        door.sql = _asked(door)
        return
    began, own = time.perf_counter(), time.process_time()
    assert door.ask() == 200
    door.own.append(time.process_time() - own)
    door.wall.append(time.perf_counter() - began)
    door.floor.append(_raw(door.sql))


def _asked(door: Door) -> list[Statement]:
    """The statements of one request, in a transaction that is taken back so that they can be asked again."""
    asked: list[Statement] = []

    def noted(execute, text, values, many, context):
        if not text.startswith(AROUND):
            asked.append(Statement(text, values, many, not isinstance(context["cursor"].cursor, psycopg.ClientCursor)))
        return execute(text, values, many, context)

    with transaction.atomic(), connection.execute_wrapper(noted):
        assert door.ask() == 200
        transaction.set_rollback(True)
    return asked


def _raw(statements: list[Statement]) -> float:
    """The same with nothing around it: one connection, the same wall, the answers read and thrown away."""
    plain = _plain()
    began = time.perf_counter()
    with psycopg.ClientCursor(plain) as written, plain.cursor(binary=True) as carried:
        written.execute("BEGIN")
        written.execute(rowsecurity._TELL, astuple(rowsecurity.SIGNIN))
        for statement in statements:
            cursor = carried if statement.binary else written
            (cursor.executemany if statement.many else cursor.execute)(statement.text, statement.values)
            if cursor.description:
                cursor.fetchall()
        written.execute("ROLLBACK")
    return time.perf_counter() - began


_open: list[psycopg.Connection] = []


def _plain() -> psycopg.Connection:
    if not _open:
        given = settings.DATABASES["default"]
        _open.append(psycopg.connect(host=given["HOST"], user=given["USER"], dbname=given["NAME"], autocommit=True))
    return _open[0]
