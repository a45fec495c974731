"""What the database refuses about the notes and actions of staff, attacked by raw SQL."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import consent, rowsecurity
from accounts.purposes import Purpose
from accounts.rowsecurity import MAINTENANCE, Context, Viewer
from accounts.tests import factories as people
from operators.models import EvaluationReport
from operators.tests.factories import ActionFactory, NoteFactory, TagFactory
from recommendations.tests.factories import ItemFactory

TABLES = ("recommendation_notes", "recommendation_tags", "operator_actions")


@pytest.fixture
def written(maya, omar):
    item = ItemFactory(user=maya)
    with rowsecurity.viewing(MAINTENANCE):
        NoteFactory(recommendation=item, operator_id=omar.pk)
        TagFactory(recommendation=item, tagged_by=omar.pk)
        ActionFactory(user=maya, operator_id=omar.pk)
    return item


def count(table, viewer):
    with rowsecurity.viewing(viewer), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def attempt(statement, viewer=MAINTENANCE, values=()):
    with rowsecurity.viewing(viewer), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


@pytest.mark.parametrize("table", TABLES)
class TestEyes:
    def test_staff_of_the_institution_see_it(self, written, omar, table):
        assert count(table, rowsecurity.of(omar)) == 1

    def test_its_person_does_not(self, written, maya, table):
        assert count(table, rowsecurity.of(maya)) == 0

    def test_staff_of_elsewhere_and_services_do_not(self, written, maya, table):
        other = people.TenantFactory(slug="elsewhere")
        assert count(table, Viewer(Context.OPERATOR, str(other.pk), str(uuid4()))) == 0
        assert count(table, Viewer(Context.SERVICE, str(maya.tenant_id), None)) == 0

    def test_nobody_does_once_the_person_revoked(self, written, maya, omar, now, table):
        with rowsecurity.viewing(rowsecurity.of(maya)):
            consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
        assert count(table, rowsecurity.of(omar)) == 0

    def test_it_goes_with_the_person(self, written, maya, table):
        attempt("DELETE FROM users WHERE user_id = %s", values=[maya.pk])
        assert count(table, MAINTENANCE) == 0


def test_a_note_cannot_stand_beside_somebody_elses_item(written, omar, maya):
    theo = people.consenting("theo")
    with rowsecurity.viewing(MAINTENANCE), pytest.raises(DatabaseError), transaction.atomic():
        NoteFactory(recommendation=written, user_id=theo.pk, operator_id=omar.pk)
        connection.check_constraints()


def test_what_was_done_about_a_person_is_not_rewritten(written, omar):
    with pytest.raises(DatabaseError, match="never changed"):
        attempt("UPDATE operator_actions SET reason = 'Something else entirely.'")
    with pytest.raises(DatabaseError, match="never changed"):
        attempt("DELETE FROM operator_actions", rowsecurity.of(omar))


def test_a_flag_is_taken_off_once(written, omar):
    off = "UPDATE operator_actions SET cleared_at = now(), cleared_by = %s"
    assert attempt(off, rowsecurity.of(omar), [omar.pk]) == 1
    with pytest.raises(DatabaseError, match="never changed"):
        attempt(off, rowsecurity.of(omar), [omar.pk])


def test_a_person_wears_one_flag(written, maya, omar):
    with pytest.raises(DatabaseError, match="one_flag"), transaction.atomic():
        ActionFactory(user=maya, operator_id=omar.pk)


def test_a_finished_report_says_for_ever_what_it_said(omar, now):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        made = EvaluationReport.objects.create(tenant_id=omar.tenant_id, replay_sample=10, asked_at=now)
        made.status, made.report, made.finished_at = "completed", {"report_id": str(made.pk)}, timezone.now()
        made.save()
    with pytest.raises(DatabaseError, match="never changed"):
        attempt("UPDATE evaluation_reports SET report = '{}'", rowsecurity.of(omar))
