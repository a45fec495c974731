"""Recurring charges of one person in plain Python, step by step as the specification has them."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from statistics import median

from accounts.tests.person_reference import Person, Row, Signals, rounded


def subscriptions(person: Person, window: int) -> Signals:
    charges = defaultdict(list)
    for row in person.within(90):
        key = row["merchant_entity_id"] or row["merchant_key"]
        if (
            row["cents"] < 0
            and row["kind"] in ("checking", "card")
            and row["flow"] in ("subscription", "other")
            and key != "unknown"
        ):
            charges[key].append(row)
    found = [plan for rows in charges.values() if (plan := recurring(person, rows))]
    active = [
        amount for amount, rhythm, last in found if (person.as_of - last).days <= (10 if rhythm == "weekly" else 45)
    ]
    spend = person.monthly_spend(window)
    total = sum(active, Fraction(0))
    return {
        "recurring_merchant_count": len(active),
        "inactive_merchant_count": len(found) - len(active),
        "monthly_recurring_spend": rounded(total),
        "subscription_share_pct": rounded(total / spend * 100) if spend else Decimal("0.00"),
    }


Plan = tuple[Fraction, str, date]  # amount a month, frequency, last charge


def recurring(person: Person, rows: list[Row]) -> Plan | None:
    days = sorted({row["date"] for row in rows})
    if len(rows) < 3 or len(days) < 3:
        return None
    if plan := _cadence(rows):
        return plan
    plans = [_cadence(cluster) for cluster in _clusters(rows)]
    if 2 <= len(plans) <= 3 and all(plans):
        rhythm = "monthly" if all(plan[1] == "monthly" for plan in plans if plan) else "weekly"
        return sum((plan[0] for plan in plans if plan), Fraction(0)), rhythm, days[-1]
    gap = median((later - earlier).days for earlier, later in pairwise(days))
    if any(row["flow"] == "subscription" for row in rows) and gap <= 45:
        total = sum(-row["cents"] for row in rows)
        return (
            Fraction(total * 30, person.covered(90) * 100),
            "monthly" if gap > 10 else "irregular",
            days[-1],
        )
    return None


def _cadence(rows: list[Row]) -> Plan | None:
    days = sorted({row["date"] for row in rows})
    if len(rows) < 3 or len(days) < 3:
        return None
    gap = median((later - earlier).days for earlier, later in pairwise(days))
    amounts = [Fraction(-row["cents"], 100) for row in rows]
    average = sum(amounts, Fraction(0)) / len(amounts)
    variance = sum(((amount - average) ** 2 for amount in amounts), Fraction(0)) / (len(amounts) - 1)
    if variance * 100 > average**2:
        return None
    if 25 <= gap <= 35:
        return average, "monthly", days[-1]
    return (average * 52 / 12, "weekly", days[-1]) if 6 <= gap <= 8 else None


def _clusters(rows: list[Row]) -> list[list[Row]]:
    clusters: list[list[Row]] = []
    for row in sorted(rows, key=lambda row: -row["cents"]):
        if clusters and -row["cents"] * 10 <= -clusters[-1][-1]["cents"] * 11:
            clusters[-1].append(row)
        else:
            clusters.append([row])
    return clusters
