"""Rule sets as they live: which one is active, how one is drafted, changed, published and rolled back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Max, Q, QuerySet

from accounts import audit
from accounts.fingerprints import canonical
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import NotThere, Refused, Unacceptable
from accounts.stated import worded
from personas import cases, rules
from personas.models import RuleSet, Simulation
from personas.models.rulesets import Status
from personas.rules import Document

FRESH = timedelta(hours=24)


class RuleSetNotFound(NotThere):
    code = "RULE_SET_NOT_FOUND"
    sentence = "There is no such rule set."


class RuleSetInvalid(Unacceptable):
    code = "RULE_SET_INVALID"

    def __init__(self, errors: list[rules.Error]) -> None:
        said = "1 place of the rule set is wrong." if len(errors) == 1 else f"{len(errors)} places are wrong."
        shown = [
            {"field": one["path"] or "document", "code": one["code"], "message": one["sentence"]} for one in errors
        ]
        super().__init__(said, errors=shown)


class NotADraft(Refused):
    code = "NOT_A_DRAFT"
    sentence = "What has been published stays as it is. Make a draft of it and change that."


class DraftChanged(Refused):
    code = "DRAFT_CHANGED"
    sentence = "Somebody saved this draft since you opened it. Compare with what stands there now before you save."


class StaleDraft(Refused):
    code = "STALE_DRAFT"

    def __init__(self, base: int, active: int) -> None:
        super().__init__(
            f"The draft is based on version {base}, and version {active} is active. "
            f"Compare them, set base_version to {active} and simulate again."
        )


class SimulationRequired(Refused):
    code = "SIMULATION_REQUIRED"
    sentence = (
        "Publishing needs a completed simulation of exactly this document against the active version, "
        "at most 24 hours old. Simulate the draft."
    )


class OverrideCasesBroken(Refused):
    code = "OVERRIDE_CASES_BROKEN"

    def __init__(self, broken: list[dict[str, Any]]) -> None:
        said = "1 override case" if len(broken) == 1 else f"{len(broken)} override cases"
        super().__init__(f"The rules break {said}. Change the draft, or waive each with a reason.", cases=broken)


class AlreadyActive(Refused):
    code = "ALREADY_ACTIVE"
    sentence = "This version is the active one; there is nothing to roll back."


@dataclass(frozen=True)
class Active:
    """The rule set in force, with its document read."""

    id: UUID
    version: int
    document: Document


@dataclass(frozen=True)
class Published:
    """A rule set that is in force now, how many people it makes due, and the cases it does not honour."""

    rule_set: RuleSet
    users_due: int
    cases_broken: list[dict[str, Any]]


def active(*, tenant_id: UUID) -> Active:
    """What the institution has published, else the shipped version 1. One statement."""
    row = (
        visible(tenant_id=tenant_id)
        .filter(status=Status.PUBLISHED)
        .order_by(F("tenant_id").asc(nulls_last=True))
        .first()
    )
    if row is None or row.version is None:
        raise LookupError("There is no published rule set; the migrations make version 1.")
    return Active(row.pk, row.version, document_of(row))


def visible(*, tenant_id: UUID) -> QuerySet[RuleSet]:
    """The institution's own, and the shipped one."""
    return RuleSet.objects.filter(Q(tenant_id=tenant_id) | Q(tenant_id=None))


def with_status(status: Status, active: Active) -> Q:
    """As the institution sees it: the shipped rules are retired for who has their own."""
    in_force, drafted = Q(pk=active.id), Q(status=Status.DRAFT)
    return {Status.PUBLISHED: in_force, Status.DRAFT: drafted, Status.RETIRED: ~in_force & ~drafted}[status]


def find(*, rule_set_id: UUID, tenant_id: UUID) -> RuleSet:
    row = visible(tenant_id=tenant_id).filter(pk=rule_set_id).first()
    if row is None:
        raise RuleSetNotFound
    return row


def document_of(row: RuleSet) -> Document:
    return _read(canonical(row.document))


def believable(row: RuleSet, active: Active, now: datetime) -> QuerySet[Simulation]:
    """Simulations on which this document may be published beside the active one, newest first."""
    tried = Simulation.objects.filter(
        rule_set_id=row.pk, rule_set_hash=row.hash, base_version=active.version, status="completed"
    )
    return tried.filter(finished_at__gte=now - FRESH).order_by("-finished_at", "pk")


def broken_by(row: RuleSet, *, tenant_id: UUID) -> list[dict[str, Any]]:
    """The open cases that its document does not honour."""
    return cases.broken(list(cases.of_tenant(tenant_id, cases.State.OPEN)), document_of(row))


def due_after(*, tenant_id: UUID) -> int:
    """How many people a publication makes due."""
    return User.objects.consumers().consenting().filter(tenant_id=tenant_id).count()


def next_version(*, tenant_id: UUID) -> int:
    newest: int = visible(tenant_id=tenant_id).aggregate(newest=Max("version"))["newest"]
    return newest + 1


@transaction.atomic
def draft(
    *,
    by: User,
    now: datetime,
    base_version: int | None = None,
    document: Mapping[str, Any] | None = None,
    note: str = "",
    origin: Origin = NOWHERE,
) -> RuleSet:
    """A draft of this document, by default of the base version's, which by default is the active one."""
    base = active(tenant_id=by.tenant_id) if base_version is None else _version(base_version, by.tenant_id)
    wanted = _unnumbered(_valid(document) if document is not None else base.document)
    row = RuleSet.objects.create(
        tenant_id=by.tenant_id,
        document=wanted.as_json(),
        hash=wanted.hash,
        base_version=base.version,
        note=note,
        created_by=by.actor,
        created_at=now,
    )
    _sealed(audit.Action.RULES_DRAFT, row, by, now, origin, change="made")
    return row


@transaction.atomic
def change(
    *,
    rule_set_id: UUID,
    by: User,
    now: datetime,
    base_version: int | None = None,
    document: Mapping[str, Any] | None = None,
    note: str | None = None,
    expected: str | None = None,
    origin: Origin = NOWHERE,
) -> RuleSet:
    """Save a draft, where it still has the hash that was `expected`. Another base version says that the draft was
    compared with it."""
    row = _locked_draft(rule_set_id, by.tenant_id)
    if expected is not None and expected != row.hash:
        raise DraftChanged
    former = row.hash
    if base_version is not None:
        row.base_version = base_version
        _version(base_version, by.tenant_id)
    if document is not None:
        wanted = _unnumbered(_valid(document))
        row.document, row.hash = wanted.as_json(), wanted.hash
    if note is not None:
        row.note = note
    row.save(update_fields=["base_version", "document", "hash", "note"])
    _sealed(audit.Action.RULES_DRAFT, row, by, now, origin, change="changed", former_hash=former)
    return row


@transaction.atomic
def discard(*, rule_set_id: UUID, by: User, now: datetime, origin: Origin = NOWHERE) -> None:
    """Throw a draft away with its simulations."""
    row = _locked_draft(rule_set_id, by.tenant_id)
    RuleSet.objects.filter(pk=row.pk).delete()
    _sealed(audit.Action.RULES_DRAFT, row, by, now, origin, change="discarded")


@transaction.atomic
def publish(
    *,
    rule_set_id: UUID,
    simulation_id: UUID | None,
    note: str,
    by: User,
    now: datetime,
    waivers: Mapping[UUID, str] | None = None,
    origin: Origin = NOWHERE,
) -> Published:
    """Put a simulated draft in force. A waiver of a case that is not broken has no effect."""
    said, waived = worded(note), {case_id: worded(reason) for case_id, reason in (waivers or {}).items()}
    _one_after_another(by.tenant_id)
    row = _locked_draft(rule_set_id, by.tenant_id)
    current = active(tenant_id=by.tenant_id)
    if row.base_version != current.version:
        raise StaleDraft(row.base_version, current.version)
    if simulation_id is None or not believable(row, current, now).filter(pk=simulation_id).exists():
        raise SimulationRequired
    row.published_with = simulation_id
    broken = broken_by(row, tenant_id=by.tenant_id)
    if unwaived := [case for case in broken if UUID(case["case_id"]) not in waived]:
        raise OverrideCasesBroken(unwaived)
    published = _in_force(row, said, by, now, broken)
    given_up = {UUID(case["case_id"]): waived[UUID(case["case_id"])] for case in broken}
    cases.waive(reasons=given_up, version=published.rule_set.version or 0, by=by.actor, now=now)
    waived_ids = sorted(str(case_id) for case_id in given_up)
    _sealed(
        audit.Action.RULES_PUBLISH,
        row,
        by,
        now,
        origin,
        former_version=current.version,
        simulation_id=str(simulation_id),
        waived=waived_ids,
    )
    return published


@transaction.atomic
def roll_back(*, version: int, note: str, by: User, now: datetime, origin: Origin = NOWHERE) -> Published:
    """An older document in force again, at once, as a new version; the cases it breaks stay open."""
    said = worded(note)
    _one_after_another(by.tenant_id)
    older = visible(tenant_id=by.tenant_id).filter(version=version).first()
    if older is None:
        raise RuleSetNotFound
    current = active(tenant_id=by.tenant_id)
    if current.version == version:
        raise AlreadyActive
    wanted = _unnumbered(document_of(older))
    row = RuleSet(
        tenant_id=by.tenant_id,
        document=wanted.as_json(),
        hash=wanted.hash,
        base_version=current.version,
        created_by=by.actor,
        created_at=now,
    )
    published = _in_force(row, said, by, now, broken_by(row, tenant_id=by.tenant_id))
    _sealed(
        audit.Action.RULES_ROLL_BACK, row, by, now, origin, former_version=current.version, document_of_version=version
    )
    return published


# -- inside


@lru_cache(maxsize=32)
def _read(document: bytes) -> Document:
    """Reading depends on nothing but these bytes, and the same few documents are read all day."""
    return rules.read(document)


def _valid(document: Mapping[str, Any]) -> Document:
    try:
        return rules.read(document)
    except rules.InvalidDocument as invalid:
        raise RuleSetInvalid(invalid.errors) from invalid


def _unnumbered(document: Document) -> Document:
    """Versions stand in their column, so that the hash that was simulated is the hash that is published."""
    return replace(document, version=None)


def _version(version: int, tenant_id: UUID) -> Active:
    """What was in force under this number, or is."""
    row = visible(tenant_id=tenant_id).filter(version=version).first()
    if row is None:
        said = f"There is no version {version} to be based on."
        raise RuleSetInvalid([rules.Error(path="base_version", code="VERSION_UNKNOWN", sentence=said)])
    return Active(row.pk, version, document_of(row))


def _locked_draft(rule_set_id: UUID, tenant_id: UUID) -> RuleSet:
    find(rule_set_id=rule_set_id, tenant_id=tenant_id)
    row = RuleSet.objects.select_for_update().filter(pk=rule_set_id, status=Status.DRAFT).first()
    if row is None:
        raise NotADraft
    return row


def _in_force(row: RuleSet, note: str, by: User, now: datetime, broken: list[dict[str, Any]]) -> Published:
    """The former one retires and this is the next version; the caller holds the institution's lock."""
    version = next_version(tenant_id=by.tenant_id)
    RuleSet.objects.filter(tenant_id=by.tenant_id, status=Status.PUBLISHED).update(status=Status.RETIRED)
    row.status, row.version, row.note = Status.PUBLISHED.value, version, note
    row.published_by, row.published_at = by.actor, now
    row.save()
    return Published(row, due_after(tenant_id=by.tenant_id), broken)


def _sealed(action: audit.Action, row: RuleSet, by: User, now: datetime, origin: Origin, **detail: Any) -> None:
    audit.record(
        action=action,
        tenant_id=by.tenant_id,
        operator_id=by.pk,
        now=now,
        object_type="rule_set",
        object_id=str(row.pk),
        detail={"version": row.version, "base_version": row.base_version, "hash": row.hash, "note": row.note, **detail},
        origin=origin,
    )


def _one_after_another(tenant_id: UUID) -> None:
    """Publications of one institution wait for each other; the second sees what the first made active."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"rule-sets:{tenant_id}"])
