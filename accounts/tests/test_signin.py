"""Signing in through the library's routes: what must hold whatever the library does."""

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import people, rowsecurity, signin
from accounts.models import User
from accounts.tests import factories
from accounts.tests.authenticator import SecurityKey

APP = "/api/auth/app/v1"
PASSWORD = "Long-enough-2026!"
HOST = "testserver"
AT_HOME = {"origin": f"https://{HOST}", "rp_id": HOST}


@pytest.fixture
def enrolled(db):
    def make(email, **fields):
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            return people.enrol(tenant=factories.TenantFactory(), email=email, password=PASSWORD, **fields)

    return make


def login(client, email, password=PASSWORD):
    return client.post(f"{APP}/auth/login", {"email": email, "password": password}, format="json")


def test_a_consumer_signs_in_and_the_token_opens_the_api(calling, enrolled):
    enrolled("maya@example.test")
    client = calling()
    answer = login(client, "maya@example.test")
    assert answer.status_code == 200
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['meta']['access_token']}")
    assert client.get("/api/users/me").json()["email_verified"] is True


def test_a_signed_out_token_is_refused_at_once(calling, enrolled):
    enrolled("maya@example.test")
    client = calling()
    meta = login(client, "maya@example.test").json()["meta"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {meta['access_token']}")
    assert client.get("/api/users/me").status_code == 200
    calling().delete(f"{APP}/auth/session", headers={"X-Session-Token": meta["session_token"]})
    assert client.get("/api/users/me").json()["code"] == "TOKEN_INVALID"


def test_an_unknown_address_and_a_wrong_password_look_alike(calling, enrolled):
    enrolled("maya@example.test")
    unknown = login(calling(), "nobody@example.test")
    wrong = login(calling(), "maya@example.test", "Wrong-password-1!")
    assert unknown.status_code == wrong.status_code == 400
    assert unknown.json() == wrong.json()


def test_signing_in_costs_the_same_whoever_asks_and_however_many_are_here(calling, enrolled):
    """No statement reads all users, nor one by one the sessions that a person has open."""
    enrolled("maya@example.test")
    taken = []
    for address in ("maya@example.test", "maya@example.test", "nobody@example.test"):
        for _ in range(2):
            with CaptureQueriesContext(connection) as captured:
                login(calling(), address)
        taken.append(len(captured))
        with rowsecurity.viewing(rowsecurity.SIGNIN), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            for query in captured:
                if query["sql"].startswith("SELECT") and ("users" in query["sql"] or "email" in query["sql"]):
                    cursor.execute("EXPLAIN " + query["sql"])
                    assert "Seq Scan" not in str(cursor.fetchall()), query["sql"]
    assert taken[0] == taken[1] > taken[2]


def test_staff_give_their_second_factor(calling, enrolled):
    omar = enrolled("omar@example.test", role="operator", level="senior")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        secret = people.second_factor_secret(user=omar)
        assert people.second_factor_secret(user=omar) == secret
    client = calling()
    asked = login(client, "omar@example.test")
    assert asked.status_code == 401
    assert "mfa_authenticate" in [flow["id"] for flow in asked.json()["data"]["flows"]]
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    session = {"X-Session-Token": asked.json()["meta"]["session_token"]}
    given = client.post(f"{APP}/auth/2fa/authenticate", {"code": code}, format="json", headers=session)
    assert given.status_code == 200
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {given.json()['meta']['access_token']}")
    assert client.get("/api/users/me").json()["role"] == "operator"


def test_staff_without_a_second_factor_get_nowhere(calling, enrolled):
    enrolled("omar@example.test", role="operator", level="senior")
    client = calling()
    token = login(client, "omar@example.test").json()["meta"]["access_token"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert client.get("/api/users/me").json()["code"] == "MFA_REQUIRED"


def test_staff_may_give_a_security_key_instead(calling, enrolled, settings):
    settings.WEBAUTHN_RP_ID = HOST
    enrolled("omar@example.test", role="operator", level="senior")
    key, client = SecurityKey(**AT_HOME), calling()
    first = login(client, "omar@example.test").json()["meta"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {first['access_token']}")
    again = client.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, format="json")
    assert again.status_code == 200
    options = client.get(f"{APP}/account/authenticators/webauthn").json()["data"]["creation_options"]
    made = {"name": "the one in the drawer", "credential": key.register(options["publicKey"])}
    assert client.post(f"{APP}/account/authenticators/webauthn", made, format="json").status_code == 200
    assert client.get("/api/users/me").json()["code"] == "MFA_REQUIRED"  # set up is not yet given

    client = calling()
    asked = login(client, "omar@example.test").json()
    (step,) = [flow for flow in asked["data"]["flows"] if flow["id"] == "mfa_authenticate"]
    assert "webauthn" in step["types"]
    session = {"X-Session-Token": asked["meta"]["session_token"]}
    give = f"{APP}/auth/webauthn/authenticate"
    options = client.get(give, headers=session).json()["data"]["request_options"]
    forged = {"credential": {**SecurityKey(**AT_HOME).sign(options["publicKey"]), "id": made["credential"]["id"]}}
    assert client.post(give, forged, format="json", headers=session).status_code == 400
    options = client.get(give, headers=session).json()["data"]["request_options"]
    given = client.post(give, {"credential": key.sign(options["publicKey"])}, format="json", headers=session)
    assert given.status_code == 200, given.json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {given.json()['meta']['access_token']}")
    assert client.get("/api/users/me").json()["role"] == "operator"


def test_signing_up_takes_no_role_from_the_body(calling, db):
    factories.TenantFactory(slug="elsewhere", settings={"hosts": ["union.example"]})
    sent = {
        "email": "new@example.test",
        "password": PASSWORD,
        "role": "admin",
        "level": "senior",
        "tenant": "elsewhere",
    }
    answer = calling().post(f"{APP}/auth/signup", sent, format="json")
    assert {"id": "verify_email", "is_pending": True} in answer.json()["data"]["flows"]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        user = User.objects.select_related("tenant").get(email="new@example.test")
        assert (user.role, user.level, user.tenant.slug) == ("user", None, "default")


def test_a_host_names_the_institution(db):
    union = factories.TenantFactory(slug="union", settings={"hosts": ["union.example"]})
    assert signin.tenant_of_host("union.example") == union
    assert signin.tenant_of_host("elsewhere.example").slug == "default"


@pytest.mark.parametrize(
    "weak", ["alllowercase-1", "ALLUPPERCASE-1", "No-digits-here", "Nosymbols123456", "A1-" + "a" * 126]
)
def test_a_password_has_four_kinds_of_character(weak):
    with pytest.raises(ValidationError):
        signin.FourKindsOfCharacter().validate(weak)
    signin.FourKindsOfCharacter().validate(PASSWORD)
