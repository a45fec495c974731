"""Every way of coming with a token that is none: the same answer, and nothing is read or written."""

import base64
import json
from datetime import timedelta

import jwt
import pytest
from django.conf import settings

from accounts import rowsecurity, tokens
from accounts.models import Tenant, User
from spendsense.tests.authorization import changes
from spendsense.tests.authorization.world import Caller

ME = "/api/users/me"


def b64(data):
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def bearer(world, name="maya"):
    return world.callers[name].header.removeprefix("Bearer ")


def claims(token):
    return jwt.decode(token, options={"verify_signature": False})


def of_another(world):
    """maya's session under zoe's name, signed with the right key."""
    named = claims(bearer(world))
    made = tokens.pair(
        user_id=world.people["zoe"].pk,
        session_id=int(named["sid"]),
        ends_at=world.now + timedelta(days=1),
        now=world.now,
    )
    return made.access


def expired(world):
    named, past = claims(bearer(world)), world.now - timedelta(hours=1)
    return tokens.pair(
        user_id=world.people["maya"].pk, session_id=int(named["sid"]), ends_at=world.now, now=past
    ).access


FORGED = {
    "a refresh token": lambda world: world.refreshing["maya"],
    "another algorithm": lambda world: f"{b64({'alg': 'none', 'typ': 'JWT'})}.{b64(claims(bearer(world)))}.",
    "signed with a word": lambda world: jwt.encode(claims(bearer(world)), "word" * 16, algorithm="HS256"),
    "another's name": lambda world: ".".join(
        [bearer(world).split(".")[0], b64(claims(bearer(world)) | {"sub": str(world.people["theo"].pk)}),
         bearer(world).split(".")[2]]
    ),
    "another's session": of_another,
    "expired": expired,
    "an ended session": lambda world: world.callers["dead"].header.removeprefix("Bearer "),
    "an erased account": lambda world: bearer(world, "gwen"),
    "cut short": lambda world: bearer(world)[:-5],
    "no token": lambda world: "no-token",
    "nothing": lambda world: "",
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGED)
@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_token_that_is_none_opens_nothing(world, forgery, method):
    before = changes.counted()
    client = Caller(f"Bearer {FORGED[forgery](world)}").client()
    answer = getattr(client, method)(ME, {"monthly_income": 1}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID")
    assert not changes.since(before)


@pytest.mark.parametrize("name", ["maya", "ada"])
def test_who_is_deactivated_is_out_at_once(world, name):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.filter(pk=world.people[name].pk).update(is_active=False)
    assert world.callers[name].client().get(ME).json()["code"] == "TOKEN_INVALID"


def test_an_institution_that_is_closed_takes_its_people_along(world):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Tenant.objects.filter(slug="elsewhere").update(is_active=False)
    assert world.callers["fred"].client().get(ME).json()["code"] == "TOKEN_INVALID"
    assert world.callers["maya"].client().get(ME).status_code == 200


def test_a_refresh_token_is_good_once(world):
    client, sent = Caller().client(), {"refresh_token": world.refreshing["theo"]}
    first = client.post("/api/auth/app/v1/tokens/refresh", sent, format="json")
    assert first.status_code == 200
    again = client.post("/api/auth/app/v1/tokens/refresh", sent, format="json")
    assert again.status_code in (400, 401)


@pytest.mark.parametrize("key", ["ss_", "ss_nobody", "", "ss_" + "0" * 60])
def test_a_key_that_is_none_opens_nothing(world, key):
    answer = Caller(f"Api-Key {key}").client().get(ME)
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID")


def test_a_cookie_writes_only_with_the_token_of_its_form(world):
    client = Caller().client(enforce_csrf_checks=True)
    client.cookies[settings.SESSION_COOKIE_NAME] = world.callers["maya"].session_key
    answer = client.patch(ME, {"monthly_income": 1}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "CSRF_FAILED")
