"""A person corrects the engine: measured at once, in force from the next refresh, remembered through re-uploads."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts import consent, rowsecurity, uploads
from accounts.models import Transaction
from accounts.purposes import Purpose
from accounts.refusals import ConsentRequired
from accounts.tests import factories as money
from personas import corrections, measured, profiles
from personas.models import Correction, Window
from personas.signals import Correction as Kind
from personas.tests.factories import STATEMENT, loaded, refreshed

GYM = "corner gym"


@pytest.fixture
def measured_maya(maya, own_store, now):
    loaded(maya, STATEMENT, now)
    refreshed(maya, now)
    return maya


def corrected(user, kind, target, now, note=None):
    with rowsecurity.viewing(rowsecurity.of(user)):
        return corrections.correct(user=user, kind=kind, target=target, note=note, now=now)


def withdrawn(user, made, now):
    with rowsecurity.viewing(rowsecurity.of(user)):
        return corrections.withdraw(user=user, correction_id=made.pk, now=now)


def row_of(user, merchant):
    with rowsecurity.viewing(rowsecurity.of(user)):
        return Transaction.objects.filter(user=user, merchant=merchant).latest("date")


def changes(made, window):
    return {
        change["signal"]: (change["before"], change["after"])
        for change in made.effect["changes"]
        if change["window"] == window
    }


def signal(user, path, window=Window.DAYS_30):
    with rowsecurity.viewing(rowsecurity.of(user)):
        return measured.latest(user_id=user.pk, windows=[window])[window].signal(path)


def is_due(user):
    with rowsecurity.viewing(rowsecurity.pipeline(user.tenant_id)):
        return user.pk in profiles.due(tenant_id=user.tenant_id)


def test_the_effect_of_a_merchant_is_every_signal_that_changes_in_every_window(measured_maya, now):
    """30 a month of 200 spent is 15 %; over 82 days it is 30 of 260 x 30/82."""
    made = corrected(measured_maya, Kind.NOT_SUBSCRIPTION, GYM, now, "I train there once a month")
    assert (made.merchant, made.merchant_key, made.transaction_id) == ("Corner Gym", GYM, None)
    assert (made.note, made.created_at, made.withdrawn_at) == ("I train there once a month", now, None)
    assert made.effect["rows"] == 3
    gone = {"subscriptions.recurring_merchant_count": (1, 0), "subscriptions.monthly_recurring_spend": (30.0, 0.0)}
    assert changes(made, "30d") == gone | {"subscriptions.subscription_share_pct": (15.0, 0.0)}
    longer = gone | {"subscriptions.subscription_share_pct": (31.54, 0.0)}
    assert changes(made, "90d") == changes(made, "180d") == longer


def test_the_effect_of_one_row_is_of_that_row_alone(measured_maya, now):
    made = corrected(measured_maya, Kind.TRANSFER, row_of(measured_maya, "Aunt Vera").id, now)
    assert (made.merchant, made.merchant_key, made.effect["rows"]) == ("Aunt Vera", None, 1)
    month = changes(made, "30d")
    assert month["spending.spend_total"] == month["spending.monthly_spend"] == (200.0, 100.0)
    assert month["spending.monthly_spend_90d"] == (95.12, 58.54)
    assert month["subscriptions.subscription_share_pct"] == (15.0, 30.0)
    pay = corrected(measured_maya, Kind.NOT_INCOME, row_of(measured_maya, "Northwind Payroll").id, now)
    assert changes(pay, "30d")["income.deposit_count"] == (2, 1)
    assert changes(pay, "30d")["income.last_pay_date"] == ("2025-06-12", "2025-05-12")


def test_of_two_rows_of_one_day_and_amount_the_one_that_was_named_is_corrected(maya, own_store, now):
    loaded(maya, STATEMENT + b"main,2025-06-09,-30.00,Halfway Fuel,Transport/Fuel\n", now)
    refreshed(maya, now)
    count = "subscriptions.recurring_merchant_count"
    fuel = corrected(maya, Kind.TRANSFER, row_of(maya, "Halfway Fuel").id, now)
    assert fuel.effect["rows"] == 1 and count not in changes(fuel, "30d")
    gym = corrected(maya, Kind.TRANSFER, row_of(maya, "Corner Gym").id, now)
    assert gym.effect["rows"] == 1 and changes(gym, "30d")[count] == (1, 0)


def test_it_takes_effect_at_the_next_refresh_which_it_makes_due(measured_maya, now):
    assert not is_due(measured_maya)
    later = now + timedelta(hours=1)
    made = corrected(measured_maya, Kind.NOT_SUBSCRIPTION, GYM, later)
    assert is_due(measured_maya)
    assert signal(measured_maya, "subscriptions.recurring_merchant_count") == 1
    refreshed(measured_maya, later)
    assert not is_due(measured_maya)
    assert signal(measured_maya, "subscriptions.recurring_merchant_count") == 0
    much_later = later + timedelta(hours=1)
    assert withdrawn(measured_maya, made, much_later).withdrawn_at == much_later
    assert is_due(measured_maya)
    refreshed(measured_maya, much_later)
    assert signal(measured_maya, "subscriptions.recurring_merchant_count") == 1


def test_a_merchant_goes_by_the_banks_entity_id_where_there_is_one(maya, now):
    row = money.TransactionFactory(user=maya, merchant_entity_id="ent_1")
    made = corrected(maya, Kind.TRANSFER, row.merchant_key, now)
    assert (made.merchant, made.merchant_key) == ("Corner Grocer", "ent_1")
    with pytest.raises(corrections.DuplicateCorrection):
        corrected(maya, Kind.TRANSFER, "ent_1", now)


def test_only_what_is_there_can_be_corrected(measured_maya, noor, now):
    theirs = money.TransactionFactory(user=noor, merchant_key="elsewhere")
    with pytest.raises(corrections.MerchantNotFound):
        corrected(measured_maya, Kind.TRANSFER, "elsewhere", now)
    with pytest.raises(corrections.TransactionNotFound):
        corrected(measured_maya, Kind.TRANSFER, theirs.id, now)
    with pytest.raises(corrections.NoSingleSubscription):
        corrected(measured_maya, Kind.NOT_SUBSCRIPTION, row_of(measured_maya, "Corner Gym").id, now)


def test_the_same_is_corrected_once_until_it_is_withdrawn(measured_maya, now):
    made = corrected(measured_maya, Kind.TRANSFER, GYM, now)
    with pytest.raises(corrections.DuplicateCorrection):
        corrected(measured_maya, Kind.TRANSFER, GYM, now)
    corrected(measured_maya, Kind.NOT_SUBSCRIPTION, GYM, now)
    first = withdrawn(measured_maya, made, now).withdrawn_at
    assert withdrawn(measured_maya, made, now + timedelta(days=1)).withdrawn_at == first
    assert corrected(measured_maya, Kind.TRANSFER, GYM, now).pk != made.pk


def test_without_consent_nothing_is_corrected_and_nothing_is_there_to_withdraw(measured_maya, noor, now):
    made = corrected(measured_maya, Kind.TRANSFER, GYM, now)
    with pytest.raises(ConsentRequired):
        corrected(noor, Kind.TRANSFER, GYM, now)
    with rowsecurity.viewing(rowsecurity.of(measured_maya)):
        consent.revoke(user=measured_maya, purpose=Purpose.ANALYSIS, now=now)
    with pytest.raises(ConsentRequired):
        corrected(measured_maya, Kind.NOT_INCOME, "northwind payroll", now)
    with pytest.raises(corrections.CorrectionNotFound):
        withdrawn(measured_maya, made, now)


def test_another_persons_correction_is_not_there(measured_maya, now):
    made = corrected(measured_maya, Kind.TRANSFER, GYM, now)
    with pytest.raises(corrections.CorrectionNotFound):
        withdrawn(money.consenting("theo"), made, now)


def test_what_was_cached_is_out_of_date_with_a_correction_and_with_its_end(measured_maya, now):
    def generation():
        with rowsecurity.viewing(rowsecurity.of(measured_maya)):
            measured_maya.refresh_from_db()
        return measured_maya.cache_generation

    before = generation()
    made = corrected(measured_maya, Kind.TRANSFER, GYM, now)
    assert generation() == before + 1
    withdrawn(measured_maya, made, now)
    assert generation() == before + 2


def test_a_merchant_is_remembered_when_the_statement_is_taken_back_and_sent_again(maya, own_store, now):
    first = loaded(maya, STATEMENT, now)
    corrected(maya, Kind.NOT_SUBSCRIPTION, GYM, now)
    uploads.revert(user=maya, upload_id=first.pk, now=now)
    loaded(maya, STATEMENT, now)
    refreshed(maya, now)
    assert signal(maya, "subscriptions.recurring_merchant_count") == 0


def test_a_row_is_remembered_when_its_statement_is_taken_back_and_sent_again_under_new_ids(maya, own_store, now):
    first = loaded(maya, STATEMENT, now)
    was = row_of(maya, "Aunt Vera")
    corrected(maya, Kind.TRANSFER, was.id, now)
    uploads.revert(user=maya, upload_id=first.pk, now=now)
    loaded(maya, STATEMENT, now)
    again = row_of(maya, "Aunt Vera")
    assert again.id != was.id and again.external_id == was.external_id
    refreshed(maya, now)
    assert str(signal(maya, "spending.spend_total")) == "100.00"
    with pytest.raises(corrections.DuplicateCorrection):
        corrected(maya, Kind.TRANSFER, again.id, now)


def test_two_requests_at_once_make_one_correction(live_db, own_store, now):
    maya = money.consenting("maya")
    loaded(maya, STATEMENT, now)
    ended, together = [], threading.Barrier(2)

    def press():
        together.wait()
        try:
            ended.append(corrected(maya, Kind.TRANSFER, GYM, now).kind)
        except corrections.DuplicateCorrection as refused:
            ended.append(refused.code)
        finally:
            connection.close()

    both = [threading.Thread(target=press) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(ended) == ["DUPLICATE_CORRECTION", "transfer"]
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert Correction.objects.count() == 1
