"""Erasing a person: their rows in one transaction, a receipt that says so, and a proof counted afterwards."""

import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db import connection, transaction

from accounts import audit, belongings, consent, events, kept, outside, receipts, rowsecurity, storage, uploads
from accounts.belongings import Place
from accounts.models import ArchivedConsent, ConsentRecord, Erasure, User
from accounts.models.leaving import Ending, Scope
from accounts.origin import NOWHERE, Origin
from accounts.pseudonyms import subject_ref
from accounts.purposes import Purpose
from accounts.refusals import NotThere

# Partitions are reached through their table; a table made tomorrow is counted without a line here.
TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE a.attname = 'user_id' AND NOT a.attisdropped AND c.relnamespace = 'public'::regnamespace
       AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""


class Gone(NotThere):
    code = "USER_NOT_FOUND"
    sentence = "This account is erased already."


@dataclass(frozen=True)
class Erased:
    """What was done, and the token that reads its receipt: known to nobody but who gets it now."""

    erasure: Erasure
    token: str


def erase(
    *, user: User, scope: Scope, now: datetime, by: UUID | None = None, reason: str = "", origin: Origin = NOWHERE
) -> Erased:
    """Everything of the scope, everywhere in the database; the objects follow by a worker.

    Objects are looked for before the transaction: nobody's row is locked while a store thinks.
    """
    found = _counted(user.pk, scope)
    with rowsecurity.viewing(rowsecurity.maintenance_of(user.pk)):
        uploads.one_after_another(user.pk)
        if not User.objects.filter(pk=user.pk).exists():
            raise Gone
        places = _places(user.pk, scope)
        names = _cache_names(user.pk, scope)
        if scope == Scope.ACCOUNT:
            _archive(user, now)
        else:
            consent.revoke(user=user, purpose=Purpose(scope.value), now=now, origin=origin)
        rows = _emptied(user, scope)
        outside.note(user=user, kind=Ending.ERASURE, scope=scope, now=now)
        erased = _receipt(user, scope, now, rows, places, found, len(names))
        _told(user, erased.erasure, by, reason, now, origin)
        transaction.on_commit(partial(cache.delete_many, names))
        return erased


def remaining(*, user_id: UUID, scope: Scope) -> int:
    """Rows that the scope empties, counted anew in every table that has a `user_id`."""
    spared = {table for part in Scope if part not in belongings.parts(scope) for table in _declared(part)}
    with rowsecurity.viewing(rowsecurity.maintenance_of(user_id)), connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables = [table for (table,) in cursor.fetchall() if table not in spared]
        counts = ["0", *(f"(SELECT count(*) FROM {table} WHERE user_id = %(user)s)" for table in tables)]
        cursor.execute(f"SELECT {' + '.join(counts)}", {"user": user_id})
        return int(cursor.fetchone()[0])


def _declared(part: Scope) -> Iterable[str]:
    return [table for app in belongings.declared() for table in app.tables.get(part, ())]


def _places(user_id: UUID, scope: Scope) -> list[Place]:
    """Each once: what lies in a folder that is named is not named again."""
    places: list[Place] = []
    for place in sorted({place for app in belongings.declared() for place in app.places_of(user_id, scope)}):
        if not (places and place.within(places[-1])):
            places.append(place)
    return places


def _counted(user_id: UUID, scope: Scope) -> int | None:
    """How many objects there are; None while the store is away, which keeps nobody from being erased."""
    with rowsecurity.viewing(rowsecurity.maintenance_of(user_id)):
        places = _places(user_id, scope)
    try:
        return sum(place.count() for place in places)
    except storage.Unreachable:
        return None


def _cache_names(user_id: UUID, scope: Scope) -> list[str]:
    names = [kind.of(user_id) for kind in kept.Kind]
    if scope == Scope.ACCOUNT:
        keys = UserSession.objects.filter(user_id=user_id).values_list("session_key", flat=True)
        names += [f"session:{key}" for key in keys]
    return names


def _archive(user: User, now: datetime) -> None:
    """What stands open ends with the account."""
    agreed = ConsentRecord.objects.filter(user=user).values("purpose", "version", "granted_at", "revoked_at")
    ArchivedConsent.objects.bulk_create(
        ArchivedConsent(
            tenant_id=user.tenant_id,
            subject_ref=subject_ref(user.pk),
            **{**row, "revoked_at": row["revoked_at"] or max(now, row["granted_at"])},
        )
        for row in agreed
    )


def _emptied(user: User, scope: Scope) -> dict[str, int]:
    """Rows per table, from the top down; one statement a table, however many rows."""
    values: dict[str, Any] = {"user": user.pk, "tenant": user.tenant_id, "subject_ref": subject_ref(user.pk)}
    rows: dict[str, int] = {}
    with connection.cursor() as cursor:
        for app in belongings.declared():
            for table, scrub in app.scrubbed_by(scope).items():
                cursor.execute(scrub, values)
                rows[table] = cursor.rowcount
            for table in app.emptied_by(scope):
                cursor.execute(f"DELETE FROM {table} WHERE user_id = %(user)s", values)
                rows[table] = cursor.rowcount
    return rows


def _receipt(
    user: User, scope: Scope, now: datetime, rows: dict[str, int], places: list[Place], found: int | None, caches: int
) -> Erased:
    erasure_id, token = uuid4(), secrets.token_urlsafe(32)
    issued: dict[str, Any] = {
        "erasure_id": str(erasure_id),
        "scope": scope.value,
        "subject_ref": subject_ref(user.pk),
        "rows": rows,
        "objects": {"found": found, "deleted": 0, "remaining": found},
        "caches_cleared": caches,
        "verification": {
            "rows_remaining": remaining(user_id=user.pk, scope=scope),
            "objects_remaining": found,
        },
        "audit_seq": audit.upcoming(tenant_id=user.tenant_id),
    }
    erasure = Erasure.objects.create(
        erasure_id=erasure_id,
        tenant_id=user.tenant_id,
        scope=scope.value,
        subject_ref=issued["subject_ref"],
        requested_at=now,
        checked_at=now,
        issued=issued,
        places=[asdict(place) for place in places],
        objects_found=found,
        objects_remaining=found,
        receipt_hash=receipts.hash_of(issued),
        token_hash=receipts.token_hash(token),
    )
    return Erased(erasure, token)


def _told(user: User, erasure: Erasure, by: UUID | None, reason: str, now: datetime, origin: Origin) -> None:
    events.record(
        kind=events.Kind.ERASURE,
        tenant_id=user.tenant_id,
        user_id=None if erasure.scope == Scope.ACCOUNT else user.pk,
        now=now,
        origin=NOWHERE if erasure.scope == Scope.ACCOUNT else origin,
        detail={"scope": erasure.scope, "erasure_id": str(erasure.pk)},
    )
    deed = audit.Deed(
        action=audit.Action.ERASURE,
        object_type="erasure",
        object_id=str(erasure.pk),
        pseudonym=erasure.subject_ref,
        detail={"scope": erasure.scope, "receipt_hash": erasure.receipt_hash, **({"reason": reason} if reason else {})},
    )
    audit.record_all(
        deeds=[deed],
        tenant_id=user.tenant_id,
        operator_id=by,
        now=now,
        origin=origin if by else NOWHERE,  # of a person who leaves not even the address is kept for ever
    )
