"""What would make each persona hold, or hold no more, read from what is stored of a person."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from accounts.models import Transaction, User
from accounts.statements.classes import ORDER, Flow
from personas import measured, rules, rulesets
from personas.history import PersonaNotFound
from personas.models import Correction, Snapshot, Window
from personas.profiles import NoSignals
from personas.signals import Correction as Kind
from personas.signals import stale

INTEREST_CODE = "BANK_FEES_INTEREST_CHARGE"  # the only interest that a checking account is charged


@dataclass(frozen=True)
class Counterfactual:
    as_of: date
    stale: bool
    rule_set_version: int
    told: dict[str, Any]


def counterfactual(*, user: User, window: Window, today: date) -> Counterfactual:
    """Three statements: the latest snapshot, the rules in force, and the last interest charge where there is one."""
    if not user.consent_status:
        raise PersonaNotFound
    snapshot = measured.latest(user_id=user.pk, windows=[window]).get(window)
    if snapshot is None or snapshot.no_signals:
        raise NoSignals(user.pk)
    active = rulesets.active(tenant_id=user.tenant_id)
    signals = measured.as_object(snapshot)
    signals["credit"] |= _last_interest(snapshot, window)
    told = rules.counterfactual(signals, active.document, window_days=window.days)
    return Counterfactual(snapshot.as_of, stale(snapshot.as_of, today), active.version, told)


def _last_interest(snapshot: Snapshot, window: Window) -> dict[str, Any]:
    """The charge that the sentence about interest names; signals only know the sum."""
    if not snapshot.signal("credit.any_interest_charges"):
        return {}
    on_a_card = Q(account__type="credit")
    # As they were in force when the signals were measured: what is a transfer then is no interest.
    transfers = Correction.objects.filter(pk__in=snapshot.corrections, kind=Kind.TRANSFER).filter(
        Q(merchant_key=Coalesce(OuterRef("merchant_entity_id"), OuterRef("merchant_key")))
        | Q(transaction_id=OuterRef("id"))
        | Q(external_id=OuterRef("external_id"))
    )
    charge = (
        Transaction.objects.filter(
            ~Exists(transfers),
            on_a_card | Q(category_detailed=INTEREST_CODE),
            user_id=snapshot.user_id,
            flow=ORDER.index(Flow.INTEREST),
            pending=False,
            amount__lt=0,
            iso_currency_code=snapshot.meta["currency"],
            date__lte=snapshot.as_of,
            date__gt=snapshot.as_of - timedelta(days=window.days),
        )
        .order_by("-date", "-external_id")
        .first()
    )
    return {"last_interest_on": charge.date, "last_interest_amount": -charge.amount} if charge else {}
