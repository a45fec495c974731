"""Traces made again: the same document from the same inputs, and where it differs when one of them was changed."""

from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import consent, rowsecurity
from accounts.models import Tenant, Transaction, User
from accounts.purposes import Purpose
from recommendations import proposing, shelf, traces
from recommendations.guardrails import checking
from recommendations.guardrails.lists import Rule, any_of
from recommendations.models import Card, Recommendation, Trace
from recommendations.tests.crowds import NOW, crowd, stock
from recommendations.traces import Result


@pytest.fixture
def tenant(live_db):
    """In a database of its own, because people are made by the owner of the tables and history is tampered with."""
    return Tenant.objects.get(slug="default")


@pytest.fixture
def users(tenant):
    stock(tenant)
    users = crowd(tenant, 12)
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        proposing.propose(user_ids=users, tenant_id=tenant.pk, now=NOW)
    return users


def ids(**where):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        found = Trace.objects.filter(**where).order_by("user_id", "recommendation__position")
        return list(found.values_list("recommendation_id", flat=True))


def replayed(tenant, which=None):
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        return traces.replay(recommendation_ids=ids() if which is None else which, tenant_id=tenant.pk)


def tampered(statement, *values):
    """As only somebody could who stands above every wall."""
    host, name = settings.DATABASES["default"]["HOST"], connection.settings_dict["NAME"]
    with psycopg.connect(host=host, user="postgres", dbname=name, autocommit=True) as raw:
        raw.execute("SET session_replication_role = replica")
        return raw.execute(statement, values).rowcount


def trace(recommendation_id):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return Trace.objects.get(recommendation_id=recommendation_id).trace_data


def paths(one):
    return [found.path for found in one.differences]


def test_every_trace_comes_out_the_same(tenant, users):
    done = replayed(tenant)
    assert [one.recommendation_id for one in done] == ids()
    assert len(done) > 30
    assert [(one.result, paths(one)[:3]) for one in done if one.result != "identical"] == []
    assert not any(one.engine_changed for one in done)


def test_later_data_cards_and_decisions_change_nothing(tenant, users):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        for card in Card.objects.all():
            card.version, card.title = 2, f"{card.title}, better"
            card.content = card.content | {"body": "Other words."}
            card.save()
        Recommendation.objects.filter(position=1).update(
            status="rejected", rejected_at=NOW, rejected_by=tenant.pk, rejection_reason="Not for this person."
        )
    tampered("UPDATE accounts SET balance = balance + 1")
    assert {one.result for one in replayed(tenant)} == {Result.IDENTICAL}


def test_a_second_run_of_the_same_people_is_its_own(tenant, users):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        card = Card.objects.filter(content__key="general-wellness-0").get()
        card.version, card.title = 2, "A better title"
        card.save()
    shelf.forget()
    tampered("UPDATE recommendations SET status = 'withdrawn', withdrawn_at = now(), withdrawal_reason = 'superseded'")
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        again = NOW + timedelta(days=1)
        proposing.propose(user_ids=users[:4], tenant_id=tenant.pk, now=again, asked_for=True)
    assert {one.result for one in replayed(tenant)} == {Result.IDENTICAL}


def test_one_changed_row_changes_the_inputs_of_its_person_alone(tenant, users):
    person = users[0]
    with rowsecurity.viewing(rowsecurity.maintenance_of(person)):
        row = Transaction.objects.filter(user_id=person, pending=False).order_by("-date").first()
    assert tampered("UPDATE transactions SET amount = amount - 1 WHERE id = %s", row.id) == 1
    mine = set(ids(user_id=person))
    assert {one.recommendation_id for one in replayed(tenant) if one.result == Result.INPUTS_CHANGED} == mine
    assert {one.result for one in replayed(tenant, [pk for pk in ids() if pk not in mine])} == {Result.IDENTICAL}


def test_one_changed_threshold_shows_where_it_was_asked(tenant, users):
    assert tampered(
        "UPDATE rule_sets SET document = replace(document::text, '\"threshold\": 50', '\"threshold\": 51')::jsonb"
    )
    done = replayed(tenant)
    assert {one.result for one in done} == {Result.DIFFERENT}
    found = {path for one in done for path in paths(one)}
    assert any(path.startswith("/persona_assignment/criteria/") and path.endswith("/threshold") for path in found)


def test_one_changed_card_shows_in_what_was_said_with_it(tenant, users):
    said = next(pk for pk in ids() if trace(pk)["subject"].startswith("subscription-heavy"))
    subject = trace(said)["subject"]
    assert tampered(
        'UPDATE card_versions SET content = content || \'{"rationale_template": "We are showing you this because you'
        " have {account_count} accounts.\"}' WHERE content ->> 'key' = %s",
        subject,
    )
    done = {one.recommendation_id: one for one in replayed(tenant)}
    assert done[said].result == Result.DIFFERENT
    assert "/rationale/text" in paths(done[said])
    (text,) = [one for one in done[said].differences if one.path == "/rationale/text"]
    assert text.stored == trace(said)["rationale"]["text"]
    assert text.recomputed.startswith("We are showing you this because you have")


def test_another_list_of_guardrails_shows_in_its_check(tenant, users, monkeypatch):
    shipped = checking.rules

    def stricter(version, names):
        return [*shipped(version, names), Rule("tone", "too familiar", any_of(["plain words"]))]

    monkeypatch.setattr(checking, "rules", stricter)
    checking._found.cache_clear()
    try:
        done = replayed(tenant, ids()[:5])
    finally:
        monkeypatch.undo()
        checking._found.cache_clear()
    assert {one.result for one in done} == {Result.DIFFERENT}


@pytest.mark.parametrize(
    ("where", "value", "path"),
    [
        ("{rationale,text}", '"You owe nothing."', "/rationale/text"),
        ("{selection,position}", "9", "/selection/position"),
        ("{persona_assignment,persona}", '"savings_builder"', "/persona_assignment/persona"),
        ("{guardrails,passed}", "false", "/guardrails/passed"),
        ("{disclosure}", '"Trust us."', "/disclosure"),
        ("{signals,30d,spending,spend_total}", "1.5", "/signals/30d/spending/spend_total"),
        ("{selection,candidates,0,outcome}", '"dreamt"', "/selection/candidates/0/outcome"),
        ("{unheard}", '"of"', "/unheard"),
    ],
)
def test_a_tampered_trace_shows_where(tenant, users, where, value, path):
    first = next(pk for pk in ids() if trace(pk)["persona_assignment"]["persona"] != "savings_builder")
    tampered(
        "UPDATE decision_traces SET trace_data = jsonb_set(trace_data, %s, %s) WHERE recommendation_id = %s",
        where,
        value,
        first,
    )
    (one,) = replayed(tenant, [first])
    assert one.result == Result.DIFFERENT
    assert paths(one) == [path]


def test_another_engine_is_told_and_is_no_difference(tenant, users):
    first = ids()[0]
    tampered(
        "UPDATE decision_traces SET trace_data = jsonb_set(trace_data, '{engine_version}', '\"0.9\"')"
        " WHERE recommendation_id = %s",
        first,
    )
    (one,) = replayed(tenant, [first])
    assert (one.result, one.engine_changed) == (Result.IDENTICAL, True)


def test_of_who_agrees_no_more_nothing_is_made_again(tenant, users):
    person = users[0]
    mine = ids(user_id=person)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        consent.revoke(user=User.objects.get(pk=person), purpose=Purpose.ANALYSIS, now=NOW)
    assert {(one.result, one.reason) for one in replayed(tenant, mine)} == {(Result.UNAVAILABLE, "consent_revoked")}


def test_statements_do_not_grow_with_traces(tenant, users):
    counted = []
    for some in (ids(user_id=users[0])[:1], ids()):
        with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)), CaptureQueriesContext(connection) as seen:
            traces.replay(recommendation_ids=some, tenant_id=tenant.pk)
        counted.append(len(seen))
    assert counted[0] == counted[1]
