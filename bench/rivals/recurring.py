"""What recurs among one person's charges of the last 90 days."""

from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import Any

from bench.rivals.person import Person, Row, money, nearest

NANO = 10**9


def merchants(person: Person) -> list[dict[str, Any]]:
    """The recurring merchants, dearest first; `nanos` is their amount a month in billionths of a cent."""
    charges = defaultdict(list)
    for row in person.within(90):
        if (
            row.cents < 0
            and row.kind in ("checking", "card")
            and row.flow in ("subscription", "other")
            and row.key != "unknown"
        ):
            charges[row.key].append(row)
    found = []
    for key, rows in charges.items():
        if plan := _plan(rows, person.divided(90)):
            frequency, rule, nanos = plan
            last = rows[-1].day
            found.append(
                {
                    "name": rows[-1].merchant,
                    "merchant_key": key,
                    "amount": whole(nanos),
                    "average_charge": money(nearest(-sum(row.cents for row in rows), len(rows))),
                    "frequency": frequency,
                    "rule": rule,
                    "charges_in_window": len(rows),
                    "first_charge_date": rows[0].day,
                    "last_charge_date": last,
                    "active": (person.as_of - last).days <= (10 if frequency == "weekly" else 45),
                    "nanos": nanos,
                }
            )
    return sorted(found, key=lambda one: (-one["amount"], one["name"], one["merchant_key"]))


def whole(nanos: int) -> Decimal:
    return Decimal((nanos + NANO // 2 + NANO // 10**7) // NANO).scaleb(-2)


def _plan(rows: list[Row], divided: int) -> tuple[str, str, int] | None:
    gap = _gap(rows)
    if gap is None:
        return None
    if steady := _cadence(rows, gap):
        return steady[0], "cadence", steady[1]
    plans = [_cadence(cluster, _gap(cluster)) for cluster in _clusters(rows)]
    sound = [plan for plan in plans if plan]
    if len(plans) in (2, 3) and len(sound) == len(plans):
        frequency = "monthly" if all(plan[0] == "monthly" for plan in sound) else "weekly"
        return frequency, "cadence", sum(plan[1] for plan in sound)
    if gap <= 45 and any(row.flow == "subscription" for row in rows):
        total = -sum(row.cents for row in rows)
        return "monthly" if gap > 10 else "irregular", "category", nearest(total * 30, divided, NANO) or 0
    return None


def _gap(rows: list[Row]) -> float | None:
    if len(rows) < 3:
        return None
    days = sorted({row.day for row in rows})
    return median((later - earlier).days for earlier, later in pairwise(days)) if len(days) >= 3 else None


def _cadence(rows: list[Row], gap: float | None) -> tuple[str, int] | None:
    if gap is None or not (25 <= gap <= 35 or 6 <= gap <= 8):
        return None
    n, total = len(rows), -sum(row.cents for row in rows)
    spread = n * sum(row.cents * row.cents for row in rows) - total * total
    if spread * 100 > (n - 1) * total * total // n:
        return None
    if gap >= 25:
        return "monthly", nearest(total, n, NANO) or 0
    return "weekly", nearest(total * 52, n * 12, NANO) or 0


def _clusters(rows: list[Row]) -> list[list[Row]]:
    clusters: list[list[Row]] = []
    for row in sorted(rows, key=lambda row: -row.cents):
        if clusters and -row.cents * 10 <= -clusters[-1][-1].cents * 11:
            clusters[-1].append(row)
        else:
            clusters.append([row])
    return clusters
