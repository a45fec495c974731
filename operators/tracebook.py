"""Traces as they were kept: found, and read with what happened to their items since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.refusals import NotThere
from personas.models import Assignment
from recommendations.items import RecommendationNotFound
from recommendations.models import Recommendation, RecordedMove, Trace


class TraceNotFound(NotThere):
    code = "TRACE_NOT_FOUND"
    sentence = "There is no trace of this recommendation."


STAGES = (
    ("Signals", "signals_detected_at"),
    ("Persona", "persona_assigned_at"),
    ("Content", "content_matched_at"),
    ("Rationale", "rationale_generated_at"),
    ("Guardrails", "guardrails_checked_at"),
)


@dataclass(frozen=True)
class Step:
    name: str
    at: datetime | None
    seconds: float | None  # since the step before


@dataclass(frozen=True)
class Kept:
    item: Recommendation
    trace: Mapping[str, Any]
    moves: list[RecordedMove]

    @property
    def steps(self) -> list[Step]:
        stages = self.trace.get("stages") or {}
        times = [datetime.fromisoformat(stages[name]) if stages.get(name) else None for _, name in STAGES]
        since = [None, *times[:-1]]
        return [
            Step(label, at, (at - before).total_seconds() if at and before else None)
            for (label, _), at, before in zip(STAGES, times, since, strict=True)
        ]


def kept(*, item_id: UUID) -> Kept:
    """As whoever looks may see it."""
    item = Recommendation.objects.select_related("user").filter(pk=item_id).first()
    if item is None:
        raise RecommendationNotFound
    trace = Trace.objects.filter(recommendation_id=item.pk).values_list("trace_data", flat=True).first()
    if trace is None:
        raise TraceNotFound
    moves = RecordedMove.objects.filter(recommendation_id=item.pk).order_by("revision", "at", "id")
    return Kept(item, trace, list(moves))


def search(*, tenant_id: UUID, q: str = "", rule_set_version: int | None = None) -> QuerySet[Recommendation]:
    """Items with a trace, by an id or the beginning of one, by their reader, their card or the rules of their day."""
    found = Recommendation.objects.filter(tenant_id=tenant_id, trace__isnull=False)
    if rule_set_version is not None:
        told = Assignment.objects.filter(assignment_id=OuterRef("assignment_id"), rule_set_version=rule_set_version)
        found = found.filter(Exists(told))
    if q:
        found = found.filter(_named(q))
    return found.select_related("user", "card").annotate(rule_set=F("trace__trace_data__inputs__rule_set__version"))


def _named(q: str) -> Q:
    try:
        known = UUID(q)
    except ValueError:
        return (
            Q(user__email__icontains=q)
            | Q(title__icontains=q)
            | Q(card__title__icontains=q)
            | Q(subject__istartswith=q)
        )
    return Q(pk=known) | Q(user_id=known) | Q(card_id=known) | Q(run_id=known)
