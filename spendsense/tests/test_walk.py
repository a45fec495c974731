"""The walk, from a file to what its owner and an operator read of it, and to nothing when consent ends."""

import io

from django.utils import timezone

from accounts import cast, consent, rowsecurity, storage
from accounts.purposes import Purpose
from spendsense import pipeline


def test_one_file_becomes_one_persona_that_its_owner_reads(calling, maya, omar, own_store, now):
    client = calling(maya)
    file = io.BytesIO(cast.statement(cast.MAYA, now.date()))
    file.name = "may.json"
    sent = client.post("/api/uploads", {"file": file, "sign_policy": "inflow_positive"}, format="multipart")
    assert sent.status_code == 201
    walked = pipeline.run(clock=timezone.now)
    assert walked.done == {"load": 1, "refresh": 1, "export": 1} and not any(walked.failed.values())

    upload = client.get(sent["Location"]).json()
    assert upload["status"] == "completed"
    mine = client.get("/api/personas/me").json()
    assert (mine["primary_persona"], mine["rule_set_version"], mine["stale"]) == ("high_utilization", 1, False)
    what_if = client.get("/api/personas/me/counterfactual").json()["personas"][0]
    said = [criterion["sentence"] for criterion in what_if["criteria"]]
    assert "Paying about $901 on the card ending 4523 brings it below 50 % of its limit." in said
    assert calling(omar).get(f"/api/personas/{maya.pk}").json()["primary_persona"] == "high_utilization"
    assert list(storage.keys(f"transactions/user_id={maya.pk}", store=storage.ANALYTICS))

    assert pipeline.run(clock=timezone.now).done == {}  # nothing is due twice

    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=timezone.now())
    assert client.get("/api/personas/me").json()["code"] == "PERSONA_NOT_FOUND"
    assert calling(omar).get(f"/api/personas/{maya.pk}").status_code == 404
    assert len(client.get("/api/transactions").json()["items"]) == 50  # her own rows stay hers
    pipeline.run(clock=timezone.now)
    assert not list(storage.keys(f"transactions/user_id={maya.pk}", store=storage.ANALYTICS))
