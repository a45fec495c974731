"""How the items of an institution are tagged, counted."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count

from operators.models import Tag, TagName


@dataclass(frozen=True)
class Tagged:
    total_tags: int
    tagged_recommendations: int
    tag_counts: list[tuple[str, int]]  # the most used first


def counted(*, tenant_id: UUID) -> Tagged:
    tags = Tag.objects.filter(tenant_id=tenant_id)
    by_name = dict.fromkeys(TagName.values(), 0) | dict(
        tags.values("tag_name").annotate(count=Count("pk")).values_list("tag_name", "count")
    )
    items = tags.aggregate(items=Count("recommendation_id", distinct=True))["items"]
    return Tagged(sum(by_name.values()), items, sorted(by_name.items(), key=lambda pair: (-pair[1], pair[0])))
