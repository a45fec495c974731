"""The dossiers of people: who has one, one with its texts and versions, and what staff do with it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import limits
from accounts.limits import Scope, Use
from accounts.models import User
from accounts.origin import of
from accounts.refusals import NotThere, Refused
from operators import dossiers as reads
from operators.console import people
from operators.console.listing import Column, Listing, Shown, asked
from operators.console.pages import acting, frame, refusal
from personas import dossiers, narrator, persons
from personas.models.dossiers import LONGEST
from personas.portraits import cleaned
from personas.sittings import Change, Text

LISTING = Listing(
    columns=(
        Column("Person"),
        Column("Texts", number=True),
        Column("Version", number=True),
        Column("Begun as"),
        Column("Begun"),
        Column("Changed"),
    ),
    sort="",
)
PAGE = "admin:personas_person_change"


class NewText(forms.Form):
    raw_text = forms.CharField(
        max_length=LONGEST, strip=False, widget=forms.Textarea({"rows": 12}), label="Text",
        help_text="1 to 100,000 characters. It is kept as it is and never changed.",
    )  # fmt: skip

    def clean_raw_text(self) -> str:
        text: str = self.cleaned_data["raw_text"]
        if not cleaned(text):
            raise forms.ValidationError("There is nothing to read in it.")
        return text


class Sure(forms.Form):
    word = forms.CharField(label="Type delete to confirm", widget=forms.TextInput({"autocomplete": "off"}))

    def clean_word(self) -> str:
        if self.cleaned_data["word"] != "delete":
            raise forms.ValidationError("Type the word delete.")
        return "delete"


def listed(request: HttpRequest, by: User) -> HttpResponse:
    query, rows = asked(request.GET, LISTING), persons.newest(by)
    page = list(rows[query.offset : query.offset + query.size])
    shown = Shown(query, list(page), rows.count(), "dossiers")
    answer = frame(request, "dossier/list", "Dossiers", shown=shown)
    dossiers.viewed(by=by, shown=page, section="persons", now=timezone.now(), origin=of(request))
    return answer


def opened(request: HttpRequest, by: User, person: UUID) -> HttpResponse:
    page = _number(request.GET.get("page")) or 1
    found = _found(by, person, (page - 1) * reads.ROWS)
    pair = _number(request.GET.get("a")), _number(request.GET.get("b"))
    told: dict[str, Any] = {"changes": None}
    if pair[0] and pair[1]:
        older, newer = sorted(pair)
        try:
            changes = reads.changes(person=found.person, before=older, after=newer)
        except NotThere:
            raise Http404 from None
        told = {"changes": changes, "older": older, "newer": newer}
    answer = frame(
        request,
        "dossier/page",
        found.name or "Person without a name",
        dossier=found,
        page=page,
        pages=max(1, -(-found.total // reads.ROWS)),
        waits=narrator.chosen(),
        standing=people.title(found.profile.persona) if found.profile else None,
        **told,
    )
    dossiers.viewed(by=by, shown=[found.person], section="person", now=timezone.now(), origin=of(request))
    return answer


def add(request: HttpRequest, by: User, person: UUID) -> HttpResponse:
    """One more text; with the rules its persona is made anew at once, a provider is asked over the API."""
    found, form = _found(by, person), NewText(request.POST if request.method == "POST" else None)
    shown = {"dossier": found, "form": form, "waits": narrator.chosen()}
    if request.method != "POST" or not form.is_valid():
        return frame(request, "dossier/add", "Add a text", status=400 if form.is_bound else 200, **shown)
    text = Text(form.cleaned_data["raw_text"].replace("\r\n", "\n"), "web")
    try:
        if narrator.chosen():
            dossiers.add(person_id=person, text=text, **acting(request, by))
        else:
            _portrayed(request, by, Change(person, (text,)))
    except Refused as refused:
        return refusal(request, "dossier/add", "Add a text", refused, **shown)
    messages.success(request, "Added. The persona is unchanged." if narrator.chosen() else "Added, and read anew.")
    return redirect(PAGE, person)


def regenerate(request: HttpRequest, by: User, person: UUID) -> HttpResponse:
    found = _found(by, person)
    if not found.total or narrator.chosen():
        messages.error(request, "There is nothing to read." if not found.total else "A provider is asked over the API.")
        return redirect(PAGE, person)
    try:
        _portrayed(request, by, Change(person))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The persona was made anew.")
    return redirect(PAGE, person)


def remove(request: HttpRequest, by: User, person: UUID) -> HttpResponse:
    found, form = _found(by, person), Sure(request.POST if request.method == "POST" else None)
    shown = {"dossier": found, "form": form}
    if request.method != "POST" or not form.is_valid():
        return frame(request, "dossier/remove", "Delete the dossier", status=400 if form.is_bound else 200, **shown)
    try:
        dossiers.remove(person_id=person, **acting(request, by))
    except Refused as refused:
        return refusal(request, "dossier/remove", "Delete the dossier", refused, **shown)
    messages.success(request, "Deleted, with every text and version.")
    return redirect("admin:personas_person_changelist")


def _found(by: User, person: UUID, offset: int = 0) -> reads.Dossier:
    try:
        return reads.of(by=by, person_id=person, offset=offset)
    except NotThere:
        raise Http404 from None


def _portrayed(request: HttpRequest, by: User, change: Change) -> None:
    limits.admit(Use(Scope.PORTRAITS, str(change.person_id)), Use(Scope.PORTRAITS_OF_TENANT, str(by.tenant_id)))
    dossiers.portray(changes=[change], **acting(request, by))


def _number(said: str | None) -> int:
    return int(said) if said and said.isascii() and said.isdecimal() and len(said) < 7 else 0
