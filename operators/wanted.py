"""Which items staff ask for: the filters, the search and the orders of the queue, as one query."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value

from accounts.models import User
from accounts.words import Word
from operators import days
from operators.models import Note
from personas.signals import STALE
from recommendations.lifecycle import OPEN
from recommendations.models import Recommendation
from recommendations.models.recommendations import RANK

BEGINNING = re.compile(r"[0-9a-f]{4,32}")  # of an id, without its hyphens


class Standing(Word):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    FLAGGED = "flagged"
    ALL = "all"


class Sort(Word):
    CREATED_AT = "created_at"
    PRIORITY = "priority"
    USER = "user"
    PERSONA = "persona"


@dataclass(frozen=True)
class Wanted:
    """What is not said is not asked. Days are whole days of the institution; `since` is the moment of a page."""

    status: Standing = Standing.PENDING
    persona: str = ""
    type: str = ""
    priority: str = ""
    user_id: UUID | None = None
    card_id: UUID | None = None
    decided_by: UUID | None = None
    tag: str = ""
    flagged: bool | None = None
    stale: bool | None = None
    has_note: bool = False
    guardrails_failed: bool = False
    q: str = ""
    created_from: date | None = None
    created_to: date | None = None
    since: datetime | None = None
    sort: Sort = Sort.CREATED_AT
    descending: bool = False

    @property
    def of_notes(self) -> bool:
        """Whether it asks for what the pipeline does not see."""
        return bool(self.tag or self.has_note)


# Whatever comes first, the older item stands before the younger one, and the id decides between those of one moment.
ORDERS = {
    Sort.CREATED_AT: ("created_at", "id"),
    Sort.PRIORITY: (RANK, "created_at", "id"),
    Sort.USER: ("user__email", "created_at", "id"),
    Sort.PERSONA: ("persona", "created_at", "id"),
}


def matching(
    wanted: Wanted, *, tenant_id: UUID, zone: str, today: date, named: Collection[UUID] = ()
) -> QuerySet[Recommendation]:
    """`named` are the people whose names say what is searched for: names are behind a wall of their own."""
    conditions = [*_exactly(wanted), *_of_time(wanted, zone, today)]
    if wanted.q:
        conditions.append(_says(wanted.q, tenant_id, named))
    return Recommendation.objects.filter(*conditions, tenant_id=tenant_id)


def in_order(rows: QuerySet[Recommendation], wanted: Wanted) -> QuerySet[Recommendation]:
    fields = [F(one) if isinstance(one, str) else one for one in ORDERS[wanted.sort]]
    return rows.order_by(*(one.desc() if wanted.descending else one.asc() for one in fields))


def _exactly(wanted: Wanted) -> Iterator[Q]:
    match wanted.status:
        case Standing.ALL:
            pass
        case Standing.FLAGGED:
            yield Q(flagged=True, status__in=OPEN)
        case status:
            yield Q(status=status.value)
    for name in ("persona", "type", "priority", "user_id", "card_id"):
        if value := getattr(wanted, name):
            yield Q(**{name: value})
    if wanted.flagged is not None:
        yield Q(flagged=wanted.flagged)
    if wanted.guardrails_failed:
        yield Q(guardrails_passed=False)
    if wanted.decided_by:
        yield Q(approved_by=wanted.decided_by) | Q(rejected_by=wanted.decided_by)
    if wanted.tag:
        yield Q(tags__tag_name=wanted.tag)
    if wanted.has_note:
        yield Q(Exists(Note.objects.filter(recommendation_id=OuterRef("pk"), deleted_at=None)))


def _of_time(wanted: Wanted, zone: str, today: date) -> Iterator[Q]:
    fresh = Q(as_of__gte=today - timedelta(days=STALE))
    if wanted.stale is not None:
        yield ~fresh if wanted.stale else fresh
    if wanted.created_from:
        yield Q(created_at__gte=days.beginning(wanted.created_from, zone))
    if wanted.created_to:
        yield Q(created_at__lt=days.beginning(wanted.created_to + timedelta(days=1), zone))
    if wanted.since:
        yield Q(created_at__gt=wanted.since)


def _says(text: str, tenant_id: UUID, named: Collection[UUID]) -> Q:
    """In the title, the rationale, the reader's address or name, or as the beginning of the item's id."""
    readers = User.objects.filter(_mentions("email", text), tenant_id=tenant_id)
    found = Q(_mentions("title", text)) | Q(_mentions("rationale", text)) | Q(user__in=readers.values("pk"))
    if named:
        found |= Q(user__in=list(named))
    beginning = text.lower().replace("-", "")
    if BEGINNING.fullmatch(beginning):
        found |= Q(pk__gte=UUID(beginning.ljust(32, "0")), pk__lte=UUID(beginning.ljust(32, "f")))
    return found


def _mentions(field: str, text: str) -> Func:
    """In any case of its plain letters; by the rules of a language this takes twice as long over a whole queue."""
    pattern = "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"
    return Func(F(field), Value(pattern), arg_joiner=' COLLATE "C" ILIKE ', template="%(expressions)s",
                output_field=BooleanField())  # fmt: skip
