"""Many items at once: each by the act of one, none in the way of another, and what became of every one of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import authority
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import Refused, Unacceptable
from accounts.stated import worded
from accounts.words import Word
from operators import notes
from operators.queue import ReviewItem
from recommendations import items, reviewing
from recommendations.lifecycle import Status, Verb

MOST = 100
PERMISSION = "operators.decide_many"


class Deed(Word):
    APPROVE = "approve"
    REJECT = "reject"
    TAG = "tag"


class WrongNumber(Unacceptable):
    sentence = f"Choose between 1 and {MOST} items."


@dataclass(frozen=True)
class Failure:
    """`asked` is the id as it was sent, which may be none."""

    asked: str
    code: str
    detail: str


@dataclass(frozen=True)
class Many:
    """What became of many items, each once, in the order asked."""

    deed: Deed
    batch_id: UUID
    succeeded: tuple[UUID, ...]
    failed: tuple[Failure, ...]

    @property
    def total(self) -> int:
        return len(self.succeeded) + len(self.failed)


@transaction.atomic
def do(
    *,
    deed: Deed,
    item_ids: Sequence[str],
    by: User,
    now: datetime,
    batch_id: UUID,
    said: str = "",
    origin: Origin = NOWHERE,
) -> Many:
    """`said` is the reason of a rejection, the notes of an approval, or the name of the tag: wrong, it fails all."""
    if not 1 <= len(item_ids) <= MOST:
        raise WrongNumber
    authority.still(by=by, permission=PERMISSION)
    asked = {_whole(one): _known(one) for one in item_ids}
    known = [item_id for item_id in asked.values() if item_id]
    items.lined_up(item_ids=known)
    done, failed = _done(deed, known, by, now, batch_id, said, origin)
    refusals = dict(failed)
    failures = []
    for text, item_id in asked.items():
        refused = refusals.get(item_id) if item_id else items.RecommendationNotFound()
        if refused:
            failures.append(Failure(text, refused.code, str(refused)))
    return Many(deed, batch_id, tuple(done), tuple(failures))


def _done(
    deed: Deed, item_ids: Sequence[UUID], by: User, now: datetime, batch_id: UUID, said: str, origin: Origin
) -> tuple[list[UUID], Iterable[tuple[UUID, Refused]]]:
    if deed is Deed.TAG:
        tags, failed = notes.tag_all(item_ids=item_ids, by=by, now=now, batch_id=batch_id, name=said, origin=origin)
        return [tag.recommendation_id for tag in tags], failed
    if deed is Deed.REJECT:
        said = worded(said)
    decided = reviewing.decide_all(
        verb=Verb(deed.value), item_ids=item_ids, by=by, now=now, batch_id=batch_id, said=said, origin=origin
    )
    return [item.pk for item in decided.succeeded], decided.failed


def hindrance(row: ReviewItem, deed: Deed, by: User) -> str:
    """Why an item could not be done now, in a sentence; empty where nothing is in the way."""
    if deed is Deed.TAG:
        return ""
    if row.item.status != Status.PENDING:
        return items.AlreadyDecided.sentence
    if row.claim and row.claim.operator_id != by.pk:
        return f"{row.claim.operator_name} is reviewing it."
    if deed is Deed.APPROVE and not row.item.guardrails_passed:
        return reviewing.GuardrailFailed.sentence
    if deed is Deed.APPROVE and row.item.flagged:
        return reviewing.OpenFlag.sentence
    return ""


def _known(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _whole(text: str) -> str:
    return str(_known(text) or text)
