"""What staff do from a person's file: each deed asks first and says what it will do, then is one act."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts import tasks
from accounts.models import User
from accounts.refusals import NotThere, Refused
from accounts.stated import LONGEST, SHORTEST
from operators import actions, generating, remeasuring, userfile
from operators.console import people
from operators.console.pages import View, acting, frame, refusal
from operators.console.userfile import theirs
from personas import overriding
from personas.models import Window
from personas.rules import Persona
from recommendations.models import Outcome

WINDOWS = [(window.value, f"{window.days} days") for window in overriding.WINDOWS]


class Sure(forms.Form):
    """Nothing more is asked than the press of the button."""


class Reason(forms.Form):
    reason = forms.CharField(
        min_length=SHORTEST,
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 3}),
        label="Reason",
        help_text=f"{SHORTEST} to {LONGEST} characters, for staff.",
    )


class OfWindow(Reason):
    window = forms.ChoiceField(choices=WINDOWS, label="Window", widget=forms.RadioSelect)
    field_order: tuple[str, ...] = ("window", "reason")


class Overrule(OfWindow):
    persona = forms.ChoiceField(
        choices=[(one.value, one.title_words) for one in Persona], label="Persona", widget=forms.RadioSelect
    )
    hold_days = forms.IntegerField(
        min_value=1, max_value=overriding.LONGEST, initial=overriding.HELD, label="Hold for days", help_text="1 to 90."
    )
    field_order = ("window", "persona", "hold_days", "reason")


@dataclass(frozen=True)
class Deed:
    """`effect` is what will come of it, told before it is done, and `done` what is told after."""

    title: str
    button: str
    permission: str
    effect: str
    form: type[forms.Form]
    act: Callable[[User, dict[str, Any], dict[str, Any]], str]
    tab: str = "overview"
    danger: bool = False


def _refresh(user: User, said: dict[str, Any], by: dict[str, Any]) -> str:
    done = remeasuring.refresh(user=user, **by)
    new = "1 new assignment" if done.appended == 1 else f"{done.appended} new assignments"
    return f"Measured again: {new}."


def _generate(user: User, said: dict[str, Any], by: dict[str, Any]) -> str:
    (one,) = generating.generate(user_ids=[user.pk], **by)
    if one.error:
        raise Refused(one.error)
    if one.outcome in (Outcome.PROPOSED, Outcome.UNCHANGED):
        kept = " Nothing changed." if one.outcome is Outcome.UNCHANGED else ""
        return f"Considered: {one.education} education items, {one.partner_offers} offers.{kept}"
    return f"Considered: {one.outcome.value.replace('_', ' ')}."


def _flag(user: User, said: dict[str, Any], by: dict[str, Any]) -> str:
    actions.flag(user=user, reason=said["reason"], **by)
    return "Flagged. The person stands in the list with the flag until it is taken off."


def _unflag(user: User, said: dict[str, Any], by: dict[str, Any]) -> str:
    actions.unflag(user=user, **by)
    return "The flag is off."


def _override(user: User, said: dict[str, Any], by: dict[str, Any]) -> str:
    persona = Persona(said["persona"])
    _, row = actions.override_persona(
        user=user,
        window=Window(said["window"]),
        persona=persona,
        reason=said["reason"],
        hold_days=said["hold_days"],
        **by,
    )
    return f"{persona.title_words} stands for {said['window'][:-1]} days, held until {row.held_until:%Y-%m-%d}."


def _release(user: User, said: dict[str, Any], by: dict[str, Any]) -> str:
    _, row = actions.override_persona(
        user=user, window=Window(said["window"]), persona=None, reason=said["reason"], **by
    )
    return f"The rules speak again: {people.title(row.primary_persona)} for {said['window'][:-1]} days."


def _withdraw(user: User, said: dict[str, Any], by: dict[str, Any]) -> str:
    actions.override_item(user=user, item_id=said["item"].pk, reason=said["reason"], **by)
    return "Withdrawn. The reader no longer sees it."


DEEDS = {
    "generate": Deed(
        "Generate recommendations",
        "Consider again",
        generating.PERMISSION,
        "The person is considered again now. New items wait in the queue, and what no longer fits is withdrawn.",
        Sure,
        _generate,
        "recommendations",
    ),
    "refresh": Deed(
        "Refresh",
        "Measure again",
        remeasuring.PERMISSION,
        "Signals of all three windows are measured now. Where they say something else, the persona changes and what is "
        "proposed follows.",
        Sure,
        _refresh,
        "signals",
    ),
    "flag": Deed(
        "Flag",
        "Flag this person",
        actions.FLAGS,
        "The person wears the risk flag in the list until somebody takes it off. They do not see it.",
        Reason,
        _flag,
        "actions",
    ),
    "unflag": Deed(
        "Take the flag off",
        "Take it off",
        actions.FLAGS,
        "Who flagged and why stays on record.",
        Sure,
        _unflag,
        "actions",
    ),
    "override": Deed(
        "Override the persona",
        "Override",
        actions.OVERRIDES,
        "This persona stands in place of what the rules say. Until the hold is over, new data is measured and changes "
        "nothing here. What was known today becomes a case that later rules must honour or waive.",
        Overrule,
        _override,
        "personas",
        danger=True,
    ),
    "release": Deed(
        "End the override",
        "Let the rules speak",
        actions.OVERRIDES,
        "What the rules say of the latest signals stands again. The case of a hold that still ran is retired.",
        OfWindow,
        _release,
        "personas",
    ),
}


OVER_ITEM = Deed(
    "Override the recommendation",
    "Withdraw it",
    actions.OVERRIDES,
    "The item is withdrawn at once and its reader no longer sees it. This is not undone; a new decision may follow.",
    Reason,
    _withdraw,
    "recommendations",
    danger=True,
)


def of(deed: Deed) -> View:
    """The page of a deed: what will happen; sent, it is done and the file is shown again."""

    def asked(request: HttpRequest, by: User, user_id: UUID) -> HttpResponse:
        return _done(request, by, theirs(by, user_id), deed)

    return asked


def item(request: HttpRequest, by: User, user_id: UUID, item_id: UUID) -> HttpResponse:
    """Taking one item of the person back for good."""
    user = theirs(by, user_id)
    found = userfile.recommendations(user=user).filter(pk=item_id).first()
    if found is None:
        raise Http404
    return _done(request, by, user, OVER_ITEM, item=found)


def _done(request: HttpRequest, by: User, user: User, deed: Deed, **shown: Any) -> HttpResponse:
    form = deed.form(request.POST if request.method == "POST" else None)
    shown |= {"deed": deed, "form": form, "person": userfile.name_of(user) or str(user), "user_id": user.pk}
    if request.method != "POST":
        return frame(request, "people/deed", deed.title, **shown)
    if not form.is_valid():
        return frame(request, "people/deed", deed.title, status=400, **shown)
    try:
        said = deed.act(user, form.cleaned_data | {"item": shown.get("item")}, acting(request, by))
    except NotThere as missing:
        raise Http404 from missing
    except Refused as refused:
        return refusal(request, "people/deed", deed.title, refused, **shown)
    transaction.on_commit(tasks.wake)
    messages.success(request, said)
    return redirect(f"{reverse('admin:operators_userfile_change', args=[user.pk])}?tab={deed.tab}")
