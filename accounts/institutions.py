"""The institution itself: its name, its time zone, and how strict its cards are."""

from datetime import datetime
from zoneinfo import available_timezones

from django.db import transaction

from accounts import audit
from accounts.models import Tenant, User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import Unacceptable


class NoSuchZone(Unacceptable):
    sentence = "This is no time zone. Use a name like Europe/Prague."


@transaction.atomic
def change(
    *, by: User, name: str, time_zone: str, cards_strict: bool, now: datetime, origin: Origin = NOWHERE
) -> Tenant:
    """One row of the audit chain for what differs, none where nothing does."""
    if time_zone not in available_timezones():
        raise NoSuchZone
    tenant = Tenant.objects.select_for_update().get(pk=by.tenant_id)
    before = _settings(tenant)
    tenant.name, tenant.time_zone = name, time_zone
    tenant.settings = {**tenant.settings, "cards_strict": cards_strict}
    after = _settings(tenant)
    if after == before:
        return tenant
    tenant.save(update_fields=["name", "time_zone", "settings"])
    audit.record(
        action=audit.Action.TENANT_CHANGE,
        tenant_id=tenant.pk,
        operator_id=by.pk,
        now=now,
        object_type="tenant",
        object_id=str(tenant.pk),
        detail={"before": before, "after": after},
        origin=origin,
    )
    return tenant


def _settings(tenant: Tenant) -> dict[str, object]:
    strict = bool(tenant.settings.get("cards_strict", False))
    return {"name": tenant.name, "time_zone": tenant.time_zone, "cards_strict": strict}
