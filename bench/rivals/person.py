"""One person's used rows and accounts in plain Python: what the rival measures from."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

SAVINGS = {"savings", "high_yield_savings", "money_market", "cd"}
LOOKBACK = 180
NOT_SPENT = {"income", "transfer", "payment"}


class Account(NamedTuple):
    """An account beside its liability, where it has one."""

    id: UUID
    external_id: str
    type: str
    subtype: str
    name: str | None
    mask: str | None
    currency: str
    balance: int | None
    limit: int | None
    minimum: int | None = None
    last_payment: int | None = None
    statement: int | None = None
    paid_on: date | None = None
    due_on: date | None = None
    overdue: bool | None = None

    @property
    def kind(self) -> str:
        if self.type == "credit":
            return "card"
        if self.type != "depository":
            return "other"
        return "hsa" if self.subtype == "hsa" else "savings" if self.subtype in SAVINGS else "checking"


class Span(NamedTuple):
    """What an account holds in one currency, over all history."""

    account: UUID
    currency: str
    posted: int
    pending: int
    later: int
    first_on: date | None
    last_on: date | None


class Row(NamedTuple):
    account: UUID
    day: date
    cents: int
    merchant: str
    key: str
    flow: str
    interest_code: bool
    categorised: bool
    kind: str = ""
    age: int = 0


@dataclass
class Person:
    as_of: date
    currency: str | None
    accounts: list[Account]
    rows: list[Row]
    days_covered: int
    has_ledger: set[UUID]
    left_out: dict[str, int]
    spend: dict[int, int] = field(default_factory=dict)

    def within(self, days: int) -> list[Row]:
        return [row for row in self.rows if row.age < days]

    def of(self, *kinds: str) -> list[Account]:
        return [account for account in self.accounts if account.kind in kinds]

    def divided(self, window: int) -> int:
        return min(window, max(self.days_covered, 30))


def main_currency(accounts: Iterable[Account], spans: Iterable[Span]) -> str | None:
    counted: Counter[str] = Counter()
    for span in spans:
        counted[span.currency] += span.posted
    counted = +counted or Counter(account.currency for account in accounts)
    return min(counted, key=lambda code: (-counted[code], code), default=None)


def person(accounts: list[Account], spans: list[Span], rows: Iterable[Row], as_of: date) -> Person:
    """Rows are posted ones of the last 180 days in the main currency, by day and external id."""
    main = main_currency(accounts, spans)
    own = [account for account in accounts if account.currency == main]
    kinds = {account.id: account.kind for account in own}
    used = [
        row._replace(kind=kinds.get(row.account, "other"), age=age)
        for row in rows
        if (age := (as_of - row.day).days) < LOOKBACK
    ]
    for place in _mirrored(used):
        used[place] = used[place]._replace(flow="transfer")
    of_main = [span for span in spans if span.currency == main and span.first_on and span.first_on <= as_of]
    first = min((span.first_on for span in of_main if span.first_on), default=None)
    known = Person(
        as_of,
        main,
        own,
        used,
        (as_of - first).days + 1 if first else 0,
        {span.account for span in of_main},
        {
            "pending_excluded": sum(span.pending for span in spans),
            "future_excluded": sum(span.later for span in spans),
            "other_currency_excluded": sum(span.posted - span.later for span in spans if span.currency != main),
        },
    )
    spent = [row for row in used if row.cents < 0 and row.kind in ("checking", "card") and row.flow not in NOT_SPENT]
    known.spend = {window: -sum(row.cents for row in spent if row.age < window) for window in (30, 90, 180)}
    return known


def _mirrored(rows: list[Row]) -> set[int]:
    outflows = defaultdict(list)
    for place, row in enumerate(rows):
        if row.kind == "checking" and row.cents < 0:
            outflows[-row.cents].append(place)
    marked: set[int] = set()
    for row in rows:
        if row.cents > 0 and row.kind in ("savings", "hsa", "card") and row.cents in outflows:
            near = [
                (apart, place)
                for place in outflows[row.cents]
                if place not in marked and (apart := abs(rows[place].age - row.age)) <= 3
            ]
            if near:
                marked.add(min(near)[1])
    return marked


def nearest(of: int, by: int, scale: int = 1) -> int | None:
    """of / by x scale, rounded half away from zero; None unless `by` is positive."""
    if by <= 0:
        return None
    size = (abs(of) * scale * 2 + by) // (by * 2)
    return size if of >= 0 else -size


def money(cents: int | None) -> Decimal | None:
    return None if cents is None else Decimal(cents).scaleb(-2)


def a_month(cents: int, divided: int) -> Decimal | None:
    return money(nearest(cents * 30, divided))


Signals = dict[str, Any]
