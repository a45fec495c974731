"""Every signal of one person and window in plain Python: the same product as the engine's, made one by one."""

import re
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from math import floor, sqrt
from statistics import median
from typing import Any

from bench.rivals.person import Account, Person, Signals, a_month, money, nearest
from bench.rivals.recurring import merchants, whole

SAVED = ("savings", "hsa")
NAMED = re.compile(r"(?i)(?:^|[\W_])savings(?:$|[\W_])")
NOTHING = Decimal("0.00")


def measure(person: Person) -> dict[int, Signals]:
    paid, recurring = _paid(person), merchants(person)
    overdue = {card.id: _overdue(card, person) for card in person.of("card")}
    small = {card.id: _minimum_only(card, person) for card in person.of("card")}
    result = {}
    for window in (30, 90, 180):
        signals = {
            **_credit(person, window, overdue, small),
            **_income(person, window, paid),
            **_subscriptions(person, window, recurring),
            **_savings(person, window),
            "spending.spend_total": money(person.spend[window]),
            "spending.monthly_spend": a_month(person.spend[window], person.divided(window)),
            "spending.monthly_spend_90d": a_month(person.spend[90], person.divided(90)),
            "spending.transaction_count": len(person.within(window)),
            "spending.days_covered": person.days_covered,
        }
        result[window] = signals | {"meta": _meta(person, window, signals)}
    return result


def _credit(person: Person, window: int, overdue: dict[Any, bool], small: dict[Any, bool]) -> Signals:
    held, cards, interest = person.of("card"), [], 0
    charged: Counter[Any] = Counter()
    charges = 0
    for row in person.within(window):
        if (
            row.flow == "interest"
            and row.cents < 0
            and (row.kind == "card" or (row.kind == "checking" and row.interest_code))
        ):
            charged[row.account] -= row.cents
            interest -= row.cents
            charges += 1
    known_used = known_limit = limits = used_of_limited = not_calm = 0
    for card in held:
        used = None if card.balance is None else abs(card.balance)
        use = None
        if card.limit and card.limit > 0:
            limits, used_of_limited = limits + card.limit, used_of_limited + (used or 0)
            if used is not None:
                use = money(nearest(used, card.limit, 10_000))
                known_used, known_limit = known_used + used, known_limit + card.limit
        not_calm += used != 0 if use is None else use >= 30
        basis = "unknown"
        if card.minimum and card.minimum > 0:
            basis = "ledger" if card.last_payment is None else "liability"
        cards.append(
            {
                "account_id": str(card.id),
                "name": card.name,
                "mask": card.mask,
                "balance": money(used),
                "limit": money(card.limit),
                "utilization_pct": use,
                "utilization_level": use if use is None else _level(use),
                "minimum_payment": money(card.minimum),
                "last_payment": money(card.last_payment),
                "minimum_payment_only": small[card.id],
                "minimum_payment_basis": basis,
                "interest_charged": money(charged[card.id]),
                "is_overdue": overdue[card.id],
            }
        )
    order = {str(card.id): card.external_id for card in held}
    cards.sort(
        key=lambda one: (one["utilization_pct"] is None, -(one["utilization_pct"] or 0), order[one["account_id"]])
    )
    highest = max((one["utilization_pct"] for one in cards if one["utilization_pct"] is not None), default=None)
    return {
        "credit.num_credit_cards": len(held),
        "credit.aggregate_utilization_pct": money(nearest(known_used, known_limit, 10_000)),
        "credit.highest_card_utilization_pct": highest,
        "credit.any_card_high_util": highest is not None and highest >= 50,
        "credit.cards_not_below_30": not_calm,
        "credit.any_interest_charges": charges > 0,
        "credit.interest_charged": money(interest),
        "credit.interest_monthly": a_month(interest, person.divided(window)),
        "credit.any_overdue": any(overdue.values()),
        "credit.any_minimum_payment_only": any(small.values()),
        "credit.total_credit_limit": money(limits) if held else None,
        "credit.total_credit_used": money(sum(abs(card.balance or 0) for card in held)) if held else None,
        "credit.total_credit_available": money(max(0, limits - used_of_limited)) if held else None,
        "cards": cards,
    }


def _level(use: Decimal) -> str:
    return "low" if use < 30 else "medium" if use < 50 else "high" if use < 80 else "severe"


def _overdue(card: Account, person: Person) -> bool:
    if card.overdue is not None:
        return card.overdue
    if card.due_on is None or card.paid_on is None:
        return False
    return card.due_on < person.as_of and card.paid_on < card.due_on - timedelta(days=25)


def _minimum_only(card: Account, person: Person) -> bool:
    if not card.minimum or card.minimum < 0:
        return False
    if card.last_payment is not None:
        little = card.last_payment > 0 and (
            card.last_payment * 10 <= card.minimum * 11 or card.last_payment <= card.minimum + 500
        )
        return little and (card.statement is None or card.last_payment < card.statement)
    paid = [row.cents for row in person.within(120) if row.account == card.id and row.cents > 0][-3:]
    return sum(abs(cents - card.minimum) * 10 <= card.minimum for cents in paid) >= 2


def _paid(person: Person) -> Signals:
    """What does not depend on the window."""
    inflows = [
        row for row in person.rows if row.cents > 0 and row.kind in ("checking", *SAVED) and row.flow != "transfer"
    ]
    plain = Counter(row.key for row in inflows if not row.categorised and row.cents >= 10_000)
    deposits = [
        row
        for row in inflows
        if row.flow == "income" or (not row.categorised and row.cents >= 10_000 and plain[row.key] >= 3)
    ]
    days = sorted({row.day for row in deposits})
    gap = median((later - earlier).days for earlier, later in pairwise(days)) if len(days) > 1 else None
    total, n = sum(row.cents for row in deposits), len(deposits)
    varies = NOTHING
    if n > 1:
        spread = n * (n * sum(row.cents * row.cents for row in deposits) - total * total)
        deviation = sqrt(float(spread) / float(n - 1)) / float(total) * 100
        varies = Decimal(floor((deviation + 1e-9) * 100 + 0.5)).scaleb(-2)
    blocks = [sum(row.cents for row in deposits if row.age // 30 == block) for block in range(3)]
    frequency = _frequency(gap, days)
    return {
        "income.deposit_count": n,
        "income.payday_count": len(days),
        "income.median_pay_gap_days": None if gap is None else Decimal(gap).quantize(Decimal("0.1")),
        "income.payment_frequency": frequency,
        "income.income_variability_pct": varies,
        "income.income_type": _type(frequency, varies),
        "income.monthly_income": money(sorted(blocks)[1]) if n else None,
        "income.last_pay_date": days[-1] if days else None,
        "income.lookback_days": 180,
    }


def _frequency(gap: float | None, days: list[Any]) -> str:
    if gap is None:
        return "unknown"
    if 6 <= gap <= 8:
        return "weekly"
    if 25 <= gap <= 35:
        return "monthly"
    if 12 <= gap <= 18:
        of_month = sorted(day.day for day in days)
        rest = [day for day in of_month if day >= of_month[0] + 4]
        if gap == 15 or (len(days) >= 4 and (not rest or rest[-1] - rest[0] < 4)):
            return "semi_monthly"
        if gap <= 16:
            return "biweekly"
    return "irregular"


def _type(frequency: str, varies: Decimal) -> str:
    if frequency == "unknown":
        return "unknown"
    if varies >= 20:
        return "freelance"
    return "payroll" if frequency != "irregular" and varies < 10 else "mixed"


def _income(person: Person, window: int, paid: Signals) -> Signals:
    balances = [account.balance for account in person.of("checking") if account.balance is not None]
    balance = sum(balances) if balances else None
    buffer = None if balance is None else nearest(balance * person.divided(window), person.spend[window] * 30, 100)
    return paid | {
        "income.cash_flow_buffer_months": money(buffer),
        "income.checking_balance": money(balance),
    }


def _subscriptions(person: Person, window: int, recurring: list[dict[str, Any]]) -> Signals:
    active = [one for one in recurring if one["active"]]
    nanos = sum(one["nanos"] for one in active)
    share = nearest(nanos * person.divided(window) * 10_000, person.spend[window] * 30)
    return {
        "subscriptions.recurring_merchant_count": len(active),
        "subscriptions.inactive_merchant_count": len(recurring) - len(active),
        "subscriptions.monthly_recurring_spend": whole(nanos),
        "subscriptions.subscription_share_pct": NOTHING if share is None else whole(share),
        "subscriptions.lookback_days": 90,
        "merchants": [{name: value for name, value in one.items() if name != "nanos"} for one in recurring],
    }


def _savings(person: Person, window: int) -> Signals:
    held = person.of(*SAVED)
    names = (
        "total_savings_balance", "net_savings_inflow", "savings_growth_rate_pct", "emergency_fund_months",
        "emergency_fund_level", "largest_deposit", "largest_withdrawal", "inferred",
    )  # fmt: skip
    if not held:
        return {"savings.num_savings_accounts": 0} | {f"savings.{name}": None for name in names}
    inferred = not any(account.id in person.has_ledger for account in held)
    rows = person.within(window)
    if inferred:
        moves = [
            -row.cents
            for row in rows
            if row.kind == "checking" and (row.flow == "transfer" or NAMED.search(row.merchant))
        ]
    else:
        moves = [row.cents for row in rows if row.kind in SAVED]
    flow, balances = sum(moves), [account.balance for account in held if account.balance is not None]
    start = sum(balances) - flow
    growth = nearest(flow, start, 10_000) if start > 0 else 10_000 if flow > 0 else 0
    fund = sum(account.balance or 0 for account in held if account.kind != "hsa")
    months = money(nearest(fund * person.divided(90), person.spend[90] * 30, 100))
    level = None
    if months is not None:
        level = "excellent" if months >= 6 else "good" if months >= 3 else "building" if months >= 1 else "low"
    return {
        "savings.num_savings_accounts": len(held),
        "savings.total_savings_balance": money(sum(balances)),
        "savings.net_savings_inflow": a_month(flow, person.divided(window)),
        "savings.savings_growth_rate_pct": money(growth) if balances else None,
        "savings.emergency_fund_months": months,
        "savings.emergency_fund_level": level,
        "savings.largest_deposit": money(max([0, *moves])),
        "savings.largest_withdrawal": money(-min([0, *moves])),
        "savings.inferred": inferred,
    }


def _meta(person: Person, window: int, signals: Signals) -> dict[str, Any]:
    checking, cards, paydays = person.of("checking"), person.of("card"), signals["income.payday_count"]
    no_use = all(one["utilization_pct"] is None for one in signals["cards"])
    held, covered = person.of(*SAVED), person.days_covered
    no_balance = all(account.balance is None for account in held)
    present = {
        "credit": bool(cards),
        "income": bool(checking) or signals["income.deposit_count"] > 0,
        "savings": bool(held),
        "subscriptions": bool(person.within(90)),
    }
    missing = [
        ("credit", "no_limit_or_balance", bool(cards) and no_use, "No card has a known balance and limit."),
        ("income", "few_paydays", bool(checking) and paydays < 2,
         f"Two paydays are needed to see a rhythm; {paydays} known."),
        ("savings", "no_balance", bool(held) and no_balance, "No savings balance is known."),
        ("subscriptions", "short_history", covered < 60,
         f"Three monthly charges need about 60 days of rows; {covered} covered."),
        ("spending", "short_history", covered < window,
         f"{covered} of {window} days are covered; amounts are scaled to a month."),
    ]  # fmt: skip
    saved, moved = signals["savings.total_savings_balance"] or 0, signals["savings.net_savings_inflow"] or 0
    return {
        "window": f"{window}d",
        "window_start": person.as_of - timedelta(days=window - 1),
        "as_of": person.as_of,
        "currency": person.currency,
        "categories_present": [name for name, holds in present.items() if holds],
        "behaviors_detected": (not no_use)
        + (signals["income.deposit_count"] >= 2)
        + (saved > 0 or moved != 0)
        + (signals["subscriptions.recurring_merchant_count"] >= 1),
        **person.left_out,
        "partial_window": covered < window,
        "not_enough": [
            {"category": category, "reason": reason, "sentence": sentence}
            for category, reason, holds, sentence in missing
            if holds
        ],
        "corrections": [],
        "algorithm_version": "rival",
        "data_fingerprint": "",
    }
