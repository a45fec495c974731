"""The decision page: everything on it, each act from it, and every refusal in a sentence on it."""

from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import consent, rowsecurity
from accounts.fingerprints import fingerprint
from accounts.models import AuditEntry
from accounts.purposes import Purpose
from accounts.tests.callers import session_for
from accounts.tests.factories import TransactionFactory
from operators import notes
from operators.models import Note, Tag
from operators.tests.test_console_pages import INLINE
from recommendations import claims, flags, reviewing
from recommendations.models import Card, Claim, Recommendation
from recommendations.tests.proposed import proposed

REASON = "It does not fit what this person has."
ROOT = "/admin/operators/reviewitem"


@pytest.fixture
def item(maya):
    return proposed(maya, created_at=timezone.now() - timedelta(minutes=9), as_of=timezone.now().date())


@pytest.fixture
def another(maya, item):
    return proposed(maya, key="another", created_at=timezone.now() - timedelta(minutes=5))


@pytest.fixture
def at_desk():
    """A browser in which somebody is signed in."""

    def browser(user):
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = session_for(user).session_key
        return client

    return browser


@pytest.fixture
def omars(omar, at_desk):
    return at_desk(omar)


def send(client, item, verb, **form):
    return client.post(f"{ROOT}/{item.pk}/{verb}/", form)


def text(answer):
    return unescape(answer.content.decode())


def kept(item):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return Recommendation.objects.get(pk=item.pk)


def rows():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return [
            (entry.action, entry.object_type)
            for entry in AuditEntry.objects.order_by("seq")
            if entry.action not in ("view_user",)
        ]


def changed(item, **fields):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Recommendation.objects.filter(pk=item.pk).update(**fields)


def test_one_page_has_everything_and_opening_it_holds_the_item_and_is_written_down(maya, omar, omars):
    paid = TransactionFactory(user=maya, merchant="Reelhouse")
    item = proposed(maya, rows=[str(paid.id)], created_at=timezone.now())
    page = text(omars.get(f"{ROOT}/{item.pk}/change/"))
    for seen in (
        item.title,
        item.rationale,
        item.disclosure,
        "Visa ending 4523",
        "Reelhouse",
        "-12.50 USD",
        "version 1",
    ):
        assert seen in page, seen
    assert page.count("passed</span>") == 5 and "not asked" in page
    for key in "armftn":
        assert f'data-key="{key}"' in page
    assert not INLINE.search(page)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert Claim.objects.get().operator_id == omar.pk
        entry = AuditEntry.objects.get()
    assert (entry.action, entry.object_type, entry.recommendation_id) == ("view_user", "recommendation", item.pk)


def test_a_page_costs_as_many_statements_for_much_as_for_little(maya, omar, omars, django_assert_num_queries):
    plain = proposed(maya, created_at=timezone.now())
    full = proposed(maya, key="full", rows=[str(TransactionFactory(user=maya).id) for _ in range(4)])
    with rowsecurity.viewing(rowsecurity.of(omar)):
        for n in range(6):
            notes.write(item_id=full.pk, by=omar, now=timezone.now(), text=f"Note {n}.")
        notes.tag(item_id=full.pk, by=omar, now=timezone.now(), name="edge_case")
        flags.raise_flag(item_id=full.pk, by=omar, now=timezone.now(), reason=REASON)
    for one, statements in ((plain, 33), (full, 35)):  # the cited rows and the names of who wrote
        omars.get(f"{ROOT}/{one.pk}/change/")
        with django_assert_num_queries(statements):
            assert omars.get(f"{ROOT}/{one.pk}/change/").status_code == 200


def test_a_button_without_permission_is_not_drawn_and_its_address_is_403(item, junior, at_desk):
    june = at_desk(junior)
    page = text(june.get(f"{ROOT}/{item.pk}/change/"))
    for verb in ("modify", "flag", "override"):
        assert f"{item.pk}/{verb}/" not in page
        assert june.get(f"{ROOT}/{item.pk}/{verb}/").status_code == 403
        assert send(june, item, verb, reason=REASON, title="Another title").status_code == 403
    assert "/approve/" in page and "/reject/" in page
    assert kept(item).revision == 1


def test_after_a_decision_the_next_item_opens_and_the_last_one_can_be_taken_back(item, another, omars):
    answer = send(omars, item, "approve", notes="Clear.", revision=1)
    assert (answer.status_code, answer["Location"]) == (302, f"{ROOT}/{another.pk}/change/")
    page = text(omars.get(answer["Location"]))
    assert f"Approved “{item.title}”." in page
    assert "You approved" in page and 'data-key="u"' in page
    stale = send(omars, item, "undo", revision=1)
    assert stale.status_code == 409 and "has changed since you opened it" in text(stale)
    undone = send(omars, item, "undo", revision=2)
    assert undone["Location"] == f"{ROOT}/{item.pk}/change/"
    assert "waits again" in text(omars.get(undone["Location"]))
    assert (kept(item).status, rows()) == ("pending", [("approve", "recommendation"), ("undo", "recommendation")])


def test_when_nothing_is_left_the_queue_says_so(item, omars):
    assert send(omars, item, "reject", reason=REASON, revision=1)["Location"] == f"{ROOT}/"
    assert kept(item).rejection_reason == REASON


def test_what_is_old_or_of_an_old_card_is_asked_about_once_more(item, another, omars):
    changed(item, as_of=timezone.now().date() - timedelta(days=46))
    asked = send(omars, item, "approve", notes="Clear.", revision=1)
    page = text(asked)
    assert (asked.status_code, kept(item).status) == (200, "pending")
    assert '<dialog id="sure" aria-labelledby="sure-title" open' in page and "more than 45 days old" in page
    assert ">Clear.</textarea>" in page
    assert send(omars, item, "approve", notes="Clear.", revision=1, sure="1").status_code == 302
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Card.objects.filter(pk=another.card_id).update(version=2)
    changed(another, as_of=timezone.now().date())
    assert "there is version 2" in text(send(omars, another, "approve", revision=1))
    assert kept(another).status == "pending"


@pytest.mark.parametrize("verb", ["reject", "flag", "override"])
def test_a_reason_of_nine_characters_is_refused_and_stays(item, omars, verb):
    answer = send(omars, item, verb, reason="too short", revision=1)
    page = text(answer)
    assert answer.status_code == 400
    assert page.count("A note or a reason has 10 to 500 characters.") == 2  # above, and in the dialog
    assert f'<dialog id="{verb}" aria-labelledby="{verb}-title" open' in page
    assert ">too short</textarea>" in page
    assert (kept(item).revision, rows()) == (1, [])


@pytest.mark.parametrize("verb", ["reject", "flag", "override"])
def test_without_scripts_the_dialog_stands_open_on_the_page(item, omars, verb):
    page = text(omars.get(f"{ROOT}/{item.pk}/{verb}/"))
    assert f'<dialog id="{verb}" aria-labelledby="{verb}-title" open' in page


def test_an_item_is_flagged_and_overridden(item, another, omars):
    assert send(omars, item, "flag", reason=REASON, revision=1)["Location"] == f"{ROOT}/{item.pk}/change/"
    page = text(omars.get(f"{ROOT}/{item.pk}/change/"))
    assert f"</strong> by omar@example.test: {REASON}" in page
    refused = send(omars, item, "approve", revision=2)
    assert (refused.status_code, "There is an open flag on this item." in text(refused)) == (409, True)
    assert send(omars, item, "override", reason=REASON, revision=2)["Location"] == f"{ROOT}/{another.pk}/change/"
    assert kept(item).withdrawal_reason == "overridden"
    assert "overridden" in text(omars.get(f"{ROOT}/{item.pk}/change/"))


def test_a_stale_revision_is_refused_and_what_was_typed_stays(item, omars):
    changed(item, revision=2)
    answer = send(omars, item, "approve", notes="I have read it.", revision=1)
    page = text(answer)
    assert (answer.status_code, kept(item).status) == (409, "pending")
    assert "The item has changed since you opened it." in page and ">I have read it.</textarea>" in page
    assert 'name="revision" value="2"' in page


def test_who_has_decided_already_is_told_as_a_time(item, omar, omars, ada, at_desk):
    with rowsecurity.viewing(rowsecurity.of(ada)):
        reviewing.approve(item_id=item.pk, by=ada, now=timezone.now())
    answer = send(omars, item, "reject", reason=REASON)
    assert answer.status_code == 409 and "This item was decided at" in text(answer)


def test_others_see_who_holds_it_and_take_it_over_with_one_more_click(item, omar, omars, ada, at_desk):
    omars.get(f"{ROOT}/{item.pk}/change/")
    adas = at_desk(ada)
    page = text(adas.get(f"{ROOT}/{item.pk}/change/"))
    assert "<strong>omar@example.test</strong> is reviewing it" in page and "Take it over" in page
    refused = send(adas, item, "approve", revision=1, notes="Let me.")
    assert refused.status_code == 409 and ">Let me.</textarea>" in text(refused)
    assert send(adas, item, "hold", pressed="1", take_over="1").status_code == 302
    told = send(omars, item, "hold")
    assert told.status_code == 409 and "<strong>ada@example.test</strong> has taken it over" in text(told)
    assert send(adas, item, "hold").status_code == 200
    assert send(omars, item, "approve", revision=1).status_code == 409
    assert send(adas, item, "approve", revision=1).status_code == 302
    assert "It waits no more." in text(send(omars, item, "hold"))


def test_leaving_an_item_frees_it_and_goes_on(item, another, omars):
    omars.get(f"{ROOT}/{item.pk}/change/")
    assert send(omars, item, "skip")["Location"] == f"{ROOT}/{another.pk}/change/"
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not Claim.objects.exists()


def test_undoing_too_late_or_for_somebody_else_is_refused_in_a_sentence(item, omar, omars, junior, at_desk):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        reviewing.approve(item_id=item.pk, by=omar, now=timezone.now() - timedelta(minutes=6))
    late = send(omars, item, "undo")
    assert late.status_code == 409 and "A decision can be undone for 5 minutes; they are over." in text(late)
    theirs = send(at_desk(junior), item, "undo")
    assert theirs.status_code == 403 and "Only whoever decided may undo it" in text(theirs)
    assert 'data-key="u"' not in text(omars.get(f"{ROOT}/{item.pk}/change/"))


@pytest.mark.parametrize(
    "verb", ["approve", "reject", "flag", "override", "modify", "undo", "hold", "skip", "note", "tag"]
)
def test_an_item_whose_reader_revoked_a_second_ago_is_not_there(maya, item, omars, verb):
    omars.get(f"{ROOT}/{item.pk}/change/")
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=timezone.now())
    form = {"reason": REASON, "note_text": "x", "tag_name": "edge_case", "title": "Another title"}
    answer = send(omars, item, verb, **form)
    assert answer.status_code == 404 and "There is no such recommendation." in text(answer)
    assert item.title not in text(answer) and maya.email not in text(answer)
    assert rows() == []


def test_html_in_a_note_is_words(item, omars):
    assert send(omars, item, "note", note_text="<b>Bold</b><script>x</script>").status_code == 302
    page = omars.get(f"{ROOT}/{item.pk}/change/").content.decode()
    assert "&lt;b&gt;Bold&lt;/b&gt;&lt;script&gt;" in page and "<b>Bold" not in page
    empty = send(omars, item, "note", note_text="   ")
    assert empty.status_code == 400 and "A note has 1 to 5,000 characters." in text(empty)


def test_a_note_is_edited_and_taken_away_by_its_author(item, omar, omars, junior, at_desk):
    send(omars, item, "note", note_text="First.")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        note = Note.objects.get()
    where = f"/admin/operators/note/{note.pk}/change/"
    assert ">First.</textarea>" in text(omars.get(where))
    june = at_desk(junior)
    refused = june.post(where, {"note_text": "Mine now."})
    assert refused.status_code == 403 and ">Mine now.</textarea>" in text(refused)
    assert omars.post(where, {"note_text": "Second."})["Location"] == f"{ROOT}/{item.pk}/change/"
    assert omars.post(where, {"take_away": "1"}).status_code == 302
    assert omars.get(where).status_code == 404
    assert [action for action, _ in rows()] == ["note_add", "note_edit", "note_delete"]


def test_tags_are_added_once_and_removed(item, omars):
    assert send(omars, item, "tag", tag_name="edge_case").status_code == 302
    twice = send(omars, item, "tag", tag_name="edge_case")
    assert twice.status_code == 409 and "The item has this tag already." in text(twice)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        tag = Tag.objects.get()
    assert omars.post(f"/admin/operators/tag/{tag.pk}/remove/").status_code == 302
    assert omars.post(f"/admin/operators/tag/{tag.pk}/remove/").status_code == 404


EDIT = {
    "title": "What a limit has to do with it",
    "content": "How this works, in plain words.",
    "rationale": "We're showing you this because your Visa ending 4523 is at 68 % of its limit.",
    "priority": "low",
}


def test_an_edit_is_compared_before_it_is_kept(item, omars):
    first = send(omars, item, "modify", **EDIT, revision=1)
    page = text(first)
    assert (first.status_code, kept(item).revision) == (200, 1)
    assert "This is what changes. Save again to keep it." in page
    assert "<del>Own</del><ins>What a limit has to do with it</ins>" in page
    seen = page.split('name="seen" value="')[1].split('"')[0]
    assert send(omars, item, "modify", **EDIT | {"title": "Other words"}, revision=1, seen=seen).status_code == 200
    done = send(omars, item, "modify", **EDIT, revision=1, seen=seen)
    assert done["Location"] == f"{ROOT}/{item.pk}/change/"
    assert (kept(item).title, kept(item).priority) == (EDIT["title"], "low")
    assert "<ins>What a limit" in text(omars.get(f"{ROOT}/{item.pk}/change/"))  # in its history


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"title": "Tiny"}, "A title has 5 to 255 characters."),
        ({"content": "You should pay this off."}, "<mark>you should</mark>"),
        ({"rationale": EDIT["rationale"].replace("68", "69")}, "<mark>69 %</mark>"),
        ({"content": "<b>Bold</b>"}, "Texts are plain: there is markup in this one."),
        ({"content": "x" * 20_001}, "A content has at most 20,000 characters."),
    ],
)
def test_a_check_says_what_the_guardrails_find_and_keeps_what_was_typed(item, omars, edit, said):
    typed = EDIT | edit
    page = text(send(omars, item, "modify", **typed, check="1", revision=1))
    assert said in page
    assert next(iter(edit.values())) in page
    assert kept(item).revision == 1


def test_an_edit_that_fails_cannot_be_kept_however_it_is_sent(item, omars):
    bad = EDIT | {"content": "You should pay this off."}
    refused = send(omars, item, "modify", **bad, revision=1, seen=fingerprint(bad))
    assert refused.status_code == 400 and "You should pay this off.</textarea>" in text(refused)
    assert kept(item).revision == 1


def test_a_hold_ends_with_its_five_minutes(item, omar, omars, ada, at_desk):
    with rowsecurity.viewing(rowsecurity.of(ada)):
        claims.claim(item_id=item.pk, by=ada, now=timezone.now() - claims.HELD)
    assert "You hold it for" in text(omars.get(f"{ROOT}/{item.pk}/change/"))
