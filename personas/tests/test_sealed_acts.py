"""What staff do with rules and people stands in the audit chain: one row an act, one a person of a batch."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import anchors, audit, rowsecurity
from accounts.models import AuditEntry
from accounts.tests import factories
from personas import overriding, rulesets, simulating
from personas.models import Window
from personas.rules import Persona
from personas.tests.histories import measured, said, settled
from personas.tests.rule_cases import NOTE, stricter

HERE = "/api/operator/rule-sets"
HIGH, SAVINGS = "high_utilization", "savings_builder"


def sealed():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(AuditEntry.objects.order_by("seq").select_related("detail"))


def deeds():
    return [(entry.action, entry.object_type) for entry in sealed()]


@pytest.fixture
def stands(maya, now):
    """Maya, who was measured a moment ago and stands somewhere."""
    said(maya, HIGH, now - timedelta(days=3))
    measured(maya, now, credit_any_card_high_util=True, credit_num_credit_cards=1)
    settled(maya, now)
    return maya


def test_a_rule_set_is_sealed_from_its_draft_to_its_end(omar, seeing, now):
    with seeing(omar):
        draft = rulesets.draft(by=omar, now=now, document=stricter())
        rulesets.change(rule_set_id=draft.pk, by=omar, now=now, document=stricter(5))
        draft.refresh_from_db()
        simulation = simulating.start(rule_set=draft, windows=[Window.DAYS_30], as_of=None, by=omar, now=now)
    simulating.run(simulation_id=simulation.pk, tenant_id=omar.tenant_id, now=now)
    with seeing(omar):
        rulesets.publish(rule_set_id=draft.pk, simulation_id=simulation.pk, note=NOTE, by=omar, now=now)
        rulesets.roll_back(version=1, note=NOTE, by=omar, now=now)
        gone = rulesets.draft(by=omar, now=now)
        rulesets.discard(rule_set_id=gone.pk, by=omar, now=now)
    entries = sealed()
    assert [(entry.action, entry.detail.detail.get("change")) for entry in entries] == [
        ("rules_draft", "made"),
        ("rules_draft", "changed"),
        ("rules_simulate", None),
        ("rules_publish", None),
        ("rules_roll_back", None),
        ("rules_draft", "made"),
        ("rules_draft", "discarded"),
    ]
    assert {entry.object_type for entry in entries} == {"rule_set"}
    assert {entry.object_id for entry in entries[:4]} == {str(draft.pk)}
    published, back = entries[3].detail.detail, entries[4].detail.detail
    assert (published["former_version"], published["version"], published["note"]) == (1, 2, NOTE)
    assert (back["former_version"], back["document_of_version"], back["version"]) == (2, 1, 3)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert audit.verify(tenant_id=omar.tenant_id).valid


def test_an_act_that_is_refused_is_not_sealed(omar, seeing, now):
    with pytest.raises(rulesets.RuleSetInvalid), seeing(omar):
        rulesets.draft(by=omar, now=now, document={"rules": 1})
    with pytest.raises(rulesets.AlreadyActive), seeing(omar):
        rulesets.roll_back(version=1, note=NOTE, by=omar, now=now)
    assert sealed() == []


def test_a_request_says_where_it_came_from(calling, omar):
    calling(omar).post(HERE, {"document": stricter()}, "json", headers={"X-Request-ID": "asked-here"})
    (entry,) = sealed()
    assert (entry.operator_id, entry.request_id, entry.ip_address) == (omar.pk, "asked-here", "127.0.0.1")


def test_a_publication_anchors_the_chain(calling, omar, own_store, django_capture_on_commit_callbacks):
    desk = calling(omar)
    draft = desk.post(HERE, {"document": stricter()}, "json").json()["id"]
    wished = desk.post(f"{HERE}/{draft}/simulate", {}, "json").json()["simulation_id"]
    for simulation_id in simulating.due(tenant_id=omar.tenant_id):
        simulating.run(simulation_id=simulation_id, tenant_id=omar.tenant_id, now=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        answer = desk.post(f"{HERE}/{draft}/publish", {"simulation_id": wished, "note": NOTE}, "json")
    assert answer.status_code == 200, answer.content
    assert anchors.read(tenant_id=omar.tenant_id) == {3: sealed()[2].hash}


# -- people


def test_staff_who_assign_are_sealed_and_people_who_do_are_not(calling, omar, stands):
    assert calling(stands).post("/api/personas/assign/me").status_code == 200
    assert sealed() == []
    assert calling(omar).post(f"/api/personas/assign/{stands.pk}").status_code == 200
    (entry,) = sealed()
    assert (entry.action, entry.object_type, entry.batch_id) == ("refresh", "assignment", None)
    assert entry.detail.detail == {"user_id": str(stands.pk), "window": "30d"}


def test_a_batch_is_one_row_a_person_under_one_number(calling, junior, stands, noor, now):
    other = factories.consenting("theo")
    measured(other, now, credit_any_card_high_util=True, credit_num_credit_cards=1)
    settled(other, now)
    asked = {"user_ids": [str(stands.pk), str(other.pk), str(noor.pk)]}
    assert calling(junior).post("/api/personas/batch-assign", asked, "json").json()["successful"] == 2
    entries = sealed()
    assert [entry.action for entry in entries] == ["refresh", "refresh"]
    assert len({entry.batch_id for entry in entries}) == 1 and entries[0].batch_id is not None


def test_an_override_is_sealed_with_what_it_overruled(omar, stands, seeing, now):
    with seeing(omar):
        row = overriding.override(
            user=stands,
            window=Window.DAYS_30,
            persona=Persona.SAVINGS_BUILDER,
            reason="Saw the payslip.",
            by=omar,
            now=now,
        )
    (entry,) = sealed()
    assert (entry.action, entry.object_id) == ("override", str(row.pk))
    detail = entry.detail.detail
    assert (detail["former"], detail["persona"], detail["reason"]) == (HIGH, SAVINGS, "Saw the payslip.")


@pytest.mark.parametrize(
    ("path", "section"),
    [
        ("users/{}/signals", "signals"),
        ("users/{}/profile", "profile"),
        ("users/{}/persona-history", "persona_history"),
        ("operator/users/{}/corrections", "corrections"),
        ("personas/{}", "persona"),
        ("personas/{}/tenure", "tenure"),
        ("personas/{}/transitions", "transitions"),
        ("personas/{}/counterfactual", "counterfactual"),
    ],
)
def test_each_section_that_staff_open_leaves_its_name(calling, junior, stands, path, section):
    calling(stands).post("/api/personas/assign/me")
    mine = calling(stands).get(f"/api/{path.format(stands.pk)}")
    assert mine.status_code == (403 if path.startswith("operator") else 200)
    assert calling(junior).get(f"/api/{path.format(stands.pk)}").status_code == 200
    assert deeds() == [("view_user", section)]
    (seen,) = calling(stands).get("/api/users/me/access").json()["items"]
    assert (seen["section"], seen["operator_role"]) == (section, "operator")


def test_detecting_a_transition_shows_staff_the_person(calling, junior, stands):
    calling(stands).post("/api/personas/assign/me")
    assert calling(junior).post(f"/api/personas/detect-transition/{stands.pk}").status_code == 200
    assert deeds() == [("view_user", "transitions")]
