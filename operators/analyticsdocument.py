"""The analytics of a range of days as the one JSON document that the API answers and every file is made of."""

from typing import Any
from uuid import UUID

from operators.analytics import ACTS, TIMELINE, Acts, Analytics, Asked, rate


def document(found: Analytics) -> dict[str, Any]:
    people = sum(share.users for share in found.personas)
    return {
        "date_range": _range(found.asked),
        "summary": {
            **_summary(found.acts),
            "queue_size": found.queue_size,
            "recommendations_generated": sum(card.proposed for card in found.cards),
            "shown": sum(card.shown for card in found.cards),
            "clicked": sum(card.clicked for card in found.cards),
            "helpful": sum(card.helpful for card in found.cards),
        },
        "actions_by_type": {verb: found.acts.counts[verb] for verb in ACTS},
        "actions_timeline": [
            {"date": day.isoformat(), **{verb: acts.counts[verb] for verb in TIMELINE}}
            for day, acts in found.by_day.items()
        ],
        "operator_activity": [
            {
                "operator_id": str(operator_id),
                "actions": acts.total,
                "approval_rate": acts.approval_rate,
                "avg_processing_time_minutes": acts.mean_minutes,
            }
            for operator_id, acts in found.by_operator
        ],
        "approval_by_persona": {
            persona: {
                "approved": acts.counts["approve"],
                "rejected": acts.counts["reject"],
                "rate": acts.approval_rate,
            }
            for persona, acts in found.by_persona.items()
        },
        "top_rejection_reasons": [{"reason": reason, "count": count} for reason, count in found.reasons],
        "card_performance": [
            {
                "card_id": str(card.card_id),
                "key": card.key or "",
                "proposed": card.proposed,
                "approved": card.approved,
                "shown": card.shown,
                "clicked": card.clicked,
                "helpful": card.helpful,
            }
            for card in found.cards
        ],
        "persona_distribution": {
            share.persona: {"count": share.users, "percent": float(share.share_pct) if people else None}
            for share in found.personas
        },
        "positive_rate_pct": None if found.positive_rate_pct is None else float(found.positive_rate_pct),
    }


def of_operator(operator_id: UUID, asked: Asked, acts: Acts, by_day: dict[Any, int]) -> dict[str, Any]:
    return {
        "operator_id": str(operator_id),
        "date_range": _range(asked),
        "summary": _summary(acts),
        "daily_activity": [{"date": day.isoformat(), "actions": actions} for day, actions in by_day.items()],
    }


def _range(asked: Asked) -> dict[str, str]:
    return {"start": asked.first.isoformat(), "end": asked.last.isoformat()}


def _summary(acts: Acts) -> dict[str, Any]:
    """Flags and undos are told by the decision; what was decided twice counts twice."""
    return {
        "total_actions": acts.total,
        "approval_rate": acts.approval_rate,
        "flag_rate": rate(acts.counts["flag"], acts.total),
        "undo_rate": rate(acts.counts["undo"], acts.decided + acts.counts["modify"]),
        "avg_processing_time_minutes": acts.mean_minutes,
    }
