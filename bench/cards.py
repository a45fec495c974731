"""The cards API under ten callers at once, against a real server, beside the same statements issued raw."""

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from threading import local
from uuid import uuid4

from django.conf import settings
from rest_framework.test import APIClient

from accounts import keys, rowsecurity
from accounts.keys import Scope
from accounts.models import Tenant
from accounts.tests import factories
from bench import unlimited
from bench.person import Door, _asked, _raw
from recommendations import cards

REQUESTS, AT_ONCE, WARM = 1_000, 10, 10
STOCK = 400
HERE = "/api/v1/cards"
Request = tuple[str, str, dict | None]


def main(arguments: list[str]) -> None:
    requests = int(arguments[0]) if arguments else REQUESTS
    settings.RATE_LIMITS = unlimited.RATE_LIMITS
    tenant = Tenant.objects.get(slug="default")
    ada, now = factories.UserFactory(email="ada@example.test", role="admin", tenant=tenant), datetime.now(UTC)
    with rowsecurity.viewing(rowsecurity.of(ada)):
        secret = keys.make(by=ada, name="Bench", scopes=[Scope.CARDS_WRITE], expires_at=None, now=now).secret
        stock = [
            str(card.pk)
            for start in range(0, STOCK, 100)
            for card in cards.create_batch(
                tenant_id=tenant.pk,
                by=ada.actor,
                items=[_item(f"stock-{n}") for n in range(start, start + 100)],
                now=now,
            ).cards
        ]
    number = count()

    def batch() -> Request:
        first = next(number) * 4
        return "POST", f"{HERE}/batch", {"cards": [_item(f"new-{n}") for n in range(first, first + 4)]}

    def retrieve() -> Request:
        first = next(number) % (STOCK - 4)
        return "POST", f"{HERE}/retrieve", {"card_ids": stock[first : first + 4]}

    def usage() -> Request:
        return "POST", f"{HERE}/{stock[next(number) % STOCK]}/usage", {"workflow_id": str(uuid4())}

    def page() -> Request:
        return "GET", HERE, None

    print(f"{requests} requests, {AT_ONCE} at once; milliseconds")
    print(
        f"{'':<14} {'p50':>7} {'p95':>7} {'p99':>7} {'a second':>9} {'statements':>11} {'raw p50':>8} {'alone/raw':>9}"
    )
    with served() as port:
        for name, made in (("retrieve of 4", retrieve), ("usage", usage), ("list of 20", page), ("batch of 4", batch)):
            taken, seconds = _measured(port, secret, made, requests)
            alone, door = _alone(port, secret, made)
            cuts = statistics.quantiles(taken, n=100)
            raw = statistics.median(_raw(door.sql) for _ in range(100)) * 1000
            print(
                f"{name:<14} {cuts[49]:7.1f} {cuts[94]:7.1f} {cuts[98]:7.1f} {requests / seconds:9.0f}"
                f" {len(door.sql):11} {raw:8.2f} {alone / raw:8.1f} x"
            )


def _item(key: str) -> dict:
    return {"card_type": "insight", "title": key, "content": {"key": key, "body": "A card reports its limit. " * 40}}


@contextmanager
def served() -> Iterator[int]:
    """A real server of one process on a free port, until the benchmark ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = os.environ | {"PORT": str(port), "SPENDSENSE_PROCESS": "web", "DJANGO_SETTINGS_MODULE": "bench.unlimited"}
    command = [sys.executable, "-m", "gunicorn", "-c", "spendsense/gunicorn.py", "spendsense.wsgi"]
    server = subprocess.Popen(command, env=environ)
    try:
        _until_it_answers(port)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _until_it_answers(port: int) -> None:
    given_up = time.monotonic() + 60
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            if time.monotonic() > given_up:
                raise
            time.sleep(0.1)


def _caller(port: int, secret: str) -> Callable[[Request], float]:
    mine = local()

    def call(request: Request) -> float:
        if not hasattr(mine, "line"):
            mine.line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        verb, path, body = request
        headers = {"Authorization": f"Api-Key {secret}", "Content-Type": "application/json"}
        began = time.perf_counter()
        mine.line.request(verb, path, json.dumps(body) if body else None, headers)
        answer = mine.line.getresponse()
        said = answer.read()
        assert answer.status in (200, 201), said
        return (time.perf_counter() - began) * 1000

    return call


def _measured(port: int, secret: str, made: Callable[[], Request], requests: int) -> tuple[list[float], float]:
    call = _caller(port, secret)
    with ThreadPoolExecutor(AT_ONCE) as callers:
        list(callers.map(call, [made() for _ in range(WARM)]))
        began = time.perf_counter()
        taken = list(callers.map(call, [made() for _ in range(requests)]))
        return taken, time.perf_counter() - began


def _alone(port: int, secret: str, made: Callable[[], Request]) -> tuple[float, Door]:
    """One caller's median, and the statements of one request."""
    call = _caller(port, secret)
    alone = statistics.median(call(made()) for _ in range(100))
    client = APIClient(SERVER_NAME="127.0.0.1", HTTP_AUTHORIZATION=f"Api-Key {secret}")

    def ask() -> int:
        verb, path, body = made()
        answer = client.generic(verb, path, json.dumps(body) if body else "", "application/json")
        return 200 if answer.status_code in (200, 201) else answer.status_code

    door = Door(ask)
    door.sql = _asked(door)
    return alone, door
