"""Insights: where one's money came from and where it went, for apps, only with consent."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import consent, rowsecurity
from accounts.purposes import Purpose
from accounts.tests.senders import statements_of
from personas.tests.factories import STATEMENT, loaded, refreshed


@pytest.fixture
def client(maya, own_store, now, calling):
    loaded(maya, STATEMENT, now)
    refreshed(maya, now)
    return calling(maya)


def told(answer):
    return answer.status_code, answer.json()["code"]


def test_a_month_by_category_by_month_and_by_merchant(client, maya):
    answer = client.get("/api/insights").json()
    assert list(answer) == [
        *("user_id", "window", "window_start", "as_of", "stale", "days_covered", "currency", "cash", "spend_total"),
        *("by_category", "by_month", "by_merchant", "utilization", "subscriptions", "not_enough"),
    ]
    assert (answer["user_id"], answer["window"], answer["window_start"]) == (str(maya.pk), "30d", "2025-06-01")
    assert (answer["as_of"], answer["stale"], answer["days_covered"]) == ("2025-06-30", True, 82)
    assert (answer["currency"], answer["spend_total"]) == ("USD", 200.0)
    assert answer["cash"] == {"in": 2000.0, "out": 200.0, "net": 1800.0}
    assert answer["by_category"] == [
        {"category": "other", "amount": 100.0, "share_pct": 50.0, "count": 1},
        {"category": "groceries", "amount": 70.0, "share_pct": 35.0, "count": 1},
        {"category": "subscription", "amount": 30.0, "share_pct": 15.0, "count": 1},
    ]
    assert answer["by_month"] == [{"month": "2025-06", "in": 2000.0, "out": 200.0, "spend": 200.0}]
    merchants = {one["merchant_key"]: one["amount"] for one in answer["by_merchant"]}
    assert list(merchants.items()) == [("aunt vera", 100.0), ("corner grocer", 70.0), ("corner gym", 30.0)]
    assert answer["utilization"] == {"aggregate_pct": None, "cards": []}
    subscriptions = answer["subscriptions"]
    assert [subscriptions[name] for name in ("count", "monthly", "share_pct")] == [1, 30.0, 15.0]


def test_a_longer_window_touches_more_months(client):
    months = client.get("/api/insights?window=90d").json()["by_month"]
    assert [(one["month"], one["spend"]) for one in months] == [
        ("2025-04", 30.0),
        ("2025-05", 30.0),
        ("2025-06", 200.0),
    ]


def test_what_cannot_be_told_is_refused(client, maya, noor, omar, calling, now):
    assert told(client.get("/api/insights?window=365d")) == (400, "INVALID_WINDOW_TYPE")
    assert told(calling().get("/api/insights")) == (401, "AUTH_REQUIRED")
    assert told(calling(omar).get("/api/insights")) == (403, "FORBIDDEN_ROLE")
    assert told(calling(noor).get("/api/insights")) == (404, "NO_SIGNALS")
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
    assert told(client.get("/api/insights")) == (404, "NO_SIGNALS")


def test_the_statements_are_the_caller_the_snapshot_and_two_of_the_ledger(client):
    """The facts, and the packed months: how far back those go is known from the facts."""
    with CaptureQueriesContext(connection) as captured:
        client.get("/api/insights")
    assert len(statements_of(captured)) == 4


def test_insights_tell_of_the_same_measurement_as_the_signals(client, maya, now):
    """A statement that is loaded but not measured yet moves neither the day nor the totals."""
    later = STATEMENT + b"main,2025-07-02,-500.00,Lantern Home,Home\n"
    loaded(maya, later, now, "later.csv")
    signals, found = client.get("/api/users/me/signals").json(), client.get("/api/insights").json()
    assert found["as_of"] == signals["as_of"] == "2025-06-30"
    assert found["spend_total"] == signals["signals"]["spending"]["spend_total"] == 200.0
    assert sum(one["amount"] for one in found["by_category"]) == 200.0
    refreshed(maya, now + timedelta(hours=1))
    assert client.get("/api/insights").json()["as_of"] == "2025-07-02"
