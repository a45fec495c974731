"""Frames of people as tests write them: a day, an amount, a merchant, a class; everything else has a default."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from accounts.statements.classes import Flow
from personas.signals import Frames, Kind, measure
from personas.signals.frames import ACCOUNTS, CORRECTIONS, LIABILITIES, PEOPLE, TRANSACTIONS

AS_OF = date(2025, 6, 30)
LONG_AGO = date(2024, 1, 1)
Row = dict[str, Any]


def cents(amount: str | None) -> int | None:
    return None if amount is None else int(Decimal(amount) * 100)


def day(text: str) -> date:
    return date.fromisoformat(text if len(text) > 5 else f"2025-{text}")


def row(
    on: str, amount: str, merchant: str = "Somewhere", flow: Flow = Flow.OTHER, account: str = "checking", **more: Any
) -> Row:
    known = {
        "account_id": account,
        "posted_on": day(on),
        "cents": cents(amount),
        "merchant": merchant,
        "merchant_key": merchant.casefold(),
        "flow": flow.value,
        "interest_code": False,
        "categorised": True,
    }
    return known | more


def account(kind: Kind, balance: str | None = None, limit: str | None = None, name: str = "", **more: Any) -> Row:
    known = {
        "account_id": name or kind.value,
        "external_id": name or kind.value,
        "kind": kind.value,
        "name": None,
        "mask": None,
        "balance_cents": cents(balance),
        "limit_cents": cents(limit),
        "has_ledger": None,
    }
    return known | more


def debt(account: str = "card", minimum: str | None = None, paid: str | None = None, **more: Any) -> Row:
    known = {
        "account_id": account,
        "minimum_cents": cents(minimum),
        "last_payment_cents": cents(paid),
        "statement_cents": None,
        "last_payment_on": None,
        "due_on": None,
        "is_overdue": None,
    }
    return known | more


CHECKING = account(Kind.CHECKING, "1200.00")


def person(
    rows: Iterable[Row] = (),
    accounts: Iterable[Row] = (CHECKING,),
    debts: Iterable[Row] = (),
    corrections: Iterable[Row] = (),
    *,
    since: date | None = LONG_AGO,
    as_of: date = AS_OF,
    user_id: str = "maya",
) -> Frames:
    """`since` is the day of the first row; with None it is that of the rows."""
    used = sorted(rows, key=lambda one: one["posted_on"])
    held = {one["account_id"] for one in used}
    first = since or (used[0]["posted_on"] if used else None)
    return Frames(
        _frame(({"ordinal": place} | one for place, one in enumerate(used)), TRANSACTIONS, user_id),
        _frame(
            (one | {"has_ledger": one["has_ledger"] or one["account_id"] in held} for one in accounts),
            ACCOUNTS,
            user_id,
        ),
        _frame(debts, LIABILITIES, user_id),
        _frame(({"correction_id": f"c{n}"} | one for n, one in enumerate(corrections)), CORRECTIONS, user_id),
        _frame([{"as_of": as_of, "first_posted_on": first, "currency": "USD"}], PEOPLE, user_id),
    )


def together(*people: Frames) -> Frames:
    return Frames(*(pl.concat(frames) for frames in zip(*people, strict=True)))


def signals(frames: Frames) -> dict[str, dict[str, Any]]:
    """What was measured of one person, by window."""
    return {found["window"]: found for found in measure(*frames).iter_rows(named=True)}


def _frame(rows: Iterable[Mapping[str, Any]], schema: pl.Schema, user_id: str) -> pl.DataFrame:
    return pl.DataFrame([{"user_id": user_id} | dict(one) for one in rows], schema=schema)
