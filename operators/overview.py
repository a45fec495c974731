"""What an operator sees first: how many people, who agreed, and what became of the files they sent."""

from dataclasses import dataclass

from django.db.models import Count, Max, Q

from accounts.models import Upload, User
from accounts.models.uploads import Status
from accounts.roles import Role


@dataclass(frozen=True)
class Figure:
    name: str
    value: int
    note: str = ""


def figures() -> list[Figure]:
    """Two statements with the viewer's eyes: people of the institution, files of those who agreed."""
    people = User.objects.filter(role=Role.USER).aggregate(
        all=Count("pk"), agreed=Count("pk", filter=Q(consent_status=True))
    )
    files = Upload.objects.aggregate(
        loaded=Count("pk", filter=Q(status=Status.COMPLETED)),
        waiting=Count("pk", filter=Q(status__in=[Status.PENDING, Status.PROCESSING])),
        failed=Count("pk", filter=Q(status=Status.FAILED)),
        last=Max("processed_at"),
    )
    last = f"the last one {files['last']:%Y-%m-%d %H:%M}" if files["last"] else "none yet"
    return [
        Figure("People", people["all"]),
        Figure("Agreed to analysis", people["agreed"], "only their data is shown and measured"),
        Figure("Files loaded", files["loaded"], last),
        Figure("Files waiting", files["waiting"], "for a worker" if files["waiting"] else "nothing waits"),
        Figure("Files refused", files["failed"], "each with its report" if files["failed"] else "none"),
    ]
