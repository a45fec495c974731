"""The review queue in the console: what its page says, what a row and a selection do, and what they refuse."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from accounts import access, consent, rowsecurity
from accounts.models import User
from accounts.pseudonyms import subject_ref
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.callers import session_for
from operators.bulk import Deed, Failure, Many
from operators.console.many import told
from operators.tests.desk import item
from operators.tests.factories import TagFactory
from recommendations import claims, flags, reviewing
from recommendations.models import Recommendation
from recommendations.tests.factories import CardFactory

QUEUE = "/admin/operators/reviewitem/"
REASON = "It does not fit what this person has."
INLINE = re.compile(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=", re.IGNORECASE)


def at_the_desk(user):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session_for(user).session_key
    return client


@pytest.fixture
def card(maya):
    return CardFactory(tenant=maya.tenant, title="What a limit is", content={"key": "limits"})


@pytest.fixture
def desk(omar):
    return at_the_desk(omar)


def waiting(user, card=None, **fields):
    return item(user, hours=1, card=card, **{"as_of": timezone.now().date(), **fields})


def page(client, query=""):
    answer = client.get(f"{QUEUE}{query}")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert not INLINE.search(text)
    return text


def status(one):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return Recommendation.objects.get(pk=one.pk).status


def sent(client, one, verb, **more):
    return client.post(f"{QUEUE}decide/", {"verb": verb, "item": f"{one.pk}.{one.revision}", **more})


def test_a_row_says_what_the_item_is_and_whose(maya, omar, junior, desk, card):
    one = waiting(maya, card, title="Cards & limits <b>", rationale="x" * 200, as_of=timezone.now().date())
    TagFactory(recommendation=one, tagged_by=omar.pk, tag_name="tone_concern")
    with rowsecurity.viewing(rowsecurity.of(junior)):
        claims.claim(item_id=one.pk, by=junior, now=timezone.now())
    text = page(desk)
    whole = ("Cards &amp; limits &lt;b&gt;", "x" * 159 + "…", "maya@example.test", "High Utilization", "tone concern")
    for said in (*whole, "june@example.test reviews it", "1 to 1 of 1 items"):
        assert said in text, said
    assert "x" * 160 not in text


def test_what_is_stale_flagged_or_fails_says_so_in_words(maya, omar, desk, card):
    waiting(maya, card, as_of=timezone.now().date() - timedelta(days=50), guardrails_passed=False, flagged=True)
    text = page(desk)
    assert ">stale<" in text and ">flagged<" in text
    assert 'data-key="a"' not in text, "what cannot be approved offers no approval"
    assert 'data-key="r"' in text


def test_a_junior_chooses_not_many(maya, junior, card):
    waiting(maya, card)
    text = page(at_the_desk(junior))
    assert "Approve selected" not in text and 'type="checkbox" form="chosen"' not in text
    assert 'data-key="a"' in text and 'data-key="m"' not in text and 'data-key="f"' not in text


def test_where_nothing_waits_the_page_says_who_was_last(maya, omar, junior, desk, card):
    assert "Nothing waits.</p>" in page(desk)
    one = waiting(maya, card)
    assert sent(desk, one, "approve").status_code == 302
    text = page(desk)
    assert re.search(r"Nothing waits\. The last item was decided at \d\d:\d\d by you\.", text)
    assert "by a colleague." in page(at_the_desk(junior))
    assert "Nothing matches." in page(desk, "?priority=low")
    assert escape(one.title) in page(desk, "?status=approved")


def test_times_are_those_of_the_institution(maya, omar, desk, card):
    one = waiting(maya, card)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        type(omar.tenant).objects.filter(pk=omar.tenant_id).update(time_zone="Pacific/Kiritimati")
    text = page(desk)
    assert "All times are in Pacific/Kiritimati." in text
    assert f'title="{(one.created_at + timedelta(hours=14)):%Y-%m-%d %H:%M}"' in text


@pytest.mark.parametrize("query", ["?page=99999999", "?size=7", "?status=nonsense", "?sort=;drop", "?from=x", "?at=-1",
                                   "?q=%00", "?card=1", "?page=3"])  # fmt: skip
def test_an_address_that_asks_for_nonsense_is_read_as_if_it_had_not(maya, desk, card, query):
    waiting(maya, card)
    page(desk, query)


def test_approving_a_row_leads_back_to_the_list_at_the_row_that_took_its_place(maya, desk, card):
    one = waiting(maya, card)
    answer = desk.post(
        f"{QUEUE}decide/?at=3", {"verb": "approve", "item": f"{one.pk}.1", "back": "status=pending&sort=-created_at"}
    )
    assert answer["Location"] == f"{QUEUE}?status=pending&sort=-created_at&at=3#row-3"
    assert status(one) == "approved"
    after = page(desk, "?at=3")
    assert f"Approved “{escape(one.title)}”." in after and "Undo <kbd>u</kbd>" in after
    assert f'action="{QUEUE}decide/?at=3"' in after, "taking it back keeps the place too"


def test_a_way_back_never_leads_elsewhere(maya, desk, card):
    answer = sent(desk, waiting(maya, card), "approve", back="https://elsewhere.example/?x", at="//elsewhere")
    assert answer["Location"].startswith(f"{QUEUE}?")


def test_an_item_on_a_page_of_its_own_leaves_a_row_for_its_person_and_the_list_leaves_none(maya, desk, card):
    one = waiting(maya, card)
    page(desk)
    with rowsecurity.viewing(rowsecurity.as_subject(maya, subject_ref(maya.pk))):
        assert not access.openings(maya).exists()
    assert desk.get(f"{QUEUE}decide/", {"verb": "reject", "item": f"{one.pk}.1"}).status_code == 200
    with rowsecurity.viewing(rowsecurity.as_subject(maya, subject_ref(maya.pk))):
        assert [row.object_type for row in access.openings(maya)] == ["recommendation"]


def test_rejecting_asks_for_a_reason_and_keeps_what_was_typed(maya, desk, card):
    one = waiting(maya, card)
    asked = desk.get(f"{QUEUE}decide/?verb=reject&item={one.pk}.1&back=status%3Dpending")
    assert asked.status_code == 200 and "<textarea" in asked.content.decode()
    refused = sent(desk, one, "reject", reason="<too sho>")
    text = refused.content.decode()
    assert refused.status_code == 400
    assert "A note or a reason has 10 to 500 characters." in text and "&lt;too sho&gt;</textarea>" in text
    dialog = desk.post(f"{QUEUE}decide/?verb=reject&item={one.pk}.1&at=0&back=", {"reason": REASON})
    assert (dialog.status_code, status(one)) == (302, "rejected")


@pytest.mark.parametrize("stale", [True, False])
def test_what_is_old_or_written_anew_is_approved_after_one_more_question(maya, desk, card, stale):
    """Data of 50 days ago; or a card whose second version stands behind an item of the first."""
    fields = {"as_of": timezone.now().date() - timedelta(days=50)} if stale else {}
    one = waiting(maya, card, **fields)
    if not stale:
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            type(card).objects.filter(pk=card.pk).update(version=2)
    asked = sent(desk, one, "approve")
    assert asked.status_code == 200 and "Approve anyway" in asked.content.decode()
    assert status(one) == "pending"
    assert sent(desk, one, "approve", sure="1").status_code == 302
    assert status(one) == "approved"


def test_a_stale_revision_a_held_item_and_one_decided_already_are_refused_on_the_page(maya, omar, junior, desk, card):
    one = waiting(maya, card)
    answer = desk.post(f"{QUEUE}decide/", {"verb": "approve", "item": f"{one.pk}.7"})
    assert answer.status_code == 409 and "has changed since you opened it" in answer.content.decode()
    with rowsecurity.viewing(rowsecurity.of(junior)):
        claims.claim(item_id=one.pk, by=junior, now=timezone.now())
    answer = sent(desk, one, "approve")
    assert answer.status_code == 409 and "Somebody else is reviewing this item." in answer.content.decode()
    assert sent(at_the_desk(junior), one, "approve").status_code == 302
    answer = sent(desk, one, "reject", reason=REASON)
    assert answer.status_code == 409 and "decided at" in answer.content.decode()


def test_undo_is_for_whoever_decided_and_for_five_minutes(maya, omar, junior, desk, card):
    one, old = waiting(maya, card), waiting(maya, card)
    assert sent(desk, one, "approve").status_code == 302
    one.revision = 2
    answer = sent(at_the_desk(junior), one, "undo")
    assert answer.status_code == 403 and "Only whoever decided may undo it" in answer.content.decode()
    assert (sent(desk, one, "undo").status_code, status(one)) == (302, "pending")
    with rowsecurity.viewing(rowsecurity.of(omar)):
        reviewing.approve(item_id=old.pk, by=omar, now=timezone.now() - timedelta(minutes=6))
    old.revision = 2
    answer = sent(desk, old, "undo")
    assert answer.status_code == 409 and "they are over" in answer.content.decode()


def test_an_item_whose_reader_revoked_a_second_ago_is_not_there(maya, desk, card):
    one = waiting(maya, card)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=timezone.now())
    answer = sent(desk, one, "approve")
    assert answer.status_code == 404
    assert one.title not in answer.content.decode() and "Not there" in answer.content.decode()
    assert many(desk, [one], "approve").status_code == 200


@pytest.mark.parametrize("form", [{}, {"verb": "approve"}, {"verb": "erase", "item": str(uuid4())},
                                  {"verb": "approve", "item": "x.y"}])  # fmt: skip
def test_a_decision_about_nothing_is_not_there(desk, form):
    assert desk.post(f"{QUEUE}decide/", form).status_code == 404


def many(client, chosen, deed, **more):
    return client.post(f"{QUEUE}many/", {"item": [str(one.pk) for one in chosen], "deed": deed, **more})


def test_a_selection_is_confirmed_with_what_stands_in_its_way(maya, omar, desk, card):
    good, flagged = waiting(maya, card), waiting(maya, card)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        flags.raise_flag(item_id=flagged.pk, by=omar, now=timezone.now(), reason=REASON)
    asked = many(desk, [good, flagged], "approve").content.decode()
    assert "1 of 2 cannot be done now" in asked and "There is an open flag on this item." in asked
    assert status(good) == "pending"
    done = many(desk, [good, flagged], "approve", sure="1", back="size=25")
    assert done["Location"] == f"{QUEUE}?size=25"
    after = page(desk)
    assert "1 approved, 1 failed: There is an open flag on this item. Resolve it first." in after
    assert f'<a href="{QUEUE}{flagged.pk}/change/">{str(flagged.pk)[:8]}</a>' in after


def test_more_than_twenty_are_counted_by_hand(maya, desk, card):
    chosen = [waiting(maya, card) for _ in range(21)]
    assert "Type 21 to confirm" in many(desk, chosen, "approve").content.decode()
    for typed in ("", "20", "twenty-one"):
        refused = many(desk, chosen, "approve", sure="1", count=typed)
        assert refused.status_code == 400 and "Type how many items you chose" in refused.content.decode()
    assert status(chosen[0]) == "pending"
    assert many(desk, chosen, "approve", sure="1", count=" 21 ").status_code == 302
    assert "21 approved." in page(desk)


def test_many_are_rejected_with_one_reason_and_tagged_with_one_tag(maya, desk, card):
    one, two = waiting(maya, card), waiting(maya, card)
    refused = many(desk, [one], "reject", sure="1", said="too short")
    assert refused.status_code == 400 and "too short</textarea>" in refused.content.decode()
    assert many(desk, [one], "reject", sure="1", said=REASON).status_code == 302
    assert "1 rejected." in page(desk)
    assert many(desk, [two], "tag", sure="1", said="nonsense").status_code == 400
    assert many(desk, [two], "tag", sure="1", said="edge_case").status_code == 302
    assert "1 tagged." in page(desk)


@pytest.mark.parametrize("form", [{}, {"deed": "approve"}, {"deed": "erase", "item": [str(uuid4())]},
                                  {"deed": "approve", "item": [str(uuid4()) for _ in range(101)]}])  # fmt: skip
def test_nothing_chosen_leads_back_with_a_sentence(desk, form):
    answer = desk.post(f"{QUEUE}many/", form)
    assert answer.status_code == 302
    assert "Nothing was done: choose between 1 and 100 items first." in page(desk)


def test_what_one_may_not_is_refused_when_called_by_hand(maya, junior, card):
    one = waiting(maya, card)
    answer = many(at_the_desk(junior), [one], "approve", sure="1")
    assert (answer.status_code, status(one)) == (403, "pending")


def test_whoever_is_demoted_between_the_question_and_the_answer_decides_nothing(maya, omar, desk, card):
    one = waiting(maya, card)
    assert many(desk, [one], "approve").status_code == 200
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.filter(pk=omar.pk).update(level="junior")
    assert (many(desk, [one], "approve", sure="1").status_code, status(one)) == (403, "pending")


def test_the_result_of_many_is_one_sentence():
    batch, ids = uuid4(), [str(uuid4()) for _ in range(14)]
    failed = [Failure(ids[0], "ALREADY_DECIDED", "Decided.")]
    failed += [Failure(one, "CLAIMED", "Somebody <else> has it.") for one in ids[1:13]]
    failed += [Failure("nonsense", "RECOMMENDATION_NOT_FOUND", "There is no such recommendation.")]
    said = told(Many(Deed.APPROVE, batch, tuple(uuid4() for _ in range(7)), tuple(failed)))
    assert said.startswith("7 approved, 1 already decided, 13 failed: Somebody &lt;else&gt; has it. (")
    assert said.count("<a ") == 11 and " and 2 more)" in said and ">nonsense</a>" in said


def test_an_open_page_hears_of_what_came_and_of_who_holds_what(maya, omar, junior, desk, card):
    shown = waiting(maya, card)
    since = timezone.now().isoformat()
    asked = {"since": since, "item": [str(shown.pk), "nonsense"]}
    before = desk.post(f"{QUEUE}news/", asked).content.decode()
    assert " new" not in before and f'id="held-{shown.pk}"' in before
    theo = factories.consenting("theo")
    item(theo, hours=-48)
    with rowsecurity.viewing(rowsecurity.of(junior)):
        claims.claim(item_id=shown.pk, by=junior, now=timezone.now())
    after = desk.post(f"{QUEUE}news/", asked).content.decode()
    assert ">1 new</a>" in after and "june@example.test reviews it" in after
    assert " new" not in desk.post(f"{QUEUE}news/?priority=low", asked).content.decode()


@pytest.mark.parametrize("form", [{}, {"since": "yesterday"}, {"since": "2026-13-40T00:00:00Z"}])
def test_a_page_that_says_not_since_when_hears_of_nothing(desk, form):
    answer = desk.post(f"{QUEUE}news/", form)
    assert answer.status_code == 200 and " new" not in answer.content.decode()
