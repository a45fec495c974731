"""A day at the desk in a real browser: the queue by keyboard, many at once, two at one item, all without scripts."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from accounts import rowsecurity
from accounts.models import Tenant
from accounts.tests.callers import session_for
from accounts.tests.factories import UserFactory, consenting
from operators.tests import browsers
from operators.tests.desk import REASON
from personas.tests.at_once import elsewhere
from recommendations import flags
from recommendations.models import Recommendation
from recommendations.tests.factories import CardFactory, ItemFactory

QUEUE = "/admin/operators/reviewitem/"
SIZE = 27  # two pages of 25


@pytest.fixture
def omar(live_db):
    tenant = Tenant.objects.get(slug="default")
    return UserFactory(email="omar@example.test", role="operator", level="senior", tenant=tenant)


@pytest.fixture
def items(omar):
    """In the order of the queue; maya's are urgent, and those of theo can wait."""
    now = timezone.now()
    maya, theo = (consenting(name, tenant=omar.tenant) for name in ("maya", "theo"))
    card = CardFactory(tenant=omar.tenant, title="What a limit is", content={"key": "limits"})
    return [
        ItemFactory(
            user=maya if n < 3 else theo,
            card=card,
            title=f"Item {n}",
            priority="high" if n < 3 else "low",
            created_at=now - timedelta(minutes=90 - n),
            as_of=now.date(),
        )
        for n in range(SIZE)
    ]


@pytest.fixture
def desk(items, omar, site, chromium):
    """A page of one of omar's browsers; from here on the database is asked elsewhere."""
    session_key = elsewhere(lambda: session_for(omar).session_key).result(30)

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


def flagged(item, by):
    def done():
        with rowsecurity.viewing(rowsecurity.of(by)):
            flags.raise_flag(item_id=item.pk, by=by, now=timezone.now(), reason="Somebody should look at it.")

    elsewhere(done).result(30)


def test_the_queue_is_worked_with_the_keyboard_after_a_sign_in_with_a_code(staff, items, omar, opened):
    page, complaints = opened()
    browsers.sign_in(page, staff)
    page.get_by_role("navigation", name="Console").get_by_role("link", name="Review queue").click()
    page.get_by_role("link", name="Item 0", exact=True).wait_for()
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.get_by_text("You approved Item 0").wait_for()
    assert page.locator("tr[aria-current=true] th a").inner_text() == "Item 1"  # took the place of the first
    page.keyboard.press("r")
    page.keyboard.type(REASON)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("You rejected Item 1").wait_for()
    assert statuses(items[:3]) == ["approved", "rejected", "pending"]
    page.keyboard.press("u")
    page.get_by_role("link", name="Item 1", exact=True).wait_for()
    assert statuses(items[:3]) == ["approved", "pending", "pending"]

    flagged(items[4], omar)  # while the page stands open
    page.keyboard.press("Control+a")
    page.keyboard.press("Escape")
    for key in ("j", " ", "j", " ", "j", " ", "j", " "):
        page.keyboard.press(key)
    chosen = page.locator('[data-row] input[type="checkbox"]:checked').count()
    page.get_by_text(f"{chosen} selected").wait_for()
    page.get_by_role("button", name="Approve selected").click()
    page.get_by_text(f"1 of {chosen} cannot be done now").wait_for()
    page.get_by_role("button", name=f"Approve {chosen} items").click()
    page.get_by_text(f"{chosen - 1} approved, 1 failed").wait_for()
    assert statuses(items[4:5]) == ["pending"]
    assert statuses(items).count("approved") == chosen
    assert complaints == []


def test_of_two_at_one_item_one_holds_it_and_the_other_loses_nothing_that_was_typed(staff, items, desk, opened):
    first, complaints = desk()
    second, _ = opened()  # whose refused decision the browser itself tells in its console
    browsers.sign_in(second, staff)
    where = f"{QUEUE}{items[0].pk}/change/"
    first.goto(where)
    second.goto(where)
    second.get_by_text("omar@example.test is reviewing it").wait_for()
    second.get_by_label("Remark on the approval").fill("I know this person.")
    second.get_by_role("button", name="Approve").click()
    second.get_by_role("alert").filter(has_text="Somebody else is reviewing this item.").wait_for()
    assert second.get_by_label("Remark on the approval").input_value() == "I know this person."
    first.keyboard.press("a")
    first.wait_for_url(f"**/{items[1].pk}/change/")
    second.get_by_role("button", name="Approve").click()
    second.get_by_role("alert").filter(has_text="This item was decided at").wait_for()
    assert second.get_by_role("heading", name="Approved").is_visible()
    assert statuses(items[:2]) == ["approved", "pending"]
    assert complaints == []


def test_without_scripts_the_queue_is_filtered_turned_and_decided(desk, items):
    page, _ = desk(java_script_enabled=False)
    page.goto(f"{QUEUE}?size=25")
    assert page.locator("[data-row]").count() == 25
    page.get_by_role("link", name="Next", exact=True).click()
    assert page.locator("[data-row] th a").all_inner_texts() == ["Item 25", "Item 26"]
    page.goto(QUEUE)
    page.get_by_label("Priority").select_option("high")
    page.get_by_role("button", name="Show").click()
    assert page.locator("[data-row] th a").all_inner_texts() == ["Item 0", "Item 1", "Item 2"]
    row = page.locator("[data-row]").first
    row.get_by_role("button", name="Approve").click()
    page.get_by_text("You approved Item 0").wait_for()
    page.locator("[data-row]").first.get_by_role("link", name="Reject").click()
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Reject").click()
    page.get_by_text("You rejected Item 1").wait_for()
    assert page.locator("[data-row] th a").all_inner_texts() == ["Item 2"]  # the filter is kept
    assert statuses(items[:3]) == ["approved", "rejected", "pending"]
