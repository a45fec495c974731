"""The starting library on an institution's shelf: once, whole, and never against its word."""

import json
from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import rowsecurity
from accounts.tests.factories import TenantFactory
from recommendations import cards, shelf, starter, stock
from recommendations.models import Card, CardVersion

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BY = "command:load_starter_cards"

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant():
    return TenantFactory(slug="lakeside")


@pytest.fixture(autouse=True)
def maintenance(db):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        yield


def fill(tenant):
    filled = stock.fill(tenant_id=tenant.pk, by=BY, now=NOW)
    return filled.added, filled.kept


def test_the_library_is_loaded_once(tenant):
    assert fill(tenant) == (44, 0)
    assert fill(tenant) == (0, 44)
    assert Card.objects.filter(tenant=tenant, is_active=True, created_by=BY).count() == 44
    assert CardVersion.objects.filter(tenant=tenant, version=1).count() == 44


def test_what_is_loaded_can_be_served_as_it_is_written(tenant):
    fill(tenant)
    loaded = shelf.shelf(tenant_id=tenant.pk)
    assert (len(loaded.pieces), len(loaded.audiences), loaded.voice.title) == (38, 5, "House voice")
    assert not [fault for piece in loaded.pieces for fault in loaded.faults(piece, date.today())]
    written = {item["title"]: item["content"] for item in starter.items()}
    assert all(piece.content == written[piece.title] for piece in loaded.pieces)


def test_an_edited_or_deleted_card_does_not_come_back(tenant):
    fill(tenant)
    edited, deleted = Card.objects.filter(tenant=tenant, card_type="insight")[:2]
    content = edited.content | {"summary": "In our own words, which is our good right."}
    cards.change(tenant_id=tenant.pk, card_id=edited.pk, by=BY, fields={"content": content}, now=NOW)
    cards.remove(tenant_id=tenant.pk, card_id=deleted.pk, by=BY, now=NOW)
    assert fill(tenant) == (0, 44)
    assert Card.objects.filter(tenant=tenant, is_active=True).count() == 43


def test_an_institution_keeps_the_voice_it_has(tenant):
    item = {"card_type": "voice", "title": "Ours", "tags": ["default"], "content": {"tone": "brisk"}}
    cards.create_batch(tenant_id=tenant.pk, by=BY, items=[item], now=NOW)
    assert fill(tenant) == (43, 1)
    assert shelf.shelf(tenant_id=tenant.pk).voice.title == "Ours"


def test_each_institution_has_its_own(tenant):
    assert fill(tenant) == fill(TenantFactory(slug="hillside")) == (44, 0)


def test_the_statements_do_not_grow_with_the_cards(tenant):
    nearly = TenantFactory(slug="hillside")
    cards.create_batch(tenant_id=nearly.pk, by=BY, items=starter.items()[1:], now=NOW)
    with CaptureQueriesContext(connection) as one:
        assert fill(nearly) == (1, 43)
    with CaptureQueriesContext(connection) as all_of_them:
        assert fill(tenant) == (44, 0)
    assert len(one) == len(all_of_them)


def test_a_strict_institution_knows_every_key(tenant):
    tenant.settings = {"cards_strict": True}
    tenant.save(update_fields=["settings"])
    assert fill(tenant) == (44, 0)


def test_the_command_says_what_it_did(tenant, capsys):
    call_command("load_starter_cards", tenant=tenant.slug)
    call_command("load_starter_cards", tenant=tenant.slug)
    call_command("load_starter_cards", "--json", tenant=tenant.slug)
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == "done  44 cards added  0 known before"
    assert second == "done  0 cards added  44 known before"
    assert json.loads(third) == {"added": 0, "kept": 44}


def test_an_unknown_institution_is_wrong_usage():
    with pytest.raises(CommandError, match="There is no tenant nobody") as refused:
        call_command("load_starter_cards", tenant="nobody")
    assert refused.value.returncode == 2
