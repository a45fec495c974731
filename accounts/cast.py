"""The named cast of the demo and of the tests: five people with a statement that tells their story."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts.purposes import Purpose

DAYS = 200
Rows = Iterator[tuple[date, str, str, str, str]]  # day, account, merchant, signed amount, category


@dataclass(frozen=True)
class Member:
    name: str
    story: str
    rows: Callable[[date], Rows]
    accounts: tuple[dict[str, Any], ...]
    liabilities: tuple[dict[str, Any], ...] = ()
    purposes: tuple[Purpose, ...] = (Purpose.ANALYSIS, Purpose.PARTNER_OFFERS)

    @property
    def email(self) -> str:
        return f"{self.name}@example.test"


def statement(member: Member, until: date) -> bytes:
    """The member's file as a bank would give it on that day: money in is positive."""
    first = until - timedelta(days=DAYS - 1)
    rows = sorted(row for row in member.rows(until) if first <= row[0] <= until)
    return json.dumps(
        {
            "accounts": list(member.accounts),
            "transactions": [
                {
                    "transaction_id": f"{day:%Y%m%d}-{account}-{merchant.lower().replace(' ', '-')}",
                    "account_id": account,
                    "date": day.isoformat(),
                    "amount": float(Decimal(amount)),
                    "merchant_name": merchant,
                    "personal_finance_category": {"primary": category.split("/")[0], "detailed": category},
                    "payment_channel": "online",
                    "pending": False,
                }
                for day, account, merchant, amount, category in rows
            ],
            "liabilities": list(member.liabilities),
        }
    ).encode()


def account(account_id: str, kind: str, subtype: str, current: str, limit: str | None = None) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "type": kind,
        "subtype": subtype,
        "name": subtype.title(),
        "mask": "4523" if kind == "credit" else "0017",
        "iso_currency_code": "USD",
        "balances": {"current": float(current), "limit": float(limit) if limit else None},
    }


CHECKING = account("checking", "depository", "checking", "1240.00")
PAYROLL, RENT, GROCERIES = "Income/Payroll", "Bills & Utilities/Rent", "Food & Drink/Groceries"
STREAMING, TRANSFER, PAYMENT = "Entertainment/Streaming Services", "Transfers", "Financial/Payments"
DINING, FUEL, INTEREST = "Food & Drink/Restaurants", "Transport/Fuel", "Financial/Interest"


def monthly(until: date, day: int, who: str, merchant: str, amount: str, category: str) -> Rows:
    year, month = until.year, until.month
    for _ in range(8):
        yield date(year, month, day), who, merchant, amount, category
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)


def every(until: date, days: int, ago: int, who: str, merchant: str, amount: str, category: str) -> Rows:
    for back in range(ago, DAYS, days):
        yield until - timedelta(days=back), who, merchant, amount, category


def household(until: date, pay: str) -> Rows:
    """What everybody has: pay every second Friday or so, rent, food, fuel."""
    yield from every(until, 14, 5, "checking", "Northwind Payroll", pay, PAYROLL)
    yield from monthly(until, 3, "checking", "Old Mill Apartments", "-950.00", RENT)
    yield from every(until, 6, 2, "checking", "Corner Grocer", "-64.20", GROCERIES)
    yield from every(until, 9, 4, "checking", "Blue Door Diner", "-23.75", DINING)
    yield from every(until, 12, 1, "checking", "Halfway Fuel", "-38.10", FUEL)


def _maya(until: date) -> Rows:
    yield from household(until, "1420.00")
    yield from monthly(until, 18, "card", "Purchase Interest Charge", "-62.10", INTEREST)
    yield from monthly(until, 20, "card", "Payment Thank You", "100.00", PAYMENT)
    yield from monthly(until, 20, "checking", "Card Payment", "-100.00", PAYMENT)
    yield from every(until, 8, 3, "card", "Lantern Home Goods", "-41.00", "Retail/Home")


SUBSCRIPTIONS = (
    ("Reelhouse", "15.99"), ("Tunewell", "10.99"), ("Fitbarn Gym", "39.00"), ("Cloudnest", "9.99"),
    ("Pagewise", "12.50"), ("Mealcrate", "59.90"), ("Gamefort", "14.99"), ("Yogaroom", "24.00"),
    ("Newsbrook", "8.00"), ("Castcircle", "5.00"), ("Learnloft", "19.00"),
)  # fmt: skip


def _theo(until: date) -> Rows:
    yield from household(until, "1650.00")
    for day, (merchant, amount) in enumerate(SUBSCRIPTIONS, 2):
        yield from monthly(until, day, "checking", merchant, f"-{amount}", STREAMING)


def _ines(until: date) -> Rows:
    for back, amount in ((12, "1500.00"), (66, "900.00"), (118, "2400.00"), (171, "1800.00")):
        yield until - timedelta(days=back), "checking", "Studio Invoice", amount, PAYROLL
    yield from monthly(until, 3, "checking", "Old Mill Apartments", "-700.00", RENT)
    yield from every(until, 7, 2, "checking", "Corner Grocer", "-48.30", GROCERIES)


def _sam(until: date) -> Rows:
    yield from household(until, "1900.00")
    for who, amount in (("checking", "-450.00"), ("savings", "450.00")):
        yield from monthly(until, 6, who, "Transfer to Savings", amount, TRANSFER)


def _noor(until: date) -> Rows:
    yield from household(until, "1300.00")


MAYA = Member(
    "maya",
    "a card near its limit, interest every month",
    _maya,
    (CHECKING, account("card", "credit", "credit card", "3400.00", "5000.00")),
    ({"account_id": "card", "minimum_payment_amount": 95, "last_payment_amount": 100, "is_overdue": False},),
)
THEO = Member("theo", "eleven subscriptions", _theo, (CHECKING,))
INES = Member(
    "ines", "income that comes when it comes", _ines, (account("checking", "depository", "checking", "410.00"),)
)
SAM = Member(
    "sam",
    "a steady saver",
    _sam,
    (CHECKING, account("savings", "depository", "savings", "8500.00")),
    purposes=(Purpose.ANALYSIS,),
)
NOOR = Member("noor", "has not agreed to anything", _noor, (CHECKING,), purposes=())
CAST = (MAYA, THEO, INES, SAM, NOOR)
