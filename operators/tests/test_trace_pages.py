"""Traces and flags in the console: looked at, searched, compared, taken along, answered."""

import json
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import rowsecurity
from accounts.models import AuditEntry
from accounts.tests.callers import session_for
from operators.tests.browsing import INLINE
from recommendations import flags
from recommendations.models import Flag
from recommendations.tests.proposed import proposed

REASON = "It does not fit what this person has."


@pytest.fixture
def item(maya):
    return proposed(maya, created_at=timezone.now())


@pytest.fixture
def at_desk():
    def browser(user):
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = session_for(user).session_key
        return client

    return browser


@pytest.fixture
def omars(omar, at_desk):
    return at_desk(omar)


def text(answer):
    return unescape(answer.content.decode())


def actions():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))


def test_a_trace_shows_its_steps_its_cards_and_all_of_it_folded(item, omars):
    answer = omars.get(f"/admin/operators/reviewitem/{item.pk}/trace/")
    page = text(answer)
    for seen in ("Signals", "Guardrails", "own <span", "selected", "not needed", "engine 1.0.0", "propose"):
        assert seen in page, seen
    assert page.count("<details>") > 5 and "<mark>" not in page
    assert not INLINE.search(answer.content.decode())
    assert actions() == ["view_trace"]


def test_a_search_in_a_trace_opens_what_it_finds(item, omars):
    page = text(omars.get(f"/admin/operators/reviewitem/{item.pk}/trace/?q=4523&sort=-outcome"))
    assert "<details open>" in page and "<mark>" in page
    assert "places <a" in page


def test_a_trace_is_made_again_by_a_button(item, omars):
    page = text(omars.post(f"/admin/operators/reviewitem/{item.pk}/trace/replay/"))
    assert "Made again:" in page and "it cannot be made again" in page  # its rows were never there
    assert actions() == ["view_trace"]


def test_a_trace_is_taken_along_as_a_file_and_that_is_an_export(item, omars):
    answer = omars.get(f"/admin/operators/reviewitem/{item.pk}/trace/download/")
    assert answer["Content-Disposition"] == f'attachment; filename="trace-{item.pk}.json"'
    assert json.loads(answer.content)["recommendation_id"] == str(item.pk)
    assert actions() == ["export"]


def test_two_traces_are_laid_side_by_side(maya, item, omars):
    other = proposed(maya, key="other", created_at=timezone.now())
    where = "/admin/operators/trace/compare/"
    page = text(omars.get(where, {"pick": [str(item.pk), str(other.pk)]}))
    assert "<code>/subject</code>" in page and '<mark>"own"</mark>' in page and '<mark>"other"</mark>' in page
    assert "<code>/schema</code>" not in page
    assert "<code>/schema</code>" in text(omars.get(where, {"a": str(item.pk), "b": str(other.pk), "all": "1"}))
    for named in ({}, {"a": str(item.pk)}, {"a": "x", "b": "y"}, {"pick": [str(item.pk)]}):
        assert "Name two recommendations" in text(omars.get(where, named))
    assert omars.get(where, {"a": str(item.pk), "b": str(uuid4())}).status_code == 404


def test_traces_are_found_by_item_user_card_and_rule_set(maya, item, omars):
    def found(**asked):
        page = text(omars.get("/admin/operators/trace/", asked))
        return f"/reviewitem/{item.pk}/trace/" in page

    assert found()
    for q in (str(item.pk), str(maya.pk), str(item.card_id), "maya@", item.title[:4], "own"):
        assert found(q=q), q
    for q in (str(uuid4()), "nobody", "\0"):
        assert found(q=q) is (q == "\0"), q
    assert not found(rule_set="1")  # nobody was assigned by it
    assert "Nothing matches." in text(omars.get("/admin/operators/trace/?q=nobody"))


def test_an_empty_list_says_what_is_true(omars):
    assert "No trace is kept yet." in text(omars.get("/admin/operators/trace/"))
    assert "No flag is open." in text(omars.get("/admin/operators/flag/"))


def test_flags_are_listed_filtered_and_resolved_once(item, omar, omars, junior, at_desk):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        flag = flags.raise_flag(item_id=item.pk, by=omar, now=timezone.now() - timedelta(hours=2), reason=REASON)
    page = text(omars.get("/admin/operators/flag/"))
    assert REASON in page and "omar@example.test" in page and "2 hours" in page.replace("\xa0", " ")
    assert REASON not in text(omars.get("/admin/operators/flag/?by=system"))
    assert REASON in text(omars.get(f"/admin/operators/flag/?by={omar.pk}"))
    where = f"/admin/operators/flag/{flag.pk}/resolve/"
    june = at_desk(junior)
    assert where not in text(june.get("/admin/operators/flag/"))
    assert (june.get(where).status_code, june.post(where).status_code) == (403, 403)
    short = omars.post(where, {"reason": "too short"})
    assert short.status_code == 400 and ">too short</textarea>" in text(short)
    assert omars.post(where, {"reason": "Looked, and it is right."})["Location"] == "/admin/operators/flag/"
    assert omars.post(where, {"reason": "Looked, and it is right."}).status_code == 409
    page = text(omars.get("/admin/operators/flag/"))
    assert "No flag is open. The last one was resolved at" in page
    assert "Looked, and it is right." in text(omars.get("/admin/operators/flag/?state=resolved"))
    assert omars.get(f"/admin/operators/flag/{uuid4()}/resolve/").status_code == 404


def test_a_list_of_flags_costs_the_same_for_many(maya, omars):
    def raised(n):
        item = proposed(maya, key=f"flagged-{n}", created_at=timezone.now())
        beside = {"tenant_id": item.tenant_id, "user_id": item.user_id, "recommendation_id": item.pk}
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            Flag.objects.create(**beside, flag_reason=REASON, flagged_at=timezone.now())

    def counted():
        with CaptureQueriesContext(connection) as seen:
            assert omars.get("/admin/operators/flag/").status_code == 200
        return len(seen)

    raised(0)
    one = counted()
    for n in range(1, 6):
        raised(n)
    assert counted() == one
