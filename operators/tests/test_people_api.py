"""People at the desk over HTTP: who is listed with what, whose file opens, and what is refused."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import consent, rowsecurity
from accounts.models import AuditEntry, User
from accounts.purposes import Purpose
from accounts.tests import factories
from operators.models import OperatorAction
from personas.models import Assignment, OverrideCase
from personas.tests.factories import STATEMENT, loaded, refreshed
from personas.tests.histories import settled
from recommendations.tests.factories import ItemFactory

HERE = "/api/operator/users"
WHY = "Saw the payslip of the second job."


def told(answer):
    return answer.status_code, answer.json()["code"]


def sealed():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(AuditEntry.objects.order_by("seq").values_list("action", "object_type"))


def found(client, query=""):
    answer = client.get(f"{HERE}?{query}")
    assert answer.status_code == 200, answer.content
    return [row["email"].partition("@")[0] for row in answer.json()["items"]]


@pytest.fixture
def stood(maya, own_store, now):
    loaded(maya, STATEMENT, now)
    refreshed(maya, now)
    return maya


@pytest.fixture
def desk(calling, omar):
    return calling(omar)


@pytest.fixture
def crowd(noor, now):
    """theo: risky and seen today; sam: steady and seen a month ago; noor never agreed."""
    theo, sam = factories.consenting("theo"), factories.consenting("sam")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.filter(pk=theo.pk).update(last_active_at=now)
        User.objects.filter(pk=sam.pk).update(last_active_at=now - timedelta(days=30))
    today = now.date()
    risks = {"persona": "high_utilization", "persona_id": 1, "persona_name": "High Utilization"}
    steady = {"persona": "savings_builder", "persona_id": 4, "persona_name": "Savings Builder"}
    settled(
        theo, now, **risks, persona_30d="high_utilization", strength_30d="strong", persona_180d="savings_builder",
        risks=["high_utilization", "overdue"], as_of=today,
    )  # fmt: skip
    settled(
        sam, now, **steady, persona_30d="savings_builder", strength_30d="weak", persona_180d="savings_builder",
        as_of=today - timedelta(days=46),
    )  # fmt: skip
    ItemFactory(user=theo)
    return {"theo": theo, "sam": sam, "noor": noor}


def test_the_list_says_of_each_what_is_known_and_of_all_how_many(desk, crowd):
    body = desk.get(HERE).json()
    assert (body["total"], body["limit"], body["offset"]) == (3, 50, 0)
    theo, sam, _ = body["items"]  # seen last first, and who was never seen last
    assert (theo["persona_30d"], theo["strength"], theo["persona_180d"]) == (
        "high_utilization",
        "strong",
        "savings_builder",
    )
    assert (theo["risk_flags"], theo["live_items"], theo["name"]) == (["high_utilization", "overdue"], 1, None)
    assert theo["consent"] == {"analysis": True, "partner_offers": False, "notes": False}
    assert (sam["risk_flags"], sam["live_items"]) == (["stale"], 0)
    assert body["stats"] == {
        "total": 3,
        "by_persona": {
            "high_utilization": 1,
            "variable_income_budgeter": 0,
            "subscription_heavy": 0,
            "savings_builder": 1,
            "general_wellness": 0,
        },
        "active_7d": 1,
        "flagged": 0,
    }


def test_who_did_not_agree_is_a_row_without_anything_of_money(desk, crowd):
    *_, noor = desk.get(HERE).json()["items"]
    assert noor["email"] == "noor@example.test"
    assert noor["consent"] == {"analysis": False, "partner_offers": False, "notes": False}
    assert (noor["persona_30d"], noor["persona_180d"], noor["strength"]) == (None, None, None)
    assert (noor["risk_flags"], noor["live_items"]) == ([], None)


def test_from_the_moment_of_a_revocation_the_row_says_nothing_more(desk, crowd, seeing, now):
    theo = crowd["theo"]
    with seeing(theo):
        consent.revoke(user=theo, purpose=Purpose.ANALYSIS, now=now)
    row = desk.get(f"{HERE}?search=theo").json()["items"][0]
    assert (row["persona_30d"], row["risk_flags"], row["live_items"]) == (None, [], None)
    assert desk.get(HERE).json()["stats"]["by_persona"]["high_utilization"] == 0


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("search=THEO", ["theo"]),
        ("search=%25", []),
        ("persona=savings_builder", ["sam"]),
        ("strength=strong", ["theo"]),
        ("risk_flag=overdue", ["theo"]),
        ("risk_flag=overdue&risk_flag=stale", []),
        ("consent=false", ["noor"]),
        ("stale=true", ["sam"]),
        ("stale=false", ["theo"]),
        ("sort=name", ["noor", "sam", "theo"]),
        ("sort=name&order=desc", ["theo", "sam", "noor"]),
        ("sort=persona_30d", ["theo", "sam", "noor"]),
        ("sort=strength&order=desc", ["sam", "theo", "noor"]),
        ("sort=risk_flags&order=desc", ["theo", "sam", "noor"]),
        ("sort=live_items&order=desc&consent=true", ["theo", "sam"]),
        ("sort=last_active_at&order=asc", ["sam", "theo", "noor"]),
    ],
)
def test_people_are_found_and_put_in_order(desk, crowd, query, names):
    listed = found(desk, query)
    assert (
        listed == names
        or ("live_items" in query and listed[0] == "theo")
        or set(listed) == set(names) == {"sam", "theo"}
    )


def test_an_id_is_found_by_how_it_begins_and_days_are_those_of_the_institution(desk, crowd, now):
    assert found(desk, f"search={str(crowd['sam'].pk)[:13]}") == ["sam"]
    assert found(desk, f"last_active_from={now.date()}") == ["theo"]
    assert found(desk, f"last_active_to={now.date() - timedelta(days=1)}") == ["sam"]


def test_a_page_beyond_the_end_still_knows_how_many_there_are(desk, crowd):
    body = desk.get(f"{HERE}?offset=50").json()
    assert (body["items"], body["total"]) == ([], 3)


@pytest.mark.parametrize("query", ["sort=colour", "limit=201", "risk_flag=poor", "persona=rich", "last_active_to=soon"])
def test_what_cannot_be_asked_is_refused(desk, query):
    assert told(desk.get(f"{HERE}?{query}")) == (400, "VALIDATION_ERROR")


def test_the_list_costs_as_much_for_many_as_for_one(desk, crowd):
    def spent():
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(HERE).status_code == 200
        return len(captured)

    desk.get(HERE)
    few = spent()
    for name in ("ines", "lea", "tom"):
        factories.consenting(name)
    assert spent() == few


# -- one file


def test_a_file_says_what_was_agreed_what_is_there_and_where_they_stand(desk, stood, now):
    body = desk.get(f"{HERE}/{stood.pk}").json()
    assert body["user"]["email"] == "maya@example.test" and body["user"]["name"] is None
    assert body["consent"] == {"analysis": True, "partner_offers": False, "notes": False}
    assert body["accounts"] == {"count": 1, "by_type": {"checking": 1}}
    assert {window: one["persona"] for window, one in body["personas"].items()} == dict.fromkeys(
        ("30d", "90d", "180d"), "general_wellness"
    )
    assert (body["live_items"], body["as_of"], body["stale"], body["risk_flags"]) == ([], "2025-06-30", True, ["stale"])
    assert sealed() == [("view_user", "file")]


@pytest.mark.parametrize(
    ("path", "section"),
    [
        ("", "file"),
        ("/signals", "signals"),
        ("/insights", "insights"),
        ("/accounts", "accounts"),
        ("/transactions", "transactions"),
        ("/uploads", "uploads"),
        ("/corrections", "corrections"),
        ("/assignments", "assignments"),
        ("/recommendations", "recommendations"),
        ("/actions", "actions"),
    ],
)
def test_each_section_opens_for_staff_leaves_its_name_and_is_nobody_elses(calling, junior, stood, noor, path, section):
    assert calling(junior).get(f"{HERE}/{stood.pk}{path}").status_code == 200
    assert sealed() == [("view_user", section)]
    assert told(calling(stood).get(f"{HERE}/{stood.pk}{path}")) == (403, "FORBIDDEN_ROLE")
    for nobody in (noor.pk, uuid4(), "no-id-at-all"):
        assert told(calling(junior).get(f"{HERE}/{nobody}{path}")) == (404, "USER_NOT_FOUND")
    assert len(sealed()) == 1


def test_the_sections_answer_as_the_owners_routes(calling, desk, stood):
    mine = calling(stood)
    for theirs, own in {
        "signals?window=90d": "/api/users/me/signals?window=90d",
        "insights?window=30d": "/api/insights?window=30d",
        "accounts": "/api/accounts",
        "transactions?direction=in&limit=1": "/api/transactions?direction=in&limit=1",
        "uploads": "/api/uploads",
        "corrections": "/api/corrections",
    }.items():
        assert desk.get(f"{HERE}/{stood.pk}/{theirs}").json() == mine.get(own).json()


def test_who_was_never_measured_has_a_file_and_no_signals(desk, maya):
    assert desk.get(f"{HERE}/{maya.pk}").json()["personas"] == {"30d": None, "90d": None, "180d": None}
    for section in ("signals", "insights"):
        assert told(desk.get(f"{HERE}/{maya.pk}/{section}")) == (404, "NO_SIGNALS")


def test_assignments_are_told_newest_first(desk, stood, now):
    desk.post(
        f"{HERE}/{stood.pk}/override", {"persona": "savings_builder", "window_type": "30d", "reason": WHY}, "json"
    )
    body = desk.get(f"{HERE}/{stood.pk}/assignments?window_type=30d").json()
    assert [(row["persona"], row["source"], row["window_type"]) for row in body["items"]] == [
        ("savings_builder", "operator", "30d"),
        ("general_wellness", "computed", "30d"),
    ]
    assert body["total"] == 2
    assert told(desk.get(f"{HERE}/{stood.pk}/assignments?window_type=7d")) == (400, "INVALID_WINDOW_TYPE")


# -- acts


def test_a_refresh_measures_now_and_answers_with_what_was_found(desk, maya, own_store, now):
    loaded(maya, STATEMENT, now)
    body = desk.post(f"{HERE}/{maya.pk}/refresh").json()
    assert body["signals"]["30d"]["as_of"] == "2025-06-30"
    assert body["signals"]["30d"]["signals"]["spending"]["spend_total"] == 200.0
    assert {window: one["persona"] for window, one in body["assignments"].items()} == dict.fromkeys(
        ("30d", "90d", "180d"), "general_wellness"
    )
    assert sealed() == [("refresh", "user")]


def test_a_flag_is_worn_until_it_is_taken_off(desk, crowd, omar):
    theo = f"{HERE}/{crowd['theo'].pk}/flag"
    answer = desk.post(theo, {"reason": WHY}, "json")
    assert answer.status_code == 201
    assert (answer.json()["action_type"], answer.json()["operator_id"]) == ("flag", str(omar.pk))
    assert found(desk, "risk_flag=flagged") == ["theo"]
    assert told(desk.post(theo, {"reason": WHY}, "json")) == (409, "OPEN_FLAG")
    assert desk.delete(theo).status_code == 204
    assert found(desk, "risk_flag=flagged") == []
    assert told(desk.delete(theo)) == (404, "FLAG_NOT_FOUND")
    assert [action for action, _ in sealed()] == ["flag_user", "unflag_user"]


def test_an_item_is_overridden_for_good(desk, crowd):
    theo, sam = crowd["theo"], crowd["sam"]
    item, other = ItemFactory(user=theo), ItemFactory(user=sam)
    body = desk.post(f"{HERE}/{theo.pk}/override", {"recommendation_id": str(item.pk), "reason": WHY}, "json").json()
    assert body["effect"] == {"recommendation_id": str(item.pk), "status": "withdrawn"}
    assert (body["action"]["action_type"], body["action"]["recommendation_id"]) == ("override", str(item.pk))
    answer = desk.post(f"{HERE}/{theo.pk}/override", {"recommendation_id": str(other.pk), "reason": WHY}, "json")
    assert told(answer) == (404, "RECOMMENDATION_NOT_FOUND")
    assert sealed() == [("override", "recommendation")]


def test_a_persona_is_overridden_held_and_given_back(desk, stood):
    asked = {"persona": "savings_builder", "window_type": "30d", "reason": WHY, "hold_days": 7}
    answer = desk.post(f"{HERE}/{stood.pk}/override", asked, "json")
    assert answer.status_code == 201
    effect = answer.json()["effect"]
    assert effect["persona"] == "savings_builder" and effect["held_until"]
    back = desk.post(f"{HERE}/{stood.pk}/override", {**asked, "persona": None}, "json").json()["effect"]
    assert (back["persona"], back["held_until"]) == ("general_wellness", None)
    again = desk.post(f"{HERE}/{stood.pk}/override", {**asked, "persona": None}, "json")
    assert told(again) == (409, "NOT_HELD")
    rows = desk.get(f"{HERE}/{stood.pk}/actions").json()
    assert [row["action_type"] for row in rows["items"]] == ["override", "override"]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert OverrideCase.objects.get().state == "retired"


@pytest.mark.parametrize(
    "sent",
    [
        {"persona": "rich", "window_type": "30d", "reason": WHY},
        {"persona": "savings_builder", "window_type": "90d", "reason": WHY},
        {"persona": "savings_builder", "reason": WHY},
        {"persona": "savings_builder", "window_type": "30d", "reason": WHY, "hold_days": 0},
        {"persona": "savings_builder", "window_type": "30d", "reason": WHY, "hold_days": 91},
        {"persona": "savings_builder", "window_type": "30d", "reason": "ninechars"},
        {"persona": "savings_builder", "window_type": "30d"},
        {"persona": "savings_builder", "window_type": "30d", "recommendation_id": str(uuid4()), "reason": WHY},
        {"reason": WHY},
    ],
)
def test_an_override_that_says_too_little_or_too_much_is_refused(desk, stood, sent):
    before = len(sealed())
    assert told(desk.post(f"{HERE}/{stood.pk}/override", sent, "json")) == (400, "VALIDATION_ERROR")
    assert len(sealed()) == before
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not OperatorAction.objects.exists() and not Assignment.objects.filter(source="operator").exists()


ACTS = [
    ("post", "refresh", {}),
    ("post", "flag", {"reason": WHY}),
    ("delete", "flag", None),
    ("post", "override", {"persona": "savings_builder", "window_type": "30d", "reason": WHY}),
]


@pytest.mark.parametrize(("method", "act", "sent"), ACTS)
def test_an_act_is_for_seniors_on_people_of_their_own_who_agree(calling, junior, omar, stood, noor, method, act, sent):
    def asked(by, whom):
        return told(getattr(calling(by), method)(f"{HERE}/{whom}/{act}", sent, "json"))

    elsewhere = factories.consenting("zoe", tenant=factories.TenantFactory(slug="elsewhere"))
    assert asked(junior, stood.pk) == (403, "FORBIDDEN_ROLE")
    assert asked(stood, stood.pk) == (403, "FORBIDDEN_ROLE")
    assert asked(omar, noor.pk) == (409, "CONSENT_REQUIRED")
    for nobody in (elsewhere.pk, uuid4(), omar.pk, "no-id"):
        assert asked(omar, nobody) == (404, "USER_NOT_FOUND")
    assert sealed() == []


def test_who_was_demoted_a_moment_ago_may_no_more(calling, omar, stood):
    desk = calling(omar)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.filter(pk=omar.pk).update(level="junior")
    assert told(desk.post(f"{HERE}/{stood.pk}/flag", {"reason": WHY}, "json")) == (403, "FORBIDDEN_ROLE")


def test_an_act_sent_twice_under_a_key_is_done_once(desk, crowd):
    key = {"headers": {"Idempotency-Key": "0d3c6f5e-flag-theo"}}
    path = f"{HERE}/{crowd['theo'].pk}/flag"
    first = desk.post(path, {"reason": WHY}, "json", **key)
    again = desk.post(path, {"reason": WHY}, "json", **key)
    assert first.status_code == again.status_code == 201 and first.content == again.content
    assert len(sealed()) == 1
