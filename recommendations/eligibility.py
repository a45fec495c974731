"""Whether an offer may be made to a person: every line holds, or it is not made."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from personas.rules.document import leaves
from recommendations.criteria import answers, holds
from recommendations.facts import Person
from recommendations.guardrails.lists import any_of
from recommendations.guardrails.text import normalised
from recommendations.pieces import Piece

PRODUCTS = frozenset(
    {
        *("balance_transfer_card", "consolidation_loan", "high_yield_savings", "budgeting_app"),
        *("subscription_manager", "credit_monitoring", "round_up_savings", "planning_consultation"),
        *("cashback_card", "cd"),
    }
)
CREDIT_PRODUCTS = frozenset({"balance_transfer_card", "consolidation_loan", "cashback_card"})
PREDATORY: re.Pattern[str] = any_of(
    ["payday loan", "title loan", "rent-to-own", "cash advance", "check cashing", "pawn", "high-interest loan"]
)
HELD_AS = {"hysa": "high_yield_savings", "high_yield": "high_yield_savings", "certificate_of_deposit": "cd"}
INCOME = "profile.monthly_income"


@dataclass(frozen=True)
class Screened:
    """The verdict on one offer, with what it was read from."""

    refusal: str | None
    criteria: tuple[dict[str, Any], ...]
    held_products: tuple[str, ...]
    partner_checks: tuple[str, ...]

    @property
    def status(self) -> str:
        return "requirements_not_met" if self.refusal else "eligible"


def screened(piece: Piece, person: Person) -> Screened:
    """Fails closed: what cannot be asked does not hold."""
    held = held_products(person)
    checks: list[tuple[str, Callable[[], bool]]] = [
        ("consent_missing", lambda: bool(person.consents["analysis"] and person.consents["partner_offers"])),
        ("product_type_unknown", lambda: piece.content["product_type"] in PRODUCTS),
        ("predatory_product", lambda: not predatory(piece)),
        ("already_held", lambda: not held & {piece.content["product_type"], *piece.listed("blocked_by_products")}),
        ("overdue_or_unknown", lambda: not _is_credit(piece) or person.values["credit.any_overdue"] is False),
        ("income_unknown", lambda: not _names(piece, INCOME) or person.values[INCOME] is not None),
        ("criteria_not_met", lambda: piece.eligibility is not None and holds(piece.eligibility, person.values)),
    ]
    refusal = next((code for code, check in checks if not _held(check)), None)
    return Screened(
        refusal,
        answers(piece.eligibility, person.values),
        tuple(sorted(held)),
        piece.listed("partner_checks"),
    )


def _held(check: Callable[[], bool]) -> bool:
    try:
        return check() is True
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError):
        return False


def held_products(person: Person) -> frozenset[str]:
    """What the connected accounts are, in the words that cards use."""
    found = set()
    for account in person.accounts:
        for word in (account.type, account.subtype):
            if word:
                plain = re.sub(r"\W+", "_", word.casefold()).strip("_")
                found.add(HELD_AS.get(plain, plain))
    return frozenset(found)


def predatory(piece: Piece) -> bool:
    """Whole words of the title, the partner's name or the product type."""
    product = str(piece.content.get("product_type", ""))
    said = [piece.title, str(piece.partner.get("name", "")), product, product.replace("_", " ")]
    return any(PREDATORY.search(normalised(text)) for text in said)


def _is_credit(piece: Piece) -> bool:
    return piece.content["product_type"] in CREDIT_PRODUCTS or piece.content.get("disclosure_kind") in (
        "credit",
        "loan",
    )


def _names(piece: Piece, path: str) -> bool:
    return piece.eligibility is not None and any(one.signal.path == path for one in leaves(piece.eligibility))
