"""Assigning, reading and explaining a persona over HTTP: exact shapes, codes, sentences and statement budgets."""

from datetime import datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import cast, consent, rowsecurity
from accounts.purposes import Purpose
from accounts.tests import factories
from personas import overriding
from personas.models import Assignment, Transition, Window
from personas.rules import Persona
from personas.tests.factories import loaded, refreshed
from personas.tests.histories import measured, said, settled

ASSIGNMENT = {
    *("assignment_id", "user_id", "window_type", "primary_persona", "primary_match_strength", "secondary_personas"),
    *("all_matches", "criteria_met", "criteria", "assigned_at", "as_of", "confirmed_as_of", "stale", "days_covered"),
    *("not_enough", "rule_set_version", "source", "held_until"),
}
REPORT = {
    *("user_id", "transition_detected", "from_persona", "to_persona", "transition_date", "from_assigned_at"),
    *("days_in_previous_persona", "is_positive_transition", "celebration_message", "milestone_achieved"),
    *("achievement_title", "cause"),
}
LISTED = {
    *("transition_id", "user_id", "window_type", "from_persona", "to_persona", "transition_date", "created_at"),
    *("days_in_previous_persona", "celebration_shown", "milestone_achieved", "achievement_title", "cause"),
}
FREE = ("SELECT set_config(", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
HIGH, SAVINGS, WELL = "high_utilization", "savings_builder", "general_wellness"
WINDOW_SENTENCE = "window_type must be either '30d' or '180d'"


def told(answer):
    return answer.status_code, answer.json()["code"]


def statements(captured):
    return [query["sql"] for query in captured if not query["sql"].startswith(FREE)]


def member(name):
    return next(one for one in cast.CAST if one.name == name)


def revoked(user):
    with rowsecurity.viewing(rowsecurity.of(user)):
        consent.revoke(user=user, purpose=Purpose.ANALYSIS, now=timezone.now())


def counted(model):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return model.objects.count()


@pytest.fixture
def card(maya, own_store, now):
    """Maya, with the statement that tells of a card at its limit, received an hour ago."""
    loaded(maya, cast.statement(member("maya"), now.date()), now - timedelta(hours=1), "statement.json")
    return maya


@pytest.fixture
def moved(maya, now):
    """Maya, who went from high utilisation to saving ten days ago, after twenty days; nobody recorded it."""
    said(maya, HIGH, now - timedelta(days=30))
    said(maya, HIGH, now - timedelta(days=20))
    said(maya, SAVINGS, now - timedelta(days=10))
    measured(maya, now - timedelta(days=10))
    return maya


# -- assign


def test_a_person_is_measured_and_assigned_in_one_call(calling, card):
    answer = calling(card).post("/api/personas/assign/me")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == ASSIGNMENT
    assert (body["user_id"], body["window_type"], body["primary_persona"]) == (str(card.pk), "30d", HIGH)
    assert (body["rule_set_version"], body["source"], body["held_until"]) == (1, "computed", None)
    assert body["as_of"] == body["confirmed_as_of"] and body["stale"] is False and body["days_covered"] > 180
    assert body["criteria_met"]["any_card_utilization_gte_50"] is True and HIGH in body["criteria_met"]["by_persona"]
    assert body["criteria"][0]["id"] == "hu_card_50"
    assert body["assigned_at"].endswith("Z")


@pytest.mark.parametrize("body", [None, {}, {"window_type": None}, {"window_type": "30d"}])
def test_thirty_days_are_meant_by_nothing(calling, card, body):
    assert calling(card).post("/api/personas/assign/me", body, "json").json()["window_type"] == "30d"


def test_the_id_may_come_in_the_body(calling, card, omar):
    asked = {"user_id": str(card.pk).upper(), "window_type": "180d"}
    assert calling(omar).post("/api/personas/assign", asked, "json").json()["window_type"] == "180d"
    assert calling(card).post("/api/personas/assign", {"user_id": "me"}, "json").json()["primary_persona"] == HIGH
    assert calling(card).post("/api/personas/assign/", {"user_id": "me"}, "json").status_code == 200


@pytest.mark.parametrize("window", ["90d", "30", "", 30, ["30d"], {"a": 1}, True])
def test_a_window_is_one_of_two_words(calling, card, window):
    answer = calling(card).post("/api/personas/assign/me", {"window_type": window}, "json")
    assert told(answer) == (400, "INVALID_WINDOW_TYPE")
    assert answer.json()["detail"] == WINDOW_SENTENCE


@pytest.mark.parametrize(("body", "field"), [({}, "user_id"), ({"user_id": "nobody"}, "user_id"), (["me"], "body")])
def test_a_malformed_id_in_a_body_is_invalid_input(calling, card, body, field):
    answer = calling(card).post("/api/personas/assign", body, "json")
    assert told(answer) == (400, "VALIDATION_ERROR")
    assert answer.json()["errors"][0]["field"] == field


def test_ids_of_others_are_unknown(calling, card, noor, omar, ada):
    far = factories.consenting("far", tenant=factories.TenantFactory(slug="elsewhere"))
    for who, wanted in [
        (card, noor.pk),
        (card, "nobody"),
        (card, uuid4()),
        (omar, "me"),
        (omar, far.pk),
        (ada, omar.pk),
    ]:
        for path in ("", "/tenure", "/transitions", "/counterfactual"):
            answer = calling(who).get(f"/api/personas/{wanted}{path}")
            assert (told(answer), answer.json()["detail"]) == ((404, "USER_NOT_FOUND"), f"User {wanted} not found")
        for verb in ("assign", "detect-transition"):
            assert told(calling(who).post(f"/api/personas/{verb}/{wanted}")) == (404, "USER_NOT_FOUND")


def test_nobody_signed_in_reads_only_the_health(calling, maya):
    answer = calling().get("/api/personas/health")
    assert answer.status_code == 200
    assert {**answer.json(), "timestamp": None} == {
        "status": "healthy",
        "persona_modules_available": True,
        "database_connected": True,
        "user_personas_table": True,
        "persona_transitions_table": True,
        "timestamp": None,
    }
    for path in (f"{maya.pk}", f"{maya.pk}/tenure", f"{maya.pk}/transitions", "analytics/ready"):
        assert told(calling().get(f"/api/personas/{path}")) == (401, "AUTH_REQUIRED")
    for path in ("assign", "batch-assign", "detect-transition", f"assign/{maya.pk}"):
        assert told(calling().post(f"/api/personas/{path}")) == (401, "AUTH_REQUIRED")


def test_a_missing_table_is_told_by_the_health_alone(calling, live_db):
    owner = settings.DATABASES["owner"]
    with psycopg.connect(host=owner["HOST"], user=owner["USER"], dbname=live_db) as raw:
        raw.execute("ALTER TABLE persona_transitions RENAME TO elsewhere")
    answer = calling().get("/api/personas/health")
    assert answer.status_code == 503
    assert {**answer.json(), "timestamp": None} == {
        "status": "unhealthy",
        "persona_modules_available": True,
        "database_connected": True,
        "user_personas_table": True,
        "persona_transitions_table": False,
        "timestamp": None,
        "error": "The persona tables cannot be read.",
    }


def test_without_anything_to_measure_there_is_no_persona(calling, maya):
    answer = calling(maya).post("/api/personas/assign/me")
    assert (told(answer), answer.json()["detail"]) == (
        (404, "NO_SIGNALS"),
        f"No signals available for user {maya.pk}",
    )
    assert told(calling(maya).get("/api/personas/me")) == (404, "PERSONA_NOT_FOUND")
    assert told(calling(maya).get("/api/personas/me/counterfactual")) == (404, "NO_SIGNALS")


def test_every_call_appends_and_a_key_replays(calling, card):
    client, key = calling(card), {"HTTP_IDEMPOTENCY_KEY": "one"}
    first = client.post("/api/personas/assign/me", **key)
    again = client.post("/api/personas/assign/me", **key)
    assert first.content == again.content and again["Idempotency-Replayed"] == "true"
    rows = counted(Assignment)
    client.post("/api/personas/assign/me")
    assert counted(Assignment) == rows + 1


def test_a_hold_answers_the_held_row_and_appends_nothing(calling, card, omar, now):
    calling(card).post("/api/personas/assign/me")
    with rowsecurity.viewing(rowsecurity.of(omar)):
        overriding.override(
            user=card,
            window=Window.DAYS_30,
            persona=Persona.SAVINGS_BUILDER,
            reason="Saw the payslip.",
            hold_days=9,
            by=omar,
            now=(at := timezone.now()),
        )
    rows = counted(Assignment)
    body = calling(card).post("/api/personas/assign/me").json()
    assert (body["primary_persona"], body["source"], counted(Assignment)) == (SAVINGS, "operator", rows)
    assert datetime.fromisoformat(body["held_until"]) == at + timedelta(days=9)
    told = calling(card).post("/api/personas/detect-transition/me").json()
    assert (told["cause"], told["is_positive_transition"]) == ("operator", False)


# -- consent


def test_from_the_moment_of_revocation_nothing_is_seen_or_written(calling, moved, omar):
    clients, key = (calling(moved), calling(omar)), {"HTTP_IDEMPOTENCY_KEY": "one"}
    for client in clients:
        assert client.post(f"/api/personas/detect-transition/{moved.pk}", **key).status_code == 200
    revoked(moved)
    for client in clients:
        one = f"/api/personas/{moved.pk}"
        for verb in ("assign", "detect-transition"):
            assert told(client.post(f"/api/personas/{verb}/{moved.pk}")) == (409, "CONSENT_REQUIRED")
        assert told(client.post(f"/api/personas/detect-transition/{moved.pk}", **key)) == (409, "CONSENT_REQUIRED")
        missing = client.get(one)
        assert told(missing) == (404, "PERSONA_NOT_FOUND")
        assert missing.json()["detail"] == "No persona assignment found"
        assert told(client.get(f"{one}/tenure")) == (404, "PERSONA_NOT_FOUND")
        assert told(client.get(f"{one}/counterfactual")) == (404, "PERSONA_NOT_FOUND")
        listed = client.get(f"{one}/transitions").json()
        assert (listed["total_count"], listed["transitions"]) == (0, [])


# -- current


def test_the_current_persona_is_read_with_its_last_transition(calling, moved):
    calling(moved).post("/api/personas/detect-transition/me")
    body = calling(moved).get("/api/personas/me").json()
    assert set(body) == ASSIGNMENT | {"last_transition"}
    assert (body["primary_persona"], body["source"], body["stale"]) == (SAVINGS, "import", False)
    day = (timezone.now() - timedelta(days=10)).date().isoformat()
    assert body["last_transition"] == {
        "from_persona": HIGH,
        "to_persona": SAVINGS,
        "transition_date": day,
        "days_ago": 10,
    }
    assert told(calling(moved).get("/api/personas/me?window_type=180d")) == (404, "PERSONA_NOT_FOUND")
    assert calling(moved).get("/api/personas/me?window_type=1d").json()["detail"] == WINDOW_SENTENCE


def test_a_later_snapshot_confirms_what_was_said(calling, maya, now):
    said(maya, WELL, now - timedelta(days=9), as_of=now.date() - timedelta(days=9))
    gap = {"category": "spending", "reason": "short_history", "sentence": "12 of 30 days are covered."}
    measured(maya, now, spending_days_covered=12, meta={"not_enough": [gap]})
    body = calling(maya).get("/api/personas/me").json()
    assert (body["as_of"], body["confirmed_as_of"]) == (
        (now.date() - timedelta(days=9)).isoformat(),
        now.date().isoformat(),
    )
    assert (body["days_covered"], body["not_enough"], body["last_transition"]) == (12, [gap], None)


def test_tenure_is_exact(calling, moved, now):
    body = calling(moved).get("/api/personas/me/tenure").json()
    assert body == {
        "user_id": str(moved.pk),
        "window_type": "30d",
        "current_persona": SAVINGS,
        "assigned_at": body["since"],
        "since": (now - timedelta(days=10)).isoformat().replace("+00:00", "Z"),
        "days_in_persona": 10,
        "previous_persona": HIGH,
        "last_transition_date": (now - timedelta(days=10)).date().isoformat(),
        "stale": False,
    }


# -- detect-transition, transitions, acknowledge


def test_a_missing_transition_is_recorded_and_reported_alike_twice(calling, moved, now):
    first = calling(moved).post("/api/personas/detect-transition/me").json()
    again = calling(moved).post("/api/personas/detect-transition", {"user_id": "me"}, "json").json()
    assert first == again and set(first) == REPORT and counted(Transition) == 1
    assert (first["transition_detected"], first["from_persona"], first["to_persona"]) == (True, HIGH, SAVINGS)
    assert datetime.fromisoformat(first["transition_date"]) == now - timedelta(days=10)
    assert datetime.fromisoformat(first["from_assigned_at"]) == now - timedelta(days=30)
    assert (first["days_in_previous_persona"], first["is_positive_transition"], first["cause"]) == (20, True, "data")
    assert first["celebration_message"].startswith("Congratulations! Your cards are under control")
    assert (first["milestone_achieved"], first["achievement_title"]) == (
        "credit_to_savings",
        "Financial Health Turnaround",
    )


def test_without_a_change_the_rest_is_null(calling, maya, now):
    said(maya, HIGH, now)
    assert told(calling(maya).post("/api/personas/detect-transition/me")) == (404, "INSUFFICIENT_HISTORY")
    said(maya, HIGH, now)
    body = calling(maya).post("/api/personas/detect-transition/me").json()
    assert body == dict.fromkeys(REPORT) | {"user_id": str(maya.pk), "transition_detected": False}


def test_a_step_down_is_told_without_a_party(calling, maya, now):
    said(maya, SAVINGS, now - timedelta(days=3))
    said(maya, HIGH, now)
    body = calling(maya).post("/api/personas/detect-transition/me").json()
    assert (body["transition_detected"], body["is_positive_transition"]) == (True, False)
    assert (body["celebration_message"], body["milestone_achieved"], body["achievement_title"]) == (None, None, None)


def test_transitions_come_newest_first_with_both_totals(calling, maya, now):
    for ago, persona in enumerate([HIGH, SAVINGS, HIGH, WELL]):
        for window in ("30d", "90d"):
            said(maya, persona, now - timedelta(days=9 - ago), window)
        if ago:
            calling(maya).post("/api/personas/detect-transition/me")
    page = calling(maya).get("/api/personas/me/transitions?limit=2&offset=0").json()
    assert {name: page[name] for name in page if name != "transitions"} == {
        "user_id": str(maya.pk),
        "total_count": 3,
        "total_transitions": 3,
        "limit": 2,
        "offset": 0,
    }
    assert [set(one) for one in page["transitions"]] == [LISTED, LISTED]
    assert [one["to_persona"] for one in page["transitions"]] == [WELL, HIGH]
    rest = calling(maya).get("/api/personas/me/transitions?offset=2&window_type=30d").json()
    assert [one["to_persona"] for one in rest["transitions"]] == [SAVINGS] and rest["limit"] == 10
    assert calling(maya).get("/api/personas/me/transitions?window_type=180d").json()["total_count"] == 0


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "offset=-1"])
def test_a_page_out_of_range_is_invalid_input(calling, maya, query):
    assert told(calling(maya).get(f"/api/personas/me/transitions?{query}")) == (400, "VALIDATION_ERROR")


def test_a_celebration_is_acknowledged_by_the_person_alone(calling, moved, omar):
    calling(moved).post("/api/personas/detect-transition/me")
    listed = calling(moved).get("/api/personas/me/transitions").json()["transitions"][0]
    path = f"transitions/{listed['transition_id']}/acknowledge"
    assert calling(moved).post(f"/api/personas/me/{path}").json() == listed
    assert calling(moved).post(f"/api/personas/me/{path}").json() == listed
    assert told(calling(omar).post(f"/api/personas/{moved.pk}/{path}")) == (403, "FORBIDDEN_ROLE")
    for unknown in (uuid4(), "nothing"):
        answer = calling(moved).post(f"/api/personas/me/transitions/{unknown}/acknowledge")
        assert told(answer) == (404, "TRANSITION_NOT_FOUND")


# -- batch-assign


def test_a_batch_answers_each_in_its_place(calling, card, noor, omar):
    poor = factories.consenting("poor")
    asked = [str(card.pk), "nobody", str(noor.pk), str(card.pk), str(poor.pk)]
    body = calling(omar).post("/api/personas/batch-assign", {"user_ids": asked}, "json").json()
    assert (body["total_requested"], body["successful"], body["failed"]) == (5, 2, 3)
    assert [item["user_id"] for item in body["results"]] == asked
    assert body["results"][0] == {
        "user_id": str(card.pk),
        "status": "success",
        "primary_persona": HIGH,
        "error": None,
        "error_code": None,
    }
    assert [item["error_code"] for item in body["results"]] == [
        *(None, "USER_NOT_FOUND", "CONSENT_REQUIRED", None, "NO_SIGNALS")
    ]
    assert body["results"][4]["error"] == "No signals available for user"
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        # The window that was asked for gets one row, measured or not, and however often the list names the person.
        assert Assignment.objects.filter(user=card, window_type="30d").count() == 1


@pytest.mark.parametrize("ids", [None, [], ["x"] * 101, "x", [None], [{}]])
def test_a_batch_takes_one_to_a_hundred_texts(calling, omar, ids):
    answer = calling(omar).post("/api/personas/batch-assign", {"user_ids": ids}, "json")
    assert told(answer) == (400, "VALIDATION_ERROR")


def test_a_batch_has_a_window_and_is_for_staff(calling, maya, omar):
    asked = {"user_ids": [str(maya.pk)], "window_type": "7d"}
    assert told(calling(omar).post("/api/personas/batch-assign", asked, "json")) == (400, "INVALID_WINDOW_TYPE")
    assert told(calling(maya).post("/api/personas/batch-assign", asked, "json")) == (403, "FORBIDDEN_ROLE")


def test_a_stored_batch_is_not_told_again_once_somebody_revoked(calling, card, noor, omar):
    asked, key = {"user_ids": [str(card.pk), str(noor.pk)]}, {"HTTP_IDEMPOTENCY_KEY": "one"}
    client = calling(omar)
    first = client.post("/api/personas/batch-assign", asked, "json", **key)
    assert client.post("/api/personas/batch-assign", asked, "json", **key).content == first.content
    revoked(card)
    assert told(client.post("/api/personas/batch-assign", asked, "json", **key)) == (409, "CONSENT_REQUIRED")


# -- counterfactual


def charged_before(today):
    """The statement charges interest on the 18th of every month."""
    return today.replace(day=18) if today.day >= 18 else (today.replace(day=1) - timedelta(days=1)).replace(day=18)


def test_a_counterfactual_says_what_would_change_and_who_one_would_be(calling, card, now):
    assert calling(card).post("/api/personas/assign/me").status_code == 200
    body = calling(card).get("/api/personas/me/counterfactual").json()
    assert list(body) == [
        *("user_id", "window_type", "as_of", "stale", "rule_set_version", "primary_persona"),
        *("primary_match_strength", "personas"),
    ]
    assert (body["primary_persona"], body["rule_set_version"], body["stale"]) == (HIGH, 1, False)
    first = body["personas"][0]
    assert (first["persona"], first["matched"], first["direction"]) == (HIGH, True, "leave")
    assert first["then"] != HIGH
    by_id = {one["id"]: one for one in first["criteria"]}
    assert by_id["hu_card_50"]["sentence"] == (
        "Paying about $901 on the card ending 4523 brings it below 50 % of its limit."
    )
    (step,) = by_id["hu_card_50"]["steps"]
    assert (step["amount"], step["from"], step["to"]) == (901.0, 68.0, 49.98)  # 2,499 of 5,000
    last = charged_before(now.date())
    left = 30 - (now.date() - last).days
    days = (
        "1 more day without an interest charge clears"
        if left == 1
        else (f"{left} more days without an interest charge clear")
    )
    assert by_id["hu_interest"]["sentence"] == f"{days} this; the last was $62.10 on {last}."
    assert first["smallest_change"] == ["hu_card_50", "hu_interest", "hu_minimum_only"]
    fund = next(one for one in body["personas"][3]["criteria"] if one["id"] == "sb_fund")
    assert fund["threshold"] == 3 and not isinstance(fund["gap"], str)


# -- what it costs

SEALED = 2  # what a row of the audit chain costs, of one act or of a hundred


@pytest.mark.parametrize(
    ("path", "own", "staff"), [("", 3, 4), ("/tenure", 2, 3), ("/transitions", 2, 3), ("/counterfactual", 3, 4)]
)
def test_a_read_costs_the_same_however_long_the_history(calling, card, omar, now, path, own, staff):
    refreshed(card, now - timedelta(minutes=30))
    for who, most in ((card, own), (omar, staff)):
        for longer in range(2):
            for back in range(1, 12 * longer + 1):
                said(card, (HIGH, SAVINGS)[back % 2], now - timedelta(days=back))
            client = calling(who)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"/api/personas/{card.pk}{path}").status_code == 200
            spent = statements(captured)[1:]  # after the one that finds out who is calling
            assert len(spent) == most + (SEALED if who is omar else 0), spent


def spent_on(ask):
    """What a request cost after the statement that finds out who is calling."""
    with CaptureQueriesContext(connection) as captured:
        assert ask().status_code == 200
    return len(statements(captured)[1:])


def test_an_assignment_costs_nine_and_thirteen_more_when_the_person_is_due(calling, card):
    client = calling(card)
    costs = [spent_on(lambda: client.post("/api/personas/assign/me")) for _ in range(3)]
    assert costs == [22, 9, 9]


def test_a_detection_costs_three_and_one_more_when_it_records(calling, moved):
    client = calling(moved)
    costs = [spent_on(lambda: client.post("/api/personas/detect-transition/me")) for _ in range(2)]
    assert costs == [4, 3]


def test_health_asks_once_and_nobody_first(calling, db):
    with CaptureQueriesContext(connection) as captured:
        assert calling().get("/api/personas/health").status_code == 200
    assert len(statements(captured)) == 1


def times(sql):
    """What `executemany` sends is one statement for each of its rows."""
    count, sent, _ = sql.partition(" times: ")
    return int(count) if sent and count.isdecimal() else 1


def settled_people(how_many, now):
    """People with a card at its limit, measured a moment ago, whom general wellness was said of before."""
    for number in range(how_many):
        user = factories.consenting(f"person{number}")
        said(user, WELL, now - timedelta(days=3))
        measured(user, now, credit_any_card_high_util=True, credit_num_credit_cards=1)
        settled(user, now)
        yield str(user.pk)


@pytest.mark.parametrize("how_many", [1, 100])
def test_a_batch_costs_the_same_for_one_and_for_a_hundred(calling, omar, now, how_many):
    asked, client = {"user_ids": list(settled_people(how_many, now))}, calling(omar)
    with CaptureQueriesContext(connection) as captured:
        answer = client.post("/api/personas/batch-assign", asked, "json", HTTP_IDEMPOTENCY_KEY="one")
    assert (answer.json()["successful"], counted(Transition)) == (how_many, how_many)
    spent = statements(captured)[1:]
    assert sum(map(times, spent)) == 12 + 1 + SEALED, "\n".join(sql[:150] for sql in spent)
