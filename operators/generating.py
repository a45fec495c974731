"""Having people considered again because staff asked for it, and what was found for each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from accounts import audit, authority
from accounts.audit import Action, Deed
from accounts.models import User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import Unacceptable
from recommendations.items import Claimed
from recommendations.models import Outcome
from recommendations.proposing import Proposed
from recommendations.working import work_off

MOST = 100
PERMISSION = "recommendations.generate"
UNKNOWN = "There is no such user."
REVIEWED = "Somebody is reviewing an item of this person. Try again when they are done."
ERRORS = {
    Outcome.FAILED: "Something of ours went wrong, and is in the log. The person's items are as they were.",
    Outcome.NO_CONSENT: "The person has not agreed to this, or no longer agrees.",
}


class WrongNumber(Unacceptable):
    sentence = f"Choose between 1 and {MOST} people."


@dataclass(frozen=True)
class Generated:
    """`error` is empty where the person was considered, whatever came of it."""

    user_id: UUID
    outcome: Outcome
    run_id: UUID | None = None
    education: int = 0
    partner_offers: int = 0
    error: str = ""


@transaction.atomic
def generate(
    *, user_ids: Sequence[UUID], by: User, now: datetime, batch_id: UUID | None = None, origin: Origin = NOWHERE
) -> list[Generated]:
    """In the order asked, each once; one row of the audit for each person who was considered."""
    asked = list(dict.fromkeys(user_ids))
    if not 1 <= len(asked) <= MOST:
        raise WrongNumber
    authority.still(by=by, permission=PERMISSION)
    there = User.objects.consumers().filter(pk__in=asked, tenant_id=by.tenant_id)
    known = list(there.order_by("pk").values_list("pk", flat=True))
    done = work_off(user_ids=known, tenant_id=by.tenant_id, clock=lambda: now, asked_for=True) if known else []
    of = {one.user_id: one for one in done}
    found = [_generated(user_id, of.get(user_id)) for user_id in asked]
    deeds = [
        Deed(Action.GENERATE, "user", subject=one.user_id, detail={"outcome": one.outcome.value})
        for one in found
        if not one.error
    ]
    if deeds:
        audit.record_all(
            deeds=deeds,
            tenant_id=by.tenant_id,
            operator_id=by.pk,
            now=now,
            batch_id=batch_id or (uuid4() if len(deeds) > 1 else None),
            origin=origin,
        )
    return found


def _generated(user_id: UUID, done: Proposed | None) -> Generated:
    if done is None:
        return Generated(user_id, Outcome.FAILED, error=UNKNOWN)
    error = REVIEWED if done.error == Claimed.code else ERRORS.get(done.outcome, "")
    return Generated(user_id, done.outcome, done.run_id, done.education, done.partner_offers, error)
