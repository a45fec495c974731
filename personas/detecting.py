"""Transitions after the fact: recording one that nobody recorded, and that a person has seen their celebration."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.refusals import ConsentRequired, NotThere, Refused
from personas import history, transitions
from personas.models import Transition
from personas.profiles import UserNotFound


class InsufficientHistory(NotThere):
    code = "INSUFFICIENT_HISTORY"
    sentence = "Two assignments of one window are needed to see a transition."


class TransitionNotFound(NotThere):
    code = "TRANSITION_NOT_FOUND"
    sentence = "There is no such transition."


@dataclass(frozen=True)
class Detected:
    """The transition to the latest row, if it is one; `recorded` when nobody had written it down before."""

    transition: Transition | None
    assigned_at: datetime
    recorded: bool = False


Found = dict[tuple[UUID, str], Detected | Refused]


@transaction.atomic
def detect(*, user_ids: Collection[UUID], windows: Collection[str], tenant_id: UUID, now: datetime) -> Found:
    """What the latest two rows of each person and window say; a second call writes nothing and says the same."""
    people = User.objects.consumers().filter(pk__in=user_ids, tenant_id=tenant_id).order_by("pk")
    standing = dict(people.select_for_update().values_list("pk", "consent_status"))
    able = [user_id for user_id, agreed in standing.items() if agreed]
    rows = history.turns(user_ids=able, windows=windows)
    latest = [history_of[-1].assignment_id for history_of in rows.values()]
    known = {one.assignment_id: one for one in Transition.objects.filter(assignment_id__in=latest)}
    missing = {
        at: _written(change, *at, tenant_id, now)
        for at, history_of in rows.items()
        if history_of[-1].assignment_id not in known and (change := transitions.latest_change(history_of))
    }
    if missing:
        Transition.objects.bulk_create(missing.values())
    found: Found = {}
    for user_id in user_ids:
        for window in windows:
            history_of = rows.get((user_id, window), [])
            if user_id not in able:
                found[user_id, window] = ConsentRequired() if user_id in standing else UserNotFound(user_id)
            elif len(history_of) < 2:
                found[user_id, window] = InsufficientHistory()
            else:
                new = missing.get((user_id, window))
                one = new or known.get(history_of[-1].assignment_id)
                found[user_id, window] = Detected(one, history_of[-1].assigned_at, recorded=new is not None)
    return found


@transaction.atomic
def acknowledge(*, user: User, transition_id: UUID, now: datetime) -> Transition:
    """The person has seen it: noted once, and the first time stands."""
    locked = User.objects.select_for_update().get(pk=user.pk)
    if not locked.consent_status:
        raise ConsentRequired
    own = Transition.objects.filter(user=user, pk=transition_id)
    own.filter(celebration_acknowledged_at=None).update(celebration_acknowledged_at=now)
    seen = own.first()
    if seen is None:
        raise TransitionNotFound
    return seen


def _written(change: transitions.Change, user_id: UUID, window: str, tenant_id: UUID, now: datetime) -> Transition:
    party = change.celebration
    return Transition(
        tenant_id=tenant_id,
        user_id=user_id,
        window_type=window,
        assignment_id=change.assignment_id,
        from_assignment_id=change.from_assignment_id,
        from_persona=change.from_persona,
        to_persona=change.to_persona,
        transition_date=change.transition_date,
        days_in_previous_persona=change.days_in_previous_persona,
        cause=change.cause.value,
        celebration_shown=party is not None,
        milestone_achieved=party.milestone if party else None,
        achievement_title=party.title if party else None,
        from_assigned_at=change.from_assigned_at,
        created_at=now,
    )
