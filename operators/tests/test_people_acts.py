"""What staff do about a person at the moment their position changes: nothing, whatever the door had said before."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounts import authority, rowsecurity
from accounts.models import AuditEntry, User
from operators import actions, generating, remeasuring
from operators.models import OperatorAction
from personas.models import Window
from personas.rules import Persona

WHY = "Saw the payslip of the second job."
DEEDS: dict[str, Callable[..., Any]] = {
    "flag": lambda user, **by: actions.flag(user=user, reason=WHY, **by),
    "unflag": lambda user, **by: actions.unflag(user=user, **by),
    "override": lambda user, **by: actions.override_persona(
        user=user, window=Window.DAYS_30, persona=Persona.SAVINGS_BUILDER, reason=WHY, **by
    ),
    "release": lambda user, **by: actions.override_persona(
        user=user, window=Window.DAYS_30, persona=None, reason=WHY, **by
    ),
    "item": lambda user, **by: actions.override_item(user=user, item_id=uuid4(), reason=WHY, **by),
    "refresh": lambda user, **by: remeasuring.refresh(user=user, **by),
    "generate": lambda user, **by: generating.generate(user_ids=[user.pk], **by),
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("lost", [{"level": "junior"}, {"is_active": False}], ids=["demoted", "gone"])
def test_whoever_lost_their_position_meanwhile_does_nothing_about_a_person(maya, omar, now, deed, lost):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        User.objects.filter(pk=omar.pk).update(**lost)
    with rowsecurity.viewing(rowsecurity.of(omar)), pytest.raises(authority.NoLonger) as told:
        DEEDS[deed](maya, by=omar, now=now)
    assert told.value.status == 403
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not OperatorAction.objects.exists() and not AuditEntry.objects.exists()
