"""Reading one's own signals, profile and history, and staff reading those of people who agreed."""

from datetime import date

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import consent, populating, population, rowsecurity
from accounts.models import User
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.senders import statements_of
from personas import ledger, measured, overriding, profiles
from personas.models import Snapshot, Window
from personas.rules import Persona
from personas.signals import as_object, exact_json, measure
from personas.tests.factories import STATEMENT, loaded, refreshed

CATEGORIES = {"credit", "income", "subscriptions", "savings", "spending", "meta"}


@pytest.fixture
def stood(maya, own_store, now):
    loaded(maya, STATEMENT, now)
    refreshed(maya, now)
    return maya


def told(answer):
    return answer.status_code, answer.json()["code"]


def cost(client, path):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(statements_of(captured))


# -- the object


def test_a_stored_snapshot_shows_what_was_measured_to_the_last_place(live_db, now):
    recipe = population.Recipe(seed=7, users=60, until=date(2025, 6, 30), awkward=0.3, no_consent_share=0)
    tenant = factories.TenantFactory()
    populating.populate(batch=population.people(recipe, 0, 60), tenant_id=tenant.pk, now=now)
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        user_ids = list(User.objects.values_list("pk", flat=True))
        profiles.refresh(user_ids=user_ids, tenant_id=tenant.pk, now=now)
        rows = measure(*ledger.frames(user_ids=user_ids, today=now.date())).iter_rows(named=True)
        expected = {(row["user_id"], row["window"]): as_object(row) for row in rows}
        stored = {(str(one.user_id), one.time_window): measured.as_object(one) for one in Snapshot.objects.all()}
    assert len(stored) == len(expected) == 180
    for key, wanted in expected.items():
        assert exact_json(stored[key]) == exact_json(wanted)
    cards = [card for one in stored.values() for card in one["credit"]["cards"]]
    merchants = [merchant for one in stored.values() for merchant in one["subscriptions"]["merchants"]]
    assert cards and merchants


# -- GET /api/users/{user_id}/signals


def test_a_person_reads_their_signals_of_each_window(calling, stood, now):
    client = calling(stood)
    answer = client.get("/api/users/me/signals").json()
    assert set(answer) == {"user_id", "window", "as_of", "stale", "days_covered", "computed_at", "signals"}
    assert (answer["user_id"], answer["window"], answer["as_of"]) == (str(stood.pk), "30d", "2025-06-30")
    assert (answer["stale"], answer["days_covered"]) == (True, 82)
    signals = answer["signals"]
    assert set(signals) == CATEGORIES
    assert signals["spending"]["spend_total"] == 200.0
    assert signals["subscriptions"]["subscription_share_pct"] == 15.0
    assert signals["subscriptions"]["merchants"][0]["name"] == "Corner Gym"
    assert signals["subscriptions"]["merchants"][0]["amount"] == 30.0
    assert signals["meta"]["window_start"] == "2025-06-01"
    longer = client.get(f"/api/users/{str(stood.pk).upper()}/signals?window=180d").json()
    assert (longer["window"], longer["signals"]["spending"]["spend_total"]) == ("180d", 260.0)
    assert [gap["category"] for gap in longer["signals"]["meta"]["not_enough"]] == ["spending"]


def test_signals_that_nobody_measured_or_nobody_may_see_are_not_there(calling, stood, noor, now):
    assert told(calling(noor).get("/api/users/me/signals")) == (404, "NO_SIGNALS")
    assert told(calling(stood).get(f"/api/users/{noor.pk}/signals")) == (404, "USER_NOT_FOUND")
    assert told(calling(stood).get("/api/users/nobody/signals")) == (404, "USER_NOT_FOUND")
    assert told(calling(stood).get("/api/users/me/signals?window=7d")) == (400, "INVALID_WINDOW_TYPE")
    assert told(calling().get("/api/users/me/signals")) == (401, "AUTH_REQUIRED")
    with rowsecurity.viewing(rowsecurity.of(stood)):
        consent.revoke(user=stood, purpose=Purpose.ANALYSIS, now=now)
    assert told(calling(stood).get("/api/users/me/signals")) == (404, "NO_SIGNALS")


def test_an_account_that_says_nothing_of_income_or_credit_gives_no_signals(calling, maya, now):
    factories.AccountFactory(user=maya, subtype="savings")
    refreshed(maya, now)
    assert told(calling(maya).get("/api/users/me/signals")) == (404, "NO_SIGNALS")
    assert told(calling(maya).get("/api/users/me/profile")) == (404, "PERSONA_NOT_FOUND")


def test_staff_read_who_agreed_in_their_own_institution(calling, stood, noor, junior, now):
    elsewhere = factories.consenting("elsewhere", tenant=factories.TenantFactory(slug="other"))
    client = calling(junior)
    assert client.get(f"/api/users/{stood.pk}/signals").json()["user_id"] == str(stood.pk)
    assert told(client.get(f"/api/users/{noor.pk}/signals")) == (404, "NO_SIGNALS")
    assert told(client.get(f"/api/users/{elsewhere.pk}/signals")) == (404, "USER_NOT_FOUND")
    assert told(client.get("/api/users/me/signals")) == (404, "USER_NOT_FOUND")
    assert told(client.get(f"/api/users/{noor.pk}/profile")) == (404, "PERSONA_NOT_FOUND")
    assert client.get(f"/api/users/{noor.pk}/persona-history").json()["items"] == []
    assert told(client.get(f"/api/users/{elsewhere.pk}/persona-history")) == (404, "USER_NOT_FOUND")


# -- GET /api/users/{user_id}/profile and /persona-history


def test_the_profile_says_where_a_person_stands_and_on_what(calling, stood):
    profile = calling(stood).get("/api/users/me/profile").json()
    assert set(profile) == {
        *("user_id", "persona_id", "persona_name", "persona", "as_of", "stale", "days_covered", "not_enough"),
        *("rule_set_version", "signals_30d", "signals_180d", "updated_at"),
    }
    stands = [profile[name] for name in ("persona_id", "persona_name", "persona")]
    assert stands == [5, "General Wellness", "general_wellness"]
    assert (profile["as_of"], profile["days_covered"], profile["rule_set_version"]) == ("2025-06-30", 82, 1)
    assert profile["not_enough"] == []
    assert profile["signals_30d"]["spending"]["spend_total"] == 200.0
    assert profile["signals_180d"]["spending"]["spend_total"] == 260.0


def test_who_was_never_assigned_has_no_profile_and_an_empty_history(calling, noor):
    assert told(calling(noor).get("/api/users/me/profile")) == (404, "PERSONA_NOT_FOUND")
    history = calling(noor).get("/api/users/me/persona-history").json()
    assert history == {"items": [], "total": 0, "limit": 50, "offset": 0}


def test_the_history_holds_the_rows_at_which_the_profile_persona_changed(calling, stood, omar, now):
    """Three windows are assigned at once and are one entry; an override is the next; saying it again is none."""
    with rowsecurity.viewing(rowsecurity.of(omar)):
        for window in (Window.DAYS_30, Window.DAYS_180):
            overriding.override(
                user=stood,
                window=window,
                persona=Persona.SAVINGS_BUILDER,
                reason="The savings account is at another bank.",
                by=omar,
                now=now,
            )
    history = calling(stood).get("/api/users/me/persona-history").json()
    assert [(item["persona_id"], item["persona_name"]) for item in history["items"]] == [
        (4, "Savings Builder"),
        (5, "General Wellness"),
    ]
    assert (history["total"], history["limit"], history["offset"]) == (2, 50, 0)
    newest = history["items"][0]
    assert set(newest) == {
        *("history_id", "user_id", "persona_id", "persona_name", "assigned_at", "as_of", "rule_set_version"),
        "signals",
    }
    assert (newest["as_of"], newest["rule_set_version"]) == ("2025-06-30", 1)
    assert newest["signals"]["spending"]["spend_total"] == 200.0
    second = calling(stood).get("/api/users/me/persona-history?limit=1&offset=1").json()
    assert [item["persona_id"] for item in second["items"]] == [5] and second["total"] == 2
    assert told(calling(stood).get("/api/users/me/persona-history?limit=101")) == (400, "VALIDATION_ERROR")
    assert told(calling(stood).get("/api/users/not-an-id/persona-history")) == (404, "USER_NOT_FOUND")


# -- what they cost


def test_every_read_takes_four_statements_at_most_and_staff_the_row_that_says_so(calling, stood, junior):
    own, staff = calling(stood), calling(junior)
    for path, cold, again in (("signals", 2, 1), ("profile", 3, 1), ("persona-history", 4, 4)):
        assert (cost(own, f"/api/users/me/{path}"), cost(own, f"/api/users/me/{path}")) == (cold, again)
    cache.clear()
    sealed = 2  # what the row costs that says who looked
    for path, cold, again in (("signals", 3 + sealed, 2 + sealed), ("profile", 4 + sealed, 2 + sealed)):
        assert (cost(staff, f"/api/users/{stood.pk}/{path}"), cost(staff, f"/api/users/{stood.pk}/{path}")) == (
            cold,
            again,
        )
    assert cost(own, "/api/users/me/signals?window=90d") == cost(own, "/api/users/me/signals?window=90d") == 2
