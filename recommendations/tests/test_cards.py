"""The acts on cards: each once, many at once, and what the database holds beside them."""

import threading
from uuid import uuid4

import pytest
from django.db import connection

from accounts import rowsecurity
from accounts.models import AuditEntry, Tenant, User
from accounts.tests import factories as people
from personas.tests.at_once import elsewhere, until_somebody_waits_for_a_row
from recommendations import cards, uses
from recommendations.models import Card, CardUsage, CardVersion, Recommendation
from recommendations.tests.factories import CardFactory, ItemFactory

INSIGHT = {"card_type": "insight", "content": {"key": "utilization-basics"}}
VOICE = {"card_type": "voice", "content": {"tone": "warm, plain"}}


@pytest.fixture
def desk(omar):
    """Acts of a senior operator, with their eyes."""

    class Desk:
        tenant_id = omar.tenant_id

        def __getattr__(self, name):
            def act(**given):
                with rowsecurity.viewing(rowsecurity.of(omar)):
                    return getattr(uses if name == "use" else cards, name)(tenant_id=omar.tenant_id, **given)

            return act

        def made(self, now, content=None, card_type="insight", **fields):
            item = {"card_type": card_type, "content": content or {"key": str(uuid4())}, **fields}
            return self.create_batch(by=omar.actor, items=[item], now=now).cards[0]

    return Desk()


def rows(model, **filters):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(model.objects.filter(**filters))


def test_a_batch_gives_a_card_for_each_item_in_order(desk, omar, now):
    first = desk.create_batch(by=omar.actor, items=[VOICE], now=now)
    assert (first.created, first.deduplicated) == (1, 0)
    again = desk.create_batch(by=omar.actor, items=[INSIGHT, VOICE, INSIGHT], now=now)
    assert (again.created, again.deduplicated) == (1, 2)
    insight, voice, same = again.cards
    assert (voice, same) == (first.cards[0], insight)
    assert (insight.title, voice.title, insight.created_by) == ("Insight card", "warm, plain", omar.actor)
    assert [(v.card_id, v.version, v.changed_by) for v in rows(CardVersion, card=insight)] == [
        (insight.pk, 1, omar.actor)
    ]


def test_a_bad_item_leaves_nothing(desk, omar, now):
    items = [INSIGHT, VOICE, {"card_type": "voice", "content": {"tone": 3}}, {"card_type": "poem", "content": {}}]
    with pytest.raises(cards.InvalidCard) as refused:
        desk.create_batch(by=omar.actor, items=items, now=now)
    assert [(e["field"], e["code"]) for e in refused.value.extra["errors"]] == [
        ("cards.2.content.tone", "WRONG_TYPE"),
        ("cards.3.card_type", "UNKNOWN_CHOICE"),
    ]
    assert rows(Card) == rows(CardVersion) == rows(AuditEntry) == []


def test_content_may_return_after_a_deletion_but_not_beside_itself(desk, omar, now):
    card = desk.made(now, {"key": "one"})
    desk.remove(card_id=card.pk, by=omar.actor, now=now)
    second = desk.made(now, {"key": "one"})
    assert second.pk != card.pk
    with pytest.raises(cards.DuplicateCard) as refused:
        desk.restore(card_id=card.pk, by=omar.actor, now=now)
    assert refused.value.extra == {"card_id": str(second.pk)}
    desk.remove(card_id=second.pk, by=omar.actor, now=now)
    assert desk.restore(card_id=card.pk, by=omar.actor, now=now).version == 1
    with pytest.raises(cards.CardNotDeleted):
        desk.restore(card_id=card.pk, by=omar.actor, now=now)


def test_other_words_are_a_new_version_and_scores_are_none(desk, omar, now):
    card = desk.made(now, {"key": "one"})

    def changed(**fields):
        return desk.change(card_id=card.pk, by=omar.actor, fields=fields, now=now)

    assert changed(title="Other").version == 2
    assert changed(confidence_score=0.9, quality_score=None).version == 2
    assert changed(title="Other", content={"key": "one"}, description=None).version == 2
    assert changed(content={"key": "two"}, tags=["a"], description="Said").version == 3
    kept = rows(CardVersion, card=card)
    assert sorted((v.version, v.title, v.content["key"], v.tags) for v in kept) == [
        (1, "Insight card", "one", []),
        (2, "Other", "one", []),
        (3, "Other", "two", ["a"]),
    ]
    assert [entry.action for entry in sorted(rows(AuditEntry), key=lambda entry: entry.seq)] == [
        "card_create",
        "card_update",
        "card_update",
        "card_update",
    ]


def test_a_change_into_another_card_is_refused_and_changes_nothing(desk, omar, now):
    other, card = desk.made(now, {"key": "one"}), desk.made(now, {"key": "two"})
    with pytest.raises(cards.DuplicateCard) as refused:
        desk.change(card_id=card.pk, by=omar.actor, fields={"content": {"key": "one"}, "title": "x"}, now=now)
    assert refused.value.extra == {"card_id": str(other.pk)}
    assert [(c.version, c.content) for c in rows(Card, pk=card.pk)] == [(1, {"key": "two"})]


def test_a_change_of_another_version_than_was_read_is_refused(desk, omar, now):
    card = desk.made(now)
    desk.change(card_id=card.pk, by=omar.actor, fields={"title": "Two"}, now=now, expected=[1])
    for act, more in ((desk.change, {"fields": {"title": "Three"}}), (desk.remove, {})):
        with pytest.raises(cards.VersionConflict, match="at version 2"):
            act(card_id=card.pk, by=omar.actor, now=now, expected=[1], **more)


def test_what_is_open_of_a_deleted_card_is_withdrawn_with_it(desk, maya, omar, now):
    card, other = desk.made(now), desk.made(now)
    pending, untouched = ItemFactory(user=maya, card=card), ItemFactory(user=maya, card=other)
    approved = ItemFactory(user=maya, card=card)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Recommendation.objects.filter(pk=approved.pk).update(status="approved", approved_at=now, approved_by=omar.pk)
    (before,) = rows(User, pk=maya.pk)
    assert desk.remove(card_id=card.pk, by=omar.actor, now=now) == 2
    (reader,) = rows(User, pk=maya.pk)
    assert reader.cache_generation > before.cache_generation  # what is kept of the feed is out of date
    found = {item.pk: (item.status, item.withdrawal_reason) for item in rows(Recommendation)}
    assert found == {
        pending.pk: ("withdrawn", "card_deleted"),
        approved.pk: ("withdrawn", "card_deleted"),
        untouched.pk: ("pending", None),
    }
    with pytest.raises(uses.CardNotFound):
        desk.remove(card_id=card.pk, by=omar.actor, now=now)


def test_a_use_is_counted_always_and_kept_once_a_workflow(desk, now):
    card = desk.made(now)
    counted = [desk.use(card_id=card.pk, now=now, workflow_id=w) for w in ("run-1", "run-1", "run-2", None, None)]
    assert [(c.usage_count, c.unique_usage_count, c.recorded) for c in counted] == [
        (1, 1, True),
        (2, 1, False),
        (3, 2, True),
        (4, 3, True),
        (5, 4, True),
    ]
    assert {event.card_version for event in rows(CardUsage)} == {1}
    desk.remove(card_id=card.pk, by="user:" + str(uuid4()), now=now)
    with pytest.raises(uses.CardNotFound):
        desk.use(card_id=card.pk, now=now)
    assert len(rows(CardUsage)) == 4


def test_a_strict_institution_refuses_keys_that_nobody_knows(desk, omar, now):
    free = {"card_type": "voice", "content": {"tone": "x", "colour": "red"}}
    assert desk.create_batch(by=omar.actor, items=[free], now=now).cards[0].content["colour"] == "red"
    Tenant.objects.filter(pk=desk.tenant_id).update(settings={"cards_strict": True})
    with pytest.raises(cards.InvalidCard) as refused:
        desk.create_batch(by=omar.actor, items=[free], now=now)
    assert refused.value.extra["errors"][0]["field"] == "cards.0.content.colour"
    with pytest.raises(cards.InvalidCard):
        desk.change(card_id=desk.made(now).pk, by=omar.actor, fields={"content": {"colour": "red"}}, now=now)


def at_once(times, act):
    together, answers = threading.Barrier(times), []

    def call(nr):
        try:
            together.wait(20)
            answers.append(act(nr))
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=(nr,)) for nr in range(times)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(answers) == times
    return answers


def test_ten_equal_batches_at_once_leave_one_set_of_cards(live_db, now):
    tenant = people.TenantFactory()
    items = [{"card_type": "insight", "content": {"key": f"k{nr}"}} for nr in range(6)]

    def batch(nr):
        sent = items if nr % 2 else items[::-1]
        with rowsecurity.viewing(rowsecurity.service(tenant.pk, "key:x")):
            return cards.create_batch(tenant_id=tenant.pk, by="key:x", items=sent, now=now)

    results = at_once(10, batch)
    assert sum(result.created for result in results) == 6
    assert {frozenset(card.pk for card in result.cards) for result in results} == {
        frozenset(card.pk for card in rows(Card))
    }
    assert len(rows(Card)) == len(rows(CardVersion)) == 6


def test_patches_at_once_give_versions_without_a_gap(live_db, now):
    tenant = people.TenantFactory()
    eyes = rowsecurity.service(tenant.pk, "key:x")
    with rowsecurity.viewing(eyes):
        card = cards.create_batch(tenant_id=tenant.pk, by="key:x", items=[INSIGHT], now=now).cards[0]

    def patch(nr):
        with rowsecurity.viewing(eyes):
            fields = {"title": f"Title {nr}"}
            return cards.change(tenant_id=tenant.pk, card_id=card.pk, by="key:x", fields=fields, now=now).version

    assert sorted(at_once(8, patch)) == list(range(2, 10))
    assert sorted(version.version for version in rows(CardVersion)) == list(range(1, 10))


def test_a_removal_holds_no_card_while_it_waits_for_a_reader(live_db, now):
    """A run locks a reader and then writes rows that name the card; the removal stands behind it, not across."""
    omar = people.UserFactory(email="omar@example.test", role="operator", level="senior")
    maya = people.consenting("maya")
    card = CardFactory(tenant=omar.tenant)
    ItemFactory(user=maya, card=card)

    def removed():
        with rowsecurity.viewing(rowsecurity.of(omar)):
            return cards.remove(tenant_id=omar.tenant_id, card_id=card.pk, by=omar.actor, now=now)

    with rowsecurity.viewing(rowsecurity.pipeline(omar.tenant_id)), connection.cursor() as cursor:
        cursor.execute("SELECT FROM users WHERE user_id = %s FOR UPDATE", [maya.pk])
        removal = elsewhere(removed)
        until_somebody_waits_for_a_row()
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        uses.use_in_run(tenant_id=omar.tenant_id, run_id=uuid4(), cards=[(card.pk, 1)], now=now)
    assert removal.result(30) == 1
    assert [(item.status, item.withdrawal_reason) for item in rows(Recommendation)] == [("withdrawn", "card_deleted")]
