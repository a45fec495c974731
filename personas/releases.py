"""Publications of rules: what stands between a draft and its own, and what came of those that were."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet

from accounts.refusals import Refused
from personas import cases, rulesets
from personas.models import OverrideCase, RuleSet, Simulation, Transition
from personas.models.assignments import Cause
from personas.rulesets import Active


@dataclass(frozen=True)
class BrokenCase:
    """A case, and the persona that a document gives to it instead."""

    case: OverrideCase
    got: str


@dataclass(frozen=True)
class Readiness:
    """What a publication would meet now: the objections that no waiver removes, and the cases that each need one."""

    active: Active
    simulation: Simulation | None
    objections: list[Refused]
    broken: list[BrokenCase]
    version: int
    users_due: int


def readiness(*, rule_set: RuleSet, tenant_id: UUID, now: datetime) -> Readiness:
    active = rulesets.active(tenant_id=tenant_id)
    simulation = rulesets.believable(rule_set, active, now).first()
    objections: list[Refused] = []
    if rule_set.base_version != active.version:
        objections.append(rulesets.StaleDraft(rule_set.base_version, active.version))
    if simulation is None:
        objections.append(rulesets.SimulationRequired())
    return Readiness(
        active,
        simulation,
        objections,
        broken(rule_set=rule_set, tenant_id=tenant_id),
        rulesets.next_version(tenant_id=tenant_id),
        rulesets.due_after(tenant_id=tenant_id),
    )


def broken(*, rule_set: RuleSet, tenant_id: UUID) -> list[BrokenCase]:
    opened = list(cases.of_tenant(tenant_id, cases.State.OPEN))
    found = zip(opened, cases.answers(opened, rulesets.document_of(rule_set)), strict=True)
    return [BrokenCase(case, got) for case, got in found if got != case.expected_persona]


def published(*, tenant_id: UUID) -> QuerySet[RuleSet]:
    """Every version, newest first."""
    return rulesets.visible(tenant_id=tenant_id).filter(version__isnull=False).order_by("-version", "id")


def since(*, rule_set: RuleSet, tenant_id: UUID) -> Sequence[RuleSet]:
    """What was published after this one, which rolling back to it leaves behind."""
    return list(published(tenant_id=tenant_id).filter(version__gt=rule_set.version))


def changed(*, tenant_id: UUID, rule_sets: Collection[UUID]) -> dict[UUID, int]:
    """How many people each of these gave another persona, those who agree now. One statement."""
    moved = Transition.objects.filter(
        tenant_id=tenant_id, cause=Cause.RULES.value, assignment__rule_set_id__in=rule_sets
    )
    counted = moved.values("assignment__rule_set_id").annotate(people=Count("user_id", distinct=True))
    return dict(counted.values_list("assignment__rule_set_id", "people"))
