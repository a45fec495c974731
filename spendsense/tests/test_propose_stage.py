"""Proposing in the walk: some people at a time, and a fault costs the one it is about and nobody else."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts import cast, consent, loads, rowsecurity, uploads
from accounts.purposes import Purpose
from accounts.tests import factories
from personas.models import Snapshot
from recommendations.models import Consideration, Recommendation
from recommendations.tests import people as made
from recommendations.tests.factories import CardFactory
from spendsense import pipeline

pytestmark = pytest.mark.usefixtures("own_store")


@pytest.fixture
def measured(db, now):
    """Five people with a statement each, refreshed, and three cards for everybody."""
    people = [factories.consenting(f"p{n}") for n in range(5)]
    for piece in made.three_for_all():
        CardFactory(tenant=people[0].tenant, title=piece.title, content=dict(piece.content))
    for user in people:
        file = cast.statement(cast.THEO, now.date())
        got = uploads.receive(
            user=user, file_name="a.json", data=file, options={"sign_policy": "inflow_positive"}, now=now
        )
        loads.load(upload=loads.claim(tenant_id=user.tenant_id, now=now, upload_id=got.upload.pk), now=now)
    pipeline.run(clock=timezone.now, stages=["refresh"])
    return people


def outcomes():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return dict(Consideration.objects.values_list("user_id", "outcome"))


def test_a_fault_costs_the_one_whom_it_is_about(measured):
    broken = measured[3]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        for row in Snapshot.objects.filter(user=broken):
            row.pk, row.computed_at = uuid4(), row.computed_at + timedelta(seconds=1)
            row.merchants = [{"name": "x", "active": True, "merchant_key": "x"}]  # of no amount
            row.save(force_insert=True)
    walked = pipeline.run(clock=timezone.now, stages=["propose"])
    assert walked.failed == {"propose": 1}
    assert outcomes() == {user.pk: "failed" if user == broken else "proposed" for user in measured}
    assert pipeline.run(clock=timezone.now, stages=["propose"]).done == {}
    tomorrow = timezone.now() + timedelta(hours=25)
    assert pipeline.to_consider(broken.tenant, tomorrow, broken.pk) == 1


def test_one_person_leaves_the_others_for_later(measured):
    tenant, user = measured[0].tenant, measured[1]
    assert list(pipeline.walk("propose", tenant, timezone.now, user.pk)) == [True]
    assert outcomes() == {user.pk: "proposed"}
    assert pipeline.WAITING["propose"](tenant, timezone.now(), None) == 4


def test_what_no_consent_covers_is_taken_back_once(measured):
    tenant, user = measured[0].tenant, measured[2]
    pipeline.run(clock=timezone.now, stages=["propose"])
    with rowsecurity.viewing(rowsecurity.of(user)):
        consent.revoke(user=user, purpose=Purpose.ANALYSIS, now=timezone.now())
        consent.grant(user=user, purpose=Purpose.ANALYSIS, now=timezone.now())
    assert pipeline.WAITING["withdraw"](tenant, timezone.now(), None) == 3
    assert list(pipeline.walk("withdraw", tenant, timezone.now, measured[0].pk)) == []
    assert list(pipeline.walk("withdraw", tenant, timezone.now)) == [True]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        gone = Recommendation.objects.filter(status="withdrawn")
        assert set(gone.values_list("user_id", "withdrawal_reason")) == {(user.pk, "consent_revoked")}
    assert list(pipeline.walk("withdraw", tenant, timezone.now)) == []
