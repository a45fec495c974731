"""The pages people see: nothing inline, alive with and without scripts."""

import re
import time
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin import ModelAdmin, display
from django.http import HttpRequest
from django.test import Client
from django.urls import include, path
from django.utils.html import format_html

from accounts.models import User
from accounts.tests.callers import session_for
from operators.console.site import Console
from operators.tests.browsers import PASSWORD, code, give_password, sign_in

INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=\"|javascript:|<script(?![^>]*(?:\ssrc=|application/json))", re.IGNORECASE
)


class People(ModelAdmin):
    """A list as the console will have many: read only, searched, filtered, with a column of numbers."""

    list_display = ("email", "role", "income", "created_at")
    list_filter = ("role",)
    search_fields = ("email",)
    actions = None

    @display(ordering="monthly_income")
    def income(self, person: User) -> str:
        return format_html('<span class="num">{}</span>', person.monthly_income or "-")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


console = Console()
console.register(User, People)
urlpatterns = [path("admin/", console.urls), path("", include("spendsense.urls"))]
handler403 = "spendsense.problems.forbidden"
handler404 = "spendsense.problems.not_found"
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def as_ada(ada: User) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session_for(ada).session_key
    return client


def test_a_page_that_is_not_there_says_so_with_the_request_id(db):
    answer = Client().get("/nope", headers={"X-Request-ID": "asked-for-nothing"})
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "<h1>Not found</h1>" in page
    assert "<code>asked-for-nothing</code>" in page
    assert not INLINE.search(page)


def test_the_sign_in_page_offers_nothing_that_is_not_configured(db):
    page = Client().get("/signin/login/").content.decode()
    assert "<h1>Sign in</h1>" in page
    assert "/signin/signup/" not in page
    assert "third-party" not in page
    assert not INLINE.search(page)


@pytest.mark.parametrize(
    "url",
    [
        "/admin/",
        "/admin/accounts/",
        "/admin/accounts/user/",
        "/admin/accounts/user/?q=nobody-is-called-this",
        "/signin/2fa/",
        "/signin/2fa/webauthn/",
        "/signin/sessions/",
        "/signin/password/change/",
        "/signin/logout/",
        "/api/docs",
    ],
)
def test_a_page_of_staff_writes_nothing_inline(as_ada, url):
    answer = as_ada.get(url, follow=True)
    assert answer.status_code == 200
    assert not INLINE.search(answer.content.decode())


REACHABLE = [
    "/signin/reauthenticate/",
    "/signin/email/",
    "/signin/confirm-email/",
    "/signin/confirm-email/nonsense/",
    "/signin/password/set/",
    "/signin/password/reset/",
    "/signin/password/reset/done/",
    "/signin/password/reset/key/1-nonsense/",
    "/signin/password/reset/key/done/",
    "/signin/inactive/",
    "/signin/signup/",
    "/signin/2fa/webauthn/add/",
    "/signin/2fa/totp/activate/",
    "/signin/2fa/totp/deactivate/",
    "/signin/2fa/recovery-codes/",
    "/signin/2fa/recovery-codes/generate/",
    "/signin/2fa/reauthenticate/",
    "/signin/2fa/reauthenticate/webauthn/",
    "/signin/google/login/callback/?code=x&state=y",
]


@pytest.mark.parametrize("url", REACHABLE)
@pytest.mark.parametrize("proven", [True, False])
def test_a_page_of_the_sign_in_is_ours_and_writes_nothing_inline(ada, settings, url, proven):
    settings.SOCIALACCOUNT_PROVIDERS = {
        name: {**configured, "APPS": [{"client_id": "x", "secret": "x"}]}
        for name, configured in settings.SOCIALACCOUNT_PROVIDERS.items()
    }
    client = Client()
    if proven:
        session = session_for(ada)
        session["account_authentication_methods"] = [{"method": "mfa", "reauthenticated": True, "at": time.time()}]
        session["account_authentication_methods_user"] = str(ada.pk)
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    answer = client.get(url, follow=True)
    page = answer.content.decode()
    assert answer.status_code in (200, 401, 403, 404), answer
    assert 'id="brand"' in page and "<h1>" in page
    assert not INLINE.search(page)


def test_the_stock_form_is_not_reachable(db):
    answer = Client().get("/admin/login/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/signin/login/")
    assert Client().post("/admin/login/", {"username": "x", "password": "x"}).status_code == 302


def test_the_header_says_who_is_signed_in_and_as_what(as_ada):
    page = as_ada.get("/admin/").content.decode()
    assert '<strong>ada@example.test</strong> <span class="role">Admin</span>' in page


def test_a_list_that_finds_nothing_says_how_to_see_all(as_ada):
    page = as_ada.get("/admin/accounts/user/?q=nobody-is-called-this").content.decode()
    assert 'Nothing matches. <a href="?">Clear the search and the filters</a> to see all users.' in page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_staff_sign_in_with_their_second_factor_and_no_page_breaks_the_policy(opened, staff, scheme):
    page, complaints = opened(color_scheme=scheme, viewport={"width": 1024, "height": 768})
    sign_in(page, staff)
    page.get_by_role("link", name="Users").first.click()
    page.get_by_role("heading", name="Users", exact=True).wait_for()
    page.goto("/admin/accounts/user/")
    page.get_by_role("link", name="ada@example.test").click()
    page.get_by_role("heading", name="View user").wait_for()
    page.goto("/api/docs")
    page.get_by_role("button", name="Authorize").wait_for()
    assert complaints == []


@pytest.mark.parametrize("staff", [False], indirect=True)
def test_staff_set_up_their_second_factor_from_the_square(opened):
    page, complaints = opened()
    give_password(page)
    page.get_by_role("heading", name="Confirm it is you").wait_for()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    assert page.get_by_role("img", name="QR code").evaluate("image => image.naturalWidth") > 0
    page.get_by_label("Authenticator code").fill(code(page.locator(".secret").inner_text()))
    page.get_by_role("button", name="Activate").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    assert page.locator(".codes li").count() == 10
    page.get_by_role("link", name="SpendSense").click()
    page.get_by_role("heading", name="Overview").wait_for()
    assert complaints == []


@pytest.fixture
def with_key(opened, site):
    """A browser with a security key in it, at the one name that keys know without HTTPS."""
    page, complaints = opened()
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": {**key, "automaticPresenceSimulation": True}})
    home = site.replace("127.0.0.1", "localhost")
    visit = page.goto
    page.goto = lambda url, **options: visit(home + url, **options)
    return page, complaints


def test_staff_add_a_security_key_and_sign_in_with_it(with_key, staff):
    page, complaints = with_key
    sign_in(page, staff)
    page.goto("/signin/2fa/webauthn/add/")
    page.get_by_role("heading", name="Confirm it is you").wait_for()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("Desk")
    page.get_by_role("button", name="Add the key").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    give_password(page)
    page.get_by_role("button", name="Use a security key").click()
    page.get_by_role("heading", name="Overview").wait_for()
    assert complaints == []


def test_the_console_works_without_scripts(opened, staff):
    page, _ = opened(java_script_enabled=False)
    give_password(page)
    page.get_by_label("Code").fill(code(staff))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Console").get_by_role("link", name="Users").first.click()
    page.get_by_role("heading", name="Users", exact=True).wait_for()
    assert not page.get_by_role("button", name="Theme").is_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
