"""Rules and overrules for tests: a stricter document, people whom it moves, and a case it breaks."""

import copy
from typing import Any

from accounts import rowsecurity
from accounts.models import User
from personas import rules
from personas.models import OverrideCase, RuleSet
from personas.tests.factories import measured

THREE = {
    "subscriptions_recurring_merchant_count": 3,
    "subscriptions_monthly_recurring_spend": 60,
    "subscriptions_subscription_share_pct": 20,
}
FIVE = THREE | {"subscriptions_recurring_merchant_count": 5}
NOTE = "Three is not many any more."


def stricter(count: int = 4) -> dict[str, Any]:
    """Version 1, but subscription_heavy asks for so many subscriptions."""
    content = copy.deepcopy(rules.shipped().as_json())
    content["persona"][2]["match"]["all"][0]["threshold"] = count
    return content


def with_three(user: User, **more: Any) -> None:
    """Three subscriptions in every window: subscription_heavy by version 1, nothing by a stricter one."""
    for window in ("30d", "90d", "180d"):
        measured(user, window=window, **THREE | more)


def overruled(user: User, persona: str = "subscription_heavy", **fields: Any) -> OverrideCase:
    """An operator once said which persona these three subscriptions are."""
    signals = {column.replace("_", ".", 1): str(value) for column, value in THREE.items()}
    with rowsecurity.viewing(rowsecurity.maintenance_of(user.pk)):
        return OverrideCase.objects.create(
            tenant_id=user.tenant_id,
            user=user,
            assignment_id=user.pk,
            window_type="30d",
            signals=signals,
            expected_persona=persona,
            reason="Knows the person.",
            created_by="user:omar",
            **fields,
        )


def stored(rule_set: RuleSet) -> RuleSet:
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return RuleSet.objects.get(pk=rule_set.pk)
