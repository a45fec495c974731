"""One person's used rows and accounts in plain Python: windows, classes, the mirror rule and spending."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from accounts.tests.class_reference import flow_of

Row = Mapping[str, Any]
Signals = dict[str, Any]

SAVINGS = ("savings", "high_yield_savings", "money_market", "hsa", "cd")
DAY = timedelta(days=1)


def rounded(value: Fraction | int, places: int = 2) -> Decimal:
    unit = Decimal(1).scaleb(-places)
    exact = Decimal(value.numerator) / Decimal(value.denominator) if isinstance(value, Fraction) else Decimal(value)
    return exact.quantize(unit, ROUND_HALF_UP)


def kind_of(account: Row) -> str:
    if account["type"] == "credit":
        return "card"
    if account["type"] == "depository":
        return "savings" if account["subtype"] in SAVINGS else "checking"
    return "other"


class Person:
    """One person's used rows and accounts as of a day, with a class for each row."""

    def __init__(
        self, accounts: Iterable[Row], transactions: Iterable[Row], liabilities: Iterable[Row], as_of: date
    ) -> None:
        self.as_of = as_of
        posted = [row for row in transactions if not row["pending"]]
        counts = Counter(row["iso_currency_code"] for row in posted)
        main = min(counts, key=lambda code: (-counts[code], code)) if counts else None
        self.accounts = [a for a in accounts if main is None or a["iso_currency_code"] == main]
        self.kind = {a["external_id"]: kind_of(a) for a in self.accounts}
        self.liabilities = {row["account_external_id"]: row for row in liabilities}
        self.rows = [
            dict(row, kind=self.kind.get(row["account_external_id"]), flow=flow_of(row))
            for row in posted
            if row["date"] <= as_of and row["iso_currency_code"] == main
        ]
        self.rows.sort(key=lambda row: (row["date"], row["external_id"]))
        self._mark_mirrors()
        self.days_covered = (as_of - self.rows[0]["date"]).days + 1 if self.rows else 0

    def _mark_mirrors(self) -> None:
        marked: set[int] = set()
        outflows = defaultdict(list)
        since = self.as_of - 180 * DAY  # a measurement sees no older rows
        for place, row in enumerate(self.rows):
            if row["kind"] == "checking" and row["cents"] < 0 and row["date"] > since:
                outflows[-row["cents"]].append(place)
        for row in self.within(180):
            if row["kind"] in ("savings", "card") and row["cents"] > 0:
                near = [
                    place
                    for place in outflows[row["cents"]]
                    if place not in marked and abs(self.rows[place]["date"] - row["date"]) <= 3 * DAY
                ]
                if near:
                    marked.add(min(near, key=lambda p: (abs(self.rows[p]["date"] - row["date"]), p)))
        for place in marked:
            self.rows[place]["flow"] = "transfer"

    def within(self, days: int) -> list[Row]:
        return [row for row in self.rows if row["date"] > self.as_of - days * DAY]

    def covered(self, days: int) -> int:
        return min(days, max(self.days_covered, 30))

    def of(self, kind: str) -> list[Row]:
        return [account for account in self.accounts if kind_of(account) == kind]

    def monthly_spend(self, days: int) -> Fraction:
        spent = sum(
            -row["cents"]
            for row in self.within(days)
            if row["cents"] < 0
            and row["kind"] in ("checking", "card")
            and row["flow"] not in ("income", "transfer", "payment")
        )
        return Fraction(spent * 30, self.covered(days) * 100)
