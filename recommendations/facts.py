"""What a run knows of one person, and the typed facts that a sentence about them may hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Any
from uuid import UUID

from accounts.words import Word
from personas.catalogue import CATALOGUE, Signal, Type
from personas.rules.wording import SIGNS

# Cards may ask for more than signals: what the person declared, and what they connected. A credit score is held by
# nobody here; a criterion on it is never met.
ASKED: dict[str, Signal] = CATALOGUE | {
    signal.path: signal
    for signal in (
        Signal("profile.monthly_income", Type.MONEY, "a month", "neither stated nor seen", low=0),
        Signal("profile.credit_score", Type.INT, "points", "never held"),
        Signal("accounts.has_checking", Type.FLAG, "flag"),
        Signal("accounts.count", Type.INT, "accounts", low=0),
    )
}
SHORT, LONG = "30d", "180d"
# Cards and subscriptions are of this month, savings and income of half a year; the other window where one is silent.
PREFERRED = {"credit": (SHORT, LONG), "subscriptions": (SHORT, LONG), "savings": (LONG, SHORT), "income": (LONG, SHORT)}


class Rows(Word):
    """Which rows of the person stand behind a fact."""

    INTEREST = "interest"
    SUBSCRIPTIONS = "subscriptions"
    INCOME = "income"
    SAVINGS = "savings"
    SPENDING = "spending"


@dataclass(frozen=True)
class Holding:
    """A connected account."""

    account_id: str
    kind: str
    type: str
    subtype: str | None
    name: str
    last4: str | None
    balance: Decimal | None
    limit: Decimal | None
    named: bool = True  # by the bank; else it has the name of its kind

    @property
    def label(self) -> str:
        return f"{self.name} ending {self.last4}" if self.last4 else self.name


@dataclass(frozen=True)
class Live:
    """An approved item that stays: it takes a place."""

    subject: str
    kind: str
    matched_persona: str


@dataclass(frozen=True)
class Person:
    """Everything about one person that a run reads and the inputs of a trace hold; nothing else decides."""

    user_id: UUID
    tenant_id: UUID
    as_of: date
    decision_window: str
    signals: Mapping[str, Mapping[str, Mapping[str, Any]]]  # by window, as `personas.measured.as_object` gives them
    assignment: Mapping[str, Any]  # as the trace's `persona_assignment`
    accounts: tuple[Holding, ...]
    liabilities: tuple[Mapping[str, Any], ...] = ()
    monthly_income: Decimal | None = None
    consents: Mapping[str, UUID | None] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    live: tuple[Live, ...] = ()
    rejected: frozenset[str] = frozenset()
    top_category: str | None = None

    @property
    def currency(self) -> str:
        return str(self.inputs.get("currency") or "USD")

    @property
    def primary(self) -> str:
        return str(self.assignment["persona"])

    @property
    def secondary(self) -> tuple[str, ...]:
        return tuple(self.assignment["secondary_personas"])

    def window_of(self, category: str) -> str:
        """The window whose facts speak for a category."""
        for window in PREFERRED.get(category, (self.decision_window,)):
            if category in self.signals.get(window, {}).get("meta", {}).get("categories_present", ()):
                return window
        return PREFERRED[category][0] if category in PREFERRED else self.decision_window

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """Every path that a card may ask for, with its value."""
        found = {path: self._signal(signal) for path, signal in CATALOGUE.items()}
        stated = self.monthly_income
        found["profile.monthly_income"] = found["income.monthly_income"] if stated is None else stated
        found["profile.credit_score"] = None
        found["accounts.has_checking"] = any(account.kind == "checking" for account in self.accounts)
        found["accounts.count"] = len(self.accounts)
        return MappingProxyType(found)

    def _signal(self, signal: Signal) -> Any:
        """From the preferred window, or from the other one where this one does not know it."""
        category, _, name = signal.path.partition(".")
        speaking = self.window_of(category)
        others = [window for window in PREFERRED.get(category, ()) if window != speaking]
        for window in (speaking, *others):
            value = self.signals.get(window, {}).get(category, {}).get(name)
            if value is not None:
                return value
        return None

    @cached_property
    def slots(self) -> Mapping[str, "Slot"]:
        return MappingProxyType({slot.slot: slot for slot in _slots(self)})


@dataclass(frozen=True)
class Slot:
    """A fact as it is written, with what it was read from; the rows behind it are looked up when it is used."""

    slot: str
    text: str
    signal: str
    window: str
    accounts: tuple[str, ...] = ()
    rows: Rows | None = None
    merchants: tuple[str, ...] = ()  # keys of the merchants whose rows are meant


VARIABLES = frozenset(
    {
        *("card_name", "card_last4", "utilization", "limit", "balance", "total_utilization"),
        *("interest_monthly", "minimum_payment"),
        *("subscription_count", "monthly_recurring", "subscription_share", "top_merchants"),
        *("median_gap_days", "last_pay_date", "income_variability", "buffer_months"),
        *("savings_growth", "monthly_inflow", "savings_balance", "emergency_months", "account_name"),
        *("spend_total", "top_category", "transaction_count", "account_count", "window"),
    }
)
NAMED = 3  # merchants that are named before the rest is counted


def money(value: Decimal, currency: str) -> str:
    sign = SIGNS.get(currency, f"{currency} ")
    return f"{'-' if value < 0 else ''}{sign}{abs(value):,.2f}"


def percent(value: Decimal, places: int = 0) -> str:
    return f"{_rounded(value, places):,} %"


def day(value: date) -> str:
    return f"{value.day} {value:%B} {value.year}"


def window_words(window: str) -> str:
    return f"the last {window.removesuffix('d')} days"


def _rounded(value: Any, places: int) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) + 0


def _plain(value: Any) -> str:
    number = _rounded(value, 1)
    return f"{number:f}".removesuffix(".0")


def _slots(person: Person) -> list[Slot]:
    found = [*_card(person), *_subscriptions(person), *_savings_account(person), *_spending(person)]
    for slot, path, written, rows in _SCALARS:
        value = person.values.get(path)
        if value is not None:
            category = path.partition(".")[0]
            found.append(Slot(slot, written(value, person.currency), path, person.window_of(category), rows=rows))
    return found


_Written = Callable[[Any, str], str]
_SCALARS: tuple[tuple[str, str, _Written, Rows | None], ...] = (
    ("total_utilization", "credit.aggregate_utilization_pct", lambda v, _: percent(v), None),
    ("interest_monthly", "credit.interest_monthly", money, Rows.INTEREST),
    ("subscription_count", "subscriptions.recurring_merchant_count", lambda v, _: str(v), Rows.SUBSCRIPTIONS),
    ("monthly_recurring", "subscriptions.monthly_recurring_spend", money, Rows.SUBSCRIPTIONS),
    ("subscription_share", "subscriptions.subscription_share_pct", lambda v, _: percent(v), Rows.SUBSCRIPTIONS),
    ("median_gap_days", "income.median_pay_gap_days", lambda v, _: _plain(v), Rows.INCOME),
    ("last_pay_date", "income.last_pay_date", lambda v, _: day(v), Rows.INCOME),
    ("income_variability", "income.income_variability_pct", lambda v, _: percent(v), Rows.INCOME),
    ("buffer_months", "income.cash_flow_buffer_months", lambda v, _: f"{_rounded(v, 1):f}", Rows.SPENDING),
    ("savings_growth", "savings.savings_growth_rate_pct", lambda v, _: percent(v, 1), Rows.SAVINGS),
    ("monthly_inflow", "savings.net_savings_inflow", money, Rows.SAVINGS),
    ("savings_balance", "savings.total_savings_balance", money, None),
    ("emergency_months", "savings.emergency_fund_months", lambda v, _: f"{_rounded(v, 1):f}", None),
    ("spend_total", "spending.spend_total", money, Rows.SPENDING),
    ("transaction_count", "spending.transaction_count", lambda v, _: str(v), Rows.SPENDING),
)


def _card(person: Person) -> list[Slot]:
    """The card with the highest utilisation, as the signals name it."""
    window = person.window_of("credit")
    cards = [card for card in person.signals[window]["credit"].get("cards", ()) if card["utilization_pct"] is not None]
    if not cards:
        return []
    card = max(cards, key=lambda one: (one["utilization_pct"], one["account_id"]))
    path = "credit.highest_card_utilization_pct"
    texts = {
        "card_name": card["name"],
        "card_last4": card["mask"],
        "utilization": percent(card["utilization_pct"]),
        "limit": _money_or_none(card["limit"], person),
        "balance": _money_or_none(card["balance"], person),
        "minimum_payment": _money_or_none(card["minimum_payment"], person),
    }
    account = (str(card["account_id"]),)
    return [Slot(name, text, path, window, account) for name, text in texts.items() if text]


def _money_or_none(value: Any, person: Person) -> str | None:
    return None if value is None else money(Decimal(str(value)), person.currency)


def _subscriptions(person: Person) -> list[Slot]:
    window = person.window_of("subscriptions")
    merchants = person.signals[window]["subscriptions"].get("merchants", ())
    active = sorted(
        (one for one in merchants if one["active"]),
        key=lambda one: (-Decimal(str(one["amount"])), one["name"], one["merchant_key"]),
    )
    if not active:
        return []
    named = ", ".join(one["name"] for one in active[:NAMED])
    more = len(active) - NAMED
    text = f"{named} and {more} more" if more > 0 else named
    keys = tuple(one["merchant_key"] for one in active)
    return [Slot("top_merchants", text, "subscriptions.merchants", window, (), Rows.SUBSCRIPTIONS, keys)]


def _savings_account(person: Person) -> list[Slot]:
    held = [one for one in person.accounts if one.kind == "savings" and one.balance is not None]
    if not held:
        return []
    largest = max(held, key=lambda one: (one.balance or 0, one.account_id))
    window = person.window_of("savings")
    return [Slot("account_name", largest.label, "savings.total_savings_balance", window, (largest.account_id,))]


def _spending(person: Person) -> list[Slot]:
    held = tuple(account.account_id for account in person.accounts)
    window = person.decision_window
    found = [Slot("account_count", str(len(held)), "accounts.count", window, held)] if held else []
    if person.top_category:
        found.append(Slot("top_category", person.top_category, "spending.spend_total", window, (), Rows.SPENDING))
    return found
