"""Readers and their pages against a real gunicorn: cold, kept, and under a crowd that comes by Zipf's law."""

import http.client
import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import accumulate
from uuid import UUID, uuid4

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from accounts import rowsecurity
from accounts.fingerprints import fingerprint
from accounts.models import Tenant, User
from accounts.tests.callers import client_of, pair_for
from bench.populated import people, superuser
from personas import profiles
from recommendations import proposing, starter
from recommendations.models import Card

USERS, READERS, EXPONENT = 300, 8, 1.1
PORT = 8123
FEED, FLOOR = "/api/recommendations", "/api/users/me"
# Of a hundred requests: what a reader does besides looking.
CLICKS, ANSWERS = 3, 2
APPROVED = """
    UPDATE recommendations SET status = 'approved', approved_at = %s, approved_by = %s WHERE guardrails_passed
"""
KEPT = re.compile(r'kept_answers_total\{kind="recommendations",served="(True|False)"\} ([\d.]+)')


def main(arguments: list[str]) -> None:
    requests = int(arguments[0]) if arguments else 3_000
    users = readers()
    tokens = [pair_for(user).access for user in users]
    with superuser() as raw:
        raw.execute("VACUUM ANALYZE")
    own_time(users[:100])
    print(f"{len(tokens)} readers, {requests:,} requests of {READERS} at once; milliseconds, through gunicorn")
    with gunicorn():
        told("a page, cold", one_by_one(tokens, FEED, cold=True))
        told("a page, kept", one_by_one(tokens, FEED))
        told("who am I", one_by_one(tokens, FLOOR))
        told("why not", one_by_one(tokens[:100], f"{FEED}/why-not?key=utilization-basics"))
        told("a question", questions(tokens[:100]))
        before = kept()
        crowd(tokens, requests)
        served, missed = (kept()[name] - before[name] for name in ("True", "False"))
        print(f"under the crowd {served / (served + missed):.1%} of the pages were kept ones")


def readers() -> list[User]:
    """People with approved items of the starting library."""
    people(USERS)
    tenant, now = Tenant.objects.get(slug="default"), datetime.now(UTC)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        for item in starter.items():
            made = {"content_hash": fingerprint(item["content"]), "created_by": "bench", "tenant": tenant}
            Card.objects.create(
                card_type=item["card_type"], title=item["title"], content=item["content"], tags=item["tags"], **made
            )
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        due = profiles.due(tenant_id=tenant.pk)
        profiles.refresh(user_ids=due, tenant_id=tenant.pk, now=now)
        done = proposing.propose(user_ids=due, tenant_id=tenant.pk, now=now)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE), connection.cursor() as cursor:
        cursor.execute(APPROVED, [timezone.now(), uuid4()])
        return list(User.objects.filter(pk__in=[one.user_id for one in done if one.education]).order_by("user_id"))


def own_time(users: list[User]) -> None:
    """The processor time of this process through the whole stack: what a busy machine does not change."""
    clients = [client_of(user, SERVER_NAME="127.0.0.1") for user in users]
    question = {"message": "Where does my money go?"}
    doors = {
        "first page": lambda client: client.get(FEED),
        "cold page": lambda client: (cache.clear(), client.get(FEED))[1],
        "kept page": lambda client: client.get(FEED),
        "who am I": lambda client: client.get(FLOOR),
        "why not": lambda client: client.get(f"{FEED}/why-not?key=utilization-basics"),
        "question": lambda client: client.post("/api/chat", question, format="json"),
    }
    for name, door in doors.items():
        taken = []
        for client in clients:
            began = time.process_time()
            assert door(client).status_code == 200
            taken.append(time.process_time() - began)
        told(f"{name}, own time", taken)


@contextmanager
def gunicorn() -> Iterator[None]:
    environ = os.environ | {
        "SPENDSENSE_PROCESS": "web",
        "JWT_PRIVATE_KEY": settings.HEADLESS_JWT_PRIVATE_KEY,
        "API_REQUESTS_PER_HOUR": str(10**9),
        "BIND": f"127.0.0.1:{PORT}",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "spendsense/gunicorn.py", "spendsense.wsgi"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait()
            yield
        finally:
            process.terminate()


def wait() -> None:
    given_up = time.monotonic() + 60
    while True:
        try:
            if ask(http.client.HTTPConnection("127.0.0.1", PORT), "/health")[0] == 200:
                return
        except ConnectionRefusedError:
            if time.monotonic() > given_up:
                raise
            time.sleep(0.1)


Line = http.client.HTTPConnection


def ask(line: Line, path: str, token: str = "", body: object = None) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    sent = None if body is None else json.dumps(body)
    line.request("GET" if sent is None else "POST", path, sent, headers | {"Content-Type": "application/json"})
    answer = line.getresponse()
    return answer.status, answer.read()


def one_by_one(tokens: list[str], path: str, *, cold: bool = False) -> list[float]:
    """Everybody once, after one to warm up; cold: with nothing kept."""
    line, taken = Line("127.0.0.1", PORT), []
    if cold:
        cache.clear()
    for token in [tokens[0], *tokens]:
        began = time.perf_counter()
        status, _ = ask(line, path, token)
        taken.append(time.perf_counter() - began)
        assert status == 200, status
    return taken[1:]


def questions(tokens: list[str]) -> list[float]:
    line, taken = Line("127.0.0.1", PORT), []
    for token in [tokens[0], *tokens]:
        began = time.perf_counter()
        status, _ = ask(line, "/api/chat", token, {"message": "Where does my money go?"})
        taken.append(time.perf_counter() - began)
        assert status == 200, status
    return taken[1:]


def crowd(tokens: list[str], requests: int) -> None:
    """Readers at once, each of the requests by somebody whose rank decides how often they come."""
    weights = list(accumulate(1 / rank**EXPONENT for rank in range(1, len(tokens) + 1)))

    def reader(number: int) -> list[float]:
        chance, line, taken = random.Random(number), Line("127.0.0.1", PORT), []
        for _ in range(requests // READERS):
            (token,) = chance.choices(tokens, cum_weights=weights)
            began = time.perf_counter()
            _, page = ask(line, FEED, token)
            taken.append(time.perf_counter() - began)
            items = json.loads(page)["items"]
            did = chance.randrange(100)
            if items and did < CLICKS + ANSWERS:
                item = UUID(chance.choice(items)["recommendation_id"])
                what, body = ("click", {}) if did < CLICKS else ("feedback", {"helpful": True})
                ask(line, f"{FEED}/{item}/{what}", token, body)
        return taken

    began = time.perf_counter()
    with ThreadPoolExecutor(READERS) as pool:
        taken = [one for of in pool.map(reader, range(READERS)) for one in of]
    told("a page in the crowd", taken)
    print(f"{len(taken) / (time.perf_counter() - began):.0f} pages a second")


def kept() -> Counter[str]:
    _, page = ask(Line("127.0.0.1", PORT), "/metrics")
    return Counter({served: int(float(count)) for served, count in KEPT.findall(page.decode())})


def told(name: str, taken: list[float]) -> None:
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(f"{name:<22} median {statistics.median(taken) * 1000:6.1f}  p95 {p95 * 1000:6.1f}")
