"""What was really proposed, evaluated with its traces made again."""

from functools import partial

from accounts import rowsecurity
from accounts.models import Tenant
from operators import evaluation
from recommendations import proposing
from recommendations.models import Recommendation
from recommendations.tests.crowds import NOW, crowd, stock


def test_every_trace_of_a_run_is_made_again_identically(live_db):
    tenant = Tenant.objects.get(slug="default")
    stock(tenant)
    people = crowd(tenant, 6)
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        proposing.propose(user_ids=people, tenant_id=tenant.pk, now=NOW)
        items = Recommendation.objects.count()
        report = evaluation.evaluate(
            tenant_id=tenant.pk,
            start=None,
            end=None,
            replay_sample=1000,
            now=NOW,
            replay=partial(evaluation.replayed, tenant_id=tenant.pk),
        )
    told = report.document["auditability"]
    assert items > 6
    assert (told["replayed_count"], told["replayed_identical_count"]) == (items, items)
    assert told["replayed_identical_percent"] == 100.0
