"""The walk, from a file to what its owner and an operator read of it and decide, and to nothing when consent ends."""

import io

from django.utils import timezone

from accounts import cast, consent, rowsecurity, storage
from accounts.purposes import Purpose
from recommendations import reviewing
from recommendations.models import Recommendation
from recommendations.tests import people as made
from recommendations.tests.factories import CardFactory
from spendsense import pipeline

CARD = {
    "personas": ["high_utilization"],
    "rationale_template": "We're showing you this because your card ending {card_last4} is at {utilization}.",
}


def test_one_file_becomes_one_persona_that_its_owner_reads_and_items_that_wait(calling, maya, omar, own_store, now):
    for piece in (made.piece("utilization-basics", **CARD), *made.three_for_all()):
        CardFactory(tenant=maya.tenant, title=piece.title, content=dict(piece.content))
    client = calling(maya)
    file = io.BytesIO(cast.statement(cast.MAYA, now.date()))
    file.name = "may.json"
    sent = client.post("/api/uploads", {"file": file, "sign_policy": "inflow_positive"}, format="multipart")
    assert sent.status_code == 201
    walked = pipeline.run(clock=timezone.now)
    assert walked.done == {"load": 1, "refresh": 1, "propose": 1, "export": 1} and not any(walked.failed.values())

    upload = client.get(sent["Location"]).json()
    assert upload["status"] == "completed"
    mine = client.get("/api/personas/me").json()
    assert (mine["primary_persona"], mine["rule_set_version"], mine["stale"]) == ("high_utilization", 1, False)
    what_if = client.get("/api/personas/me/counterfactual").json()["personas"][0]
    said = [criterion["sentence"] for criterion in what_if["criteria"]]
    assert "Paying about $901 on the card ending 4523 brings it below 50 % of its limit." in said
    assert calling(omar).get(f"/api/personas/{maya.pk}").json()["primary_persona"] == "high_utilization"
    assert list(storage.keys(f"transactions/user_id={maya.pk}", store=storage.ANALYTICS))

    with rowsecurity.viewing(rowsecurity.of(omar)):
        first, *others = Recommendation.objects.filter(user=maya).order_by("position")
        assert first.rationale == ("We're showing you this because your card ending 4523 is at 68 %.")
        assert [one.subject for one in others] == ["general-1", "general-2"]
        assert {one.status for one in (first, *others)} == {"pending"}
        reviewing.approve(item_id=first.pk, by=omar, now=timezone.now())
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert [one.pk for one in Recommendation.objects.all()] == [first.pk]

    assert pipeline.run(clock=timezone.now).done == {}  # nothing is due twice

    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=timezone.now())
    assert client.get("/api/personas/me").json()["code"] == "PERSONA_NOT_FOUND"
    assert calling(omar).get(f"/api/personas/{maya.pk}").status_code == 404
    assert len(client.get("/api/transactions").json()["items"]) == 50  # her own rows stay hers
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert not Recommendation.objects.exists()  # from the commit on
    assert pipeline.run(clock=timezone.now).done["withdraw"] == 1
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        left = Recommendation.objects.values_list("status", "withdrawal_reason")
        assert set(left) == {("withdrawn", "consent_revoked")}
    assert not list(storage.keys(f"transactions/user_id={maya.pk}", store=storage.ANALYTICS))
