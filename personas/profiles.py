"""From rows to where a person stands: who is due, refreshing many alike, and assigning on request."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

import polars as pl
from django.db import connection, transaction

from accounts import audit, kept
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import ConsentRequired, NotThere, Refused
from personas import assigning, ledger, population, rules, rulesets, snapshots
from personas.catalogue import CATALOGUE
from personas.models import Assignment, Window
from personas.signals import ALGORITHM, measure

WINDOWS = tuple(Window(word).days for word in Window.values())


class UserNotFound(NotThere):
    code = "USER_NOT_FOUND"

    def __init__(self, user_id: UUID | str) -> None:
        super().__init__(f"User {user_id} not found")


class NoSignals(NotThere):
    code = "NO_SIGNALS"

    def __init__(self, user_id: UUID | str) -> None:
        super().__init__(f"No signals available for user {user_id}")


@dataclass(frozen=True)
class Refreshed:
    """Of how many people were measured, how many snapshots, assignments and transitions came of it."""

    measured: int = 0
    stored: int = 0
    appended: int = 0
    transitions: int = 0


# Loads, reverts, corrections and grants raise the basis: where it was raised meanwhile, the person stays due.
STATE = "SELECT user_id::text, basis FROM users WHERE user_id = ANY(%s::uuid[])"
# Consent is asked of the ledger by the policies of whoever looks, and of the row for the owner, whom they let see.
LOCKED = STATE + " AND consent_status ORDER BY user_id FOR UPDATE"  # a row that was waited for is given as it is now
DUE = """
    SELECT u.user_id FROM users u LEFT JOIN persona_profiles p USING (user_id)
     WHERE u.tenant_id = %(tenant)s AND u.role = 'user' AND u.consent_status
       AND (CAST(%(users)s AS uuid[]) IS NULL OR u.user_id = ANY(%(users)s))
       AND (p.user_id IS NULL OR p.algorithm_version <> %(algorithm)s OR p.rule_set_version <> %(version)s
            OR p.basis IS DISTINCT FROM u.basis)
     ORDER BY u.user_id
"""


# What an assignment keeps of the latest snapshots, under the paths of their signals.
STORED_AS: dict[str, pl.DataType] = {
    "user_id": pl.String(),
    "window": pl.String(),
    "as_of": pl.Date(),
    "snapshot_id": pl.String(),
    "meta.data_fingerprint": pl.String(),
    "meta.corrections": pl.List(pl.String),
    "subscriptions.merchants": pl.String(),
}
MERCHANTS = pl.List(pl.Struct({"name": pl.String, "active": pl.Boolean}))
STORED = """
    SELECT user_id::text, time_window, as_of, snapshot_id::text, data_fingerprint, corrections::text[], merchants::text,
           {columns}
      FROM (SELECT DISTINCT ON (user_id) * FROM signal_snapshots
             WHERE user_id = ANY(%s::uuid[]) AND time_window = %s AND NOT backfill
             ORDER BY user_id, computed_at DESC) latest
     WHERE NOT no_signals
"""


def due(*, tenant_id: UUID, user_ids: Collection[UUID] | None = None, version: int | None = None) -> list[UUID]:
    """Consenting people whose data, rules, corrections or consent changed since they were refreshed."""
    with connection.cursor() as cursor:
        values = {
            "tenant": tenant_id,
            "users": None if user_ids is None else list(user_ids),
            "algorithm": ALGORITHM,
            "version": version or rulesets.active(tenant_id=tenant_id).version,
        }
        cursor.execute(DUE, values)
        return [user_id for (user_id,) in cursor.fetchall()]


@transaction.atomic
def refresh(
    *,
    user_ids: Collection[UUID],
    tenant_id: UUID,
    now: datetime,
    as_of: date | None = None,
    but: Window | None = None,
) -> Refreshed:
    """Measure, store what differs, append what changed, and mark; many people or one, with the viewer's eyes.

    Measured without locks; the users are locked before anything is written, and who revoked meanwhile is left out.
    A given `as_of` is about the past: snapshots are stored, and only a day not before the latest one assigns.
    The window `but` is left to the caller, who assigns it.
    """
    ids = [str(user_id) for user_id in user_ids]
    active = rulesets.active(tenant_id=tenant_id)
    before = _states(STATE, ids)
    measured = measure(*ledger.frames(user_ids=ids, today=now.date(), as_of=as_of), windows=WINDOWS)
    standing = [user_id for user_id, basis in _states(LOCKED, ids).items() if before.get(user_id) == basis]
    measured = measured.cast({"user_id": pl.String}).filter(pl.col("user_id").is_in(standing))
    if measured.is_empty():
        return Refreshed()
    rows, new = snapshots.store(measured, tenant_id=tenant_id, now=now, as_of=as_of)
    rows = rows.filter(~pl.col("backfill"))
    speaking = rows.filter(_speaks(), pl.col("window") != (but.value if but else ""))
    appended = assigning.append(speaking, active=active, tenant_id=tenant_id, now=now)
    _project(rows, appended.standing, active, tenant_id, now)
    return Refreshed(len(standing), new.height, appended.rows.height, appended.transitions)


def locked(*, user_ids: Collection[UUID]) -> list[UUID]:
    """Who of these people agrees still; until the end of the transaction nobody else writes about them."""
    return [UUID(user_id) for user_id in _states(LOCKED, [str(user_id) for user_id in user_ids])]


def _states(query: str, user_ids: list[str]) -> dict[str, int]:
    """On what each of these people's measurements would rest."""
    with connection.cursor() as cursor:
        cursor.execute(query, [user_ids])
        return dict(cursor.fetchall())


def _speaks() -> pl.Expr:
    present = pl.col("meta.categories_present")
    return present.list.contains("credit") | present.list.contains("income")


def _project(
    rows: pl.DataFrame, standing: pl.DataFrame, active: rulesets.Active, tenant_id: UUID, now: datetime
) -> None:
    """Everybody who was looked at is marked; who has signals stands where their latest rows say."""
    days = rows.group_by("user_id").agg(pl.col("as_of").max())
    assigning.project(
        days.join(standing.rename({"profile_persona": "persona"}), on="user_id", how="left"),
        active=active,
        algorithm=ALGORITHM,
        tenant_id=tenant_id,
        now=now,
    )
    kept.forget(user_ids=days["user_id"].to_list())


@transaction.atomic
def assign(
    *,
    user_ids: Collection[UUID],
    tenant_id: UUID,
    window: Window,
    now: datetime,
    by: User | None = None,
    origin: Origin = NOWHERE,
) -> dict[UUID, Assignment | Refused]:
    """One more row for each of these people, from their stored signals; who is due is measured first.

    A hold answers with the held row. Each person who cannot be assigned has a refusal of their own.
    """
    wanted = list(dict.fromkeys(user_ids))
    active = rulesets.active(tenant_id=tenant_id)
    people = User.objects.select_for_update().filter(pk__in=wanted, role="user").order_by("pk")
    known = dict(people.values_list("pk", "consent_status"))
    answers: dict[UUID, Assignment | Refused] = {
        user_id: ConsentRequired() if user_id in known else UserNotFound(user_id)
        for user_id in wanted
        if not known.get(user_id)
    }
    able = [user_id for user_id in wanted if user_id not in answers]
    if not able:
        return answers
    if stale := due(tenant_id=tenant_id, user_ids=able, version=active.version):
        refresh(user_ids=stale, tenant_id=tenant_id, now=now, but=window)
    rows = stored(user_ids=able, window=window, document=active.document)
    if rows.height:
        appended = assigning.append(rows, active=active, tenant_id=tenant_id, now=now, always=True)
        _project(rows, appended.standing, active, tenant_id, now)
    current = latest(user_ids=able, window=window)
    speaking = set(rows["user_id"])
    given = {user_id: current[user_id] if str(user_id) in speaking else NoSignals(user_id) for user_id in able}
    if by and by.is_staff and (rows_given := [row for row in given.values() if isinstance(row, Assignment)]):
        _sealed(rows_given, by, now, origin)
    return answers | given


def _sealed(rows: Collection[Assignment], by: User, now: datetime, origin: Origin) -> None:
    """What staff asked for, one row a person."""
    deeds = [
        audit.Deed(audit.Action.REFRESH, "assignment", str(row.pk), row.user_id, detail={"window": row.window_type})
        for row in rows
    ]
    batch = uuid4() if len(deeds) > 1 else None
    audit.record_all(deeds=deeds, tenant_id=by.tenant_id, operator_id=by.pk, now=now, batch_id=batch, origin=origin)


def latest(*, user_ids: Collection[UUID], window: Window) -> dict[UUID, Assignment]:
    """The current assignment of each of these people."""
    rows = (
        Assignment.objects.filter(user_id__in=user_ids, window_type=window)
        .order_by("user_id", "-assigned_at", "-seq")
        .distinct("user_id")
    )
    return {row.user_id: row for row in rows}


def stored(*, user_ids: Collection[UUID], window: Window, document: rules.Document) -> pl.DataFrame:
    """The latest snapshots that have signals, as rows to evaluate by this document."""
    signals = [CATALOGUE[path] for path in rules.told(document)]
    with connection.cursor() as cursor:
        columns = ", ".join(signal.column for signal in signals)
        cursor.execute(STORED.format(columns=columns), [list(user_ids), window.value])
        values = list(zip(*cursor.fetchall(), strict=True)) or [()] * (len(STORED_AS) + len(signals))
    schema = STORED_AS | {signal.path: population.dtype(signal) for signal in signals}
    return pl.DataFrame(dict(zip(schema, values, strict=True)), schema).with_columns(
        pl.col("subscriptions.merchants").str.json_decode(MERCHANTS)
    )
