"""People and their dossiers over HTTP: their own for consumers, those of the institution for staff and services."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import acting
from accounts.api.idempotent import Once, idempotent
from accounts.api.paging import Page, page_of
from accounts.models import User
from personas import dossiers, persons, portraying
from personas.api import dossiershapes as shapes
from personas.api.dossierdoor import REMOVES, WRITES, DossierDoor, admit, whom
from personas.dossiers import Kept
from personas.models import Person
from personas.persons import By
from personas.profiles import UserNotFound
from personas.sittings import Change, Text

ID = OpenApiParameter("person_id", str, OpenApiParameter.PATH, description="A UUID, or `me` for a consumer.")
VERSION = OpenApiParameter("version", int, OpenApiParameter.PATH)


def _still_seen(view: Any, request: Request, named: dict[str, Any]) -> None:
    """An answer quotes the person; it is not given again once they are gone or agree no more."""
    by, person_ids = acting(request), [whom(named["person_id"])]
    if not persons.ids(by=by, person_ids=person_ids):
        persons.refuse(by=by, person_ids=person_ids)


def _still_open(view: Any, request: Request, named: dict[str, Any]) -> None:
    """As `_still_seen`, of a user's dossier; one of nobody takes its answers along when it goes."""
    if user_id := _user(request, _sent(shapes.NewPerson, request)):
        persons.of_user(by=acting(request), user_id=user_id)


class DossierViewSet(DossierDoor):
    lookup_url_kwarg = "person_id"
    waits_for_outside = frozenset({"regenerate"})  # a provider may be asked, and nothing is held while it thinks
    may = {
        **dict.fromkeys(["create", "partial_update", "add", "regenerate"], WRITES),
        "destroy": REMOVES,
    }

    @extend_schema(request=shapes.NewPerson, responses={201: shapes.PersonOut})
    @idempotent(still_visible=_still_open)
    def create(self, request: Request) -> Response:
        names = _sent(shapes.NewPerson, request)
        user_id = _user(request, names)
        person = dossiers.open(user_id=user_id, names=names, **self.asked(request))
        return Response(shapes.PersonOut(person).data, 201, headers={"Location": f"/v1/person/{person.pk}"})

    @extend_schema(parameters=[Page], responses=shapes.PersonOut(many=True))
    def list(self, request: Request) -> Response:
        asked = Page(data=request.query_params)
        asked.is_valid(raise_exception=True)
        limit, offset = asked.validated_data["limit"], asked.validated_data["offset"]
        rows = persons.newest(acting(request))
        shown = list(rows[offset : offset + limit])
        answer = Response(shapes.PersonOut(shown, many=True).data, headers={"X-Total-Count": str(rows.count())})
        dossiers.viewed(shown=shown, section="persons", **self.asked(request))
        return answer

    @extend_schema(parameters=[ID], responses=shapes.PersonOut)
    def retrieve(self, request: Request, person_id: str) -> Response:
        return self._seen(request, person_id, "person", lambda person: shapes.PersonOut(person).data)

    @extend_schema(parameters=[ID], request=shapes.Names, responses=shapes.PersonOut)
    @idempotent(still_visible=_still_seen)
    def partial_update(self, request: Request, person_id: str) -> Response:
        names = _sent(shapes.Names, request)
        dossiers.rename(person_id=whom(person_id), names=names, **self.asked(request))
        return Response(shapes.PersonOut(persons.find(by=acting(request), person_id=whom(person_id))).data)

    @extend_schema(parameters=[ID], responses={204: None})
    @idempotent()
    def destroy(self, request: Request, person_id: str) -> Response:
        dossiers.remove(person_id=whom(person_id), **self.asked(request))
        return Response(status=204)

    # -- what is handed in

    @extend_schema(parameters=[ID, Page], responses=shapes.PersonDataPage, operation_id="v1_person_data")
    @action(detail=True, methods=["get"])
    def data(self, request: Request, person_id: str) -> Response:
        asked = Page(data=request.query_params)
        asked.is_valid(raise_exception=True)

        def page(person: Person) -> Any:
            rows, total = persons.page(person, **asked.validated_data)
            return {"items": shapes.PersonDataOut(rows, many=True).data, "total": total, **asked.validated_data}

        return self._seen(request, person_id, "person_data", page)

    @extend_schema(
        parameters=[ID], request=shapes.NewData, responses={201: shapes.PersonDataOut}, operation_id="v1_person_add"
    )
    @data.mapping.post
    @idempotent(still_visible=_still_seen)
    def add(self, request: Request, person_id: str) -> Response:
        made = dossiers.add(person_id=whom(person_id), text=_text(request), **self.asked(request))
        return Response(shapes.PersonDataOut(made).data, 201)

    @extend_schema(
        parameters=[ID],
        request=shapes.NewData,
        responses={201: shapes.Regenerated},
        operation_id="v1_person_add_and_regenerate",
    )
    @action(detail=True, methods=["post"], url_path="data-and-regenerate")
    @idempotent(still_visible=_still_seen, waits=True)
    def regenerate(self, request: Request, person_id: str, once: Once) -> HttpResponse:
        change = Change(whom(person_id), (_text(request),))
        admit(request, once.eyes, [change.person_id])

        def shown(keep: Callable[[], list[Kept]]) -> Response:
            (kept,) = keep()
            told = {
                "person_data": shapes.PersonDataOut(kept.submissions[0]).data,
                "persona": shapes.PortraitOut(kept.portrait).data,
            }
            return Response(told, 201)

        return portraying.portrayed(
            eyes=once.eyes, changes=[change], store=lambda keep: once(lambda: shown(keep)), **self.asked(request)
        )

    # -- what was made of it

    @extend_schema(parameters=[ID], responses=shapes.PortraitOut)
    @action(detail=True, methods=["get"])
    def persona(self, request: Request, person_id: str) -> Response:
        return self._seen(
            request, person_id, "persona", lambda person: shapes.PortraitOut(persons.portrait(person)).data
        )

    @extend_schema(parameters=[ID], responses=shapes.PortraitWithHistory)
    @action(detail=True, methods=["get"], url_path="persona-with-history")
    def history(self, request: Request, person_id: str) -> Response:
        def with_sources(person: Person) -> Any:
            portrait = persons.portrait(person)
            portrait.computed_from_data = persons.sources(portrait)  # type: ignore[attr-defined]
            return shapes.PortraitWithHistory(portrait).data

        return self._seen(request, person_id, "persona", with_sources)

    @extend_schema(parameters=[ID, Page], responses=shapes.VersionPage, operation_id="v1_person_persona_versions")
    @action(detail=True, methods=["get"], url_path="persona/versions")
    def versions(self, request: Request, person_id: str) -> Response:
        return self._seen(
            request,
            person_id,
            "persona",
            lambda person: page_of(request, persons.versions(person), lambda row: shapes.VersionOut(row).data).data,
        )

    @extend_schema(parameters=[ID, VERSION], responses=shapes.VersionOut, operation_id="v1_person_persona_version")
    @action(detail=True, methods=["get"], url_path=r"persona/versions/(?P<version>[^/.]+)")
    def version(self, request: Request, person_id: str, version: str) -> Response:
        def one(person: Person) -> Any:
            if not (version.isascii() and version.isdecimal() and len(version) < 10):
                raise persons.VersionNotFound
            return shapes.VersionOut(persons.version(person, int(version))).data

        return self._seen(request, person_id, "persona", one)

    # -- inside

    def _seen(self, request: Request, named: str, section: str, show: Callable[[Person], Any]) -> Response:
        """One person's, shown; staff leave a row about it."""
        asked = self.asked(request)
        person = persons.find(by=asked["by"], person_id=whom(named))
        answer = Response(show(person))
        dossiers.viewed(shown=[person], section=section, **asked)
        return answer


def _sent(shape: type[shapes.Exact], request: Request) -> dict[str, Any]:
    sent = shape(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


def _text(request: Request) -> Text:
    sent = _sent(shapes.NewData, request)
    return Text(sent["raw_text"], sent["source"])


def _user(request: Request, sent: dict[str, Any]) -> UUID | None:
    """Whom a new dossier is about: a consumer themselves; of others who may link them says."""
    named, by = sent.pop("user_id", None), acting(request)
    if by.is_consumer:
        if named and named != _pk(by):
            raise UserNotFound(named)
        return _pk(by)
    if named and not (isinstance(by, User) and by.has_perm("personas.link_persons")):
        raise PermissionDenied
    return named


def _pk(by: By) -> UUID | None:
    return by.pk if isinstance(by, User) else None
