"""The audit chain as staff read it: rows by who, what, whom and when, and how many; juniors see their own acts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, QuerySet, UUIDField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, TruncDate

from accounts import rowsecurity
from accounts.audit import Action
from accounts.models import AuditEntry, ConsentRecord, User
from accounts.pseudonyms import subject_ref
from accounts.purposes import Purpose
from accounts.refusals import NotThere, Refused
from operators import days

OPENINGS = (Action.VIEW_USER, Action.VIEW_PERSON, Action.VIEW_TRACE, Action.EXPORT)
EXPORTED = 100_000
ALL = "accounts.see_audit"


class EntryNotFound(NotThere):
    code = "AUDIT_ENTRY_NOT_FOUND"
    sentence = "There is no such row in the audit log."


class OperatorNotFound(NotThere):
    code = "STAFF_NOT_FOUND"
    sentence = "There is nobody like that among the staff."


class OwnOnly(Refused):
    status = 403
    code = "FORBIDDEN_ROLE"
    sentence = "You see your own acts; those of others are for seniors."


@dataclass(frozen=True)
class Wanted:
    """What is asked of the chain; days are those of the institution, both included."""

    operator: UUID | None = None
    action: str | None = None
    object_type: str | None = None
    recommendation: UUID | None = None
    subject: UUID | None = None
    first: date | None = None
    last: date | None = None


def entries(*, by: User, wanted: Wanted, only: tuple[Action, ...] = ()) -> QuerySet[AuditEntry]:
    """Newest first, with their details."""
    return _told(narrowed(by=by, wanted=wanted, only=only)).order_by("-seq")


def narrowed(*, by: User, wanted: Wanted, only: tuple[Action, ...] = ()) -> QuerySet[AuditEntry]:
    """Of a person who was erased the pseudonym still answers."""
    zone = by.tenant.time_zone
    asked: dict[str, Any] = {
        "operator_id": wanted.operator,
        "action": wanted.action,
        "object_type": wanted.object_type,
        "recommendation_id": wanted.recommendation,
        "subject_ref": wanted.subject and subject_ref(wanted.subject),
        "at__gte": wanted.first and days.beginning(wanted.first, zone),
        "at__lt": wanted.last and days.beginning(wanted.last + timedelta(days=1), zone),
    }
    rows = visible(by).filter(**{name: value for name, value in asked.items() if value})
    return rows.filter(action__in=[action.value for action in only]) if only else rows


def visible(by: User) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.filter(tenant_id=by.tenant_id)
    return rows if by.has_perm(ALL) else rows.filter(operator_id=by.pk)


def find(*, entry_id: UUID, by: User) -> AuditEntry:
    found = _told(visible(by)).filter(pk=entry_id).first()
    if found is None:
        raise EntryNotFound
    return found


def detail_of(entry: AuditEntry) -> dict[str, Any]:
    """Of a person who agrees no more only who it was; empty once they were erased."""
    kept = getattr(entry, "detail", None)
    detail = dict(kept.detail) if kept else {}
    return {"user_id": detail["user_id"]} if "user_id" in detail and not entry.agreed else detail  # type: ignore[attr-defined]


def streamed(*, by: User, wanted: Wanted) -> Iterator[AuditEntry]:
    """Rows for a file, in a transaction of their own: an answer that is streamed outlives the request's."""
    with rowsecurity.viewing(rowsecurity.of(by)):
        yield from entries(by=by, wanted=wanted)[:EXPORTED].iterator(chunk_size=2000)


def of_operator(*, operator_id: UUID, by: User, length: int, now: datetime) -> dict[str, Any]:
    """Counts of one of the staff, per action and day."""
    one_of_the_staff(operator_id, by=by)
    return {"operator_id": str(operator_id), **counts(by=by, length=length, now=now, operator=operator_id)}


def one_of_the_staff(operator_id: UUID | None, *, by: User) -> None:
    """Refuses juniors who ask about others, and ids of nobody here."""
    if operator_id == by.pk:
        return
    if not by.has_perm(ALL):
        raise OwnOnly
    if not User.objects.filter(pk=operator_id, tenant_id=by.tenant_id).exclude(role="user").exists():
        raise OperatorNotFound


def counts(*, by: User, length: int, now: datetime, operator: UUID | None = None) -> dict[str, Any]:
    """The last days of the institution's calendar, today included: by action and by day, two statements."""
    today = days.day_of(now, by.tenant.time_zone)
    wanted = Wanted(operator=operator, first=today - timedelta(days=length - 1), last=today)
    rows = narrowed(by=by, wanted=wanted)
    by_action = dict(rows.values_list("action").annotate(count=Count("pk")).order_by("-count", "action"))
    by_day = dict(
        rows.annotate(day=TruncDate("at", tzinfo=ZoneInfo(by.tenant.time_zone)))
        .values_list("day")
        .annotate(count=Count("pk"))
    )
    return {
        "days": length,
        "total": sum(by_action.values()),
        "by_action": by_action,
        "by_day": [
            {"date": day.isoformat(), "count": by_day.get(day, 0)} for day in days.each(wanted.first or today, today)
        ],
    }


def openings_per_day(*, by: User, wanted: Wanted) -> list[tuple[date, UUID | None, int]]:
    """Who of the staff opened how many files on which day."""
    rows = narrowed(by=by, wanted=wanted, only=OPENINGS)
    counted = rows.annotate(day=TruncDate("at", tzinfo=ZoneInfo(by.tenant.time_zone))).values_list("day", "operator_id")
    return list(counted.annotate(count=Count("pk")).order_by("day", "operator_id"))


def _told(rows: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
    """With the details, and whether whom they are about agrees now."""
    whom = Cast(KeyTextTransform("user_id", "detail__detail"), UUIDField())
    agrees = ConsentRecord.objects.filter(purpose=Purpose.ANALYSIS, revoked_at=None, user_id=OuterRef("whom"))
    return rows.select_related("detail").annotate(whom=whom, agreed=Exists(agrees))


def staff_names(tenant_id: UUID) -> dict[UUID, str]:
    """Whom an operator's id stands for; one who left has their id only."""
    staff = User.objects.filter(tenant_id=tenant_id).exclude(role="user")
    return {pk: email or "no address" for pk, email in staff.order_by("email").values_list("pk", "email")}
