"""Tokens as text: what they say, and every way of forging one."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from accounts import tokens
from accounts.tokens import Named, Use

MAYA = UUID(int=7)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
END = NOW + timedelta(days=30)


def new_key():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def keys(settings):
    settings.HEADLESS_JWT_PRIVATE_KEY, public = new_key()
    return settings.HEADLESS_JWT_PRIVATE_KEY, public


@pytest.fixture
def pair(keys):
    return tokens.pair(user_id=MAYA, session_id=41, ends_at=END, now=NOW)


def kid(token):
    return jwt.get_unverified_header(token)["kid"]


def claims(token):
    return jwt.decode(token, options={"verify_signature": False})


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_a_pair_names_user_and_session_and_nothing_else(pair):
    assert set(claims(pair.access)) == {"token_use", "sub", "sid", "jti", "iat", "exp"}
    assert tokens.read(pair.access, Use.ACCESS, now=NOW) == Named(MAYA, 41, pair.stored)
    refresh = tokens.read(pair.refresh, Use.REFRESH, now=NOW)
    assert (refresh.user_id, refresh.session_id) == (MAYA, 41)
    assert tokens.fingerprint(refresh.token_id) == pair.stored == hashlib.sha256(refresh.token_id.encode()).hexdigest()


def test_an_access_token_lives_fifteen_minutes_and_a_refresh_token_as_long_as_its_session(pair):
    for token, use, end in (
        (pair.access, Use.ACCESS, NOW + timedelta(seconds=900)),
        (pair.refresh, Use.REFRESH, END),
    ):
        assert tokens.read(token, use, now=end - timedelta(seconds=1))
        assert tokens.read(token, use, now=end) is None


def test_an_access_token_does_not_outlive_its_session(keys):
    last = tokens.pair(user_id=MAYA, session_id=41, ends_at=NOW + timedelta(seconds=60), now=NOW)
    assert tokens.read(last.access, Use.ACCESS, now=NOW + timedelta(seconds=60)) is None


def test_a_token_is_for_one_use(pair):
    assert tokens.read(pair.access, Use.REFRESH, now=NOW) is None
    assert tokens.read(pair.refresh, Use.ACCESS, now=NOW) is None


def test_the_former_key_is_believed_until_it_is_taken_away(settings, keys, pair):
    settings.HEADLESS_JWT_PRIVATE_KEY, _ = new_key()
    assert tokens.read(pair.access, Use.ACCESS, now=NOW) is None
    settings.JWT_FORMER_PUBLIC_KEY = keys[1]
    assert tokens.read(pair.access, Use.ACCESS, now=NOW) == Named(MAYA, 41, pair.stored)
    assert tokens.read(pair.access, Use.ACCESS, now=NOW + timedelta(seconds=900)) is None
    fresh = tokens.pair(user_id=MAYA, session_id=41, ends_at=END, now=NOW)
    assert kid(fresh.access) != kid(pair.access)
    assert tokens.read(fresh.access, Use.ACCESS, now=NOW)


def test_the_key_id_is_the_published_thumbprint():
    """The example of RFC 7638, section 3.1."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn"
        "jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qM"
        "QvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJz"
        "KnqDKgw"
    )
    key = jwt.algorithms.RSAAlgorithm.from_jwk({"kty": "RSA", "n": modulus, "e": "AQAB"})
    assert tokens.key_id(key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def unsigned(pair, keys):
    return jwt.encode(claims(pair.access), None, algorithm="none", headers={"kid": kid(pair.access)})


def signed_with_the_public_key_as_a_secret(pair, keys):
    head = b64(json.dumps({"alg": "HS256", "typ": "JWT", "kid": kid(pair.access)}).encode())
    said = f"{head}.{b64(json.dumps(claims(pair.access)).encode())}"
    return f"{said}.{b64(hmac.new(keys[1].encode(), said.encode(), hashlib.sha256).digest())}"


def signed_by_a_stranger_in_our_name(pair, keys):
    return jwt.encode(claims(pair.access), new_key()[0], algorithm="RS256", headers={"kid": kid(pair.access)})


def signed_with_another_algorithm(pair, keys):
    return jwt.encode(claims(pair.access), keys[0], algorithm="RS512", headers={"kid": kid(pair.access)})


def said_otherwise(pair, keys):
    head, _, signature = pair.access.split(".")
    return f"{head}.{b64(json.dumps(claims(pair.access) | {'sid': '42'}).encode())}.{signature}"


def with_the_signature_of_another(pair, keys):
    return pair.access.rpartition(".")[0] + "." + pair.refresh.rpartition(".")[2]


def without_a_key_id(pair, keys):
    return jwt.encode(claims(pair.access), keys[0], algorithm="RS256")


@pytest.mark.parametrize(
    "forge",
    [
        unsigned,
        signed_with_the_public_key_as_a_secret,
        signed_by_a_stranger_in_our_name,
        signed_with_another_algorithm,
        said_otherwise,
        with_the_signature_of_another,
        without_a_key_id,
    ],
    ids=lambda forge: forge.__name__,
)
def test_a_forged_token_names_nobody(pair, keys, forge):
    assert tokens.read(forge(pair, keys), Use.ACCESS, now=NOW) is None


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "é", "\x00", "e30.e30.e30", "x" * 10_000, "e30.bnVsbA.AA"])
def test_what_is_no_token_names_nobody(keys, text):
    assert tokens.read(text, Use.ACCESS, now=NOW) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"sub": "maya"},
        {"sub": 7},
        {"sid": "first"},
        {"sid": None},
        {"jti": None},
        {"exp": "tomorrow"},
        {"exp": None},
        {"token_use": None},
    ],
    ids=str,
)
def test_what_we_signed_for_something_else_names_nobody(pair, keys, wrong):
    other = {name: value for name, value in (claims(pair.access) | wrong).items() if value is not None}
    token = jwt.encode(other, keys[0], algorithm="RS256", headers={"kid": kid(pair.access)})
    assert tokens.read(token, Use.ACCESS, now=NOW) is None
