"""Previews: the words a card would have for one person, why it might not be offered, and what the asking leaves."""

import pytest

from accounts import consent, rowsecurity
from accounts.models import AuditEntry
from accounts.purposes import Purpose
from accounts.tests import factories
from personas.tests.factories import STATEMENT, loaded, refreshed
from recommendations import cards, previews
from recommendations.models import CardUsage
from recommendations.tests import people as made
from recommendations.tests.factories import CardFactory


@pytest.fixture
def stood(maya, own_store, now):
    """One subscription, two paydays, no card: general wellness."""
    loaded(maya, STATEMENT, now)
    refreshed(maya, now)
    return maya


def stored(piece, tenant):
    return CardFactory(tenant=tenant, card_type=piece.card_type, title=piece.title, content=dict(piece.content))


def asked(card, by, now, name="maya@example.test"):
    with rowsecurity.viewing(rowsecurity.of(by)):
        return previews.preview(card_id=card.pk, name=name, by=by, now=now)


def test_a_preview_says_what_the_person_would_read(stood, omar, now):
    card = stored(made.three_for_all()[0], stood.tenant)
    found = asked(card, omar, now)
    assert found.told.worded.text == "We're showing you this because you have 1 connected accounts."
    assert found.told.passed and found.objections == ()
    assert found.told.disclosure.startswith("This is educational content, not financial advice.")
    assert asked(card, omar, now, str(stood.pk)).person == stood


def test_asking_is_a_use_of_the_card_and_an_opening_of_the_file(stood, omar, now):
    card = stored(made.three_for_all()[0], stood.tenant)
    asked(card, omar, now)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        used = CardUsage.objects.get()
        assert (used.card_id, used.workflow_type, used.workflow_id, used.metadata) == (
            card.pk, "operator_preview", None, {},
        )  # fmt: skip
        opened = AuditEntry.objects.get(action="view_user")
        assert (opened.object_type, opened.operator_id) == ("card_preview", omar.pk)
        assert opened.detail.detail["user_id"] == str(stood.pk)


def test_what_would_keep_it_from_them_is_said_in_sentences(stood, omar, now):
    buffer = {"signal": "income.cash_flow_buffer_months", "op": ">=", "threshold": 90}
    others = stored(made.piece("others", personas=["savings_builder"]), stood.tenant)
    numbers = stored(made.piece("numbers", personas=["general_wellness"], triggers=buffer), stood.tenant)
    partner = stored(made.offer("partner", personas=["general_wellness"]), stood.tenant)
    unknown = stored(
        made.piece("unknown", personas=["general_wellness"], rationale_template="Because {card_name} is yours."),
        stood.tenant,
    )
    broken = stored(made.piece("broken", rationale_template=None), stood.tenant)
    assert asked(others, omar, now).objections == (previews.WHY["persona_mismatch"],)
    assert asked(numbers, omar, now).objections == (previews.WHY["trigger_not_met"],)
    assert asked(partner, omar, now).objections[0] == previews.WHY["consent_missing"]
    assert asked(unknown, omar, now).objections == (previews.WHY["rationale_unavailable"],)
    found = asked(broken, omar, now)
    assert (found.told, found.objections) == (None, ("The card has no rationale_template.",))


def test_what_nobody_reads_has_no_preview(stood, omar, now):
    voice = CardFactory(tenant=stood.tenant, card_type="voice", content={"tone": "plain"})
    with pytest.raises(previews.NotForReaders):
        asked(voice, omar, now)


def test_another_institution_finds_neither_card_nor_person(stood, omar, now):
    stranger = factories.UserFactory(role="admin", tenant=factories.TenantFactory(slug="elsewhere"))
    ours = stored(made.three_for_all()[0], stood.tenant)
    with pytest.raises(cards.CardNotFound):
        asked(ours, stranger, now)
    theirs = stored(made.three_for_all()[1], stranger.tenant)
    with pytest.raises(previews.PersonNotFound):
        asked(theirs, stranger, now)


def test_who_revoked_a_moment_ago_is_nobody(stood, omar, now):
    card = stored(made.three_for_all()[0], stood.tenant)
    with rowsecurity.viewing(rowsecurity.of(stood)):
        consent.revoke(user=stood, purpose=Purpose.ANALYSIS, now=now)
    with pytest.raises(previews.PersonNotFound):
        asked(card, omar, now)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert not CardUsage.objects.exists()
