"""After a restore: what people ended since the backup is ended again, from the ledger outside the database."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from accounts import consent, erasure, outside, rowsecurity
from accounts.models import ConsentRecord, User
from accounts.models.leaving import Ending, Scope
from accounts.pseudonyms import subject_ref
from accounts.purposes import Purpose

CHUNK = 2000


@dataclass
class Ended:
    """What one person ended, whoever it is."""

    revoked: set[Purpose] = field(default_factory=set)
    erased: set[Scope] = field(default_factory=set)


@dataclass(frozen=True)
class Standing:
    """Of one person, what stands again although it was ended."""

    user: User
    consents: tuple[Purpose, ...]
    scopes: tuple[Scope, ...]
    rows: int


def ended(*, since: date | None = None) -> dict[str, Ended]:
    """By pseudonym; the ledger knows nobody's id."""
    people: dict[str, Ended] = {}
    for line in outside.lines(since=since):
        person = people.setdefault(line.subject_ref, Ended())
        if line.kind == Ending.REVOCATION:
            person.revoked.add(Purpose(line.scope))
        else:
            person.erased.add(Scope(line.scope))
    return people


def found(*, among: dict[str, Ended]) -> Iterator[UUID]:
    """Every user id of the database is hashed once, in pieces; those come out whose pseudonym the ledger names."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        everybody = User.objects.order_by().values_list("pk", flat=True)
        yield from [pk for pk in everybody.iterator(chunk_size=CHUNK) if subject_ref(pk) in among]


def standing(*, user_id: UUID, person: Ended) -> Standing | None:
    """None where everything is as it was ended: a second time there is nothing to do."""
    with rowsecurity.viewing(rowsecurity.maintenance_of(user_id)):
        user = User.objects.filter(pk=user_id).first()
        if user is None:
            return None
        scopes = {Scope.ACCOUNT} if Scope.ACCOUNT in person.erased else person.erased
        rows = {scope: erasure.remaining(user_id=user_id, scope=scope) for scope in scopes}
        open_ones = ConsentRecord.objects.filter(user=user, revoked_at=None).values_list("purpose", flat=True)
        ended_ones = person.revoked | {Purpose(scope.value) for scope in scopes - {Scope.ACCOUNT}}
        consents = [purpose for purpose in Purpose if purpose in ended_ones and purpose.value in set(open_ones)]
    again = tuple(scope for scope in Scope if rows.get(scope))
    if not again and not consents:
        return None
    return Standing(user, tuple(consents), again, sum(rows.values()))


def end(*, again: Standing, now: datetime) -> None:
    """Close and erase; who had agreed anew since agrees once more."""
    with rowsecurity.viewing(rowsecurity.maintenance_of(again.user.pk)):
        for purpose in again.consents:
            consent.revoke(user=again.user, purpose=purpose, now=now)
        for scope in again.scopes:
            erasure.erase(user=again.user, scope=scope, now=now)
