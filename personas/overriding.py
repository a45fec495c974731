"""An operator's word against the rules: a persona given for a while, and the end of that before its time."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import audit, kept
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import ConsentRequired, Refused, Unacceptable
from accounts.stated import worded
from personas import assigning, cases, detecting, glancing, profiles, rules, rulesets
from personas.models import Assignment, Profile, Snapshot, Source, Window
from personas.rules import Persona

WINDOWS = (Window.DAYS_30, Window.DAYS_180)  # those that say where a person stands
HELD, LONGEST = 30, 90  # days


class WindowInvalid(Unacceptable):
    code = "INVALID_WINDOW_TYPE"
    sentence = "window_type must be either '30d' or '180d'"


class HoldInvalid(Unacceptable):
    sentence = f"A hold lasts 1 to {LONGEST} days."


class NotHeld(Refused):
    code = "NOT_HELD"
    sentence = "No operator's word stands for this window; what you see was computed."


@transaction.atomic
def override(
    *,
    user: User,
    window: Window,
    persona: Persona,
    reason: str,
    by: User,
    now: datetime,
    hold_days: int = HELD,
    origin: Origin = NOWHERE,
) -> Assignment:
    """One row with a reason, held for a while, its inputs frozen as a case; it ends the hold before it."""
    said, former = _taken_in_hand(user, window, reason)
    if not 1 <= hold_days <= LONGEST:
        raise HoldInvalid
    active = rulesets.active(tenant_id=user.tenant_id)
    inputs = profiles.stored(user_ids=[user.pk], window=window, document=active.document)
    if inputs.is_empty():
        raise profiles.NoSignals(user.pk)
    snapshot = Snapshot.objects.get(pk=inputs["snapshot_id"][0])
    _let_go(former, now)
    stands = _standing(user, window, persona)
    row = Assignment.objects.create(
        tenant_id=user.tenant_id,
        user=user,
        window_type=window.value,
        primary_persona=persona.value,
        primary_match_strength=rules.strength(inputs, persona, active.document).value,
        all_matches=[persona.value],
        criteria_met={"note": "Given by an operator.", "by_persona": {}},
        snapshot=snapshot,
        as_of=snapshot.as_of,
        data_fingerprint=snapshot.data_fingerprint,
        rule_set_id=active.id,
        rule_set_version=active.version,
        profile_persona=stands.value,
        source=Source.OPERATOR.value,
        assigned_by=by.pk,
        reason=said,
        held_until=now + timedelta(days=hold_days),
        assigned_at=max(now, former.assigned_at) if former else now,
    )
    cases.freeze(assignment=row, snapshot=snapshot, by=by.actor)
    detecting.detect(user_ids=[user.pk], windows=[window.value], tenant_id=user.tenant_id, now=now)
    _moved(user, stands)
    _sealed(row, former, said, by, now, origin)
    return row


@transaction.atomic
def release(
    *, user: User, window: Window, reason: str, by: User, now: datetime, origin: Origin = NOWHERE
) -> Assignment:
    """What the rules say of the stored signals holds again; the case of a hold that still ran is asked no more."""
    said, former = _taken_in_hand(user, window, reason)
    if former is None or former.source != Source.OPERATOR:
        raise NotHeld
    active = rulesets.active(tenant_id=user.tenant_id)
    inputs = profiles.stored(user_ids=[user.pk], window=window, document=active.document)
    if inputs.is_empty():
        raise profiles.NoSignals(user.pk)
    _let_go(former, now)
    appended = assigning.append(inputs, active=active, tenant_id=user.tenant_id, now=now, released=True)
    _moved(user, Persona(appended.standing["profile_persona"][0]))
    row = Assignment.objects.get(pk=appended.rows["assignment_id"][0])
    _sealed(row, former, said, by, now, origin)
    return row


def _taken_in_hand(user: User, window: Window, reason: str) -> tuple[str, Assignment | None]:
    """The reason as it will be kept, and the row that stands; nobody else writes about this person now."""
    said = worded(reason)
    if window not in WINDOWS:
        raise WindowInvalid
    if not profiles.locked(user_ids=[user.pk]):
        raise ConsentRequired
    return said, profiles.latest(user_ids=[user.pk], window=window).get(user.pk)


def _let_go(former: Assignment | None, now: datetime) -> None:
    if former and former.held_until and former.held_until > now:
        cases.retire(assignment_id=former.pk)


def _standing(user: User, window: Window, persona: Persona) -> Persona:
    """Where the person stands once this is said of the window."""
    (other,) = set(WINDOWS) - {window}
    beside = profiles.latest(user_ids=[user.pk], window=other).get(user.pk)
    return Persona(assigning.highest([persona.value, *([beside.primary_persona] if beside else [])]))


def _moved(user: User, stands: Persona) -> None:
    Profile.objects.filter(user=user).update(
        persona=stands.value, persona_id=stands.number, persona_name=stands.title_words
    )
    glancing.again(user_ids=[user.pk])
    kept.forget(user_ids=[user.pk])


def _sealed(row: Assignment, former: Assignment | None, said: str, by: User, now: datetime, origin: Origin) -> None:
    detail: dict[str, Any] = {
        "window": row.window_type,
        "persona": row.primary_persona,
        "former": former.primary_persona if former else None,
        "reason": said,
        "held_until": row.held_until.isoformat() if row.held_until else None,
    }
    audit.record(
        action=audit.Action.OVERRIDE,
        tenant_id=row.tenant_id,
        operator_id=by.pk,
        now=now,
        object_type="assignment",
        object_id=str(row.pk),
        subject=row.user_id,
        detail=detail,
        origin=origin,
    )


def held(*, user_id: UUID, now: datetime) -> dict[str, Assignment]:
    """By window, what an operator said and still holds. One statement."""
    rows = Assignment.objects.filter(user_id=user_id, window_type__in=WINDOWS)
    latest = rows.order_by("window_type", "-assigned_at", "-seq").distinct("window_type")
    return {row.window_type: row for row in latest if row.held_until and row.held_until > now}
