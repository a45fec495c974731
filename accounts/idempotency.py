"""A repeated write with the same key gets the first answer again and changes nothing."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import StoredAnswer
from accounts.refusals import Refused, Unacceptable

LIFE = timedelta(hours=24)


class InvalidKey(Unacceptable):
    code = "INVALID_IDEMPOTENCY_KEY"
    sentence = "Idempotency-Key takes 1 to 255 printable ASCII characters."


class InFlight(Refused):
    code = "IDEMPOTENCY_IN_FLIGHT"
    sentence = "The same request is being answered right now. Ask again in a second."

    def __init__(self) -> None:
        super().__init__(retry_after=1)


class KeyReused(Refused):
    status = 422
    code = "IDEMPOTENCY_KEY_REUSED"
    sentence = "This Idempotency-Key was used with another body. Use a new key for a new request."


@dataclass(frozen=True)
class Scope:
    """Two tenants, two actors or two routes never share a key."""

    tenant_id: UUID
    actor: str
    route: str
    key: str

    @property
    def lock(self) -> int:
        name = "\x1f".join((str(self.tenant_id), self.actor, self.route, self.key))
        return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def scope(*, tenant_id: UUID, actor: str, route: str, key: str) -> Scope:
    if not (1 <= len(key) <= 255 and key.isascii() and key.isprintable()):
        raise InvalidKey
    return Scope(tenant_id, actor, route[:200], key)


@transaction.atomic
def claim(*, scope: Scope, fingerprint: str, now: datetime) -> StoredAnswer | None:
    """The stored answer, or None: the key is then ours until the transaction ends, one way or the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [scope.lock])
        if not cursor.fetchone()[0]:
            raise InFlight
        cursor.execute(
            """
            INSERT INTO idempotency_store (tenant_id, actor, route, key, fingerprint, created_at, expires_at)
            VALUES (%(tenant)s, %(actor)s, %(route)s, %(key)s, %(fingerprint)s, %(now)s, %(expires)s)
            ON CONFLICT (tenant_id, actor, route, key) DO UPDATE
               SET fingerprint = EXCLUDED.fingerprint, status = NULL, response_payload = NULL,
                   created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at
             WHERE idempotency_store.expires_at <= %(now)s
            """,
            {
                "tenant": scope.tenant_id,
                "actor": scope.actor,
                "route": scope.route,
                "key": scope.key,
                "fingerprint": fingerprint,
                "now": now,
                "expires": now + LIFE,
            },
        )
        if cursor.rowcount == 1:
            return None
    return _same(_row(scope).get(), fingerprint)


def stored(*, scope: Scope, fingerprint: str, now: datetime) -> StoredAnswer | None:
    """The stored answer, without a claim: for who must wait for somebody else before there is anything to store."""
    kept = _row(scope).filter(expires_at__gt=now, status__isnull=False).first()
    return _same(kept, fingerprint) if kept else None


def _same(kept: StoredAnswer, fingerprint: str) -> StoredAnswer:
    if kept.fingerprint != fingerprint:
        raise KeyReused
    return kept


def store(*, scope: Scope, status: int, headers: dict[str, str], payload: str) -> None:
    """Keep a 2xx answer beside the effect it describes; both stand or fall with the transaction."""
    _row(scope).update(status=status, response_headers=headers, response_payload=payload)


def purge(*, now: datetime) -> int:
    """Delete what has expired, for all tenants, in the maintenance context."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cleanup_expired_idempotency(%s)", [now])
        return int(cursor.fetchone()[0])


def _row(scope: Scope) -> QuerySet[StoredAnswer]:
    return StoredAnswer.objects.filter(tenant_id=scope.tenant_id, actor=scope.actor, route=scope.route, key=scope.key)
