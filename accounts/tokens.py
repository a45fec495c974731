"""Tokens as text: what they name, how they are signed, and whose signature is believed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from django.conf import settings

ALGORITHM = "RS256"
ACCESS_LIVES = timedelta(seconds=900)


class Use(StrEnum):
    ACCESS = "access"
    REFRESH = "refresh"


@dataclass(frozen=True)
class Named:
    """What a token of ours says: whose it is, of which session, and its own id."""

    user_id: UUID
    session_id: int
    token_id: str


@dataclass(frozen=True)
class Pair:
    """A new access token and its refresh token; `stored` is what the session row keeps of them."""

    access: str
    refresh: str
    stored: str


def pair(*, user_id: UUID, session_id: int, ends_at: datetime, now: datetime) -> Pair:
    """The access token's id is the stored hash of its refresh token's: the row names every token that still lives."""
    refresh_id = str(uuid4())
    stored = fingerprint(refresh_id)
    return Pair(
        _signed(Use.ACCESS, Named(user_id, session_id, stored), min(now + ACCESS_LIVES, ends_at), now),
        _signed(Use.REFRESH, Named(user_id, session_id, refresh_id), ends_at, now),
        stored,
    )


def fingerprint(token_id: str) -> str:
    return hashlib.sha256(token_id.encode()).hexdigest()


def _signed(use: Use, named: Named, ends_at: datetime, now: datetime) -> str:
    claims = {
        "token_use": use.value,
        "sub": str(named.user_id),
        "sid": str(named.session_id),
        "jti": named.token_id,
        "iat": int(now.timestamp()),
        "exp": int(ends_at.timestamp()),
    }
    key_id, key = _signing(settings.HEADLESS_JWT_PRIVATE_KEY)
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": key_id})


def read(text: str, use: Use, *, now: datetime) -> Named | None:
    """Whom a token names, when we signed it, for this use, and it has not expired; else None."""
    believed = _believed(settings.HEADLESS_JWT_PRIVATE_KEY, settings.JWT_FORMER_PUBLIC_KEY)
    try:
        key = believed[jwt.get_unverified_header(text)["kid"]]
        # The clock is the caller's, so the library is not asked about times.
        claims = jwt.decode(text, key, algorithms=[ALGORITHM], options={"verify_exp": False, "verify_iat": False})
        return _named(claims) if claims["token_use"] == use and claims["exp"] > now.timestamp() else None
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):  # not signed by us, or not what we sign
        return None


def _named(claims: Mapping[str, Any]) -> Named:
    return Named(UUID(claims["sub"]), int(claims["sid"]), str(claims["jti"]))


@cache
def _signing(pem: str) -> tuple[str, RSAPrivateKey]:
    key = private(pem)
    return key_id(key.public_key()), key


@cache
def _believed(pem: str, former: str) -> dict[str, RSAPublicKey]:
    """Ours, and the one before it while its last token may still be around."""
    keys = [private(pem).public_key(), *([public(former)] if former else [])]
    return {key_id(key): key for key in keys}


def private(pem: str) -> RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("This is not a private RSA key.")
    return key


def public(pem: str) -> RSAPublicKey:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise ValueError("This is not a public RSA key.")
    return key


def key_id(key: RSAPublicKey) -> str:
    """The thumbprint of RFC 7638."""
    numbers = jwt.algorithms.RSAAlgorithm.to_jwk(key, as_dict=True)
    members = f'{{"e":"{numbers["e"]}","kty":"RSA","n":"{numbers["n"]}"}}'
    return jwt.utils.base64url_encode(hashlib.sha256(members.encode()).digest()).decode()
