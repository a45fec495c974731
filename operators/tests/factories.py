"""What staff wrote and did, as tests need it."""

import factory
from django.utils import timezone

from accounts import rowsecurity
from operators.models import Note, OperatorAction, Tag


class _Written(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            return super()._create(model_class, *args, **kwargs)


class NoteFactory(_Written):
    """Beside `recommendation`, by `operator_id`."""

    class Meta:
        model = Note

    tenant_id = factory.SelfAttribute("recommendation.tenant_id")
    user_id = factory.SelfAttribute("recommendation.user_id")
    note_text = "The limit was raised last week; see the statement."
    created_at = updated_at = factory.LazyFunction(timezone.now)


class TagFactory(_Written):
    class Meta:
        model = Tag

    tenant_id = factory.SelfAttribute("recommendation.tenant_id")
    user_id = factory.SelfAttribute("recommendation.user_id")
    tag_name = "edge_case"
    tagged_at = factory.LazyFunction(timezone.now)


class ActionFactory(_Written):
    """About `user`, by `operator_id`."""

    class Meta:
        model = OperatorAction

    tenant_id = factory.SelfAttribute("user.tenant_id")
    action_type = "flag"
    reason = "Asked twice about the same card."
    created_at = factory.LazyFunction(timezone.now)
