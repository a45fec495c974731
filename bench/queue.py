"""The desk with a long queue: its pages, one decision, a hundred at once, and twenty operators at once for a minute."""

import random
import statistics
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import audit, rowsecurity
from accounts.models import AuditEntry, User
from accounts.refusals import Refused
from accounts.tests import factories
from accounts.tests.callers import client_of, session_for
from bench import waiting
from operators.wanted import Wanted, in_order, matching
from recommendations import reviewing
from recommendations.models import Recommendation, RecordedMove

ITEMS, OPERATORS, ROUNDS, CHOICE = 100_000, 20, 40, 50
API, PAGE = "/api/operator/recommendations", "/admin/operators/reviewitem/"
PEOPLE = "/admin/operators/userfile/"
ASKED = (
    "", "order=desc", "sort=priority", "sort=user", "sort=persona", "offset=99000",
    "persona=savings_builder&stale=true", "guardrails_failed=true", "q=4523", "q=reader99",
)  # fmt: skip
REASON = "It does not fit what this person has."


def main(arguments: list[str]) -> None:
    items = int(arguments[0]) if arguments else ITEMS
    seconds = int(arguments[1]) if len(arguments) > 1 else 60
    waiting.items(items)
    omar = factories.UserFactory(email="omar@example.test", role="operator", level="senior")
    api, console = client_of(omar, SERVER_NAME="127.0.0.1"), Client(SERVER_NAME="127.0.0.1")
    console.cookies[settings.SESSION_COOKIE_NAME] = str(session_for(omar).session_key)
    print(f"{items:,} items wait; milliseconds through the whole stack, in one process")
    for query in ASKED:
        told(f"list ?{query}", [took(lambda q=query: api.get(f"{API}?{q}")) for _ in range(ROUNDS // 4)])
    told("list", [took(lambda: api.get(API)) for _ in range(ROUNDS)])
    told("page of the console", [took(lambda: console.get(PAGE)) for _ in range(ROUNDS)])
    one = api.get("/api/operator/users?limit=1").json()["items"][0]["user_id"]
    for query in ("", "?sort=name", "?sort=-risk_flags", "?sort=-live_items", "?q=reader99", f"{one}/change/"):
        said = "a file" if one in query else f"users {query}"
        told(said, [took(lambda q=query: console.get(f"{PEOPLE}{q}")) for _ in range(ROUNDS // 4)])
    told("stats", [took(lambda: api.get("/api/operator/stats")) for _ in range(ROUNDS // 2)])
    told("claims", [took(lambda: api.get("/api/operator/claims")) for _ in range(ROUNDS // 2)])
    ids = [one["recommendation_id"] for one in api.get(f"{API}?limit=200&guardrails_failed=false").json()["items"]]
    chosen = iter(ids)
    told("a decision", [took(lambda: api.post(f"{API}/{next(chosen)}/reject", {"reason": REASON}, format="json"))
                        for _ in range(ROUNDS)])  # fmt: skip
    many = {"action": "reject", "recommendation_ids": list(chosen)[:100], "reason": REASON}
    told("a hundred at once", [took(lambda: api.post(f"{API}/bulk", many, format="json"))])
    race(omar, seconds)


def took(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    answer = call()
    assert answer.status_code == 200, (answer.status_code, answer.content[:300])
    return time.perf_counter() - began


def told(name: str, taken: list[float]) -> None:
    p95 = statistics.quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]
    print(f"{name:<46} median {statistics.median(taken) * 1000:7.1f}  p95 {p95 * 1000:7.1f}")


def race(omar: User, seconds: int) -> None:
    """Everybody decides about the same few oldest items, over and over."""
    staff = [factories.UserFactory(role="operator", level="senior") for _ in range(OPERATORS)]
    before = decisions(omar)
    until = time.monotonic() + seconds

    def works(by: User) -> tuple[Counter[str], list[float]]:
        chance, came, taken = random.Random(str(by.pk)), Counter[str](), list[float]()
        while time.monotonic() < until:
            with rowsecurity.viewing(rowsecurity.of(by)):
                rows = matching(Wanted(), tenant_id=by.tenant_id, zone="UTC", today=timezone.now().date())
                ids = list(in_order(rows, Wanted()).values_list("pk", flat=True)[:CHOICE])
            for item_id in chance.sample(ids, min(10, len(ids))):
                began = time.perf_counter()
                try:
                    with rowsecurity.viewing(rowsecurity.of(by)):
                        reviewing.reject(item_id=item_id, by=by, now=timezone.now(), reason=REASON)
                except Refused as refused:
                    came[refused.code] += 1
                else:
                    came["decided"] += 1
                    taken.append(time.perf_counter() - began)
        connection.close()
        return came, taken

    with ThreadPoolExecutor(OPERATORS) as pool:
        done = list(pool.map(works, staff))
    came = sum((one for one, _ in done), Counter[str]())
    told("a decision in the crowd", [one for _, taken in done for one in taken])
    moves, rows, decided, twice = (now - then for now, then in zip(decisions(omar), before, strict=True))
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        valid = audit.verify(tenant_id=omar.tenant_id).valid
    print(f"{OPERATORS} operators, {seconds} s: {dict(came)}")
    print(
        f"moves {moves:,}, audit rows {rows:,}, items decided {decided:,}, decided twice {twice}, chain valid {valid}"
    )
    assert came["decided"] == moves == rows == decided and not twice and valid


def decisions(by: User) -> tuple[int, int, int, int]:
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        moves = RecordedMove.objects.filter(verb="reject")
        count, items = moves.count(), moves.values("recommendation_id").distinct().count()
        rows = AuditEntry.objects.filter(tenant_id=by.tenant_id, action="reject").count()
        return count, rows, Recommendation.objects.filter(status="rejected").count(), count - items
