"""One person's file as the desk opens it: what they agreed to, what they have, where they stand, what they are told."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Account, ConsentRecord, User
from accounts.purposes import Purpose
from operators import actions
from operators.models import OperatorAction
from operators.people import Flag
from personas import history
from personas.models import Assignment, Person, Profile, Transition, Window
from personas.signals import stale
from recommendations.lifecycle import OPEN
from recommendations.models import Recommendation

TIMELINE = timedelta(days=180)


@dataclass(frozen=True)
class Agreement:
    """What a person said about one purpose last."""

    purpose: str
    active: bool
    granted_at: datetime | None
    revoked_at: datetime | None

    @property
    def label(self) -> str:
        return self.purpose.replace("_", " ").capitalize()


@dataclass(frozen=True)
class UserFile:
    """`personas` is what stands now by window; nothing stands while nothing is left to measure."""

    user: User
    name: str | None
    agreements: list[Agreement]
    accounts: dict[str, int]
    personas: dict[str, Assignment | None]
    live_items: list[Recommendation]
    risk_flags: list[str]
    flag: OperatorAction | None
    as_of: date | None
    stale: bool

    @property
    def consent(self) -> dict[str, bool]:
        return {one.purpose: one.active for one in self.agreements}

    def held(self, now: datetime) -> dict[str, Assignment]:
        """By window, the words of operators that still hold."""
        standing = {window: row for window, row in self.personas.items() if row}
        return {window: row for window, row in standing.items() if row.held_until and row.held_until > now}


def of(*, user: User, today: date) -> UserFile:
    """Seven statements, whatever the file holds."""
    profile = Profile.objects.filter(user=user).first()
    worn = actions.worn(user)
    as_of = profile.as_of if profile else None
    old = as_of is not None and stale(as_of, today)
    flags = [Flag.FLAGGED.value] * bool(worn) + [Flag.STALE.value] * old
    accounts = Account.objects.filter(user=user).order_by("account_type").values_list("account_type", flat=True)
    live = Recommendation.objects.filter(user=user, status__in=OPEN)
    return UserFile(
        user=user,
        name=name_of(user),
        agreements=_agreements(user),
        accounts=dict(Counter(accounts)),
        personas=standing(user) if profile and profile.persona else dict.fromkeys(Window.values()),
        live_items=list(live.order_by("-status", "position", "created_at", "id")),
        risk_flags=[*(profile.risks if profile else ()), *flags],
        flag=worn,
        as_of=as_of,
        stale=old,
    )


def standing(user: User) -> dict[str, Assignment | None]:
    """By window, what was said last. One statement."""
    rows = Assignment.objects.filter(user=user).order_by("window_type", "-assigned_at", "-seq").distinct("window_type")
    return dict.fromkeys(Window.values()) | {row.window_type: row for row in rows}


def name_of(user: User) -> str | None:
    """That of the linked dossier, which the walls show for as long as its person agrees to notes."""
    named = Person.objects.filter(user=user).values_list("first_name", "last_name").first()
    return " ".join(part for part in named or () if part) or None


def recommendations(*, user: User, status: str | None = None) -> QuerySet[Recommendation]:
    """Every item that was ever made for a person, newest first."""
    rows = Recommendation.objects.filter(user=user).order_by("-created_at", "id")
    return rows.filter(status=status) if status else rows


@dataclass(frozen=True)
class Stay:
    """A stretch of days that a person spent in one persona of one window."""

    window: str
    persona: str
    since: date
    until: date
    by: str


def stays(*, user_id: UUID, now: datetime) -> list[Stay]:
    """Where a person stood in the last 180 days, by the first row of each stretch. One statement."""
    found = []
    begins, ends = (now - TIMELINE).date(), now.date()
    for (_, window), rows in history.turns(user_ids=[user_id], windows=[Window.DAYS_30, Window.DAYS_180]).items():
        firsts = [
            row
            for before, row in zip([None, *rows], rows, strict=False)
            if before is None or before.primary != row.primary
        ]
        for first, after in zip(firsts, [*firsts[1:], None], strict=True):
            since, until = first.assigned_at.date(), after.assigned_at.date() if after else ends
            if until >= begins:
                found.append(Stay(window, first.primary, max(since, begins), until, first.source))
    return found


def transitions(*, user_id: UUID) -> list[Transition]:
    return list(history.changes(user_id=user_id, windows=Window.values())[:50])


def _agreements(user: User) -> list[Agreement]:
    latest = {
        row.purpose: row
        for row in ConsentRecord.objects.filter(user=user).order_by("purpose", "-granted_at").distinct("purpose")
    }
    return [_agreement(purpose.value, latest.get(purpose.value)) for purpose in Purpose]


def _agreement(purpose: str, row: ConsentRecord | None) -> Agreement:
    if row is None:
        return Agreement(purpose, False, None, None)
    return Agreement(purpose, row.revoked_at is None, row.since, row.revoked_at)
