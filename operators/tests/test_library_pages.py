"""The cards in a browser: found, read, written field by field, taken away with what hangs on them, and brought back."""

import pytest
from django.utils import timezone

from accounts import rowsecurity
from accounts.models import AuditEntry
from operators.tests.browsing import browser_of, fields, words
from recommendations import cards, starter, uses
from recommendations.models import Card, CardUsage, Recommendation
from recommendations.tests.factories import CardFactory, ItemFactory

HERE = "/admin/recommendations/card/"
BASICS = next(item for item in starter.items() if item["content"].get("key") == "utilization-basics")


@pytest.fixture
def desk(omar):
    return browser_of(omar)


@pytest.fixture
def card(omar, now):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        return cards.create(tenant_id=omar.tenant_id, by=omar.actor, item=BASICS, now=now)


def stored(card):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return Card.objects.get(pk=card.pk)


def test_the_list_says_what_is_served_and_why_the_rest_is_not(desk, omar, card):
    CardFactory(tenant=omar.tenant, title="Half written", content={"key": "half"})
    CardFactory(tenant=omar.tenant, title="House voice", card_type="voice", content={"tone": "plain"}, tags=["default"])
    said = words(desk.get(HERE))
    assert "Half written half Education 1 No The card has neither a body nor a summary." in said
    assert "House voice House voice 1 Not offered itself 0 Never" in said
    assert f"{card.title} utilization-basics Education 1 Yes 0 Never" in said

    def titles(**asked):
        with rowsecurity.viewing(rowsecurity.of(omar)):
            every = list(Card.objects.values_list("title", flat=True))
        page = words(desk.get(HERE, asked)).partition("Updated")[2]
        return {title for title in every if title in page}

    assert titles(servable="yes") == {card.title}
    assert titles(servable="no", type="insight") == {"Half written"}
    assert titles(persona="high_utilization") == {card.title}
    assert titles(tag="default") == {"House voice"}
    assert titles(q="neither") == set() and titles(q="half wr") == {"Half written"}
    assert "No card is like this." in words(desk.get(HERE, {"state": "deleted"}))


def test_the_list_costs_the_same_for_one_and_for_many(desk, omar, card, django_assert_num_queries):
    desk.get(HERE)
    with django_assert_num_queries(15):
        desk.get(HERE)
    for _ in range(10):
        CardFactory(tenant=omar.tenant)
    desk.get(HERE)
    with django_assert_num_queries(15):
        desk.get(HERE)


def test_a_card_is_read_field_by_field_with_its_uses_and_its_items(desk, omar, maya, card, now):
    ItemFactory(user=maya, card=card)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        uses.use(tenant_id=omar.tenant_id, card_id=card.pk, now=now, workflow_type="x")
        uses.use(tenant_id=omar.tenant_id, card_id=card.pk, now=now, workflow_type="x")
    page = desk.get(f"{HERE}{card.pk}/change/")
    said = words(page)
    assert "Difficulty beginner" in said and BASICS["content"]["summary"] in said
    assert f"{timezone.localdate()} 2" in said  # under the chart of uses
    assert "maya@example.test We're showing you this because" in said
    assert "Used 2 times" in said and "Made " in said and "by omar@example.test" in said
    assert "Servable Yes" in said and "Suits High Utilization" in said


def test_who_may_only_read_writes_nothing(junior, card):
    looking = browser_of(junior)
    assert "Edit" not in words(looking.get(f"{HERE}{card.pk}/change/")).partition("Content")[0]
    for address in (f"{card.pk}/edit/", f"{card.pk}/delete/", f"{card.pk}/restore/", "add/"):
        assert looking.post(f"{HERE}{address}", {"sure": "yes"}).status_code == 403
    assert stored(card).is_active


def test_an_edit_is_a_new_version_and_compares_with_the_one_before(desk, card):
    typed = fields(desk.get(f"{HERE}{card.pk}/edit/"))
    same = desk.post(f"{HERE}{card.pk}/edit/", typed)
    assert (same.status_code, stored(card).version) == (302, 1)
    body = "A card reports how much of its limit is used.\r\n\r\nThat is all."
    saved = desk.post(f"{HERE}{card.pk}/edit/", typed | {"content.body": body, "title": "Limits", "tags": "a, b"})
    assert saved.status_code == 302
    row = stored(card)
    assert (row.version, row.title, row.tags) == (2, "Limits", ["a", "b"])
    assert row.content == {**BASICS["content"], "body": body.replace("\r\n", "\n")}
    said = words(desk.get(f"{HERE}{card.pk}/versions/"))
    assert "Title What a card's limit has to do with a score Limits" in said
    assert "That is all." in said and "Difficulty" not in said
    assert "Choose two versions." in words(desk.get(f"{HERE}{card.pk}/versions/", {"a": "2", "b": "2"}))


def test_a_wrong_edit_is_told_at_its_field_and_stays(desk, card):
    typed = fields(desk.get(f"{HERE}{card.pk}/edit/"))
    wrong = {"content.triggers": "{", "title": "", "confidence_score": "much"}
    answer = desk.post(f"{HERE}{card.pk}/edit/", typed | wrong)
    assert answer.status_code == 400
    assert "Triggers This is no JSON" in words(answer)
    assert fields(answer)["content.triggers"] == "{"
    answer = desk.post(f"{HERE}{card.pk}/edit/", typed | {"title": "", "confidence_score": "much"})
    assert "2 fields are invalid." in words(answer)
    assert stored(card).version == 1


def test_an_edit_of_what_somebody_changed_meanwhile_is_refused(desk, omar, card, now):
    typed = fields(desk.get(f"{HERE}{card.pk}/edit/"))
    with rowsecurity.viewing(rowsecurity.of(omar)):
        cards.change(tenant_id=omar.tenant_id, card_id=card.pk, by=omar.actor, fields={"title": "Other"}, now=now)
    late = desk.post(f"{HERE}{card.pk}/edit/", typed | {"title": "Mine"})
    assert late.status_code == 409
    assert "The card is at version 2." in words(late)
    assert fields(late)["title"] == "Mine" and fields(late)["version"] == "1"


def test_a_card_is_made_of_the_fields_of_its_type(desk, omar):
    assert "What is it for?" in words(desk.get(f"{HERE}add/"))
    typed = fields(desk.get(f"{HERE}add/", {"type": "voice"}))
    typed |= {"title": "Calm", "content.tone": "calm", "content.forbidden_phrases": "act now\nhurry"}
    made = desk.post(f"{HERE}add/", typed, follow=True)
    assert "The card is made." in words(made)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        row = Card.objects.get(title="Calm")
    assert row.content == {"tone": "calm", "forbidden_phrases": ["act now", "hurry"]}
    twice = desk.post(f"{HERE}add/", typed)
    assert (twice.status_code, "An active card of this type has the same content." in words(twice)) == (409, True)


def test_html_in_a_text_is_shown_as_text(desk, omar, now):
    item = {"card_type": "voice", "title": "<b>Bold</b>", "content": {"tone": "<script>alert(1)</script>"}}
    with rowsecurity.viewing(rowsecurity.of(omar)):
        made = cards.create(tenant_id=omar.tenant_id, by=omar.actor, item=item, now=now)
    page = desk.get(f"{HERE}{made.pk}/change/").content.decode()
    assert "<b>Bold" not in page and "<script>alert" not in page and "&lt;script&gt;alert(1)" in page


def test_deleting_names_the_live_items_it_withdraws_and_restoring_brings_only_the_card_back(desk, omar, maya, card):
    item = ItemFactory(user=maya, card=card)
    asking = words(desk.get(f"{HERE}{card.pk}/delete/"))
    assert "1 live item made from it is withdrawn." in asking
    gone = desk.post(f"{HERE}{card.pk}/delete/", {"sure": "yes"}, follow=True)
    assert "The card is deleted. 1 item was withdrawn with it." in words(gone)
    assert not stored(card).is_active
    assert card.title in words(desk.get(HERE, {"state": "deleted"}))
    back = desk.post(f"{HERE}{card.pk}/restore/", follow=True)
    assert "The card is back as it was." in words(back)
    assert "The card is not deleted" in words(desk.post(f"{HERE}{card.pk}/restore/", follow=True))
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert Recommendation.objects.get(pk=item.pk).status == "withdrawn"
        acts = AuditEntry.objects.filter(action__in=["card_delete", "card_restore"]).order_by("seq")
        assert [one.action for one in acts] == ["card_delete", "card_restore"]


@pytest.mark.parametrize("name", ["", "nobody@example.test", "noor@example.test", "7"])
def test_a_preview_for_nobody_who_agreed_is_refused_and_counts_nothing(desk, noor, card, name):
    answer = desk.post(f"{HERE}{card.pk}/preview/", {"person": name})
    assert answer.status_code == 400
    assert "Nobody who agreed to analysis has this e-mail or id." in words(answer)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not CardUsage.objects.exists()


def test_a_preview_before_anything_is_measured_says_so(desk, maya, card):
    answer = desk.post(f"{HERE}{card.pk}/preview/", {"person": "maya@example.test"})
    assert answer.status_code == 409
    assert "Nothing is measured of this person yet" in words(answer)
    assert fields(answer)["person"] == "maya@example.test"
