"""Where people stand, what changed, and the runs over them, in the console, to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin import Shown
from personas.models import Assignment, Profile, Run, Transition


@admin.register(Profile)
class ProfileAdmin(Shown):
    list_display = ["user", "persona_name", "as_of", "rule_set_version", "refreshed_at"]
    list_filter = ["persona_name"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    ordering = ["-refreshed_at", "profile_id"]


@admin.register(Assignment)
class AssignmentAdmin(Shown):
    list_display = [
        "user", "window_type", "primary_persona", "primary_match_strength", "source", "rule_set_version", "assigned_at",
    ]  # fmt: skip
    list_filter = ["window_type", "primary_persona", "primary_match_strength", "source"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    ordering = ["-assigned_at", "-seq"]


@admin.register(Transition)
class TransitionAdmin(Shown):
    list_display = ["user", "window_type", "from_persona", "to_persona", "transition_date", "cause"]
    list_filter = ["window_type", "cause", "celebration_shown"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    ordering = ["-created_at", "transition_id"]


@admin.register(Run)
class RunAdmin(Shown):
    list_display = ["started_at", "stage", "standing", "users", "done", "changed", "failed", "finished_at"]
    list_filter = ["status", "stage"]
    ordering = ["-started_at", "run_id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return Run.objects.standing_at(timezone.now())

    @admin.display(description="status", ordering="status")
    def standing(self, run: Any) -> str:
        return str(run.standing)
