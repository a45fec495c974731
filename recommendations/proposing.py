"""A run: who is due, and proposing to many alike, each by what they are, have and have said no to."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction

from recommendations import remaining, standing
from recommendations.considering import Chosen, consider
from recommendations.facts import Person
from recommendations.items import Claimed
from recommendations.lifecycle import Status, Withdrawal
from recommendations.models import Claim, Outcome
from recommendations.pieces import Shelf
from recommendations.recording import Record
from recommendations.remaining import Item
from recommendations.rewriting import NONE, Rewrites
from recommendations.shelf import shelf
from recommendations.tracing import Common

# A refresh writes the profile last, so whoever was refreshed since the last consideration is asked in full.
DUE = """
    WITH last AS (
        SELECT DISTINCT ON (user_id) user_id, assignment_id, snapshot_id, created_at
          FROM considerations WHERE tenant_id = %(tenant)s ORDER BY user_id, created_at DESC),
    cards AS (SELECT max(updated_at) AS changed_at FROM cards WHERE tenant_id = %(tenant)s),
    open AS (
        SELECT user_id, count(*) FILTER (WHERE type = 'education') AS education, bool_or(status = 'pending') AS waiting
          FROM recommendations WHERE tenant_id = %(tenant)s AND status IN ('pending', 'approved') GROUP BY user_id)
    SELECT u.user_id
      FROM users u JOIN persona_profiles p USING (user_id) LEFT JOIN last USING (user_id) LEFT JOIN open USING (user_id)
           CROSS JOIN cards
     WHERE u.tenant_id = %(tenant)s AND u.role = 'user' AND u.consent_status
       AND (CAST(%(users)s AS uuid[]) IS NULL OR u.user_id = ANY(%(users)s))
       AND NOT EXISTS (SELECT FROM review_claims c WHERE c.user_id = u.user_id AND c.expires_at > %(now)s)
       AND (last.user_id IS NULL
            OR (p.refreshed_at >= last.created_at
                AND row(last.assignment_id, last.snapshot_id) IS DISTINCT FROM coalesce((
                    SELECT row(a.assignment_id, s.snapshot_id)
                     FROM (SELECT DISTINCT ON (window_type) assignment_id, window_type, primary_persona
                             FROM user_personas WHERE user_id = u.user_id AND window_type IN ('30d', '180d')
                            ORDER BY window_type, assigned_at DESC, seq DESC) a
                     LEFT JOIN LATERAL (SELECT snapshot_id FROM signal_snapshots
                                         WHERE user_id = u.user_id AND time_window = a.window_type AND NOT backfill
                                         ORDER BY computed_at DESC LIMIT 1) s ON true
                    WHERE a.primary_persona = p.persona ORDER BY a.window_type DESC LIMIT 1),
                    row(NULL::uuid, NULL::uuid)))
            OR (cards.changed_at > last.created_at AND coalesce(open.waiting, false))
            OR (coalesce(open.education, 0) < 3 AND last.created_at < %(now)s - interval '24 hours'))
     ORDER BY u.user_id
"""
LOCKED = """
    SELECT user_id FROM users WHERE user_id = ANY(%s::uuid[]) AND consent_status ORDER BY user_id
       FOR UPDATE {waiting}
"""


@dataclass(frozen=True)
class Proposed:
    """What a run did for one person."""

    user_id: UUID
    outcome: Outcome
    run_id: UUID
    education: int = 0
    partner_offers: int = 0
    new: int = 0
    error: str | None = None


def due(*, tenant_id: UUID, now: datetime, user_ids: Collection[UUID] | None = None) -> list[UUID]:
    """Consenting people about whom something changed since they were last considered."""
    with connection.cursor() as cursor:
        users = None if user_ids is None else list(user_ids)
        cursor.execute(DUE, {"tenant": tenant_id, "users": users, "now": now})
        return [user_id for (user_id,) in cursor.fetchall()]


@transaction.atomic
def propose(
    *,
    user_ids: Collection[UUID],
    tenant_id: UUID,
    now: datetime,
    asked_for: bool = False,
    rewrites: Rewrites = NONE,
) -> list[Proposed]:
    """Consider many people, or one, with one shelf; who is being reviewed or no longer due is left for later.

    When somebody asked for it, everybody named is considered or told why not, and whoever is locked is waited for.
    """
    record = Record(uuid4(), tenant_id, now)
    locked = _locked(user_ids, wait=asked_for)
    done, able = _answered(user_ids, locked, record) if asked_for else ([], _due_still(locked, record))
    if able:
        done += _gathered(able, record, rewrites)
        record.store()
    return done


def foreseen(
    *, user_ids: Collection[UUID], tenant_id: UUID, now: datetime, asked_for: bool = False
) -> dict[str, tuple[str, ...]]:
    """The rationales that a run would add now, each with its facts; nobody is locked and nothing is written."""
    record = Record(uuid4(), tenant_id, now)
    able = list(user_ids) if asked_for else _due_still(user_ids, record)
    _gathered(able, record, NONE)
    told = (chosen.told for chosen, *_ in record.new if chosen.told.passed)
    return {one.worded.text: tuple(slot.text for slot in one.worded.used) for one in told}


@transaction.atomic
def give_up(*, user_id: UUID, tenant_id: UUID, now: datetime) -> None:
    """After a fault of ours: it is written down, and tried again when something changes or after a day."""
    record = Record(uuid4(), tenant_id, now)
    for locked in _locked([user_id], wait=True):
        _silent(locked, Outcome.FAILED, (), record)
    record.store()


def _due_still(locked: Collection[UUID], record: Record) -> list[UUID]:
    return due(tenant_id=record.tenant_id, now=record.now, user_ids=locked)


def _answered(asked: Collection[UUID], locked: Sequence[UUID], record: Record) -> tuple[list[Proposed], list[UUID]]:
    """Of those who were named: what is answered at once, and who can be considered."""
    held = set(Claim.objects.filter(user_id__in=locked, expires_at__gt=record.now).values_list("user_id", flat=True))
    agreed = set(locked)
    refused = [Proposed(one, Outcome.NO_CONSENT, record.run_id) for one in asked if one not in agreed]
    waiting = [Proposed(one, Outcome.FAILED, record.run_id, error=Claimed.code) for one in locked if one in held]
    return [*refused, *waiting], [one for one in locked if one not in held]


def _gathered(able: Sequence[UUID], record: Record, rewrites: Rewrites) -> list[Proposed]:
    on_shelf = shelf(tenant_id=record.tenant_id)
    people, silent = standing.persons(user_ids=able, shelf=on_shelf)
    items, rejected = remaining.items(able), remaining.rejected(able, record.now)
    done = []
    for user_id in able:
        if user_id in people:
            person = people[user_id]
            done.append(_considered(person, items[user_id], rejected[user_id], on_shelf, rewrites, record))
        else:
            done.append(_silent(user_id, silent[user_id], items[user_id], record))
    return done


def _silent(user_id: UUID, outcome: Outcome, items: Sequence[Item], record: Record) -> Proposed:
    if outcome is Outcome.NO_SIGNALS:
        record.withdrawn((item.id, Withdrawal.NO_SIGNALS) for item in items)
    record.considered(user_id, outcome)
    return Proposed(user_id, outcome, record.run_id)


def _considered(
    person: Person,
    items: Sequence[Item],
    rejected: frozenset[str],
    on_shelf: Shelf,
    rewrites: Rewrites,
    record: Record,
) -> Proposed:
    began = time.perf_counter()
    ends = remaining.ended(items, person, on_shelf, record.now)
    person = remaining.with_these(person, items, ends, rejected)
    found = consider(person, on_shelf, rewrites)
    waiting = {item.said: item for item in items if item.status == Status.PENDING}
    kept = {one.piece.subject for one in found.chosen if _said(one) in waiting}
    new = [one for one in found.chosen if one.piece.subject not in kept]
    if found.enough:
        ends |= {item.id: Withdrawal.SUPERSEDED for item in waiting.values() if item.subject not in kept}
    took = round((time.perf_counter() - began) * 1000)
    common = Common(found, person, on_shelf)
    record.withdrawn(ends.items())
    record.proposed(new, common, took)
    outcome = Outcome.INSUFFICIENT_CONTENT
    if found.enough:
        outcome = Outcome.PROPOSED if new or ends else Outcome.UNCHANGED
    offers = sum(one.piece.offer for one in found.chosen)
    education = len(found.chosen) - offers
    record.considered(
        person.user_id,
        outcome,
        common,
        took,
        education=education,
        partner_offers=offers,
        new=len(new),
        kept=len(kept),
        withdrawn=len(ends),
        live=len(person.live),
    )
    return Proposed(person.user_id, outcome, record.run_id, education, offers, len(new))


def _said(chosen: Chosen) -> tuple[str, int, str, str]:
    return chosen.piece.subject, chosen.piece.version, chosen.told.worded.text, chosen.told.disclosure


def _locked(user_ids: Collection[UUID], *, wait: bool) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(LOCKED.format(waiting="" if wait else "SKIP LOCKED"), [list(user_ids)])
        return [user_id for (user_id,) in cursor.fetchall()]
