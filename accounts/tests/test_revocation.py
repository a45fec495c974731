"""What a person does at the library's routes to a session, and who is in or out at the next request."""

import re

import pytest
from django.core import mail
from django.test import Client

from accounts import people, rowsecurity
from accounts.models import OpenSession, SecurityEvent
from accounts.tests import factories
from accounts.tests.callers import client_of

APP = "/api/auth/app/v1"
ME = "/api/users/me"
PASSWORD = "Long-enough-2026!"
ANOTHER = "Longer-still-2027?"
pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def maya(db):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return people.enrol(tenant=factories.TenantFactory(), email="maya@example.test", password=PASSWORD)


class App:
    """An app on a telephone: it keeps the pair, and the session token while it needs one."""

    def __init__(self, password=PASSWORD):
        self.send = client_of()
        answer = self.send.post(
            f"{APP}/auth/login", {"email": "maya@example.test", "password": password}, format="json"
        )
        assert answer.status_code == 200, answer.json()
        self.access, self.refresh = answer.json()["meta"]["access_token"], answer.json()["meta"]["refresh_token"]
        self.bear()

    def bear(self):
        self.send.credentials(HTTP_AUTHORIZATION=f"Bearer {self.access}")

    @property
    def is_in(self):
        """By its access token and by its refresh token alike."""
        opened = self.send.get(ME).status_code
        again = client_of().post(f"{APP}/tokens/refresh", {"refresh_token": self.refresh}, format="json")
        assert (opened, again.status_code) in ((200, 200), (401, 400))
        if opened == 200:
            self.access, self.refresh = again.json()["data"]["access_token"], again.json()["data"]["refresh_token"]
            self.bear()
        return opened == 200


def events(kind):
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        return list(SecurityEvent.objects.filter(kind=kind).values_list("user__email", "detail", "ip_address"))


def test_signing_in_makes_one_session_and_one_event(maya):
    app = App()
    assert app.is_in
    assert events("sign_in") == [("maya@example.test", {"methods": ["password"]}, "127.0.0.1")]
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        (session,) = OpenSession.objects.all()
    assert (session.user_id, session.ip) == (maya.pk, "127.0.0.1")
    assert session.replaced.keys() and session.refresh_token


def test_signing_out_ends_this_session_only(maya):
    here, there = App(), App()
    assert here.send.delete(f"{APP}/auth/session").status_code == 401  # the library says: now nobody is signed in
    assert not here.is_in
    assert there.is_in


def test_a_session_is_ended_from_the_list_of_another(maya):
    here, there = App(), App()
    listed = here.send.get(f"{APP}/auth/sessions").json()["data"]
    assert [session["is_current"] for session in listed].count(True) == 1
    other = [session["id"] for session in listed if not session["is_current"]]
    assert here.send.delete(f"{APP}/auth/sessions", {"sessions": other}, format="json").status_code == 200
    assert here.is_in
    assert not there.is_in


def test_a_changed_password_ends_every_other_session(maya):
    here, there = App(), App()
    changed = here.send.post(
        f"{APP}/account/password/change",
        {"current_password": PASSWORD, "new_password": ANOTHER},
        format="json",
    )
    assert changed.status_code == 200
    assert here.is_in
    assert not there.is_in
    assert App(ANOTHER).is_in
    assert [who for who, *_ in events("password_change")] == ["maya@example.test"]


def test_so_it_does_in_a_browser(maya):
    app, browser = App(), Client()
    browser.post("/signin/login/", {"login": "maya@example.test", "password": PASSWORD})
    assert browser.get(ME).status_code == 200
    before = browser.cookies["sessionid"].value
    changed = browser.post(
        "/signin/password/change/", {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}
    )
    assert changed.status_code == 302
    assert browser.cookies["sessionid"].value != before
    assert browser.get(ME).status_code == 200
    assert not app.is_in


def test_a_password_that_was_reset_ends_every_session(maya):
    app = App()
    client_of().post(f"{APP}/auth/password/request", {"email": "maya@example.test"}, format="json")
    key = re.search(r"/password/reset/key/([0-9a-z-]+)", mail.outbox[-1].body, re.IGNORECASE)[1]
    sent = {"key": key, "password": ANOTHER}
    assert client_of().post(f"{APP}/auth/password/reset", sent, format="json").status_code in (200, 401)
    assert not app.is_in
    assert App(ANOTHER).is_in
    assert client_of().post(f"{APP}/auth/password/reset", sent, format="json").status_code == 400  # single use
    assert len(events("password_change")) == 1


def test_a_wrong_password_changes_and_ends_nothing(maya):
    here, there = App(), App()
    wrong = {"current_password": "Not-my-own-2026!", "new_password": ANOTHER}
    assert here.send.post(f"{APP}/account/password/change", wrong, format="json").status_code == 400
    assert here.is_in
    assert there.is_in


def test_a_browsers_cookie_is_kept_from_scripts_and_from_other_sites(maya, settings):
    settings.SESSION_COOKIE_SECURE = True  # as SECURE_HTTPS has it
    browser = Client()
    answer = browser.post("/signin/login/", {"login": "maya@example.test", "password": PASSWORD}, secure=True)
    cookie = answer.cookies["sessionid"]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax")


def test_a_browser_writes_only_with_its_csrf_token(maya):
    browser = Client(enforce_csrf_checks=True)
    browser.get("/signin/login/")
    token = browser.cookies["csrftoken"].value
    browser.post(
        "/signin/login/",
        {"login": "maya@example.test", "password": PASSWORD, "csrfmiddlewaretoken": token},
    )
    refused = browser.patch(ME, {"monthly_income": 1}, "application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "CSRF_FAILED")
