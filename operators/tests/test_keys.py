"""The keyboard in a real browser: keys press what stands on the page, rest in fields, and never do more."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from accounts import rowsecurity
from accounts.models import Tenant
from accounts.tests.callers import session_for
from accounts.tests.factories import UserFactory, consenting
from operators.tests import browsers
from personas.tests.at_once import elsewhere
from recommendations.models import Recommendation
from recommendations.tests.proposed import proposed

REASON = "It does not fit what this person has."


@pytest.fixture
def items(live_db):
    maya = consenting("maya", tenant=Tenant.objects.get(slug="default"))
    now = timezone.now()
    made = [proposed(maya, key=f"item-{n}", created_at=now - timedelta(minutes=9 - n)) for n in range(3)]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Recommendation.objects.update(as_of=now.date())
    return made


@pytest.fixture
def session_key(items):
    omar = UserFactory(email="omar@example.test", role="operator", level="senior", tenant=items[0].tenant)
    return session_for(omar).session_key


@pytest.fixture
def desk(session_key, site, chromium):
    """A page of an operator's browser; from here on the database is asked elsewhere, because a browser is driven."""

    def opened(**options):
        page, complaints = browsers.opening(chromium, site)(**options)
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_key, "url": site}])
        return page, complaints

    return opened


def statuses(items):
    def asked():
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            return dict(Recommendation.objects.values_list("pk", "status"))

    found = elsewhere(asked).result(30)
    return [found[item.pk] for item in items]


def at(item):
    return f"**/{item.pk}/change/"


def test_items_are_decided_with_the_keyboard_alone(desk, items):
    page, complaints = desk()
    first, second, third = items
    page.goto(f"/admin/operators/reviewitem/{first.pk}/change/")
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keyboard").wait_for()
    page.keyboard.press("a")  # behind an open dialog nothing is pressed
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    page.keyboard.press("n")
    page.keyboard.type("a note with r and f and u in it")
    assert page.locator("#note-text").input_value() == "a note with r and f and u in it"
    page.keyboard.press("Escape")  # out of the field
    assert statuses(items) == ["pending"] * 3
    page.keyboard.press("a")
    page.wait_for_url(at(second))
    page.keyboard.press("r")
    page.keyboard.type("too short")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the browser itself asks for ten characters
    assert statuses(items) == ["approved", "pending", "pending"]
    page.locator("#reject-reason").fill(REASON)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(at(third))
    assert statuses(items) == ["approved", "rejected", "pending"]
    page.keyboard.press("u")
    page.wait_for_url(at(second))
    assert statuses(items) == ["approved", "pending", "pending"]
    page.keyboard.press("t")
    page.get_by_role("heading", name="Cards that were looked at").wait_for()
    assert complaints == []


def test_an_edit_is_checked_while_one_types(desk, items):
    page, complaints = desk()
    page.goto(f"/admin/operators/reviewitem/{items[0].pk}/change/")
    page.keyboard.press("m")
    page.get_by_role("heading", name="Modify this item").wait_for()
    page.locator("#edit-content").fill("You should pay this off.")
    page.get_by_role("heading", name="The guardrails refuse it").wait_for()
    assert page.locator("#tried mark").first.inner_text() == "you should"
    page.locator("#edit-content").fill("How a limit works, in plain words.")
    page.get_by_role("heading", name="It passes").wait_for()
    page.get_by_role("button", name="Save the edit").click()
    page.wait_for_url(at(items[0]))
    page.get_by_text("Kept your edit").wait_for()
    assert complaints == []


def test_everything_works_without_scripts(desk, items):
    page, _ = desk(java_script_enabled=False)
    page.goto(f"/admin/operators/reviewitem/{items[0].pk}/change/")
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(at(items[1]))
    page.get_by_role("link", name="Reject").click()
    page.get_by_role("textbox", name="Reason").fill(REASON)
    page.get_by_role("dialog").get_by_role("button", name="Reject").click()
    page.wait_for_url(at(items[2]))
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(at(items[1]))
    assert statuses(items) == ["approved", "pending", "pending"]
