"""What the routes of dossiers, new and former, have in common: who comes, whom a path names, how often one portrays."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from rest_framework import viewsets
from rest_framework.request import Request

from accounts import limits, origin, rowsecurity
from accounts.api.authentication import TenantRequired, acting
from accounts.api.paging import uuid_of
from accounts.api.permissions import Allowed, Consumer, HasScope
from accounts.keys import Scope as KeyScope
from accounts.limits import Scope, Use
from accounts.rowsecurity import Viewer
from personas import persons
from personas.api.people import ME
from personas.persons import By, PersonNotFound

WRITES = Consumer | Allowed("accounts.open_files") | HasScope(KeyScope.PERSONS_WRITE)
READS = WRITES | HasScope(KeyScope.PERSONS_READ)
REMOVES = Consumer | Allowed("personas.delete_persons") | HasScope(KeyScope.PERSONS_WRITE)
EXPORTS = Allowed("accounts.erase_people") | HasScope(KeyScope.PERSONS_READ) | HasScope(KeyScope.PERSONS_WRITE)


class DossierDoor(viewsets.ViewSet):
    may: ClassVar[Mapping[str, Any]] = {}  # what is not named here is a read

    def get_permissions(self) -> list[Any]:
        return [self.may.get(self.action, READS)()]

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if acting(request).tenant_id is None:
            raise TenantRequired

    def asked(self, request: Request) -> dict[str, Any]:
        """Whose act it is, when, and from where."""
        return {"by": acting(request), "now": timezone.now(), "origin": origin.of(request._request)}


def whom(named: str) -> UUID | None:
    """`me` is the caller's own, which only people have."""
    return None if named == ME else uuid_of(named, PersonNotFound)


def admit(request: Request, eyes: Viewer, person_ids: Sequence[UUID | None], *, times: int = 1) -> None:
    """One more portrait of each, and so many in the institution; without Redis everybody is admitted."""
    by = acting(request)
    of_tenant = [Use(Scope.PORTRAITS_OF_TENANT, str(by.tenant_id))] * times
    of_persons = [Use(Scope.PORTRAITS, str(person_id or _own(by, eyes))) for person_id in person_ids]
    request._request.rate = limits.admit(*of_persons, *of_tenant)  # type: ignore[attr-defined]


def _own(by: By, eyes: Viewer) -> UUID | None:
    with rowsecurity.viewing(eyes):
        return next(iter(persons.ids(by=by, person_ids=[None])), None)
