"""What happens to a dossier when its person takes it along, revokes the consent to it, or leaves."""

import io
import json
import zipfile
from datetime import timedelta

import pytest

from accounts import erasure, rowsecurity, storage, takeout
from accounts.models import StoredAnswer
from accounts.models.leaving import Scope
from accounts.purposes import Purpose
from accounts.tests import factories
from personas.models import Notes, Person, Portrait, PortraitSource, PortraitVersion, Submission
from personas.tests.dossiers import BEGAN, PersonFactory, portrayed, submitted

pytestmark = pytest.mark.usefixtures("own_store")

BELOW = (Submission, Notes, Portrait, PortraitVersion, PortraitSource)


@pytest.fixture
def vera(db):
    """Two texts and two versions; beside her a dossier of nobody and one of theo's."""
    user = factories.consenting("vera", Purpose.NOTES, Purpose.ANALYSIS)
    for person in (
        PersonFactory(user=user, first_name="Vera"),
        PersonFactory(tenant=user.tenant),
        PersonFactory(user=factories.consenting("theo", Purpose.NOTES)),
    ):
        text = submitted(person, "I walk to work.")
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            Notes.objects.create(person_data=text, prompt_version=1, notes="Walks.", model="test", tokens=3)
        portrayed(person, {"identity": {"core_description": "Walks."}})
        submitted(person, "I save for a boat.", BEGAN + timedelta(days=1))
        portrayed(person, {"identity": {"core_description": "Walks and saves."}})
    return user


def left():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return [table.objects.count() for table in (Person, *BELOW)]


@pytest.mark.parametrize("scope", [Scope.NOTES, Scope.ACCOUNT])
def test_an_erasure_takes_the_dossier_with_all_below_and_counts_it(vera, now, scope):
    assert left() == [3, 6, 3, 3, 6, 9]
    erased = erasure.erase(user=vera, scope=scope, now=now).erasure
    assert left() == [2, 4, 2, 2, 4, 6]
    counted = {
        "persons": 1,
        "person_data": 2,
        "person_notes_cache": 1,
        "personas": 1,
        "persona_versions": 2,
        "persona_version_sources": 3,
    }
    assert counted.items() <= erased.issued["rows"].items()
    assert erased.issued["verification"]["rows_remaining"] == 0


@pytest.mark.parametrize("scope", [Scope.NOTES, Scope.ACCOUNT])
def test_an_erasure_takes_what_staff_were_answered_about_the_dossier(vera, omar, now, scope):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        for person in Person.objects.all():
            StoredAnswer.objects.create(
                tenant_id=omar.tenant_id, actor=omar.actor, route="POST /v1/person", key=str(person.pk),
                fingerprint="0" * 64, response_payload=f'{{"person_id":"{person.pk}"}}', expires_at=now,
            )  # fmt: skip
        theirs = str(Person.objects.get(user=vera).pk)
    erasure.erase(user=vera, scope=scope, now=now)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        left = set(StoredAnswer.objects.values_list("key", flat=True))
    assert len(left) == 2 and theirs not in left


def test_what_is_erased_of_an_analysis_is_not_the_dossier(vera, now):
    erasure.erase(user=vera, scope=Scope.ANALYSIS, now=now)
    assert left() == [3, 6, 3, 3, 6, 9]


def test_a_person_takes_along_the_dossier_every_text_and_every_version(vera, now):
    takeout.request(user=vera, now=now)
    export = takeout.make(export=takeout.take(tenant_id=vera.tenant_id, now=now), now=now)
    archive = zipfile.ZipFile(io.BytesIO(storage.get(export.key)))
    person, texts, versions = (
        json.loads(archive.read(f"{name}.json")) for name in ("person", "submissions", "persona_versions")
    )
    assert [one["first_name"] for one in person] == ["Vera"]
    assert [(one["raw_text"], one["created_at"][:10]) for one in texts] == [
        ("I walk to work.", "2026-11-01"),
        ("I save for a boat.", "2026-11-02"),
    ]
    assert [(one["version"], one["persona"]["identity"]["core_description"]) for one in versions] == [
        (1, "Walks."),
        (2, "Walks and saves."),
    ]
    assert versions[1]["computed_from_data_ids"] == [one["id"] for one in texts]
