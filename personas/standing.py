"""Where a person stands across windows, and the rows at which that changed."""

from uuid import UUID

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import Lag

from personas.history import PersonaNotFound
from personas.models import Assignment, Profile


def profile(*, user_id: UUID) -> Profile:
    """The projection, for as long as the latest snapshot says anything."""
    found = Profile.objects.filter(user_id=user_id, persona__isnull=False).first()
    if found is None:
        raise PersonaNotFound
    return found


def changes(*, user_id: UUID) -> QuerySet[Assignment]:
    """The assignments that gave another profile persona than the one before, newest first."""
    before = Window(Lag("profile_persona"), order_by=[F("assigned_at").asc(), F("seq").asc()])
    return (
        Assignment.objects.filter(user_id=user_id)
        .annotate(before=before)
        .filter(Q(before=None) | ~Q(before=F("profile_persona")))
        .order_by("-assigned_at", "-seq")
    )
