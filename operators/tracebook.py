"""Traces as they were kept: found, and read with what happened to their items since."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.refusals import NotThere
from recommendations.items import RecommendationNotFound
from recommendations.models import Recommendation, RecordedMove, Trace


class TraceNotFound(NotThere):
    code = "TRACE_NOT_FOUND"
    sentence = "There is no trace of this recommendation."


@dataclass(frozen=True)
class Kept:
    item: Recommendation
    trace: Mapping[str, Any]
    moves: list[RecordedMove]


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
