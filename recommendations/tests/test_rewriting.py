"""A run whose rationales a provider says again: its words where they say the same, else those of the template."""

import pytest
from django.db import connection, transaction

from accounts import rowsecurity
from accounts.models import Tenant
from accounts.tests.speaking import changing, failing, speaking, waiting, written
from recommendations import provider, working
from recommendations.models import Outcome, Recommendation, Trace
from recommendations.tests import people as made
from recommendations.tests.crowds import NOW, crowd, stock
from recommendations.tests.test_traces import paths, replayed, tampered
from recommendations.traces import Result

OURS, THEIRS = "We're showing you this because", "You see this because"
GOOD = changing(lambda text: text.replace(OURS, THEIRS))


@pytest.fixture
def tenant(live_db):
    """In a database of its own, where the run's transactions are the only ones."""
    tenant = Tenant.objects.get(slug="default")
    stock(tenant, made.three_for_all())
    return tenant


@pytest.fixture
def users(tenant):
    return crowd(tenant, 3)


def run(tenant, users):
    return working.work_off(user_ids=users, tenant_id=tenant.pk, clock=lambda: NOW, asked_for=True)


def stored():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        found = list(Trace.objects.select_related("recommendation").order_by("created_at", "pk"))
    assert found
    return found


def test_its_words_are_stored_with_the_words_that_they_stand_for(tenant, users, settings):
    with speaking(settings, GOOD) as model:
        run(tenant, users)
    for trace in stored():
        said = trace.trace_data["rationale"]
        assert trace.recommendation.rationale == said["text"] == said["rewritten_from"].replace(OURS, THEIRS)
        assert said["rewritten_from"].startswith(OURS)
        assert trace.trace_data["llm"] == {"model": "small", "temperature": 0, "tokens": 42}
        assert trace.trace_data["guardrails"]["passed"] is True
    assert len(model.heard) == len({trace.trace_data["rationale"]["rewritten_from"] for trace in stored()})


def test_what_it_said_is_made_again_without_it(tenant, users, settings):
    with speaking(settings, GOOD):
        run(tenant, users)
    assert {one.result for one in replayed(tenant)} == {Result.IDENTICAL}
    trace = stored()[0]
    changed = trace.trace_data["rationale"]["text"].replace("because", "because of 9,000.00 and")
    tampered(
        "UPDATE decision_traces SET trace_data = jsonb_set(trace_data, '{rationale,text}', to_jsonb(%s::text))"
        " WHERE id = %s",
        changed,
        trace.pk,
    )
    (told,) = replayed(tenant, [trace.recommendation_id])
    assert told.result is Result.DIFFERENT and "/rationale/text" in paths(told)


def test_an_item_that_it_worded_is_kept_while_the_facts_stand(tenant, users, settings):
    with speaking(settings, GOOD) as model:
        run(tenant, users)
        asked = len(model.heard)
        again = run(tenant, users)
        assert len(model.heard) == asked
    without = run(tenant, users)
    assert {one.outcome for one in [*again, *without]} <= {Outcome.UNCHANGED, Outcome.NO_SIGNALS}
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not Recommendation.objects.filter(status="withdrawn").exists()


BAD = {
    "a number of its own": changing(lambda text: text.replace("because", "because of 12 things and")),
    "a number left out": changing(lambda text: f"{THEIRS} your accounts are connected."),
    "advice": changing(lambda text: f"{text} You should buy index funds."),
    "blame": changing(lambda text: text.replace("because", "because you overspend and")),
    "a page": written(b"<html><body>Welcome</body></html>", "text/html"),
    "broken": failing(500),
}


@pytest.mark.parametrize("what", BAD)
def test_what_it_may_not_say_is_not_stored(tenant, users, settings, what):
    with speaking(settings, BAD[what]) as model:
        run(tenant, users)
    assert model.heard
    for trace in stored():
        said = trace.trace_data["rationale"]
        assert trace.recommendation.rationale == said["text"] and said["text"].startswith(OURS)
        assert (said["rewritten_from"], trace.recommendation.guardrails_passed) == (None, True)
        assert trace.trace_data["llm"] == {"model": None, "temperature": None, "tokens": 0}


def test_it_is_not_waited_for_longer_than_its_time(tenant, users, settings, monkeypatch):
    monkeypatch.setattr(provider, "SECONDS", 0.4)
    with speaking(settings, waiting):
        run(tenant, users)
    assert all(trace.recommendation.rationale.startswith(OURS) for trace in stored())


def test_nobody_is_locked_while_it_is_waited_for(tenant, users, settings, monkeypatch):
    seen = []
    asked = provider.rewritten
    monkeypatch.setattr(provider, "rewritten", lambda said: (seen.append(connection.in_atomic_block), asked(said))[1])
    with speaking(settings, GOOD):
        run(tenant, users)
    assert seen == [False]


def test_inside_a_transaction_it_is_not_asked(tenant, users, settings):
    """Whoever opened it may hold locks that a model must not prolong."""
    with speaking(settings, GOOD) as model, transaction.atomic():
        run(tenant, users)
    assert model.heard == []
    assert all(trace.recommendation.rationale.startswith(OURS) for trace in stored())
