"""The studio in a real browser: a tree edited, tried on everybody, published by typing its number; a report printed."""

import re

import pytest
from django.conf import settings
from django.utils import timezone

from accounts import rowsecurity
from accounts.models import Tenant
from accounts.tests.callers import session_for
from accounts.tests.factories import UserFactory, consenting
from operators.models import EvaluationReport
from operators.tests import browsers
from operators.tests.report import REPORT
from personas import rulesets, simulating
from personas.models import RuleSet
from personas.tests.at_once import elsewhere
from personas.tests.rule_cases import NOTE, stricter, with_three


@pytest.fixture
def omar(live_db, own_store):
    tenant = Tenant.objects.get(slug="default")
    omar = UserFactory(email="omar@example.test", role="operator", level="senior", tenant=tenant)
    with_three(consenting("maya", tenant=tenant))
    return omar


@pytest.fixture
def draft(omar):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        return rulesets.draft(by=omar, now=timezone.now(), document=stricter())


@pytest.fixture
def report(omar):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        now = timezone.now()
        return EvaluationReport.objects.create(
            tenant=omar.tenant, replay_sample=200, asked_at=now, finished_at=now, status="completed", report=REPORT
        )


@pytest.fixture
def desk(omar, draft, report, site, chromium):
    session_key = elsewhere(lambda: session_for(omar).session_key).result(30)
    page, complaints = browsers.opening(chromium, site)()
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_key, "url": site}])
    return page, complaints


def work(tenant_id):
    """What a worker does when it wakes."""
    for simulation_id in simulating.due(tenant_id=tenant_id):
        cards = {"general_wellness": 3, "subscription_heavy": 3}
        simulating.run(simulation_id=simulation_id, tenant_id=tenant_id, now=timezone.now(), cards=cards)


def versions(omar):
    def asked():
        with rowsecurity.viewing(rowsecurity.of(omar)):
            return list(RuleSet.objects.filter(status="published").order_by("version").values_list("version", "note"))

    return elsewhere(asked).result(30)


def test_rules_are_edited_simulated_and_published(desk, omar, draft):
    page, complaints = desk
    page.goto("/admin/personas/ruleset/")
    page.get_by_role("link", name="Draft of 1").click()
    threshold = page.locator('[name="2.match.0:value"]')
    threshold.fill("3")
    page.locator("#met-2\\.match\\.0").get_by_text("1").first.wait_for()  # counted while one types
    threshold.fill("5")
    page.get_by_label("Note", exact=True).fill("Five, not three.")
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("link", name="Publish", exact=True).click()
    assert page.get_by_role("button", name="Publish version 2").is_disabled()
    page.get_by_role("link", name="Simulate", exact=True).first.click()
    page.get_by_role("button", name="Simulate").click()
    page.get_by_role("heading", name="It runs").wait_for()
    elsewhere(lambda: work(omar.tenant_id)).result(60)
    page.get_by_role("link", name="Go on to publish").click()  # comes by itself when the worker is done
    page.get_by_label("Note", exact=True).fill(NOTE)
    page.get_by_label("Type 2 to confirm").fill("2")
    page.get_by_role("button", name="Publish version 2").click()
    page.get_by_text("Version 2 is in force.").wait_for()
    assert versions(omar)[-1] == (2, NOTE)
    assert complaints == []


def test_a_report_prints_on_sheets_of_a4_without_the_console_around_it(desk, report):
    page, complaints = desk
    page.goto(f"/admin/operators/evaluation/{report.pk}/")
    page.get_by_role("link", name="Print", exact=True).click()
    page.get_by_role("heading", level=1).wait_for()
    assert page.get_by_role("navigation").count() == 0
    sheets = re.findall(rb"/MediaBox\s*\[([\d. ]+)\]", page.pdf(prefer_css_page_size=True))
    assert sheets
    assert {tuple(round(float(side)) for side in sheet.split()) for sheet in sheets} == {(0, 0, 595, 842)}
    assert complaints == []
