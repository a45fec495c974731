"""People in the console: the list, the tabs of a file, what is done from them, and the runs, with somebody in them."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import consent, rowsecurity
from accounts.models import AuditEntry, User
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.callers import session_for
from operators.console import again
from operators.console.userfile import TABS
from operators.generating import REVIEWED, UNKNOWN, Generated
from operators.models import OperatorAction
from personas.models import Run, Shard
from personas.tests.factories import STATEMENT, loaded, refreshed
from recommendations.models import Consideration, Outcome, Recommendation
from recommendations.tests.factories import ItemFactory

LIST, RUNS = "/admin/operators/userfile/", "/admin/operators/run/"
WHY = "Saw the payslip of the second job."
INLINE = re.compile(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=", re.IGNORECASE)


def at_the_desk(user):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session_for(user).session_key
    return client


@pytest.fixture
def desk(omar):
    return at_the_desk(omar)


@pytest.fixture
def stood(maya, own_store, now):
    loaded(maya, STATEMENT, now)
    refreshed(maya, now)
    return maya


def text_of(answer, status=200):
    assert answer.status_code == status, answer.content[:500]
    text = answer.content.decode()
    assert not INLINE.search(text)
    return text


def file_of(user, tail="change/"):
    return f"{LIST}{user.pk}/{tail}"


def sealed():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(AuditEntry.objects.order_by("seq").values_list("action", "object_type"))


def all_of(model):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(model.objects.order_by("pk"))


def spent(client, address):
    with CaptureQueriesContext(connection) as captured:
        text_of(client.get(address))
    return len(captured)


# -- the list


def test_the_list_shows_who_there_is_and_nothing_of_who_did_not_agree(desk, stood, noor):
    text = text_of(desk.get(LIST))
    for said in ("maya@example.test", "General Wellness", ">stale</span>", "1 to 2 of 2 people", "All times are in"):
        assert said in text, said
    assert f'href="{file_of(stood)}"' in text and f'value="{stood.pk}"' in text
    assert "no consent" in text and str(noor.pk) not in text


def test_an_empty_list_says_why_it_is_empty(desk):
    assert "There are no people yet." in text_of(desk.get(LIST))
    assert "Nobody matches." in text_of(desk.get(f"{LIST}?q=nobody"))


def test_who_may_not_regenerate_chooses_nobody(junior, stood):
    text = text_of(at_the_desk(junior).get(LIST))
    assert "Regenerate selected" not in text and 'form="chosen"' not in text


# -- many at once


def test_whom_one_chose_is_shown_with_what_is_in_the_way_before_anything_is_done(desk, stood, noor):
    text = text_of(desk.post(f"{LIST}again/", {"user": [stood.pk, noor.pk, uuid4()], "back": "q=x"}))
    assert "Regenerate for 3 people" in text and "2 of 3 have not agreed" in text
    assert "maya@example.test" in text and "General Wellness" in text and "no consent" in text
    assert f'href="{LIST}?q=x"' in text
    assert all_of(Consideration) == [] and sealed() == []


def test_sure_they_are_considered_and_the_list_says_what_came_of_it(desk, stood, noor):
    answer = desk.post(f"{LIST}again/", {"user": [stood.pk, noor.pk], "sure": "1", "back": "q=maya"})
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}?q=maya")
    text = text_of(desk.get(LIST))
    assert "1 of 2 considered: too few cards fit for 1. The person has not agreed to this" in text
    assert f'<a href="{file_of(noor)}">{str(noor.pk)[:8]}</a>' in text
    assert [one.user_id for one in all_of(Consideration)] == [stood.pk]
    assert sealed() == [("generate", "user")]


@pytest.mark.parametrize("chosen", [0, 101])
def test_none_or_more_than_a_hundred_lead_back_with_a_sentence(desk, chosen):
    assert desk.post(f"{LIST}again/", {"user": [uuid4() for _ in range(chosen)], "sure": "1"}).status_code == 302
    assert "Nothing was done: choose between 1 and 100 people first." in text_of(desk.get(LIST))


def test_regenerating_by_hand_is_refused_to_a_junior(junior, stood):
    assert at_the_desk(junior).post(f"{LIST}again/", {"user": stood.pk, "sure": "1"}).status_code == 403
    assert all_of(Consideration) == []


def test_what_came_of_many_is_one_sentence_and_a_link_to_each_who_was_left():
    ids = [uuid4() for _ in range(6)]
    done = [
        Generated(ids[0], Outcome.PROPOSED, education=3, partner_offers=1),
        Generated(ids[1], Outcome.PROPOSED, education=2),
        Generated(ids[2], Outcome.UNCHANGED, education=3),
        Generated(ids[3], Outcome.NO_SIGNALS),
        Generated(ids[4], Outcome.FAILED, error=REVIEWED),
        Generated(ids[5], Outcome.FAILED, error=UNKNOWN),
    ]
    said = again.told(done)
    assert said.startswith(
        "4 of 6 considered: 5 education items and 1 offer for 2, nothing changed for 1, no signals yet for 1. "
        "Somebody is reviewing an item of this person."
    )
    assert said.count("<a ") == 2 and f"{str(ids[5])[:8]}</a>)" in said


# -- a file


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_opens_with_somebody_in_it_and_leaves_one_row(desk, stood, tab):
    ItemFactory(user=stood, title="What <b>limits</b> are")
    text = text_of(desk.get(f"{file_of(stood)}?tab={tab}"))
    assert "maya@example.test" in text and "<b>limits" not in text
    assert sealed() == [("view_user", tab)]


@pytest.mark.parametrize(
    ("tab", "said"),
    [
        ("signals", "Nothing has been measured for this window"),
        ("corrections", "This person has corrected nothing."),
        ("recommendations", "Nothing has been proposed to this person yet."),
        ("actions", "Nobody has flagged or overruled anything here."),
    ],
)
def test_a_tab_of_who_is_new_says_that_there_is_nothing(desk, maya, tab, said):
    assert said in text_of(desk.get(f"{file_of(maya)}?tab={tab}"))


def test_the_file_of_who_agreed_to_nothing_or_no_more_is_not_there(desk, stood, noor, seeing, now):
    with seeing(stood):
        consent.revoke(user=stood, purpose=Purpose.ANALYSIS, now=now)
    elsewhere = factories.consenting("zoe", tenant=factories.TenantFactory(slug="elsewhere"))
    for nobody in (stood, noor, elsewhere):
        for tail in ("change/", "flag/", "override/", "refresh/"):
            assert desk.get(file_of(nobody, tail)).status_code == 404
    assert desk.post(file_of(stood, "flag/"), {"reason": WHY}).status_code == 404
    assert ("view_user", "overview") not in sealed() and all_of(OperatorAction) == []


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_costs_as_much_for_twenty_of_everything_as_for_one(desk, stood, omar, now, tab):
    def more(several):
        for _ in range(several):
            ItemFactory(user=stood)
            factories.AccountFactory(user=stood)
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            for _ in range(several):
                OperatorAction.objects.create(
                    tenant_id=stood.tenant_id, operator_id=omar.pk, user=stood, action_type="flag", reason=WHY,
                    created_at=now, cleared_at=now, cleared_by=omar.pk,
                )  # fmt: skip

    address = f"{file_of(stood)}?tab={tab}"
    more(1)
    spent(desk, address)
    few = spent(desk, address)
    more(19)
    assert spent(desk, address) == few


def test_the_list_costs_as_much_for_twenty_as_for_one(desk, stood):
    spent(desk, LIST)
    few = spent(desk, LIST)
    for place in range(19):
        ItemFactory(user=factories.consenting(f"reader{place}"))
    assert spent(desk, LIST) == few


# -- what is done from it


def test_a_reason_of_nine_characters_is_refused_on_the_page_and_stays_in_its_field(desk, stood):
    text = text_of(desk.post(file_of(stood, "flag/"), {"reason": "nine<char"}), 400)
    assert "at least 10 characters" in text and "nine&lt;char</textarea>" in text
    assert all_of(OperatorAction) == []


@pytest.mark.parametrize("days", ["0", "91", "soon"])
def test_a_hold_of_no_day_or_of_ninety_one_is_refused_and_what_was_chosen_stays(desk, stood, days):
    sent = {"window": "30d", "persona": "savings_builder", "hold_days": days, "reason": WHY}
    text = text_of(desk.post(file_of(stood, "override/"), sent), 400)
    assert WHY in text and f'value="{days}"' in text
    assert re.search(r'value="savings_builder"[^>]*checked', text)
    assert all_of(OperatorAction) == []


def test_what_the_act_refuses_is_a_sentence_above_what_was_typed(desk, stood):
    assert desk.post(file_of(stood, "flag/"), {"reason": WHY}).status_code == 302
    text = text_of(desk.post(file_of(stood, "flag/"), {"reason": "A second look, please."}), 409)
    assert "There is an open flag on this person already." in text and "A second look, please.</textarea>" in text
    text = text_of(desk.post(file_of(stood, "release/"), {"window": "180d", "reason": WHY}), 409)
    assert "No operator&#x27;s word stands for this window" in text and WHY in text


def test_a_persona_is_overridden_and_released_from_the_file(desk, stood):
    sent = {"window": "30d", "persona": "savings_builder", "hold_days": "7", "reason": WHY}
    assert desk.post(file_of(stood, "override/"), sent)["Location"] == f"{file_of(stood)}?tab=personas"
    text = text_of(desk.get(f"{file_of(stood)}?tab=personas"))
    assert "Savings Builder stands for 30 days, held until" in text and WHY in text
    assert desk.post(file_of(stood, "release/"), {"window": "30d", "reason": WHY}).status_code == 302
    assert "The rules speak again: General Wellness for 30 days." in text_of(desk.get(file_of(stood)))


def test_an_item_is_taken_back_from_the_file_and_one_of_somebody_else_is_not_there(desk, stood):
    mine, theirs = ItemFactory(user=stood), ItemFactory(user=factories.consenting("theo"))
    assert desk.post(file_of(stood, f"items/{theirs.pk}/override/"), {"reason": WHY}).status_code == 404
    assert desk.post(file_of(stood, f"items/{mine.pk}/override/"), {"reason": WHY}).status_code == 302
    assert "Withdrawn. The reader no longer sees it." in text_of(desk.get(f"{file_of(stood)}?tab=recommendations"))
    assert {one.pk: one.status for one in all_of(Recommendation)} == {mine.pk: "withdrawn", theirs.pk: "pending"}


def test_who_was_demoted_between_the_question_and_the_answer_does_nothing(desk, omar, stood):
    assert text_of(desk.get(file_of(stood, "flag/")))
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.filter(pk=omar.pk).update(level="junior")
    assert desk.post(file_of(stood, "flag/"), {"reason": WHY}).status_code == 403
    assert all_of(OperatorAction) == []


# -- runs


@pytest.fixture
def run(maya, now):
    """Half of two people could not be measured."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        run = Run.objects.create(
            tenant_id=maya.tenant_id, stage="refresh", started_at=now - timedelta(hours=1), finished_at=now, users=2,
            done=1, failed=1, status="completed_with_errors",
        )  # fmt: skip
        for number, (status, counts) in enumerate([("done", {"measured": 1}), ("failed", {"failed": 1})]):
            Shard.objects.create(
                run=run, tenant_id=maya.tenant_id, shard=number, from_user=maya.pk, to_user=maya.pk, status=status,
                attempts=3, counts=counts, error="MemoryError" if status == "failed" else None,
            )  # fmt: skip
    return run


def test_where_nothing_ran_the_page_says_so(desk):
    assert "Nothing has run yet." in text_of(desk.get(RUNS))


def test_a_run_shows_its_shards_and_what_failed_is_put_back_once(desk, run):
    one = f"{RUNS}{run.pk}/"
    assert f"{one}change/" in text_of(desk.get(RUNS))
    assert "MemoryError" in text_of(desk.get(f"{one}change/"))
    answer = desk.post(f"{one}retry/")
    assert (answer.status_code, answer["Location"]) == (302, f"{one}change/")
    assert "Put back. Workers take the failed shards up again." in text_of(desk.get(f"{one}change/"))
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        run.refresh_from_db()
        shards = list(Shard.objects.filter(run=run).order_by("shard").values_list("status", "attempts", "error"))
    assert (run.status, run.finished_at, run.done, run.failed) == ("running", None, 1, 0)
    assert shards == [("done", 3, None), ("pending", 0, None)]
    assert sealed() == [("run_retry", "run")]
    assert "No shard of this run has failed." in text_of(desk.post(f"{one}retry/"), 409)


def test_a_run_is_not_put_back_by_a_junior_and_one_that_is_not_there_by_nobody(desk, junior, run):
    assert at_the_desk(junior).post(f"{RUNS}{run.pk}/retry/").status_code == 403
    assert desk.post(f"{RUNS}{uuid4()}/retry/").status_code == 404
    assert sealed() == []
