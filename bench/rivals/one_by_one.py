"""Person by person: three reads, dictionaries, one write; with psycopg directly, and through the ORM."""

import json
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import mean, median, stdev
from typing import Any
from uuid import UUID

import psycopg

from accounts.models import Account, Liability, Transaction
from accounts.statements.classes import Flow

FLOWS = [flow.value for flow in Flow]
LEFT_OUT = {"income", "transfer", "payment"}
WINDOWS = (30, 90, 180)


def measure(accounts: list[Any], owed: dict[Any, Any], rows: list[Any], as_of: date) -> dict[int, dict[str, Any]]:
    """What the rules read, as one writes it without thinking of many: no mirrors, no corrections, no evidence."""
    kinds = {one[0]: one[1] for one in accounts}
    spend_quarter = sum(-r[2] for r in rows if r[1] > as_of - timedelta(days=90) and _spent(r, kinds))
    paydays = sorted({r[1] for r in rows if r[2] > 0 and FLOWS[r[4]] == "income"})
    deposits = [float(r[2]) for r in rows if r[2] > 0 and FLOWS[r[4]] == "income"]
    gap = median([(b - a).days for a, b in pairwise(paydays)]) if len(paydays) > 1 else None
    charges = defaultdict(list)
    for row in rows:
        if row[2] < 0 and FLOWS[row[4]] in ("subscription", "other") and row[1] > as_of - timedelta(days=90):
            charges[row[3]].append(row)
    recurring = {}
    for merchant, found in charges.items():
        days = sorted({row[1] for row in found})
        if len(days) >= 3:
            between = median([(b - a).days for a, b in pairwise(days)])
            amounts = [float(-row[2]) for row in found]
            steady = stdev(amounts) / mean(amounts) <= 0.1
            if steady and (25 <= between <= 35 or 6 <= between <= 8) and (as_of - days[-1]).days <= 45:
                recurring[merchant] = mean(amounts) * (52 / 12 if between <= 8 else 1)
    result = {}
    for window in WINDOWS:
        inside = [row for row in rows if row[1] > as_of - timedelta(days=window)]
        spend = sum(-row[2] for row in inside if _spent(row, kinds))
        cards = [one for one in accounts if one[1] == "credit_card"]
        used = [abs(one[2]) / one[3] * 100 for one in cards if one[2] is not None and one[3]]
        saved = sum(row[2] for row in inside if kinds.get(row[0]) in ("savings", "high_yield_savings"))
        balance = sum(one[2] or 0 for one in accounts if one[1] in ("savings", "high_yield_savings"))
        checking = sum(one[2] or 0 for one in accounts if one[1] == "checking")
        result[window] = {
            "highest": max(used, default=None),
            "interest": any(FLOWS[row[4]] == "interest" for row in inside),
            "overdue": any(one[1] for one in owed.values()),
            "gap": gap,
            "variability": stdev(deposits) / mean(deposits) * 100 if len(deposits) > 1 else 0,
            "buffer": checking / (spend * 30 / window) if spend else None,
            "subscriptions": len(recurring),
            "recurring": sum(recurring.values()),
            "inflow": saved * 30 / window,
            "growth": saved / (balance - saved) * 100 if balance > saved else 0,
            "fund": balance / (spend_quarter / 3) if spend_quarter else None,
        }
        result[window]["persona"] = persona(result[window])
    return result


def _spent(row: Any, kinds: dict[Any, str]) -> bool:
    return row[2] < 0 and FLOWS[row[4]] not in LEFT_OUT and kinds.get(row[0]) in ("checking", "credit_card")


def persona(of: dict[str, Any]) -> str:
    if (of["highest"] or 0) >= 50 or of["interest"] or of["overdue"]:
        return "high_utilization"
    if of["buffer"] is not None and of["buffer"] < 1 and of["gap"] and of["gap"] > 45:
        return "variable_income_budgeter"
    if of["subscriptions"] >= 3 and of["recurring"] >= 50:
        return "subscription_heavy"
    return "savings_builder" if of["inflow"] >= 200 and (of["highest"] or 0) < 30 else "general_wellness"


def tight(raw: psycopg.Connection, user_id: UUID, as_of: date) -> None:
    since = as_of - timedelta(days=180)
    accounts = raw.execute('SELECT id, account_type, balance, "limit" FROM accounts WHERE user_id = %s', [user_id])
    owed = raw.execute("SELECT account_id, is_overdue FROM liabilities WHERE user_id = %s", [user_id])
    rows = raw.execute(
        "SELECT account_id, date, amount, merchant_key, flow FROM transactions"
        " WHERE user_id = %s AND date > %s AND date <= %s AND NOT pending",
        [user_id, since, as_of],
    )
    measured = measure(accounts.fetchall(), {one[0]: one for one in owed}, rows.fetchall(), as_of)
    raw.execute("INSERT INTO rival VALUES (%s, %s)", [user_id, json.dumps(measured, default=str)])


def through_the_orm(raw: psycopg.Connection, user_id: UUID, as_of: date) -> None:
    accounts = [(one.pk, one.account_type, one.balance, one.limit) for one in Account.objects.filter(user_id=user_id)]
    owed = {one.account_id: (one.account_id, one.is_overdue) for one in Liability.objects.filter(user_id=user_id)}
    rows = [
        (one.account_id, one.date, one.amount or Decimal(0), one.merchant_key, one.flow)
        for one in Transaction.objects.filter(
            user_id=user_id, date__gt=as_of - timedelta(days=180), date__lte=as_of, pending=False
        )
    ]
    measured = measure(accounts, owed, rows, as_of)
    raw.execute("INSERT INTO rival VALUES (%s, %s)", [user_id, json.dumps(measured, default=str)])
