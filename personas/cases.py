"""Override cases: inputs on which an operator once overruled the rules, and whether a document honours them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.words import Word
from personas import rules
from personas.catalogue import CATALOGUE
from personas.models import Assignment, OverrideCase, Snapshot


class State(Word):
    OPEN = "open"
    WAIVED = "waived"
    RETIRED = "retired"


def of_tenant(tenant_id: UUID, state: State | None = None) -> QuerySet[OverrideCase]:
    """Those of consenting people, newest first; the policies leave everybody else out."""
    cases = OverrideCase.objects.filter(tenant_id=tenant_id).order_by("-created_at", "case_id")
    return cases.filter(state=state) if state else cases


def answers(cases: Sequence[OverrideCase], document: rules.Document) -> list[str]:
    """The persona that a document gives to the frozen inputs of each case."""
    found: list[str] = rules.evaluate(rules.frame_of(map(_nested, cases)), document)["primary"].to_list()
    return found


def broken(cases: Sequence[OverrideCase], document: rules.Document) -> list[dict[str, Any]]:
    return [
        {
            "case_id": str(case.pk),
            "window_type": case.window_type,
            "expected_persona": case.expected_persona,
            "got": got,
        }
        for case, got in zip(cases, answers(cases, document), strict=True)
        if got != case.expected_persona
    ]


@transaction.atomic
def freeze(*, assignment: Assignment, snapshot: Snapshot, by: str) -> OverrideCase:
    """What was known when an operator overruled the rules, and what the operator said it means."""
    return OverrideCase.objects.create(
        tenant_id=assignment.tenant_id,
        user_id=assignment.user_id,
        assignment_id=assignment.pk,
        window_type=assignment.window_type,
        signals={path: _plain(snapshot.signal(path)) for path in CATALOGUE},
        expected_persona=assignment.primary_persona,
        reason=assignment.reason or "",
        created_by=by,
        created_at=assignment.assigned_at,
    )


@transaction.atomic
def retire(*, assignment_id: UUID) -> None:
    """The word of which it came was taken back before its time, so no later rules must honour it."""
    OverrideCase.objects.filter(assignment_id=assignment_id, state=State.OPEN).update(state=State.RETIRED.value)


@transaction.atomic
def waive(*, reasons: Mapping[UUID, str], version: int, by: str, now: datetime) -> None:
    """A publication gives these open cases up, each with its reason; they are not asked again."""
    for case_id, reason in reasons.items():
        OverrideCase.objects.filter(pk=case_id, state=State.OPEN).update(
            state=State.WAIVED.value, waived_by=by, waived_at=now, waive_reason=reason, waived_version=version
        )


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _nested(case: OverrideCase) -> dict[str, dict[str, Any]]:
    nested: dict[str, dict[str, Any]] = {}
    for path, value in case.signals.items():
        category, _, name = path.partition(".")
        nested.setdefault(category, {})[name] = value
    return nested
