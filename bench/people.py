"""Dossiers through the whole stack in one process: reads of a long and a short history, writes, search, the rules."""

import statistics
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from django.conf import settings

from accounts import rowsecurity
from accounts.models import Tenant, User
from accounts.tests import factories
from accounts.tests.callers import client_of
from bench import unlimited
from bench.measure import timed
from bench.populated import superuser
from personas import dossiers
from personas.sittings import Change, Text

LONG, PEOPLE, BATCH = 1_000, 2_000, 200
READS = ("", "/persona", "/data", "/persona/versions")
PROSE = (
    "i prefer calls in the morning and plan every week with a list my goal is to save for a house by the sea because "
    "i worry about rent we value honest words she learns by doing and likes quiet rooms at work"
)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def main(arguments: list[str]) -> None:
    rounds = int(arguments[0]) if arguments else 100
    settings.RATE_LIMITS = unlimited.RATE_LIMITS
    omar: User = factories.UserFactory(
        email="omar@example.test", role="operator", level="senior", tenant=Tenant.objects.get(slug="default")
    )
    client = client_of(omar, SERVER_NAME="localhost")
    short, long, fifty = _portrayed(omar, 1, 1_000), _portrayed(omar, LONG, 1_000), _portrayed(omar, 50, 10_000)
    for _ in range(PEOPLE // BATCH):
        _crowd(omar)
    with superuser() as raw:
        raw.execute("VACUUM ANALYZE")

    def read(path: str) -> Callable[[int], object]:
        return lambda _: _well(client.get(path))

    def write(path: str, size: int) -> Callable[[int], object]:
        return lambda number: _well(client.post(path, {"raw_text": _text(number, size)}, format="json"))

    print(f"{rounds} rounds in turns, as an operator, milliseconds; {PEOPLE:,} other people")
    print("| read | of 1 submission | p95 | of 1,000 | p95 | ratio |\n|---|---|---|---|---|---|")
    for path in READS:
        one, many = (f"/v1/person/{person}{path}" for person in (short, long))
        taken = timed({"one": read(one), "many": read(many)}, rounds)
        row = [figure for name in ("one", "many") for figure in (_p50(taken[name]), _p95(taken[name]))]
        print(f"| person{path} | " + " | ".join(f"{ms:.1f}" for ms in row) + f" | {row[2] / row[0]:.2f} |")
    others = {
        "post a submission": write(f"/v1/person/{short}/data", 1_000),
        "search, found early": read("/v1/persona/search?q=morning"),
        "search, found nowhere": read("/v1/persona/search?q=zebra"),
        "stats": read("/v1/persona/stats"),
    }
    print("| | p50 | p95 |\n|---|---|---|")
    for name, each in timed(others, min(rounds, 50)).items():
        print(f"| {name} | {_p50(each):.1f} | {_p95(each):.1f} |")
    again = timed({"all": write(f"/v1/person/{fifty}/data-and-regenerate", 10_000)}, min(rounds, 20))["all"]
    print(f"| regenerate from 50 submissions of 10 KB | {_p50(again):.0f} | {_p95(again):.0f} |")


def _portrayed(by: User, submissions: int, size: int) -> str:
    with rowsecurity.viewing(rowsecurity.of(by)):
        texts = tuple(Text(_text(number, size)) for number in range(submissions))
        (kept,) = dossiers.portray(by=by, changes=[Change(None, texts, opens=True)], now=BEGAN)
    return str(kept.portrait.person_id)


def _crowd(by: User) -> None:
    with rowsecurity.viewing(rowsecurity.of(by)):
        changes = [Change(None, (Text(_text(number, 1_000)),), opens=True) for number in range(BATCH)]
        dossiers.portray(by=by, changes=changes, now=BEGAN + timedelta(days=1))


def _text(seed: int, size: int) -> str:
    chosen = Random(seed)
    words: list[str] = []
    while sum(map(len, words)) + len(words) < size:
        words += [*chosen.choices(PROSE.split(), k=12), ".\n"]
    return " ".join(words)[:size]


def _well(answer: object) -> None:
    assert answer.status_code < 300, answer.content  # type: ignore[attr-defined]


def _p50(seconds: list[float]) -> float:
    return statistics.median(seconds) * 1000


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1] * 1000
