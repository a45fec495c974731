"""The numbers of the desk over a short history, each counted by hand."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import consent, rowsecurity
from accounts.purposes import Purpose
from operators import analytics
from operators.analytics import RangeInvalid
from operators.tests.desk import NOW, REASON, history, item, somebody_else
from recommendations.models import Feedback, Recommendation

LAST, BEFORE = date(2026, 11, 20), date(2026, 11, 19)


@pytest.fixture
def told(maya, omar, junior):
    history(maya, omar, junior)
    somebody_else()
    return maya.tenant


def of(tenant, zone="UTC", **which):
    asked = analytics.asked(first=which.pop("first", None), last=which.pop("last", None), now=NOW, zone=zone, **which)
    return analytics.analytics(tenant_id=tenant.pk, zone=zone, asked=asked, now=NOW)


def test_acts_are_counted_by_what_was_done_by_whom_and_when(told, omar, junior):
    found = of(told)
    assert found.acts.counts == {"approve": 2, "reject": 2, "undo": 1, "flag": 1}
    assert found.acts.approval_rate == 0.5
    assert found.acts.mean_minutes == 412.5  # 60, 30, 24 hours and 2 hours
    assert found.by_day[LAST].counts == {"approve": 2, "reject": 1, "undo": 1, "flag": 1}
    assert found.by_day[BEFORE].counts == {"reject": 1} and found.by_day[date(2026, 11, 18)].total == 0
    assert len(found.by_day) == 30
    assert [(who, acts.total) for who, acts in found.by_operator] == [(omar.pk, 5), (junior.pk, 1)]
    assert found.by_persona["savings_builder"].counts == {"reject": 1}


def test_what_became_of_items_stands_at_their_card(told):
    (card,) = of(told).cards
    assert (card.key, card.proposed, card.approved, card.shown, card.clicked, card.helpful) == ("limits", 6, 1, 0, 0, 0)


def test_a_helpful_answer_counts_once_for_its_item(told, maya):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        approved = Recommendation.objects.get(status="approved")
        Recommendation.objects.filter(pk=approved.pk).update(shown_at=NOW, clicked=True, clicked_at=NOW)
        Feedback.objects.create(
            tenant=maya.tenant, user=maya, recommendation=approved, helpful=True, created_at=NOW, updated_at=NOW
        )
    (card,) = of(told).cards
    assert (card.proposed, card.shown, card.clicked, card.helpful) == (6, 1, 1, 1)


def test_times_reasons_and_the_queue(told):
    found = of(told)
    assert dict(found.review_times) == {
        "< 5 min": 0, "5-30 min": 0, "30-60 min": 1, "1-4 h": 2, "4-24 h": 0, "1-3 d": 1, "> 3 d": 0,
    }  # fmt: skip
    assert found.reasons == [(REASON, 2)]
    assert found.queue_size == 3


def test_filters_narrow_every_number_they_name(told, junior):
    assert of(told, persona="savings_builder").acts.counts == {"reject": 1}
    assert of(told, type="education").acts.counts["reject"] == 1
    assert of(told, operator=junior.pk).acts.counts == {"reject": 1}
    assert of(told, first=BEFORE, last=BEFORE).acts.counts == {"reject": 1}
    assert of(told, persona="savings_builder").queue_size == 0


def test_a_day_is_one_of_the_institution(told):
    """26 hours before noon in UTC is still the 19th in Prague, and already the 20th on Kiritimati."""
    assert of(told, "Pacific/Kiritimati").by_day[date(2026, 11, 20)].counts == {"reject": 1}


def test_of_who_agrees_no_more_nothing_is_counted(told, maya):
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=NOW)
    found = of(told)
    assert (found.acts.total, found.queue_size, list(found.cards)) == (0, 0, [])
    assert found.acts.approval_rate is None and found.acts.mean_minutes is None


@pytest.mark.parametrize(
    ("first", "last"), [(LAST, BEFORE), (LAST - timedelta(days=366), LAST)], ids=["backwards", "too long"]
)
def test_a_range_that_is_none_is_refused(db, first, last):
    with pytest.raises(RangeInvalid):
        analytics.asked(first=first, last=last, now=NOW, zone="UTC")


def test_a_year_and_a_day_is_the_longest_range(db):
    assert analytics.asked(first=LAST - timedelta(days=365), last=LAST, now=NOW, zone="UTC").last == LAST


def test_statements_do_not_grow_with_items(told, maya):
    def cost():
        with CaptureQueriesContext(
            connection,
        ) as found:
            of(told)
        return len(found)

    few = cost()
    for hours in range(20):
        item(maya, hours=hours)
    assert cost() == few == 9


def test_one_of_the_staff_alone(told, omar):
    asked = analytics.asked(first=BEFORE, last=LAST, now=NOW, zone="UTC", operator=omar.pk)
    with rowsecurity.viewing(rowsecurity.of(omar)):
        acts, by_day = analytics.of_operator(by=omar, asked=asked)
    assert (acts.total, by_day) == (5, {BEFORE: 1, LAST: 4})
