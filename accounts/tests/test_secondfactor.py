"""The second factor through the library's routes: what is stored is unreadable, what was used is used up."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from cryptography.fernet import Fernet, InvalidToken

from accounts import people, rowsecurity
from accounts.models import SecurityEvent
from accounts.secondfactor import SecondFactorAdapter
from accounts.tests import factories
from accounts.tests.authenticator import SecurityKey

APP = "/api/auth/app/v1"
PASSWORD = "Long-enough-2026!"
HOME = {"origin": "https://spendsense.example", "rp_id": "spendsense.example"}


@pytest.fixture(autouse=True)
def _at_our_domain(settings):
    settings.ACCOUNT_RATE_LIMITS = False
    settings.WEBAUTHN_RP_ID = HOME["rp_id"]


@pytest.fixture
def staff(db):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        tenant = factories.TenantFactory()
        return people.enrol(
            tenant=tenant, email="omar@example.test", password=PASSWORD, role="operator", level="senior"
        )


@pytest.fixture
def secret(staff):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return people.second_factor_secret(user=staff)


def code(secret):
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


class Caller:
    """An app that carries the session token from answer to answer, as the library's contract asks."""

    def __init__(self, client):
        self.client, self.token = client, None

    def __call__(self, verb, path, body=None):
        headers = {"X-Session-Token": self.token} if self.token else {}
        answer = getattr(self.client, verb)(f"{APP}/{path}", body, format="json", headers=headers)
        self.token = answer.json().get("meta", {}).get("session_token", self.token)
        return answer

    def signs_in(self):
        return self("post", "auth/login", {"email": "omar@example.test", "password": PASSWORD})

    def proves(self):
        """Methods are changed by who proved again who they are."""
        return self("post", "auth/reauthenticate", {"password": PASSWORD})

    def flows(self, answer):
        return [flow["id"] for flow in answer.json()["data"]["flows"]]

    def reads(self, answer):
        self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['meta']['access_token']}")
        return self.client.get("/api/users/me")


@pytest.fixture
def app(calling):
    return Caller(calling())


def test_no_secret_is_readable_in_the_database(staff, secret):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        RecoveryCodes.activate(staff)
        kept = {row.type: row.data for row in Authenticator.objects.filter(user=staff)}
        assert secret not in str(kept)
        opened = SecondFactorAdapter()
        assert opened.decrypt(kept["totp"]["secret"]) == secret
        assert len(opened.decrypt(kept["recovery_codes"]["seed"])) == 80
        assert kept["recovery_codes"]["seed"].startswith("gAAAA")


def test_a_new_key_encrypts_and_the_old_one_still_opens(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.SECOND_FACTOR_KEYS = [old]
    before = SecondFactorAdapter().encrypt("a secret")
    settings.SECOND_FACTOR_KEYS = [new, old]
    after = SecondFactorAdapter().encrypt("a secret")
    assert SecondFactorAdapter().decrypt(before) == "a secret"
    settings.SECOND_FACTOR_KEYS = [new]
    assert SecondFactorAdapter().decrypt(after) == "a secret"
    with pytest.raises(InvalidToken):
        SecondFactorAdapter().decrypt(before)


def test_a_code_works_once(app, calling, secret):
    given = {"code": code(secret)}
    app.signs_in()
    assert app("post", "auth/2fa/authenticate", given).status_code == 200
    again = Caller(calling())
    again.signs_in()
    assert again("post", "auth/2fa/authenticate", given).status_code == 400
    assert "mfa_authenticate" in again.flows(again("get", "auth/session"))


def test_a_code_lives_no_longer_than_it_is_remembered(settings):
    assert settings.MFA_TOTP_TOLERANCE == 0
    assert len(list(yield_hotp_counters_from_time())) == 1


def test_each_of_ten_recovery_codes_works_once(calling, staff, secret):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        codes = RecoveryCodes.activate(staff).get_unused_codes()
    assert len(set(codes)) == 10
    for expected in (200, 400):
        app = Caller(calling())
        app.signs_in()
        assert app("post", "auth/2fa/authenticate", {"code": codes[3]}).status_code == expected
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        kept = Authenticator.objects.get(user=staff, type="recovery_codes")
        assert kept.wrap().get_unused_codes() == codes[:3] + codes[4:]


def with_key(app, key):
    """A signed-in member of staff adds a security key."""
    app.signs_in()
    app.proves()
    options = app("get", "account/authenticators/webauthn").json()["data"]["creation_options"]["publicKey"]
    assert options["rp"] == {"id": "spendsense.example", "name": "SpendSense"}
    body = {"name": "Desk", "credential": key.register(options)}
    return app("post", "account/authenticators/webauthn", body)


def test_a_security_key_is_a_second_factor_of_staff(app, calling, staff):
    key = SecurityKey(**HOME)
    added = with_key(app, key)
    assert added.status_code == 200, added.json()
    assert added.json()["meta"]["recovery_codes_generated"] is True
    desk = Caller(calling())
    asked = desk.signs_in()
    assert asked.status_code == 401 and "mfa_authenticate" in desk.flows(asked)
    options = desk("get", "auth/webauthn/authenticate").json()["data"]["request_options"]["publicKey"]
    given = desk("post", "auth/webauthn/authenticate", {"credential": key.sign(options)})
    assert given.status_code == 200, given.json()
    assert desk.reads(given).json()["role"] == "operator"
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        noted = SecurityEvent.objects.filter(user=staff, kind="method_linked").values_list("detail", flat=True)
        assert list(noted) == [{"method": "webauthn"}]


@pytest.mark.parametrize(
    "place",
    [
        {"origin": "https://evil.example", "rp_id": "spendsense.example"},
        {"origin": "http://spendsense.example", "rp_id": "spendsense.example"},
        {"origin": "https://spendsense.example.evil.example", "rp_id": "spendsense.example"},
        {"origin": "https://spendsense.example", "rp_id": "evil.example"},
    ],
)
def test_a_key_that_answered_somebody_else_is_refused(app, staff, place):
    assert with_key(app, SecurityKey(**place)).status_code == 400
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not Authenticator.objects.filter(user=staff).exists()


def test_an_answer_of_a_key_is_used_up_and_another_key_is_nobody(app, calling, staff):
    key, stranger = SecurityKey(**HOME), SecurityKey(**HOME)
    with_key(app, key)
    stranger.id = key.id
    desk = Caller(calling())
    desk.signs_in()
    options = desk("get", "auth/webauthn/authenticate").json()["data"]["request_options"]["publicKey"]
    assert desk("post", "auth/webauthn/authenticate", {"credential": stranger.sign(options)}).status_code == 400
    signed = key.sign(options)
    assert desk("post", "auth/webauthn/authenticate", {"credential": signed}).status_code == 200
    thief = Caller(calling())
    thief.signs_in()
    thief("get", "auth/webauthn/authenticate")
    assert thief("post", "auth/webauthn/authenticate", {"credential": signed}).status_code == 400


@pytest.mark.parametrize(
    "nonsense",
    [
        "x", 7, [], {}, {"id": "x"}, {"id": "x", "rawId": "%", "response": {}, "type": "public-key"},
        {"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "e30", "signature": "e30",
         "authenticatorData": "e30", "attestationObject": "e30"}},
        {"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": 7}},
    ],
)  # fmt: skip
def test_a_key_that_answers_nonsense_is_refused_in_words(app, calling, staff, nonsense):
    with_key(app, SecurityKey(**HOME))
    app("get", "account/authenticators/webauthn")
    assert app("post", "account/authenticators/webauthn", {"credential": nonsense}).status_code in (400, 401)
    desk = Caller(calling())
    desk.signs_in()
    desk("get", "auth/webauthn/authenticate")
    assert desk("post", "auth/webauthn/authenticate", {"credential": nonsense}).status_code == 400


@pytest.mark.django_db(transaction=False)
def test_setting_up_and_taking_away_an_app_is_written_down(app, staff, django_capture_on_commit_callbacks):
    app.signs_in()
    app.proves()
    secret = app("get", "account/authenticators/totp").json()["meta"]["secret"]
    with django_capture_on_commit_callbacks(execute=True):
        assert app("post", "account/authenticators/totp", {"code": code(secret)}).status_code == 200
    assert app("delete", "account/authenticators/totp").status_code == 200
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        noted = SecurityEvent.objects.filter(user=staff, detail__method="totp").order_by("at")
        assert [(event.kind, event.ip_address) for event in noted] == [
            ("method_linked", "127.0.0.1"), ("method_unlinked", "127.0.0.1"),
        ]  # fmt: skip
