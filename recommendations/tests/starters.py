"""The starting library as a tenant that loaded it today has it."""

from datetime import UTC, date, datetime
from uuid import uuid5

import pytest

from accounts.fingerprints import fingerprint
from recommendations import starter
from recommendations.pieces import Piece, shelf_of
from recommendations.tests.people import SPACE

TODAY = date(2026, 11, 20)
EDUCATION = {
    "high_utilization": {
        *("utilization-basics", "minimum-payment-cost", "avalanche-and-snowball", "autopay-setup", "paydown-plan"),
    },
    "variable_income_budgeter": {
        *("irregular-income-budget", "percentage-budget", "cash-flow-buffer", "buffer-and-emergency-fund"),
        "income-smoothing",
    },
    "subscription_heavy": {
        *("subscription-audit", "cancel-and-negotiate", "bill-alerts", "subscription-creep", "value-check"),
    },
    "savings_builder": {
        *("savings-goals", "automatic-saving", "high-yield-savings-explained", "cd-ladder", "investing-readiness"),
    },
    "general_wellness": {
        *("budgeting-basics", "goal-setting", "credit-score-basics", "emergency-fund-size", "grocery-spending"),
        *("dining-spending", "transport-costs", "utility-costs", "healthcare-costs", "housing-share"),
    },
}
ITEMS = starter.items()


def of(card_type):
    return [item for item in ITEMS if item["card_type"] == card_type]


def by_key(key):
    return next(item for item in ITEMS if item["content"].get("key") == key)


def names(items):
    return [item["content"]["key"] for item in items]


def pieces(**content):
    """The library as a tenant that loaded it today has it; `content` is added to every insight."""
    for item in ITEMS:
        whole = item["content"] | (content if item["card_type"] == "insight" else {})
        yield Piece(
            uuid5(SPACE, item["title"]),
            1,
            fingerprint(whole),
            item["card_type"],
            item["title"],
            None,
            tuple(item["tags"]),
            whole,
            datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC),
        )


SHELF = shelf_of(pieces())
SAID = [*of("insight"), *of("company")]
each = pytest.mark.parametrize("item", SAID, ids=names(SAID))
each_insight = pytest.mark.parametrize("item", of("insight"), ids=names(of("insight")))
each_offer = pytest.mark.parametrize("item", of("company"), ids=names(of("company")))
