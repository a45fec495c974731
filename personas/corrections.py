"""Saying that the engine is wrong about a merchant or a row, and taking it back: the only writer of corrections."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from accounts import kept
from accounts.models import Transaction, User
from accounts.refusals import ConsentRequired, NotThere, Refused, Unacceptable
from personas import ledger
from personas.models import Correction
from personas.signals import Correction as Kind
from personas.signals.effects import Effect, effect


class MerchantNotFound(NotThere):
    code = "MERCHANT_NOT_FOUND"
    sentence = "None of your transactions is from this merchant."


class TransactionNotFound(NotThere):
    code = "TRANSACTION_NOT_FOUND"
    sentence = "You have no such transaction."


class CorrectionNotFound(NotThere):
    code = "CORRECTION_NOT_FOUND"
    sentence = "You have made no such correction."


class DuplicateCorrection(Refused):
    code = "DUPLICATE_CORRECTION"
    sentence = "You have corrected this already. Withdraw that correction first to make it anew."


class NoSingleSubscription(Unacceptable):
    sentence = "A subscription is a merchant and never one row. Name the merchant."


@transaction.atomic
def correct(*, user: User, kind: Kind, target: str | UUID, note: str | None, now: datetime) -> Correction:
    """`target` is the key of a merchant or the id of a row. Its effect is measured at once; the person is due."""
    if kind is Kind.NOT_SUBSCRIPTION and isinstance(target, UUID):
        raise NoSingleSubscription
    _locked(user)
    named = _row(user, target) if isinstance(target, UUID) else _merchant(user, target)
    standing = Correction.objects.filter(user=user, kind=kind, withdrawn_at=None)
    if standing.filter(_same(named)).exists():
        raise DuplicateCorrection
    made = Correction.objects.create(
        tenant_id=user.tenant_id, user=user, kind=kind.value, note=note, created_at=now, **named
    )
    # Measured from what now stands, as the next refresh will, and not from what we believe to have written.
    frames = ledger.frames(user_ids=[user.pk], today=now.date())
    made.effect = _as_json(effect(frames, correction_id=str(made.pk)))
    made.save(update_fields=["effect"])
    return made


@transaction.atomic
def withdraw(*, user: User, correction_id: UUID, now: datetime) -> Correction:
    """From the next refresh on it is as if it had not been made; withdrawing twice is once."""
    made = Correction.objects.select_for_update().filter(user=user, pk=correction_id).first()
    if made is None:
        raise CorrectionNotFound
    if made.withdrawn_at is None:
        _locked(user)
        made.withdrawn_at = now
        made.save(update_fields=["withdrawn_at"])
    return made


def _locked(user: User) -> None:
    """One at a time for a person, and only with consent; what was cached about them is out of date with it."""
    agreed = User.objects.filter(pk=user.pk, consent_status=True)
    if not agreed.update(cache_generation=F("cache_generation") + 1):
        raise ConsentRequired
    kept.forget(user_ids=[user.pk])


def _merchant(user: User, key: str) -> dict[str, Any]:
    """The engine knows a merchant by the bank's entity id where there is one; a transaction also shows its key."""
    newest = Transaction.objects.filter(user=user).order_by("-date", "-id")
    engines = Q(merchant_entity_id=key) | Q(merchant_entity_id=None, merchant_key=key)
    found = newest.filter(engines).first() or newest.filter(merchant_key=key).first()
    if found is None:
        raise MerchantNotFound
    return {"merchant": found.merchant, "merchant_key": found.merchant_entity_id or found.merchant_key}


def _row(user: User, transaction_id: UUID) -> dict[str, Any]:
    """Remembered by our id, which outlives a renaming by the bank, and by its external id, which a person has once
    and which outlives our id when a statement is taken back and sent again.
    """
    row = Transaction.objects.filter(user=user, id=transaction_id).first()
    if row is None:
        raise TransactionNotFound
    return {
        "merchant": row.merchant,
        "transaction_id": row.id,
        "account_id": row.account_id,
        "external_id": row.external_id,
    }


def _same(named: dict[str, Any]) -> Q:
    if "merchant_key" in named:
        return Q(merchant_key=named["merchant_key"])
    return Q(transaction_id=named["transaction_id"]) | Q(external_id=named["external_id"])


def _as_json(found: Effect) -> dict[str, Any]:
    changes = [
        {
            "window": change.window,
            "signal": change.signal,
            "before": _plain(change.before),
            "after": _plain(change.after),
        }
        for change in found.changes
    ]
    return {"rows": found.rows, "changes": changes}


def _plain(value: Any) -> Any:
    """As JSON shows it; nothing is reckoned with it any more."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value
