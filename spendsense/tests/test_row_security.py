"""The wall, attacked by raw SQL as the serving role: every context, every table, and the traps that are known."""

import threading

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, InternalError, ProgrammingError, connection, transaction

from accounts import consent, ledger, rowsecurity
from accounts.models import Transaction, Upload, User
from accounts.purposes import Purpose
from accounts.rowsecurity import MAINTENANCE, NOBODY, SIGNIN, Context, Viewer
from accounts.tests import factories

MONEY = ("accounts", "transactions", "liabilities", "ledger_months")
OWN = ("data_uploads", "upload_undo")
LIBRARY = ("account_emailaddress", "mfa_authenticator", "usersessions_usersession", "socialaccount_socialaccount")


def sees(table, viewer, where="true"):
    with rowsecurity.viewing(viewer), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {where}")
        return cursor.fetchone()[0]


@pytest.fixture
def lives(db):
    """maya agreed, noor did not, zoe agreed in another institution; each has one row in every table of money."""
    other = factories.TenantFactory(slug="elsewhere")
    people = {
        "maya": factories.consenting("maya"),
        "noor": factories.UserFactory(email="noor@example.test"),
        "zoe": factories.consenting("zoe", tenant=other),
    }
    for user in people.values():
        account = factories.AccountFactory(user=user)
        factories.TransactionFactory(user=user, account=account)
        factories.LiabilityFactory(user=user, account=account)
        with rowsecurity.viewing(rowsecurity.of(user)), connection.cursor() as cursor:
            ledger.rebuild_people(cursor, user_ids=[user.pk])
            cursor.execute(
                "INSERT INTO upload_undo (tenant_id, user_id, upload_id, kind, row_id, before)"
                " VALUES (%s, %s, %s, 'account', gen_random_uuid(), '{}')",
                [user.tenant_id, user.pk, account.upload_id],
            )
    return people


def of(user, role):
    return Viewer(role, str(user.tenant_id), str(user.pk), user.actor)


@pytest.mark.parametrize("table", [*MONEY, *OWN])
class TestMoney:
    def test_nobody_sees_nothing(self, lives, table):
        assert sees(table, NOBODY) == 0

    def test_signin_and_service_see_nothing(self, lives, table):
        assert sees(table, SIGNIN) == 0
        assert sees(table, of(lives["maya"], Context.SERVICE)) == 0

    def test_an_owner_sees_their_own_with_consent_or_without(self, lives, table):
        assert sees(table, of(lives["maya"], Context.CONSUMER)) == 1
        assert sees(table, of(lives["noor"], Context.CONSUMER)) == 1

    def test_an_operator_sees_who_agreed_in_their_own_institution(self, lives, table, omar):
        expected = 0 if table == "upload_undo" else 1
        assert sees(table, rowsecurity.of(omar)) == expected
        assert sees(table, rowsecurity.of(omar), f"user_id = '{lives['noor'].pk}'") == 0
        assert sees(table, rowsecurity.of(omar), f"user_id = '{lives['zoe'].pk}'") == 0

    def test_a_revocation_closes_the_door_at_the_next_statement(self, lives, table, omar, now):
        with rowsecurity.viewing(rowsecurity.of(lives["maya"])):
            consent.revoke(user=lives["maya"], purpose=Purpose.ANALYSIS, now=now)
        assert sees(table, rowsecurity.of(omar)) == 0
        assert sees(table, of(lives["maya"], Context.CONSUMER)) == 1

    def test_an_unknown_role_sees_nothing(self, lives, table):
        assert sees(table, Viewer("superuser", str(lives["maya"].tenant_id), str(lives["maya"].pk))) == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("table", MONEY)
def test_the_pipeline_measures_who_agreed(lives, table):
    assert sees(table, rowsecurity.pipeline(lives["maya"].tenant_id)) == 1
    assert sees(table, rowsecurity.pipeline(lives["zoe"].tenant_id)) == 1


def test_the_pipeline_sees_every_upload_of_its_tenant(lives):
    assert sees("data_uploads", rowsecurity.pipeline(lives["maya"].tenant_id)) == 2


@pytest.mark.parametrize("table", MONEY)
def test_maintenance_reaches_the_money_of_one_named_person(lives, table):
    assert sees(table, MAINTENANCE) == 0
    assert sees(table, rowsecurity.maintenance_of(lives["noor"].pk)) == 1


@pytest.mark.parametrize("table", LIBRARY)
def test_sign_in_data_is_for_sign_in_and_for_its_owner(lives, omar, table):
    assert sees(table, rowsecurity.of(omar)) == 0
    assert sees(table, rowsecurity.pipeline(omar.tenant_id)) == 0


def test_users_are_seen_by_their_institution_and_measured_only_with_consent(lives, omar):
    assert sees("users", rowsecurity.of(omar)) == 3  # maya, noor, omar
    assert sees("users", rowsecurity.pipeline(omar.tenant_id)) == 1
    assert sees("users", of(lives["maya"], Context.CONSUMER)) == 1
    assert sees("profiles", of(lives["maya"], Context.CONSUMER)) == 1  # a view has the eyes of who reads it
    assert sees("ledger_of_rows", NOBODY) == 0


def test_nobody_writes_for_another(lives):
    maya, noor = lives["maya"], lives["noor"]
    with pytest.raises(ProgrammingError, match="row-level security"), rowsecurity.viewing(rowsecurity.of(maya)):
        Upload.objects.filter(user=maya).update(user=noor)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert Transaction.objects.filter(user=noor).update(amount=0) == 0
        assert Transaction.objects.filter(user=noor).delete()[0] == 0


def test_another_persons_account_cannot_be_named(lives):
    maya, noor = lives["maya"], lives["noor"]
    with rowsecurity.viewing(rowsecurity.of(noor)):
        theirs = Transaction.objects.get(user=noor).account_id
    with pytest.raises(DatabaseError, match="foreign key"), rowsecurity.viewing(rowsecurity.of(maya)):
        Transaction.objects.filter(user=maya).update(account_id=theirs)
        connection.check_constraints()


@pytest.mark.parametrize("change", [{"role": "admin"}, {"role": "operator", "level": "senior"}])
def test_nobody_raises_themselves(lives, change):
    maya = lives["maya"]
    with pytest.raises(DatabaseError, match="not changed by a consumer"), rowsecurity.viewing(rowsecurity.of(maya)):
        User.objects.filter(pk=maya.pk).update(**change)


def test_an_operator_cannot_consent_for_a_person(lives, omar, now):
    with pytest.raises(ProgrammingError, match="row-level security"), rowsecurity.viewing(rowsecurity.of(omar)):
        consent.grant(user=lives["noor"], purpose=Purpose.ANALYSIS, now=now)


def test_a_consent_is_closed_once_and_never_changed_or_deleted(lives, now):
    maya = lives["maya"]
    for statement in (
        "UPDATE consent_records SET version = '9.9'",
        "UPDATE consent_records SET granted_at = granted_at - interval '1 year'",
        "DELETE FROM consent_records",
    ):
        with pytest.raises(DatabaseError, match="consent_records"), rowsecurity.viewing(rowsecurity.of(maya)):
            connection.cursor().execute(statement)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
        assert not consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
    with pytest.raises(DatabaseError, match="closed once"), rowsecurity.viewing(rowsecurity.of(maya)):
        connection.cursor().execute("UPDATE consent_records SET revoked_at = NULL")


def test_an_upload_moves_only_as_it_may(lives):
    maya = lives["maya"]
    with pytest.raises(DatabaseError, match="does not become"), rowsecurity.viewing(rowsecurity.of(maya)):
        Upload.objects.filter(user=maya).update(status="completed")


# -- the file that staff have opened


DERIVED = "persona_profiles"


def opens(viewer, person, table, where="true"):
    """What somebody sees who names a person as opened, as raw SQL could."""
    with rowsecurity.viewing(viewer), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.current_person', %s, true)", [str(person.pk)])
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {where}")
        return cursor.fetchone()[0]


def test_a_file_that_staff_opened_shows_what_it_would_show_unopened(lives, omar):
    maya, noor, zoe = lives["maya"], lives["noor"], lives["zoe"]
    for person in (maya, noor, zoe):
        for table in MONEY:
            assert opens(rowsecurity.of(omar), person, table) == sees(table, rowsecurity.of(omar)) == 1
    assert opens(rowsecurity.of(omar), noor, "transactions", f"user_id = '{noor.pk}'") == 0
    assert opens(rowsecurity.of(omar), zoe, "transactions", f"user_id = '{zoe.pk}'") == 0


def test_an_open_file_closes_with_the_consent_at_the_next_statement(live_db, now):
    maya, omar = factories.consenting("maya"), factories.UserFactory(role="operator", level="senior")
    factories.TransactionFactory(user=maya)

    def revoke():
        try:
            with rowsecurity.viewing(rowsecurity.of(maya)):
                consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
        finally:
            connection.close()

    with rowsecurity.viewing(rowsecurity.of(omar)):
        assert rowsecurity.opening(User.objects.filter(pk=maya.pk)).first() == maya
        assert Transaction.objects.filter(user=maya).count() == 1
        other = threading.Thread(target=revoke)
        other.start()
        other.join()
        assert Transaction.objects.filter(user=maya).count() == 0


def test_nobody_but_staff_opens_a_file(lives):
    maya, noor = lives["maya"], lives["noor"]
    for viewer in (of(noor, Context.CONSUMER), of(noor, Context.SERVICE), SIGNIN, NOBODY):
        assert opens(viewer, maya, "transactions", f"user_id = '{maya.pk}'") == 0


def test_what_was_derived_is_the_owners_only_while_they_agree(lives, now):
    maya, noor = lives["maya"], lives["noor"]
    for person in (maya, noor):
        with rowsecurity.viewing(rowsecurity.MAINTENANCE), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {DERIVED} (profile_id, tenant_id, user_id, rule_set_version, algorithm_version,"
                " refreshed_at, updated_at) VALUES (gen_random_uuid(), %s, %s, 1, 'test', %s, %s)",
                [person.tenant_id, person.pk, now, now],
            )
    assert sees(DERIVED, of(maya, Context.CONSUMER)) == 1
    assert sees(DERIVED, of(noor, Context.CONSUMER)) == 0
    assert opens(of(noor, Context.CONSUMER), maya, DERIVED) == 0


@pytest.mark.parametrize("who", ["pipeline", "operator", "owner"])
def test_nobody_asks_for_consent_row_by_row_who_need_not(lives, omar, who):
    """The probe of the ledger that a row costs is for staff who look at many, and planned once for everybody."""
    maya = lives["maya"]
    viewers = {"pipeline": rowsecurity.pipeline(omar.tenant_id), "operator": rowsecurity.of(omar)}
    with rowsecurity.viewing(viewers.get(who, rowsecurity.of(maya))), connection.cursor() as cursor:
        if who == "operator":
            rowsecurity.opening(User.objects.filter(pk=maya.pk)).first()
        cursor.execute("EXPLAIN (ANALYZE, COSTS OFF) SELECT * FROM transactions WHERE user_id = %s", [maya.pk])
        probes = [line for (line,) in cursor if line.strip().endswith(")") and " on consent_records c " in line]
    assert len(probes) == 1 and "never executed" in probes[0]


def test_an_operator_writes_nothing_into_another_institution_through_an_open_file(lives, omar):
    maya, zoe = lives["maya"], lives["zoe"]
    with pytest.raises(ProgrammingError, match="row-level security"), rowsecurity.viewing(rowsecurity.of(omar)):
        rowsecurity.opening(User.objects.filter(pk=maya.pk)).first()
        Transaction.objects.filter(user=maya).update(tenant=zoe.tenant)


# -- the traps


def test_a_used_connection_forgets_who_looked(lives):
    maya = lives["maya"]
    assert sees("transactions", rowsecurity.of(maya)) == 1
    with connection.cursor() as cursor:  # '' and not NULL stands in the settings now: no cast may break
        cursor.execute("SELECT count(*) FROM transactions")
        assert cursor.fetchone()[0] == 0


def test_two_requests_on_one_connection_do_not_meet(lives, calling):
    maya, noor = calling(lives["maya"]), calling(lives["noor"])
    assert maya.get("/api/users/me").json()["email"] == "maya@example.test"
    assert calling().get("/api/users/me").status_code == 401
    assert noor.get("/api/users/me").json()["email"] == "noor@example.test"
    assert calling().get("/api/transactions").status_code == 401


def test_settings_made_outside_a_transaction_are_forgotten(live_db):
    user = factories.consenting("maya")
    factories.TransactionFactory(user=user)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.current_role', 'maintenance', true)")
        cursor.execute("SELECT set_config('app.current_user_id', %s, true)", [str(user.pk)])
        cursor.execute("SELECT count(*) FROM transactions")
        assert cursor.fetchone()[0] == 0


def test_the_parts_of_transactions_have_no_door(lives):
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        rowsecurity.viewing(rowsecurity.of(lives["maya"])),
    ):
        connection.cursor().execute("SELECT * FROM transactions_p00")


def test_the_serving_role_cannot_lift_the_wall(lives):
    for statement in (
        "ALTER TABLE transactions DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE transactions NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY money ON transactions",
        "TRUNCATE transactions",
        "ALTER TABLE users DISABLE TRIGGER keep_authority",
        "SET ROLE spendsense_owner",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic():
            connection.cursor().execute(statement)
    with pytest.raises((ProgrammingError, InternalError)), transaction.atomic():
        connection.cursor().execute("SET row_security = off; SELECT count(*) FROM transactions")


def test_the_owner_is_under_the_wall_as_well(lives, databases):
    owner = settings.DATABASES["owner"]
    with psycopg.connect(host=owner["HOST"], user=owner["USER"], dbname=owner["NAME"]) as raw:
        assert raw.execute("SELECT count(*) FROM transactions").fetchone() == (0,)


def test_a_savepoint_that_fails_gives_the_former_eyes_back(lives, omar):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        with pytest.raises(ZeroDivisionError), rowsecurity.viewing(rowsecurity.of(lives["maya"])):
            raise ZeroDivisionError
        assert rowsecurity.viewer() == rowsecurity.of(omar)
        with connection.cursor() as cursor:
            cursor.execute("SELECT app_role()")
            assert cursor.fetchone() == ("operator",)


def test_a_batch_that_read_before_a_revocation_waits_for_the_same_row(live_db, now):
    """The revocation changes the user row; whoever stores something derived locks it first and asks again."""
    user = factories.consenting("maya")
    eyes = rowsecurity.pipeline(user.tenant_id)
    read, revoked = threading.Event(), threading.Event()
    found = []

    def batch():
        try:
            with rowsecurity.viewing(eyes):
                assert User.objects.filter(pk=user.pk).exists()
            read.set()
            revoked.wait(10)
            with rowsecurity.viewing(eyes):
                found.extend(User.objects.select_for_update().filter(pk=user.pk))
        finally:
            connection.close()

    worker = threading.Thread(target=batch)
    worker.start()
    assert read.wait(10)
    with rowsecurity.viewing(rowsecurity.of(user)):
        consent.revoke(user=user, purpose=Purpose.ANALYSIS, now=now)
    revoked.set()
    worker.join()
    assert found == []


def test_the_rows_of_a_table_made_later_go_with_the_person(live_db):
    user = factories.UserFactory()
    owner = settings.DATABASES["owner"]
    with psycopg.connect(host=owner["HOST"], user=owner["USER"], dbname=live_db) as raw:
        raw.execute("CREATE TABLE letters (user_id uuid REFERENCES users (user_id))")
        raw.execute("SELECT app_follow_the_person(), set_config('app.current_role', 'maintenance', true)")
        raw.execute("INSERT INTO letters VALUES (%s)", [user.pk])
        raw.execute("DELETE FROM users WHERE user_id = %s", [user.pk])
        assert raw.execute("SELECT count(*) FROM letters").fetchone() == (0,)


def test_every_table_with_a_user_has_forced_row_security(db):
    from spendsense.checks import database_role_is_harmless

    assert database_role_is_harmless(databases=["default"]) == []
