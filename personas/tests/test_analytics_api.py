"""The four numbers about an institution's people: what they count, and that each is one statement."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import consent, rowsecurity
from accounts.purposes import Purpose
from accounts.tests import factories
from personas.models import Transition
from personas.tests.histories import measured, said

FREE = ("SELECT set_config(", "SAVEPOINT", "RELEASE")
HIGH, VARIABLE, SUBSCRIPTIONS = "high_utilization", "variable_income_budgeter", "subscription_heavy"
SAVINGS, WELL = "savings_builder", "general_wellness"
PATHS = ("distribution", "transitions", "positive-rate", "ready")


def told(answer):
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def ask(calling, omar):
    def answer(path):
        got = calling(omar).get(f"/api/personas/analytics/{path}")
        assert got.status_code == 200, got.content
        return got.json()

    return answer


def moved(user, pair, now, ago, cause="data", days=10, window="30d"):
    """One recorded transition between two rows of that day."""
    one, two = (said(user, persona, now - timedelta(days=ago), window) for persona in pair)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return Transition.objects.create(
            tenant_id=user.tenant_id,
            user=user,
            window_type=window,
            assignment=two,
            from_assignment=one,
            from_persona=pair[0],
            to_persona=pair[1],
            transition_date=two.assigned_at.date(),
            days_in_previous_persona=days,
            cause=cause,
            celebration_shown=cause == "data" and pair == (HIGH, SAVINGS),
            from_assigned_at=one.assigned_at,
            created_at=two.assigned_at,
        )


def people(*names):
    return [factories.consenting(name) for name in names]


def test_everybody_stands_where_their_latest_row_says(ask, now):
    ann, bob, cid, dan = people("ann", "bob", "cid", "dan")
    said(ann, WELL, now - timedelta(days=50))
    said(ann, HIGH, now - timedelta(days=40))
    said(bob, HIGH, now - timedelta(days=3))
    said(cid, SAVINGS, now - timedelta(days=3))
    said(cid, WELL, now - timedelta(days=3), "180d")
    said(dan, WELL, now - timedelta(days=3), "90d")
    body = ask("distribution")
    assert {name: body[name] for name in body if name != "distribution"} == {
        "window_type": "30d",
        "days": None,
        "total_users": 3,
    }
    assert [(one["persona"], one["users"], one["share_pct"]) for one in body["distribution"]] == [
        (HIGH, 2, 66.67),
        (VARIABLE, 0, 0.0),
        (SUBSCRIPTIONS, 0, 0.0),
        (SAVINGS, 1, 33.33),
        (WELL, 0, 0.0),
    ]
    recent = ask("distribution?days=30")  # the current row of ann is older, and her former one does not come back
    assert (recent["days"], recent["total_users"], recent["distribution"][0]["users"]) == (30, 2, 1)
    assert ask("distribution?window_type=180d")["total_users"] == 1


def test_nobody_is_no_division(ask):
    body = ask("distribution")
    assert (body["total_users"], body["distribution"][0]["share_pct"]) == (0, 0.0)
    assert ask("positive-rate")["positive_rate_pct"] is None
    assert (ask("transitions")["patterns"], ask("ready")["users"]) == ([], [])


def test_only_consenting_people_of_the_institution_with_signals_count(ask, now):
    ann, bob, gone = people("ann", "bob", "gone")
    far = factories.consenting("far", tenant=factories.TenantFactory(slug="elsewhere"))
    for user in (ann, bob, gone, far):
        moved(user, (HIGH, SAVINGS), now, 8)
    measured(bob, now, no_signals=True)
    with rowsecurity.viewing(rowsecurity.of(gone)):
        consent.revoke(user=gone, purpose=Purpose.ANALYSIS, now=now)
    assert ask("distribution")["total_users"] == 1
    assert [one["user_id"] for one in ask("ready")["users"]] == [str(ann.pk)]
    assert ask("transitions")["patterns"][0]["count"] == ask("positive-rate")["total_transitions"] == 2


def test_steps_are_counted_by_pair_the_most_frequent_first(ask, now):
    ann, bob, cid = people("ann", "bob", "cid")
    moved(ann, (HIGH, SAVINGS), now, 5, days=10)
    moved(bob, (HIGH, SAVINGS), now, 30, days=15)
    moved(cid, (WELL, HIGH), now, 5)
    moved(cid, (SAVINGS, HIGH), now, 4)
    moved(cid, (HIGH, SAVINGS), now, 31)
    body = ask("transitions")
    assert (body["window_type"], body["days"]) == ("30d", 30)
    assert body["patterns"] == [
        {"from_persona": HIGH, "to_persona": SAVINGS, "count": 2, "avg_days_in_previous": 12.5, "positive": True},
        {"from_persona": WELL, "to_persona": HIGH, "count": 1, "avg_days_in_previous": 10.0, "positive": False},
        {"from_persona": SAVINGS, "to_persona": HIGH, "count": 1, "avg_days_in_previous": 10.0, "positive": False},
    ]
    assert len(ask("transitions?limit=1")["patterns"]) == 1
    assert ask("transitions?days=31")["patterns"][0]["count"] == 3


def test_the_rate_is_of_what_data_brought_about(ask, now):
    ann, bob, cid, dan = people("ann", "bob", "cid", "dan")
    moved(ann, (HIGH, SAVINGS), now, 5)
    moved(bob, (SAVINGS, HIGH), now, 5)
    moved(cid, (WELL, HIGH), now, 5)
    moved(dan, (HIGH, SAVINGS), now, 5, cause="rules")
    assert ask("positive-rate?days=30") == {
        "window_type": "30d",
        "days": 30,
        "total_transitions": 3,
        "positive_transitions": 1,
        "positive_rate_pct": 33.33,
    }


def test_who_has_been_there_longest_comes_first(ask, now):
    ann, bob, cid, dan = people("ann", "bob", "cid", "dan")
    said(ann, HIGH, now - timedelta(days=8))
    said(bob, WELL, now - timedelta(days=20))
    said(cid, WELL, now - timedelta(days=20))
    said(cid, HIGH, now - timedelta(days=6))
    said(dan, WELL, now - timedelta(days=7))
    body = ask("ready")
    assert (body["window_type"], body["min_age_days"], body["count"]) == ("30d", 7, 3)
    assert [(one["user_id"], one["primary_persona"], one["days_since"]) for one in body["users"]] == [
        (str(bob.pk), WELL, 20),
        (str(ann.pk), HIGH, 8),
        (str(dan.pk), WELL, 7),
    ]
    short = ask("ready?min_age_days=0&limit=1")
    assert (short["count"], [one["user_id"] for one in short["users"]]) == (4, [str(bob.pk)])


@pytest.mark.parametrize("path", PATHS)
def test_a_number_is_one_statement(calling, omar, now, path):
    for user in people("ann", "bob", "cid"):
        moved(user, (HIGH, SAVINGS), now, 8)
    client = calling(omar)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"/api/personas/analytics/{path}").status_code == 200
    spent = [query["sql"] for query in captured if not query["sql"].startswith(FREE)]
    assert len(spent) == 3, spent  # who is calling, what they may, and the number


@pytest.mark.parametrize("path", PATHS)
def test_staff_alone_look_at_everybody(calling, maya, junior, ada, path):
    url = f"/api/personas/analytics/{path}"
    assert told(calling().get(url)) == (401, "AUTH_REQUIRED")
    assert told(calling(maya).get(url)) == (403, "FORBIDDEN_ROLE")
    assert {calling(who).get(url).status_code for who in (junior, ada)} == {200}
    assert told(calling(ada).get(f"{url}?window_type=90d")) == (400, "INVALID_WINDOW_TYPE")


@pytest.mark.parametrize(
    "query",
    ["distribution?days=0", "distribution?days=366", "transitions?limit=51", "transitions?limit=0",
     "positive-rate?days=x", "ready?limit=101", "ready?min_age_days=-1"],
)  # fmt: skip
def test_a_number_out_of_range_is_invalid_input(calling, omar, query):
    assert told(calling(omar).get(f"/api/personas/analytics/{query}")) == (400, "VALIDATION_ERROR")
