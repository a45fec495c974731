"""The keys of services: made and shown once, known by their hash, revoked for good."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import audit, events, rowsecurity
from accounts.models import ApiKey, User
from accounts.models.access import Scope
from accounts.origin import NOWHERE, Origin
from accounts.refusals import NotThere, Unacceptable

__all__ = ["KeyNotFound", "Made", "Scope", "Service", "known", "make", "of_tenant", "revoke"]

MARK = timedelta(minutes=1)  # how exactly the last use is known


class KeyNotFound(NotThere):
    code = "KEY_NOT_FOUND"
    sentence = "There is no such key."


class AlreadyOver(Unacceptable):
    sentence = "A key that has expired opens nothing. Choose a day to come."


@dataclass(frozen=True)
class Service:
    """A caller that is a program. It never signed in, so whatever asks for a signed-in person refuses it."""

    key_id: UUID
    tenant_id: UUID | None
    scopes: frozenset[str]

    is_authenticated: ClassVar[bool] = False
    is_consumer: ClassVar[bool] = False
    is_staff: ClassVar[bool] = False

    @property
    def actor(self) -> str:
        return f"key:{self.key_id}"


@dataclass(frozen=True)
class Made:
    """A new key, and the one time its secret is known."""

    key: ApiKey
    secret: str


def of_tenant(tenant_id: UUID) -> QuerySet[ApiKey]:
    """For the eyes of sign-in, newest first."""
    return ApiKey.objects.filter(tenant_id=tenant_id).order_by("-created_at", "id")


def known(secret: str, *, now: datetime, introduce: bool) -> Service | None:
    """The service of a key, found in one statement; with `introduce` PostgreSQL learns it by the same read."""
    alive = ApiKey.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now),
        Q(tenant=None) | Q(tenant__is_active=True),
        key_hash=_hashed(secret),
        revoked_at=None,
    )
    key = (rowsecurity.introducing_service(alive) if introduce else alive).first()
    if key is None:
        return None
    service = Service(key.pk, key.tenant_id, frozenset(key.scopes))
    if introduce:
        rowsecurity.introduced_service(service.tenant_id, service.actor)
    if key.last_used_at is None or now - key.last_used_at >= MARK:
        _mark(key, now)
    return service


@transaction.atomic
def make(
    *,
    by: User,
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None,
    now: datetime,
    origin: Origin = NOWHERE,
) -> Made:
    if expires_at is not None and expires_at <= now:
        raise AlreadyOver
    prefix = secrets.token_hex(4)
    secret = f"ss_{prefix}{secrets.token_urlsafe(32)}"
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        key = ApiKey.objects.create(
            tenant_id=by.tenant_id,
            name=name,
            prefix=prefix,
            key_hash=_hashed(secret),
            scopes=[scope.value for scope in Scope if scope in scopes],
            created_by=by.pk,
            created_at=now,
            expires_at=expires_at,
        )
        _noted(events.Kind.KEY_MADE, key, by, now, origin)
    _sealed("made", key, by, now, origin)
    return Made(key, secret)


@transaction.atomic
def revoke(*, by: User, key_id: UUID, now: datetime, origin: Origin = NOWHERE) -> None:
    """From the next request on it opens nothing. A key that is revoked already stays as it is."""
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        key = of_tenant(by.tenant_id).select_for_update().filter(pk=key_id).first()
        if key is None:
            raise KeyNotFound
        if key.revoked_at is not None:
            return
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        _noted(events.Kind.KEY_REVOKED, key, by, now, origin)
    _sealed("revoked", key, by, now, origin)


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _mark(key: ApiKey, now: datetime) -> None:
    """Of requests at the same moment one writes, and none waits for it."""
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        free = ApiKey.objects.filter(pk=key.pk).select_for_update(skip_locked=True)
        ApiKey.objects.filter(pk__in=free.values("pk")).update(last_used_at=now)


def _noted(kind: events.Kind, key: ApiKey, by: User, now: datetime, origin: Origin) -> None:
    detail = {"key_id": str(key.pk), "scopes": key.scopes}
    events.record(kind=kind, tenant_id=by.tenant_id, user_id=by.pk, now=now, origin=origin, detail=detail)


def _sealed(what: str, key: ApiKey, by: User, now: datetime, origin: Origin) -> None:
    audit.record(
        action=audit.Action.KEY_CHANGE,
        tenant_id=by.tenant_id,
        operator_id=by.pk,
        now=now,
        object_type="api_key",
        object_id=str(key.pk),
        detail={"change": what, "name": key.name, "prefix": key.prefix, "scopes": key.scopes},
        origin=origin,
    )
