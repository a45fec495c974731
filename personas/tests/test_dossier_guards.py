"""The walls around dossiers, attacked by raw writes."""

from hashlib import sha256

import pytest
from django.db import DatabaseError, connection

from accounts import consent, rowsecurity
from accounts.models import User
from accounts.purposes import Purpose
from accounts.rowsecurity import MAINTENANCE, NOBODY, SIGNIN
from accounts.tests import factories
from personas.models import Notes, Person, Portrait, PortraitSource, PortraitVersion, Submission
from personas.tests.dossiers import PersonFactory, portrayed, submitted

TABLES = (Person, Submission, Notes, Portrait, PortraitVersion, PortraitSource)


def whole(person):
    """A person with one row in every table."""
    text = submitted(person, "I walk to work.")
    with rowsecurity.viewing(MAINTENANCE):
        Notes.objects.create(person_data=text, prompt_version=1, notes="Walks.", model="test", tokens=3)
    portrayed(person)
    return person


@pytest.fixture
def vera(db):
    """Agreed to notes, and has a dossier."""
    user = factories.consenting("vera", Purpose.NOTES)
    whole(PersonFactory(user=user))
    return user


@pytest.fixture
def unlinked(db):
    return whole(PersonFactory(tenant=factories.TenantFactory()))


def sees(viewer):
    with rowsecurity.viewing(viewer):
        counts = {table.objects.count() for table in TABLES}
    assert len(counts) == 1
    return counts.pop()


def service_of(tenant):
    return rowsecurity.service(tenant.pk, "key:test")


def refused(statement, *values, eyes=MAINTENANCE):
    with rowsecurity.viewing(eyes), connection.cursor() as cursor:
        cursor.execute(statement, values)
        connection.check_constraints()


class TestWhoSees:
    def test_the_person_themselves_while_they_agree(self, vera, unlinked, now):
        assert sees(rowsecurity.of(vera)) == 1
        with rowsecurity.viewing(rowsecurity.of(vera)):
            consent.revoke(user=vera, purpose=Purpose.NOTES, now=now)
        assert sees(rowsecurity.of(vera)) == 0
        with rowsecurity.viewing(rowsecurity.of(vera)):
            consent.grant(user=vera, purpose=Purpose.NOTES, now=now)
        assert sees(rowsecurity.of(vera)) == 1

    def test_staff_and_services_of_the_institution_while_the_person_agrees(self, vera, unlinked, omar, now):
        for eyes in (rowsecurity.of(omar), service_of(omar.tenant)):
            assert sees(eyes) == 2
        with rowsecurity.viewing(rowsecurity.of(vera)):
            consent.revoke(user=vera, purpose=Purpose.NOTES, now=now)
        for eyes in (rowsecurity.of(omar), service_of(omar.tenant)):
            assert sees(eyes) == 1

    def test_nobody_of_another_institution(self, vera, unlinked):
        there = factories.TenantFactory(slug="elsewhere")
        fred = factories.UserFactory(email="fred@example.test", role="admin", tenant=there)
        assert sees(rowsecurity.of(fred)) == sees(service_of(there)) == 0

    def test_no_other_consumer_no_pipeline_and_no_sign_in(self, vera, unlinked, maya):
        for eyes in (rowsecurity.of(maya), rowsecurity.pipeline(vera.tenant_id), SIGNIN, NOBODY):
            assert sees(eyes) == 0

    def test_the_consent_to_be_measured_is_not_one_to_notes(self, maya, omar):
        whole(PersonFactory(user=maya))
        assert sees(rowsecurity.of(maya)) == sees(rowsecurity.of(omar)) == 0

    def test_a_service_reads_of_the_ledger_who_agreed_to_notes_only(self, vera, maya):
        with rowsecurity.viewing(service_of(maya.tenant)), connection.cursor() as cursor:
            cursor.execute("SELECT user_id FROM consent_records")
            assert cursor.fetchall() == [(vera.pk,)]


class TestWhoWrites:
    def test_nobody_into_a_dossier_that_they_do_not_see(self, vera, unlinked, maya):
        text, digest = "Mine.", sha256(b"Mine.").hexdigest()
        with rowsecurity.viewing(MAINTENANCE):
            theirs = Person.objects.get(user=vera)
        for eyes in (rowsecurity.of(maya), rowsecurity.pipeline(vera.tenant_id)):
            for person in (theirs, unlinked):
                with pytest.raises(DatabaseError, match="row-level security"), rowsecurity.viewing(eyes):
                    Submission.objects.create(
                        tenant_id=vera.tenant_id, person_id=person.pk, raw_text=text, sha256=digest
                    )

    def test_nobody_takes_a_dossier_to_another_institution(self, unlinked, omar):
        there = factories.TenantFactory(slug="elsewhere")
        with pytest.raises(DatabaseError, match="row-level security"):
            refused("UPDATE persons SET tenant_id = %s", there.pk, eyes=rowsecurity.of(omar))
        with pytest.raises(DatabaseError, match="row-level security"), rowsecurity.viewing(rowsecurity.of(omar)):
            Submission.objects.create(
                tenant_id=there.pk, person=unlinked, raw_text="x", sha256=sha256(b"x").hexdigest()
            )

    def test_a_consumer_opens_a_dossier_for_nobody_else_and_not_without_agreeing(self, maya, noor):
        for eyes, whom in ((maya, noor), (maya, None), (maya, maya)):
            with pytest.raises(DatabaseError, match="row-level security"), rowsecurity.viewing(rowsecurity.of(eyes)):
                Person.objects.create(tenant_id=eyes.tenant_id, user=whom)

    def test_a_user_has_one_dossier(self, vera):
        with pytest.raises(DatabaseError, match="unique"):
            PersonFactory(user=vera)


class TestHistory:
    @pytest.mark.parametrize(
        "change",
        ["raw_text = 'You run.'", "source = 'web'", "created_at = now()", "seq = seq + 1000",
         "sha256 = repeat('0', 64)", "id = gen_random_uuid()"],
    )  # fmt: skip
    def test_a_submission_is_never_changed(self, unlinked, omar, change):
        for eyes in (MAINTENANCE, rowsecurity.of(omar)):
            with pytest.raises(DatabaseError, match="a submission is never changed"):
                refused(f"UPDATE person_data SET {change}", eyes=eyes)

    def test_a_submission_gets_no_author_afterwards(self, unlinked, omar):
        with pytest.raises(DatabaseError, match="a submission is never changed"):
            refused("UPDATE person_data SET author_id = %s", omar.pk)

    def test_a_submission_may_be_given_to_another_person(self, unlinked, omar):
        other = PersonFactory(tenant=unlinked.tenant)
        refused("UPDATE person_data SET person_id = %s", other.pk, eyes=rowsecurity.of(omar))
        with rowsecurity.viewing(MAINTENANCE):
            assert Submission.objects.get().person_id == other.pk

    def test_when_an_author_leaves_the_text_stays_without_the_name(self, unlinked, omar):
        submitted(unlinked, "Omar wrote this.", author_id=omar.pk)
        with rowsecurity.viewing(MAINTENANCE):
            User.objects.filter(pk=omar.pk).delete()
            connection.check_constraints()
            assert Submission.objects.get(raw_text="Omar wrote this.").author_id is None

    @pytest.mark.parametrize("table", ["person_notes_cache", "persona_versions", "persona_version_sources"])
    def test_what_was_made_is_never_changed(self, unlinked, omar, table):
        column = {"person_notes_cache": "prompt_version", "persona_versions": "version"}.get(table, "position")
        for eyes in (MAINTENANCE, rowsecurity.of(omar)):
            with pytest.raises(DatabaseError, match="appended to, never changed"):
                refused(f"UPDATE {table} SET {column} = {column} + 1", eyes=eyes)

    @pytest.mark.parametrize(
        "table", ["person_data", "person_notes_cache", "persona_versions", "persona_version_sources"]
    )
    def test_nothing_is_taken_out_of_a_dossier_but_by_an_erasure(self, unlinked, omar, table):
        with pytest.raises(DatabaseError, match="appended to, never changed"):
            refused(f"DELETE FROM {table}", eyes=rowsecurity.of(omar))
        refused(f"DELETE FROM {table}", eyes=MAINTENANCE)

    def test_a_person_goes_with_everything_below(self, unlinked, omar):
        refused("DELETE FROM persons", eyes=rowsecurity.of(omar))
        assert sees(MAINTENANCE) == 0

    def test_a_portrait_goes_with_its_versions_and_leaves_the_texts(self, unlinked, omar):
        refused("DELETE FROM personas", eyes=rowsecurity.of(omar))
        with rowsecurity.viewing(MAINTENANCE):
            left = [table.objects.count() for table in (Submission, PortraitVersion, PortraitSource)]
        assert left == [1, 0, 0]

    def test_a_dossier_goes_with_the_user_whoever_deletes_them(self, vera):
        refused("DELETE FROM users WHERE user_id = %s", vera.pk)
        assert sees(MAINTENANCE) == 0


class TestWhatAColumnHolds:
    @pytest.mark.parametrize("text", ["", "x" * 100_001])
    def test_a_text_has_1_to_100000_characters(self, unlinked, text):
        with pytest.raises(DatabaseError, match=r"person_data_length|persons_hold"):
            submitted(unlinked, text)

    def test_characters_are_counted_and_not_bytes(self, unlinked):
        assert len(submitted(unlinked, "🙂" * 100_000).raw_text) == 100_000

    def test_a_fingerprint_is_that_of_the_text(self, unlinked):
        with pytest.raises(DatabaseError, match="person_data_sha256"), rowsecurity.viewing(MAINTENANCE):
            Submission.objects.create(tenant_id=unlinked.tenant_id, person=unlinked, raw_text="x", sha256="0" * 64)

    @pytest.mark.parametrize("full", ["person_data_count = 1001", "characters = 5000001", "characters = -1"])
    def test_a_person_holds_so_much_and_no_more(self, unlinked, full):
        with pytest.raises(DatabaseError, match="persons_hold"):
            refused(f"UPDATE persons SET {full}")

    def test_a_dossier_begins_in_a_known_way(self, db):
        with pytest.raises(DatabaseError, match="persons_origin"):
            PersonFactory(tenant=factories.TenantFactory(), origin="rumour")

    def test_arrival_has_an_order(self, unlinked):
        assert submitted(unlinked, "first").seq < submitted(unlinked, "second").seq


class TestVersions:
    def test_begin_at_one(self, unlinked):
        other = PersonFactory(tenant=unlinked.tenant)
        with pytest.raises(DatabaseError, match="the first version is 1"), rowsecurity.viewing(MAINTENANCE):
            Portrait.objects.create(tenant_id=other.tenant_id, person=other, persona={}, version=2)

    @pytest.mark.parametrize(
        "change", ["version = version + 2", "version = version", "version = version + 1, id = gen_random_uuid()",
                   "version = version + 1, created_at = now()"],
    )  # fmt: skip
    def test_follow_one_another_under_one_id(self, unlinked, change):
        with pytest.raises(DatabaseError, match="each version follows the one before it"):
            refused(f"UPDATE personas SET {change}")

    def test_are_kept_once(self, unlinked):
        with pytest.raises(DatabaseError, match="persona_versions_once"):
            refused(
                "INSERT INTO persona_versions (id, tenant_id, person_id, persona_id, version, persona, data_ids,"
                " input_hash, generator) SELECT gen_random_uuid(), tenant_id, person_id, persona_id, version, persona,"
                " data_ids, input_hash, generator FROM persona_versions"
            )


def test_a_dossier_that_changes_says_when(unlinked):
    refused("UPDATE persons SET first_name = 'Vera'")
    with rowsecurity.viewing(MAINTENANCE):
        assert Person.objects.get().updated_at > unlinked.created_at
