"""What a counterfactual reads besides the signals: the last interest charge, as corrections have it."""

from datetime import timedelta

import pytest

from accounts import rowsecurity
from accounts.models import Transaction
from personas import corrections
from personas.counterfactuals import counterfactual
from personas.models import Window
from personas.signals import Correction as Kind
from personas.tests.factories import loaded, refreshed

CARD = b"""{"accounts": [{"account_id": "card", "type": "credit", "subtype": "credit card", "mask": "4523",
  "balances": {"current": 400.0, "limit": 5000.0, "iso_currency_code": "USD"}}],
 "transactions": [
  {"transaction_id": "a", "account_id": "card", "date": "2025-06-10", "amount": -40.0, "merchant_name": "Bank",
   "personal_finance_category": {"primary": "BANK_FEES", "detailed": "BANK_FEES_INTEREST_CHARGE"}},
  {"transaction_id": "b", "account_id": "card", "date": "2025-06-18", "amount": -62.1, "merchant_name": "Lender",
   "personal_finance_category": {"primary": "BANK_FEES", "detailed": "BANK_FEES_INTEREST_CHARGE"}},
  {"transaction_id": "c", "account_id": "card", "date": "2025-06-30", "amount": -9.0, "merchant_name": "Kiosk"}]}"""


def interest(user, now):
    with rowsecurity.viewing(rowsecurity.of(user)):
        told = counterfactual(user=user, window=Window.DAYS_30, today=now.date()).told
    return next(one["sentence"] for one in told["personas"][0]["criteria"] if one["id"] == "hu_interest")


@pytest.mark.parametrize("whole", [True, False], ids=["a merchant", "one row"])
def test_a_charge_that_is_corrected_to_a_transfer_is_not_the_last_one(maya, own_store, now, whole):
    loaded(maya, CARD, now, "card.json")
    refreshed(maya, now)
    assert (
        interest(maya, now) == "18 more days without an interest charge clear this; the last was $62.10 on 2025-06-18."
    )
    with rowsecurity.viewing(rowsecurity.of(maya)):
        target = "lender" if whole else Transaction.objects.get(merchant="Lender").id
        corrections.correct(user=maya, kind=Kind.TRANSFER, target=target, note=None, now=now)
    # The signals still hold what they held when they were measured, and so does the sentence.
    assert "2025-06-18" in interest(maya, now)
    refreshed(maya, now + timedelta(minutes=2))
    assert (
        interest(maya, now) == "10 more days without an interest charge clear this; the last was $40.00 on 2025-06-10."
    )
