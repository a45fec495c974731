"""A person as a trace remembers them: its inputs turned back into what a run reads."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from recommendations.facts import Holding, Live, Person, Slot

Trace = Mapping[str, Any]


def person_of(
    trace: Trace, *, signals: Mapping[str, Any] | None = None, assignment: Mapping[str, Any] | None = None
) -> Person:
    """With the signals and the assignment it holds, unless others have been computed."""
    inputs = trace["inputs"]
    income = inputs["monthly_income"]
    return Person(
        user_id=UUID(trace["user_id"]),
        tenant_id=UUID(trace["tenant_id"]),
        as_of=date.fromisoformat(inputs["as_of"]),
        decision_window=inputs["decision_window"],
        signals=trace["signals"] if signals is None else signals,
        assignment=trace["persona_assignment"] if assignment is None else assignment,
        accounts=tuple(
            Holding(
                one["account_id"],
                one["kind"],
                one["type"],
                one["subtype"],
                one["name"],
                one["last4"],
                _decimal(one["balance"]),
                _decimal(one["limit"]),
                one["named"],
            )
            for one in inputs["accounts"]
        ),
        liabilities=tuple(inputs["liabilities"]),
        monthly_income=_decimal(income),
        consents={purpose: UUID(consent) if consent else None for purpose, consent in inputs["consents"].items()},
        inputs=inputs | {"measured_at": None, "assigned_at": None},
        live=tuple(Live(one["subject"], one["kind"], one["matched_persona"]) for one in inputs["live"]),
        rejected=frozenset(inputs["excluded_subjects"]["rejected_90d"]),
        top_category=inputs["top_category"],
    )


def cited_of(trace: Trace) -> tuple[Slot, ...]:
    """The facts that its rationale was made of."""
    window = trace["inputs"]["decision_window"]
    return tuple(
        Slot(one["slot"], one["text"], one["signal"], window, tuple(one["accounts"]))
        for one in trace["rationale"]["citations"]
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
