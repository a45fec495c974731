"""What staff did and what became of it, in a range of days: a handful of statements, however many items there are."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from accounts import rowsecurity
from accounts.models import User
from accounts.refusals import Unacceptable
from operators import auditing, days
from personas import distribution
from personas.models import Window

DAYS, LONGEST = 30, 366
MOST_ACTIVE = MOST_FREQUENT = 10
ACTS = ("approve", "reject", "modify", "flag", "undo", "override")
TIMELINE = ("approve", "reject", "modify", "flag")
BINS = ((5, "< 5 min"), (30, "5-30 min"), (60, "30-60 min"), (240, "1-4 h"), (1440, "4-24 h"), (4320, "1-3 d"))
LONGER = "> 3 d"

OF_ITEMS = """
           AND (%(persona)s::text IS NULL OR r.persona = %(persona)s) AND (%(type)s::text IS NULL OR r.type = %(type)s)
"""
# Every act of staff on an item of somebody who agrees, once, and then counted in three ways: by day, verb, operator and
# persona; by the time that decided items had waited; and by the reason of a rejection.
ACTED = f"""
    WITH acts AS MATERIALIZED (
        SELECT m.at, m.verb, m.actor_id AS actor, r.persona, m.reason,
               extract(epoch FROM m.at - r.created_at)::float8 / 60 AS minutes
          FROM recommendation_moves m JOIN recommendations r ON r.id = m.recommendation_id
         WHERE m.tenant_id = %(tenant)s AND m.at >= %(since)s AND m.at < %(until)s AND m.verb = ANY(%(verbs)s)
               {OF_ITEMS} AND (%(operator)s::uuid IS NULL OR m.actor_id = %(operator)s)
         UNION ALL
        SELECT f.flagged_at, 'flag', f.flagged_by, r.persona, NULL, 0
          FROM recommendation_flags f JOIN recommendations r ON r.id = f.recommendation_id
         WHERE f.tenant_id = %(tenant)s AND f.flagged_at >= %(since)s AND f.flagged_at < %(until)s
           AND f.flagged_by IS NOT NULL
               {OF_ITEMS} AND (%(operator)s::uuid IS NULL OR f.flagged_by = %(operator)s))
    SELECT 'act', (at AT TIME ZONE %(zone)s)::date, verb, actor, persona, NULL, count(*), sum(minutes)
      FROM acts GROUP BY 2, verb, actor, persona
     UNION ALL
    SELECT 'waited', NULL, NULL, NULL, NULL, width_bucket(minutes, %(edges)s::float8[])::text, count(*), NULL
      FROM acts WHERE verb IN ('approve', 'reject') GROUP BY 6
     UNION ALL
    (SELECT 'reason', NULL, NULL, NULL, NULL, reason, count(*), NULL
       FROM acts WHERE verb = 'reject' GROUP BY reason ORDER BY count(*) DESC, reason LIMIT %(most)s)
"""
MADE = f"""
    SELECT made.card_id, c.title, c.content ->> 'key', proposed, approved, shown, clicked, helpful
      FROM (SELECT r.card_id, count(*) AS proposed, count(*) FILTER (WHERE r.approved_at IS NOT NULL) AS approved,
                   count(*) FILTER (WHERE r.shown_at IS NOT NULL) AS shown,
                   count(*) FILTER (WHERE r.clicked) AS clicked,
                   count(*) FILTER (WHERE r.id IN (SELECT f.recommendation_id FROM recommendation_feedback f
                                                    WHERE f.helpful)) AS helpful
              FROM recommendations r
             WHERE r.tenant_id = %(tenant)s AND r.created_at >= %(since)s AND r.created_at < %(until)s {OF_ITEMS}
             GROUP BY r.card_id) made
      JOIN cards c USING (card_id) ORDER BY made.proposed DESC, made.card_id
"""
QUEUE = f"SELECT count(*) FROM recommendations r WHERE r.tenant_id = %(tenant)s AND r.status = 'pending' {OF_ITEMS}"


class RangeInvalid(Unacceptable):
    code = "VALIDATION_ERROR"
    sentence = "The range must begin before it ends and may have at most 366 days."


@dataclass(frozen=True)
class Asked:
    """Days of the institution's calendar, both included, and whose acts on what."""

    first: date
    last: date
    persona: str | None = None
    type: str | None = None
    operator: UUID | None = None


@dataclass(frozen=True)
class Card:
    card_id: UUID
    title: str
    key: str | None
    proposed: int
    approved: int
    shown: int
    clicked: int
    helpful: int


@dataclass(frozen=True)
class Acts:
    """Counts of acts by what was done, and the minutes that decided items had waited."""

    counts: Counter[str] = field(default_factory=Counter)
    minutes: float = 0.0

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def decided(self) -> int:
        return self.counts["approve"] + self.counts["reject"]

    @property
    def approval_rate(self) -> float | None:
        return rate(self.counts["approve"], self.decided)

    @property
    def mean_minutes(self) -> float | None:
        return round(self.minutes / self.decided, 2) if self.decided else None


@dataclass(frozen=True)
class Analytics:
    asked: Asked
    acts: Acts
    by_day: Mapping[date, Acts]
    by_operator: Sequence[tuple[UUID, Acts]]
    by_persona: Mapping[str, Acts]
    review_times: Sequence[tuple[str, int]]
    reasons: Sequence[tuple[str, int]]
    cards: Sequence[Card]
    queue_size: int
    personas: Sequence[distribution.Share]
    positive_rate_pct: Decimal | None


def asked(*, first: date | None, last: date | None, now: datetime, zone: str, **which: Any) -> Asked:
    last = last or days.day_of(now, zone)
    first = first or last - timedelta(days=DAYS - 1)
    if first > last or (last - first).days >= LONGEST:
        raise RangeInvalid
    return Asked(first, last, **which)


def analytics(*, tenant_id: UUID, zone: str, asked: Asked, now: datetime) -> Analytics:
    """Of people who agree today, counted with the eyes of the pipeline: the same people, asked about at once."""
    values = _values(tenant_id, zone, asked)
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        acted, times, reasons = _acted(values)
        cards = [Card(*row) for row in _rows(MADE, **values)]
        ((waiting,),) = _rows(QUEUE, **values)
        window, length = Window.DAYS_30.value, (asked.last - asked.first).days + 1
        shares = distribution.shares(tenant_id=tenant_id, window=window, days=None, now=now)
        positive = distribution.positive_rate(tenant_id=tenant_id, window=window, days=length, now=now)
    operators, personas = _grouped(acted, 2), _grouped(acted, 3)
    return Analytics(
        asked,
        _summed(acted),
        _by_day(acted, asked),
        sorted(operators.items(), key=lambda one: (-one[1].total, str(one[0])))[:MOST_ACTIVE],
        {share.persona: personas.get(share.persona, Acts()) for share in shares},
        [(name, times.get(place, 0)) for place, name in enumerate([*(name for _, name in BINS), LONGER])],
        reasons,
        cards,
        waiting,
        shares,
        positive.positive_rate_pct,
    )


def by_day(*, tenant_id: UUID, zone: str, asked: Asked) -> dict[date, Acts]:
    with rowsecurity.viewing(rowsecurity.pipeline(tenant_id)):
        return _by_day(_acted(_values(tenant_id, zone, asked))[0], asked)


def of_operator(*, by: User, asked: Asked) -> tuple[Acts, dict[date, int]]:
    """What one of the staff did, in all and on each day."""
    auditing.one_of_the_staff(asked.operator, by=by)
    with rowsecurity.viewing(rowsecurity.pipeline(by.tenant_id)):
        acted, _, _ = _acted(_values(by.tenant_id, by.tenant.time_zone, asked))
    return _summed(acted), {day: acts.total for day, acts in _by_day(acted, asked).items()}


def rate(part: int, whole: int) -> float | None:
    return float((Decimal(part) / whole).quantize(Decimal("0.0001"), ROUND_HALF_UP)) if whole else None


def _acted(values: dict[str, Any]) -> tuple[list[tuple[Any, ...]], dict[int, int], list[tuple[str, int]]]:
    """Acts by day, verb, operator and persona; decisions by how long they took; rejections by their reason."""
    rows = _rows(ACTED, **values, edges=[minutes for minutes, _ in BINS], most=MOST_FREQUENT, verbs=list(ACTS))
    acts = [(*row[1:5], *row[6:]) for row in rows if row[0] == "act"]
    times = {int(row[5]): row[6] for row in rows if row[0] == "waited"}
    return acts, times, [(row[5], row[6]) for row in rows if row[0] == "reason"]


def _values(tenant_id: UUID, zone: str, asked: Asked) -> dict[str, Any]:
    since, until = days.span(asked.first, asked.last, zone)
    which = {"persona": asked.persona, "type": asked.type, "operator": asked.operator}
    return {"tenant": tenant_id, "zone": zone, "since": since, "until": until, **which}


def _by_day(acted: Sequence[tuple[Any, ...]], asked: Asked) -> dict[date, Acts]:
    """Every day of the range, also one on which nothing was done."""
    found = _grouped(acted, 0)
    return {day: found.get(day, Acts()) for day in days.each(asked.first, asked.last)}


def _grouped(acted: Sequence[tuple[Any, ...]], place: int) -> dict[Any, Acts]:
    rows = defaultdict(list)
    for row in acted:
        rows[row[place]].append(row)
    return {key: _summed(mine) for key, mine in rows.items()}


def _summed(acted: Sequence[tuple[Any, ...]]) -> Acts:
    counts = Counter[str]()
    for _, verb, _, _, count, _ in acted:
        counts[verb] += count
    return Acts(counts, sum(row[5] for row in acted if row[1] in ("approve", "reject")))


def _rows(query: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()
