"""Signing in through Google and GitHub, against a server that speaks as they do."""

import secrets
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.socialaccount.providers.google import views as google
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from accounts import people, rowsecurity
from accounts.models import SecurityEvent, User
from accounts.providers import FromGitHub, FromGoogle
from accounts.tests import factories
from accounts.tests.provider import CLIENT, SECRET, serving

BROWSER = "/api/auth/browser/v1"
BACK = "https://app.example/signed-in"
PASSWORD = "Long-enough-2026!"
MAYA = {"sub": "g-1", "email": "maya@example.test", "email_verified": True, "name": "Maya Lopez"}
THEO = {"id": 77, "login": "theo", "name": "Theo", "email": None}
FORGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings, monkeypatch):
    settings.ACCOUNT_RATE_LIMITS = False
    settings.OAUTH_CALLBACK_URLS = [BACK]
    known = [{"client_id": CLIENT, "secret": SECRET}]
    settings.SOCIALACCOUNT_PROVIDERS = {
        name: {**configured, "APPS": known} for name, configured in settings.SOCIALACCOUNT_PROVIDERS.items()
    }
    with serving() as server:
        monkeypatch.setattr(google, "CERTS_URL", server.url("/certs"))
        monkeypatch.setattr(FromGoogle, "access_token_url", server.url("/token"))
        monkeypatch.setattr(FromGitHub, "access_token_url", server.url("/token"))
        monkeypatch.setattr(FromGitHub, "profile_url", server.url("/user"))
        monkeypatch.setattr(FromGitHub, "emails_url", server.url("/emails"))
        server.person = dict(MAYA)
        yield server


@pytest.fixture
def browser():
    return Client(raise_request_exception=False)


def sent_to(browser, name="google", process="login", callback_url=BACK):
    """Where the browser is sent to agree."""
    form = {"provider": name, "callback_url": callback_url, "process": process}
    return browser.post(f"{BROWSER}/auth/provider/redirect", form)


def comes_back(browser, query, name="google"):
    return browser.get(f"/signin/{name}/login/callback/", query)


def signs_in(browser, provider, name="google", process="login"):
    return comes_back(browser, provider.agreed(sent_to(browser, name, process).url), name)


def session(browser):
    return browser.get(f"{BROWSER}/auth/session").json()


def seen(model, **wanted):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(model.objects.filter(**wanted))


def enrolled(email="maya@example.test"):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return people.enrol(tenant=factories.TenantFactory(), email=email, password=PASSWORD)


def signed_in(browser, email="maya@example.test"):
    body = {"email": email, "password": PASSWORD}
    assert browser.post(f"{BROWSER}/auth/login", body, content_type="application/json").status_code == 200


def refused(answer):
    """Back in the app, which is told that nothing came of it; never a page of ours that broke."""
    assert answer.status_code == 302 and answer.url.startswith(BACK + "?"), answer
    return parse_qs(urlsplit(answer.url).query)["error"][0]


def test_a_person_signs_up_and_in_with_google(provider, browser):
    asked = {name: values[0] for name, values in parse_qs(urlsplit(sent_to(browser).url).query).items()}
    assert set(asked.pop("scope").split()) == {"openid", "email", "profile"}
    assert asked["code_challenge_method"] == "S256" and asked["response_type"] == "code"
    assert asked["redirect_uri"] == "http://testserver/signin/google/login/callback/"
    assert signs_in(browser, provider).url == BACK
    (user,) = seen(User, email="maya@example.test")
    assert (user.role, user.oauth_providers, user.has_usable_password()) == ("user", {"google": "g-1"}, False)
    assert session(browser)["data"]["user"]["id"] == str(user.pk)
    other = Client()
    assert signs_in(other, provider).url == BACK
    assert session(other)["data"]["user"]["id"] == str(user.pk)
    assert seen(User) == [user]


def test_of_what_a_provider_tells_only_the_id_and_the_verified_address_stay(provider, browser):
    signs_in(browser, provider)
    (account,) = seen(SocialAccount)
    assert account.extra_data == {} and seen(SocialToken) == []
    assert [(kept.email, kept.verified) for kept in seen(EmailAddress)] == [("maya@example.test", True)]


def test_a_person_signs_up_with_github(provider, browser):
    provider.person = dict(THEO)
    provider.emails = [
        {"email": "old@example.test", "primary": False, "verified": True},
        {"email": "theo@example.test", "primary": True, "verified": True},
    ]
    assert signs_in(browser, provider, "github").url == BACK
    (user,) = seen(User, email="theo@example.test")
    assert user.oauth_providers == {"github": "77"}
    assert [kept.email for kept in seen(EmailAddress, user=user)] == ["theo@example.test"]


@pytest.mark.parametrize("name", ["google", "github"])
def test_an_address_the_provider_did_not_verify_is_not_stored(provider, browser, name):
    provider.person = {**MAYA, **THEO, "email": "maya@example.test", "email_verified": False}
    provider.emails = [{"email": "maya@example.test", "primary": True, "verified": False}]
    assert signs_in(browser, provider, name).url == BACK
    (account,) = seen(SocialAccount)
    assert account.extra_data == {} and seen(EmailAddress) == []
    (user,) = seen(User, pk=account.user_id)
    assert user.email is None


@pytest.mark.parametrize("verified_here", [True, False])
@pytest.mark.parametrize("verified_there", [True, False])
def test_an_equal_address_neither_joins_nor_tells(provider, browser, verified_here, verified_there):
    here = enrolled("MAYA@example.test")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        EmailAddress.objects.filter(user=here).update(verified=verified_here)
    provider.person["email_verified"] = verified_there
    assert signs_in(browser, provider).url == BACK
    (account,) = seen(SocialAccount)
    assert account.user_id != here.pk
    assert session(browser)["data"]["user"]["id"] == str(account.user_id)
    assert seen(User, pk=account.user_id)[0].email is None and seen(EmailAddress, user=account.user_id) == []


def test_signing_up_joins_the_institution_of_the_host(provider, settings):
    settings.ALLOWED_HOSTS = ["union.example"]
    union = factories.TenantFactory(slug="union", settings={"hosts": ["union.example"]})
    browser = Client(headers={"Host": "union.example"})
    signs_in(browser, provider)
    assert seen(User, email="maya@example.test")[0].tenant_id == union.pk


def test_a_method_is_linked_and_unlinked_from_a_signed_in_session_only(provider, browser):
    user = enrolled()
    assert refused(signs_in(browser, provider, process="connect")) == "permission_denied"
    signed_in(browser)
    assert signs_in(browser, provider, process="connect").url == BACK
    assert seen(User, pk=user.pk)[0].oauth_providers == {"google": "g-1"}
    listed = browser.get(f"{BROWSER}/account/providers").json()["data"]
    assert [(one["provider"]["id"], one["uid"]) for one in listed] == [("google", "g-1")]
    gone = browser.delete(
        f"{BROWSER}/account/providers", {"provider": "google", "account": "g-1"}, content_type="application/json"
    )
    assert gone.status_code == 200 and gone.json()["data"] == []
    assert seen(User, pk=user.pk)[0].oauth_providers == {}
    assert sorted(
        (event.kind, event.detail["method"]) for event in seen(SecurityEvent, user=user, detail__method="provider")
    ) == [("method_linked", "provider"), ("method_unlinked", "provider")]


def test_somebody_elses_method_stays_theirs(provider, browser):
    signs_in(Client(), provider)
    enrolled("noor@example.test")
    signed_in(browser, "noor@example.test")
    assert refused(signs_in(browser, provider, process="connect")) == "connected_other"


@pytest.mark.parametrize(
    ("changes", "status"),
    [({}, 400), ({"phone_number": "+15550104477"}, 400), ({"phone_verified_at": "2026-01-01T00:00:00Z"}, 200)],
)
def test_the_last_way_in_stays(provider, browser, changes, status):
    signs_in(browser, provider)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.filter(email="maya@example.test").update(**changes)
    gone = browser.delete(
        f"{BROWSER}/account/providers", {"provider": "google", "account": "g-1"}, content_type="application/json"
    )
    assert gone.status_code == status, gone.json()
    assert len(seen(SocialAccount)) == (status == 400)


def test_another_provider_is_a_way_in(provider, browser):
    signs_in(browser, provider)
    provider.person, provider.emails = dict(THEO), []
    assert signs_in(browser, provider, "github", "connect").url == BACK
    url = f"{BROWSER}/account/providers"
    for account, status in (("g-1", 200), ("77", 400)):
        name = "google" if account == "g-1" else "github"
        gone = browser.delete(url, {"provider": name, "account": account}, content_type="application/json")
        assert gone.status_code == status
    nobodys = browser.delete(url, {"provider": "google", "account": "g-9"}, content_type="application/json")
    assert nobodys.status_code == 400


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "https://app.example/",
        BACK + "/more",
        BACK + "?x=1",
        BACK.upper(),
        "https://testserver/else",
        "//evil.example",
        "javascript:alert(1)",
        "",
    ],
)
def test_the_answer_leads_nowhere_but_to_the_list(provider, browser, elsewhere):
    answer = sent_to(browser, callback_url=elsewhere)
    assert answer.status_code == 401 and "evil" not in answer.content.decode()
    assert "<h1>" in answer.content.decode()


def test_a_state_is_of_one_session_and_works_once(provider, browser):
    query = provider.agreed(sent_to(browser).url)
    stranger = comes_back(Client(raise_request_exception=False), query)
    wrong = comes_back(browser, {**query, "state": "x" * 16})
    assert stranger.status_code == wrong.status_code == 401
    assert "did not work" in wrong.content.decode()
    assert comes_back(browser, query).url == BACK
    again = comes_back(browser, query)
    assert again.status_code == 401 and len(seen(SocialAccount)) == 1


def test_a_code_works_once_and_for_who_asked(provider, browser):
    used = provider.agreed(sent_to(browser).url)
    comes_back(browser, used)
    thief = Client(raise_request_exception=False)
    own = provider.agreed(sent_to(thief).url)
    assert refused(comes_back(thief, {**own, "code": used["code"]})) == "unknown"
    stolen = provider.agreed(sent_to(browser).url)
    own = provider.agreed(sent_to(thief).url)
    assert refused(comes_back(thief, {**own, "code": stolen["code"]})) == "unknown"  # PKCE: another verifier


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "somebody-elses-client"},
        {"iss": "https://evil.example"},
        {"exp": 1_700_000_000},
        {"sub": None, "id": None},
        {"sub": ""},
        {"sub": {"a": 1}},
        {"sub": "x" * 500},
    ],
)
def test_an_id_token_that_is_not_for_us_or_not_whole_is_refused(provider, browser, claims):
    provider.claims = claims
    answer = signs_in(browser, provider)
    assert refused(answer) == "unknown"
    assert by_token(provider).status_code == 400
    assert seen(SocialAccount) == []


def test_an_id_token_that_somebody_else_signed_is_refused(provider, browser):
    provider.forger = FORGER
    assert refused(signs_in(browser, provider)) == "unknown"
    assert by_token(provider).status_code == 400
    assert seen(SocialAccount) == []


def by_token(provider, token=None, process="login", client=None):
    given = {"client_id": CLIENT, "id_token": provider.id_token()} if token is None else token
    body = {"provider": "google", "process": process, "token": given}
    return (client or Client(raise_request_exception=False)).post(
        "/api/auth/app/v1/auth/provider/token", body, content_type="application/json"
    )


def test_an_app_signs_in_with_a_token_of_google(provider):
    provider.claims = {"jti": secrets.token_hex(8)}
    token = {"client_id": CLIENT, "id_token": provider.id_token()}
    answer = by_token(provider, token)
    assert answer.status_code == 200 and answer.json()["meta"]["access_token"]
    assert by_token(provider, token).status_code == 400  # its id was used


@pytest.mark.parametrize(
    "token",
    [
        {}, [], 7, {"client_id": CLIENT}, {"client_id": "other", "id_token": "x"}, {"client_id": CLIENT, "id_token": 7},
        {"client_id": CLIENT, "id_token": "x"}, {"client_id": CLIENT, "id_token": "eyJhbGciOiJub25lIn0.e30."},
        {"client_id": CLIENT, "access_token": "x"},
    ],
)  # fmt: skip
def test_a_token_that_is_none_is_refused(provider, token):
    assert by_token(provider, token).status_code == 400


MISBEHAVIOURS = [
    (200, "text/html", b"<html>Sign in to the hotel's network</html>"),
    (500, "application/json", b"{}"),
    (503, "text/html", b"<html>Away</html>"),
    (200, "application/json", b"[]"),
    (200, "application/json", b"null"),
    (200, "application/json", b'{"access_token": {"a": 1}, "expires_in": "soon"}'),
    (200, "application/json", b"\xff\xfe"),
    (200, "", b"{}"),
]


@pytest.mark.parametrize("path", ["/token", "/certs", "/user", "/emails"])
@pytest.mark.parametrize("said", MISBEHAVIOURS)
def test_a_provider_that_misbehaves_is_an_answer_in_the_app_and_no_fault_of_ours(provider, browser, path, said):
    name = "google" if path == "/certs" else "github"
    provider.person = dict(MAYA) if name == "google" else dict(THEO)
    provider.says[path] = said
    answer = signs_in(browser, provider, name)
    assert answer.status_code == 302 and answer.url.startswith(BACK)
    if answer.url == BACK:
        assert path == "/emails"  # an account without a readable address is still an account
    else:
        assert refused(answer) == "unknown" and seen(SocialAccount) == []


def test_a_provider_that_is_silent_is_not_waited_for(provider, browser, settings):
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.2
    provider.silent = "/token"
    assert refused(signs_in(browser, provider)) == "unknown"


def test_a_person_who_changes_their_mind_comes_back(provider, browser):
    state = provider.agreed(sent_to(browser).url)["state"]
    assert refused(comes_back(browser, {"error": "access_denied", "state": state})) == "cancelled"


def test_a_provider_that_does_not_know_us_is_not_offered(browser):
    assert "google" not in browser.get(f"{BROWSER}/config").content.decode()
    assert sent_to(browser).status_code == 401
    assert comes_back(browser, {"code": "x", "state": "y"}).status_code == 404


@pytest.mark.parametrize(
    "page", ["google/login/", "github/login/", "google/login/token/", "3rdparty/", "3rdparty/signup/"]
)
def test_the_librarys_own_pages_for_providers_are_closed(browser, page):
    assert browser.get(f"/signin/{page}").url == "/signin/login/"
