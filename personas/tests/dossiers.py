"""Dossiers as tests need them, written with the eyes that may write them."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import factory
from django.db.models import F
from factory.django import DjangoModelFactory

from accounts import rowsecurity
from accounts.tests.factories import TenantFactory
from personas.models import Person, Portrait, PortraitSource, PortraitVersion, Submission

BEGAN = datetime(2026, 11, 1, 9, tzinfo=UTC)


class PersonFactory(DjangoModelFactory):
    """Of nobody in particular unless a `user` is given."""

    class Meta:
        model = Person

    tenant = factory.LazyAttribute(lambda row: row.user.tenant if getattr(row, "user", None) else TenantFactory())
    created_at = BEGAN

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **fields: Any) -> Any:
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            return super()._create(model_class, *args, **fields)


def submitted(person: Person, text: str, at: datetime = BEGAN, **fields: Any) -> Submission:
    """One more text, and the person knows of it."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Person.objects.filter(pk=person.pk).update(
            revision=F("revision") + 1,
            person_data_count=F("person_data_count") + 1,
            characters=F("characters") + len(text),
        )
        digest = sha256(text.encode()).hexdigest()
        return Submission.objects.create(
            tenant_id=person.tenant_id, person=person, raw_text=text, sha256=digest, created_at=at, **fields
        )


def portrayed(person: Person, document: dict[str, Any] | None = None, at: datetime = BEGAN) -> Portrait:
    """The next portrait, of every text there is."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        ids = list(Submission.objects.filter(person=person).order_by("created_at", "seq").values_list("pk", flat=True))
        said = {"persona": document or {}, "computed_from_data_ids": ids, "updated_at": at}
        of_person = Portrait.objects.filter(person=person)
        if not of_person.update(version=F("version") + 1, **said):
            Portrait.objects.create(tenant_id=person.tenant_id, person=person, created_at=at, **said)
        made = of_person.get()
        version = PortraitVersion.objects.create(
            tenant_id=person.tenant_id,
            person=person,
            portrait=made,
            version=made.version,
            persona=made.persona,
            data_ids=ids,
            input_hash="0" * 64,
            generator="test",
            created_at=at,
        )
        PortraitSource.objects.bulk_create(
            PortraitSource(persona_version=version, person_data_id=data_id, position=place)
            for place, data_id in enumerate(ids)
        )
        return made
