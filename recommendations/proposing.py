"""A run: who is due, and proposing to many alike; what it writes is gathered and written table by table."""

import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from recommendations import citations, proposals, standing
from recommendations.considering import Chosen, Considered, consider
from recommendations.eligibility import screened
from recommendations.facts import Live, Person
from recommendations.lifecycle import Status, Verb, Withdrawal
from recommendations.models import Claim, Outcome
from recommendations.pieces import Shelf
from recommendations.shelf import shelf
from recommendations.tracing import (
    ENGINE,
    Common,
    Made,
    candidate_of,
    citation_of,
    common_of,
    presentation_of,
    trace_text,
)

LIVES = timedelta(days=90)  # of an approved item
SILENCE = timedelta(days=90)  # of a rejected subject
TRY_AGAIN = timedelta(hours=24)  # for who has fewer than three

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
OPEN = """
    SELECT r.id, r.user_id, r.status, r.type, r.subject, r.card_id, r.card_version, r.matched_persona, r.approved_at,
           t.trace_data -> 'rationale' ->> 'text', r.disclosure
      FROM recommendations r LEFT JOIN decision_traces t ON t.recommendation_id = r.id
     WHERE r.user_id = ANY(%s::uuid[]) AND r.status IN ('pending', 'approved')
"""
REJECTED = """
    SELECT DISTINCT user_id, subject FROM recommendations
     WHERE user_id = ANY(%s::uuid[]) AND status = 'rejected' AND rejected_at > %s
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


@dataclass(frozen=True)
class _Open:
    id: UUID
    user_id: UUID
    status: str
    type: str
    subject: str
    card_id: UUID
    card_version: int
    matched_persona: str
    approved_at: datetime | None
    rationale: str | None
    disclosure: str

    @property
    def said(self) -> tuple[str, int, str | None, str]:
        return self.subject, self.card_version, self.rationale, self.disclosure


def due(*, tenant_id: UUID, now: datetime, user_ids: Collection[UUID] | None = None) -> list[UUID]:
    """Consenting people about whom something changed since they were last considered."""
    with connection.cursor() as cursor:
        users = None if user_ids is None else list(user_ids)
        cursor.execute(DUE, {"tenant": tenant_id, "users": users, "now": now})
        return [user_id for (user_id,) in cursor.fetchall()]


@transaction.atomic
def propose(*, user_ids: Collection[UUID], tenant_id: UUID, now: datetime, asked_for: bool = False) -> list[Proposed]:
    """Consider many people, or one, with one shelf; who is being reviewed or no longer due is left for later.

    When somebody asked for it, everybody named is considered, and whoever is locked is waited for.
    """
    run_id = uuid4()
    locked = _locked(user_ids, wait=asked_for)
    if asked_for:
        held = Claim.objects.filter(user_id__in=locked, expires_at__gt=now).values_list("user_id", flat=True)
        able = [user_id for user_id in locked if user_id not in set(held)]
    else:
        able = due(tenant_id=tenant_id, now=now, user_ids=locked)
    refused = [user_id for user_id in user_ids if user_id not in set(locked)] if asked_for else []
    done = [Proposed(user_id, Outcome.NO_CONSENT, run_id) for user_id in refused]
    if not able:
        return done
    on_shelf = shelf(tenant_id=tenant_id)
    people, silent = standing.persons(user_ids=able, shelf=on_shelf)
    items, rejected = _open_items(able), _rejected(able, now)
    run = _Run(run_id, tenant_id, now, on_shelf)
    for user_id in able:
        if user_id in people:
            done.append(run.consider(people[user_id], items[user_id], rejected[user_id]))
        else:
            done.append(run.nothing(user_id, silent[user_id], items[user_id]))
    run.store()
    return done


@transaction.atomic
def give_up(*, user_id: UUID, tenant_id: UUID, now: datetime) -> None:
    """After a fault of ours: it is written down, and tried again when something changes or after a day."""
    run = _Run(uuid4(), tenant_id, now, Shelf(()))
    for locked in _locked([user_id], wait=True):
        run.nothing(locked, Outcome.FAILED, ())
    run.rows.insert()


class _Run:
    """One run over a batch: what it withdraws and writes is gathered, then written table by table."""

    def __init__(self, run_id: UUID, tenant_id: UUID, now: datetime, on_shelf: Shelf) -> None:
        self.run_id, self.tenant_id, self.now, self.shelf = run_id, tenant_id, now, on_shelf
        self.by_card = {piece.card_id: piece for piece in on_shelf.pieces}
        self.rows = proposals.Rows()
        self.gone: list[tuple[UUID, Withdrawal]] = []
        self.new: list[tuple[Chosen, Considered, Person, int]] = []

    def nothing(self, user_id: UUID, outcome: Outcome, items: Sequence[_Open]) -> Proposed:
        if outcome is Outcome.NO_SIGNALS:
            self.gone += [(item.id, Withdrawal.NO_SIGNALS) for item in items]
        self._considered(user_id, outcome, None, {}, [], 0)
        return Proposed(user_id, outcome, self.run_id)

    def consider(self, person: Person, items: Sequence[_Open], rejected: frozenset[str]) -> Proposed:
        began = time.perf_counter()
        ends = {item.id: reason for item in items if (reason := self._ends(item, person))}
        live = [item for item in items if item.status == Status.APPROVED and item.id not in ends]
        person = replace(
            person,
            live=tuple(Live(item.subject, item.type, item.matched_persona) for item in live),
            rejected=rejected,
        )
        found = consider(person, self.shelf)
        waiting = {item.said: item for item in items if item.status == Status.PENDING}
        kept = {one.piece.subject for one in found.chosen if self._said(one) in waiting}
        new = [one for one in found.chosen if one.piece.subject not in kept]
        if found.enough:
            ends |= {item.id: Withdrawal.SUPERSEDED for item in waiting.values() if item.subject not in kept}
        took = round((time.perf_counter() - began) * 1000)
        self.gone += ends.items()
        self.new += [(one, found, person, took) for one in new]
        outcome = Outcome.INSUFFICIENT_CONTENT
        if found.enough:
            outcome = Outcome.PROPOSED if new or ends else Outcome.UNCHANGED
        offers = sum(one.piece.offer for one in found.chosen)
        counts = {
            "education": len(found.chosen) - offers,
            "partner_offers": offers,
            "new": len(new),
            "kept": len(kept),
            "withdrawn": len(ends),
            "live": len(live),
        }
        looked = [candidate_of(*one) for one in found.looked]
        self._considered(person.user_id, outcome, person, counts, looked, took)
        return Proposed(person.user_id, outcome, self.run_id, counts["education"], offers, len(new))

    def _said(self, chosen: Chosen) -> tuple[str, int, str, str]:
        return chosen.piece.subject, chosen.piece.version, chosen.told.worded.text, chosen.told.disclosure

    def _ends(self, item: _Open, person: Person) -> Withdrawal | None:
        """Why an approved item stays no longer."""
        if item.status != Status.APPROVED or item.approved_at is None:
            return None
        if item.approved_at <= self.now - LIVES:
            return Withdrawal.EXPIRED
        piece = self.by_card.get(item.card_id)
        if piece is None:
            return Withdrawal.CARD_DELETED
        return Withdrawal.NO_LONGER_ELIGIBLE if piece.offer and screened(piece, person).refusal else None

    def _considered(
        self,
        user_id: UUID,
        outcome: Outcome,
        person: Person | None,
        counts: Mapping[str, int],
        looked: Sequence[Mapping[str, Any]],
        took: int,
    ) -> None:
        self.rows.add(
            "considerations",
            id=uuid4(),
            tenant_id=self.tenant_id,
            user_id=user_id,
            run_id=self.run_id,
            assignment_id=person.assignment["assignment_id"] if person else None,
            snapshot_id=person.inputs["snapshot_id"] if person else None,
            as_of=person.as_of if person else None,
            outcome=outcome.value,
            counts=counts,
            candidates=looked,
            duration_ms=took,
            engine_version=ENGINE,
            created_at=self.now,
        )

    def store(self) -> None:
        proposals.withdraw(reasons=self.gone, now=self.now)
        behind = {
            (person.user_id, slot): asked
            for chosen, _, person, _ in self.new
            for slot in chosen.told.worded.used
            if (asked := citations.asked_of(slot, person))
        }
        cited = citations.cited(behind.values())
        common = {person.user_id: common_of(found, person, self.shelf) for _, found, person, _ in self.new}
        for chosen, _, person, took in self.new:
            self._item(chosen, common[person.user_id], person, took, behind, cited)
        used = sorted({chosen.piece.card_id for chosen, *_ in self.new})
        for card_id in used:
            self.rows.add(
                "card_usage",
                usage_id=uuid4(),
                tenant_id=self.tenant_id,
                card_id=card_id,
                card_version=self.by_card[card_id].version,
                workflow_id=str(self.run_id),
                workflow_type="recommendation_generation",
                trace_id="",
                metadata={},
                used_at=self.now,
            )
        self.rows.insert()
        proposals.count_uses(cards=[chosen.piece.card_id for chosen, *_ in self.new], now=self.now)

    def _item(
        self,
        chosen: Chosen,
        common: Common,
        person: Person,
        took: int,
        behind: Mapping[Any, citations.Asked],
        cited: Mapping[citations.Asked, citations.Cited],
    ) -> None:
        piece, told = chosen.piece, chosen.told
        made = Made(self.run_id, uuid4(), uuid4(), self.now, took)
        beside: dict[str, Any] = {
            "tenant_id": self.tenant_id,
            "user_id": person.user_id,
            "recommendation_id": made.recommendation_id,
        }
        rows = [
            (slot, cited.get(behind[person.user_id, slot]) if (person.user_id, slot) in behind else None)
            for slot in told.worded.used
        ]
        cites = [citation_of(slot, one.transactions if one else (), one.count if one else 0) for slot, one in rows]
        self.rows.add(
            "recommendations",
            id=made.recommendation_id,
            tenant_id=self.tenant_id,
            user_id=person.user_id,
            run_id=self.run_id,
            assignment_id=person.assignment["assignment_id"],
            card_id=piece.card_id,
            card_version=piece.version,
            card_content_hash=piece.content_hash,
            subject=piece.subject,
            type=piece.kind,
            title=piece.title,
            content=piece.body,
            rationale=told.worded.text,
            disclosure=told.disclosure,
            presentation=presentation_of(chosen, person),
            status=Status.PENDING.value,
            priority=chosen.priority,
            position=chosen.position,
            persona=person.primary,
            matched_persona=chosen.candidate.matched_persona,
            partner_checks=told.screened.partner_checks if told.screened else (),
            guardrails_passed=told.passed,
            flagged=not told.passed,
            as_of=person.as_of,
            clicked=False,
            revision=1,
            created_at=self.now,
        )
        self.rows.add(
            "decision_traces",
            id=made.trace_id,
            **beside,
            text={"trace_data": trace_text(made, chosen, common, person, cites)},
            created_at=self.now,
        )
        self.rows.add(
            "recommendation_moves",
            id=uuid4(),
            **beside,
            verb=Verb.PROPOSE.value,
            from_status=None,
            to_status=Status.PENDING.value,
            at=self.now,
            created_at=self.now,
        )
        if not told.passed:
            self.rows.add(
                "recommendation_flags",
                id=uuid4(),
                **beside,
                flagged_by=None,
                flag_reason=proposals.SYSTEM_FLAG,
                flagged_at=self.now,
                resolved=False,
            )


def _locked(user_ids: Collection[UUID], *, wait: bool) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(LOCKED.format(waiting="" if wait else "SKIP LOCKED"), [list(user_ids)])
        return [user_id for (user_id,) in cursor.fetchall()]


def _open_items(user_ids: Collection[UUID]) -> dict[UUID, list[_Open]]:
    found: dict[UUID, list[_Open]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [list(user_ids)])
        for row in cursor.fetchall():
            item = _Open(*row)
            found[item.user_id].append(item)
    return found


def _rejected(user_ids: Collection[UUID], now: datetime) -> dict[UUID, frozenset[str]]:
    found: dict[UUID, set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(REJECTED, [list(user_ids), now - SILENCE])
        for user_id, subject in cursor.fetchall():
            found[user_id].add(subject)
    return defaultdict(frozenset, {user_id: frozenset(subjects) for user_id, subjects in found.items()})
