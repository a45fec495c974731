"""People and cards as the reasons see them, built by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid5

from accounts.fingerprints import fingerprint
from personas.catalogue import CATALOGUE, Type
from recommendations.facts import Holding, Person
from recommendations.pieces import Piece, shelf_of

SPACE = UUID(int=7)
AS_OF = date(2025, 11, 5)
EMPTY = {Type.FLAG: False, Type.INT: 0}
VISA = {
    "account_id": "00000000-0000-0000-0000-0000000000c1",
    "name": "Visa",
    "mask": "4523",
    "balance": Decimal("3400.00"),
    "limit": Decimal("5000.00"),
    "utilization_pct": Decimal("68.00"),
    "minimum_payment": Decimal("68.00"),
}


def signals(cards=(), merchants=(), present=("credit", "income", "savings", "subscriptions"), **values):
    """One window's object; `credit__any_overdue=True` sets a signal, all others are empty."""
    nested = {"meta": {"categories_present": list(present)}}
    for path, signal in CATALOGUE.items():
        category, name = path.split(".")
        nested.setdefault(category, {})[name] = values.get(path.replace(".", "__"), EMPTY.get(signal.type))
    nested["credit"]["cards"] = list(cards)
    nested["subscriptions"]["merchants"] = list(merchants)
    return nested


def merchant(name, amount, active=True):
    return {"name": name, "merchant_key": name.lower(), "amount": Decimal(amount), "active": active}


def maxed_out(**values):
    """Maya's month: one card at 68 %, $87.00 of interest, nothing overdue."""
    return signals(
        [VISA],
        credit__num_credit_cards=1,
        credit__highest_card_utilization_pct=Decimal("68.00"),
        credit__aggregate_utilization_pct=Decimal("68.00"),
        credit__any_card_high_util=True,
        credit__any_interest_charges=True,
        credit__interest_monthly=Decimal("87.00"),
        **values,
    )


def person(month=None, half_year=None, persona="high_utilization", **fields):
    month = maxed_out() if month is None else month
    given = {
        "user_id": UUID(int=1),
        "tenant_id": UUID(int=2),
        "as_of": AS_OF,
        "decision_window": "30d",
        "signals": {"30d": month, "180d": month if half_year is None else half_year},
        "assignment": {"persona": persona, "strength": "moderate", "secondary_personas": [], "criteria": []},
        "accounts": (
            Holding("a1", "card", "credit", "credit card", "Visa", "4523", Decimal("3400.00"), Decimal("5000.00")),
            Holding("a2", "checking", "depository", "checking", "Everyday", "1111", Decimal("900.00"), None),
        ),
        "consents": {"analysis": UUID(int=3), "partner_offers": UUID(int=4)},
        "inputs": {"currency": "USD"},
    }
    return Person(**(given | fields))


def piece(name, card_type="insight", *, title=None, tags=(), made_at=datetime(2025, 10, 1, tzinfo=UTC), **content):
    """A servable card unless `content` says otherwise."""
    content = {
        "key": name,
        "summary": "A short summary.",
        "body": "How this works, in plain words.",
        "rationale_template": "We're showing you this because you have {account_count} connected accounts.",
        **content,
    }
    content = {path: value for path, value in content.items() if value is not None}
    title = title or name.replace("-", " ").capitalize()
    return Piece(uuid5(SPACE, name), 1, fingerprint(content), card_type, title, None, tags, content, made_at)


def offer(key, **content):
    given = {
        "product_type": "balance_transfer_card",
        "partner": {"name": "Harbor Example Bank", "external_url": "https://harbor.example"},
        "personas": ["high_utilization"],
        "disclosure_kind": "credit",
        "eligibility": {"signal": "credit.highest_card_utilization_pct", "op": ">=", "threshold": 30},
    }
    return piece(key, "company", **(given | content))


def three_for_all():
    return [piece(f"general-{n}", personas=["general_wellness"]) for n in range(1, 4)]


def shelf(*pieces):
    return shelf_of([*pieces, *three_for_all()])
