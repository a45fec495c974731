"""What other programs read of a person: the views, against the API's own object, and attacked with foreign eyes."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import md5
from uuid import UUID

import pytest
from django.db import connection

from accounts import cast, consent, populating, population, rowsecurity
from accounts.models import Account, User
from accounts.purposes import Purpose
from accounts.tests import factories
from personas import measured as measured_again
from personas import profiles
from personas.models import Assignment, Snapshot
from personas.rules import Persona
from personas.signals import exact_json
from personas.tests.factories import loaded, refreshed
from personas.tests.histories import measured, said, settled

VIEWS = ("measured_signals", "computed_features", "user_profiles", "persona_history", "persona_assignments")
HIGH, SAVINGS, WELL = "high_utilization", "savings_builder", "general_wellness"
AT = datetime(2025, 7, 1, 9, tzinfo=UTC)


def seen(viewer, sql, *values):
    with rowsecurity.viewing(viewer), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def exact(text):
    """The JSON that PostgreSQL prints, with all its places, in our order."""
    return exact_json(json.loads(text, parse_float=Decimal))


def features(viewer, window="30d"):
    asked = "SELECT signal_type, signal_value::text FROM computed_features WHERE time_window = %s"
    return {name: json.loads(value, parse_float=Decimal) for name, value in seen(viewer, asked, window)}


@pytest.fixture
def stood(maya, own_store, now):
    """Maya of the cast: a card at its limit, loaded and measured."""
    story = next(one for one in cast.CAST if one.name == "maya")
    loaded(maya, cast.statement(story, now.date()), now, "statement.json")
    refreshed(maya, now)
    return maya


# -- the object


def test_the_views_show_the_object_of_the_api_to_the_last_place(live_db, now):
    recipe = population.Recipe(seed=7, users=40, until=date(2025, 6, 30), awkward=0.3, no_consent_share=0)
    tenant = factories.TenantFactory()
    populating.populate(batch=population.people(recipe, 0, 40), tenant_id=tenant.pk, now=now)
    eyes = rowsecurity.pipeline(tenant.pk)
    with rowsecurity.viewing(eyes):
        user_ids = list(User.objects.values_list("pk", flat=True))
        profiles.refresh(user_ids=user_ids, tenant_id=tenant.pk, now=now)
        wanted = {one.pk: exact_json(measured_again.as_object(one)) for one in Snapshot.objects.all()}
        newest = {(one.user_id, one.time_window): wanted[one.pk] for one in Snapshot.objects.all()}
        cited = {one.pk: wanted[one.snapshot_id] for one in Assignment.objects.all()}
    got = {key: exact(text) for key, text in seen(eyes, "SELECT snapshot_id, signals::text FROM measured_signals")}
    assert got == wanted and len(got) == 120
    shown = seen(eyes, "SELECT user_id, signals_30d::text, signals_180d::text FROM user_profiles")
    assert len(shown) > 30
    for user_id, month, half_year in shown:
        assert (exact(month), exact(half_year)) == (newest[user_id, "30d"], newest[user_id, "180d"])
    told = seen(eyes, "SELECT history_id, signals::text FROM persona_history")
    assert len(told) >= len(shown)
    assert all(exact(text) == cited[history_id] for history_id, text in told)
    assert '"cards":[{' in "".join(wanted.values()) and '"merchants":[{' in "".join(wanted.values())


# -- computed_features


def test_a_snapshot_is_one_row_a_category_and_one_a_card(stood, seeing):
    with seeing(stood):
        cards = list(Account.objects.filter(type="credit").values_list("pk", flat=True))
        snapshot = Snapshot.objects.get(time_window="30d")
    rows = features(rowsecurity.of(stood))
    plain = {"subscription", "savings_behavior", "income_stability", "credit_utilization_total", "spending"}
    assert cards and rows.keys() == plain | {f"credit_utilization_{card}" for card in cards}
    total, card = rows["credit_utilization_total"], rows[f"credit_utilization_{cards[0]}"]
    assert total["highest_card_utilization_pct"] == card["utilization_pct"] >= 50
    assert "cards" not in total and card["account_id"] == str(cards[0])
    assert rows["spending"]["spend_total"] == snapshot.spending_spend_total


def test_every_feature_has_an_id_of_its_own_that_stays(stood):
    eyes = rowsecurity.of(stood)
    ids = dict(seen(eyes, "SELECT signal_type, id FROM computed_features WHERE time_window = '90d'"))
    ((snapshot_id,),) = seen(eyes, "SELECT snapshot_id FROM signal_snapshots WHERE time_window = '90d'")
    assert ids["spending"] == UUID(md5(f"{snapshot_id}spending".encode(), usedforsecurity=False).hexdigest())
    everything = seen(eyes, "SELECT count(*), count(DISTINCT id), count(DISTINCT time_window) FROM computed_features")
    assert everything == [(3 * len(ids), 3 * len(ids), 3)]


def test_what_was_not_measured_is_null_and_no_zero(maya):
    measured(maya, AT, credit_num_credit_cards=0, credit_any_overdue=False)
    credit = features(rowsecurity.of(maya))["credit_utilization_total"]
    assert (credit["num_credit_cards"], credit["any_overdue"], credit["aggregate_utilization_pct"]) == (0, False, None)


def test_the_newest_feature_is_never_a_back_fill(maya):
    measured(maya, AT, spending_transaction_count=7)
    measured(maya, AT + timedelta(days=1), as_of=date(2025, 1, 31), backfill=True, spending_transaction_count=3)
    asked = "SELECT signal_value->>'transaction_count' FROM computed_features WHERE signal_type = 'spending'"
    assert seen(rowsecurity.of(maya), asked) == [("7",)]


# -- user_profiles


def test_a_profile_shows_where_a_person_stands_and_the_newest_signals(maya):
    profile = settled(maya, AT, persona=HIGH, persona_id=1, persona_name="High Utilization")
    measured(maya, AT, spending_transaction_count=4)
    measured(maya, AT + timedelta(days=2), as_of=date(2025, 6, 1), spending_transaction_count=5)  # after a revert
    measured(maya, AT + timedelta(days=3), as_of=date(2025, 1, 1), backfill=True, spending_transaction_count=6)
    rows = seen(
        rowsecurity.of(maya),
        "SELECT profile_id, user_id, persona_id, persona_name, signals_30d->'spending'->>'transaction_count',"
        " signals_30d->'meta'->>'as_of', signals_180d::text, updated_at FROM user_profiles",
    )
    assert rows[0][:7] == (profile.pk, maya.pk, 1, "High Utilization", "5", "2025-06-01", "{}")
    assert rows[0][7] is not None and len(rows) == 1


def test_who_has_no_signals_has_no_profile(maya):
    settled(maya, AT)
    assert seen(rowsecurity.of(maya), "SELECT user_id FROM user_profiles") == []


# -- persona_history


def test_history_holds_the_rows_at_which_the_profile_persona_changed(maya):
    then = measured(maya, AT, credit_num_credit_cards=2)
    first = said(maya, WELL, AT)
    said(maya, WELL, AT, "180d")  # the same moment: ordered by the running number
    turned = said(maya, HIGH, AT + timedelta(days=1), snapshot=then, as_of=then.as_of)
    said(maya, WELL, AT + timedelta(days=2), "180d", profile_persona=HIGH)  # a window changed, the profile did not
    back = said(maya, SAVINGS, AT + timedelta(days=3))
    rows = seen(
        rowsecurity.of(maya),
        "SELECT history_id, persona_id, persona_name, assigned_at, signals->'credit'->>'num_credit_cards'"
        " FROM persona_history ORDER BY assigned_at",
    )
    assert rows == [
        (first.pk, 5, "General Wellness", AT, None),
        (turned.pk, 1, "High Utilization", AT + timedelta(days=1), "2"),
        (back.pk, 4, "Savings Builder", AT + timedelta(days=3), None),
    ]
    assert seen(rowsecurity.of(maya), "SELECT DISTINCT signals::text FROM persona_history WHERE persona_id <> 1") == [
        ("{}",)
    ]


def test_histories_of_two_people_do_not_touch(maya):
    theo = factories.consenting("theo")
    said(maya, HIGH, AT)
    said(theo, HIGH, AT + timedelta(days=1))
    assert len(seen(rowsecurity.pipeline(maya.tenant_id), "SELECT 1 FROM persona_history")) == 2


@pytest.mark.parametrize("persona", Persona)
def test_personas_have_the_numbers_and_names_of_the_rules(maya, persona):
    said(maya, persona.value, AT)
    rows = seen(rowsecurity.of(maya), "SELECT persona_id, persona_name FROM persona_history")
    assert rows == [(persona.number, persona.title_words)]


# -- the wall


@pytest.fixture
def shown(maya):
    """Maya has a row in every view."""
    snapshot = measured(maya, AT)
    said(maya, HIGH, AT, snapshot=snapshot, as_of=snapshot.as_of)
    settled(maya, AT, persona=HIGH, persona_id=1, persona_name="High Utilization")
    return maya


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_the_eyes_of_who_reads_it(shown, omar, now, view):
    def sees(viewer):
        return len(seen(viewer, f"SELECT 1 FROM {view}"))

    theo = factories.consenting("theo")
    stranger = factories.UserFactory(
        email="olga@example.test", role="operator", tenant=factories.TenantFactory(slug="elsewhere")
    )
    rows = 5 if view == "computed_features" else 1
    assert sees(rowsecurity.of(shown)) == sees(rowsecurity.of(omar)) == rows
    assert sees(rowsecurity.NOBODY) == sees(rowsecurity.of(theo)) == sees(rowsecurity.of(stranger)) == 0
    with rowsecurity.viewing(rowsecurity.of(shown)):
        consent.revoke(user=shown, purpose=Purpose.ANALYSIS, now=now)
    assert sees(rowsecurity.of(shown)) == sees(rowsecurity.of(omar)) == 0


def test_no_view_of_the_product_lends_the_eyes_of_its_owner(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, coalesce('security_invoker=true' = ANY(reloptions), false) FROM pg_class"
            " WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace"
        )
        views = dict(cursor.fetchall())
    assert set(VIEWS) <= views.keys() and all(views.values()), views
