"""Cards and items as tests need them."""

from datetime import date
from uuid import uuid4

import factory
from django.utils import timezone

from accounts import rowsecurity
from accounts.fingerprints import fingerprint
from accounts.tests.factories import TenantFactory
from recommendations import shelf
from recommendations.models import Card, Recommendation

DISCLOSURE = "This is educational content, not financial advice. Consult a licensed advisor for personalized guidance."


class CardFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Card

    tenant = factory.SubFactory(TenantFactory)
    card_type = "insight"
    title = factory.Sequence(lambda n: f"Card {n}")
    content = factory.Sequence(lambda n: {"key": f"card-{n}"})
    content_hash = factory.LazyAttribute(lambda card: fingerprint(card.content))
    created_by = "test"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        shelf.forget()  # no act wrote it, so nobody else says so
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            return super()._create(model_class, *args, **kwargs)


class ItemFactory(factory.django.DjangoModelFactory):
    """A pending item of `user`, which every test may approve by an update."""

    class Meta:
        model = Recommendation

    tenant = factory.SelfAttribute("user.tenant")
    card = factory.SubFactory(CardFactory, tenant=factory.SelfAttribute("..tenant"))
    card_version = 1
    card_content_hash = factory.SelfAttribute("card.content_hash")
    run_id = factory.LazyFunction(uuid4)
    assignment_id = factory.LazyFunction(uuid4)
    subject = factory.Sequence(lambda n: f"card-{n}")
    type = "education"
    title = "What a card's limit has to do with a score"
    content = "A card reports how much of its limit is used."
    rationale = "We're showing you this because your Visa ending 4523 is at 68 % of its limit."
    disclosure = DISCLOSURE
    presentation = factory.LazyFunction(dict)
    priority = "high"
    position = 1
    persona = "high_utilization"
    matched_persona = "high_utilization"
    guardrails_passed = True
    as_of = date(2026, 11, 19)
    created_at = factory.LazyFunction(timezone.now)

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            return super()._create(model_class, *args, **kwargs)
