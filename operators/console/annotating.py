"""Notes changed and taken away, and tags removed, each from the page of its item."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User
from accounts.refusals import NotThere, Refused
from operators import notes, opening
from operators.console.item import CHANGE
from operators.console.pages import acting, frame
from operators.models import Note
from operators.notes import NoteInvalid, NotTheAuthor


def change(request: HttpRequest, by: User, note: UUID) -> HttpResponse:
    refused: Refused | None = None
    try:
        if request.method == "POST":
            try:
                changed = _changed(request, by, note)
                return redirect(CHANGE, item=changed.recommendation_id)
            except (NotTheAuthor, NoteInvalid) as said:
                refused = said
        kept = opening.open_note(note_id=note, **acting(request, by))
    except NotThere as gone:
        return _gone(request, gone)
    text = request.POST.get("note_text", kept.note_text)
    status = refused.status if refused else 200
    return frame(request, "item/note", "Edit a note", status=status, refused=refused, note=kept, text=text)


def _changed(request: HttpRequest, by: User, note: UUID) -> Note:
    if "take_away" in request.POST:
        return notes.take_away(note_id=note, **acting(request, by))
    return notes.rewrite(note_id=note, text=request.POST.get("note_text", ""), **acting(request, by))


def untag(request: HttpRequest, by: User, tag: UUID) -> HttpResponse:
    try:
        removed = notes.untag(tag_id=tag, **acting(request, by))
    except NotThere as gone:
        return _gone(request, gone)
    return redirect(CHANGE, item=removed.recommendation_id)


def _gone(request: HttpRequest, gone: NotThere) -> HttpResponse:
    return frame(request, "item/gone", "Not there", status=gone.status, refused=gone)
