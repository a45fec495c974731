"""Twenty operators at the same items at the same time: one winner each, everybody else told, nothing lost."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.utils import timezone

from accounts import audit, rowsecurity
from accounts.models import AuditEntry
from accounts.tests import factories
from operators.tests.desk import item
from recommendations import reviewing
from recommendations.items import AlreadyDecided
from recommendations.models import Recommendation, RecordedMove

OPERATORS, READERS, EACH = 20, 5, 5
REASON = "Somebody was quicker, or it does not fit."


def test_each_item_is_decided_once_however_many_decide_at_once(live_db):
    staff = [factories.UserFactory(role="operator", level="junior") for _ in range(OPERATORS)]
    readers = [factories.consenting(f"reader{n}") for n in range(READERS)]
    items = [item(reader, hours=1).pk for reader in readers for _ in range(EACH)]

    def works(by):
        """Everything there is, in an order of their own; what they decided."""
        order, won, refused = random.Random(by.email), [], 0  # noqa: S311 (an order, not a secret)
        try:
            for item_id in order.sample(items, len(items)):
                with rowsecurity.viewing(rowsecurity.of(by)):
                    try:
                        if order.random() < 0.5:
                            reviewing.approve(item_id=item_id, by=by, now=timezone.now())
                        else:
                            reviewing.reject(item_id=item_id, by=by, now=timezone.now(), reason=REASON)
                    except AlreadyDecided:
                        refused += 1
                    else:
                        won.append(item_id)
        finally:
            connection.close()
        return won, refused

    with ThreadPoolExecutor(OPERATORS) as pool:
        done = list(pool.map(works, staff))
    won = Counter(item_id for one, _ in done for item_id in one)
    assert won == Counter(items), "each was won, by one"
    assert sum(refused for _, refused in done) == len(items) * (OPERATORS - 1)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        decided = RecordedMove.objects.filter(verb__in=("approve", "reject"))
        assert Counter(decided.values_list("recommendation_id", flat=True)) == won
        assert not Recommendation.objects.filter(status="pending").exists()
        assert AuditEntry.objects.filter(action__in=("approve", "reject")).count() == len(items)
        assert audit.verify(tenant_id=staff[0].tenant_id).valid
